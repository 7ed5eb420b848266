"""How much evidence and history fits into a model's token budget, found with few counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medrag.answer.prompt.layout import Piece, cut_places, first_cut_places
from medrag.errors import QuestionError

__all__ = ["Amount", "fitted"]

HISTORY_SHARE = 0.25  # of the room that rules and question leave, where not everything fits


@dataclass(frozen=True, slots=True)
class Amount:
    """How much a prompt shows: the first `whole` pieces, the next one up to `part` of its document (0: nothing of it), and
    the latest `exchanges`."""

    whole: int
    part: int
    exchanges: int


def fitted(pieces: Sequence[Piece], exchanges: int, limit: int, count: Callable[[Amount], int]) -> Amount:
    """The most that fits into `limit` tokens; `count` says how many an amount takes.

    It is called some 5 + log2 of the exchanges, pieces and sentences. Raises `QuestionError` where nothing of the best piece fits.
    """
    everything = Amount(len(pieces), 0, exchanges)
    if count(everything) <= limit:
        return everything
    bare = count(Amount(0, 0, 0))
    if bare > limit:
        raise QuestionError(
            f"the question and the rules of answering take {bare} tokens, and the model reads {limit}: "
            "ask a shorter question, or use a model that reads more"
        )
    share = bare + int((limit - bare) * HISTORY_SHARE)
    told = most(exchanges, lambda latest: count(Amount(0, 0, latest)) <= share)
    for latest in dict.fromkeys((told, 0)):
        found = _evidence(pieces, latest, lambda amount: count(amount) <= limit)
        if found is not None or not pieces:
            return found or Amount(0, 0, latest)
    raise QuestionError(
        f"the question and the rules of answering take {bare} of the {limit} tokens that the model reads, which leaves no room "
        "for evidence: ask a shorter question, or use a model that reads more"
    )


def _evidence(pieces: Sequence[Piece], latest: int, fits: Callable[[Amount], bool]) -> Amount | None:
    """The most evidence that fits beside the latest exchanges; None where not even the beginning of the best piece does."""
    whole = most(len(pieces), lambda number: fits(Amount(number, 0, latest)))
    if whole == len(pieces):
        return Amount(whole, 0, latest) if pieces else None
    following = pieces[whole]
    places = cut_places(following)[:-1] if following.evidence.passage is not None else []
    part = _longest(places, lambda end: fits(Amount(whole, end, latest)))
    if not part and not whole:
        part = _longest(first_cut_places(following), lambda end: fits(Amount(0, end, latest)))
    return Amount(whole, part, latest) if whole or part else None


def _longest(places: Sequence[int], fits: Callable[[int], bool]) -> int:
    """The last of the places that fits, 0 where none does."""
    number = most(len(places), lambda number: fits(places[number - 1]))
    return places[number - 1] if number else 0


def most(high: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `high` that fits, where all below one that fits do; 0 is not tried."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
