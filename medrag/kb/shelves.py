"""The engines that keep the words and the vectors of a knowledge base, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from medrag.kb.contract import Edition, VectorsEngine, VectorsWriter, WordsEngine, WordsWriter
from medrag.kb.engines.local import FaissVectors, TantivyWords

__all__ = ["IN_FOLDER", "LOCAL", "Building", "Shelves"]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where words and vectors are kept."""

    words: WordsEngine
    vectors: VectorsEngine

    @property
    def shared(self) -> Sequence[WordsEngine | VectorsEngine]:
        """The engines that keep one index for all machines and commits."""
        return [one for one in (self.words, self.vectors) if not one.is_local]

    def recover(self, current: Edition) -> None:
        """Removes from the shared ones what stands above the current commit."""
        for engine in self.shared:
            engine.recover(current)

    def sweep(self, oldest: Edition) -> None:
        """Removes from the shared ones what no reader from this edition on needs."""
        for engine in self.shared:
            engine.sweep(oldest)

    def size(self) -> int:
        """The bytes that the shared ones take."""
        return sum(engine.size() for engine in self.shared)

    def close(self) -> None:
        """Lets go of connections."""
        for engine in (self.words, self.vectors):
            engine.close()


LOCAL = Shelves(TantivyWords(), FaissVectors())


@dataclass(frozen=True, slots=True)
class Building:
    """What is built beside names: on which shelves, as part of which build, by whom.

    `build` is the commit at which the shared indexes were last built anew, or are now. `stamp` tells a commit from another of the
    same number that was never published. A reader that lacks a generation writes no `shared` index: those are there.
    """

    shelves: Shelves = LOCAL
    build: int = 0
    stamp: str = ""
    shared: bool = True

    def writers(
        self, folder: Path, before: int | None, commit: int, dimensions: int, connection: Connection
    ) -> tuple[WordsWriter | None, VectorsWriter | None]:
        """Writers of words and of vectors for a commit, going on from the one `before` or beginning anew."""
        edition = Edition(commit, self.build, dimensions)
        last = None if before is None else Edition(before, self.build, dimensions)
        words, vectors = self.shelves.words, self.shelves.vectors
        return (
            words.writer(folder / "words", last, edition, connection) if words.is_local or self.shared else None,
            vectors.writer(folder / "vectors", last, edition, connection) if vectors.is_local or self.shared else None,
        )


IN_FOLDER = Building()  # all of it in the generation's folder
