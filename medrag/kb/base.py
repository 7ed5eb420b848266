"""The knowledge base: created, opened, searched and written as one thing, pinned to one commit while it is read.

labels.kb/
  catalogue.sqlite         what is known: documents, versions, names, facts
  generations/000041/      words, vectors and names derived from it at commit 41
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from medrag.errors import KnowledgeBaseError, NotFoundError, QuestionError, VersionError
from medrag.kb import facts, passages, schema
from medrag.kb import schema as t
from medrag.kb.catalogue import (
    CATALOGUE,
    INFO,
    connect,
    current,
    document_of,
    explain_database,
    info_of,
    load_version,
    visible,
)
from medrag.kb.derive import Progress
from medrag.kb.embed import Embedder, default_embedder, embedder_from_name
from medrag.kb.facts import Mention
from medrag.kb.filters import Filters
from medrag.kb.generations import GenerationGoneError, drop_unused, restore
from medrag.kb.graph import MAX_EDGES, surroundings
from medrag.kb.linking import link, link_near
from medrag.kb.make import make
from medrag.kb.normalise import Normalised, kinds_named, names_of_kinds, normalise
from medrag.kb.snapshot import Snapshot
from medrag.kb.stats import Stats, count_all
from medrag.kb.verify import verify
from medrag.kb.walk import Walk
from medrag.kb.writer import Writer, quiet
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentInfo, Entity, Fact, Passage

if TYPE_CHECKING:
    import networkx

__all__ = ["KnowledgeBase", "Stats"]

ATTEMPTS = 5  # to lock the current generation while writers publish
T = TypeVar("T")
MAX_TERM = 10_000  # characters of a text that is normalised, as of a question


class KnowledgeBase:
    """Documents, passages, names and facts at one commit; `open` and `create` make one.

    Reading never sees half a commit: the object is pinned until `refresh`. Writing goes through `write()`.
    """

    def __init__(self, root: Path, embedder: Embedder | None = None, *, outdated: bool = False) -> None:
        self.path = root
        self._outdated = outdated
        self._engine = connect(root / CATALOGUE)
        with self._reading() as connection:
            schema.migrate(connection, str(root))
            connection.commit()
        _, made_with = self._published()
        if embedder is not None and embedder.name != made_with:
            raise VersionError(
                f"{root} was built with embedder {made_with!r}, not {embedder.name!r}: "
                "open it with the first, or run `medrag reindex --embedder` with the second"
            )
        self.embedder = embedder or _embedder(made_with)
        self._snapshot = self._newest()

    @classmethod
    def create(cls, path: str | Path, *, embedder: Embedder | None = None) -> KnowledgeBase:
        """An empty knowledge base in a folder that does not exist, is empty, or holds one that was never finished."""
        root, chosen = _folder(path), embedder or default_embedder()
        make(root, chosen)
        return cls(root, chosen)

    @classmethod
    def open(cls, path: str | Path, *, embedder: Embedder | None = None, outdated: bool = False) -> KnowledgeBase:
        """The knowledge base in a folder, pinned to its current commit.

        With `outdated`, also one whose indexes are damaged or were cut by another release, so that it can be verified
        and reindexed.
        """
        root = _folder(path)
        try:
            there = (root / CATALOGUE).is_file()
        except OSError as error:
            raise KnowledgeBaseError(f"{root} cannot be opened: {error}") from error
        if root.is_file():
            raise KnowledgeBaseError(f"{root} is a file and no knowledge base: name a folder")
        if not there:
            raise NotFoundError(f"there is no knowledge base at {root}: make one with `medrag ingest PATH --kb {root}`")
        return cls(root, embedder, outdated=outdated)

    def _newest(self) -> Snapshot:
        """The indexes of the current commit."""
        for attempts_left in reversed(range(ATTEMPTS)):
            commit, made_with = self._published()
            if made_with != self.embedder.name:
                self.embedder = _embedder(made_with)
            try:
                snapshot = Snapshot(self.path, commit, self.embedder)
            except GenerationGoneError:  # a writer may publish and sweep between reading the number and locking it
                if attempts_left:
                    continue
                if not self._outdated:
                    raise
                restore(self.path, commit)
                snapshot = Snapshot(self.path, commit, self.embedder)
            if not self._outdated:
                snapshot.check()
            return snapshot
        raise AssertionError("the last attempt returns or raises")

    @property
    def commit(self) -> int:
        """The number of the commit that this object reads."""
        return self._snapshot.commit

    @property
    def _at(self) -> dict[str, Any]:
        """The parameter that pins a query."""
        return {"commit": self.commit}

    def _published(self) -> tuple[int, str]:
        """The current commit and the embedder that its vectors were made with, as one writer left them."""
        with self._reading() as connection:
            found = {row.name: row.value for row in connection.execute(select(t.settings))}
        if "current" not in found or "embedder" not in found:
            raise KnowledgeBaseError(f"{self.path}: not a knowledge base of medrag (its catalogue names no commit)")
        return int(found["current"]), found["embedder"]

    def refresh(self) -> bool:
        """Moves to the newest commit; whether there was a newer one. Other threads finish what they are at in the old one."""
        if self._published()[0] == self._snapshot.commit:
            return False
        self._snapshot = self._newest()
        return True

    def pinned(self) -> KnowledgeBase:
        """The same knowledge base, staying at this commit when another thread refreshes this one; it needs no closing."""
        return copy(self)

    def close(self) -> None:
        """Lets go of the commit and of the database."""
        self._snapshot.generation.close()
        self._engine.dispose()

    def __enter__(self) -> KnowledgeBase:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ writing

    @contextmanager
    def write(self, progress: Progress = quiet) -> Iterator[Writer]:
        """A writer; leaving the block publishes one commit, which this object then reads."""
        self.refresh()  # another process may have reindexed with another embedder
        with Writer(self.path, self._engine, self.embedder, progress) as writer:
            yield writer
        self.embedder = writer.embedder
        self._outdated = False  # what was damaged or cut otherwise is built anew
        if self.refresh():
            drop_unused(self.path, self.commit)  # the generation that this object held until now

    def reindex(self, embedder: Embedder | None = None, progress: Progress = quiet) -> None:
        """Builds all indexes anew from the catalogue, with another embedder if one is given."""
        with self.write(progress) as writer:
            writer.reindex(embedder)

    # ------------------------------------------------------------------ documents

    def documents(self, *, source: str | None = None, kinds: Collection[str] = ()) -> Iterator[DocumentInfo]:
        """The current documents in the order of source and key, without their text."""
        query = select(*INFO).join(t.documents).where(current()).order_by(t.documents.c.source, t.documents.c.key)
        if source is not None:
            query = query.where(t.documents.c.source == source)
        if kinds:
            query = query.where(t.versions.c.kind.in_(kinds))
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query, self._at):
                yield info_of(row)

    def document(self, key: str, *, source: str | None = None, version: int | None = None) -> Document:
        """A document with its text and sections: the current version, or the one asked for."""
        with self._reading() as connection:
            return document_of(connection, load_version(connection, key, source, version, self.commit))

    def versions(self, key: str, *, source: str | None = None) -> list[DocumentInfo]:
        """All versions of a document, oldest first."""
        query = select(*INFO).join(t.documents).where(t.documents.c.key == key, visible())
        if source is not None:
            query = query.where(t.documents.c.source == source)
        with self._reading() as connection:
            return [
                info_of(r) for r in connection.execute(query.order_by(t.documents.c.source, t.versions.c.version), self._at)
            ]

    # ------------------------------------------------------------------ names and facts

    def link(self, text: str) -> list[Mention]:
        """The known names in a text, leftmost longest, each with all entities that it may mean (`medrag.kb.linking`)."""
        snapshot = self._snapshot
        with self._reading() as connection:
            return link(
                connection, snapshot.names, text, snapshot.commit, seen=snapshot.words.knows,
                documented=lambda ids: bool(self.documents_about(ids)),
            )  # fmt: skip

    def link_near(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Mention]:
        """The names that words outside the taken spans are misspellings of, in text order, each with its `via` and `score`."""
        snapshot = self._snapshot
        with self._reading() as connection:
            return link_near(connection, snapshot.names, text, taken, snapshot.commit, seen=snapshot.words.knows)

    def normalise(self, text: str, *, kind: str | None = None, k: int = 10) -> list[Normalised]:
        """The standard terms that a text means, best first, with score and reason; `kind` is `drug` or one of `EntityKind`.

        Raises `QuestionError` for a text of more than 10,000 characters.
        """
        kinds, pinned = kinds_named(kind), self.pinned()  # all of it at one commit, whatever another thread refreshes
        if len(text) > MAX_TERM:
            raise QuestionError(f"the text has {len(text):,} characters, at most {MAX_TERM:,} can be normalised: give one term")
        linked = pinned.link(text)
        mentions = [*linked, *pinned.link_near(text, [(m.start, m.end) for m in linked])]
        with self._reading() as connection:
            names = partial(names_of_kinds, connection, kinds, pinned.commit)
            similar = partial(pinned._snapshot.similar, kinds, names)
            return normalise(connection, text, kinds, k, pinned.commit, mentions=mentions, similar=similar)

    def entity(self, name_or_id: str) -> list[Entity]:
        """The entities with that name or id; several where a name is ambiguous, none where nobody has it."""
        with self._reading() as connection:
            return facts.entities_named(connection, name_or_id, self.commit)

    def names(self, entity_id: str) -> list[tuple[str, str]]:
        """All names of an entity as (name, kind)."""
        with self._reading() as connection:
            return facts.names_of(connection, entity_id, self.commit)

    def facts(self, entity: str, *, limit: int = 200) -> list[Fact]:
        """The facts about an entity (a name or an id), each with every row or span that says so."""
        return self.facts_of([found.id for found in self.entity(entity)], limit=limit)

    def facts_of(self, entity_ids: Sequence[str], relations: Collection[str] | None = None, limit: int = 200) -> list[Fact]:
        """The facts whose subject or object is one of the entities, in the order of relation, subject and object."""
        key = ("facts", tuple(entity_ids), None if relations is None else tuple(sorted(relations)), limit)
        return self._cached(key, lambda c, at: facts.facts_of(c, entity_ids, relations, limit, at))

    def graph(self, entity: str, *, hops: int = 1) -> networkx.MultiDiGraph[str]:
        """The facts within so many hops of an entity (a name or an id) as a networkx graph (`medrag.kb.graph`)."""
        return surroundings(lambda ids: self.facts_of(ids, limit=MAX_EDGES), self.entity(entity), hops=hops)

    def related(self, entity_ids: Sequence[str], k: int = 20) -> list[tuple[Entity, float]]:
        """The k entities nearest to these over all facts, by personalised PageRank, best first (shares, below 1)."""
        snapshot = self._snapshot
        with self._reading() as connection:
            walk = snapshot.kept(("walk",), lambda: Walk.of(connection, snapshot.commit))
            near = walk.nearest(facts.numbers_of(connection, entity_ids, snapshot.commit), k)
            return facts.ranked(connection, near, snapshot.commit)

    def documents_about(self, entity_ids: Sequence[str]) -> list[tuple[DocumentInfo, int, str]]:
        """The documents about one of the entities or a form of it: (document, steps away, entity id), nearest first."""
        key = ("about", tuple(entity_ids))
        return self._cached(key, lambda c, at: facts.documents_about(c, entity_ids, at))

    def _cached(self, key: tuple[object, ...], find: Callable[[Connection, int], Iterable[T]]) -> list[T]:
        """What `find` gets from the catalogue at the commit, remembered; the list is the caller's own."""
        snapshot = self._snapshot

        def ask() -> tuple[T, ...]:
            with self._reading() as connection:
                return tuple(find(connection, snapshot.commit))

        return list(snapshot.cached(key, ask))

    # ------------------------------------------------------------------ passages

    def passages_of(self, document: DocumentInfo, groups: Collection[SectionGroup] | None = None) -> list[Passage]:
        """The passages of a current document, of the given section groups or of all, in text order."""
        key = ("passages", document.source, document.key)
        found = self._cached(key, lambda c, at: passages.passages_of(c, document, at))
        return found if groups is None else [passage for passage in found if passage.section.group in groups]

    def passages_at(self, places: Sequence[tuple[DocumentInfo, int]]) -> list[Passage]:
        """The passages in which places of current documents lie, in their order; a place in none is left out."""
        with self._reading() as connection:
            return passages.passages_at(connection, places, self.commit)

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages with those ids, in their order; ids that are not current are left out."""
        with self._reading() as connection:
            return passages.passages_by_id(connection, ids, self.commit)

    def neighbours(self, passage: Passage) -> tuple[Passage | None, Passage | None]:
        """The passages before and after in the same section."""
        same = [p for p in self.passages_of(passage.document) if p.section.index == passage.section.index]
        at = next((i for i, p in enumerate(same) if p.id == passage.id), None)
        if at is None:
            return None, None
        return (same[at - 1] if at else None), (same[at + 1] if at + 1 < len(same) else None)

    def search_words(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        return self._snapshot.words.search(text, k, only)

    def search_vectors(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k nearest passages as (id, cosine), nearest first, ties by id; none for a text without tokens."""
        snapshot = self._snapshot
        query = snapshot.embedder.encode_queries([text])[0]
        if not np.any(query):
            return []
        return snapshot.vectors.search(query, k, snapshot.masks(only) if only else None)

    def vector_scores(self, text: str, ids: Sequence[int]) -> list[float]:
        """The cosine of a text with each of some passages; 0 for one that is not there."""
        snapshot = self._snapshot
        query = snapshot.embedder.encode_queries([text])[0]
        return [float(score) for score in snapshot.vectors.scores(query, np.asarray(ids, np.int64))]

    def word_weights(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each search token of a text that stands in some passage."""
        return self._snapshot.words.weights_of(text)

    # ------------------------------------------------------------------ the whole

    def stats(self) -> Stats:
        """What the knowledge base holds."""
        with self._reading() as connection:
            return count_all(connection, self.commit, self.embedder.name, _size(self.path))

    def verify(self) -> list[str]:
        """What is wrong with the knowledge base, a line each; empty where nothing is."""
        with self._reading() as connection:
            return verify(connection, self._snapshot)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DatabaseError as error:
            raise explain_database(error, self.path) from error


def _folder(path: str | Path) -> Path:
    if "://" in str(path):
        raise KnowledgeBaseError(f"{path}: only folders can be opened so far, no database addresses")
    return Path(path)


def _size(root: Path) -> int:
    """The bytes that the folder's files take."""
    size = 0
    for folder, _, files in os.walk(root):  # a writer may sweep what nobody needs meanwhile
        for name in files:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(folder, name)).st_size
    return size


@lru_cache(maxsize=4)
def _embedder(name: str) -> Embedder:
    return embedder_from_name(name)
