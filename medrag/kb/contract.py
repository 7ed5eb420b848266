"""What a word index and a vector index are, whichever engine keeps them.

Both are read as they were at one commit and give the same passages in the same order on every engine: BM25 is worked out
exactly from the statistics of that commit over what the engine proposes, and cosines are those of the quantised vectors
(`quantised(v) . quantised(w) / 127**2`, as `medrag.kb.vectors` has them). Ties go by passage id.

Filters and access are pushed down in one neutral form: `Filters`, and access as sets of tags of which a passage must carry one
each. A `WordEntry` holds all that they ask for (its fields source, lang, kind, tag, maker and group, and its day), so both
writers get it: an engine stores these fields beside what it indexes and needs no catalogue to filter by them.

An engine keeps its index in the folder of a generation (`is_local`: the folder is cloned, fsynced and kept per commit), or
elsewhere for all commits: then rows carry the commit that added and the one that removed them, and an edition says which are
shown. Nothing above the catalogue's current commit counts; the next writer calls `recover`, which removes it.

Several threads may read one index at once. Writers are used by one thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from medrag.kb.filters import Filters

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from medrag.kb.bm25 import Statistics

__all__ = [
    "Counting",
    "Edition",
    "Hit",
    "Vectors",
    "VectorsEngine",
    "VectorsWriter",
    "WordEntry",
    "Words",
    "WordsEngine",
    "WordsWriter",
]

Hit = tuple[int, float]  # a passage's id and its score


@dataclass(frozen=True, slots=True)
class Edition:
    """Which state of an index is meant: a commit, and the commit at which the index was last built anew (at most the same).

    Every build is on its own: one with another embedder has other dimensions, and readers of an older commit go on with theirs.
    """

    commit: int
    build: int
    dimensions: int


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A passage as the word index takes it: id, the tokens of its title, headings and text, and the fields to filter by."""

    id: int
    words: str  # the tokens with a blank between, as indexes keep them: no token holds one
    filters: tuple[tuple[str, str], ...]  # (field, value): one of source, lang, kind, tag, maker, group
    day: int = 0  # from which its document is effective, as `medrag.kb.filters.day_number` counts
    hashes: NDArray[np.uint32] | None = field(default=None, compare=False)  # of its different tokens, where they are known

    @property
    def tokens(self) -> list[str]:
        """The tokens, in order."""
        return self.words.split(" ") if self.words else []


class Counting(Protocol):
    """Passages as BM25 counts them."""

    @property
    def statistics(self) -> Statistics:
        """What BM25 needs of all passages of the commit, exactly: removed ones do not count."""

    @property
    def total(self) -> int:
        """How many passages there are that may be seen, those of the others (`beside`) included."""

    def frequency(self, token: str) -> int:
        """In how many passages that may be seen a token stands, those of the others (`beside`) included."""


class Words(Counting, Protocol):
    """The word index at one commit."""

    def knows(self, token: str) -> bool:
        """Whether a search token stands in passages; a pair of Chinese characters, in more than a slip of the pen does."""

    def weights_of(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question, of the rarest where there are many."""

    def search(self, text: str, k: int, only: Filters) -> list[Hit]:
        """The k best passages by exact BM25 as (id, score > 0), best first, ties by id."""

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage, or None where it is not there or may not be seen."""

    def tokens_of(self, ids: Iterable[int]) -> Iterator[list[str]]:
        """The tokens of each of some passages, in no order; of those that are not there or may not be seen none."""

    def ids(self, only: Filters = Filters()) -> set[int]:
        """The ids of all passages that may be seen and pass the filters."""

    def split(self, only: Filters) -> tuple[NDArray[np.int64], bool]:
        """The ids of the passages that pass the filters and True, or those of all others and False; which is the engine's choice."""

    def restricted(self, tags: Iterable[frozenset[str]]) -> Words:
        """The same index with the passages alone that carry one tag of each set; it weighs words as they stand in these.

        The average length of a passage (`statistics`) stays that of all.
        """

    def beside(self, others: Iterable[Counting]) -> Words:
        """The same index, weighing words as they stand in it and in the others together, so that their scores compare.

        `total`, `frequency` and `statistics` of another may be negative: passages that are to count no more (`medrag.kb.overlay`).
        """


class Vectors(Protocol):
    """The vector index at one commit."""

    @property
    def dimensions(self) -> int:
        """Components of a vector."""

    def search(self, query: NDArray[np.float32], k: int, only: Filters = Filters()) -> list[Hit]:
        """The k nearest passages as (id, cosine), nearest first, ties by id."""

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages, shape (len(ids),); 0 for one that is not there or may not be seen."""

    def ids(self) -> set[int]:
        """The ids of all passages that may be seen (for verifying)."""

    def restricted(self, tags: Iterable[frozenset[str]]) -> Vectors:
        """The same index with the passages alone that carry one tag of each set."""


class WordsWriter(Protocol):
    """Builds the word index of the next commit."""

    def add(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages that are not in the index, or are removed by this writer."""

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""

    def publish(self) -> None:
        """Makes all of it durable and readable at the commit; nobody reads it before the catalogue's number moves."""


class VectorsWriter(Protocol):
    """Builds the vector index of the next commit."""

    def add(self, entries: Sequence[WordEntry], vectors: NDArray[np.float32]) -> None:
        """Adds passages that are not in the index, or are removed by this writer; one row of `vectors` each, of length 1 or 0."""

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""

    def publish(self) -> None:
        """Makes all of it durable and readable at the commit; nobody reads it before the catalogue's number moves."""


class _Engine(Protocol):
    @property
    def is_local(self) -> bool:
        """Whether the index lies in the generation's folder, of which each machine has its own."""

    def recover(self, current: Edition) -> None:
        """Removes all that stands above the current edition: rows of later commits and builds, and removals by them."""

    def sweep(self, oldest: Edition) -> None:
        """Removes what no edition from this one on shows. Called after a commit, with the oldest that a reader is pinned to."""

    def size(self) -> int:
        """The bytes that it takes outside the generation's folder; 0 where it cannot be told."""

    def close(self) -> None:
        """Lets go of connections."""


class WordsEngine(_Engine, Protocol):
    """Where word indexes are kept."""

    def open(self, folder: Path, edition: Edition) -> Words:
        """The index at an edition; `folder` is the generation's (its own sub-folder of that), for what is kept locally."""

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> WordsWriter:
        """A writer of the edition. With `before` it goes on from that one (whose local folder was cloned to `folder`).

        Without, it builds anew (then `edition.build == edition.commit`). `connection` is the writer's to the catalogue, inside a
        transaction that commits before the number moves.
        """


class VectorsEngine(_Engine, Protocol):
    """Where vector indexes are kept."""

    def open(self, folder: Path, edition: Edition, words: Words) -> Vectors:
        """The index at an edition; `words` is the word index of the same, which knows what passes a filter."""

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> VectorsWriter:
        """A writer of the edition, as `WordsEngine.writer` has it."""
