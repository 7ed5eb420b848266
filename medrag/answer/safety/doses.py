"""A medicine as a user writes it, name and dose: 布洛芬 800mg 每日4次, ibuprofen 400 mg three times a day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from medrag.errors import QuestionError
from medrag.patterns import regex
from medrag.retrieve.quantities import chinese_number

__all__ = ["UNITS", "Dose", "Written", "amount_of", "dose_in", "first_of_combined", "written"]

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
    "万单位": ("unit", 10_000.0), "万iu": ("unit", 10_000.0), "万u": ("unit", 10_000.0), "万国际单位": ("unit", 10_000.0), "国际单位": ("unit", 1.0), "ku": ("unit", 1000.0), "千单位": ("unit", 1000.0), "万ku": ("unit", 10_000_000.0),
    "单位": ("unit", 1.0), "iu": ("unit", 1.0), "units": ("unit", 1.0), "unit": ("unit", 1.0), "u": ("unit", 1.0),
    "ml": ("ml", 1.0), "毫升": ("ml", 1.0), "cc": ("ml", 1.0), "l": ("ml", 1000.0), "teaspoonfuls": ("ml", 5.0), "teaspoonsful": ("ml", 5.0), "tablespoonsful": ("ml", 15.0), "geltabs": ("piece", 1.0), "geltab": ("piece", 1.0), "liquid gels": ("piece", 1.0), "liqui-gels": ("piece", 1.0), "liquigels": ("piece", 1.0), "gels": ("piece", 1.0), "gummies": ("piece", 1.0), "gummy": ("piece", 1.0), "tablet(s)": ("piece", 1.0), "capsule(s)": ("piece", 1.0), "caplet(s)": ("piece", 1.0), "teaspoon(s)": ("ml", 5.0), "teaspoons": ("ml", 5.0), "teaspoon": ("ml", 5.0), "teaspoonful": ("ml", 5.0), "tsp": ("ml", 5.0),
    "tablespoonfuls": ("ml", 15.0), "tablespoons": ("ml", 15.0), "tablespoonful": ("ml", 15.0), "tablespoon": ("ml", 15.0), "tbsp": ("ml", 15.0), "fl oz": ("ml", 30.0),
    "meq": ("meq", 1.0), "毫当量": ("meq", 1.0), "mmol": ("mmol", 1.0), "毫摩尔": ("mmol", 1.0),
    "片": ("piece", 1.0), "粒": ("piece", 1.0), "颗": ("piece", 1.0), "丸": ("piece", 1.0), "袋": ("piece", 1.0), "包": ("piece", 1.0), "支": ("piece", 1.0), "枚": ("piece", 1.0),
    "tablets": ("piece", 1.0), "tablet": ("piece", 1.0), "tabs": ("piece", 1.0), "tab": ("piece", 1.0), "capsules": ("piece", 1.0), "capsule": ("piece", 1.0), "caps": ("piece", 1.0),
    "caplets": ("piece", 1.0), "caplet": ("piece", 1.0), "pills": ("piece", 1.0), "pill": ("piece", 1.0), "gelcaps": ("piece", 1.0), "softgels": ("piece", 1.0), "gelcap": ("piece", 1.0), "softgel": ("piece", 1.0),
    "dropperfuls": ("dropper", 1.0), "dropperful": ("dropper", 1.0), "droppersful": ("dropper", 1.0), "scoopfuls": ("piece", 1.0), "scoopful": ("piece", 1.0), "scoops": ("piece", 1.0), "scoop": ("piece", 1.0), "capfuls": ("piece", 1.0), "capful": ("piece", 1.0), "vials": ("piece", 1.0), "vial": ("piece", 1.0), "pieces": ("piece", 1.0), "chewables": ("piece", 1.0), "packets": ("piece", 1.0), "packet": ("piece", 1.0), "sachets": ("piece", 1.0), "sachet": ("piece", 1.0), "lozenges": ("piece", 1.0), "lozenge": ("piece", 1.0),
    "suppositories": ("piece", 1.0), "suppository": ("piece", 1.0), "patches": ("piece", 1.0), "patch": ("piece", 1.0), "贴": ("piece", 1.0), "瓶": ("piece", 1.0),
    "滴": ("drop", 1.0), "drops": ("drop", 1.0), "drop": ("drop", 1.0), "喷": ("puff", 1.0), "吸": ("puff", 1.0), "揿": ("puff", 1.0), "puffs": ("puff", 1.0), "inhalations": ("puff", 1.0), "inhalation": ("puff", 1.0), "puff": ("puff", 1.0), "sprays": ("puff", 1.0), "spray": ("puff", 1.0),
}  # fmt: skip
UNITS = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
# Characters that a pattern takes, whatever their case, for those of units: the micro sign of most keyboards is not the Greek letter.
_ALIKE = str.maketrans({"µ": "μ", "ſ": "s", "ı": "i", "\u0307": None})
# Of a range the upper end counts: it is what may be taken. Its unit may stand twice: 500mg-1000mg.
_UPTO = rf"(?:(?:{_NUMBER})\s*(?:(?:{UNITS})?\s*(?:[-~～–—至到]|to\b)|or\b)\s*)?"
_AMOUNT = regex(
    rf"(?<![\w.])(?P<low>{_UPTO})(?P<number>-?(?:{_NUMBER}))\s*(?P<unit>(?:{UNITS})(?![a-zμ]))(?P<per>(?:\s*/\s*[\w一-鿿]*)*)",
    re.IGNORECASE,
)
_AMOUNT_ZH = regex(
    rf"(?P<low>{_UPTO})(?P<number>-?(?:{_NUMBER}))\s*(?P<unit>(?:{UNITS})(?![a-zμ]))(?P<per>(?:\s*/\s*[\w一-鿿]*)*)",
    re.IGNORECASE,
)
# Two strengths of one tablet: 10/6.25 mg, 20 mg/12.5 mg. The first stands for both.
_COMBINED = regex(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s*(mg|mcg|g)?(?:\s*/\s*\d+(?:\.\d+)?\s*(?:mg|mcg|g)?)*?\s*/\s*\d+(?:\.\d+)?\s*(mg|mcg|g)(?![a-z/])",
    re.IGNORECASE,
)
_PER_DAY = regex(r"^(?:day|daily|d|日|天|24\s*h(?:ours?|rs?)?)$")
_PER_WEIGHT = regex(r"^(?:kg|公斤|千克|体重)$")
_PER_DOSE = regex(r"^(?:次|dose|time|回|片|粒|tablet|capsule|袋|支)$")
_TIMES = (
    (regex(rf"(?:每[日天]|[一1]?[日天]|日服|q?d)\s*(?P<n>{_NUMBER})\s*[次回顿]"), None),
    (regex(rf"[分均][成为]?\s*(?P<n>{_NUMBER})\s*次(?:服用?|口服|给药)?"), None),
    (regex(r"每(?:隔)?\s*(?:(?P<least>\d+)\s*[-~～–至到]\s*)?(?P<h>\d+(?:\.\d+)?|[一二两三四六八十]+)\s*(?:个)?(?:小时|h)(?:服?用?\s*[一1]\s*次)?"), "hours"),
    (regex(r"\b(?:every|q)\s*(?:(?P<least>\d+)\s*(?:-|–|to|or)\s*)?(?P<h>\d+)\s*(?:h(?:ours?|rs?)?)\b", re.IGNORECASE), "hours"),
    (regex(r"\b(?:in |into )?(?P<n>\d+|two|three|four|five|six) (?:equally )?(?:divided|equal) doses\b", re.IGNORECASE), "number"),
    (regex(r"\b(?P<n>\d+|one|two|three|four|five|six|eight)\s*(?:x|times?)\s*(?:a|per|/|each|every)?\s*(?:day|daily|d)\b", re.IGNORECASE), "number"),
    (regex(r"\b(?P<w>once|twice|thrice)\s*(?:a |per |each |every )?(?:day|daily)\b", re.IGNORECASE), "word"),
    (
        regex(
            r"\b(?P<c>qd|bid|b\.i\.d\.?|tid|t\.i\.d\.?|qid|q\.i\.d\.?|qn|qhs|od|daily|nightly|at bedtime|each day|per day|a day|every day|in the morning)(?![\w.])",
            re.IGNORECASE,
        ),
        "code",
    ),
    (regex(r"每[晚早]|睡前|晚上|每[日天](?=$|\s|服)"), "one"),
)  # fmt: skip
_TAKES = regex(r"(?:每[日天]|[一1][日天])(?:能不能|能|可以|最多)?(?:吃|服用?|用|口服)了?(?=\s*\d)")
# An amount behind these is a whole day's: 每日3g, 日总量 2g, a total of 3 g per day.
_OF_DAY = regex(
    rf"(?:每[日天]|[一1][日天]|日总量|全[日天])(?:总量|共|总共)?\s*[:：]?\s*(?=(?:{_NUMBER})\s*(?:[-~～–至到]\s*(?:{_NUMBER})\s*)?(?:{UNITS})(?![a-zμ]))",
    re.IGNORECASE,
)
# What a question says of a package or of a drink beside the dose: 0.3g*20粒, with 200 ml of water, 喝了500ml啤酒.
_NOT_TAKEN = regex(
    r"[x×*]\s*(?:[6-9]|\d{2,})\s*[片粒袋丸支包贴]|\d+(?:\.\d+)?\s*(?:ml|毫升|cc|l|瓶)\s*"
    r"(?:of (?:\w+ )?(?:water|milk|juice|tea|coffee|beer|wine|alcohol)\b|的?[一-鿿]{0,2}(?:水(?!合)|[奶茶酒汁]))",
    re.IGNORECASE,
)
_TABLETS_OF = regex(rf"(?P<count>\d+(?:\.\d+)?)\s*[x×*]\s*(?=\d[\d,.]*\s*(?:{UNITS})(?![a-zμ]))", re.IGNORECASE)
_WORDS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_ENGLISH = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "eight": 8.0}
_CODES = {"qd": 1.0, "od": 1.0, "qn": 1.0, "qhs": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0}
_EACH = regex(
    r"(?:每次|一次|1次|每回|each time|per dose|each dose|take|once|口服|服用|吃|用|，|,|、|；|;|:|：|\(|\)|（|）)",
    re.IGNORECASE,
)
# What looks like a dose and is none: 5 mg/kg/zzz, 10 blorps.
_NUMBER_LEFT = regex(r"(?<![\w\-.])-?\d[\d,.]*\s*(?:/(?!\d)|[a-zμ一-鿿]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount of a medicine: of one dose and of a day where these are known, in `unit` (mg, unit, ml, piece, drop, puff …).

    `per_kg` says that both are for each kilogram of the patient. `also` is the same dose counted otherwise: two tablets of
    500 mg are 1,000 mg and two tablets. `hours` are the fewest and the most from one dose to the next where these are said; the
    fewest make `times` and `daily`.
    """

    once: float | None
    daily: float | None
    times: float | None
    unit: str
    per_kg: bool
    text: str
    also: Dose | None = None
    hours: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Written:
    """A medicine as it was written: its name, and the dose behind it where there is one."""

    name: str
    dose: Dose | None


