"""The indexes of one generation, opened when they are first needed and held by the generation's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from medrag.errors import KnowledgeBaseError, MedRAGError, VersionError
from medrag.kb.embed import Embedder
from medrag.kb.filters import Filters
from medrag.kb.generations import Generation
from medrag.kb.names import NameIndex
from medrag.kb.similar import SimilarNames
from medrag.kb.tokens import TOKENIZER
from medrag.kb.vectors import Masks, VectorIndex
from medrag.kb.words import WordIndex
from medrag.types import EntityKind

__all__ = ["Snapshot"]

MASKS = 64  # a byte a passage each
CACHED = 512  # answers of small look-ups kept per commit
T = TypeVar("T")


class Snapshot:
    """What a reader is pinned to: words, vectors and names of one commit, and small answers that were worked out from it.

    The lock is let go when nobody refers to the snapshot any more, so a thread that still searches it is not disturbed.
    """

    def __init__(self, root: Path, commit: int, embedder: Embedder) -> None:
        self.commit = commit
        self.generation = Generation(root, commit)
        self._root = root
        self.embedder = embedder
        self._cache: dict[tuple[object, ...], object] = {}
        self._kept: dict[tuple[object, ...], object] = {}
        self._masks: dict[Filters, Masks] = {}
        self._similar: dict[frozenset[EntityKind], SimilarNames] = {}  # seconds to make, so not among the small answers

    def check(self) -> None:
        """Raises where the indexes are damaged or were cut by another release."""
        for problem in self.problems():
            kind = KnowledgeBaseError if self._tokenizer == TOKENIZER else VersionError
            raise kind(f"{self._root}: {problem}")

    def problems(self) -> Iterator[str]:
        """Why the indexes cannot be used as they are, a line each."""
        if self._tokenizer != TOKENIZER:
            yield f"cut by tokenizer {self._tokenizer!r}, this release cuts by {TOKENIZER!r}: run `medrag reindex`"
        yield from self.generation.damage()

    @property
    def _tokenizer(self) -> object:
        return self.generation.manifest.get("tokenizer", TOKENIZER)

    @cached_property
    def words(self) -> WordIndex:
        """The word index."""
        return self._open("words", WordIndex)

    @cached_property
    def names(self) -> NameIndex:
        """The names that are found in text."""
        return self._open("names", NameIndex)

    @cached_property
    def vectors(self) -> VectorIndex:
        """The vector index."""
        return self._open("vectors", lambda folder: VectorIndex(folder, self.embedder.dimensions))

    def masks(self, only: Filters) -> Masks:
        """Which rows of the vectors pass the filters, at least one of which restricts them."""
        wanted = [[self._mask(one) for one in part] for part in only.parts()]
        passing = [[np.logical_or.reduce(rows) for rows in zip(*masks, strict=True)] for masks in wanted]
        return tuple(np.logical_and.reduce(rows) for rows in zip(*passing, strict=True))

    def _mask(self, only: Filters) -> Masks:
        """The rows for one restriction, remembered; the word index knows them, so that both channels filter alike."""
        found = self._masks.get(only)
        if found is None:
            found = self.vectors.masks(np.fromiter(self.words.ids(only), np.int64))
            if len(self._masks) >= MASKS:
                self._masks.clear()
            self._masks[only] = found
        return found

    def similar(self, kinds: frozenset[EntityKind], names: Callable[[], list[str]]) -> SimilarNames:
        """The names of some kinds, ready for comparing; made when they are first asked for."""
        if kinds not in self._similar:
            wording = next(iter(kinds)) if len(kinds) == 1 else EntityKind.THING
            self._similar[kinds] = SimilarNames(names(), wording)
        return self._similar[kinds]

    def _open(self, name: str, open_: Callable[[Path], T]) -> T:
        try:
            return open_(self.generation.path / name)
        except MedRAGError:
            raise
        except Exception as error:  # each of the libraries has its own kinds for a damaged file
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise KnowledgeBaseError(f"{self._root}: {name} cannot be opened ({reason[:120]}): run `medrag reindex`") from error

    def kept(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` returns, kept as long as this commit is read: few things that take long to make."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]  # stored under its own key

    def cached(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` returns, remembered for this commit; several threads may ask at once."""
        found = self._cache.get(key)
        if found is None:
            found = make()
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found  # type: ignore[return-value]  # stored under its own key
