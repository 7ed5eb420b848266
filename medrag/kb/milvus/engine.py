"""Where the indexes of a knowledge base are kept on a Milvus server, for all commits: a collection of each build.

medrag_<name>_words_000000042      passages and their words, of the build at commit 42 and the commits after it
medrag_<name>_counts_000000042     statistics of its words at each commit
medrag_<name>_vectors_000000042    vectors, all of them compared
medrag_<name>_near_000000042       the same walked by neighbours, from the commit on that its description names
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from medrag.errors import KnowledgeBaseError
from medrag.kb.milvus.counts import Counts
from medrag.kb.milvus.expressions import there
from medrag.kb.milvus.rows import Rows, name_of, names_of
from medrag.kb.milvus.server import Server
from medrag.kb.milvus.vectors import EXACT_UP_TO, MilvusVectors, MilvusVectorsWriter, make_vectors
from medrag.kb.milvus.words import MilvusWords, MilvusWordsWriter, make_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from medrag.kb.contract import Edition, Words

__all__ = ["MilvusVectorsEngine", "MilvusWordsEngine"]

WORDS, COUNTS, VECTORS, NEAR = "words", "counts", "vectors", "near"


class _Kept:
    """What both engines do with the collections of their parts."""

    is_local = False

    def __init__(self, server: Server, base: str, parts: Sequence[str]) -> None:
        self._server = server
        self._base = base
        self._parts = parts

    def _name(self, part: str, build: int) -> str:
        return name_of(self._base, part, build)

    def _ready(self, name: str) -> Rows:
        """The rows of a collection, ready for searching."""
        self._server.load(name)
        return Rows(self._server, name)

    def _drop_builds(self, *, above: int | None = None, below: int | None = None) -> None:
        """Drops the collections of builds above one or below one."""
        for part in self._parts:
            for build, name in names_of(self._server, self._base, part):
                if (above is not None and build > above) or (below is not None and build < below):
                    self._server.drop(name)

    def _exists(self, part: str, build: int) -> bool:
        return self._name(part, build) in self._server.collections(self._name(part, build))

    def close(self) -> None:
        """Lets go of the connection."""
        self._server.close()


class MilvusWordsEngine(_Kept):
    """Word indexes on a server, of the knowledge base with a name (letters, digits and _)."""

    def __init__(self, server: Server, base: str) -> None:
        super().__init__(server, base, (WORDS, COUNTS))
        self._counts: dict[int, Counts] = {}

    def size(self) -> int:
        """The bytes of a file of milvus-lite, vectors and all; 0 for a server, which does not say."""
        return self._server.size()

    def _counts_of(self, build: int) -> Counts:
        if build not in self._counts:
            self._server.load(self._name(COUNTS, build))
            self._counts[build] = Counts(self._server, self._name(COUNTS, build))
        return self._counts[build]

    def open(self, folder: Path, edition: Edition) -> MilvusWords:
        """The index at an edition."""
        if not self._exists(WORDS, edition.build):
            raise _missing(self._server, self._name(WORDS, edition.build))
        kept = self._counts_of(edition.build).at(edition.commit)
        return MilvusWords(self._ready(self._name(WORDS, edition.build)), edition.commit, kept)

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> MilvusWordsWriter:
        """A writer of the edition; without `before` it builds anew."""
        if before is None:
            rows = make_words(self._server, self._name(WORDS, edition.build))
            self._counts[edition.build] = Counts.make(self._server, self._name(COUNTS, edition.build))
            return MilvusWordsWriter(rows, self._counts[edition.build], None, edition.commit)
        rows, counts = self._ready(self._name(WORDS, edition.build)), self._counts_of(edition.build)
        return MilvusWordsWriter(rows, counts, (before.commit, counts.at(before.commit)), edition.commit)

    def recover(self, current: Edition) -> None:
        """Removes all that stands above the current edition."""
        self._drop_builds(above=current.build)
        if self._exists(WORDS, current.build):
            self._ready(self._name(WORDS, current.build)).recover(current.commit)
        if self._exists(COUNTS, current.build):
            self._counts_of(current.build).recover(current.commit)

    def sweep(self, oldest: Edition) -> None:
        """Removes what no edition from this one on shows."""
        self._drop_builds(below=oldest.build)
        if self._exists(WORDS, oldest.build):
            self._ready(self._name(WORDS, oldest.build)).sweep(oldest.commit)
            self._counts_of(oldest.build).sweep(oldest.commit)


class MilvusVectorsEngine(_Kept):
    """Vector indexes on a server, of the knowledge base with a name (letters, digits and _)."""

    def __init__(self, server: Server, base: str, *, exact_up_to: int = EXACT_UP_TO) -> None:
        super().__init__(server, base, (VECTORS, NEAR))
        self._exact_up_to = exact_up_to

    def open(self, folder: Path, edition: Edition, words: Words) -> MilvusVectors:
        """The index at an edition."""
        rows, is_near = self._rows_at(edition)
        return MilvusVectors(rows, edition.commit, edition.dimensions, is_near=is_near)

    def size(self) -> int:
        """Nothing besides what the words' engine counts."""
        return 0

    def _rows_at(self, edition: Edition) -> tuple[Rows, bool]:
        """The rows with the vectors of an edition, and whether they are walked."""
        walked = [name for since, name in self._walked(edition.build) if since <= edition.commit]
        name = walked[-1] if walked else self._name(VECTORS, edition.build)
        if not walked and not self._exists(VECTORS, edition.build):
            raise _missing(self._server, name)
        return self._ready(name), bool(walked)

    def _walked(self, build: int) -> list[tuple[int, str]]:
        """The walked collections of a build, by the commit from which on they count: one, and one that a dead writer left."""
        prefix = f"{self._name(NEAR, build)}_"
        return sorted((int(name.removeprefix(prefix)), name) for name in self._server.collections(prefix))

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> MilvusVectorsWriter:
        """A writer of the edition; without `before` it builds anew."""
        if before is None:
            rows = make_vectors(self._server, self._name(VECTORS, edition.build), edition.dimensions, is_near=False)
            at, is_near = None, False
        else:
            at, (rows, is_near) = before.commit, self._rows_at(before)
        grow = None if is_near else partial(self._grow, edition)
        return MilvusVectorsWriter(rows, at, edition.commit, exact_up_to=self._exact_up_to, grow=grow)

    def _grow(self, edition: Edition, rows: Rows) -> None:
        """Copies what an edition shows into a collection that is walked. Readers of earlier ones go on with theirs."""
        name = f"{self._name(NEAR, edition.build)}_{edition.commit:09d}"
        walked = make_vectors(self._server, name, edition.dimensions, is_near=True)
        rows.copy_to(walked, there(edition.commit))
        self._server.flush(name)

    def recover(self, current: Edition) -> None:
        """Removes all that stands above the current edition."""
        self._drop_builds(above=current.build)
        for since, name in self._walked(current.build):
            if since > current.commit:
                self._server.drop(name)
        if self._exists(VECTORS, current.build):
            self._ready(self._name(VECTORS, current.build)).recover(current.commit)
        for _, name in self._walked(current.build):
            self._ready(name).recover(current.commit)

    def sweep(self, oldest: Edition) -> None:
        """Removes what no edition from this one on shows."""
        self._drop_builds(below=oldest.build)
        rows, is_near = self._rows_at(oldest)
        rows.sweep(oldest.commit)
        if is_near:
            self._server.drop(self._name(VECTORS, oldest.build))


def _missing(server: Server, name: str) -> KnowledgeBaseError:
    return KnowledgeBaseError(f"{server.shown}: the collection {name} is not there: run `medrag reindex`")
