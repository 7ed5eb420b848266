"""A claim held against one sentence of its source, word for word: what stands in the place of what.

Where a claim repeats a sentence almost letter for letter, what was changed in it shows by its place: a number that the
sentence has elsewhere is still wrong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from medrag.answer.verify.amounts import Fit, fit
from medrag.answer.verify.names import same_name
from medrag.answer.verify.reading import AMOUNT, DRUG, HAN, SELF, WORD, Token
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM

__all__ = ["NEAR", "Change", "Wording", "is_equal", "wording"]

MAX_TOKENS = 400  # of a side; longer rows are compared as bags of words alone

NEAR = 1  # clauses that a lone negation may move

Key = tuple[str, object]
Opcode = tuple[str, int, int, int, int]  # as SequenceMatcher gives it


@dataclass(frozen=True, slots=True)
class Change:
    """Tokens of the sentence, and the tokens of the claim that stand in their place; either may be empty.

    `clause` is the clause of the sentence that goes on after them.
    """

    stated: tuple[Token, ...]
    claimed: tuple[Token, ...]
    clause: int = -1


@dataclass(frozen=True, slots=True)
class Wording:
    """How a claim repeats a sentence: the share of the claim (0 to 1) that it has in its order, and what was changed."""

    share: float
    changes: tuple[Change, ...]


def wording(claim: Sequence[Token], sentence: Sequence[Token]) -> Wording:
    """The claim held against the sentence. Tokens that only moved are no change: each is taken out of both sides."""
    ours, theirs = _compared(claim), _compared(sentence)
    total = _weight(ours)
    if not total or not theirs or len(ours) > MAX_TOKENS or len(theirs) > MAX_TOKENS:
        return Wording(0.0, ())
    mine, yours = _keys(ours, theirs)
    blocks = SequenceMatcher(None, yours, mine, autojunk=False).get_opcodes()
    same = sum(_weight(ours[j1:j2]) for tag, _, _, j1, j2 in blocks if tag == "equal")
    found = [
        Change(tuple(theirs[i1:i2]), tuple(ours[j1:j2]), theirs[min(i2, len(theirs) - 1)].clause)
        for tag, i1, i2, j1, j2 in blocks
        if tag != "equal"
    ]
    return Wording(same / total, (*_but_moved(found), *_skipped(blocks, theirs, ours)))


def _compared(tokens: Sequence[Token]) -> list[Token]:
    return [t for t in tokens if t.kind not in (LIGHT, SELF) and (t.weight or t.kind == "stance")]


def _weight(tokens: Sequence[Token]) -> float:
    return sum(t.weight for t in tokens)


def _keys(ours: Sequence[Token], theirs: Sequence[Token]) -> tuple[list[Key], list[Key]]:
    """What must be equal of each token: of quantities and names, the first one of either side that is the same."""
    known: list[tuple[Token, Key]] = []
    result: tuple[list[Key], list[Key]] = ([], [])
    for side, tokens in enumerate((ours, theirs)):
        for token in tokens:
            if token.kind not in (AMOUNT, DRUG):
                result[side].append((token.kind, token.key))
                continue
            key = next((key for other, key in known if _is_same(token, other)), None)
            if key is None:
                key = (token.kind, len(known))
                known.append((token, key))
            result[side].append(key)
    return result


def _is_same(one: Token, other: Token) -> bool:
    if one.amount is not None and other.amount is not None:
        return fit(one.amount, other.amount) is Fit.SAME
    return one.name is not None and other.name is not None and same_name(one.name, other.name)


def is_equal(one: Token, other: Token) -> bool:
    """Whether two tokens say the same."""
    if one.kind in (AMOUNT, DRUG):
        return _is_same(one, other)
    return (one.kind, one.key) == (other.kind, other.key)


def _but_moved(found: Sequence[Change]) -> Iterator[Change]:
    """The changes without the tokens that were taken from one place and put at another."""
    gone = [t for change in found for t in change.stated]
    come = [(t, change) for change in found for t in change.claimed if not _swapped(t, change)]
    moved: set[int] = set()
    for token, change in come:
        match = next((t for t in gone if id(t) not in moved and is_equal(token, t) and _may_move(t, change)), None)
        if match is not None:
            moved.update((id(token), id(match)))
    for change in found:
        stated = tuple(t for t in change.stated if id(t) not in moved)
        claimed = tuple(t for t in change.claimed if id(t) not in moved)
        if stated or claimed:
            yield Change(stated, claimed, change.clause)


def _may_move(token: Token, change: Change) -> bool:
    """Whether a token of the sentence may stand where the change is: a negation not far from what it denies."""
    alone = sum(t.weight for t in change.claimed) <= token.weight
    return token.kind != "stance" or not alone or abs(token.clause - change.clause) <= NEAR


def _swapped(token: Token, change: Change) -> bool:
    """Whether a quantity, a patient or a name stands in the place of another: two doses that changed places are both wrong."""
    if token.kind in _PLAIN:
        return False
    if token.amount is None:
        return any(t.kind == token.kind and not is_equal(token, t) for t in change.stated)
    return any(t.amount is not None and t.amount.dimension == token.amount.dimension for t in change.stated)


def _is_other(one: Token, other: Token) -> bool:
    """Whether two tokens are different quantities of one dimension; 25 °C after 77 °F is none."""
    if one.amount is None or other.amount is None or one.amount.dimension != other.amount.dimension:
        return False
    return fit(one.amount, other.amount) in (Fit.OTHER, Fit.INSIDE)


def _skipped(blocks: Sequence[Opcode], theirs: Sequence[Token], ours: Sequence[Token]) -> Iterator[Change]:
    """Quantities that the claim took from further on in the sentence, past another of their kind, or set before words of others.

    Of `twice for adults, once for children` the claim `once for adults`, of `5% on drug and 1% on placebo` `5% on placebo`.
    """
    for (tag, i1, i2, _, _), (after, _, _, j1, _) in pairwise(blocks):
        if tag != "delete" or after != "equal" or j1 == 0:
            continue
        gap, first, last = theirs[i1:i2], ours[j1 - 1], ours[j1]
        within = i1 > 0 and theirs[i1 - 1].clause == theirs[i2].clause
        for token in (last, first) if within else (last,):
            passed = [t for t in gap if _is_other(token, t)]
            if passed:
                yield Change(tuple(passed), (token,))
                break


_PLAIN = frozenset({HAN, WORD, SYNONYM})
