"""The most of a medicine that labels allow, as they print it: at a time, in a day, how often, and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medrag.answer.safety.audience import ADULT, Audience, audience_before
from medrag.answer.safety.doses import UNITS, amount_of, first_of_combined
from medrag.answer.safety.label import Label
from medrag.answer.safety.regimens import COUNT, KIND, TIMES_A_DAY, Regimen, count, regimens_of, times_a_day
from medrag.answer.safety.units import Unit
from medrag.patterns import regex
from medrag.sections import SectionGroup

__all__ = ["Limit", "amounts_of", "limits_of"]

G = SectionGroup
_TELLS = frozenset({G.DOSAGE, G.WARNINGS, G.BOXED_WARNING, G.CONTRAINDICATIONS, G.INDICATIONS, G.FORMS, G.INTERACTIONS})
_AMOUNT = (
    rf"(?P<number>{COUNT})\s*(?:\([^)]{{0,12}}\)\s*)?(?:(?:[-~～–至到]|to\b)\s*(?P<high>{COUNT})\s*)?{KIND}(?P<unit>{UNITS})(?![a-zμ])"
    r"(?P<per>\s*/\s*(?:kg|公斤|千克|m2|㎡|m²|min|分钟?|h\b|小时)|\s*per (?:kg|kilogram|m2|minute|hour))?"
)
# Behind an amount, the same counted otherwise: 8袋(40g).
_OTHERWISE = regex(rf"\s*[(（]\s*{_AMOUNT}\s*[)）]", re.IGNORECASE)
# Another limit beside it: 20 mg/kg or 1 gram, 75 mg/kg/day up to 3.75 g.
_OR_AT_MOST = regex(rf"\s*/?\s*(?:kg)?\s*(?:/\s*day|/d\b|daily|per day)?,?\s*(?:or|up to)\s*{_AMOUNT}", re.IGNORECASE)
_DAY_ZH = r"(?:每[日天]|[一1][日天]|24\s*(?:小时|h)|[日天](?!数)|日)"
_BAR_ZH = r"(?:不得?超过|不[得应可宜能要]超过|不[得应可宜能]?[大多高]于|(?:不推荐|不建议|勿|不要)超过|(?:控制|限制)在|最大(?:剂?量|用量)?(?:为|是|可达)?|最高(?:[一-鿿]{0,2}剂?量|用量)?(?:为|是|可达)?|最多|极量|限量?|[≤＜])"
# 一日最大剂量不超过2.4g; 每日不得超过4次; 最大日剂量为40mg; 24小时内不超过4次.
_DAY = (
    regex(rf"{_DAY_ZH}[^，。；;、\d]{{0,14}}?(?:最大|最高|极量|限量|总量|用量)?[^，。；;、\d]{{0,10}}?{_BAR_ZH}\s*[:：为]?\s*{_AMOUNT}"),
    regex(rf"(?:最大|最高|极)[^，。；;、\d]{{0,6}}(?:日|每天|[一1]天)[^，。；;、\d]{{0,8}}?(?:剂?量|用量)?[^，。；;、\d]{{0,6}}?{_AMOUNT}"),
    regex(rf"{_BAR_ZH}[:：为]?\s*(?:每[日天]|[一1][日天])\s*{_AMOUNT}"),
    regex(rf"{_BAR_ZH}\s*{_AMOUNT}\s*(?:/|每|／)\s*(?:日|天|d\b|24\s*小时|24h)"),
    regex(rf"极量[^。；;]{{0,24}}?(?:每[日天]|[一1][日天])(?:为|是)?\s*{_AMOUNT}"),
    regex(rf"(?:最[大高](?:剂?量|用量)?(?:为|是|可达|至)?)\s*{_AMOUNT}\s*[，,]?\s*分(?:成|为)?\s*(?:\d|[一二两三四])"),
)  # fmt: skip
# 最大量每次40mg，每天2次: a dose and how often make the day's.
_DAY_BY_TIMES = regex(
    rf"(?:最[大高](?:剂量|用量|量)?(?:为|是|可[达至])?|极量)[，,:：]?\s*(?:每次|[一1]次)?\s*{_AMOUNT}\s*[，,、]?\s*{_DAY_ZH}\s*(?P<times>{COUNT})\s*次"
)
_ONCE = (
    regex(rf"(?:每次|[一1]次|单次|单剂|一次量|首剂)[^，。；;、\d]{{0,10}}?{_BAR_ZH}\s*[:：为]?\s*{_AMOUNT}"),
    regex(rf"(?:极量|最[大高](?:剂?量|用量)?)[，,]?[^，。；;\d]{{0,6}}(?:一次|每次|1次|单次)(?:为|是|量)?\s*{_AMOUNT}"),
    regex(rf"(?:每次|一次|单次)[^，。；;\d]{{0,4}}限(?:制|定)?(?:在|为|于)?\s*{_AMOUNT}\s*以?[下内]"),
    regex(rf"总剂?量[^，。；;、\d]{{0,4}}?{_BAR_ZH}\s*{_AMOUNT}"),
    regex(rf"过量\s*[(（]?[^，。；;\d]{{0,10}}(?:超过|大于)\s*{_AMOUNT}"),  # 使用过量(一次服用量超过400mg)
    # What names no time is not exceeded by one dose.
    regex(rf"最[大高](?:剂量|用量|推荐剂量|可用至|可达)(?:为|是|可用?[至达])?\s*{_AMOUNT}(?!\s*[/／每])"),
)
_TIMES = (
    regex(rf"(?:24\s*小时内?|{_DAY_ZH}内?)[^，。；;、\d]{{0,6}}?(?:不得?超过|不[得应可宜能要]超过|最多|不[大多]于)\s*(?P<times>{COUNT})\s*次"),
    regex(rf"最[大高多][^，。；;\d]{{0,4}}(?:频率|次数)[，,:：为是]*\s*(?:{_DAY_ZH}\s*)?(?P<times>{COUNT})\s*次"),
)  # fmt: skip
_NOT_MORE = r"(?:not (?:to )?(?:(?:take|use|give|exceed|be) )?(?:more than|exceed(?:ed)?)|not (?:to )?(?:exceed|take more than|be exceeded|more than)|(?:no|not) more than|(?:should|must|do|may) (?:generally )?not exceed|exceeding|maximum (?:(?:recommended|total|adult|oral|single|human|allowable) )*(?:daily )?(?:dos(?:e|age))?(?: (?:should be|is|of|for adults is|per day is))?|max(?:imum)?(?: of)?|up to a (?:maximum|total) of)"
_ABOVE = r"(?:doses?|dosages?|dosing)(?: of [^.;\d]{1,60}?)? (?:above|over|greater than|higher than|larger than|exceeding|in excess of)"
_DAY_EN = r"(?:per day|a day|/\s*day|daily|(?:in|within|during|over|per|every) (?:any |a |an |each |one |the )?(?:24|twenty-four)[- ]?(?:hours?|hrs?|h\b)(?:[- ]period)?|in (?:one|a|any) day|(?:each|every) day|/24\s*h\w*)"
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
        rf"(?:maximum single dose|\btotal dose[^.;\d]{{0,20}}not (?:to )?exceed|single doses?[^.;\d]{{0,20}}(?:not exceed|exceeding)|each dose[^.;\d]{{0,20}}not exceed)[^.;\d]{{0,20}}?{_AMOUNT}",
        re.IGNORECASE,
    ),
    # What names no time is not exceeded by one dose.
    regex(rf"maximum (?:recommended |total |adult )*dos(?:e|age)(?: (?:is|of|should be))? {_AMOUNT}(?!\s*(?:/|per\b|daily|a day|every))", re.IGNORECASE),
    regex(rf"{_ABOVE} {_AMOUNT}(?: body weight)? (?:are|is) not recommended", re.IGNORECASE),
)  # fmt: skip
_TIMES_EN = (
    regex(
        rf"(?:not|no) (?:to )?(?:\w+ )?(?:exceed|more (?:often )?than)\s*(?:the )?(?P<times>{COUNT}|once|twice)(?:\s*(?:to|or|-)\s*(?P<high>{COUNT}))?\s*(?:times?|doses?|applications?)?\s*(?:\([^)]{{0,24}}\)\s*)?(?:{_DAY_EN})",
        re.IGNORECASE,
    ),
    regex(rf"(?:{_DAY_EN})[^.;\d]{{0,12}}(?:no|not) more than (?P<times>{COUNT}) (?:doses|times)\b", re.IGNORECASE),
    regex(rf"\b(?:up to|maximum (?:of )?|limit(?:ed)? to) (?P<times>{COUNT}) (?:times|doses) (?:{_DAY_EN})", re.IGNORECASE),
    regex(
        rf"\bmaximum (?:\w+ ){{0,2}}?frequency (?:\w+ ){{0,3}}?is (?P<times>{COUNT}|once|twice)(?: times?)? (?:{_DAY_EN})",
        re.IGNORECASE,
    ),
)
_TIMES_WORDS = {"once": 1.0, "twice": 2.0}
# Any other way to put it: what bars more stands before the amount, or behind it, and the time beside either.
_BAR_EN = regex(
    r"(?:\bnot (?:\w+ ){0,6}?(?:more than|exceed\w*|above|over|greater than|higher than)|\bno more than|\blimit(?:ed)? to|\b(?:maximum|max\b\.?|highest)(?: [\w-]+){0,4}?"
    r"|\b(?:dos(?:e|age)s?|amounts?) (?:\w+ ){0,2}?(?:above|over|greater than|higher than|in excess of|exceeding))[^.;\d]{0,45}(?:\d+ (?:doses|times) (?:in|per) (?:24 hours|day),? (?:or|and) )?$",
    re.IGNORECASE,
)
_IF_MORE_EN = regex(r"\W*(?:take |taking |taken )?more than $", re.IGNORECASE)
_HARMS_EN = regex(r"may occur|damage|overdose", re.IGNORECASE)
_BAR_BEHIND_EN = regex(
    r"[^.;\d]{0,40}?(?:\b(?:should|must|may|is) (?:\w+ )?not (?:to )?be exceeded|\bis the (?:maximum|highest)|\bas (?:the|a) maximum)",
    re.IGNORECASE,
)
_PER_DAY = regex(rf"[^.;\d]{{0,30}}?{_DAY_EN}", re.IGNORECASE)
_BY_DAY = regex(rf"\bdaily\b|{_DAY_EN}", re.IGNORECASE)
_TIMES_BEHIND = regex(
    rf"\s*(?:\([^)]{{0,20}}\)\s*)?(?:,?\s*(?:to be )?(?:taken|given|administered|used|orally|by mouth)\s*)*{TIMES_A_DAY}",
    re.IGNORECASE,
)
_AT_A_TIME = regex(r"\bsingle\b|(?:per|each|one|a) (?:dose|time)\b", re.IGNORECASE)
_ANY_AMOUNT = regex(_AMOUNT, re.IGNORECASE)
# A label that bids people keep to the dose that it gives, whatever that is.
_AS_TOLD = regex(
    r"(?:not|never) (?:to )?(?:exceed|(?:take|use|give) more than)[^.;\d]{0,8} ?(?:recommended|directed|stated|prescribed)|(?:不推荐|不[得能可宜要应]|勿)(?:超过|超)[^，。；\d]{0,4}(?:上述|推荐|规定|说明书|剂量)|不[能可得]超量|严格按照?(?:规定的?)?用法用量",
    re.IGNORECASE,
)
_BREATHED = regex(r"[吸喷揿]")  # 每天吸入不超过16次 counts what is breathed in
# Another way to give it begins anew.
_ROUTE = regex(r"\W*(?:\d{1,2}[.、])?\s*(?:口服|肌内|肌注|静脉|静注|静滴|皮下|外用|吸入|气雾|滴眼|滴鼻|直肠|阴道)")
# That more does no good, or is given in parts, is no maximum.
_NEAR = 24  # characters before a limit in which it may turn out to be none
_REACH = 80  # characters before an amount in which what bars more may stand
_STOPPED = regex(r"\b(?:i\.e\.|e\.g\.|approx\.)", re.IGNORECASE)  # a stop that ends no sentence
_NUMBER_WORD = regex(rf"\b(?:{COUNT}|once|twice)\b|[一二两三四五六七八九十半]", re.IGNORECASE)
# How much more a next dose may be, or the first may be, is no maximum.
_STEP = regex(r"(?:increment|initial dos|starting dos|infus|\brate\b|起始|初始|首剂|滴速|速度|每分钟)[^\d(（]*$", re.IGNORECASE)
_NO_LIMIT = regex(r"divided doses|\bno (?:evidence|indication)|more effective|additional benefit|分次", re.IGNORECASE)


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
    """Every maximum that a label prints, and what it tells to take where it bids keep to that or gives a dose for a child's age."""
    printed = [limit for unit, text in _texts(label) for limit in _printed(label, unit, text)]
    yield from printed
    barred = {limit.what for limit in printed if not limit.audience.special}
    as_told = not barred & {"day", "times"} and any(_AS_TOLD.search(unit.folded) for unit, _ in _texts(label))
    for told in amounts_of(label):
        audience = told.audience
        if audience.special or not told.told:
            continue
        if told.per:
            yield from _by_weight(told, label)
            continue
        if as_told and told.times:
            yield Limit(told.once * told.times, told.unit, "day", told.of, label, audience)
        if as_told or (audience.named and audience.high <= ADULT):
            yield Limit(told.once, told.unit, "once", told.of, label, audience)


