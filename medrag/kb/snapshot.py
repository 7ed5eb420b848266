"""The indexes of one generation, opened when they are first needed and held by the generation's lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from copy import copy
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError, MedRAGError, VersionError
from medrag.kb.contract import Edition, Vectors, Words
from medrag.kb.embed import Embedder
from medrag.kb.engines.database import Access
from medrag.kb.generations import Generation, GenerationGoneError
from medrag.kb.linking import Meanings
from medrag.kb.names import NameIndex
from medrag.kb.passages import Texts
from medrag.kb.shelves import LOCAL, Shelves
from medrag.kb.similar import SimilarNames
from medrag.kb.tokens import TOKENIZER
from medrag.types import Entity, EntityKind

if TYPE_CHECKING:
    from medrag.kb.engines.pins import Pin

__all__ = ["Snapshot"]

VIEWS = 64  # restricted views kept per commit, each with a byte a passage and its own small answers
MEANT = 8_192  # names whose meanings are kept per commit
CACHED = 512  # answers of small look-ups kept per commit
KEPT = 16  # what takes long to make, kept per commit: days above all, each with connections and indexes of its own
T = TypeVar("T")


class _Indexes:
    """The indexes of a generation, each opened when it is first needed."""

    def __init__(self, root: Path, edition: Edition, shelves: Shelves) -> None:
        self.generation = Generation(root, edition.commit)
        self._root = root
        self._edition = edition
        self._shelves = shelves

    @cached_property
    def words(self) -> Words:
        return self._open("words", lambda folder: self._shelves.words.open(folder, self._edition))

    @cached_property
    def names(self) -> NameIndex:
        return self._open("names", NameIndex)

    @cached_property
    def vectors(self) -> Vectors:
        return self._open("vectors", lambda folder: self._shelves.vectors.open(folder, self._edition, self.words))

    def _open(self, name: str, open_: Callable[[Path], T]) -> T:
        try:
            return open_(self.generation.path / name)
        except MedRAGError:
            raise
        except Exception as error:  # each of the libraries has its own kinds for a damaged file
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise KnowledgeBaseError(f"{self._root}: {name} cannot be opened ({reason[:120]}): run `medrag reindex`") from error


class Snapshot:
    """What a reader is pinned to: words, vectors and names of one commit, and small answers that were worked out from it.

    The lock is let go when nobody refers to the snapshot any more, so a thread that still searches it is not disturbed.
    """

    def __init__(
        self,
        root: Path,
        commit: int,
        embedder: Embedder,
        *,
        shelves: Shelves = LOCAL,
        build: int = 0,
        stamp: str = "",
        pin: Pin | None = None,
    ) -> None:
        self.commit = commit
        self._root = root
        self.embedder = embedder
        self._indexes = _Indexes(root, Edition(commit, build, embedder.dimensions), shelves)
        if not self.generation.is_of(stamp):
            raise GenerationGoneError(f"{root}: generation {commit} is of a commit that was never published")
        self.build, self.stamp, self.shelves = build, stamp, shelves
        self.pin = pin  # keeps what it reads on engines that are shared
        self._access: Access = ()
        self._views: dict[Access, Snapshot] = {}
        self.texts = Texts()  # the same whoever may see them
        self._forget()

    def _forget(self) -> None:
        """Begins with none of the small answers, and with the indexes as the access shows them."""
        for name in ("_words", "_vectors"):
            self.__dict__.pop(name, None)
        self._cache: dict[tuple[object, ...], object] = {}
        self._kept: dict[tuple[object, ...], object] = {}
        self._keeping = Lock()
        self._meant: dict[str, tuple[Entity, ...]] = {}
        self._similar: dict[frozenset[EntityKind], SimilarNames] = {}  # seconds to make, so not among the small answers

    def restricted(self, access: Access) -> Snapshot:
        """The same commit as the access shows it, with small answers of its own; remembered, for its masks take a while."""
        view = self._views.get(access)
        if view is None:
            view = copy(self)
            view._access, view._views = access, {}
            view._forget()
            if len(self._views) >= VIEWS:
                self._views.clear()
            self._views[access] = view
        return view

    @property
    def generation(self) -> Generation:
        """The folder of the indexes, locked."""
        return self._indexes.generation

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

    @property
    def words(self) -> Words:
        """The word index, to be asked at once: what it reads elsewhere is held for some minutes."""
        self._hold()
        return self._words

    @cached_property
    def _words(self) -> Words:
        return self._indexes.words.restricted(self._access) if self._access else self._indexes.words

    @property
    def names(self) -> NameIndex:
        """The names that are found in text: all there are, whoever may see what; the catalogue says what one means."""
        return self._indexes.names

    @property
    def vectors(self) -> Vectors:
        """The vector index, to be asked at once."""
        self._hold()
        return self._vectors

    @cached_property
    def _vectors(self) -> Vectors:
        return self._indexes.vectors.restricted(self._access) if self._access else self._indexes.vectors

    def _hold(self) -> None:
        if self.pin is not None:
            self.pin.hold()

    def close(self) -> None:
        """Lets go of the commit."""
        self.generation.close()
        if self.pin is not None:
            self.pin.release()

    def meanings(self, norms: Collection[str], find: Callable[[Collection[str]], Meanings]) -> Meanings:
        """What each of some folded names stands for, as `find` says, which is asked for those alone that nobody asked for yet."""
        meant = self._meant
        known = {norm: meant[norm] for norm in norms if norm in meant}
        new = [norm for norm in norms if norm not in known]
        if new:
            found = find(new)
            if len(meant) >= MEANT:
                self._meant = meant = {}  # never emptied in place: other threads may be reading it
            meant.update((norm, known.setdefault(norm, tuple(found.get(norm, ())))) for norm in new)
        return {norm: entities for norm, entities in known.items() if entities}

    def query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question."""
        return self.cached(("query", text), lambda: self.embedder.encode_queries([text])[0])

    def similar(self, kinds: frozenset[EntityKind], names: Callable[[], list[str]]) -> SimilarNames:
        """The names of some kinds, ready for comparing; made when they are first asked for."""
        if kinds not in self._similar:
            wording = next(iter(kinds)) if len(kinds) == 1 else EntityKind.THING
            self._similar[kinds] = SimilarNames(names(), wording)
        return self._similar[kinds]

    def kept(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` returns, kept as long as this commit is read; of many things those asked for last."""
        with self._keeping:
            found = self._kept.pop(key, None)
            if found is not None:
                self._kept[key] = found
        if found is None:
            found = make()
            with self._keeping:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
        return found  # type: ignore[return-value]  # stored under its own key

    def cached(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` returns, remembered for this commit; several threads may ask at once."""
        found = self._cache.get(key)
        if found is None:
            found = make()
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found  # type: ignore[return-value]  # stored under its own key
