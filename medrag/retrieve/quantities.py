"""Numbers in a question: ages, and amounts with their unit, in digits and in Chinese numerals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from medrag.patterns import regex

__all__ = ["Quantity", "age_spans", "ages", "chinese_number", "quantities"]

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "[零〇一二两三四五六七八九十百千]"
_NUMBER = rf"(?:(?<![\d.,])(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,9}})(?:\.\d+)?|{_NUMERAL}{{1,7}})"

_YEARS_ZH = regex(rf"({_NUMBER})\s*(周岁|岁)(半)?(?!以)")
_MONTHS_ZH = regex(rf"({_NUMBER})\s*个?(半)?(?:月龄|个月大|月大|个月)(?:的?(?:宝宝|婴儿|孩子|娃|小孩|女儿|儿子|大))?")
_MONTHS_SURE = regex(r"月龄|月大|个月大|宝宝|婴儿|孩子|娃|小孩|女儿|儿子")
_AGE_EN = regex(
    r"\b(\d{1,3})[\s-]*(years?|yrs?|yr|y|months?|mos?|m|weeks?|wks?|days?)(?:[\s-]+old\b|[\s-]*of age\b|[/.]o\b)"
    r"|\b(\d{1,3})[\s-]?(yo|mo)\b|\bage[ds]?:? (\d{1,3})\b"
)
# An age without its unit, as it is said of somebody: my mother is 78, she's 6 and, i'm 34. No temperature, sugar or week.
_AGE_SAID_EN = regex(
    r"\b(?:i'm|i am|he's|she's|(?:he|she|who|(?:my|our) (?:\w+ )?(?:mum|mom|mother|dad|father|husband|wife|son|daughter|brother|sister|uncle|aunt"
    r"|nan|gran\w*|child|kid|baby|toddler))(?: is|'s| just turned| turned| turns))(?: now| only| almost| nearly)? (\d{1,2})"
    r"(?=\s*(?:$|[,;?!)]|\.(?!\d)|(?:and|now|with|but|so|who|on|can|has|already|taking)\b))"
)
_MONTHS_A_YEAR, _WEEKS_A_YEAR, _DAYS_A_YEAR = 12.0, 52.0, 365.0
OLDEST = 120.0

# Each unit as it is written, and what it is: the unit shown and how many of it.
_UNITS: dict[str, tuple[str, float]] = {
    "万单位": ("unit", 10_000.0), "万国际单位": ("unit", 10_000.0), "万iu": ("unit", 10_000.0), "万u": ("unit", 10_000.0),
    "国际单位": ("unit", 1.0), "单位": ("unit", 1.0), "units": ("unit", 1.0), "unit": ("unit", 1.0), "iu": ("unit", 1.0),
    "毫克": ("mg", 1.0), "mg": ("mg", 1.0), "微克": ("mg", 0.001), "mcg": ("mg", 0.001), "μg": ("mg", 0.001),
    "克": ("mg", 1000.0), "g": ("mg", 1000.0), "千克": ("kg", 1.0), "公斤": ("kg", 1.0), "kg": ("kg", 1.0), "斤": ("kg", 0.5),
    "lbs": ("kg", 0.4536), "lb": ("kg", 0.4536), "pounds": ("kg", 0.4536),
    "毫升": ("ml", 1.0), "ml": ("ml", 1.0), "升": ("ml", 1000.0),
    "片": ("piece", 1.0), "粒": ("piece", 1.0), "颗": ("piece", 1.0), "袋": ("piece", 1.0), "包": ("piece", 1.0),
    "tablets": ("piece", 1.0), "tablet": ("piece", 1.0), "capsules": ("piece", 1.0), "pills": ("piece", 1.0),
}  # fmt: skip
_QUANTITY = regex(rf"({_NUMBER})\s*({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![a-z])")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in a text: `text[start:end]`, its value in `unit` (mg, ml, kg, unit of activity, piece)."""

    value: float
    unit: str
    start: int
    end: int


def chinese_number(numeral: str) -> float:
    """The value of digits or of a Chinese numeral up to thousands: 240, 0.5, 十二, 两百四十, 一百零五."""
    if numeral[0].isdigit():
        return float(numeral.replace(",", ""))
    total = current = 0
    for character in numeral:
        if character in _TENS:
            total += (current or 1) * _TENS[character]
            current = 0
        else:
            current = _DIGITS[character]
    return float(total + current)


def ages(text: str) -> tuple[float, ...]:
    """The ages of persons in a plain text, in years, in text order: 3岁, 8月龄, 两岁半, 72 years old, my mother is 72, 18 mo old."""
    return tuple(years for years, _ in _ages(text))


def age_spans(text: str) -> list[tuple[int, int]]:
    """Where the ages of persons stand in a plain text."""
    return [span for _, span in _ages(text)]


@lru_cache(maxsize=64)  # a question is looked through for them three times
def _ages(text: str) -> tuple[tuple[float, tuple[int, int]], ...]:
    """The ages with their places, in text order."""
    found: dict[tuple[int, int], float] = {}
    for match in _YEARS_ZH.finditer(text):
        found[match.span()] = chinese_number(match.group(1)) + (0.5 if match.group(3) else 0.0)
    for match in _MONTHS_ZH.finditer(text):
        if _MONTHS_SURE.search(match.group()):  # three months may be how long something was taken
            found[match.span()] = (chinese_number(match.group(1)) + (0.5 if match.group(2) else 0.0)) / _MONTHS_A_YEAR
    for match in _AGE_EN.finditer(text):
        number = next(group for group in (match.group(1), match.group(3), match.group(5)) if group)
        unit = (match.group(2) or match.group(4) or "y")[0]
        per_year = {"m": _MONTHS_A_YEAR, "w": _WEEKS_A_YEAR, "d": _DAYS_A_YEAR}.get(unit, 1.0)
        found[match.span()] = float(number) / per_year
    for match in _AGE_SAID_EN.finditer(text):
        found[match.span(1)] = float(match.group(1))
    return tuple((found[span], span) for span in sorted(found) if found[span] <= OLDEST)


def quantities(text: str) -> tuple[Quantity, ...]:
    """The amounts in a plain text, in text order: 240万单位 is 2,400,000 units, 0.5g 500 mg, 两片 two pieces."""
    found = []
    for match in _QUANTITY.finditer(text):
        unit, factor = _UNITS[match.group(2)]
        found.append(Quantity(round(chinese_number(match.group(1)) * factor, 6), unit, *match.span()))
    return tuple(found)
