"""What a label says of the patient: age, pregnancy, breast-feeding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from medrag.answer.safety.label import Label
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import finding, stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import Cue, denies, governing, worst
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Patient, Severity, Stated

__all__ = ["age_findings", "lactation_findings", "pregnancy_findings"]

G = SectionGroup
_TELLS = frozenset(
    {G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.PREGNANCY, G.DOSAGE, G.INDICATIONS, G.PEDIATRIC, G.GERIATRIC, G.FORMS}
)
_ADULT, _OLD_ZH, _OLD_EN = 18.0, 60.0, 65.0
_NEWBORN, _INFANT, _TODDLER = 1 / 12, 1.0, 3.0

# They are looked for in every statement of a label, all folded. Each alternative begins with a letter of its own, and only
# then looks behind it, so that the engine skips to where one may begin: in a seventh of the time.
_PREGNANT = regex(
    r"孕妇|妊娠(?!毒血|高血压|呕吐|糖尿|剧吐)|怀孕|早孕|孕期|孕[早中晚]期|孕\d|孕(?<!避孕)(?<!未孕)(?!激|酮|育酚)|胎儿|致畸|p(?<=\bp)regnan\w*|f(?<=\bf)et(?:us|al)\b|f(?<=\bf)oet\w+|teratogen|t(?<=\bt)rimester\b|childbearing|embryo"
)
_LACTATING = regex(
    r"哺乳|授乳|乳母|乳汁|母乳|n(?<=\bn)ursing (?:mother|women|infant|woman|bab)|n(?<=\bn)ursing\b(?! home| staff| care)|l(?<=\bl)actat\w+(?! acid)|breast[- ]?f(?:eed|ed)\w*|human milk|breast milk|maternal milk"
)
_CATEGORY = regex(
    r"(?:category|妊娠[^，。；]{0,8}(?:分级|分类)[^，。；]{0,4}|FDA[^，。；]{0,20})\s*[:：]?\s*([abcdx])(?![a-z])(?:级|类)?|([abcdx])级",
    re.IGNORECASE,
)
_BY_CATEGORY = {
    "x": Severity.CONTRAINDICATED,
    "d": Severity.AVOID,
    "c": Severity.CAUTION,
    "b": Severity.NOTED,
    "a": Severity.NOTED,
}
# When in a pregnancy: 妊娠早期, last three months, third trimester.
_TRIMESTERS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        1,
        regex(
            r"(?:妊娠|怀孕|孕)[^，。；]{0,4}(?:早期|前(?:3|三)个?月|初期|头(?:3|三)个?月|[1一]\s*[-~～至]\s*[3三]个?月|初(?:3|三)个?月)|早孕|早期妊娠|first (?:trimester|three months|3 months)|early pregnancy",
            re.IGNORECASE,
        ),
    ),
    (
        2,
        regex(
            r"(?:妊娠|怀孕|孕)[^，。；]{0,4}(?:中期|[4四]\s*[-~～至]\s*[6六]个?月)|中期妊娠|second (?:and third )?trimester",
            re.IGNORECASE,
        ),
    ),
    (
        3,
        regex(
            r"(?:妊娠|怀孕|孕)[^，。；]{0,6}(?:晚期|后期|末期|最后(?:3|三)个?月|后(?:3|三)个?月|[7七]\s*[-~～至]\s*[9九]个?月|末(?:3|三)个?月|临产)|晚期妊娠|(?:second and |first and )?third trimester|last (?:trimester|three months|3 months)|late (?:stage of )?pregnancy|30 weeks|近期分娩",
            re.IGNORECASE,
        ),
    ),
)
_UNKNOWN = regex(
    r"尚不明确|未确[定立]|尚未|不明|没有(?:足够|充分)|缺乏|无[^，。；]{0,10}(?:资料|经验|研究)|未进行|not (?:been )?(?:established|known|studied)|no adequate|unknown",
    re.IGNORECASE,
)
_HARM = regex(
    r"致畸|流产|死[胎产]|畸[形胎]|毒性|通过胎盘|透过胎盘|进入乳汁|分泌|排[入出泌]|影响|危害|不良|风险|危险|早闭|harm|malform|teratogen|abort|toxic|crosse?s? the placenta|excreted|secreted|present in|adverse|risk|death|defect|withdrawal|reduc|inhibit",
    re.IGNORECASE,
)


def pregnancy_findings(one: Taken, patient: Patient) -> Iterator[Finding]:
    """What the labels of a medicine say of taking it in pregnancy, in the patient's trimester where it is known."""
    said = [
        s
        for label in one.labels
        for s in label.remembered(("pregnant", one.name, patient.trimester), partial(_carrying, label, one, patient.trimester))
    ]
    if said:
        yield finding(FindingKind.PREGNANCY, (one.name,), said)


