"""Whether a name in a statement stands for a medicine that is taken beside another: an allergy, a receptor, a remedy do not."""

from __future__ import annotations

import re

from medrag.answer.safety.label import Hit, Label
from medrag.answer.safety.units import Unit
from medrag.kb.terms.classes import class_names
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK

__all__ = ["BULLETS", "CO_USE_EN", "CO_USE_ZH", "is_no_use"]

G = SectionGroup
CO_USE_ZH = regex(
    r"合用|并用|同用|同服|联用|伍用|配伍|联合|合并(?!症)|同时|混合|混用|并服|一起|共用|接受|正在|加用|加服|与[^，。；]{1,40}[用服]|(?:服用|使用|应用)[^，。；]{0,20}(?:者|患者|时|期间|的)|期间"
)
CO_USE_EN = regex(
    r"concomit|co-?admin|concurrent|combin(?:ed|ation|ing)|together|\btaking\b|\btake (?:any |other |an? )|\breceiv|treated with|treatment with|therapy with|\b(?:patients|those|people|persons|individuals|are|is) (?:also |now |currently )?using\b|\bin conjunction with\b|\bwith other (?:drugs|agents|medic\w+)|\b(?:during|following|after) (?:or \w+ )?(?:the )?administration of\b|\buse (?:of|with)\b(?! (?:\w+ )?(?:caution|care)\b)|\bused with\b(?! (?:\w+ )?(?:caution|care)\b)|\bgiven (?:with\b|to (?:an? |any |some )?(?:patients?|persons?|people|individuals|those|anyone|subjects|adults|children|women|men)\b)|\bwhen (?:given|administered)\b|\bon (?:an? )?(?:mao|monoamine)|\bwithin (?:\d|two|14)|co-?prescri|\blines? containing\b|\bincompatib|\binteract|\badded to\b|\bin addition\b|\bpatients on\b|\b(?:should|must) not be .{0,30}with\b|\buse\b(?:(?! patients| those| children| adults|caution)[^.;]){0,30}\bwith\b|\bwhile\b",
    re.IGNORECASE,
)
_ALLERGY = regex(r"过敏|超敏|变态反应|hypersensitiv|allerg|anaphyla|intoleran|\brash\b.{0,30}\bhistory", re.IGNORECASE)
# The name is part of another, or the thing is measured and not taken.
_NOT_MEANT_BEHIND = regex(
    r" ?(?:抵抗|受体|抗体|缺乏|依赖|类似|敏感|分泌|过敏|水平|释放|原(?!体)|中毒|哮喘|酶|试验|[- ]?(?:coa\b|resistan\w+|sensitiv\w+|secretion|synthesis|release|receptors?\b|deficien\w+|allerg\w+|intoleran\w+|levels? (?:of|were)|"
    r"induced (?:asthma|ulcer)|sensitive asthma|triad|free\b|excretion test|requirements?\b(?![^.;]{0,60}(?:increas|decreas|alter|chang|reduc|adjust|higher|lower))|nitrogen|binding|overdos\w+|toxicity\b(?! (?:may|can|has))))"
)
_NOT_MEANT_BEFORE = regex(
    r"(?:左旋|右旋|去甲|双氢|二氢|去氧|乙酰|异丙|甲基|氢化|内源性|endogenous |serum |plasma |urinary |血清?|尿|血浆|血)$"
)
# What is in everybody's blood, food and bottles is a medicine only where nobody measures it.
_NATURAL = frozenset(
    "glucose dextrose potassium sodium calcium magnesium iron zinc water oxygen sugar insulin 葡萄糖 钾 钠 钙 镁 铁 锌 水 氧 氧气 胰岛素 生理盐水".split()
)
_IN_BODY = regex(
    r"(?:serum|blood|plasma|urin\w+|fasting|total|elevated|low|high|abnormal\w*|血|尿|测|fluid and|salt and) ?\0|\0 ?(?:tests?|control|monitor|tolerance|concentration|level|oxidase|metabolism|intolerance|retention|balance|restriction|demand|depletion|excretion|loss|intake|regulation|secretion|resistance|酶|耐量|代谢|平衡|水平|浓度|潴留|溶液|注射液稀释)",
    re.IGNORECASE,
)
_UNHELPED = regex(
    r"(?:respond(?:ed|s)? to|tolerate|failed|inadequate(?:ly)? (?:response|controlled)|previously (?:received|treated))[^.;]{0,48}$",
    re.IGNORECASE,
)
_LATIN = regex(r"[a-z]{4,}")
_ONE_OF_CLASS = regex(r"\bthe $")
_INSTEAD_ZH = regex(r"(?:改用|换用|代替|替代|宜选用?|可选用?|解救|拮抗剂?为|抢救|给予|静[注脉]|处理)[^，。；]{0,12}$")
_INSTEAD_EN = regex(
    r"(?:instead|alternative\w*|substitut\w+|such as|replaced? (?:by|with)|switch\w* to|treated with|administ\w+ (?:of )?|give|managed with|reversed by|overdos\w+)[^.;]{0,25}$",
    re.IGNORECASE,
)
_OVERDOSE = regex(
    r"过量|中毒时|解救|抢救|overdos|in the event of|if an? (?:\w+ )?(?:allergic|anaphyla\w+|hypersensitivity) reactions? (?:occurs?|develops?)|supportive (?:treatment|therapy|care|measures)|emergency (?:treatment|measures|care)|should (?:hypotension|seizures?|convulsions?) occur|if (?:hypotension|seizures?) occurs?",
    re.IGNORECASE,
)
_EXCEPT = regex(
    r"\balternatives? (?:to|for) (?:\w+ )?$|除[了]?[^，。；]{0,16}$|(?:except|other than|excluding|with the exception of|unlike|不同于|与[^，。；]{0,6}不同|不像)[^.;，。；]{0,24}$",
    re.IGNORECASE,
)
# What is given with the medicine on purpose: patients receiving it plus fluorouracil/leucovorin.
_REGIMEN = regex(r"\bplus (?:[\w-]+\s?/\s?)?(?:[\w-]+\s?/\s?)?$")
_BESIDE_EN = regex(r"concomit|co-?admin|concurrent|\bcombination\b|together|\binteract", re.IGNORECASE)
BULLETS = "-–•*· "


