"""A medicine as a user writes it, name and dose: 布洛芬 800mg 每日4次, ibuprofen 400 mg three times a day."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medrag.errors import QuestionError
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number

__all__ = ["Dose", "Written", "amount_of", "written"]

MAX_NAME = 200  # characters of a medicine with its dose
MAX_TIMES = 48.0  # a day
MAX_MG = 200_000.0  # of one dose; no medicine is taken by the half pound
_HOURS_A_DAY = 24.0

_NUMERAL = "[零〇一二两三四五六七八九十百千半]"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|{_NUMERAL}{{1,6}}"
# Each unit as it is written, what it is counted in, and how many of it.
_UNITS: dict[str, tuple[str, float]] = {
    "mg": ("mg", 1.0), "毫克": ("mg", 1.0), "milligrams": ("mg", 1.0), "milligram": ("mg", 1.0), "g": ("mg", 1000.0), "克": ("mg", 1000.0),
    "gram": ("mg", 1000.0), "grams": ("mg", 1000.0), "gm": ("mg", 1000.0), "mcg": ("mg", 0.001), "ug": ("mg", 0.001), "μg": ("mg", 0.001), "微克": ("mg", 0.001),
    "micrograms": ("mg", 0.001), "microgram": ("mg", 0.001),
    "万单位": ("unit", 10_000.0), "万iu": ("unit", 10_000.0), "万u": ("unit", 10_000.0), "万国际单位": ("unit", 10_000.0), "国际单位": ("unit", 1.0),
    "单位": ("unit", 1.0), "iu": ("unit", 1.0), "units": ("unit", 1.0), "unit": ("unit", 1.0), "u": ("unit", 1.0),
    "ml": ("ml", 1.0), "毫升": ("ml", 1.0), "cc": ("ml", 1.0), "l": ("ml", 1000.0), "teaspoonfuls": ("ml", 5.0), "teaspoons": ("ml", 5.0), "teaspoon": ("ml", 5.0), "teaspoonful": ("ml", 5.0), "tsp": ("ml", 5.0),
    "片": ("piece", 1.0), "粒": ("piece", 1.0), "颗": ("piece", 1.0), "丸": ("piece", 1.0), "袋": ("piece", 1.0), "包": ("piece", 1.0), "支": ("piece", 1.0), "枚": ("piece", 1.0),
    "tablets": ("piece", 1.0), "tablet": ("piece", 1.0), "tabs": ("piece", 1.0), "tab": ("piece", 1.0), "capsules": ("piece", 1.0), "capsule": ("piece", 1.0), "caps": ("piece", 1.0),
    "caplets": ("piece", 1.0), "caplet": ("piece", 1.0), "pills": ("piece", 1.0), "pill": ("piece", 1.0), "gelcaps": ("piece", 1.0), "softgels": ("piece", 1.0), "gelcap": ("piece", 1.0), "softgel": ("piece", 1.0),
    "滴": ("drop", 1.0), "drops": ("drop", 1.0), "drop": ("drop", 1.0), "喷": ("puff", 1.0), "吸": ("puff", 1.0), "揿": ("puff", 1.0), "puffs": ("puff", 1.0), "inhalations": ("puff", 1.0), "inhalation": ("puff", 1.0), "puff": ("puff", 1.0), "sprays": ("puff", 1.0),
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_AMOUNT = regex(
    rf"(?<![\w.])(?P<number>-?(?:{_NUMBER}))\s*(?P<unit>(?:{_UNIT})(?![a-zμ]))(?P<per>(?:\s*/\s*[\w一-鿿]*)*)", re.IGNORECASE
)
_AMOUNT_ZH = regex(rf"(?P<number>{_NUMBER})\s*(?P<unit>(?:{_UNIT})(?![a-zμ]))(?P<per>(?:\s*/\s*[\w一-鿿]*)*)", re.IGNORECASE)
_PER_DAY = regex(r"^(?:day|daily|d|日|天|24\s*h(?:ours?|rs?)?)$")
_PER_WEIGHT = regex(r"^(?:kg|公斤|千克|体重)$")
_PER_DOSE = regex(r"^(?:次|dose|time|回|片|粒|tablet|capsule|袋|支)$")
_TIMES = (
    (regex(rf"(?:每[日天]|[一1]?[日天]|日服|q?d)\s*(?P<n>{_NUMBER})\s*[次回顿]"), None),
    (regex(r"每\s*(?P<h>\d+(?:\.\d+)?|[一二两三四六八十]+)\s*(?:个)?(?:小时|h)(?:服?\s*[一1]\s*次)?"), "hours"),
    (regex(r"\b(?:every|q)\s*(?P<h>\d+)\s*(?:h(?:ours?|rs?)?)\b", re.IGNORECASE), "hours"),
    (regex(r"\b(?P<n>\d+)\s*(?:x|times?)\s*(?:a|per|/|each)?\s*(?:day|daily|d)\b", re.IGNORECASE), None),
    (
        regex(
            r"\b(?P<w>once|twice|thrice|one time|two times|three times|four times|five times|six times)\s*(?:a |per |each )?(?:day|daily)\b",
            re.IGNORECASE,
        ),
        "word",
    ),
    (
        regex(
            r"\b(?P<c>qd|bid|b\.i\.d\.?|tid|t\.i\.d\.?|qid|q\.i\.d\.?|qn|qhs|od|daily|nightly|each day|per day|a day|every day)(?![\w.])",
            re.IGNORECASE,
        ),
        "code",
    ),
    (regex(r"每[晚早]|睡前|晚上|每[日天](?=$|\s|服)"), "one"),
)
_WORDS = {
    "once": 1.0,
    "one time": 1.0,
    "twice": 2.0,
    "two times": 2.0,
    "thrice": 3.0,
    "three times": 3.0,
    "four times": 4.0,
    "five times": 5.0,
    "six times": 6.0,
}
_CODES = {"qd": 1.0, "od": 1.0, "qn": 1.0, "qhs": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0}
_EACH = regex(
    r"(?:每次|一次|1次|每回|each time|per dose|each dose|take|口服|服用|吃|用|，|,|、|；|;|:|：|\(|\)|（|）)", re.IGNORECASE
)
# What looks like a dose and is none: 5 mg/kg/zzz, 10 blorps.
_NUMBER_LEFT = regex(r"(?<![\w\-.])-?\d[\d,.]*\s*(?:/|[a-zμ一-鿿]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount of a medicine: of one dose and of a day where these are known, in `unit` (mg, unit, ml, piece, drop, puff).

    `per_kg` says that both are for each kilogram of the patient.
    """

    once: float | None
    daily: float | None
    times: float | None
    unit: str
    per_kg: bool
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A medicine as it was written: its name, and the dose behind it where there is one."""

    name: str
    dose: Dose | None


def amount_of(number: str, unit: str) -> tuple[float, str]:
    """An amount in the unit that it is counted in: 0.8, g is 800, mg."""
    value = 0.5 if number == "半" else chinese_number(number.replace("半", ""))
    to, factor = _UNITS[unit.lower()]
    return round(value * factor, 6), to


def written(text: str) -> Written:
    """The name and the dose of a medicine. Raises `QuestionError` for what cannot be a dose: 5 mg/kg/zzz, -3 mg, 900 times a day."""
    plain = " ".join(text.replace("　", " ").split())
    if not plain:
        raise QuestionError("a medicine of the list is empty: give its name")
    if len(plain) > MAX_NAME:
        raise QuestionError(f"a medicine has {len(plain)} characters, at most {MAX_NAME}: give its name and its dose")
    dose_at = _where(plain)
    if dose_at is None:
        return Written(plain, None)
    name, dose = plain[:dose_at].strip(" ,，、;；:：(（"), plain[dose_at:]
    if not name:
        raise QuestionError(
            f"{text.strip()!r} is a dose without a medicine: write the name before it, as in 布洛芬 400mg 每日3次"
        )
    return Written(name, _dose(dose, text.strip()))


def _where(plain: str) -> int | None:
    """Where the dose begins: at the first amount or count of times behind a name."""
    found = [m.start() for m in _AMOUNT.finditer(plain) if m["number"][-1].isdigit() or plain[m.start() - 1 : m.start()] == " "]
    found += [
        match.start()
        for match in _AMOUNT_ZH.finditer(plain)
        if match.start() and re.match(r"[一-鿿]", plain[match.start() - 1]) and match["number"][0].isdigit()
    ]
    found += [match.start() for pattern, kind in _TIMES for match in pattern.finditer(plain) if kind != "one" or match.start()]
    found += [match.start() for match in re.finditer(r"(?:每次|一次)(?=\s*[\d一二两三四五六七八九十半])", plain)]
    blank = next((m.start() for m in _NUMBER_LEFT.finditer(plain) if m.start() and plain[m.start() - 1] == " "), None)
    if blank is not None:
        found.append(blank)
    return min((at for at in found if at > 0), default=0 if found else None)


def _dose(text: str, whole: str) -> Dose:
    rest, times = _times(text, whole)
    match = _AMOUNT.search(rest) or _AMOUNT_ZH.search(rest)
    if match is None:
        left = _EACH.sub(" ", rest).strip(" .。")
        if left:
            raise QuestionError(
                f"{whole!r}: {left!r} is no dose: write an amount with its unit and how often, as in 400 mg 3 times a day"
            )
        return Dose(None, None, times, "", False, text.strip())
    if match["number"].startswith("-"):
        raise QuestionError(f"{whole!r}: a dose cannot be negative: saw {match[0]!r}")
    value, unit = amount_of(match["number"], match["unit"])
    per_day, per_kg = _per(match["per"], whole)
    left = _EACH.sub(" ", rest[: match.start()] + " " + rest[match.end() :]).strip(" .。")
    if left and _AMOUNT.search(left) is None and re.search(r"\d", left):
        raise QuestionError(
            f"{whole!r}: {left!r} beside the amount is not understood: write one amount and how often, as in 400 mg 3 times a day"
        )
    if value <= 0 or (unit == "mg" and value > MAX_MG):
        raise QuestionError(
            f"{whole!r}: {match[0].strip()!r} cannot be a dose: wanted more than 0 and at most {MAX_MG / 1000:g} g"
        )
    if per_day:
        return Dose(value / times if times else None, value, times, unit, per_kg, text.strip())
    return Dose(value, value * times if times else None, times, unit, per_kg, text.strip())


def _per(said: str, whole: str) -> tuple[bool, bool]:
    """Whether an amount is for a day, and whether for each kilogram."""
    per_day = per_kg = False
    for part in filter(None, (one.strip().lower() for one in said.split("/"))):
        if _PER_DAY.match(part):
            per_day = True
        elif _PER_WEIGHT.match(part):
            per_kg = True
        elif not _PER_DOSE.match(part):
            raise QuestionError(f"{whole!r}: a dose cannot be per {part!r}: wanted /kg, /day or /dose")
    return per_day, per_kg


def _times(text: str, whole: str) -> tuple[str, float | None]:
    """The text without what says how often, and how often a day."""
    for pattern, kind in _TIMES:
        match = pattern.search(text)
        if match is None:
            continue
        if kind == "hours":
            hours = chinese_number(match["h"])
            times = _HOURS_A_DAY / hours if hours else 0.0
        elif kind == "word":
            times = _WORDS[match["w"].lower()]
        elif kind == "code":
            times = _CODES.get(match["c"].lower().replace(".", ""), 1.0)
        else:
            times = 1.0 if kind == "one" else chinese_number(match["n"].replace("半", "一"))
        if not 0 < times <= MAX_TIMES:
            raise QuestionError(
                f"{whole!r}: {match[0].strip()!r} cannot be how often a medicine is taken: wanted up to {MAX_TIMES:g} times a day"
            )
        return text[: match.start()] + " " + text[match.end() :], times
    return text, None
