"""Whether a dose is above what a label allows: at a time, in a day, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from medrag.answer.safety.doses import Dose, amount_of
from medrag.answer.safety.label import Label, Unit
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding, stated
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Patient, Severity

__all__ = ["Maximum", "dose_finding", "maxima"]

G = SectionGroup
_TELLS = frozenset({G.DOSAGE, G.WARNINGS, G.BOXED_WARNING, G.CONTRAINDICATIONS, G.INDICATIONS, G.FORMS})
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?|[零一二两三四五六七八九十半]{1,3}"
_UNIT = r"mg|毫克|g(?![a-z])|克|mcg|μg|微克|万单位|万iu|单位|iu|units?|ml|毫升|片|粒|丸|袋|支|滴|喷|揿|tablets?|capsules?|caplets?|inhalations?|softgels?|gelcaps?|pills?|teaspoon(?:ful)?s?|sprays?|puffs?|drops?"
_AMOUNT = rf"(?P<number>{_NUMBER})\s*(?:[-~～–至到]\s*(?P<high>{_NUMBER})\s*)?(?:\([^)]*\)\s*)?(?P<unit>{_UNIT})(?![a-z])(?P<per>\s*/\s*(?:kg|公斤|千克|m2|㎡|m²)|\s*per kg)?"
_DAY_ZH = r"(?:每[日天]|[一1][日天]|24\s*(?:小时|h)|[日天](?!数)|日)"
# 一日最大剂量不超过2.4g; 每日不得超过4次; 最大日剂量为40mg; 24小时内不超过4次.
_MOST_ZH = (
    regex(
        rf"{_DAY_ZH}[^，。；;、\d]{{0,14}}?(?:最大|最高|极量|限量|总量|用量)?[^，。；;、\d]{{0,10}}?(?:不得?超过|不[得应可宜能要]超过|不[得应可宜能]?[大多高]于|最大(?:剂?量|用量)?(?:为|是)?|最高(?:剂?量|用量)?(?:为|是|可达)?|最多|极量|限量?|[≤＜])\s*[:：为]?\s*{_AMOUNT}"
    ),
    regex(
        rf"(?:最大|最高|极)[^，。；;、\d]{{0,6}}(?:日|一日|每日|每天)[^，。；;、\d]{{0,8}}?(?:剂?量|用量)?[^，。；;、\d]{{0,6}}?{_AMOUNT}"
    ),
    regex(
        rf"(?:不得?超过|不[得应可宜能要]超过|最大(?:剂?量|用量)?(?:为|是)?|最高(?:剂?量|用量)?(?:为|是)?|最多|极量[:：为]?|不[大多高]于)\s*(?:每[日天]|[一1][日天])\s*{_AMOUNT}"
    ),
    regex(
        rf"(?:不得?超过|不[得应可宜能要]超过|最大(?:剂?量|用量)?(?:为|是|可达)?|最高(?:剂?量|用量)?(?:为|是|可达)?|极量)\s*{_AMOUNT}\s*(?:/|每|／)\s*(?:日|天|d\b|24\s*小时|24h)"
    ),
)
# 最大量每次40mg，每天2次: a dose and how often make the day's.
_MOST_TIMES_ZH = regex(
    rf"最[大高](?:剂量|用量|量)?(?:为|是|可[达至])?[，:：]?\s*(?:每次|[一1]次)\s*{_AMOUNT}\s*[，、]?\s*{_DAY_ZH}\s*(?P<times>{_NUMBER})\s*次"
)
_LIMIT_DAY_ZH = regex(rf"极量[^。；;]{{0,24}}?(?:每[日天]|[一1][日天])\s*{_AMOUNT}")
_ONCE_ZH = (
    regex(
        rf"(?:每次|[一1]次|单次|单剂|一次量)[^，。；;、\d]{{0,10}}?(?:不得?超过|不[得应可宜能要]超过|不[大多高]于|最大(?:剂?量|用量)?(?:为|是)?|最高(?:剂?量|用量)?(?:为|是)?|最多|极量)\s*[:：为]?\s*{_AMOUNT}"
    ),
    regex(rf"极量[^，。；;\d]{{0,4}}(?:一次|每次)\s*{_AMOUNT}"),
)
_TIMES_ZH = regex(
    rf"(?:24\s*小时内?|{_DAY_ZH}内?)[^，。；;、\d]{{0,6}}?(?:不得?超过|不[得应可宜能要]超过|最多|不[大多]于)\s*(?P<times>{_NUMBER})\s*次"
)
_NOT_MORE = r"(?:not (?:to )?(?:exceed|take more than|be exceeded|more than)|(?:no|not) more than|(?:should|must|do|may) not exceed|exceeding|maximum (?:(?:recommended|total|adult|oral|single|human) )*(?:daily )?(?:dos(?:e|age))?(?: (?:should be|is|of|for adults is|per day is))?|max(?:imum)?(?: of)?|up to a (?:maximum|total) of|(?:doses?|dosages?) (?:above|over|greater than|higher than|exceeding|in excess of))"
_DAY_EN = r"(?:per day|a day|/\s*day|daily|in (?:any |a )?(?:24|twenty-four)[- ]hours?(?: period)?|in (?:one|a|any) day|per 24 hours|each day|every 24 hours|/24\s*h\w*)"
_MOST_EN = (
    regex(rf"{_NOT_MORE}[^.;\d]{{0,40}}?{_AMOUNT}[^.;\d]{{0,14}}?\s*(?:{_DAY_EN})", re.IGNORECASE),
    regex(
        rf"(?:maximum|max)\.? (?:\w+ ){{0,3}}?(?:daily (?:\w+ )?dos(?:e|age)|dos(?:e|age) per day)[^.;\d]{{0,40}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
    regex(
        rf"(?:total )?daily dos(?:e|age)s? (?:\w+ ){{0,3}}?(?:should|must|may|is|are|do|does)?\s?(?:not (?:to )?)?(?:exceed\w*|be more than)[^.;\d]{{0,20}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
    regex(
        rf"(?:doses?|dosages?|dosing) (?:above|over|greater than|higher than|exceeding|in excess of) {_AMOUNT}\s*(?:{_DAY_EN})",
        re.IGNORECASE,
    ),
)
_ONCE_EN = (
    regex(
        rf"(?:maximum single dose|single doses?[^.;\d]{{0,20}}(?:not exceed|exceeding)|each dose[^.;\d]{{0,20}}not exceed)[^.;\d]{{0,20}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
)
_TIMES_EN = regex(
    rf"(?:not|no) (?:\w+ )?(?:exceed|more (?:often )?than)\s*(?P<times>\d+|two|three|four|five|six)\s*(?:times|doses)\s*(?:{_DAY_EN})",
    re.IGNORECASE,
)
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
}
# That more does no good, or is given in parts, is no maximum.
_NO_LIMIT = regex(r"divided doses|\bno (?:evidence|indication)|more effective|additional benefit|分次", re.IGNORECASE)
_OTHERS = regex(
    r"儿童|小儿|患儿|婴|老年|肾功能|肝功能|肌酐|\d+岁|child|pediatric|infant|renal|hepatic|elderly|geriatric|creatinine|years|impair|合用|同服|concomitant|coadmin|with (?:cyclosporine|verapamil|amiodarone)",
    re.IGNORECASE,
)
_ADULTS = regex(r"成人|adult", re.IGNORECASE)
_CHILDREN = regex(r"儿童|小儿|患儿|婴|child|pediatric|infant", re.IGNORECASE)
_ADULT_AGE = 18.0
_ROUNDING = 1.0001
_WHAT = {"day": 0, "once": 1, "times": 2}


@dataclass(frozen=True, slots=True)
class Maximum:
    """The most that a label allows: an amount of `unit` or a number of times, at a time or in a day."""

    value: float
    unit: str
    what: str  # day, once, times
    unit_of: Unit
    label: Label
    per_kg: bool = False
    for_others: bool = False  # children, bad kidneys, beside another medicine


def maxima(one: Taken) -> tuple[Maximum, ...]:
    """The most that the labels of a medicine allow of it."""
    return one.remembered("maxima", lambda: tuple(maximum for label in one.labels for maximum in _maxima(label)))


def _maxima(label: Label) -> Iterator[Maximum]:
    tables = (
        (((*_MOST_ZH, _LIMIT_DAY_ZH), "day"), (_ONCE_ZH, "once"))
        if label.lang == "zh"
        else ((_MOST_EN, "day"), (_ONCE_EN, "once"))
    )
    times = _TIMES_ZH if label.lang == "zh" else _TIMES_EN
    for unit in label.units:
        if unit.group not in _TELLS or (label.lang == "en" and _NO_LIMIT.search(unit.folded)):
            continue
        context = f"{unit.lead} {unit.topic} {label.headings[unit.section]}"
        others = _OTHERS.search(unit.folded) is not None or (
            _OTHERS.search(context) is not None and _ADULTS.search(unit.folded) is None
        )
        for patterns, what in tables:
            for pattern in patterns:
                for match in pattern.finditer(unit.folded):
                    value, counted = amount_of(_digits(match["high"] or match["number"]), _plural(match["unit"]))
                    yield Maximum(value, counted, what, unit, label, bool(match["per"]), others)
        for match in _MOST_TIMES_ZH.finditer(unit.folded) if label.lang == "zh" else ():
            value, counted = amount_of(_digits(match["high"] or match["number"]), _plural(match["unit"]))
            yield Maximum(value * chinese_number(match["times"]), counted, "day", unit, label, bool(match["per"]), others)
        for match in times.finditer(unit.folded):
            yield Maximum(chinese_number(_digits(match["times"])), "", "times", unit, label, False, others)


def _digits(number: str) -> str:
    said = _EN_NUMBERS.get(number.lower())
    return f"{said:g}" if said is not None else number


def _plural(unit: str) -> str:
    return unit.lower().strip()


def dose_finding(one: Taken, dose: Dose | None, patient: Patient | None, lang: str) -> tuple[Finding | None, str]:
    """That a dose is above a label's maximum, or what to tell where it could not be compared; neither where it is within."""
    if dose is None:
        return None, ""
    weight = patient.weight if patient is not None else None
    if dose.per_kg and weight is None:
        return None, saying("weight", lang, name=one.name)
    factor = (weight or 1.0) if dose.per_kg else 1.0
    given = {"day": dose.daily and dose.daily * factor, "once": dose.once and dose.once * factor, "times": dose.times}
    most = _largest(m for m in maxima(one) if _is_for(m, patient) and (m.what == "times" or m.unit == dose.unit))
    compared = [(m, value, limit) for m in most if (value := given[m.what]) is not None and (limit := _limit(m, weight)) > 0]
    over = [(m, value) for m, value, limit in compared if value > limit * _ROUNDING]
    # Where a single dose is above what may be taken in a whole day, nobody need say how often.
    if not over and dose.daily is None and dose.once is not None:
        over = [(m, dose.once * factor) for m in most if m.what == "day" and not m.per_kg and dose.once * factor > m.value]
    if not over:
        return None, "" if compared else saying("dose-unread", lang, name=one.name, dose=dose.text)
    return _above(one, dose, over, lang), ""


