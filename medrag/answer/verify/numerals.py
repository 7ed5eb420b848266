"""Numbers as they are written: digits, fractions, Chinese numerals, English words; patterns for them, and their values."""

from __future__ import annotations

import re

from medrag.retrieve.quantities import chinese_number

__all__ = ["DIGITS", "FRACTION", "NUMBER", "RANGE", "TO", "WORD_NUMBERS", "value", "values"]

_ZH = "零〇一二两三四五六七八九十百千"
_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {
    "half": 0.5,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "ninety": 90.0,
    "once": 1.0,
    "twice": 2.0,
    "thrice": 3.0,
}
WORD_NUMBERS = "|".join(sorted(set(_WORDS) - {"once", "twice", "thrice"}, key=len, reverse=True))
DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,12})(?:\.\d{1,8})?"
FRACTION = r"(?:\d{1,2}[\s-]?)?\d{1,2}[⁄/]\d{1,2}(?![\d/%])"
NUMBER = rf"(?:{FRACTION}|{DIGITS}|[{_ZH}]{{1,7}}|半|\b(?:{WORD_NUMBERS})\b)"
TO = r"\s{0,2}(?:~+|-{1,2}|–|—|−|至|到|\bto\b|\bthrough\b|\bthru\b|或|\bor\b)\s{0,2}"
RANGE = rf"{NUMBER}(?:{TO}{NUMBER})?"


def values(words: str) -> tuple[float, float]:
    """The least and the greatest number of a range, twice the same for a single number."""
    words = words.replace("times", "").replace("time", "").strip(" -")
    parts = [part for part in re.split(TO, words) if part] or [words]
    found = sorted(value(part.strip()) for part in parts[:2])
    return found[0], found[-1]


def value(numeral: str) -> float:
    """The value of digits, a fraction, a Chinese numeral or an English word."""
    if numeral in _WORDS:
        return _WORDS[numeral]
    if numeral == "半":
        return 0.5
    if "⁄" in numeral or "/" in numeral:
        whole, _, fraction = re.sub(r"[\s-]", " ", numeral).rpartition(" ")
        top, bottom = re.split("[⁄/]", fraction)
        if "⁄" in numeral and not whole and len(top) > 1:  # 1½ folds to 11⁄2
            whole, top = top[:-1], top[-1]
        return float(whole or 0) + float(top) / (float(bottom) or 1.0)
    return chinese_number(numeral)
