"""Which sentences of the sources carry a clause of a claim, and how much of its words they hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from medrag.answer.verify.amounts import BARE, Fit, fit
from medrag.answer.verify.names import is_part, same_name
from medrag.answer.verify.reading import AMOUNT, DRUG, HAN, SELF, WORD, Reading, Token
from medrag.answer.verify.source import Held, SourceReading, Unit
from medrag.answer.verify.units import DAYS_A_MONTH, DAYS_A_YEAR, TIME
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM
from medrag.patterns import regex
from medrag.sentences import sentences

__all__ = [
    "TREATS",
    "Clause",
    "Place",
    "clauses_of",
    "holds",
    "is_implied",
    "is_indicated",
    "likeness_to_all",
    "places",
    "reach",
    "region",
    "statements_of",
]

WHOLE = 0.25  # what a unit's likeness to the whole claim adds to its likeness to a clause
LONE = 0.3  # of a Chinese character that stands in the source beside other characters
LEAD = 0.7  # of what only the lead-in, the heading or the title holds
MIN_CONTENT = 1.5  # weight; a clause of less is read with the one before
# Meanings that another one may stand for: what is taken, 服用, is taken by mouth, and one starts with an initial dose.
_ALSO: dict[tuple[str, str], tuple[str, str]] = {
    ("route", "oral"): (LIGHT, "take"),
    ("act", "start"): ("dosing", "initial"),
    ("dosing", "initial"): ("act", "start"),
    ("bearing", "better"): ("way", "down"),
    ("way", "down"): ("bearing", "better"),
    ("bearing", "worse"): ("way", "up"),
    (SYNONYM, "inject"): (SYNONYM, "injection"),
    (SYNONYM, "injection"): (SYNONYM, "inject"),
    (SYNONYM, "effect"): (SYNONYM, "influence"),
    (SYNONYM, "influence"): (SYNONYM, "effect"),
    ("level", "low"): ("way", "down"),
    ("level", "high"): ("way", "up"),
    (SYNONYM, "contactword"): (SYNONYM, "excretion"),  # it gets into the milk
    (SYNONYM, "again"): (SYNONYM, "repeat"),
    (SYNONYM, "repeat"): (SYNONYM, "again"),
    (SYNONYM, "platelet"): ("platelets", "low"),
    (SYNONYM, "leukocyte"): ("leukocytes", "low"),
    ("limit", "most"): ("dosing", "max"),
    ("dosing", "max"): ("limit", "most"),
}
_ANY_NUMBER = frozenset({HAN, WORD, SYNONYM, AMOUNT, DRUG, LIGHT})  # kinds of which a clause may hold several
_SUBJECTS = frozenset({HAN, WORD, SYNONYM, DRUG, "people", "failing", "organ"})  # kinds of words that a clause can be about
MIN_SUBJECT = 2.0  # their weight
_IMPLIED = frozenset({("per", "dose"), ("per", "day"), ("order", "before"), ("order", "after")})  # what a claim may add: 一次
DIRECTION = 0.5
_DIRECTIONS = frozenset({"way", "bearing", "level", "often", "degree", "pace", "marking"})
_GENERIC = frozenset({"dose", "effect", "method", "show", "data", "contain"})  # words that go without saying
TREATS = (SYNONYM, "treat")
_INDICATES = frozenset({(LIGHT, "use"), (SYNONYM, "indication")})
HALF = 50.0  # per cent
STATEMENT = 2.0  # weight, numbers and all, of what can stand as a sentence of its own
_ENDS = regex(r"[;；]")
ADULT = 18 * DAYS_A_YEAR
NEW = 0.9  # weight of new words for which a further clause of the source is taken in


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a claim: its tokens."""

    tokens: tuple[Token, ...]

    @property
    def content(self) -> list[Token]:
        """The tokens by which its place in the source is found."""
        return [t for t in self.tokens if t.weight and t.kind not in (AMOUNT, "stance", SELF)]


@dataclass(frozen=True, slots=True)
class Place:
    """A unit of a source, and how much of a clause it holds (0 to 1)."""

    source: SourceReading
    unit: Unit
    score: float


