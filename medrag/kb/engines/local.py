"""Words and vectors in the folder of a generation, which each machine has for itself: tantivy and FAISS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medrag.kb.contract import Edition, Hit, Vectors, Words
from medrag.kb.filters import Filters
from medrag.kb.vectors import Masks, VectorIndex, VectorWriter
from medrag.kb.words import WordIndex, WordWriter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from medrag.kb.contract import VectorsWriter, WordsWriter
    from medrag.kb.words import WordEntry

__all__ = ["FaissVectors", "InFolder", "TantivyWords"]

MASKS = 64  # remembered, a byte a passage each


class InFolder:
    """An engine that keeps nothing outside of the generation's folder: nothing to recover, sweep, count or close."""

    is_local = True

    def recover(self, current: Edition) -> None:
        """Nothing: a generation that was not published is removed with its folder."""

    def sweep(self, oldest: Edition) -> None:
        """Nothing: a generation that nobody holds goes as a whole."""

    def size(self) -> int:
        """Nothing outside of the folder."""
        return 0

    def close(self) -> None:
        """Nothing is held."""


class TantivyWords(InFolder):
    """Words in tantivy; see `medrag.kb.contract.WordsEngine`."""

    def open(self, folder: Path, edition: Edition) -> WordIndex:
        """The index in the folder."""
        return WordIndex(folder)

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> WordsWriter:
        """A writer over the clone in the folder, or over nothing."""
        return WordWriter(folder)


class FaissVectors(InFolder):
    """Vectors in FAISS; see `medrag.kb.contract.VectorsEngine`."""

    def open(self, folder: Path, edition: Edition, words: Words) -> Vectors:
        """The index in the folder."""
        return MaskedVectors(VectorIndex(folder, edition.dimensions), words)

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> VectorsWriter:
        """A writer over the clone in the folder, or over nothing."""
        return _Writer(VectorWriter(folder, edition.dimensions))


class MaskedVectors:
    """A vector index in a folder, filtered by what the word index of the same commit says of its passages."""

    def __init__(self, index: VectorIndex, words: Words, seen: Callable[[], NDArray[np.int64]] | None = None) -> None:
        self._whole = index
        self._words = words
        self._seen = seen
        self._masks: dict[Filters, Masks] = {}

    @cached_property
    def _index(self) -> VectorIndex:
        return self._whole if self._seen is None else self._whole.restricted(self._seen())

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self._whole.dimensions

    def search(self, query: NDArray[np.float32], k: int, only: Filters = Filters()) -> list[Hit]:
        """The k nearest passages."""
        return self._index.search(query, k, self._mask_of(only) if only else None)

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages."""
        return self._index.scores(query, ids)

    def ids(self) -> set[int]:
        """The ids of all passages that may be seen."""
        return self._index.ids()

    def restricted(self, tags: Iterable[frozenset[str]]) -> MaskedVectors:
        """The same index with the passages alone that carry one tag of each set."""
        words = self._words.restricted(tags)
        return MaskedVectors(self._whole, words, lambda: np.fromiter(words.ids(), np.int64))

    def _mask_of(self, only: Filters) -> Masks:
        """Which rows pass the filters, at least one of which restricts them."""
        wanted = [[self._mask(one) for one in part] for part in only.parts()]
        passing = [[np.logical_or.reduce(rows) for rows in zip(*masks, strict=True)] for masks in wanted]
        return tuple(np.logical_and.reduce(rows) for rows in zip(*passing, strict=True))

    def _mask(self, only: Filters) -> Masks:
        """The rows for one restriction, remembered; the word index knows them, so that both channels filter alike."""
        found = self._masks.get(only)
        if found is None:
            ids, passing = self._words.split(only)
            found = self._index.masks(ids) if passing else self._index.masks_without(ids)
            if len(self._masks) >= MASKS:
                self._masks.clear()
            self._masks[only] = found
        return found


class _Writer:
    """A writer of vectors that are filtered by what the word index says, so that the entries' ids are all it needs."""

    def __init__(self, writer: VectorWriter) -> None:
        self._writer = writer

    def add(self, entries: Sequence[WordEntry], vectors: NDArray[np.float32]) -> None:
        """Adds passages."""
        self._writer.add([entry.id for entry in entries], vectors)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages."""
        self._writer.remove(ids)

    def publish(self) -> None:
        """Writes the index to the folder."""
        self._writer.publish()
