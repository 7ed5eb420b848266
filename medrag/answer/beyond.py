"""What labels do not tell of their medicine.

Some things no label tells: what it costs, who pays, where it is sold, which maker's is best, how long somebody will live.
Some only few do, and in words of their own: whether an animal may have it, whether a drug test shows it. A question about one
of these is not answered by what a label says of anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from medrag.kb.base import KnowledgeBase
from medrag.patterns import regex
from medrag.retrieve.cues import group_cues
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup

__all__ = ["is_beyond_labels", "is_told_by_few"]

_PRICE = (
    r"(?:一个?)?(?:疗程|盒|瓶|支|针|片|次|年|个月)?(?:要|得|需要?|大概|大约)?花(?:费|掉)?(?:得?多少|几[个块十百千万])|多少钱|几(?:块钱?|十块|百块?|千块?|万块?)(?:一?[盒瓶支针片次]|[?？吗呢]|$)"
    r"|价[格钱位]|什么价|售价|零售价|贵不贵|[很太这么好]贵|贵吗|便宜|划算|性价比|打折|优惠|团购|包邮|费用|收费|自付|医保|报销|自费|集采|公费|商业?保险|惠民保|赠药"
    r"|\bhow much (?:do|does|is|are|will|would|did)\b.{1,40}\b(?:cost|run|sell|sold|charge|pay|go for|set (?:me|us|you) back)\b|\bhow much\b.{0,20}\b(?:charge[sd]?|out of pocket)\b"
    r"|\b(?:price[sdy]?|pricing|costs?|expensive|coupons?|discounts?|rebates?|savings? cards?|goodrx|insurance|insurers?|medicare|medicaid|tricare|co-?pays?|deductible|formulary|cheap(?:er|est)?|afford(?:able)?)\b"
    r"|\b(?:plan|policy|aetna|cigna|humana|anthem|kaiser|blue cross|united ?health\w*|delta dental)s?\b.{0,20}\bcover(?:s|ed|age)?\b|\bstreet (?:value|price)\b"
)
_SOLD = (
    r"(?:哪里|哪儿|哪能|在哪|网上|药店|医院|超市|什么地方)(?:里)?(?:可以|能|可|还)?(?:有?得?买|有卖|卖|开得?到|订|找得到)|哪[家个]?(?:药店|药房|平台|网站|超市|医院|诊所)|网购|代购|邮寄|快递|海淘|淘宝|京东|拼多多|美团|断货|缺货|停产|脱销"
    r"|(?:有没有|[有是])(?:进口|国产)|进口的?还是|国产的?还是|防伪|正品|假货|股[票价]|谁发[明现]|发明人|谁研[发制]|哪年(?:上市|发明|研发)|哪个国家(?:的|产|生产|发明|研发)|专利|销量|代言|广告"
    r"|\bwhere (?:can|could|do|to|should) (?:i |you |we )?(?:buy|order|get|purchase|find)\b|\b(?:mail[- ]order|by mail|near me|(?:in|out of) stock|stock|shortages?|back-?order(?:ed)?|amazon|ebay)\b"
    r"|\bpatents?\b|\bwho (?:discovered|invented|developed|created)\b|\b(?:go(?:es|ing)?|went|become|be) generic\b|\b(?:commercials?|lawsuits?|class action|recalls?|reviews?|testimonials?)\b"
)
_BRAND = (
    r"哪[个种家](?:牌子|厂家?|品牌|公司|厂商|药厂)|(?:牌子|厂家?|品牌)的?[^,，。?？]{0,4}(?:好|强|靠谱)|口碑|好评|差评"
    r"|\b(?:which|what|best)\b.{0,12}\b(?:brand|manufacturer)s?\b.{0,12}\b(?:best|better|good)\b|\bbest brand\b"
)
_OUTLOOK = (
    r"能活(?:多久|多长|几|到)|活(?:几|多少)[年个]|活多久|寿命|存活(?:期|率|多久)|生存期|几年内?(?:不会|会不会|会)复发|断根|去根|除根|预后"
    r"|\bhow (?:long|many (?:more )?(?:years|months))\b.{0,30}\b(?:live|left|survive)\b|\blife expectancy\b|\b(?:chances?|odds) of (?:surviv\w*|dying|beating|being cured)\b|\bprognosis\b"
)
_BEYOND = regex(f"{_PRICE}|{_SOLD}|{_BRAND}|{_OUTLOOK}")
# Which of two is better: labels compare a medicine with what it was tried against, in their studies, and with nothing else.
_BETTER = regex(
    r"(?:和|跟|与|同|比).{1,16}(?:哪个|哪种|哪一?款|谁)(?:更|比较)?(?:好|强|管用|有效|划算|厉害|见效)"
    r"|\b(?:better|stronger|works? (?:better|faster)|more effective)\b.{0,12}\bthan\b|\b(?:vs\.?|versus|or)\b.{1,40}\bwhich (?:one )?(?:is|works?) (?:better|stronger|best|faster)\b"
    r"|\bwhich (?:one )?(?:is|works?) (?:better|stronger|best)\b"
)
_BESIDE = frozenset({SectionGroup.CLASSIFICATION, SectionGroup.APPROVAL, SectionGroup.NAMES})


def is_beyond_labels(understanding: Understanding) -> bool:
    """Whether a question about a medicine asks for nothing but what no label tells: its price, where it is sold, an outlook."""
    text = understanding.masked
    if not understanding.drugs:
        return False
    for pattern in (_BEYOND, *((_BETTER,) if len(understanding.drugs) == 1 else ())):
        if pattern.search(text) and {cue.group for cue in group_cues(pattern.sub(" ", text))} <= _BESIDE:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Topic:
    """A point that few labels speak of: how it is asked for, and the words in which a label would tell."""

    asked: re.Pattern[str]
    told: re.Pattern[str]


_PETS = r"(?:狗|犬|猫|宠物|兔子|仓鼠|鹦鹉)"
_TOPICS = (
    _Topic(
        regex(
            r"(?:开|打开|拆|启)了?(?:盖|封|瓶|罐|包)?子?(?:之?后|以后|过|的).{0,8}(?:放|存|保存|用|留|撑)(?:得?了?)(?:多久|多长|几)"
            r"|\b(?:after|once|since) (?:it(?:'?s| is)? (?:been )?|i |you |they |being |been )?open(?:ed|ing)?\b(?! (?:my|his|her|your|the|up)? ?(?:bowels?|heart|chest|abdom\w+|surgery))"
        ),
        regex(r"开[封启瓶盖罐]|启封|启用|首次使用|配制|稀释|\bopen|reconstitut|\bdiscard|in[- ]use|dilut|punctur"),
    ),
    _Topic(
        regex(
            rf"(?:给|喂|我家|家里|养)的?(?:小|老)?{_PETS}|{_PETS}[狗猫咪]?(?:能|可以|可不可以|也|吃|用|得了|感冒|拉稀|咳|生病)"
            r"|\b(?:my|our|the|a|for|to|give|in)\b(?: \w+){0,2}? (?:dog|cat|puppy|kitten|pet|horse|rabbit|hamster|ferret|parrot)(?:s|['’]s?)?\b(?!.{0,12}\b(?:bit\w*|scratch\w*|hair|dander|allerg\w*)\b)"
        ),
        regex(
            r"\bveterinar|for (?:use in|the treatment of) (?:\w+ )?(?:dogs|cats|horses|animals)|\b(?:dogs|cats|horses) only|兽[用医]"
        ),
    ),
    _Topic(
        regex(r"\b(?:drug|urine|piss|employment|work) ?(?:test|screen)(?:s|ing)?\b|尿检|药检|毒检|兴奋剂"),
        regex(r"false[- ]positive|drug (?:screen|test)|\bimmunoassay|doping|兴奋剂|尿检|药检|假阳性"),
    ),
    _Topic(
        regex(r"\b(?:vegan|vegetarian|kosher|halal|gluten)\b|清真|纯?素(?:食|的)|麸质"),
        regex(r"\b(?:vegan|vegetarian|kosher|halal|gluten|gelatin|wheat|porcine|bovine|starch)|清真|麸质|明胶|淀粉"),
    ),
    _Topic(
        regex(r"无糖|不含糖|\bsugar[- ]?free\b"),
        regex(r"糖|\bsugar|\bsucrose|\bglucose|\bsorbitol|\bsaccharin|\bsucralose|\baspartame"),
    ),
)


def is_told_by_few(understanding: Understanding, kb: KnowledgeBase) -> bool:
    """Whether a question about a medicine asks for a point that none of its labels speaks of, though a few others do."""
    asked = [topic for topic in _TOPICS if understanding.drugs and topic.asked.search(understanding.masked)]
    if not asked:
        return False
    texts = [
        passage.text.lower()
        for drug in understanding.drugs
        for document in drug.documents
        for passage in kb.passages_of(document)
    ]
    return any(not any(topic.told.search(text) for text in texts) for topic in asked)
