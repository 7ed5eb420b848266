"""Sentences with another dose, unit, duration, age or percentage than their passage: never one that the passage also says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

from medrag.evaluate.changes.amounts import HAN_DIGITS, Amount, Measure, amounts, numbers_in
from medrag.evaluate.changes.frequencies import frequencies

__all__ = ["change_age", "change_dose", "change_duration", "change_percent", "change_unit", "exchange", "written_like"]

_IN_TURN = re.compile(r"\brespectively\b|(?:和|与|及|、)[^，。；]{1,24}分别(?:为|是|含|达|约)|，分别含")
_JOINED = re.compile(r",? and |和|、|与|及|, ?")
T = TypeVar("T")

_DOSES = frozenset({Measure.MASS, Measure.VOLUME, Measure.COUNT, Measure.ACTIVITY})
_WHOLE = frozenset({Measure.COUNT, Measure.TIME})  # nobody takes 2.5 tablets for 3.5 weeks
_SMALL = 20  # up to here a number one or two away is another dose
_SHARES = frozenset({Measure.PERCENT, Measure.OTHER})
_AGES = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50, 60, 65, 70, 75, 80)
_REACH = 16  # characters around a number in which a word may limit it

# A limit that is moved the wrong way leaves a true sentence: under 6 is under 12 too. So each is moved so that more is said.
_AT_MOST = re.compile(
    r"(?:不超过|不得超过|不宜超过|不能超过|不可超过|最多|最大[^，。；]{0,8}|最高[^，。；]{0,8}|极量[^，。；]{0,6}|exceed|exceeding|maximum[^.;]{0,14}|no more than|at most)\s*[一每]?[日天次]?\s*$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(r"(?:至少|不少于|不低于|at least|minimum of|no less than)\s*$", re.IGNORECASE)
_BELOW_AGE = re.compile(r"^\s*(?:以下|以内|及以下|或以下|or younger|and younger)|^[^.;,]{0,12}or younger", re.IGNORECASE)
_ABOVE_AGE = re.compile(
    r"^\s*(?:以上|及以上|或以上)|^[^.;,]{0,12}(?:or|and|&)\s(?:older|over|above|up)|^\sold(?:er)?\sand\sover", re.IGNORECASE
)
_UNDER = re.compile(r"(?:不足|未满|不满|小于|低于|[<＜≤]|under|below|(?:less|younger) than)(?: the age of)?\s*$", re.IGNORECASE)
_OVER = re.compile(
    r"(?:(?<![不得宜能可])超过|大于|高于|年满|满|[>＞≥]|at least|over|above|(?:older|greater|more) than)(?: the age of)?\s*$",
    re.IGNORECASE,
)
_LIMITED = re.compile(
    r"(?:不超过|超过|大于|小于|低于|高于|少于|多于|不足|至少|最多|[<>≥≤＜＞±]|less than|more than|greater than|at least|at most|up to|"
    r"exceed(?:s|ed|ing)?|over|under|below|above|within|minimum|maximum|more|less|lower|higher)\s*$",
    re.IGNORECASE,
)
_LIMITED_AFTER = re.compile(
    r"^\s*(?:以上|以下|以内|之内|内|及以上|左右|or (?:more|less|greater|above|below|over)|and above)", re.IGNORECASE
)

_ZH_UNITS = {
    "mg": ("g", "μg"), "g": ("mg", "kg"), "μg": ("mg",), "ug": ("mg",), "ml": ("L",), "毫克": ("克",), "克": ("毫克",),
    "片": ("袋", "瓶"), "粒": ("袋", "支"), "丸": ("袋", "瓶"), "袋": ("瓶", "支"), "滴": ("ml",), "支": ("瓶",),
    "小时": ("天", "分钟"), "h": ("天",), "天": ("周",), "日": ("周",), "分钟": ("小时",), "周": ("个月",), "个月": ("年",), "月": ("周",),
    "万单位": ("单位",), "年": ("个月",),
}  # fmt: skip
_EN_UNITS = {
    "mg": ("g", "mcg"), "g": ("mg",), "mcg": ("mg",), "μg": ("mg",), "µg": ("mg",), "ml": ("L",), "units": ("mg",),
    "hours": ("days", "minutes"), "hour": ("day", "minute"), "days": ("weeks",), "day": ("week",), "minutes": ("hours",), "weeks": ("months",),
    "week": ("month",), "months": ("years", "weeks"), "years": ("months",), "tablets": ("teaspoons",), "tablet": ("teaspoon",),
    "capsules": ("teaspoons",), "drops": ("mL",), "%": (" mg",),
}  # fmt: skip
_BY_WEIGHT = re.compile(r"^\s?(?:/|每)\s?(?:kg|公斤|千克)", re.IGNORECASE)
_GIVEN_TO = re.compile(r"成人|成年人|儿童|小儿|老年|婴|孕|adult|child|pediatric|elderly|infant|adolescent", re.IGNORECASE)


def change_dose(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with another mass, volume, count or activity."""
    return _changed(sentence, passage, rng, _DOSES)