def _by_weight(told: Regimen, label: Label) -> Iterator[Limit]:
    """What a label tells to take of a medicine for each kilogram of a child."""
    audience = told.audience
    if told.per not in ("kg", "kg/day") or not audience.named or audience.high > ADULT:
        return
    yield Limit(told.once, told.unit, "day" if told.per == "kg/day" else "once", told.of, label, audience, per_kg=True)
    if told.per == "kg" and told.hours[0] and told.times:
        yield Limit(told.once * told.times, told.unit, "day", told.of, label, audience, per_kg=True)


def amounts_of(label: Label) -> tuple[Regimen, ...]:
    """Every amount that a label's directions name, the doses that it tells to take among them."""
    return label.kept(
        "amounts", lambda: tuple(one for unit, text in _texts(label) for one in regimens_of(unit, text, _above(label, unit)))
    )


def _above(label: Label, unit: Unit) -> str:
    """What a statement stands under, nearest last: headings, topic, lead, and the statement before in its line."""
    before = label.units[unit.index - 1] if unit.index else None
    same_line = (
        before is not None and before.section == unit.section and "\n" not in label.document.text[before.end : unit.start]
    )
    goes_on = same_line and _ROUTE.match(unit.folded) is None
    return f"{label.headings[unit.section]} {unit.topic} {unit.lead} {before.folded if before is not None and goes_on else ''}"


