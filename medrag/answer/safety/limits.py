"""The most of a medicine that labels allow, as they print it: at a time, in a day, how often, and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from medrag.answer.safety.doses import UNITS, amount_of, first_of_combined
from medrag.answer.safety.label import Label
from medrag.answer.safety.units import Unit
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number
from medrag.sections import SectionGroup

__all__ = ["Audience", "Limit", "limits_of"]

G = SectionGroup
_TELLS = frozenset({G.DOSAGE, G.WARNINGS, G.BOXED_WARNING, G.CONTRAINDICATIONS, G.INDICATIONS, G.FORMS, G.INTERACTIONS})
_EN_NUMBERS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "eight": 8.0, "ten": 10.0, "twelve": 12.0}  # fmt: skip
_NUMBER = rf"\d+(?:,\d{{3}})*(?:\.\d+)?|[零一二两三四五六七八九十半]{{1,3}}|\b(?:{'|'.join(_EN_NUMBERS)})\b"
_AMOUNT = (
    rf"(?P<number>{_NUMBER})\s*(?:\([^)]{{0,12}}\)\s*)?(?:(?:[-~～–至到]|to\b)\s*(?P<high>{_NUMBER})\s*)?(?P<unit>{UNITS})(?![a-zμ])"
    r"(?P<per>\s*/\s*(?:kg|公斤|千克|m2|㎡|m²|min|分钟?|h\b|小时)|\s*per (?:kg|kilogram|m2|minute|hour))?"
)
# Behind an amount, the same counted otherwise: 8袋(40g).
_OTHERWISE = regex(rf"\s*[(（]\s*{_AMOUNT}\s*[)）]", re.IGNORECASE)
_DAY_ZH = r"(?:每[日天]|[一1][日天]|24\s*(?:小时|h)|[日天](?!数)|日)"
_BAR_ZH = r"(?:不得?超过|不[得应可宜能要]超过|不[得应可宜能]?[大多高]于|最大(?:剂?量|用量)?(?:为|是|可达)?|最高(?:剂?量|用量)?(?:为|是|可达)?|最多|极量|限量?|[≤＜])"
# 一日最大剂量不超过2.4g; 每日不得超过4次; 最大日剂量为40mg; 24小时内不超过4次.
_DAY = (
    regex(rf"{_DAY_ZH}[^，。；;、\d]{{0,14}}?(?:最大|最高|极量|限量|总量|用量)?[^，。；;、\d]{{0,10}}?{_BAR_ZH}\s*[:：为]?\s*{_AMOUNT}"),
    regex(rf"(?:最大|最高|极)[^，。；;、\d]{{0,6}}(?:日|一日|每日|每天)[^，。；;、\d]{{0,8}}?(?:剂?量|用量)?[^，。；;、\d]{{0,6}}?{_AMOUNT}"),
    regex(rf"{_BAR_ZH}[:：为]?\s*(?:每[日天]|[一1][日天])\s*{_AMOUNT}"),
    regex(rf"{_BAR_ZH}\s*{_AMOUNT}\s*(?:/|每|／)\s*(?:日|天|d\b|24\s*小时|24h)"),
    regex(rf"极量[^。；;]{{0,24}}?(?:每[日天]|[一1][日天])(?:为|是)?\s*{_AMOUNT}"),
)  # fmt: skip
# 最大量每次40mg，每天2次: a dose and how often make the day's.
_DAY_BY_TIMES = regex(
    rf"(?:最[大高](?:剂量|用量|量)?(?:为|是|可[达至])?|极量)[，,:：]?\s*(?:每次|[一1]次)?\s*{_AMOUNT}\s*[，,、]?\s*{_DAY_ZH}\s*(?P<times>{_NUMBER})\s*次"
)
_ONCE = (
    regex(rf"(?:每次|[一1]次|单次|单剂|一次量|首剂)[^，。；;、\d]{{0,10}}?{_BAR_ZH}\s*[:：为]?\s*{_AMOUNT}"),
    regex(rf"(?:极量|最[大高](?:剂?量|用量)?)[^，。；;\d]{{0,6}}(?:一次|每次|1次|单次)(?:为|是|量)?\s*{_AMOUNT}"),
    regex(rf"(?:每次|一次|单次)[^，。；;\d]{{0,4}}限(?:制|定)?(?:在|为|于)?\s*{_AMOUNT}\s*以?[下内]"),
    # What names no time is not exceeded by one dose.
    regex(rf"最[大高](?:剂量|用量|推荐剂量|可用至|可达)(?:为|是|可用?[至达])?\s*{_AMOUNT}(?!\s*[/／每])"),
)
_TIMES = (
    regex(rf"(?:24\s*小时内?|{_DAY_ZH}内?)[^，。；;、\d]{{0,6}}?(?:不得?超过|不[得应可宜能要]超过|最多|不[大多]于)\s*(?P<times>{_NUMBER})\s*次"),
    regex(rf"最[大高多][^，。；;\d]{{0,4}}(?:频率|次数)[，,:：为是]*\s*(?:{_DAY_ZH}\s*)?(?P<times>{_NUMBER})\s*次"),
)  # fmt: skip
_NOT_MORE = r"(?:not (?:to )?(?:(?:take|use|give|exceed|be) )?(?:more than|exceed(?:ed)?)|not (?:to )?(?:exceed|take more than|be exceeded|more than)|(?:no|not) more than|(?:should|must|do|may) (?:generally )?not exceed|exceeding|maximum (?:(?:recommended|total|adult|oral|single|human|allowable) )*(?:daily )?(?:dos(?:e|age))?(?: (?:should be|is|of|for adults is|per day is))?|max(?:imum)?(?: of)?|up to a (?:maximum|total) of)"
_ABOVE = r"(?:doses?|dosages?|dosing)(?: of [^.;\d]{1,60}?)? (?:above|over|greater than|higher than|larger than|exceeding|in excess of)"
_DAY_EN = r"(?:per day|a day|/\s*day|daily|(?:in|within|during|over) (?:any |a |each )?(?:24|twenty-four)[- ]?(?:hours?|hrs?|h\b)(?: period)?|in (?:one|a|any) day|per 24 hours|each day|every 24 hours|/24\s*h\w*)"
_DAY_LIMITS_EN = (
    regex(rf"{_NOT_MORE}[^.;\d]{{0,40}}?{_AMOUNT}[^.;\d]{{0,18}}?\s*(?:{_DAY_EN})", re.IGNORECASE),
    regex(rf"(?:maximum|max)\.? (?:\w+ ){{0,3}}?(?:daily (?:\w+ )?dos(?:e|age)|dos(?:e|age) per day)[^.;\d]{{0,40}}?{_AMOUNT}", re.IGNORECASE),
    regex(
        rf"(?:total )?daily dos(?:e|age)s? (?:\w+ ){{0,3}}?(?:should|must|may|is|are|do|does)?\s?(?:generally )?(?:not (?:to )?)?(?:exceed\w*|be more than)[^.;\d]{{0,20}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
    regex(rf"{_DAY_EN}[^.;\d]{{0,12}}(?:not exceed|no more than|maximum(?: of)?)[^.;\d]{{0,10}}{_AMOUNT}", re.IGNORECASE),
    regex(rf"daily dos(?:e|age)s? (?:of )?(?:[\w-]+ ){{0,2}}?(?:above|over|greater than|higher than|exceeding|in excess of|of more than) {_AMOUNT}[^.;]{{0,24}}?\b(?:not|avoid)", re.IGNORECASE),
    regex(rf"\bdaily dos(?:e|age) above {_AMOUNT}", re.IGNORECASE),
)  # fmt: skip
_ABOVE_DAY_EN = regex(rf"{_ABOVE} {_AMOUNT}\s*(?:{_DAY_EN})", re.IGNORECASE)
_ONCE_LIMITS_EN = (
    regex(
        rf"(?:maximum single dose|single doses?[^.;\d]{{0,20}}(?:not exceed|exceeding)|each dose[^.;\d]{{0,20}}not exceed)[^.;\d]{{0,20}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
    # What names no time is not exceeded by one dose.
    regex(rf"maximum (?:recommended |total |adult )*dos(?:e|age)(?: (?:is|of|should be))? {_AMOUNT}(?!\s*(?:/|per\b|daily|a day|every))", re.IGNORECASE),
    regex(rf"{_ABOVE} {_AMOUNT}(?: body weight)? (?:are|is) not recommended", re.IGNORECASE),
)  # fmt: skip
_TIMES_EN = (
    regex(
        rf"(?:not|no) (?:to )?(?:\w+ )?(?:exceed|more (?:often )?than)\s*(?P<times>{_NUMBER})(?:\s*(?:to|or|-)\s*(?P<high>{_NUMBER}))?\s*(?:times|doses)\s*(?:{_DAY_EN})",
        re.IGNORECASE,
    ),
    regex(rf"\bup to (?P<times>{_NUMBER}) times (?:{_DAY_EN})", re.IGNORECASE),
)
# That more does no good, or is given in parts, is no maximum.
_NEAR = 24  # characters behind a limit that may say whom it is for
# How much more a next dose may be, or the first may be, is no maximum.
_STEP = regex(r"(?:increment|initial dos|starting dos|infus|\brate\b|起始|初始|首剂|滴速|速度|每分钟)[^\d(（]*$", re.IGNORECASE)
# A line of a table that breaks off: do not take / more than 2 teaspoonfuls.
_BROKEN = regex(r"(?:\bnot take|\bnot exceed|\bmore|\bthan|\bof|\bto|\bmaximum|\bup|\bin|\bin 24|\d)$")
_NO_LIMIT = regex(r"divided doses|\bno (?:evidence|indication)|more effective|additional benefit|分次", re.IGNORECASE)
# A maximum that holds for some only, whatever their age.
_SPECIAL = regex(
    r"肾功能|肾损|肝功能|肝损|肌酐|透析|老年|renal|hepatic|creatinine|dialysis|impair|elderly|geriatric|合用|同服|联用|concomitant|coadmin|co-admin|when (?:taken|used|given) with|with (?:cyclosporine|verapamil|amiodarone)|inhibitors?\b|poor metabolizers",
    re.IGNORECASE,
)
_LOW, _HIGH = r"(?P<low>\d+(?:\.\d+)?)", r"(?P<high>\d+(?:\.\d+)?)"
_YEARS_ZH, _YEARS_EN = r"\s*(?:周?岁|(?P<months>个月|月龄))", r"\s*(?:years?|yrs?|(?P<months>months?))"
# Those who are named by their age, else as adults or as children.
_NAMED = tuple(
    regex(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_LOW}\s*(?:周?岁|(?P<low_months>个月|月))?\s*[~～\-–—至到]\s*{_HIGH}{_YEARS_ZH}",
        rf"{_LOW}{_YEARS_ZH}\s*及?以上",
        rf"(?:大于|超过|年满|[>＞≥])\s*{_LOW}{_YEARS_ZH}",
        rf"{_HIGH}{_YEARS_ZH}\s*及?以[下内]",
        rf"(?:小于|不足|不满|未满|低于|[<＜≤])\s*{_HIGH}{_YEARS_ZH}",
        rf"{_LOW}\s*(?:years?|yrs?|(?P<low_months>months?))?\s*(?:of age |old )?(?:to|through|-|–)\s*(?P<below>under |less than |below )?{_HIGH}{_YEARS_EN}",
        rf"{_LOW}{_YEARS_EN}(?: of age| old)*,? (?:and|or|&) (?:over|older|above|up)",
        rf"(?:over|older than|above|aged?) (?:the age of )?{_LOW}{_YEARS_EN}",
        rf"(?:under|below|younger than|less than)\s*(?:the age of )?{_HIGH}{_YEARS_EN}",
    )
)
_ADULTS = regex(r"成人|成年|\badults?\b", re.IGNORECASE)
_CHILDREN = regex(r"儿童|小儿|患儿|婴|child|p(?:a)?ediatric|infant", re.IGNORECASE)
_FOR_WHOM = regex(r"\s*(?:in|for|用于|适用于)\s*(?:成人|儿童|小儿|adults?|children|p(?:a)?ediatric|infants)", re.IGNORECASE)
_OLDEST, _GROWN, _ADULT = 200.0, 12.0, 18.0  # years; who is grown takes an adult's dose
_MONTHS = 12.0


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a limit is for: those of `low` to below `high` years; `named` says that the label names them, `special` that it is of ill people."""

    low: float
    high: float
    named: bool = False
    special: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that a label allows: an amount of `unit` or a number of times, at a time ("once"), in a day ("day"), or "times" a day."""

    value: float
    unit: str
    what: str
    of: Unit
    label: Label
    audience: Audience
    per_kg: bool = False


def limits_of(label: Label) -> Iterator[Limit]:
    """Every maximum that a label prints."""
    zh = label.lang == "zh"
    for unit, text in _texts(label):
        above = f"{label.headings[unit.section]} {unit.topic} {unit.lead}"
        tables = ((_DAY, "day"), (_ONCE, "once")) if zh else ((_english_days(text), "day"), (_ONCE_LIMITS_EN, "once"))
        for patterns, what in tables:
            for pattern in patterns:
                for match in pattern.finditer(text):
                    if _STEP.search(text, max(0, match.start() - _NEAR), match.start("number")) is None:
                        yield from _amounts(match, what, 1.0, text, above, unit, label)
        for match in _DAY_BY_TIMES.finditer(text) if zh else ():
            yield from _amounts(match, "day", _count(match["times"]), text, above, unit, label)
        for pattern in _TIMES if zh else _TIMES_EN:
            for match in pattern.finditer(text):
                times = _count(match.groupdict().get("high") or match["times"])
                yield Limit(times, "", "times", unit, label, _audience(text, match, above))


def _texts(label: Label) -> Iterator[tuple[Unit, str]]:
    """The statements that may tell a limit; one that breaks off in the middle of a line goes on in the next."""
    skip = False
    for unit, behind in zip_longest(label.units, label.units[1:]):
        if unit.group not in _TELLS or skip:
            skip = False
            continue
        text = unit.folded
        if behind is not None and behind.section == unit.section and _BROKEN.search(text) is not None:
            text, skip = f"{text} {behind.folded}", True
        yield unit, first_of_combined(text)


def _english_days(text: str) -> tuple[re.Pattern[str], ...]:
    return _DAY_LIMITS_EN if _NO_LIMIT.search(text) else (*_DAY_LIMITS_EN, _ABOVE_DAY_EN)


def _amounts(match: re.Match[str], what: str, times: float, text: str, above: str, unit: Unit, label: Label) -> Iterator[Limit]:
    audience = _audience(text, match, above)
    behind = _OTHERWISE.match(text, match.end("unit"))
    for one in filter(None, (match, behind)):
        per = (one["per"] or "").replace(" ", "").lower()
        if per and "kg" not in per and "公斤" not in per and "千克" not in per and "kilogram" not in per:
            continue  # by surface, or how fast it runs in
        value, counted = amount_of(f"{_count(one['high'] or one['number']):g}", one["unit"].strip())
        yield Limit(value * times, counted, what, unit, label, audience, bool(per))


def _count(number: str) -> float:
    said = _EN_NUMBERS.get(number.lower())
    return said if said is not None else 0.5 if number == "半" else chinese_number(number)


def _audience(text: str, match: re.Match[str], above: str) -> Audience:
    """Whom a limit is for: who was named last before it, in its sentence, else in what stands above it."""
    before, behind = text[: match.start()], text[match.end() : match.end() + _NEAR]
    clause = before[max((before.rfind(stop) for stop in "。；;|"), default=-1) + 1 :] + match[0] + behind
    special = _SPECIAL.search(clause) is not None or _SPECIAL.search(above) is not None
    named = _last_named(before) or (_last_named(behind) if _FOR_WHOM.match(behind) else None) or _last_named(above)
    low, high = named or (0.0, _OLDEST)
    return Audience(low, high, named is not None, special)


def _last_named(text: str) -> tuple[float, float] | None:
    """From which age and below which those are who are named last in a text."""
    found = [(match.start(), *_ages(match)) for pattern in _NAMED for match in pattern.finditer(text)]
    found += [(match.start(), _GROWN, _OLDEST) for match in _ADULTS.finditer(text)]
    found += [(match.start(), 0.0, _ADULT) for match in _CHILDREN.finditer(text)]
    return max(found)[1:] if found else None


def _ages(match: re.Match[str]) -> tuple[float, float]:
    said = match.groupdict()
    per = _MONTHS if said["months"] else 1.0
    low, high = said.get("low"), said.get("high")
    least = float(low) / (_MONTHS if said.get("low_months") else per) if low else 0.0
    if high is None:
        return least, _OLDEST
    # 6 to 11 years is until the twelfth birthday.
    upto = float(high) + (1.0 if low and not said.get("below") else 0.0)
    return least, upto / per