def lactation_findings(one: Taken, patient: Patient) -> Iterator[Finding]:
    """What the labels of a medicine say of breast-feeding."""
    said = [s for label in one.labels for s in label.remembered(("nursing", one.name), partial(_nursing, label, one))]
    if said:
        yield finding(FindingKind.LACTATION, (one.name,), said)


def _carrying(label: Label, one: Taken, trimester: int | None) -> list[Stated]:
    found: list[Stated] = []
    for unit in label.about("pregnancy", _PREGNANT):
        place = _place(label, unit, _PREGNANT, G.PREGNANCY, _LACTATING)
        if place is None or not _is_in(unit.folded, trimester):
            continue
        one_said = _of_person(label, one, unit, place)
        if one_said is not None:
            found.append(one_said)
        category = _CATEGORY.search(unit.folded) or _CATEGORY.search(label.headings[unit.section])
        if category is not None and unit.group in (G.PREGNANCY, G.WARNINGS):
            cue = Cue(*category.span(), _BY_CATEGORY[(category[1] or category[2]).lower()], category[0])
            found.append(stated(label, one.name, unit, cue, cue.severity))
    return strongest(found)


def _nursing(label: Label, one: Taken) -> list[Stated]:
    found = []
    for unit in label.about("lactation", _LACTATING):
        place = _place(label, unit, _LACTATING, G.PREGNANCY, _PREGNANT)
        said = _of_person(label, one, unit, place) if place is not None else None
        if said is not None:
            found.append(said)
    return strongest(found)


def _place(
    label: Label, unit: Unit, who: re.Pattern[str], group: SectionGroup, others: re.Pattern[str]
) -> tuple[int, int] | None:
    """Where a statement speaks of such a patient; (0, 0) where what it stands under does; None where nothing does.

    Under a heading for both, a statement that names the other alone is not of this one.
    """
    if unit.group not in _TELLS or unit.is_head:
        return None
    matches = list(who.finditer(unit.folded))
    if matches:
        ruled = [m for m in matches if m.end() < len(unit.folded)]
        return (ruled or matches)[0].span()
    above = f"{unit.topic} {unit.lead} {label.headings[unit.section] if unit.group in (group, G.WARNINGS) else ''}"
    if who.search(above) is not None and others.search(unit.folded) is None:
        return (0, 0)
    return None


def _of_person(label: Label, one: Taken, unit: Unit, place: tuple[int, int]) -> Stated | None:
    """What a statement says of the patient that it names at a place."""
    lang = label.lang
    cue = governing(unit.folded, *place, unit.cues, lang) if place[1] else worst(unit.cues)
    cue = cue or worst(unit.lead_cues)
    if unit.group in (G.DOSAGE, G.INDICATIONS, G.FORMS) and (cue is None or cue.severity in (Severity.MONITOR,)):
        return None
    if cue is not None:
        return stated(label, one.name, unit, cue, cue.severity)
    if unit.group is G.CONTRAINDICATIONS:
        return (
            None
            if denies(unit.folded, lang) and not _UNKNOWN.search(unit.folded)
            else stated(label, one.name, unit, None, Severity.CONTRAINDICATED)
        )
    harm = _HARM.search(unit.folded) is not None and not (lang == "en" and denies(unit.folded, lang))
    if _UNKNOWN.search(unit.folded) or harm:
        return stated(label, one.name, unit, None, Severity.NOTED)
    return None


def _is_in(folded: str, trimester: int | None) -> bool:
    """Whether what is said of a part of a pregnancy holds for the patient; what names no part holds for all of it."""
    if trimester is None:
        return True
    named = {number for number, pattern in _TRIMESTERS if pattern.search(folded)}
    named |= {2, 3} if re.search(r"second and third trimester|妊娠中[、,]?晚期|中晚期", folded) else set()
    return not named or trimester in named or _outside(folded)


def _outside(folded: str) -> bool:
    """Whether a statement of one part of a pregnancy forbids the rest too: 孕妇禁用, 尤其是妊娠晚期."""
    return re.search(r"尤其|特别是|especially|particularly", folded) is not None


# ---------------------------------------------------------------------- age

