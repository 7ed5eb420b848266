"""For whom a sentence says what: a dose of children is none of adults, and what is rare is not common.

A quantity, a stance or an effect is governed by the patients, organs, medicines or frequencies of its own clause, else by
those of the clause before it in the same sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medrag.answer.verify.amounts import BARE, FREQUENCY
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.reading import AMOUNT, DRUG, WORD, Token
from medrag.answer.verify.stance import NEGATIVE, STANCE
from medrag.answer.verify.units import DAYS_A_YEAR, TIME
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM
from medrag.answer.verify.wording import is_equal

__all__ = ["misplaced", "rebased", "widened"]

# What governs, and what it governs.
_DEGREES = frozenset({"degree", "acute"})
_AGE = "age"
PER_GAP = 6  # characters between a quantity and what it is per: 每周加至2g
GAP = 2  # characters between a degree and what it is of
_CONTENT = frozenset({SYNONYM, WORD})
_BAND = "band"  # of weights or clearances: over 30 kg, under 30 ml/min
_KILOGRAM = 1e6  # mg
_GOVERNED: dict[str, frozenset[str]] = {
    "people": frozenset({AMOUNT, STANCE}),
    "failing": frozenset({AMOUNT, STANCE}),
    DRUG: frozenset({"way", "doing", "bearing"}),
    "often": _CONTENT,
    _BAND: frozenset({AMOUNT}),
}


def misplaced(claim: Sequence[Token], sentence: Sequence[Token], subject: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """What the claim says of one patient, medicine or frequency and the sentence of another only.

    `subject` are the names of the label's own medicine, which a sentence need not name.
    """
    for kind, governed in _GOVERNED.items():
        ours, theirs = _governors(claim, kind), _with_common(_governors(sentence, kind), sentence)
        if not ours or not theirs:
            continue
        for token in claim:
            if kind == _BAND and (_is_band(token) or (token.amount and token.amount.dimension in (TIME, FREQUENCY))):
                continue
            if token.kind not in governed or not token.weight or (token.kind == STANCE and token.key not in NEGATIVE):
                continue
            mine = ours.get(token.clause, [])
            if kind == DRUG and _of_subject(mine, subject) and not any(_of_subject(g, subject) for g in theirs.values()):
                continue
            same = [theirs.get(t.clause, []) for t in sentence if is_equal(token, t)]
            if mine and same and all(group and not _meet(mine, group) for group in same):
                yield Fault("meaning", same[0][0].text, mine[0].text, against=True)
                break


def rebased(claim: Sequence[Token], sentence: Sequence[Token]) -> Iterator[Fault]:
    """A quantity that the claim gives per day, dose or week and the sentence per another of these; once daily they are one."""
    if any(t.amount and t.amount.dimension == FREQUENCY and t.amount.low <= 1.0 for t in (*claim, *sentence)):
        return
    for token in claim:
        mine = _per(token, claim)
        if mine is None:
            continue
        theirs = [_per(t, sentence) for t in sentence if is_equal(token, t)]
        if theirs and all(one is not None and one.key != mine.key for one in theirs):
            yield Fault("meaning", (theirs[0] or mine).text, mine.text, against=True)
            return


def _per(token: Token, tokens: Sequence[Token]) -> Token | None:
    """What a quantity that is no time is per: the word right before or after it; None where it is not said, or twice."""
    if token.amount is None or token.amount.dimension in (TIME, FREQUENCY, BARE):
        return None
    beside = [t for t in tokens if t.clause == token.clause and (t.kind == "per" or t.amount is not None)]
    before = next((t for t in reversed(beside) if t.end <= token.start), None)
    after = next((t for t in beside if t.start >= token.end), None)
    near = [t for t in (before,) if t and t.kind == "per" and token.start - t.end <= PER_GAP]
    near += [t for t in (after,) if t and t.kind == "per" and t.start - token.end <= GAP]
    return near[0] if len({t.key for t in near}) == 1 else None


def widened(claim: Sequence[Token], sentence: Sequence[Token]) -> Iterator[Fault]:
    """What the sentence forbids or doses for some only, and the claim for all: severe illness, children under 4."""
    qualified = {t.kind for t in claim if t.kind in _DEGREES} | (
        {_AGE} if any(_is_age(t) or _is_bounded(t) for t in claim) else set()
    )
    held = [t for t in claim if t.kind == STANCE or t.amount is not None]
    for token in claim:
        if token.kind not in ("people", "failing", SYNONYM):
            continue
        narrow = [_qualifier(t, sentence) for t in sentence if is_equal(token, t) and _says(held, t.clause, sentence)]
        if narrow and all(q is not None and (_AGE if q.amount else q.kind) not in qualified for q in narrow):
            yield Fault("dropped", (narrow[0] or token).text, "", against=False)
            return


def _qualifier(token: Token, sentence: Sequence[Token]) -> Token | None:
    """What narrows a word of the sentence: the degree right before it, or for patients the age in its clause."""
    before = next((t for t in reversed(sentence) if t.end <= token.start and t.kind != LIGHT), None)
    if before is not None and before.clause == token.clause and before.kind in _DEGREES and token.start - before.end <= GAP:
        return before
    if token.kind != "people":
        return None
    return next((t for t in sentence if t.clause == token.clause and _is_age(t)), None)


def _says(held: Sequence[Token], clause: int, sentence: Sequence[Token]) -> bool:
    """Whether a clause of the sentence takes a stance of the claim that forbids, or gives one of its quantities."""
    return any(
        t.clause == clause and is_equal(one, t) and (t.amount is not None or t.key in NEGATIVE)
        for one in held
        for t in sentence
    )


def _governors(tokens: Sequence[Token], kind: str) -> dict[int, list[Token]]:
    """What governs each clause: its own words of the kind, else those of the clause before."""
    own: dict[int, list[Token]] = {}
    for token in tokens:
        own.setdefault(token.clause, [])
        if token.kind == kind or (kind == "people" and _is_age(token)) or (kind == _BAND and _is_band(token)):
            own[token.clause].append(token)
    if not any(own.values()):
        return {}
    last: list[Token] = []
    for clause in sorted(own):
        last = own[clause] = own[clause] or last
    return own


def _of_subject(tokens: Sequence[Token], subject: frozenset[str]) -> bool:
    return any(t.name is not None and not t.name.keys.isdisjoint(subject) for t in tokens)


def _with_common(groups: dict[int, list[Token]], sentence: Sequence[Token]) -> dict[int, list[Token]]:
    """The governors, where a last clause gives nothing but how often with those of all clauses: 5 g, 10 g; three times a day."""
    last = max(groups, default=-1)
    inside = [t for t in sentence if t.clause == last]
    counts = [t for t in inside if t.amount is not None]
    if last < 0 or not counts or any(t.amount and t.amount.dimension != FREQUENCY for t in counts):
        return groups
    if any(t in groups[last] for t in inside):
        return groups  # it has governors of its own
    return {**groups, last: list({id(t): t for group in groups.values() for t in group}.values())}


def _is_age(token: Token) -> bool:
    return token.amount is not None and token.amount.dimension == TIME and token.amount.factor == DAYS_A_YEAR


def _is_band(token: Token) -> bool:
    amount = token.amount
    if amount is None or not amount.bound:
        return False
    return (amount.dimension == "mg" and amount.factor == _KILOGRAM) or amount.dimension == f"ml/{TIME}"


def _is_bounded(token: Token) -> bool:
    """Whether it is a bounded number without unit, which for patients is an age: younger than 12."""
    return token.amount is not None and token.amount.dimension == BARE and bool(token.amount.bound)


def _meet(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether two groups of governors have one in common; an age and a word for patients may mean the same."""
    words, others = ([t for t in group if not _is_age(t)] for group in (ours, theirs))
    if not words or not others:
        words, others = ([t for t in group if _is_age(t)] for group in (ours, theirs))
    return not words or not others or any(is_equal(one, other) or _is_within(one, other) for one in words for other in others)


def _is_within(one: Token, other: Token) -> bool:
    """Whether an age lies in a range of ages: 4 years in 3 to 6 years."""
    mine, theirs = one.amount, other.amount
    if mine is None or theirs is None or mine.bound or theirs.bound:
        return False
    return mine.low == mine.high and theirs.low <= mine.low <= theirs.high
