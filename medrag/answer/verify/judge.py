"""The verdict on a claim that is read: by the sentence that it repeats, else clause by clause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from medrag.answer.verify.compare import faults
from medrag.answer.verify.denied import Stretch, denied_instead, made_certain
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.leave import allowed
from medrag.answer.verify.likeness import ACROSS, ALIKE, alike
from medrag.answer.verify.match import (
    TREATS,
    Clause,
    Place,
    clauses_of,
    holds,
    is_implied,
    is_indicated,
    likeness_to_all,
    places,
    reach,
    region,
    statements_of,
)
from medrag.answer.verify.names import same_name
from medrag.answer.verify.order import exchanged, rejoined
from medrag.answer.verify.reading import AMOUNT, HAN, SELF, WORD, Reading, Token, newness
from medrag.answer.verify.rewording import REPLACED, reworded
from medrag.answer.verify.scope import misplaced, rebased, widened
from medrag.answer.verify.source import SourceReading, Unit
from medrag.answer.verify.stance import NEGATIVE, STANCE
from medrag.answer.verify.unless import conditions_dropped, made_exclusive
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM
from medrag.answer.verify.whose import reversed_roles
from medrag.answer.verify.wording import Wording, wording
from medrag.patterns import regex
from medrag.types import Verdict

__all__ = ["Judgement", "judged", "says_something"]

REPEATS = 0.6  # share of a claim that stands in a sentence in its order: it repeats the sentence
BELONGS = 0.4  # share of a clause that the sentence must have too; another clause is from elsewhere
PART = 0.8  # of what a whole sentence has of the claim, that some of its clauses have: the rest is chance
MIN_ADDED = 3.0  # weight of a clause that can be looked up elsewhere
TRIED = 4  # sentences that a claim is held against word for word
CARRIED = 0.5  # of a claim's words must stand in the source, or it is about something else
FOUND = 0.6  # of the words of a list item must stand in one sentence
STANDS = 0.8  # of the words of an inserted statement must stand in another sentence
TRANSLATED = 3.0  # weight of words without a counterpart in the other language that are too many for a translation
MOSTLY = 8  # one Han character in so many makes a text Chinese
HEAVY = 1.5  # weight of an item whose words count by themselves
_HAN = regex("[一-鿿]")
# An amount, a medicine or a leave that is nowhere said makes a claim unsupported, however much else of it is said.
HARD = frozenset({"no_amount", "no_stance", "no_drug"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the differences behind it, and the units that carry the claim or come nearest to it."""

    verdict: Verdict
    faults: tuple[Fault, ...]
    places: tuple[Place, ...]


def says_something(tokens: Sequence[Token]) -> bool:
    """Whether tokens say what they are about: a word, a name or a quantity, not a mere `may` or `must not`."""
    return any(t.weight and t.kind not in (STANCE, SELF, LIGHT) for t in tokens)


def judged(reading: Reading, sources: Sequence[SourceReading]) -> Judgement:
    """The verdict on a claim that cites the sources."""
    found: list[Fault] = []
    at: list[Place] = []
    for statement in statements_of(reading) if says_something(reading.tokens) else ():
        at += _of_statement(statement, reading, sources, found)
        found += allowed(statement, reading.folded.text, sources)
    found += _unknown_diseases(reading, sources)
    found = list(dict.fromkeys(found))
    carried = _carried(reading, sources) if at else 0.0
    return Judgement(_verdict(found, carried), tuple(found), tuple(at))


def _of_statement(
    statement: Sequence[Token], reading: Reading, sources: Sequence[SourceReading], found: list[Fault]
) -> list[Place]:
    """Where a sentence of the claim stands; its differences are added to `found`."""
    text = reading.folded.text
    whole = likeness_to_all(statement, text, sources)
    clauses = clauses_of(statement)
    at: list[Place] = []
    repeated = _repeated(statement, text, sources, whole)
    if repeated is not None:
        place, words = repeated
        inside = [clause for clause in clauses if not _is_added(clause, words)]
        told = [t for clause in inside for t in clause.tokens]
        if len(inside) < len(clauses):
            words = _worded(told, text, place.unit)
        found += reworded(told, words.changes, text, place, _elsewhere(reading, place, sources))
        found += (*misplaced(told, place.unit.held.tokens, place.source.subject), *widened(told, place.unit.held.tokens))
        found += (*rebased(told, place.unit.held.tokens), *rejoined(told, place.unit.held.tokens))
        found += exchanged(told, place.unit.held.tokens, f"{text}\n{place.unit.held.text}")
        at = [place]
        clauses = [clause for clause in clauses if clause not in inside]
    if clauses:
        at += _by_clauses(clauses, reading, sources, whole, found)
        found += _unsaid(clauses, reading, sources)
    found += _turned_round(statement, text, at)
    return at