_NUM = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十]{1,3})"
_UNIT_ZH = {"岁": 1.0, "周岁": 1.0, "个月": 1 / 12, "月": 1 / 12, "月龄": 1 / 12, "周": 1 / 52, "天": 1 / 365, "日": 1 / 365}
_UNDER_ZH = regex(
    rf"{_NUM}\s*(周岁|岁|个月|月龄|月|周|天|日)龄?(?:\s*[（(][^）)]*[)）])?\s*(?:及)?(?:以[下内]|之内|内)|(?:小于|不足|不满|未满|低于|＜|<|≤)\s*{_NUM}\s*(周岁|岁|个月|月龄|月|周|天)"
)
_RANGE_ZH = regex(rf"{_NUM}\s*(?:周?岁|个?月)?\s*[~～\-–至到—]\s*{_NUM}\s*(周岁|岁|个月|月龄|月)")
_OVER_ZH = regex(rf"(?:大于|超过|年满|>|＞|≥)\s*{_NUM}\s*(?:周?岁)|{_NUM}\s*(?:周?岁)\s*(?:及)?(?:以上)")
# The number of an item, run into the age behind it: 2.12岁以下儿童禁用 is of twelve years.
_GLUED = regex(r"^\s*\d{1,2}\.(?=\d{1,2}\s*周?岁)")
_CHILD_ZH: tuple[tuple[re.Pattern[str], float, float], ...] = (
    (regex(r"早产儿|新生儿"), 0.0, _NEWBORN), (regex(r"婴幼儿|乳幼儿"), 0.0, _TODDLER), (regex(r"婴儿(?!奶粉)"), 0.0, _INFANT), (regex(r"(?<!婴)幼儿(?!园)|幼童"), 0.0, 6.0),
    (regex(r"儿童|小儿(?!麻痹)|患儿|少儿|未成年|18岁以下"), 0.0, _ADULT), (regex(r"青少年|少年(?!儿童)"), 10.0, _ADULT),
)  # fmt: skip
_OLD = regex(
    r"老年|老人|高龄|年老|年迈|\belderly\b|\bgeriatric\b|\bolder (?:adults?|patients?|people|individuals)|\baged? (?:60|65|75)|\b(?:60|65|75) (?:years|or older|and over)",
    re.IGNORECASE,
)
_NOT_OLD = regex(
    r"no overall differences|other reported clinical experience|did not include sufficient|ha(?:ve|s) not identified differences|no (?:clinically )?(?:significant |relevant )?differences",
    re.IGNORECASE,
)
_UNDER_EN = regex(
    r"(?:under|below|younger than|less than|up to|before|<)\s+(?:the age of |age )?(\d+(?:\.\d+)?|two|three|four|six|twelve|one|five|eight|ten|sixteen|eighteen)\s*(years?|yrs?|months?|weeks?|days?|y\b)?|\b(\d+)\s*(years?|months?|weeks?)(?: of age| old)? (?:or|and) (?:younger|under)",
    re.IGNORECASE,
)
_AGE_EN = regex(
    r"child(?![- ]?pugh)|p(?:a)?ediatric|infant|neonat|newborn|adolesc|teenage|\bage\b|years of age|premature|younger than",
    re.IGNORECASE,
)
_CHILD_EN: tuple[tuple[re.Pattern[str], float, float], ...] = (
    (regex(r"neonat|newborn|premature infant|preterm", re.IGNORECASE), 0.0, _NEWBORN), (regex(r"\binfants?\b", re.IGNORECASE), 0.0, 2.0),
    (regex(r"child(?!-?bearing|ren's|hood|[- ]?pugh)|p(?:a)?ediatric", re.IGNORECASE), 0.0, _ADULT), (regex(r"adolescen|teenage", re.IGNORECASE), 10.0, _ADULT),
)  # fmt: skip
_EN_NUMBERS = {
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "eight": 8.0,
    "ten": 10.0,
    "twelve": 12.0,
    "sixteen": 16.0,
    "eighteen": 18.0,
}
_AGED = regex(
    r"儿|岁|月龄|老|高龄|少年|未成年|child(?![- ]?pugh)|p(?:a)?ediatric|infant|neonat|newborn|premature|preterm|adolesc|teen|a(?<=\ba)ge|elderly|geriatric|older|younger"
)
_NOT_CHILD = regex(
    r"out of (?:the )?reach|reach of children|置于儿童|放在儿童|儿童不[能可易]?接触|儿童接触|儿童误|in children born|accidental|(?<!\()overdos(?![^.]{0,80}\bunder \d)|防止儿童|成人监护|避免儿童|chewing|ingest|swallow|dispos|age-related|\bsedate a child|\bchild sleepy|\bsyringe|\bdropper|dosing (?:device|cup)",
    re.IGNORECASE,
)
# Whoever takes what a label for children is of, whatever age that is: do not use if the child has ever had an allergic reaction.
_THE_CHILD = regex(
    r"(?:\b(?:the|your|in an?) |^\W*)child(?:['’]s)?\b(?! (?:is |was )?(?:not )?(?:under|below|younger|less than|aged?|between|over|older|at least|\d))",
    re.IGNORECASE,
)
# Of one kind of old patient: those with senility.
_SOME_OLD = regex(r"\b(?:patients?|persons?|individuals?|those|anyone) with\b", re.IGNORECASE)
# A dose for old people that is another than for others.
_LESS = regex(
    r"酌|减|半量|小剂量|低剂量|\b(?:lower|lowest|low|small\w*|reduced?|started?|starting|initial\w*|half)\b", re.IGNORECASE
)
_UNCHANGED = regex(
    r"(?:没有必要|无[需须]|不[必需]|毋[需须])[^，。；]{0,10}(?:调整|减少|改变)[^，。；]{0,4}(?:剂量|用量)|\bno (?:dos\w+ )?adjustments?\b[^.;]{0,40}\b(?:needed|necessary|required|recommended|warranted)|\badjustments?\b[^.;]{0,40}\bnot (?:necessary|needed|required|recommended|warranted)",
    re.IGNORECASE,
)
# Whom a medicine is shown to be for: established for patients 6 months of age and older.
_SHOWN = regex(
    r"(?<!not been )(?<!not )\bestablished (?:for|in)\b[^.;]*?(?:\b(?P<low>\d+) (?P<per>years?|months?)(?: of age)? (?:and|or|to) (?:older|above|over|\d+)|(?:children|pediatric patients)\W*$)"
)
_SEE = regex(r"\W*see\b")  # a reference to another section states nothing
_NOT_SHOWN = regex(
    r"尚未|未确[定立]|不明确|缺乏(?=[^，。；]{0,16}(?:资料|经验|研究|数据|证据|试验))|未进行|没有|不详|not (?:been )?(?:established|studied|evaluated|demonstrated)|no (?:clinical )?(?:data|information|studies)|insufficient|not approved|unknown",
    re.IGNORECASE,
)


