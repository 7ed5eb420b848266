"""How often a day something is done: 每日3次, 每8小时1次, twice daily, every 4 to 6 hours, q12h, bid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.answer.verify.amounts import FREQUENCY, Amount
from medrag.answer.verify.numerals import DIGITS, NUMBER, RANGE, values
from medrag.answer.verify.units import PERIODS
from medrag.patterns import regex

__all__ = ["frequencies"]

_ZH_PERIOD = "个?小时|h|昼夜|晚上?|早上|早晨|早|晨|夜|日|天|周|个?星期|个?礼拜|个?月|年"
# What may stand between a period and how often: 每日口服3次, 每4周静脉滴注1次.
_FREE = (
    "吃|喝|饮|含|嚼|贴|打|口服|内服|服用|冲服|煎服|吞服|含服|分服|温服|顿服|服药|服|外用|使用|应用|用药|给药|用|外涂|涂抹|涂擦|涂|外敷|敷|擦|洗|滴眼|滴鼻|滴入|滴|喷|吸入|含漱|换药|"
    "静脉注射|静脉滴注|静脉给药|静注|静滴|肌内注射|肌肉注射|肌注|皮下注射|注射|输注|灌注|灌肠|检查|测定|复查|监测|随访|"
    "早晚|饭前|饭后|餐前|餐后|空腹|睡前|重复|分|各|均|可|应|需|宜|一般|给予|进行|或隔日|或每日|再|约"
)
_MOST = r"(?P<most>(?:不[得可能应宜]?超过|最多(?:不超过)?|至多|不多于))?"
_ZH_FILL = rf"(?:(?:{_FREE})[,、]?\s?){{0,3}}{_MOST}"
_FREQUENCIES = tuple(
    regex(pattern)
    for pattern in (
        rf"(?P<both>早[、,和及]?中[、,和及]?晚|早[、,和及]?晚)(?:饭[前后])?各[服用]?\s?(?P<c>{NUMBER})\s?[次回针]",
        # 每日3次, 每8小时1次, 一日2~3次, 每2周1次, 隔日1次, 日服3次
        rf"(?P<apart>隔)\s?(?P<n>{NUMBER})?\s?(?P<p>{_ZH_PERIOD}){_ZH_FILL}(?P<c>{RANGE})\s?[次回针]",
        rf"(?:每|(?<![\d.])[一1]|\b)\s?(?P<n>{RANGE})?\s?(?P<p>{_ZH_PERIOD}|小时)(?:[之以]?内)?{_ZH_FILL}(?P<c>{RANGE})\s?[次回针]",
        rf"(?P<p>日)[服用]?(?P<c>{RANGE})\s?[次回针]",
        rf"(?P<c>{RANGE})\s?[次回针]\s?(?:/|每)\s?(?P<n>{DIGITS})?\s?(?P<p>{_ZH_PERIOD}|d|w|day|week)(?![a-z])",
        rf"(?<![\w.])(?P<c>{DIGITS}(?:[~-]{DIGITS})?)\s?/\s?(?P<p>d|日|天|day|w|wk|周|week)(?![a-z])",  # 3/d, of no unit
        rf"分(?:为|成|作)?\s?(?P<c>{RANGE})\s?[次回针](?=[服给口用注静肌皮饭,。;)]|$)",
        r"\b(?P<abbr>qd|bid|tid|qid|qod|qn|qhs|q\.d\.|b\.i\.d\.?|t\.i\.d\.?|q\.i\.d\.?)(?![a-z])",
        r"\bq\.?\s?(?P<n>\d{1,2}(?:\s?[-~]\s?\d{1,2})?)\s?(?P<p>h)(?![a-z])\.?",
        # once daily, twice a day, 2 to 3 times per day, once every 4 weeks, once or twice daily
        rf"\b(?P<c>(?:once|twice|thrice)(?:\s(?:or|to)\s(?:twice|thrice|{NUMBER}\stimes))?|{RANGE}[\s-]times?)[\s-]?"
        rf"(?:an?|per|each|every|in an?|in|/)?\s?(?P<n>{RANGE})?[\s-]?"
        r"(?P<p>daily|nightly|weekly|monthly|yearly|hourly|hours?|days?|night|weeks?|months?|years?|morning|evening)\b",
        rf"\b(?:every|at intervals of)\s(?P<n>{RANGE}|other)?[\s-]?(?P<p>hours?|hrs?|h|days?|weeks?|months?|night|morning|evening)\b",
        rf"\bat (?P<n>{RANGE})[\s-](?P<p>hour|day|week)(?:ly)? intervals",
        r"\b(?P<verb>monitor|measur|check|test|assess|evaluat|repeat|inject|appl)[a-z]*\b[^.;,\d]{0,30}?\b(?P<p>weekly|monthly|yearly|annually)\b",
        rf"\b(?:(?:divided|split) (?:in)?to|in) (?P<c>{RANGE}) (?:equally |equal )?(?:divided )?doses\b",
    )
)
_ABBREVIATED = {"qd": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0, "qod": 0.5, "qn": 1.0, "qhs": 1.0}


def frequencies(text: str) -> Iterator[Amount]:
    """The frequencies of a folded text, each in times a day; those of the same words once."""
    taken: list[tuple[int, int]] = []
    for pattern in _FREQUENCIES:
        for match in pattern.finditer(text):
            start, end = match.span("p" if match.groupdict().get("verb") else 0)
            if any(start < last and first < end for first, last in taken):
                continue
            rate = _times_a_day(match)
            if rate is not None:
                taken.append((start, end))
                yield Amount(FREQUENCY, *rate, "le" if match.groupdict().get("most") else "", start, end)


def _times_a_day(match: re.Match[str]) -> tuple[float, float] | None:
    """How often a day, from and to; None where the words make no frequency."""
    parts = match.groupdict()
    if parts.get("abbr"):
        rate = _ABBREVIATED[parts["abbr"].replace(".", "")]
        return rate, rate
    low, high = values(parts.get("c") or "1")
    if parts.get("both"):
        times = 3 if "中" in parts["both"] else 2
        return low * times, high * times
    period = (parts.get("p") or "日").removeprefix("个")
    days = PERIODS.get(period) or PERIODS.get(period.rstrip("s"))
    if days is None or high <= 0:
        return None
    n = parts.get("n")
    first, last = (2.0, 2.0) if n == "other" else values(n) if n else (1.0, 1.0)
    if parts.get("apart") and days >= 1:
        first, last = (first + 1, last + 1) if n else (2.0, 2.0)
    return (low / (last * days), high / (first * days)) if first > 0 else None