def _turned_round(statement: Sequence[Token], text: str, at: Sequence[Place]) -> list[Fault]:
    """What a sentence of the claim drops of the conditions, and exchanges of the parts, of the sentences that carry it."""
    begin, end = statement[0].start, statement[-1].end
    said = text[begin:end]
    tokens = [replace(t, start=t.start - begin, end=t.end - begin) for t in statement]
    found: list[Fault] = []
    for place in {id(place.unit): place for place in at}.values():
        held = place.unit.held
        found += (*conditions_dropped(said, held.text), *made_exclusive(said, (held.text, place.unit.lead.text)))
        found += denied_instead(Stretch(tuple(tokens), said), Stretch.of(held.tokens, held.text, place.unit.begin))
        found += made_certain(tokens, held.tokens)
        found += reversed_roles(tokens, said, held.tokens, place.unit.begin, held.text, place.source.subject)
    return found


def _verdict(found: Sequence[Fault], carried: float) -> Verdict:
    against = [fault for fault in found if fault.against]
    if against and (carried >= CARRIED or any(fault.name == "drug" for fault in against)):
        return Verdict.CONTRADICTED
    if carried < CARRIED or any(fault.name in HARD for fault in found):
        return Verdict.UNSUPPORTED
    return Verdict.PARTIAL if found else Verdict.SUPPORTED


def _repeated(
    tokens: Sequence[Token], text: str, sources: Sequence[SourceReading], whole: dict[int, float]
) -> tuple[Place, Wording] | None:
    """The sentence that the tokens repeat, and how; None where they repeat none."""
    units = [(whole.get(id(unit), 0.0), source, unit) for source in sources for unit in source.units]
    units.sort(key=lambda item: -item[0])
    tried = [(_worded(tokens, text, unit), source, unit) for score, source, unit in units[:TRIED] if score > 0]
    if not tried:
        return None
    words, source, unit = max(tried, key=lambda item: (item[0].share, -_left(item[0])))
    return (Place(source, unit, words.share), words) if words.share >= REPEATS else None


def _worded(tokens: Sequence[Token], text: str, unit: Unit) -> Wording:
    """How the tokens repeat the clauses of the unit that carry them, or all of it where that tells much more."""
    whole = wording(tokens, unit.held.tokens)
    part = wording(tokens, reach(unit, region(Clause(tuple(tokens)), text, unit)))
    return part if part.share >= PART * whole.share else whole


def _is_added(clause: Clause, words: Wording) -> bool:
    """Whether a clause is not in the sentence, nor in the place of something else there: it comes from elsewhere."""
    own = {id(t): t.weight for t in clause.tokens}
    total = sum(own.values())
    changed = [(c, sum(own.get(id(t), 0.0) for t in c.claimed)) for c in words.changes]
    new = sum(weight for _, weight in changed)
    if total < MIN_ADDED or total - new >= BELONGS * total:
        return False
    return all(sum(t.weight for t in c.stated) < weight / 2 for c, weight in changed if weight)


def _left(words: Wording) -> float:
    return sum(t.weight for change in words.changes for t in change.stated)


def _by_clauses(
    clauses: Sequence[Clause], reading: Reading, sources: Sequence[SourceReading], whole: dict[int, float], found: list[Fault]
) -> list[Place]:
    """Where the clauses stand; their differences are added to `found`."""
    text = reading.folded.text
    at: dict[int, tuple[Place, list[Clause], list[list[Place]]]] = {}
    for clause in clauses:
        ranked = places(clause, text, sources, whole)
        if ranked and (ranked[0].score > 0 or any(t.amount or t.name or t.kind == STANCE for t in clause.tokens)):
            entry = at.setdefault(id(ranked[0].unit), (ranked[0], [], []))
            entry[1].append(clause)
            entry[2].append(ranked)
    for place, some, rankings in at.values():
        tokens = [t for clause in some for t in clause.tokens]
        found += (*misplaced(tokens, place.unit.held.tokens, place.source.subject), *widened(tokens, place.unit.held.tokens))
        found += (*rebased(tokens, place.unit.held.tokens), *rejoined(tokens, place.unit.held.tokens))
        found += exchanged(tokens, place.unit.held.tokens, f"{text}\n{place.unit.held.text}")
        words = _worded(tokens, text, place.unit)
        if words.share >= REPEATS:
            found += reworded(tokens, words.changes, text, place, _elsewhere(reading, place, sources))
        else:
            firm = any(t.kind == STANCE and t.key in NEGATIVE for t in tokens)  # said in one clause, it is said of all
            for clause, ranked in zip(some, rankings, strict=True):
                found += [fault for fault in faults(clause, text, ranked) if not (firm and fault.name == "dropped")]
    return [place for place, _, _ in at.values()]


