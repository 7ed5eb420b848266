"""The words in which people go on with a conversation: what points back, what asks the same of something else, what is only polite."""

from __future__ import annotations

import re

__all__ = [
    "ABOUT_US",
    "AFTER_TAKING",
    "ALL_RIGHT",
    "APART_FROM_THAT",
    "BARE_THIS",
    "BOTH",
    "COMPARES",
    "DENIED",
    "FORMER",
    "GENERIC_DRUGS",
    "ILL",
    "IN_PATIENTS",
    "IT_OF_NOTHING",
    "LATTER",
    "LEADS",
    "LOOKED_OUT_FOR",
    "MAX_POLITE",
    "MAY_TAIL",
    "MORE_DRUGS",
    "NEW_TOPIC",
    "OF_THEM",
    "ONE",
    "OTHER",
    "POLITE",
    "SAME_THING",
    "SAY_AGAIN",
    "TAILS",
    "THIRD",
    "TOGETHER",
    "WHAT_ELSE",
    "WHAT_NOW",
    "WHY",
    "WITH_NAMED",
    "asks",
]

# One medicine spoken of before. 这个 and 它 only where no other noun follows.
_ZH_DRUG = r"药品|药物|药片|药膏|药水|药丸|药|胶囊|颗粒|片剂|口服液|注射液|针剂|软膏|糖浆|产品"
_ZH_FOLLOWS = r"(?=$|[\s,，。.?？!！、]|能|可|会|怎|咋|如何|有|是|吃|用|服|喝|要|该|应|对|和|跟|与|同|适|治|管|需|副|的(?!人|时|情况|话)|呢|吗|么|一[天日次]|每|饭|空|孕|小孩|儿童|孩子|老人|哺乳|什么|多|主|成|禁|不|属|贵|含|为|叫|比|还|也|都|到|起|效|必|长期|饮|放|保|过)"
ONE = re.compile(
    rf"(?:(?:上面|上述|刚才|刚刚|前面|之前)(?:所?说|提到?|讲|问)?的?|(?:所说|提到|说)的)?(?:这|那|该|此|本|同一)(?:个|种|款|类|一?[盒瓶片粒])?(?:{_ZH_DRUG})(?!物?相互)(?:物)?"
    rf"|本品|该品|(?<![吉其])它(?!们)|其(?=副作用|不良|用法|用量|禁忌|成[分份]|适应|作用|功效|储存|有效)|(?<![\w])?(?:这个|那个|这种|那种|这款|这东西|这玩意儿?){_ZH_FOLLOWS}"
    r"|\b(?:this|that|the|the same|said|these|those|my) (?:new |particular |same )?(?:drug|medicine|medication|med|pill|tablet|capsule|product|cream|syrup|prescription|ointment|gel|lotion|spray|inhaler|patch|remedy|brand)s?(?: in question)?\b|\b(?:this|that|the|the same) (?:stuff|thing)\b(?! (?:is|i|about|with)\b)|\b(?:this|that) one\b|\b(?:this|that)(?= or\b)"
    r"|(?<!\bhas )(?<!\bhad )\bit(?:'s|’s)?\b(?! (?:rains?|hurts?))|\bits\b"
    r"|\bthis\b(?= *(?:[?.!,]|$)| (?:safe|ok|okay|cause|causes|affect|affects|have|has|contain|contains|work|works|interact|interacts|make|makes|help|helps|treat|treats|be|is|with|while|when|if|during|for|before|after|and|or|every|daily|twice|once|too|also|instead|together)\b)"
    r"|(?:(?<=\bis )|(?<=\bdoes )|(?<=\bcan )|(?<=\bwill )|(?<=\bof )|(?<=\bwith )|(?<=\btake )|(?<=\btaking )|(?<=\bmix )|(?<=\bcombine )|(?<=\buse )|(?<=\babout )|(?<=\bfor ))that\b(?= *(?:[?.!,]|$)| (?:safe|ok|okay|cause|affect|work|interact|make|help|with|while|during|for|and|too)\b)"
)
# 这 alone: 吃这能好吗.
BARE_THIS = re.compile(r"(?:(?<=[吃用服喝])|(?<=^)|(?<=[,，。 ]))(?:这|那)(?=$|[?？]|能|可以|怎么|会|有|吃|治)")
# "Is it safe to drink": this it stands for the drinking.
IT_OF_NOTHING = re.compile(
    r"\b(?:is|was|would|will|isn't|could) (?P<it>it)(?= (?:be |really |still |also )?(?:safe|ok|okay|fine|alright|all right|possible|true|normal|common|necessary|bad|dangerous|harmful|better|best|good|advisable|recommended|legal|usual)\b[^?.;]{0,40}?\b(?:to|that|if)\b)|\b(?P<it2>it)(?='s| is) (?:normal|common|ok|safe) (?:to|that|if)\b"
)
# Two or more of them.
BOTH = re.compile(
    r"它们|他们两个|(?:这|那|以上|上述|上面)(?:两|2|俩|二|几|些)(?:个|种|款|样|者)?(?:药品|药物|药|(?=$|[?？,，]|能|可以|哪|有|一起|都|会|同|的(?:区别|作用)|之间))|(?<![一-龥])?两(?:个|种|款|样)药物?|[两二]者|俩药|这俩|(?<![一-龥])两(?:个|种|样)(?=能|可以|一起|一块|都|交替|同时|换着|轮|隔|间隔|叠|搭|混|合|配|凑|掺|并)|俩(?=能|可以|一起|一块|同时|叠|搭|混|合|配|凑|掺)"
    r"|\b(?:(?:that|this|the|such an?) (?:combo|combination|pairing|pair|mix|mixture|duo)\b|both(?: of (?:them|these))?|these(?: two)?(?: (?:drugs|medicines|meds|medications|pills))?|those(?: two)?(?: (?:drugs|medicines|meds|medications))?|the two(?: (?:drugs|medicines|meds|medications|of them))?|they|(?<!in )(?<!for )them)\b"
)
TOGETHER = re.compile(
    r"一起|同时|一块儿?|同服|合用|联用|并用|混[着合]?|搭配|搭着|叠着|叠加|凑一起|掺着|配合|相互作用|冲突|犯冲|打架|\btogether\b|\bat the same time\b|\bcombin\w+|\binteract\w*|\bmix\w*|\bat once\b|\bcombos?\b|\bpairings?\b|\bclash\w*|\bget along\b|\bgo well\b"
)
COMPARES = re.compile(
    r"哪(?:个|种|一个|一种)(?!月|医院|科|季)|谁(?:更|比较)|区别|差别|不同|有什么不一样|比较|对比|相比|\bwhich (?:one|is|of|has|works|should|would)\b|\bdifferen\w+|\bcompare\w*|\b(?:better|safer|stronger)\b"
)
# An illness spoken of before.
ILL = re.compile(
    r"(?:这|那|该|此|本)(?:个|种|类)?(?:疾病|病症|病情|病|毛病|症状|情况|问题)|\b(?:this|that|the|my) (?:disease|condition|illness|disorder|symptoms?|problem)\b"
)
FORMER = re.compile(
    r"第(?:一|1)(?:个|种|款)药?(?!月|星期|疗程|小时|周|孩子|宝宝|胎)|前者|前(?:一|面那)(?:个|种)药?|前面的?那个|(?:最|一)开始(?:说|问)?的?(?:那个|那种)药?|\bthe (?:first|former)(?: (?:one|drug|medicine|medication|of (?:them|the two)))(?=\W|$)|\bthe former\b|\bthe first(?= *[?.!]|$)"
)
LATTER = re.compile(
    r"第(?:二|2)(?:个|种|款)药?(?!月|星期|疗程|小时|周|孩子|宝宝|胎)|后者|后(?:一|面那)(?:个|种)药?|\bthe (?:second|latter|last)(?: (?:one|drug|medicine|medication|of (?:them|the two)))(?=\W|$)|\bthe latter\b|\bthe second(?= *[?.!]|$)"
)
THIRD = re.compile(
    r"第(?:三|3)(?:个|种|款)药?(?!月|星期|疗程|小时|周|孩子|宝宝|胎)|\bthe third(?: (?:one|drug|medicine|medication)\b| *[?.!]|$)"
)
OTHER = re.compile(
    r"另(?:外)?(?:一|那)(?:个|种)药?|剩下那?(?:个|种)|另一款|\bthe other(?: (?:one|drug|medicine|medication)| *[?.!]|$)"
)
# A name after a word that joins it to one that is not said: 能和布洛芬一起吃吗, "with ibuprofen?".
WITH_NAMED = re.compile(
    r"(?:^|能不能|能否|可不可以|可以|可否|能|是否|会|不能|不可以|应该|需要|[,，。 ])(?:再|同时|一起)?(?:和|跟|与|同|配|配合|加|搭配)\s*$|^(?:比|和|跟|与|同)\s*$|(?:^|\b(?:taken?|used?|combined?|mix(?:ed)?|interact|react|together|ok|okay|safe|fine|go) )(?:with|alongside|along with)\s*$"
)
GENERIC_DRUGS = re.compile(
    r"什么药|哪些药|什么东西|哪些东西|哪些食物|什么食物|别的药|其他药|其它药|\bwhat (?:other )?(?:drugs?|med\w*|foods?)\b|\bwhich (?:other )?(?:drugs?|med\w*)\b|\bother (?:drugs?|med\w*)\b|\banything\b|\bwhat\b.{0,20}\bnot\b"
)
MORE_DRUGS = re.compile(
    r"还有(?:什么|哪些|别的|其他|其它)药|有没有(?:别的|其他|其它|更好的)药|(?:换|别)的药|\bany(?:thing)? (?:else|other)|\bwhat else (?:can|could|should) (?:i|we|he|she) (?:take|use|try)\b|\bother (?:options|drugs|medicines)\b|\balternatives?\b"
)
IN_PATIENTS = re.compile(
    r"\b(?:in|for) (?:\w+ )?(?:patients?|people|individuals|those|someone|adults|children|women|men) (?:with|who have)\b"
)
AFTER_TAKING = re.compile(
    r"(?:吃|用|服|喝|打|涂|擦|抹)(?:了|完|过|着)(?!什么|哪)|(?:服|使|吃|用)用?(?:药)?(?:后|以后|之后|期间|的时候)|停药|停用|漏服|漏吃|忘(?:记|了)(?:吃|服)|(?:吃|服)多了|\b(?:took|after (?:taking|using|i take)|while (?:taking|on)|since (?:taking|starting|(?:i|he|she|we|they) started)|stop(?:ped|ping)? (?:taking|using)|miss(?:ed)? (?:a dose|one)|forg[eo]t (?:a dose|one|to take)|on this)\b"
)
# Longer words stand before what they begin with, and nothing that matched is tried anew: a long turn would take for ever.
POLITE = re.compile(
    r"(?>非常感谢|谢谢|多谢|感谢|谢了|谢|好的|好吧|好点了|好多了|没事了|好|嗯+|哦+|噢+|行|可以的|我?知道了|我?明白了?|我?了解了?|我?懂了|我会的|收到|祝(?:您|你)?[㐀-鿿]{2,8}|没有了|没了|不用了|再见|拜拜|你好|您好|早上好|晚上好|下午好|在吗|辛苦了?|你真好|您真好|真棒|太好了|哈哈+|医生|大夫|啊|呀|啦|哈|您|你|的|解答|回答|建议|帮助|耐心"
    r"|okay|ok|thank you|thanks|thank|thx|thnx|ty\b|cheers|you|so much|very much|hiya|hi\b|hello|hey|good (?:morning|afternoon|evening)|goodbye|bye|great|got it|i see|i understand|understood|alright|all right|sure|for your help|for the (?:info\w*|help|answer)|again|there\b|a lot|doctor|cool|perfect|good|[，。！？,.!?~～\s])++"
)
# Says that something else is asked now: 换个问题.
NEW_TOPIC = re.compile(
    r"(?:那|我)?(?:再|想|另外)?(?:换|问)一?个(?:别的|其他的?|新的?|另外的?)?(?:问题|话题|事)(?:吧|啊)?[,，。:：\s]+|问个?别的[,，。:：\s]+"
    r"|(?:(?:on|now) a )?(?:different|another|new|unrelated|separate|changing|change of) (?:note|question|topic|subject|the subject)[,.:;\s]+|by the way[,.:;\s]+|unrelated[,.:;]\s*"
)
MAX_POLITE = 60  # characters of a turn that is no more than polite
# Asked of whoever answers.
ABOUT_US = re.compile(
    r"^(?:你|您)(?:是谁|叫什么|是什么|能做什么|会什么|是机器人|是医生)|\b(?:who are you|what are you|what can you do|your name|are you (?:a |an )?(?:doctor|bot|robot|ai|human))\b"
)
WHY = re.compile(
    r"(?:那|这是)?(?:为什么|为啥|为何)(?:呢|啊|不能|不行|会这样)?[?？。]*|(?:but )?(?:why|how come|why is that|why so|why not)[?!. ]*"
)
# What was answered was not understood, or is doubted: it is asked again.
SAY_AGAIN = re.compile(
    r"(?:没(?:看|听)?(?:懂|明白|看清)|看不懂|听不懂|不明白|不懂|什么意思|啥意思|(?:能)?(?:说|讲)(?:得)?(?:简单|通俗|清楚)(?:点|些|一点)?|再说一[遍次]|(?:你)?(?:确定|真的|是真的)[吗么]?)[吗呢吧啊]*[?？。!！]*"
    r"|(?:huh|what do you mean|i don'?t (?:understand|get it)|come again|say (?:that|it) again|(?:are you )?(?:sure|certain)|really|(?:in )?(?:plain|simple) (?:english|words|terms)(?: please)?)[?!. ]*"
)
# What else there is to know of the medicine.
WHAT_ELSE = re.compile(
    r"(?:那)?(?:还有)(?:别的|其他的?|什么)?(?:要注意的)?[呢吗么]?[?？。]*|(?:is there )?(?:anything|something|what) else(?: i should know)?[?. ]*"
)
# Somebody spoken of before.
OF_THEM = re.compile(r"\b(?:him|her|them|he|she)\b|[他她](?![汀命莫克唑])")
# Something to beware of, and no medicine to take: "anything else I should look out for".
LOOKED_OUT_FOR = re.compile(
    r"\b(?:look out|watch(?: out)?|know|beware|worry|careful|concern\w*|avoid|mention|tell|check|monitor)\b"
)
# Whether what was told is all right: "I also take … — is that safe?"
ALL_RIGHT = re.compile(
    r"(?:那|这样|这)*(?:可以|能行|行|安全|有影响|有问题|要紧|没事|没关系)(?:不|吗|么|嘛|吧)?[?？。]*|is (?:that|this|it) (?:safe|ok|okay|alright|a problem|dangerous|bad)[?. ]*"
)
# What stands before and behind a name, or a person, of whom the same is asked: 那布洛芬呢, "and what about ibuprofen?".
LEADS = re.compile(
    r"^(?:(?:不是?的?[,，。!！ ]+|不对|(?:打|说|写|搞|弄|问|看)?错了|抱歉|不好意思|(?:我(?:是|想)?)?(?:说|问|指)的?(?:其实)?是|我的意思是|应该是|(?:那|要是|如果|假如|万一)?(?:吃|用|换|服|买|拿|开)的(?:药)?是|那么?(?!个|种|款|天|次|些)|那要是|那如果|如果是?|要是|假如|假设|换成是?|换成?|换用|换吃|改成|改用|改吃|要换成|还有|以及|或者|或|还是|那|和|对于|对|关于|至于|再说说|说说|讲讲|再问一下|请问|想问一下|另外|同样的?|我想换|我改吃|是|用|吃|给)[,，\s]*"
    r"|(?:wrong (?:name|one|drug|medicine|word)|nope|no(?=[,.! ])|sorry|wait|oops|actually|correction|i (?:mean|meant|said)|i was asking about|and|or|so|then|ok|okay|but|now|well|also|hmm|please|what if it'?s|what if it was|what if|what about|how about|what of|what is it for|if it'?s|if|instead of (?:it|that),?|switch(?:ing)? to|i switch(?:ed)? to|i changed? to|changed? to|change it to|replace it with|say|same for|the same for|same question for|is it the same for|does the same go for|for|with|while|during|in|to|about|it's|is|use|take|give|given|when)\b[,\s]*)+"
)
TAILS = re.compile(
    r"(?:[,，\s]*(?:呢|吗|么|嘛|啊|呀|吧|的话|又?怎么样|怎样|咋样|如何|行吗|行不行|可以吗|可不可以|好吗|能吗|能不能[吃用服喝]?|能吃吗|能用吗|也一样吗|也是吗|也行吗|也可以吗|也能吃吗|也能用吗|(?:是不是|是否|会不会)?(?:也|都)?(?:是)?(?:一样|一个样|这样|同样|那样)(?:的)?(?=[吗么不呀啊的]|[?？。]|$)|有没有|会吗|也会有?吗|也有吗|的情况|来说|方面|那边"
    r"|\b(?:too|also|as well|instead|then|though|ok|okay|please|the same(?: deal| thing| story)?|is that ok|how(?:['’]s| is| about) (?:that|this)(?: one)?|what about (?:that|this)(?: one)?|can (?:they|he|she|it)(?: (?:take|use|have) it)?)\b|[?？.。!！~]))+$"
)
MAY_TAIL = re.compile(
    r"(?:行吗|行不行|可以吗|可不可以|能吗|能不能[吃用服喝]?|能吃吗|能用吗|也行吗|也可以吗|也能吃吗|也能用吗)[?？。]*$|\b(?:is that ok|ok|okay|can (?:they|he|she|it)(?: (?:take|use|have) it)?)[?.]*$"
)
# What to do about something that happened: 便秘了怎么办.
WHAT_NOW = re.compile(
    r"怎么办|咋办|咋整|怎么处理|如何处理|怎么缓解|如何缓解|正常吗|要紧吗|要停药吗|是不是(?:因为|吃)?(?:这个?|那个?)?药(?:引起|造成|导致)?的|\bwhat (?:should|do|can|must) i do\b|\bwhat now\b|\bis (?:that|this|it) (?:normal|because of)\b"
)
# Before what somebody has not or does not take: 没在吃, I don't have.
DENIED = re.compile(
    r"(?<!有)没(?:有|在|再)?(?:得过?|吃过?|服用?过?|用过?|在吃|在用)?(?:什么|任何)?$"
    r"|\b(?:(?:do|does|did|am|is|are|was) not|(?:don|doesn|didn|isn|aren|wasn)['’]t|(?:'|’)m not|(?:'|’)s not|never|no longer)"
    r"(?: (?:have|had|take|taken|taking|use|used|using|on|got|any|an?))*\s*$|\b(?:have|has|had) no(?: history of)?\s*$"
)
# What was answered, and what else there is: 除了这个还会怎么样.
APART_FROM_THAT = re.compile(
    r"(?:除了|除去?)(?:这|那|此)(?:个|些|样)?(?:之外|以外|外)?[,，\s]*|(?:other than|apart from|besides|aside from) (?:that|this|those|these)[,\s]*"
)
# The same as was asked or told last, of what is named: 丙戊酸钠有这个问题吗, "does rosuvastatin do that too?".
SAME_THING = re.compile(
    r"(?:也|会不会|会)?(?:有|会)?(?:(?:这|那)(?:个|种|样的?)|同样的?|一样的?|类似的?)(?:副作用|不良反应|问题|情况|反应|风险|作用|现象)"
    r"|\b(?:do|does|cause|causes|have|has) (?:that|this|it|so|the same)(?: (?:thing|problem|effect|side effects?|risk))?\b|^(?:does|do|can|will|would|could)\b"
)

_ASKS = re.compile(
    r"[?？]|吗|呢|么$|嘛|什么|啥|怎么|怎样|咋|如何|多少|多久|多长|几|哪|谁|是否|能不能|能否|可否|可不可以|会不会|要不要|有没有|是不是|行不行|为什么|为何|请问|想问|想知道|想了解|告诉我|说说|讲讲|介绍|列出|[㐀-鿿][不没](?=[?？。!！]*$)|没事吧"
    r"|\b(?:what|which|how|when|where|why|who|whom|can|could|should|may|is|are|do|does|did|will|would|tell me|explain|list|any|give me)\b(?!n't sure)"
)
_TELLS = re.compile(
    r"^(?:i|my|he|she|we|i'm|i've|i am|they|our|the (?:patient|child|baby))\b(?!.*\b(?:can|could|should|what|how|which|is it|does|may i)\b)"
)


def asks(plain: str) -> bool:
    """Whether a turn in its plain form asks something, rather than telling it."""
    return _ASKS.search(plain) is not None and not (_TELLS.match(plain) and not plain.endswith(("?", "？")))