def amount_of(number: str, unit: str) -> tuple[float, str]:
    """An amount in the unit that it is counted in: 0.8, g is 800, mg."""
    value = 0.5 if number == "半" else chinese_number(number.replace("半", ""))
    to, factor = _UNITS[unit.lower().translate(_ALIKE)]
    return round(value * factor, 6), to


def dose_in(question: str) -> str:
    """The dose that a question names, as it would stand behind a medicine's name; "" for none: 4000 mg a day."""
    text = _NOT_TAKEN.sub(" ", first_of_combined(_TAKES.sub("每日", question)))
    amounts = [match for match in (_AMOUNT if text.isascii() else _AMOUNT_ZH).finditer(text) if _is_dose(match["per"])][:2]
    if not amounts:
        return ""
    count = _TABLETS_OF.search(text)
    first = text[
        count.start() if count and count.end() == amounts[0].start() else amounts[0].start() : amounts[0].end()
    ].strip()
    times = next((match[0] for pattern, _ in _TIMES if (match := pattern.search(text)) is not None), "")
    of_day = "每日" if _OF_DAY.search(text) is not None and not times else ""
    return " ".join([of_day + first, *(match[0].strip() for match in amounts[1:]), times]).strip()


def _is_dose(per: str) -> bool:
    """Whether an amount is for nothing else than a dose is: 9 mmol/L is what somebody measured."""
    parts = [part.strip().lower() for part in per.split("/")]
    return all(not part or any(pattern.match(part) for pattern in (_PER_DAY, _PER_WEIGHT, _PER_DOSE)) for part in parts)


