"""The words of a turn that ask for nothing, and what it has beside them."""

from __future__ import annotations

import re

from medrag.chat.reading import Reading, without
from medrag.chat.repeat import PERSON
from medrag.retrieve.cues import patient_spans

__all__ = ["beside_names", "beside_persons"]

# What people say around a name that they put in the place of another, and that asks for nothing: words of grammar, of talking
# and choosing, and the nouns that stand for whatever was asked.
FILLERS = re.compile(
    r"朋友|同事|邻居|推荐|建议|另一[个种]|手[里上]|盒子|网上|名字|安全|温和|厉害|保险|靠谱|等等|算了|有哪些|总|点|些|叫|写|人家|病友|他们|这?个?方面|同样|一样|相同|类似|这么|那么|这样|那样|这个|那个|问题|情况|说法|顾虑|讲究|规定|要求|担心|毛病|道理|顺便|顺带|帮我|麻烦|看看|看一?下|问一?[下问]|查一?[下查]|说一?[下说]|讲一?[下讲]|介绍|告诉我|了解一?下|想知道|知道|想问|请问|还想"
    r"|一个样|没货|缺货|断货|卖完|家里|手头|手上|其实|实际|只有|要是|如果|假如|假设|万一|若是?|换成?|改成?|改用|改吃|换用|换吃|吃的是|用的是|买的是|开的是|拿的是|说的是|指的是|而是|不是|是不是|是否|怎么样|咋样|如何|怎样|行不行|可以吗|对吗|会吗|有吗"
    r"|区别|差别|对比|比较|说错|搞错|记错|药店|卖|意思|回事|着|过|那么?|行|不|没|吃|用|服|呢|吗|么|吧|呀|啊|哦|嗯|也|都|还|又|再|就|的|了|是|在|有|和|跟|与|这|我|咱|你|您|他|她|它|给|把|对|上|下|里|话|时候|药|医生|大夫|刚|现在|今天|之前|后来|另外|其他|别的|一种|这块|这一块|这边|那边|边|方面|替代|代替|替换|改服|换服|弄混|弄错|听说|据说|差不多|好一?[点些]|什么样|比起?来?|相比|又|哈|后|拿|剩|开|种|个|盒|瓶|好|请|要|想|能|会|该"
    r"|\b(?:i|me|my|mine|myself|we|us|our|you|your|he|him|his|she|her|hers|they|them|their|it|its|this|that|these|those|there|here|who|what|whats|which|how|why|when|a|an|the|any|some|other|one|ones"
    r"|am|is|are|was|were|be|been|being|do|does|did|have|has|had|having|can|could|will|would|shall|should|may|might|must|let|lets|m|s|t|d|ve|re|ll|im|ive"
    r"|and|or|but|so|then|if|than|as|for|about|on|of|with|to|in|at|by|from|out|up|into|regard|regards|regarding|concerning|whether|also|too|well|again|just|only|now|still|even|rather|instead|actually|really|please|perhaps|maybe|though|ok|okay|hmm|oh|not|no|yes"
    r"|brother|sister|cousin|uncle|aunt|friend|neighbou?r|colleague|stock|same|similar|different|better|worse|true|case|thing|things|question|issue|issues|problem|problems|concern|concerns|story|deal|situation|way|option|choice|matter|matters|hold|holds|apply|applies|go|goes"
    r"|take|takes|taking|took|use|uses|using|used|get|gets|got|want|like|say|said|mean|meant|tell|ask|asking|asked|sorry|mixed|confused|check|look|know|think|compare|compares|compared|switch|switched|switching|change|changed|swap|swapped|prescribe|prescribed|given|gave|put|puts|moved|bought|home|replace|replaced|replacing|place|suppose|supposing|assume|stack|stacks|ditto|vs|versus|q|see|do|yesterday|today|recently|lately|any|doctor|pharmacist|pharmacy|next|wrong|don|doesn|didn|isn|aren|wasn|never|friends?|neighbou?rs?|colleagues?|swears?|says?|written|box|packet|prescription|recommended|suggested|offered|heard|thinking|think|thought|happens?|opposed|versus|safer|gentler|milder|kinder|stronger|weaker|bet|off|name|alternatives?|found|left|available|stock|creams?|gels?|tablets?|tabs?|pills?|capsules?|caps|syrups?|drops|sprays?|ointments?|patch(?:es)?|inhalers?)\b"
)
_WORD = re.compile(r"\w")


def beside_names(reading: Reading, *beside: re.Pattern[str]) -> str:
    """The letters of a turn beside the medicines that it names, what people say around names, and what the patterns match."""
    return _left(without(reading.plain, [(drug.start, drug.end) for drug in reading.drugs]), beside)


def beside_persons(reading: Reading, *beside: re.Pattern[str]) -> str:
    """The same without the words for a person and for what somebody has, either."""
    spans = [(name.start, name.end) for name in (*reading.drugs, *reading.ills)]
    return _left(PERSON.sub(" ", without(reading.plain, [*spans, *patient_spans(reading.plain)])), beside)


def _left(text: str, beside: tuple[re.Pattern[str], ...]) -> str:
    for pattern in (*beside, FILLERS):
        text = pattern.sub(" ", text)
    return "".join(_WORD.findall(text))
