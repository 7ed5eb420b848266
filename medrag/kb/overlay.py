"""Indexes as they were on a day, over engines that keep one index for all: the whole one, some passages out, some others in.

What comes in is a small index of this machine's; what goes out is passed over. So an engine need know nothing of days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medrag.kb.bm25 import Statistics, best_first
from medrag.kb.contract import Counting, Edition, Hit, Vectors, VectorsEngine, VectorsWriter, Words, WordsEngine, WordsWriter
from medrag.kb.engines.local import InFolder
from medrag.kb.filters import Filters
from medrag.kb.shelves import LOCAL, Shelves
from medrag.kb.tokens import token_hash, token_hashes

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["exchanged_shelves"]


def exchanged_shelves(shelves: Shelves, gone: frozenset[int]) -> Shelves:
    """The shelves of a day: `gone` are the passages of the whole indexes that are passed over."""
    words, vectors = shelves.words, shelves.vectors
    return Shelves(
        words if words.is_local else _ExchangedWordsEngine(words, gone),
        vectors if vectors.is_local else _ExchangedEngine(vectors, gone),
    )


class _ExchangedWordsEngine(InFolder):
    """Words of a day."""

    def __init__(self, whole: WordsEngine, gone: frozenset[int]) -> None:
        self._whole = whole
        self._gone = gone

    def open(self, folder: Path, edition: Edition) -> Words:
        """The whole index without what is gone, and the folder's with what came."""
        whole = self._whole.open(folder, edition)
        return _ExchangedWords(whole, LOCAL.words.open(folder, edition), _Gone(whole, whole, self._gone))

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> WordsWriter:
        """Writes what comes in."""
        return LOCAL.words.writer(folder, before, edition, connection)


class _Gone:
    """The passages of an index that are to count no more, as numbers below zero."""

    def __init__(self, whole: Words, seen: Words, ids: frozenset[int]) -> None:
        self.ids = ids
        self._whole = whole
        self._seen = seen

    def restricted(self, seen: Words) -> _Gone:
        """The same, counting those that may be seen; as everywhere, the average length stays that of all."""
        view = _Gone(self._whole, seen, self.ids)
        view.__dict__["statistics"] = self.statistics
        return view

    @cached_property
    def statistics(self) -> Statistics:
        """What is to be taken off the statistics of the whole."""
        passages, length, counted = _counted(self._whole, self.ids)
        hashes = np.fromiter(counted.keys(), np.uint32, len(counted))
        order = np.argsort(hashes)
        counts = np.fromiter(counted.values(), np.int64, len(counted))
        return Statistics(-passages, -length, hashes[order], -counts[order])

    @cached_property
    def _off(self) -> tuple[int, dict[int, int]]:
        if self._seen is self._whole:
            return self.statistics.passages, {}
        passages, _, counted = _counted(self._seen, self.ids)
        return -passages, {hashed: -count for hashed, count in counted.items()}

    @property
    def total(self) -> int:
        """How many are to be taken off."""
        return self._off[0]

    def frequency(self, token: str) -> int:
        """How many with the token are to be taken off."""
        hashed = token_hash(token)
        return self.statistics.frequency(hashed) if self._seen is self._whole else self._off[1].get(hashed, 0)


def _counted(words: Words, ids: Iterable[int]) -> tuple[int, int, Counter[int]]:
    """Of some passages in an index: how many are there, their tokens, and in how many each token stands."""
    passages = length = 0
    counted: Counter[int] = Counter()
    for tokens in words.tokens_of(ids):
        passages, length = passages + 1, length + len(tokens)
        counted.update(set(token_hashes(tokens)))
    return passages, length, counted


