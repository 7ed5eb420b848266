"""How often something is taken, in Chinese and English label text, as times a day; and sentences that say another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from medrag.evaluate.changes.amounts import han_value

__all__ = ["Frequency", "change_frequency", "frequencies"]

_N = r"(?:\d+(?:\.\d+)?|[一二三四五六七八两])"
_DASH = r"\s?(?:[~～∼\-‑–—至到]|to|or|或)\s?"
_OFTEN = r"(?:once|twice|(?:one|two|three|four|five|six|\d)\stimes?)"
_DAYS = {"日": 1.0, "天": 1.0, "晚": 1.0, "周": 1 / 7, "星期": 1 / 7, "月": 1 / 30}
_PERIODS = {"daily": 1.0, "day": 1.0, "weekly": 1 / 7, "week": 1 / 7, "monthly": 1 / 30, "month": 1 / 30}
_WORDS = {"once": 1.0, "twice": 2.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0}
_LATIN = {"qd": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0, "b.i.d.": 2.0, "t.i.d.": 3.0, "q.i.d.": 4.0, "q.d.": 1.0}

_A_DAY = re.compile(
    rf"[每一1](?P<period>日|天|晚|周|星期|月)[^\d，。；、一二三四五六七八两每分]{{0,4}}(?P<low>{_N})(?:{_DASH}(?P<high>{_N}))?次"
)
_EVERY_ZH = re.compile(rf"每[隔间]?隔?(?P<low>{_N})(?:{_DASH}(?P<high>{_N}))?(?P<unit>小时|h|天|日|周)")
_DIVIDED_ZH = re.compile(rf"分(?:成|为)?(?P<low>{_N})(?:{_DASH}(?P<high>{_N}))?次")
_TIMES = re.compile(
    rf"\b(?P<low>{_OFTEN}|(?:one|two|three|four|\d)(?={_DASH}{_OFTEN}))(?:{_DASH}(?P<high>{_OFTEN}))?"
    r"[\s\-](?:a\s|per\s|each\s|every\s)?(?P<period>daily|day|weekly|week|monthly|month)\b",
    re.IGNORECASE,
)
_EVERY = re.compile(
    rf"\b(?:every\s|q\.?\s?)(?P<low>\d+|two|three|four|six|eight|twelve)(?:{_DASH}(?P<high>\d+))?\s?(?P<unit>hours|hour|h|hrs|days|weeks)\b",
    re.IGNORECASE,
)
_DIVIDED = re.compile(
    r"\b(?P<low>two|three|four|2|3|4)(?:\s?(?:to|or|-)\s?(?P<high>three|four|3|4))?\s(?:equally\s)?divided\sdoses", re.I
)
_SHORT = re.compile(r"(?<![\w.])(?:b\.?i\.?d\.?|t\.?i\.?d\.?|q\.?i\.?d\.?|q\.?d\.?)(?![\w])", re.IGNORECASE)
_BARE = re.compile(r"\b(?:daily|(?:a|per|each|every)\sday|/day)\b|每[日天](?![^，。；]{0,6}次)", re.IGNORECASE)
_HOURS = {
    **dict.fromkeys(("小时", "h", "hours", "hour", "hrs"), 1.0),
    **dict.fromkeys(("天", "日", "days"), 24.0),
    "周": 168.0,
    "weeks": 168.0,
}


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often: `low` to `high` times a day, at [start, end); its number and its period stand at `number_at` and `period_at`."""

    start: int
    end: int
    low: float
    high: float
    number_at: tuple[int, int]
    period_at: tuple[int, int]


def frequencies(text: str) -> list[Frequency]:
    """All frequencies of a text, by their place; English ones before Chinese ones."""
    return list(_frequencies(text))