def is_no_use(unit: Unit, hit: Hit, label: Label) -> bool:
    """Whether the name stands for no medicine that is taken beside: an allergy, a receptor, what is given instead."""
    text = unit.folded
    if hit.name in _NATURAL and _IN_BODY.search(text[max(0, hit.start - 24) : hit.start] + "\0" + text[hit.end : hit.end + 24]):
        return True
    if _NOT_MEANT_BEHIND.match(text, hit.end) or _NOT_MEANT_BEFORE.search(text, max(0, hit.start - 12), hit.start):
        return True
    if CELL_BREAK in text and text[hit.end : hit.end + 1] == ":":
        return True  # a row of a table with the members that are meant behind their class
    if hit.name in class_names() and (_has_members_beside(unit, hit, label) or _is_attribute(unit, hit, label)):
        return True
    before = text[max(0, hit.start - 60) : hit.start]
    if _EXCEPT.search(before) or _UNHELPED.search(before) or _REGIMEN.search(before):
        return True
    if unit.group is not G.INTERACTIONS and (
        _INSTEAD_ZH.search(before)
        or (_INSTEAD_EN.search(before) and not _is_co_use(unit, before, text[: hit.start]))
        or _OVERDOSE.search(text)
    ):
        return True
    return _ALLERGY.search(text) is not None and _is_allergen(text, hit)


def _is_co_use(unit: Unit, near: str, before: str) -> bool:
    """Whether what stands before a name says that it is taken beside: concomitant antibiotics such as ampicillin and it."""
    return CO_USE_EN.search(f"{unit.lead} {near.lstrip(BULLETS)}") is not None or _BESIDE_EN.search(before) is not None


def _has_members_beside(unit: Unit, hit: Hit, label: Label) -> bool:
    """Whether a class heads a row of a table whose next cell names the medicines that are meant: Diuretics | eplerenone | ..."""
    cells = [match.start() for match in re.finditer(re.escape(CELL_BREAK), unit.folded)]
    if len(cells) < 2 or hit.end > cells[0]:
        return False
    return any(cells[0] < start and end <= cells[1] for start, end in label.named_at.get(unit.index, ()))


def _is_attribute(unit: Unit, hit: Hit, label: Label) -> bool:
    """Whether a class only says what the medicine behind it is: 抗病毒药sorivudine, the MAO inhibitor selegiline."""
    if label.lang == "zh":
        return _LATIN.match(unit.folded, hit.end) is not None
    named = label.named_at.get(unit.index, ()) if _ONE_OF_CLASS.search(unit.folded[: hit.start]) else ()
    return not hit.name.endswith("s") and any(start == hit.end + 1 for start, _ in named)


def _is_allergen(text: str, hit: Hit) -> bool:
    """Whether the name is of what somebody is allergic to: 对青霉素过敏者, hypersensitivity to sulfonamides."""
    behind = re.match(r"(?:(?![及和或者、]对)[^，。；,;.]){0,40}?(?:过敏|超敏|不能?耐受|变态)", text[hit.end :])
    before = re.search(
        r"(?:hypersensitiv\w*|allerg\w*|anaphyla\w*|intoleran\w*|asthma|urticaria|sensitivity|reactions?)[^.;]{0,160}$",
        text[: hit.start],
        re.IGNORECASE,
    )
    if before is not None and re.search(
        r"concomit|co-?admin|receiving|(?<!after )taking|together|\b(?:or|and) (?:who are |are )?(?:on|using|treated with) (?:\w+ )?$",
        text[before.start() : hit.start],
        re.IGNORECASE,
    ):
        before = None
    return behind is not None or before is not None