class _ExchangedWords:
    """A word index without some passages, together with another; see `medrag.kb.contract.Words`."""

    def __init__(self, whole: Words, come: Words, gone: _Gone, others: tuple[Counting, ...] = ()) -> None:
        self._parts = whole, come
        self._gone = gone
        self._whole = whole.beside([come, gone, *others])
        self._come = come.beside([whole, gone, *others])

    @cached_property
    def statistics(self) -> Statistics:
        """The whole's without what is gone and with what came."""
        found = self._parts[0].statistics
        for one in (self._gone.statistics, self._parts[1].statistics):
            delta = dict(zip(one.hashes.tolist(), one.counts.tolist(), strict=True))
            found = found.changed(one.passages, one.length, delta)
        return found

    @property
    def total(self) -> int:
        """How many passages there are that may be seen."""
        return self._whole.total

    def frequency(self, token: str) -> int:
        """In how many passages that may be seen a token stands."""
        return self._whole.frequency(token)

    def knows(self, token: str) -> bool:
        """Whether a search token stands in passages."""
        return self._whole.knows(token)

    def weights_of(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question."""
        return self._whole.weights_of(text)

    def search(self, text: str, k: int, only: Filters) -> list[Hit]:
        """The k best of both."""
        found = [*self._left(text, k, only), *self._come.search(text, k, only)]
        return sorted(found, key=best_first)[: max(k, 0)]

    def _left(self, text: str, k: int, only: Filters) -> Sequence[Hit]:
        return _without(self._gone.ids, k, lambda most: self._whole.search(text, most, only))

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage."""
        return next(self.tokens_of([passage_id]), None)

    def tokens_of(self, ids: Iterable[int]) -> Iterator[list[str]]:
        """The tokens of each of some passages."""
        asked = set(ids)
        yield from self._come.tokens_of(asked)
        yield from self._whole.tokens_of(asked - self._gone.ids)

    def ids(self, only: Filters = Filters()) -> set[int]:
        """The ids of all passages that may be seen and pass the filters."""
        return (self._whole.ids(only) - self._gone.ids) | self._come.ids(only)

    def split(self, only: Filters) -> tuple[NDArray[np.int64], bool]:
        """The ids of the passages that pass the filters, and True."""
        return np.fromiter(self.ids(only), np.int64), True

    def restricted(self, tags: Iterable[frozenset[str]]) -> _ExchangedWords:
        """The same with the passages alone that carry one tag of each set."""
        sets = tuple(tags)
        whole, come = (one.restricted(sets) for one in self._parts)
        return _ExchangedWords(whole, come, self._gone.restricted(whole))

    def beside(self, others: Iterable[Counting]) -> _ExchangedWords:
        """The same, weighing words as they stand in it and in the others together."""
        return _ExchangedWords(*self._parts, self._gone, tuple(others))


def _without(gone: frozenset[int], k: int, search: Callable[[int], Sequence[Hit]]) -> Sequence[Hit]:
    """The k best that are not gone, asked for more where some are."""
    most = k
    while True:
        found = search(most)
        kept = [hit for hit in found if hit[0] not in gone]
        if len(kept) >= k or len(found) < most:
            return kept[:k]
        most *= 2


class _ExchangedEngine(InFolder):
    """Vectors of a day."""

    def __init__(self, whole: VectorsEngine, gone: frozenset[int]) -> None:
        self._whole = whole
        self._gone = gone

    def open(self, folder: Path, edition: Edition, words: Words) -> Vectors:
        """The whole index without what is gone, and the folder's with what came."""
        return _Exchanged(self._whole.open(folder, edition, words), self._gone, LOCAL.vectors.open(folder, edition, words))

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> VectorsWriter:
        """Writes what comes in."""
        return LOCAL.vectors.writer(folder, before, edition, connection)


class _Exchanged:
    """A vector index without some passages, together with another; see `medrag.kb.contract.Vectors`."""

    def __init__(self, whole: Vectors, gone: frozenset[int], come: Vectors) -> None:
        self._whole, self._gone, self._come = whole, gone, come

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self._whole.dimensions

    def search(self, query: NDArray[np.float32], k: int, only: Filters = Filters()) -> list[Hit]:
        """The k nearest of both."""
        found = [*self._left(query, k, only), *self._come.search(query, k, only)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _left(self, query: NDArray[np.float32], k: int, only: Filters) -> Sequence[Hit]:
        return _without(self._gone, k, lambda most: self._whole.search(query, most, only))

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages."""
        gone = np.fromiter((int(i) in self._gone for i in ids), np.bool_, len(ids))
        found: NDArray[np.float32] = np.where(gone, self._come.scores(query, ids), self._whole.scores(query, ids))
        return found

    def ids(self) -> set[int]:
        """The ids of all passages that may be seen."""
        return (self._whole.ids() - self._gone) | self._come.ids()

    def restricted(self, tags: Iterable[frozenset[str]]) -> _Exchanged:
        """The same with the passages alone that carry one tag of each set."""
        sets = tuple(tags)
        return _Exchanged(self._whole.restricted(sets), self._gone, self._come.restricted(sets))