def statements_of(reading: Reading) -> list[tuple[Token, ...]]:
    """The tokens of the sentences of a claim; what says little by itself goes with the one before."""
    begins = sorted({start for start, _ in sentences(reading.text)} | {m.end() for m in _ENDS.finditer(reading.text)})
    found: list[list[Token]] = []
    last = -1
    for token in reading.tokens:
        number = bisect_right(begins, reading.folded.starts[token.start])
        if found and (number == last or _weight(found[-1]) < STATEMENT):
            found[-1].append(token)
        else:
            found.append([token])
        last = number
    whole = found[:1]
    for tokens in found[1:]:
        if _content_weight(tokens) and _weight(tokens) >= STATEMENT:
            whole.append(tokens)
        else:
            whole[-1] += tokens  # 2.5 mg; 5 mg
    return [tuple(tokens) for tokens in whole]


def clauses_of(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses of a statement; what says little by itself goes with the clause before."""
    groups: list[list[Token]] = []
    for token in tokens:
        if groups and groups[-1][-1].clause == token.clause:
            groups[-1].append(token)
        else:
            groups.append([token])
    merged: list[list[Token]] = []
    for group in groups:
        if merged and min(_content_weight(group), _content_weight(merged[-1])) < MIN_CONTENT:
            merged[-1] += group
        else:
            merged.append(group)
    return [Clause(tuple(group)) for group in merged]


def _weight(tokens: Sequence[Token]) -> float:
    return sum(t.weight for t in tokens)


def _content_weight(tokens: Sequence[Token]) -> float:
    return sum(t.weight for t in tokens if t.kind not in (AMOUNT, "stance"))


def holds(token: Token, held: Held, text: str) -> float:
    """How much a stretch of source holds of a claim's token, 0 to 1; `text` is the claim's folded text."""
    if token.kind == HAN:
        before, after = text[max(0, token.start - 1) : token.end], text[token.start : token.end + 1]
        if before in held.pairs or after in held.pairs:
            return 1.0
        return LONE if token.key in held.characters else 0.0
    if token.kind == WORD:
        return 1.0 if token.key in held.stems else 0.0
    if token.kind == AMOUNT:
        return float(any(t.amount and token.amount and fit(token.amount, t.amount) is Fit.SAME for t in held.tokens))
    if token.kind == DRUG:
        named = [t.name for t in held.tokens if t.name]
        return float(any(token.name and (same_name(token.name, name) or is_part(token.name, name)) for name in named))
    if (token.kind, token.key) in held.meanings or _ALSO.get((token.kind, token.key)) in held.meanings:
        return 1.0
    if (token.kind, token.key) == ("fraction", "half") and any(
        t.amount and (t.amount.dimension, t.amount.low) in {("%", HALF), (BARE, HALF / 100)} for t in held.tokens
    ):
        return 1.0
    return float(_stands(text[token.start : token.end], held.text))


def _stands(surface: str, text: str) -> bool:
    """Whether Chinese characters stand in a text that was cut into other words, and are not denied there: 不能耐受."""
    at = text.find(surface) if len(surface) > 1 and surface[0] > "⺀" else -1
    return at >= 0 and not any(mark in text[max(0, at - 2) : at] for mark in "不无未非")


def is_implied(token: Token, held: Held, claim: Sequence[Token]) -> bool:
    """Whether a word says nothing that the claim or the source does not say anyway: children of 6 years, pregnant women."""
    if (token.kind, token.key) in _IMPLIED or (token.kind == SYNONYM and token.key in _GENERIC):
        return True
    if (token.kind, token.key) == ("sex", "female"):
        return any(t.kind == "people" and t.key in ("pregnant", "lactating") for t in (*claim, *held.tokens))
    if (token.kind, token.key) == ("people", "child"):
        return any(
            t.amount and t.amount.dimension == TIME and t.amount.high <= ADULT and t.amount.factor > 1 for t in held.tokens
        )
    return False


def is_indicated(unit: Unit) -> bool:
    """Whether a unit says what something is for, without the word treatment: 用于头痛, or a heading of indications."""
    return not _INDICATES.isdisjoint(unit.held.meanings | unit.lead.meanings)


def places(clause: Clause, text: str, sources: Sequence[SourceReading], whole: dict[int, float]) -> list[Place]:
    """All units, best first: by the clause's words they hold, then by the claim's; `whole` is the latter, by unit identity."""
    found = []
    content = clause.content
    total = sum(_by_weight(t) for t in content)
    for source in sources:
        for unit in source.units:
            score = _likeness(content, total, text, unit) + WHOLE * whole.get(id(unit), 0.0)
            score += 0.05 * sum(holds(t, unit.held, text) for t in clause.tokens if t.kind in (AMOUNT, "stance"))
            found.append(Place(source, unit, score))
    return sorted(found, key=lambda place: -place.score)


def _by_weight(token: Token) -> float:
    """How much a word says of where a clause stands: which way something goes says less than what goes."""
    return token.weight * DIRECTION if token.kind in _DIRECTIONS else token.weight


def _likeness(content: Sequence[Token], total: float, text: str, unit: Unit) -> float:
    if not total:
        return 0.0
    return sum(_by_weight(t) * max(holds(t, unit.held, text), LEAD * holds(t, unit.lead, text)) for t in content) / total


def likeness_to_all(tokens: Sequence[Token], text: str, sources: Sequence[SourceReading]) -> dict[int, float]:
    """How much each unit holds of the claim's words, by the unit's identity."""
    content = [t for t in tokens if t.weight and t.kind not in ("stance", SELF)]
    total = sum(_by_weight(t) for t in content)
    return {id(unit): _likeness(content, total, text, unit) for source in sources for unit in source.units}


def region(clause: Clause, text: str, unit: Unit) -> list[Token]:
    """The tokens of the unit's clauses that carry the clause: the likest one, and those that hold more of its words."""
    groups: dict[int, list[Token]] = {}
    for token in unit.held.tokens:
        groups.setdefault(token.clause, []).append(token)
    if len(groups) < 2:
        return list(unit.held.tokens)
    held = {number: Held.of(tokens, _text_of(tokens, unit)) for number, tokens in groups.items()}
    left = {id(t): t for t in (*clause.content, *(t for t in clause.tokens if _is_age(t)))}
    chosen: set[int] = set()
    while left:
        gains = {n: sum(t.weight * holds(t, held[n], text) for t in left.values()) for n in groups if n not in chosen}
        if not gains:
            break
        best = max(gains, key=lambda n: gains[n])
        if gains[best] < (NEW if chosen else 0.3):
            break
        chosen.add(best)
        taken = {t.kind for t in groups[best]} - _ANY_NUMBER  # children where the claim says adults: no reason to look further
        left = {i: t for i, t in left.items() if t.kind not in taken and holds(t, held[best], text) < 1.0}
    if not chosen:
        return list(unit.held.tokens)
    return [t for number in sorted(chosen) for t in groups[number]]


def reach(unit: Unit, here: Sequence[Token]) -> list[Token]:
    """The clauses of a unit with those beside them that have the same subject: up to one of children after adults.

    What follows goes with them, past a semicolon only where it has no subject; what stands before, where they have none.
    """
    who = {t.key for t in here if t.kind == "people"}
    by_clause: dict[int, list[Token]] = {}
    for token in unit.held.tokens:
        by_clause.setdefault(token.clause, []).append(token)
    order = sorted(by_clause)
    reached = {t.clause for t in here}
    if len(order) > 1 and ":" in _text_between(by_clause[order[0]], by_clause[order[1]], unit):
        reached |= {order[0]} if _same_people(by_clause[order[0]], who) else set()  # Use with caution in: asthma; gout
    for before, number in pairwise(order):
        parted = _ENDS.search(_text_between(by_clause[before], by_clause[number], unit)) and _has_subject(by_clause[number])
        if before in reached and not parted and _same_people(by_clause[number], who):
            reached.add(number)
    for number, before in pairwise(reversed(order)):
        leads = ":" in _text_between(by_clause[before], by_clause[number], unit)
        if number in reached and (leads or not _has_subject(by_clause[number])) and _same_people(by_clause[before], who):
            reached.add(before)
    return [t for number in order if number in reached for t in by_clause[number]]


def _has_subject(tokens: Sequence[Token]) -> bool:
    return sum(t.weight for t in tokens if t.kind in _SUBJECTS) >= MIN_SUBJECT


def _same_people(tokens: Sequence[Token], who: set[str]) -> bool:
    return {t.key for t in tokens if t.kind == "people"} <= who


def _is_age(token: Token) -> bool:
    return token.amount is not None and token.amount.dimension == TIME and token.amount.factor >= DAYS_A_MONTH


def _text_between(before: Sequence[Token], after: Sequence[Token], unit: Unit) -> str:
    return unit.held.text[before[-1].end - unit.begin : after[0].start - unit.begin]


def _text_of(tokens: Sequence[Token], unit: Unit) -> str:
    return unit.held.text[tokens[0].start - unit.begin : tokens[-1].end - unit.begin]