def change_duration(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with another length of time; how often something is taken is none."""
    return _changed(sentence, passage, rng, frozenset({Measure.TIME}))


def change_percent(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with another percentage, temperature, pressure or concentration."""
    return _changed(sentence, passage, rng, _SHARES)


def change_age(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with another age, moved so that it speaks of people of whom the passage does not."""
    for amount in _shuffled(amounts(sentence), rng):
        if amount.measure is Measure.AGE and not amount.is_range and amount.low == int(amount.low):
            before, after = sentence[: amount.start], sentence[amount.end :]
            if _BELOW_AGE.search(after) or _UNDER.search(before):
                wanted = [age for age in _AGES if age > amount.low]
            elif _ABOVE_AGE.search(after) or _OVER.search(before):
                wanted = [age for age in _AGES if age < amount.low]
            else:
                wanted = [age for age in _AGES if age != amount.low]
            near = sorted((abs(age - amount.low), float(age)) for age in wanted)[:3]
            yield from _with(sentence, passage, amount, [(age, age) for _, age in _shuffled(near, rng)])


def change_unit(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with another unit behind the same number, or without its `/kg`."""
    table = _ZH_UNITS if _is_han(sentence) else _EN_UNITS
    for amount in _shuffled(_free(sentence, frozenset(Measure) - {Measure.AGE}), rng):
        start, end = amount.unit_at
        for unit in _shuffled(table.get(sentence[start:end].lower(), ()), rng):
            changed = sentence[:start] + unit + sentence[end:]
            if _is_news(changed, passage, start, also_bare=False) and not _implied(sentence, amount, changed):
                yield changed
        if _BY_WEIGHT.match(sentence[slice(*amount.per_at)]):
            changed = sentence[:end] + _BY_WEIGHT.sub("", sentence[end:], count=1)
            if _is_news(changed, passage, start, also_bare=False):
                yield changed


def _implied(sentence: str, old: Amount, changed: str) -> bool:
    """Whether the changed limit only narrows the old one: what holds under 6 years holds under 6 months."""
    new = next((one for one in amounts(changed) if one.start == old.start and one.measure is old.measure), None)
    if new is None:
        return False
    before, smaller = sentence[: old.start], new.low * new.factor < old.low * old.factor
    return any(limit.search(before) for limit in ((_UNDER, _AT_MOST) if smaller else (_OVER, _AT_LEAST)))


def exchange(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with two of its numbers in each other's place: the dose of the one group given to the other."""
    clauses = list(re.finditer(r"[^，；;。]+" if _is_han(sentence) else r"[^,;]+(?:,(?=\d)[^,;]+)*", sentence))
    found = [
        (clause.start(), amount)
        for clause in clauses
        if _GIVEN_TO.search(clause[0])
        for amount in _free(sentence, _DOSES)
        if clause.start() <= amount.start < clause.end()
    ]
    pairs = [(one, two) for first, one in found for second, two in found if first < second]
    if _IN_TURN.search(sentence):
        pairs += [(a, b) for a, b in pairwise(amounts(sentence)) if _JOINED.fullmatch(sentence[a.end : b.start])]
    for one, two in pairs:
        if one.comparable(two) and one.factor == two.factor and _literal(sentence, one) != _literal(sentence, two):
            here, there = slice(one.low_at[0], one.high_at[1]), slice(two.low_at[0], two.high_at[1])
            yield (
                sentence[: here.start] + sentence[there] + sentence[here.stop : there.start]
                + sentence[here] + sentence[there.stop :]
            )  # fmt: skip


def _literal(sentence: str, amount: Amount) -> str:
    return sentence[amount.low_at[0] : amount.high_at[1]]


def _changed(sentence: str, passage: str, rng: Random, measures: frozenset[Measure]) -> Iterator[str]:
    for amount in _shuffled(_free(sentence, measures), rng):
        yield from _with(sentence, passage, amount, _shuffled(_others(sentence, amount), rng))


def _free(sentence: str, measures: frozenset[Measure]) -> list[Amount]:
    """The amounts of these measures that are not part of how often something is taken."""
    taken = [(f.start, f.end) for f in frequencies(sentence)]
    return [
        amount
        for amount in amounts(sentence)
        if amount.measure in measures
        and not any(start < amount.end and amount.start < end for start, end in taken)
        and not re.match(r"[一1][日天次]", sentence[amount.start : amount.end])
        and not (amount.start == 0 and "." in _literal(sentence, amount))  # 1.20mg: is it the first item?
    ]


def _others(sentence: str, amount: Amount) -> list[tuple[float, float]]:
    """Values that the amount could be changed to, so that what it says grows or moves, never so that it is implied."""
    if amount.is_range:
        low, high = amount.low, amount.high
        pairs = [(low, high * 2), (low * 2, high * 3), (high * 2, high * 4), (low / 2, high), (low * 10, high * 10)]
    else:
        pairs = [(value, value) for value in _other_values(sentence, amount)]
    if amount.measure in _WHOLE and amount.low == int(amount.low):
        pairs = [(low, high) for low, high in pairs if low == int(low) and high == int(high)]
    return pairs


def _other_values(sentence: str, amount: Amount) -> list[float]:
    before, after = sentence[max(0, amount.start - 2 * _REACH) : amount.start], sentence[amount.end : amount.end + _REACH]
    value = amount.low
    larger = [value * 2, value * 3, value * 10, value * 1.5, value * 5]
    smaller = [value / 2, value / 10, value / 4]
    if value == int(value) and value <= _SMALL:
        larger += [value + 1, value + 2]
        smaller += [value - 1]
    if _AT_MOST.search(before):
        chosen = larger
    elif _AT_LEAST.search(before):
        chosen = smaller
    elif _LIMITED.search(before) or _LIMITED_AFTER.search(after):
        return []
    else:
        chosen = [*larger, *smaller, _transposed(value)]
    most = 100 if amount.measure is Measure.PERCENT else float("inf")
    return [one for one in chosen if 0 < one <= most and one != value]


def _transposed(value: float) -> float:
    """The value with its first two digits in each other's place."""
    text = f"{value:g}"
    return float(text[1] + text[0] + text[2:]) if len(text) > 1 and text[:2].isdigit() and "e" not in text else value


def _with(sentence: str, passage: str, amount: Amount, values: Sequence[tuple[float, float]]) -> Iterator[str]:
    for low, high in values:
        changed = _put(sentence, amount, low, high)
        if changed is not None and _is_news(changed, passage, amount.start, also_bare=True, old=(amount.low, amount.high)):
            yield changed


def _put(sentence: str, amount: Amount, low: float, high: float) -> str | None:
    """The sentence with other numbers in the amount's place, written as they were; None where that cannot be."""
    new_low = written_like(sentence[slice(*amount.low_at)], low)
    if not amount.is_range:
        return None if new_low is None else sentence[: amount.low_at[0]] + new_low + sentence[amount.low_at[1] :]
    new_high = written_like(sentence[slice(*amount.high_at)], high)
    if new_low is None or new_high is None:
        return None
    between = sentence[amount.low_at[1] : amount.high_at[0]]
    return sentence[: amount.low_at[0]] + new_low + between + new_high + sentence[amount.high_at[1] :]


def written_like(old: str, value: float) -> str | None:
    """A number written as another was: in digits, Chinese numerals or English words; None where it cannot be."""
    words = "one two three four five six seven eight nine ten eleven twelve".split()
    if old[0] in "一二三四五六七八九十两半":
        if value == 0.5:
            return "半"
        if value != int(value) or not 1 <= value < 100:
            return None
        tens, ones = divmod(int(value), 10)
        head = "" if not tens else ("" if tens == 1 else HAN_DIGITS[tens]) + "十"
        return "两" if value == 2 and old != "二" else head + (HAN_DIGITS[ones] if ones else "")
    if old.lower() in words:
        if old.lower() == "one" or value != int(value) or not 1 <= value <= 12:
            return None
        word = words[int(value) - 1]
        return word.capitalize() if old[0].isupper() else word
    places = len(old.partition(".")[2])
    text = f"{value:.{places + 1}f}".rstrip("0").rstrip(".")
    if float(text) == 0 or abs(float(text) - value) > 1e-9 * max(1.0, value):
        return None
    return f"{int(value):,}" if "," in old and value == int(value) else text


def _is_news(changed: str, passage: str, at: int, *, also_bare: bool, old: tuple[float, float] = (-1.0, -1.0)) -> bool:
    """Whether the amount that begins at `at` in the changed sentence says what no amount of the passage says or covers."""
    new = next((amount for amount in amounts(changed) if amount.start == at or amount.low_at[0] <= at < amount.end), None)
    if new is None:
        return False
    there = [amount for amount in amounts(passage) if amount.comparable(new)]
    low, high = new.low * new.factor, new.high * new.factor
    if any(amount.covers(low) and amount.covers(high) for amount in there):
        return False
    if not also_bare:
        return new.counted == "" or not any(amount.counted == new.counted for amount in amounts(passage))
    fresh = {new.low, new.high} - set(old)
    return not fresh & numbers_in(passage)


def _is_han(text: str) -> bool:
    return re.search(r"[一-鿿]", text) is not None


def _shuffled(items: Sequence[T], rng: Random) -> list[T]:
    return rng.sample(list(items), len(items))