def _texts(label: Label) -> Iterator[tuple[Unit, str]]:
    """The statements that may tell a limit."""
    for unit in label.units:
        if unit.group in _TELLS:
            yield unit, _STOPPED.sub(lambda match: match[0].replace(".", ""), first_of_combined(unit.folded))


def _printed(label: Label, unit: Unit, text: str) -> Iterator[Limit]:
    """The maxima that a statement prints."""
    if not any(character.isdigit() for character in text) and not _NUMBER_WORD.search(text):
        return
    zh, above = label.lang == "zh", _above(label, unit)
    tables = ((_DAY, "day"), (_ONCE, "once")) if zh else ((_english_days(text), "day"), (_ONCE_LIMITS_EN, "once"))
    for patterns, what in tables:
        for pattern in patterns:
            for match in pattern.finditer(text):
                if _STEP.search(text, max(0, match.start() - _NEAR), match.start("number")) is None:
                    yield from _amounts(match, what, _times_behind(match, text), text, above, unit, label)
    for match in _DAY_BY_TIMES.finditer(text) if zh else ():
        yield from _amounts(match, "day", count(match["times"]), text, above, unit, label)
    if not zh:
        yield from _barred(label, unit, text, above)
    for pattern in _TIMES if zh else _TIMES_EN:
        for match in pattern.finditer(text):
            said = match.groupdict().get("high") or match["times"]
            times = _TIMES_WORDS.get(said.lower()) or count(said)
            unit_of, what = ("puff", "day") if _BREATHED.search(match[0]) else ("", "times")
            yield Limit(times, unit_of, what, unit, label, audience_before(text, match, above))


