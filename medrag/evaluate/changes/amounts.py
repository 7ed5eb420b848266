"""Numbers with units in Chinese and English label text, as values that can be compared: own regexes, own table of units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["HAN_DIGITS", "Amount", "Measure", "amounts", "han_value", "numbers_in"]

HAN_DIGITS = "零一二三四五六七八九"
_WORDS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),
        range(1, 13),
        strict=True,
    )
)


class Measure(StrEnum):
    """What an amount measures."""

    MASS = "mass"  # in mg
    VOLUME = "volume"  # in ml
    COUNT = "count"  # of tablets, drops …
    ACTIVITY = "activity"  # in units
    TIME = "time"  # in hours
    AGE = "age"  # in years
    PERCENT = "percent"
    OTHER = "other"  # temperature, pressure, amount of substance


_M = Measure
# spelling: (measure, what is counted where units cannot be converted into each other, factor)
_UNITS: dict[str, tuple[Measure, str, float]] = {
    **dict.fromkeys(("kg", "千克", "公斤", "㎏"), (_M.MASS, "", 1e6)),
    **dict.fromkeys(("g", "gm", "gram", "grams", "克"), (_M.MASS, "", 1e3)),
    **dict.fromkeys(("mg", "毫克", "㎎", "milligram", "milligrams"), (_M.MASS, "", 1.0)),
    **dict.fromkeys(("μg", "µg", "ug", "mcg", "微克", "microgram", "micrograms"), (_M.MASS, "", 1e-3)),
    **dict.fromkeys(("ng", "纳克"), (_M.MASS, "", 1e-6)),
    **dict.fromkeys(("l", "升", "liter", "liters"), (_M.VOLUME, "", 1e3)),
    **dict.fromkeys(("ml", "毫升", "㎖", "cc", "milliliter", "milliliters"), (_M.VOLUME, "", 1.0)),
    **dict.fromkeys(("iu", "u", "unit", "units", "单位", "国际单位"), (_M.ACTIVITY, "", 1.0)),
    **dict.fromkeys(("万单位", "万u", "万iu"), (_M.ACTIVITY, "", 1e4)),
    **dict.fromkeys(("秒", "秒钟", "second", "seconds", "sec"), (_M.TIME, "", 1 / 3600)),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分钟"), (_M.TIME, "", 1 / 60)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), (_M.TIME, "", 1.0)),
    **dict.fromkeys(("day", "days", "天", "日", "d"), (_M.TIME, "", 24.0)),
    **dict.fromkeys(("week", "weeks", "周", "星期"), (_M.TIME, "", 168.0)),
    **dict.fromkeys(("month", "months", "个月", "月"), (_M.TIME, "", 730.0)),
    **dict.fromkeys(("year", "years", "年"), (_M.TIME, "", 8766.0)),
    **dict.fromkeys(("岁",), (_M.AGE, "", 1.0)),
    **dict.fromkeys(("%", "％", "percent"), (_M.PERCENT, "", 1.0)),
    **dict.fromkeys(("tablet", "tablets", "片"), (_M.COUNT, "tablet", 1.0)),
    **dict.fromkeys(("capsule", "capsules", "粒"), (_M.COUNT, "capsule", 1.0)),
    **dict.fromkeys(("drop", "drops", "滴"), (_M.COUNT, "drop", 1.0)),
    **dict.fromkeys(("spray", "sprays", "喷"), (_M.COUNT, "spray", 1.0)),
    **dict.fromkeys(("teaspoon", "teaspoons", "teaspoonful", "teaspoonfuls"), (_M.COUNT, "teaspoon", 1.0)),
    **{word: (_M.COUNT, word, 1.0) for word in "丸 袋 支 瓶 包 枚 贴 匙 剂 puffs inhalations patches suppositories".split()},
    **{word: (_M.OTHER, word, 1.0) for word in "℃ °c °f mmhg mmol meq mm cm kcal mosm mmol/l meq/l 倍 μm µm".split()},
}
_SPELT = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))
_PER = r"(?:\s?(?:/|／|每|per\s)\s?(?:kg|公斤|千克|m2|m²|㎡|day|d|日|天|h(?:ou)?r?|小时|min(?:ute)?|分钟|d?ml|dl|l|week|周|dose|次|支|瓶|片|粒|袋|tablet)(?![a-z]))"
_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HAN = "[一二三四五六七八九十两半][一二三四五六七八九十]{0,2}"
_WORD = "|".join(_WORDS)
_VALUE = rf"(?:{_DIGITS}|{_HAN}|(?<![a-z])(?:{_WORD})(?![a-z]))"
_DASH = r"\s?(?:[~～∼\-‑–—−至到]|to)\s?"
_AMOUNT = re.compile(
    rf"(?<![\d.a-z/,])(?P<low>{_VALUE})(?:(?:\s?(?:{_SPELT}))?{_DASH}(?P<high>{_VALUE}))?"
    rf"[\s\-]?(?P<unit>{_SPELT})(?![a-z])(?P<per>{_PER}{{0,2}})",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"(?<![\d.])(?:{_DIGITS})|(?<![a-z])(?:{_WORD})(?![a-z])|{_HAN}", re.IGNORECASE)
_OF_AGE = re.compile(r"\s*(?:of age|old|or older|and older|or over|or younger|and over|or above)", re.IGNORECASE)
_AGED = re.compile(r"(?:\bage[sd]?|aged)\s(?:of\s)?(?:[<>≥≤]\s?)?(?:\w+\s?(?:to|and|-|through)\s?)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or range with its unit in a text; low == high where it is one number.

    `low_at` and `high_at` are the spans of the numbers as written, `unit_at` that of the unit, `per_at` that of `/kg/day`.
    """

    measure: Measure
    counted: str
    low: float
    high: float
    factor: float
    low_at: tuple[int, int]
    high_at: tuple[int, int]
    unit_at: tuple[int, int]
    per_at: tuple[int, int]
    per: str

    @property
    def is_range(self) -> bool:
        """Whether it is written as a range."""
        return self.low_at != self.high_at

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.low_at[0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.per_at[1]

    def comparable(self, other: Amount) -> bool:
        """Whether the two measure the same thing, so that their values can be compared."""
        return (self.measure, self.counted, self.per) == (other.measure, other.counted, other.per)

    def covers(self, value: float) -> bool:
        """Whether a value in the measure's base unit lies in it."""
        return self.low * self.factor * (1 - 1e-9) <= value <= self.high * self.factor * (1 + 1e-9)


def han_value(text: str) -> float | None:
    """The value of a Chinese numeral below a hundred; None for anything else."""
    text = text.replace("两", "二")
    if text == "半":
        return 0.5
    tens, ten, ones = text.rpartition("十")
    if ten and all(len(part) <= 1 and part in HAN_DIGITS[1:] for part in (tens, ones)):
        return (HAN_DIGITS.index(tens) if tens else 1) * 10.0 + (HAN_DIGITS.index(ones) if ones else 0)
    return float(HAN_DIGITS.index(text)) if len(text) == 1 and text in HAN_DIGITS else None


def _value(text: str) -> float | None:
    lowered = text.lower().replace(",", "")
    if lowered in _WORDS:
        return float(_WORDS[lowered])
    if lowered[:1].isascii() and lowered[:1].isdigit():
        return float(lowered)
    return han_value(lowered)


def amounts(text: str) -> list[Amount]:
    """All numbers with units of a text, in order."""
    return list(_amounts(text))


def _amounts(text: str) -> Iterator[Amount]:
    for match in _AMOUNT.finditer(text):
        unit = match["unit"]
        measure, counted, factor = _UNITS[unit.lower()]
        low_text = match["low"]
        low, high = _value(low_text), _value(match["high"] or low_text)
        if low is None or high is None or (low_text[0] in "一二三四五六七八九十两半" and not _counts(measure)):
            continue
        low_at = match.span("low")
        high_at = match.span("high") if match["high"] else low_at
        if measure is Measure.TIME and _is_age(text, match.start(), match.end()):
            measure, factor = Measure.AGE, factor / 8766.0
        per = re.sub(r"\s", "", match["per"].lower())
        yield Amount(measure, counted, low, max(low, high), factor, low_at, high_at, match.span("unit"), match.span("per"), per)


def _counts(measure: Measure) -> bool:
    return measure in (Measure.COUNT, Measure.TIME, Measure.AGE)


def _is_age(text: str, start: int, end: int) -> bool:
    return _OF_AGE.match(text, end) is not None or _AGED.search(text[max(0, start - 24) : start]) is not None


def numbers_in(text: str) -> set[float]:
    """The values of all numbers of a text, with or without units, in digits or words."""
    values = (_value(match[0]) for match in _NUMBER.finditer(text))
    return {value for value in values if value is not None}