def first_of_combined(text: str) -> str:
    """A text in which the first of a tablet's two strengths stands for both: 10/6.25 mg is 10 mg."""
    return _COMBINED.sub(lambda match: f"{match[1]} {match[2] or match[3]}", text)


def written(text: str) -> Written:
    """The name and the dose of a medicine. Raises `QuestionError` for what cannot be a dose: 5 mg/kg/zzz, -3 mg, 900 times a day."""
    plain = first_of_combined(" ".join(text.replace("　", " ").split()))
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
    found += [match.start() for pattern in (_OF_DAY, _TABLETS_OF) for match in pattern.finditer(plain)]
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
    rest, times, of_day = _times(text, whole)
    found = list((_AMOUNT if rest.isascii() else _AMOUNT_ZH).finditer(rest))
    if not found:
        left = _EACH.sub(" ", rest).strip(" .。")
        if left:
            raise QuestionError(
                f"{whole!r}: {left!r} is no dose: write an amount with its unit and how often, as in 400 mg 3 times a day"
            )
        return Dose(None, None, times, "", False, text.strip())
    _refuse_left(rest, found[0], whole)
    amounts = [_amount(match, rest, whole) for match in found[:2]]
    factor = 1.0
    if len(amounts) > 1 and not _is_equivalent(rest, found[1]):
        # Tablets of a strength: 0.1g 每次7片.
        pieces = [amount for amount in amounts if amount.unit == "piece"]
        strength = [amount for amount in amounts if amount.unit != "piece"]
        if len(pieces) == len(strength) == 1:
            amounts, factor = [strength[0], pieces[0]], pieces[0].value
    doses = [
        _made(amount, factor if at == 0 else 1.0, times, of_day=of_day, text=text.strip()) for at, amount in enumerate(amounts)
    ]
    doses = [replace(dose, hours=_hours(text)) for dose in doses]
    return doses[0] if len(doses) == 1 or doses[1].unit == doses[0].unit else replace(doses[0], also=doses[1])