def age_findings(one: Taken, age: float | None) -> Iterator[Finding]:
    """What the labels of a medicine say of patients of this age, young or old; None is a child whose age nobody has said."""
    said = [s for label in one.labels for s in label.remembered(("age", one.name, age), partial(_of_age, label, one, age))]
    if said:
        yield finding(FindingKind.AGE, (one.name,), said, about=f"{age:g}" if age is not None else "")


def _of_age(label: Label, one: Taken, age: float | None) -> list[Stated]:
    found = []
    for unit in label.about("age", _AGED):
        if (
            unit.group not in _TELLS
            or unit.group is G.PREGNANCY
            or unit.is_head
            or _is_of_mother(unit.folded)
            or _NOT_CHILD.search(unit.folded)
            or _is_of_the_taker(unit)
        ):
            continue
        place = _young(label, unit, age) if age is None or age < _ADULT else _old(label, unit, age)
        old = age is not None and age >= _ADULT
        said = _of_aged(label, one, unit, place, old=old) if place is not None else None
        if said is not None:
            found.append(said)
    return strongest(found)


def _is_of_the_taker(unit: Unit) -> bool:
    """Whether a statement speaks of a child only as of who takes the medicine, and of no age."""
    left, times = _THE_CHILD.subn(" ", unit.folded)
    return times > 0 and unit.group is not G.PEDIATRIC and _AGED.search(left) is None


def _is_of_mother(folded: str) -> bool:
    """Whether a statement is of a mother's child and not of one who takes the medicine: nursing infants, in utero."""
    mother = _LACTATING.search(folded) is not None or re.search(r"\butero\b|nursing infants|breast-?fed", folded) is not None
    own = (
        re.search(r"p(?:a)?ediatric|children|以下|儿童|小儿|老年|老人|高龄|elderly|under \d|below \d|younger than", folded)
        is not None
    )
    return mother and not own


