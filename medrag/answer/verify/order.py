"""Quantities that changed places: the doses of two patients, the shares of two medicines that are listed `respectively`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from medrag.answer.verify.amounts import BARE, FREQUENCY
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.reading import Token
from medrag.answer.verify.units import DAYS_A_YEAR, TIME
from medrag.answer.verify.vocabulary import LIGHT
from medrag.answer.verify.wording import is_equal
from medrag.patterns import regex

__all__ = ["exchanged", "rejoined"]

MAX_COUNTED = 12  # quantities of a sentence whose order is compared
LISTED = 40  # characters between a name and the quantities that are listed behind it
_RELATIONS = frozenset({"per", "order", "route", "way", "act", "dosing"})  # kinds of words that name nothing
MIN_SHARED = 2  # other words of both, whose order tells whether whole clauses changed places
_IN_TURN = regex(r"分别|依次|\brespectively\b|\bin (?:that|this) order\b")


def exchanged(claim: Sequence[Token], sentence: Sequence[Token], text: str) -> Iterator[Fault]:
    """Two quantities that the claim has in the other order than the sentence, while nothing else changed places.

    `text` is the claim and the sentence as they are written, folded.
    """
    counted = [pair for pair in _shared(claim, sentence) if pair[0].amount is not None]
    if not 2 <= len(counted) <= MAX_COUNTED:
        return
    words = [pair for pair in _shared(claim, sentence) if pair[0].amount is None]
    if len(words) < MIN_SHARED or any(_inverted(one, other) for one, other in combinations(words, 2)):
        return
    in_turn = _IN_TURN.search(text) is not None
    for one, other in combinations(counted, 2):
        alike = one[0].amount and other[0].amount and one[0].amount.dimension == other[0].amount.dimension
        if (
            alike
            and _inverted(one, other)
            and (in_turn or _parted(one[1], other[1], words) or _paired(one, other, counted, words))
        ):
            yield Fault("amount", other[1].text, one[0].text, against=True)
            return


def rejoined(claim: Sequence[Token], sentence: Sequence[Token]) -> Iterator[Fault]:
    """A quantity that the claim gives for a time for which the sentence gives another: 5 mg for the 7 days of 10 mg."""
    for lasting in (t for t in claim if _lasts(t)):
        clause = [t for t in claim if t.clause == lasting.clause]
        if any(t.kind == "order" for t in clause):
            continue  # 5 mg after 7 days
        periods = {t.clause for t in sentence if is_equal(lasting, t)}
        for token in clause:
            kin = [t for t in clause if _alike(t, token)]
            there = {t.clause for t in sentence if is_equal(token, t)}
            rival = next((t for t in sentence if t.clause in periods and _alike(t, token)), None)
            if len(kin) == 1 and there and not there & periods and rival is not None and not _times(token):
                yield Fault("amount", rival.text, token.text, against=True)
                return


def _lasts(token: Token) -> bool:
    amount = token.amount
    return amount is not None and amount.dimension == TIME and 1.0 <= amount.factor < DAYS_A_YEAR and not amount.side


def _times(token: Token) -> bool:
    return token.amount is None or token.amount.dimension in (TIME, FREQUENCY, BARE)


def _alike(one: Token, other: Token) -> bool:
    return one.amount is not None and other.amount is not None and one.amount.dimension == other.amount.dimension


def _shared(claim: Sequence[Token], sentence: Sequence[Token]) -> list[tuple[Token, Token]]:
    """The tokens that stand as often in each, the claim's and the sentence's, in the claim's order; quantities just once."""
    found = []
    for token in claim:
        if not token.weight or token.kind in (LIGHT, "stance"):
            continue
        there = [t for t in sentence if is_equal(token, t)]
        here = [t for t in claim if is_equal(token, t)]
        if len(there) == len(here) and (len(here) == 1 or token.amount is None):
            found.append((token, there[next(at for at, t in enumerate(here) if t is token)]))
    return found


def _inverted(one: tuple[Token, Token], other: tuple[Token, Token]) -> bool:
    return (one[0].start < other[0].start) is not (one[1].start < other[1].start)


def _paired(
    one: tuple[Token, Token],
    other: tuple[Token, Token],
    counted: Sequence[tuple[Token, Token]],
    words: Sequence[tuple[Token, Token]],
) -> bool:
    """Whether each goes with something of its own: a quantity of another kind stands between in both, 0.125 % every other day
    or 0.06 % every day, or a name between them in the claim that the sentence lists before both, rats and mice at 500 and 250."""
    between = [pair for pair in counted if not _alike(pair[1], one[1]) and _lies(pair[0], one[0], other[0])]
    if any(_lies(pair[1], one[1], other[1]) for pair in between):
        return True
    named = [pair for pair in words if pair[0].kind not in _RELATIONS and _lies(pair[0], one[0], other[0])]
    first = min(one[1].start, other[1].start)
    listed = [pair for pair in words if pair[1].end <= first and pair[1].clause == one[1].clause]
    return any(pair in listed and first - pair[1].end <= LISTED for pair in named)


def _lies(token: Token, one: Token, other: Token) -> bool:
    first, last = sorted((one.start, other.start))
    return first < token.start < last


def _parted(one: Token, other: Token, others: Sequence[tuple[Token, Token]]) -> bool:
    """Whether a word of both stands between two quantities of the sentence: they are said of different things."""
    first, last = sorted((one.start, other.start))
    return any(first < theirs.start < last for _, theirs in others)