def _frequencies(text: str) -> Iterator[Frequency]:
    for pattern in (_A_DAY, _TIMES):
        for m in pattern.finditer(text):
            per = (_DAYS if pattern is _A_DAY else _PERIODS)[m["period"].lower()]
            low, high = _number(m["low"]) * per, _number(m["high"] or m["low"]) * per
            yield Frequency(
                m.start(), m.end(), low, high, (m.start("low"), m.end("high" if m["high"] else "low")), m.span("period")
            )
    for pattern in (_EVERY_ZH, _EVERY):
        for m in pattern.finditer(text):
            hours = _HOURS[m["unit"].lower()]
            slow, fast = _number(m["high"] or m["low"]) * hours, _number(m["low"]) * hours
            if slow and fast:
                number_at = (m.start("low"), m.end("high" if m["high"] else "low"))
                yield Frequency(m.start(), m.end(), 24 / slow, 24 / fast, number_at, m.span("unit"))
    for pattern in (_DIVIDED_ZH, _DIVIDED):
        for m in pattern.finditer(text):
            number_at = (m.start("low"), m.end("high" if m["high"] else "low"))
            yield Frequency(
                m.start(), m.end(), _number(m["low"]), _number(m["high"] or m["low"]), number_at, (m.end(), m.end())
            )
    for m in _SHORT.finditer(text):
        rate = {"q": 1.0, "b": 2.0, "t": 3.0}[m[0][0].lower()] if not m[0].lower().startswith(("qi", "q.i")) else 4.0
        yield Frequency(m.start(), m.end(), rate, rate, m.span(), (m.end(), m.end()))


def _number(text: str) -> float:
    word = text.lower().split()[0]
    if word in _WORDS:
        return _WORDS[word]
    if word in ("eight", "twelve"):
        return {"eight": 8.0, "twelve": 12.0}[word]
    return float(word) if word[0].isdigit() else han_value(word) or 1.0


def change_frequency(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with something taken more or less often than the passage says anywhere."""
    there = [(f.low, f.high) for f in frequencies(passage)]
    if _BARE.search(passage):
        there.append((1.0, 1.0))
    found = frequencies(sentence)
    for one in rng.sample(found, len(found)):
        start, end = one.number_at
        for new in _other_numbers(sentence[start:end], rng):
            changed = sentence[:start] + new + sentence[end:]
            said = next((f for f in frequencies(changed) if f.start == one.start), None)
            if said and not any(low <= said.low + 1e-9 and said.high <= high + 1e-9 for low, high in there):
                yield changed
        start, end = one.period_at
        for new in _OTHER_PERIODS.get(sentence[start:end].lower(), ()):
            yield sentence[:start] + new + sentence[end:]


_OTHER_PERIODS = {
    "日": ("周",),
    "天": ("周",),
    "daily": ("weekly",),
    "day": ("week",),
    "week": ("day",),
    "weekly": ("daily",),
    "周": ("日",),
}


def _other_numbers(old: str, rng: Random) -> list[str]:
    """Numbers that could stand in a frequency in this one's place, written as it is."""
    lowered = old.lower()
    if lowered in _LATIN or _SHORT.fullmatch(old):
        choices = ["bid", "tid", "qid"]
    elif lowered in ("once", "twice") or "time" in lowered:
        choices = ["once", "twice", "three times", "four times", "five times"]
    elif old.isdigit():
        hours = (2, 3, 4, 6, 8, 12, 24)
        choices = [str(n) for n in ((1, 2, 3, 4, 5) if int(old) < 6 else hours)]
        if old in ("4", "6", "8", "12", "24", "48", "72"):
            choices = [str(n) for n in (*hours, 48)]
    elif re.fullmatch("[一二三四五六两]", old):
        choices = list("一两三四")
    elif re.fullmatch(rf"\d{_DASH}\d", old):
        low, high = int(old[0]), int(old[-1])
        choices = [f"{low + 2}{old[1:-1]}{high + 2}", f"{low}{old[1:-1]}{high + 2}", f"{low + 1}{old[1:-1]}{high + 2}"]
    elif lowered in ("two", "three", "four", "six", "eight", "twelve"):
        choices = ["two", "three", "four", "six"]
    else:
        choices = []
    kept = [choice for choice in choices if choice != lowered]
    return [
        choice.capitalize() if old[0].isupper() and choice[0].isalpha() else choice for choice in rng.sample(kept, len(kept))
    ]