def _hours(text: str) -> tuple[float, float]:
    """The fewest and the most hours from one dose to the next that a text says; (0, 0) for none."""
    match = next((match for pattern, kind in _TIMES if kind == "hours" and (match := pattern.search(text)) is not None), None)
    return (chinese_number(match["least"] or match["h"]), chinese_number(match["h"])) if match is not None else (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Amount:
    value: float
    unit: str
    per_day: bool
    per_kg: bool


def _amount(match: re.Match[str], rest: str, whole: str) -> _Amount:
    if match["number"].startswith("-"):
        raise QuestionError(f"{whole!r}: a dose cannot be negative: saw {match[0]!r}")
    value, unit = amount_of(match["number"], match["unit"])
    if value <= 0 or (unit == "mg" and value > MAX_MG):
        raise QuestionError(
            f"{whole!r}: {match[0].strip()!r} cannot be a dose: wanted more than 0 and at most {MAX_MG / 1000:g} g"
        )
    count = _TABLETS_OF.search(rest)
    if count is not None and count.end() == match.start():
        value *= float(count["count"])
    return _Amount(value, unit, *_per(match["per"], whole))


def _refuse_left(rest: str, match: re.Match[str], whole: str) -> None:
    """Raises where a number beside the amount is not understood."""
    count = _TABLETS_OF.search(rest)
    start = count.start() if count is not None and count.end() == match.start() else match.start()
    left = _EACH.sub(" ", rest[:start] + " " + rest[match.end() :]).strip(" .。")
    if left and _AMOUNT.search(left) is None and re.search(r"\d", left):
        raise QuestionError(
            f"{whole!r}: {left!r} beside the amount is not understood: write one amount and how often, as in 400 mg 3 times a day"
        )


def _is_equivalent(rest: str, second: re.Match[str]) -> bool:
    """Whether the second amount is the first counted otherwise: 10 mL (200 mg), 2 tablets (1000 mg)."""
    return rest[: second.start()].rstrip().endswith(("(", "（", "=", "即", "共", "合"))


def _made(amount: _Amount, factor: float, times: float | None, *, of_day: bool, text: str) -> Dose:
    value = amount.value * factor
    if amount.per_day or of_day:
        return Dose(value / times if times else None, value, times, amount.unit, amount.per_kg, text)
    return Dose(value, value * times if times else None, times, amount.unit, amount.per_kg, text)


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


def _times(text: str, whole: str) -> tuple[str, float | None, bool]:
    """The text without what says how often, how often a day, and whether the amount is a whole day's."""
    day = _OF_DAY.search(text)
    if day is not None:
        text = text[: day.start()] + " " + text[day.end() :]
    for pattern, kind in _TIMES:
        match = pattern.search(text)
        if match is None:
            continue
        if kind == "hours":
            hours = chinese_number(match["least"] or match["h"])
            times = _HOURS_A_DAY / hours if hours else 0.0
        elif kind == "word":
            times = _WORDS[match["w"].lower()]
        elif kind == "code":
            times = _CODES.get(match["c"].lower().replace(".", ""), 1.0)
        elif kind == "number":
            times = _ENGLISH.get(match["n"].lower()) or float(match["n"])
        else:
            times = 1.0 if kind == "one" else chinese_number(match["n"].replace("半", "一"))
        if not 0 < times <= MAX_TIMES:
            raise QuestionError(
                f"{whole!r}: {match[0].strip()!r} cannot be how often a medicine is taken: wanted up to {MAX_TIMES:g} times a day"
            )
        divided = "divided" in match[0] or match[0].startswith(("分", "均"))
        return text[: match.start()] + " " + text[match.end() :], times, day is not None or divided
    return text, None, day is not None