def _times_behind(match: re.Match[str], text: str) -> float:
    """How often a day an amount may be taken where that stands behind it: a maximum of 10 mg three times daily."""
    often = _TIMES_BEHIND.match(text, match.end("unit"))
    return times_a_day(often) if often is not None else 1.0


def _barred(label: Label, unit: Unit, text: str, above: str) -> Iterator[Limit]:
    """The amounts of an English statement that must not be exceeded, however that is put."""
    for match in _ANY_AMOUNT.finditer(text):
        before, behind = text[max(0, match.start() - _REACH) : match.start()], text[match.end() :]
        bar = _BAR_EN.search(before)
        barred = bar is not None or _BAR_BEHIND_EN.match(behind) is not None
        barred = barred or (
            _IF_MORE_EN.fullmatch(text[: match.start()]) is not None and _HARMS_EN.search(unit.lead) is not None
        )
        if not barred or _STEP.search(before) is not None or _NO_LIMIT.search(text) is not None:
            continue
        often = _TIMES_BEHIND.match(text, match.end("unit"))
        words = bar[0] if bar is not None else before
        if often is not None:
            yield from _amounts(match, "day", times_a_day(often), text, above, unit, label)
        elif _PER_DAY.match(behind) is not None or (bar is not None and _BY_DAY.search(words) is not None):
            yield from _amounts(match, "day", 1.0, text, above, unit, label)
        elif _AT_A_TIME.search(words + behind[:_NEAR]) is not None and unit.group is G.DOSAGE:
            yield from _amounts(match, "once", 1.0, text, above, unit, label)


def _english_days(text: str) -> tuple[re.Pattern[str], ...]:
    return _DAY_LIMITS_EN if _NO_LIMIT.search(text) else (*_DAY_LIMITS_EN, _ABOVE_DAY_EN)


def _amounts(match: re.Match[str], what: str, times: float, text: str, above: str, unit: Unit, label: Label) -> Iterator[Limit]:
    audience = audience_before(text, match, above)
    behind = _OTHERWISE.match(text, match.end("unit")) or _OR_AT_MOST.match(text, match.end("unit"))
    for one in filter(None, (match, behind)):
        per = (one["per"] or "").replace(" ", "").lower()
        if per and "kg" not in per and "公斤" not in per and "千克" not in per and "kilogram" not in per:
            continue  # by surface, or how fast it runs in
        value, counted = amount_of(f"{count(one['high'] or one['number']):g}", one["unit"].strip())
        yield Limit(value * (times if what == "day" else 1.0), counted, what, unit, label, audience, bool(per))