def _largest(found: Iterable[Maximum]) -> list[Maximum]:
    """The largest of each kind that each label gives: labels give several, one for each use."""
    largest: dict[tuple[int, str, bool], Maximum] = {}
    for one in found:
        key = (id(one.label), one.what, one.per_kg)
        if key not in largest or one.value > largest[key].value:
            largest[key] = one
    return list(largest.values())


def _limit(maximum: Maximum, weight: float | None) -> float:
    """A maximum for the patient; 0 where it is by weight and nobody has said that."""
    return maximum.value * (weight or 0.0) if maximum.per_kg else maximum.value


def _is_for(maximum: Maximum, patient: Patient | None) -> bool:
    """Whether a maximum holds for the patient: one for children or bad kidneys is none of other people's."""
    if not maximum.for_others:
        return True
    child = patient is not None and patient.age is not None and patient.age < _ADULT_AGE
    return child and _CHILDREN.search(maximum.unit_of.folded) is not None


def _above(one: Taken, dose: Dose, over: list[tuple[Maximum, float]], lang: str) -> Finding:
    first, value = min(over, key=lambda one: _WHAT[one[0].what])
    unit = {"piece": "片/粒" if lang == "zh" else " tablets or capsules", "times": ""}.get(first.unit, " " + first.unit)
    given, most = (f"{number:g}" + (unit if first.what != "times" else "") for number in (value, first.value))
    reason = saying(f"dose-{first.what}", lang, given=given, most=most)
    said = [stated(m.label, one.name, m.unit_of, None, Severity.AVOID) for m, _ in over]
    return finding(
        FindingKind.DOSE, (one.name,), said, about=dose.text, reason=reason, rule="above-maximum", least=Severity.AVOID
    )