def _of_aged(label: Label, one: Taken, unit: Unit, place: tuple[int, int], *, old: bool) -> Stated | None:
    cue = governing(unit.folded, *place, unit.cues, label.lang) if place[1] else worst(unit.cues)
    cue = cue or worst(unit.lead_cues)
    if cue is None and _SEE.match(unit.folded) is not None:
        return None
    if cue is None and unit.group is G.CONTRAINDICATIONS:
        return stated(label, one.name, unit, None, Severity.CONTRAINDICATED)
    if _UNCHANGED.search(unit.folded):
        return None
    if unit.group in (G.INDICATIONS, G.FORMS, G.DOSAGE) and (cue is None or cue.severity is Severity.MONITOR):
        if old and unit.group is G.DOSAGE and (cue is not None or _LESS.search(unit.folded)):
            return stated(label, one.name, unit, cue, Severity.MONITOR)
        return stated(label, one.name, unit, None, Severity.NOTED) if _NOT_SHOWN.search(unit.folded) else None
    if cue is not None:
        return stated(label, one.name, unit, cue, cue.severity)
    if (
        _NOT_SHOWN.search(unit.folded)
        or _SHOWN.search(unit.folded)
        or (_HARM.search(unit.folded) and not denies(unit.folded, label.lang))
    ):
        return stated(label, one.name, unit, None, Severity.NOTED)
    return None


def _young(label: Label, unit: Unit, age: float | None) -> tuple[int, int] | None:
    """Where a statement speaks of children of this age; one that names ages holds for those alone."""
    lang, text = label.lang, unit.folded
    shown = _SHOWN.search(text)
    if (
        shown is not None
        and age is not None
        and age * (12.0 if (shown["per"] or "")[:1] == "m" else 1.0) >= float(shown["low"] or 0)
    ):
        return None
    spans = list(_limits_zh(text) if lang == "zh" else _limits_en(text))
    if spans:
        return next(((start, end) for low, high, start, end in spans if age is None or low <= age < high), None)
    for pattern, low, high in _CHILD_ZH if lang == "zh" else _CHILD_EN:
        match = pattern.search(text)
        if match is not None and (age is None or low <= age < high):
            ill = match[0] == "患儿" and any(end == match.start() for _, end in label.named_at.get(unit.index, ()))
            return match.span() if not ill else None  # 糖尿病患儿 are those who have that
    above = f"{unit.topic} {unit.lead} {label.headings[unit.section] if unit.group is G.PEDIATRIC else ''}"
    if (unit.group is G.PEDIATRIC or re.search(r"儿童|小儿|p(?:a)?ediatric", above)) and not _PREGNANT.search(text):
        return (0, 0)
    return None


def _old(label: Label, unit: Unit, age: float) -> tuple[int, int] | None:
    """Where a statement speaks of old people, of this age where it names one."""
    if _NOT_OLD.search(unit.folded):
        return None
    match = _OLD.search(unit.folded)
    over = _OVER_ZH.search(_GLUED.sub(lambda match: " " * len(match[0]), unit.folded))
    if over is not None:
        least = chinese_number(over[1] or over[2])
        if least >= _OLD_ZH - 20:
            return over.span() if age >= least else None
    if age < (_OLD_ZH if label.lang == "zh" else _OLD_EN):
        return None
    if match is not None:
        return match.span()
    if _SOME_OLD.search(unit.folded):
        return None
    above = f"{unit.topic} {unit.lead}"
    return (0, 0) if unit.group is G.GERIATRIC or _OLD.search(above) else None


def _limits_zh(text: str) -> Iterator[tuple[float, float, int, int]]:
    """The ages of children that a Chinese statement names, in years, and where."""
    text = _GLUED.sub(lambda match: " " * len(match[0]), text)
    for match in _UNDER_ZH.finditer(text):
        number, unit = (match[1], match[2]) if match[1] else (match[3], match[4])
        if unit in ("周", "天", "日", "月") and not re.search(r"儿|龄|岁", text[max(0, match.start() - 6) : match.end() + 6]):
            continue
        yield 0.0, chinese_number(number) * _UNIT_ZH[unit], *match.span()
    for match in _RANGE_ZH.finditer(text):
        if re.search(r"岁|月龄", match[0]) or "儿" in text[match.end() : match.end() + 4]:
            factor = _UNIT_ZH[match[3]]
            yield chinese_number(match[1]) * factor, chinese_number(match[2]) * factor + factor, *match.span()


def _limits_en(text: str) -> Iterator[tuple[float, float, int, int]]:
    """The ages that an English statement about children is limited to, in years, and where."""
    if not _AGE_EN.search(text):
        return
    for match in _UNDER_EN.finditer(text):
        number, unit = (match[1], match[2] or "") if match[1] else (match[3], match[4])
        around = text[max(0, match.start() - 60) : match.end() + 30]
        if not unit and not _AGE_EN.search(around):
            continue
        per = {"m": 12.0, "w": 52.0, "d": 365.0}.get(unit[:1].lower(), 1.0)
        if re.search(r"\bkg\b|\bmg\b|hours?|ml\b|%", text[match.end() : match.end() + 6]):
            continue
        yield 0.0, (_EN_NUMBERS.get(number.lower()) or float(number)) / per, *match.span()
