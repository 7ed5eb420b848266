"""How much a label tells people to take at a time and how often, and for whom: 1 to 2 caplets every 4 to 6 hours, 一次6片，一日3次."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from medrag.answer.safety.audience import Audience, audience_before
from medrag.answer.safety.doses import UNITS, amount_of
from medrag.answer.safety.units import Unit
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number
from medrag.sections import SectionGroup

__all__ = ["COUNT", "KIND", "TIMES_A_DAY", "Regimen", "count", "regimens_of", "times_a_day"]

_EN_NUMBERS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "eight": 8.0, "ten": 10.0, "twelve": 12.0}  # fmt: skip
COUNT = rf"\d+(?:,\d{{3}})*(?:\.\d+)?|[零一二两三四五六七八九十半]{{1,3}}|\b(?:{'|'.join(_EN_NUMBERS)})\b"
# What kind of tablet it is stands before the unit: 2 chewable tablets.
# Whose tablet it is may stand there too: one or two Wellaxin tablets.
KIND = (
    r"(?:(?:chewable|film-coated|enteric-coated|coated|extended-release|delayed-release|softgel|liquid|gel|oral|level|rounded|heaping|scored|dosage)\s+){0,2}"
    r"(?:(?:(?!(?:times?|hours?|days?|weeks?|months?|years?|doses?|or|to|and|of|per|every|in|more|mg|ml|mcg|g|daily|adults?|children)\b)[a-z][\w®™'’.-]*\s+){1,3}?"
    r"(?=(?:tablet|caplet|capsule|softgel|geltab|gelcap|pill|lozenge)))?"
)
_TO = r"(?:[-~～–—至到]|to\b|or\b)"
_DAY = r"(?:day|daily|d\b)"
# How often in a day: three times daily, tid, every 4 to 6 hours, 每日3次, 每4～6小时一次.
TIMES_A_DAY = (
    rf"(?:(?P<n>{COUNT})(?:\s*{_TO}\s*(?P<n_high>{COUNT}))?\s*(?:times|x)\s*(?:a|per|each|every|/)?\s*{_DAY}"
    rf"|(?P<word>once|twice|thrice)\s*(?:a|per|each|every)?\s*{_DAY}"
    r"|(?P<one>\b(?:at bedtime(?! and)|nightly|(?:every|each) (?:day|night|morning|evening))\b|睡前|每晚|临睡)"
    r"|(?P<code>\b(?:qd|bid|b\.i\.d\.?|tid|t\.i\.d\.?|qid|q\.i\.d\.?)(?![\w.]))"
    rf"|(?:every|q)\s*(?P<hours>{COUNT})\s*(?:hours?\s*)?(?:{_TO}\s*(?P<hours_high>{COUNT})\s*)?-?\s*(?:h(?:ou)?rs?|h)\b"
    rf"|(?:每[日天]|[一1][日天])\s*(?P<zh_n>{COUNT})(?:\s*{_TO}\s*(?P<zh_n_high>{COUNT}))?\s*次"
    rf"|每(?:隔)?\s*(?P<zh_hours>{COUNT})\s*(?:{_TO}\s*(?P<zh_hours_high>{COUNT})\s*)?(?:个)?(?:小时|h)\s*(?:[一1]?次)?)"
)
_HOURS_A_DAY = 24.0
_WORDS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_CODES = {"qd": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0}
_AMOUNT = regex(
    rf"(?<![\d./-])(?P<number>{COUNT})\s*(?:{_TO}\s*(?P<high>{COUNT})\s*)?{KIND}(?P<unit>{UNITS})(?![a-zμ])"
    r"(?P<per>\s*/\s*(?:kg|公斤|千克)\s*(?:/\s*|per )(?:day|d\b|日|天)|\s*/\s*(?:kg|公斤|千克|m2|㎡|m²|min|分钟?|h\b|小时|ml|l\b|次|日|天|day|d\b)|\s*per (?:kg|kilogram|m2|minute|hour|day)|\s*(?:daily|a day))?",
    re.IGNORECASE,
)
_TIMES = regex(TIMES_A_DAY, re.IGNORECASE)
_PER = {
    "kilogram": "kg",
    "公斤": "kg",
    "千克": "kg",
    "daily": "day",
    "a day": "day",
    "d": "day",
    "日": "day",
    "天": "day",
    "次": "",
}
_NEAR = 60  # characters between an amount and how often it is taken
_STOP = regex(r"[。；;]|\.\s")
# What starts, builds up or runs in is not the dose that is taken.
_FIRST = regex(r"\binitial|\bstart|\bbegin|\bloading|起始|开始|首[剂次日]|初始", re.IGNORECASE)
_SINGLE = regex(r"\bsingle (?:oral )?dose of $|\bone-time dose of $|(?:单次|顿服)[^，。；\d]{0,6}$", re.IGNORECASE)
_OF_DAY_ZH = regex(r"(?:每[日天]|[一1][日天]|全?日量)(?:量|用量|剂量)?(?:为|服|用)?\s*$")  # 每天100～150mg，分3次
_OTHER = regex(
    r"initial|starting|loading|increment|increas|infus|inject|maximum|exceed|more than|total|contain|water|juice|起始|初始|开始|首[剂次]|冲击|滴速|递增|增加|超过|最大|极量|总量|含|稀释|溶于|加入",
    re.IGNORECASE,
)
_FRACTIONS = {"½": "0.5", "1/2": "0.5", "one-half": "0.5", "one half": "0.5", "¼": "0.25", "1/4": "0.25", "⅓": "0.33", "1/3": "0.33", "¾": "0.75", "3/4": "0.75"}  # fmt: skip
_FRACTION = regex(
    rf"(?<![\d/.])(?:(?P<whole>\d)[ -])?(?P<part>{'|'.join(map(re.escape, _FRACTIONS))})(?=[ -]?(?:of an? )?(?:tab|cap|pill|tea|table|tsp|tbsp|drop|pack|scoop|dose|片|丸|袋|粒|包|支))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Regimen:
    """An amount of `unit` to take at a time, how often a day at most, and hours from one to the next (0, 0: not said in hours).

    `per` is what it is for each of ("kg", "day", "m2" …; "" for a time), `told` whether it is the dose that is taken, and no first
    dose, step, maximum, or what it is dissolved in.
    """

    once: float
    unit: str
    times: float | None
    hours: tuple[float, float]
    audience: Audience
    of: Unit
    per: str = ""
    told: bool = True


def whole_numbers(text: str) -> str:
    """A text with the fractions of tablets and spoons as decimals: 1 1/2 tablets is 1.5 tablets."""
    return _FRACTION.sub(lambda m: f"{float(m['whole'] or 0) + float(_FRACTIONS[m['part'].lower()]):g}", text)


def count(number: str) -> float:
    """A number in digits or in words: 0.5, two, 半, 三."""
    said = _EN_NUMBERS.get(number.lower())
    return said if said is not None else 0.5 if number == "半" else chinese_number(number)


def times_a_day(match: re.Match[str]) -> float:
    """How often a day that is, the most that it allows."""
    said = match.groupdict()
    often = said["n_high"] or said["n"] or said["zh_n_high"] or said["zh_n"]
    if often:
        return count(often)
    if said["one"]:
        return 1.0
    if said["word"]:
        return _WORDS[said["word"].lower()]
    if said["code"]:
        return _CODES[said["code"].lower().replace(".", "")]
    hours = count(said["hours"] or said["zh_hours"])
    return _HOURS_A_DAY / hours if hours else 0.0


def regimens_of(unit: Unit, text: str, above: str) -> Iterator[Regimen]:
    """Every amount that a statement on dosage names; `above` are the words that it stands under."""
    if unit.group is not SectionGroup.DOSAGE:
        return
    plain = whole_numbers(text)
    amounts = list(_AMOUNT.finditer(plain))
    skipped = False
    for at, match in enumerate(amounts):
        since = amounts[at - 1].end() if at else 0
        otherwise = skipped and plain[: match.start()].rstrip().endswith(("(", "（"))  # 6 teaspoonfuls daily (3 mg)
        skipped = otherwise or _OTHER.search(plain, max(0, match.start() - 24), match.start()) is not None
        stop = _next(plain, amounts, at)
        behind = plain[match.end() : min(stop, match.end() + _NEAR)]
        end = _STOP.search(behind)
        often = _TIMES.search(behind[: end.start()] if end is not None else behind)
        times = times_a_day(often) if often else 1.0 if _SINGLE.search(plain[: match.start()]) else None
        value, counted = amount_of(f"{count(match['high'] or match['number']):g}", match["unit"].strip())
        if value > 0:
            yield Regimen(
                value, counted, times, _hours(often), audience_before(plain, match, above), unit,
                _per_before(plain[: match.start()]) if not match["per"] else _per(match["per"]),
                not skipped and _FIRST.search(plain, since, match.start()) is None,
            )  # fmt: skip


def _next(plain: str, amounts: Sequence[re.Match[str]], at: int) -> int:
    """Where the next amount stands that is not the same one counted otherwise: 2 puffs (400 mcg) three times a day."""
    for one, following in pairwise(amounts[at:]):
        if not plain[one.end() : following.start()].strip().startswith(("(", "（")):
            return following.start()
    return len(plain)


def _per_before(words: str) -> str:
    """What an amount is for each of by the words right before it: 每日每公斤体重20mg."""
    weighed = _BY_WEIGHT_ZH.search(words)
    if weighed is not None:
        return "kg/day" if weighed["day"] or weighed["of_day"] else "kg"
    return "day" if _OF_DAY_ZH.search(words) else ""


_BY_WEIGHT_ZH = regex(
    r"(?P<day>[每一][日天]\s*)?(?:按体重|按)?[，,]?\s*每\s*(?:公斤|千克|kg)\s*(?:体重)?(?P<of_day>\s*[每一][日天])?(?:为|给予?|服用?|口服|约)?\s*$",
    re.IGNORECASE,
)


def _per(said: str) -> str:
    """What an amount is for each of, in one word."""
    word = said.replace("per", "").strip(" /").lower()
    return "kg/day" if len(word) > 2 and word[:2] in ("kg", "公斤", "千克") else _PER.get(word, word)


def _hours(often: re.Match[str] | None) -> tuple[float, float]:
    if often is None:
        return 0.0, 0.0
    low, high = often["hours"] or often["zh_hours"], often["hours_high"] or often["zh_hours_high"]
    return (count(low), count(high or low)) if low else (0.0, 0.0)