def _elsewhere(
    reading: Reading, place: Place, sources: Sequence[SourceReading]
) -> Callable[[Sequence[Token], Sequence[Token]], bool]:
    """Whether words that a sentence lacks are other words for what it has, or stand in another sentence."""
    text = reading.folded.text

    def stands(run: Sequence[Token], stated: Sequence[Token]) -> bool:
        if stated:  # words in the place of others: the same in other words, or something else
            known = all(any(t.kind == SYNONYM for t in side) for side in (run, stated))
            written = place.source.reading.folded.text[stated[0].start : stated[-1].end]
            return not known and alike(text[run[0].start : run[-1].end], [written])
        ranked = places(Clause(tuple(run)), text, sources, {})
        best = next((other for other in ranked if other.unit is not place.unit), None)
        return best is not None and best.score >= STANDS and not faults(Clause(tuple(run)), text, [best])

    return stands


def _held(token: Token, unit: Unit, source: SourceReading, text: str) -> float:
    if (
        (token.name and not token.name.keys.isdisjoint(source.subject))
        or is_implied(token, unit.held, ())
        or ((token.kind, token.key) == TREATS and is_indicated(unit))
    ):
        return 1.0
    return max(holds(token, unit.held, text), holds(token, unit.lead, text))


def _content(tokens: Sequence[Token]) -> list[Token]:
    return [t for t in tokens if t.weight and t.kind not in (AMOUNT, SELF, LIGHT, "stance")]


def _is_translated(text: str, sources: Sequence[SourceReading]) -> bool:
    """Whether the claim is Chinese and no source is, or the other way round: then only known words can be compared."""
    chinese = _HAN.search(text) is not None
    return all((len(_HAN.findall(s.whole.text)) * MOSTLY > len(s.whole.text)) is not chinese for s in sources)


def _carried(reading: Reading, sources: Sequence[SourceReading]) -> float:
    """How much of the claim's words the sources hold anywhere."""
    text = reading.folded.text
    subject = frozenset[str]().union(*(s.subject for s in sources))  # whose label it is says nothing of what it says
    content = [t for t in _content(reading.tokens) if not t.name or t.name.keys.isdisjoint(subject)]
    if _is_translated(text, sources):
        content = [t for t in content if t.kind not in (HAN, WORD)]
    total = sum(t.weight for t in content)
    if not total:
        return 1.0
    return sum(t.weight * max(_in_source(t, s, text) for s in sources) for t in content) / total


def _in_source(token: Token, source: SourceReading, text: str) -> float:
    if (token.name and not token.name.keys.isdisjoint(source.subject)) or is_implied(token, source.whole, ()):
        return 1.0
    return max(holds(token, source.whole, text), holds(token, source.around, text))


def _unsaid(clauses: Sequence[Clause], reading: Reading, sources: Sequence[SourceReading]) -> list[Fault]:
    """The list items of the clauses that no sentence holds."""
    text = reading.folded.text
    translated = _is_translated(text, sources)
    items: dict[int, list[Token]] = {}
    for token in _content([t for clause in clauses for t in clause.tokens]):
        items.setdefault(token.item, []).append(token)
    found = []
    for item in items.values():
        weight = sum(t.weight for t in item)
        if weight < HEAVY:
            continue
        held = [[_held(t, unit, s, text) for t in item] for s in sources for unit in s.units]
        best = max(
            held,
            key=lambda shares: sum(t.weight * share for t, share in zip(item, shares, strict=True)),
            default=[0.0] * len(item),
        )
        for run in _runs_without(item, best, weight):
            words = text[run[0].start : run[-1].end]
            if translated and sum(t.weight for t in run) < TRANSLATED:
                continue
            if not alike(words, [part for s in sources for part in s.parts], least=ACROSS if translated else ALIKE):
                found.append(Fault("words", "", words, against=False))
    return found


def _runs_without(item: Sequence[Token], shares: Sequence[float], weight: float) -> list[list[Token]]:
    """The runs of an item's words that a sentence has not; all of them as one where it holds little of the item."""
    runs: list[list[Token]] = [[]]
    for token, share in zip(item, shares, strict=True):
        if share < 1.0:
            runs[-1].append(token)
        elif runs[-1]:
            runs.append([])
    runs = [run for run in runs if run]
    if sum(t.weight * share for t, share in zip(item, shares, strict=True)) / weight < FOUND:
        rest = [t for run in runs for t in run]
        return [rest] if sum(newness(t) for t in rest) >= HEAVY else []
    return [run for run in runs if sum(newness(t) for t in run) >= REPLACED]


def _unknown_diseases(reading: Reading, sources: Sequence[SourceReading]) -> list[Fault]:
    found = []
    text = reading.folded.text
    for name in reading.diseases:
        inside = [t for t in reading.tokens if t.start < name.end and name.start < t.end]
        known = any(same_name(name, other) for s in sources for other in s.diseases) or any(
            name.text in held.text for s in sources for held in (s.whole, s.around)
        )
        if known or (inside and all(max(_in_source(t, s, text) for s in sources) >= 1 for t in inside if t.weight)):
            continue
        if not alike(name.text, [part for s in sources for part in s.parts]):
            found.append(Fault("disease", "", name.text, against=False))
    return found
