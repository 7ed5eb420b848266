"""The knowledge base: created, opened, searched and written as one thing, pinned to one commit while it is read.

labels.kb/
  catalogue.sqlite         what is known: documents, versions, names, facts
  generations/000041/      words, vectors and names derived from it at commit 41
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from sqlalchemy import Connection

from medrag.errors import KnowledgeBaseError, VersionError
from medrag.kb import facts, holding, passages
from medrag.kb.access import Access, Engines, added_to
from medrag.kb.address import Address
from medrag.kb.cache import bring, drop_older, held, sweep
from medrag.kb.catalogue import load_version
from medrag.kb.dated import dated_reading
from medrag.kb.derive import Progress, quiet
from medrag.kb.embed import Embedder, default_embedder, embedder_named
from medrag.kb.filters import Filters
from medrag.kb.generations import GenerationGoneError, restore
from medrag.kb.graph import MAX_EDGES, surroundings
from medrag.kb.linking import Meanings, link, link_near
from medrag.kb.listing import documents_listed, versions_listed
from medrag.kb.make import make
from medrag.kb.names import NameIndex
from medrag.kb.normalise import Normalised, kinds_named, names_of_kinds, normalise, one_term
from medrag.kb.similar import SimilarNames
from medrag.kb.snapshot import Snapshot
from medrag.kb.stats import Stats, count_all
from medrag.kb.store import Published, Store, existing, store_of
from medrag.kb.verify import verify
from medrag.kb.walk import TOLERANCE
from medrag.kb.walked import walk_in
from medrag.kb.writer import Writer
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentInfo, Entity, EntityKind, Fact, Passage

if TYPE_CHECKING:
    import networkx

__all__ = ["KnowledgeBase", "Stats"]

ATTEMPTS = 5  # to lock the current generation while writers publish
T = TypeVar("T")


class KnowledgeBase:
    """Documents, passages, names and facts at one commit; `open` and `create` make one.

    Reading never sees half a commit: the object is pinned until `refresh`. Writing goes through `write()`.
    """

    def __init__(self, store: Store, embedder: Embedder | None = None, *, outdated: bool = False) -> None:
        self._store = store
        self._outdated = outdated
        self._access: Access = ()
        self.day = ""  # the date that `as_of` was given
        self._engines = Engines(store.database)
        self._engine = self._engines.of(self._access)
        with self._reading() as connection:
            store.database.migrate(connection)
        self.path = store.root
        made_with = self._published().embedder
        if embedder is not None and embedder.name != made_with:
            raise VersionError(
                f"{store.where} was built with embedder {made_with!r}, not {embedder.name!r}: "
                "open it with the first, or run `medrag reindex --embedder` with the second"
            )
        self.embedder = embedder or embedder_named(made_with)
        self._snapshot = self._newest()

    @classmethod
    def create(cls, path: str | Path | Address, *, embedder: Embedder | None = None) -> KnowledgeBase:
        """An empty knowledge base at an address (`medrag.kb.address`) where there is none, or one that was never finished."""
        store, chosen = store_of(path), embedder or default_embedder()
        make(store, chosen)
        return cls(store, chosen)

    @classmethod
    def open(cls, path: str | Path | Address, *, embedder: Embedder | None = None, outdated: bool = False) -> KnowledgeBase:
        """The knowledge base at an address, pinned to its current commit.

        With `outdated`, also one whose indexes are damaged or were cut by another release: to be verified and reindexed.
        """
        return cls(existing(path), embedder, outdated=outdated)

    @property
    def address(self) -> Address:
        """Where it is; `path` is the folder that holds it, or what this machine derived of it."""
        return self._store.address

    def _newest(self) -> Snapshot:
        """The indexes of the current commit."""
        for attempts_left in reversed(range(ATTEMPTS)):
            published = self._published()
            if published.embedder != self.embedder.name:
                self.embedder = embedder_named(published.embedder)
            try:
                snapshot = held(self._store, published, self.embedder)
            except GenerationGoneError:  # a writer may publish and sweep between reading the number and locking it
                if self._store.is_server:
                    bring(self._store, self._engines.of(()), published, self.embedder)
                if attempts_left:
                    continue
                if not self._outdated or self._store.is_server:
                    raise
                restore(self.path, published.commit)
                snapshot = held(self._store, published, self.embedder)
            if not self._outdated:
                snapshot.check()
            return snapshot.restricted(self._access) if self._access else snapshot
        raise AssertionError("the last attempt returns or raises")

    @property
    def commit(self) -> int:
        """The number of the commit that this object reads."""
        return self._snapshot.commit

    def _published(self) -> Published:
        """The current commit and what belongs to it, as one writer left them."""
        with self._reading() as connection:
            return self._store.published(connection)

    def refresh(self) -> bool:
        """Moves to the newest commit; whether there was a newer one. Other threads finish what they are at in the old one."""
        if self.day or self._published().commit == self._snapshot.commit:
            return False
        self._snapshot = self._newest()
        drop_older(self._store, self.commit)
        return True

    def pinned(self) -> KnowledgeBase:
        """The same knowledge base, staying at this commit when another thread refreshes this one; it needs no closing."""
        return copy(self)

    def restricted(self, access: Collection[str] | None) -> KnowledgeBase:
        """The same knowledge base at this commit, of documents alone that carry one of these tags; of all where it is None.

        It answers as if the others were not there: they are in no list, search, link, fact, count or suggestion, and asking
        for one says that there is none. Of a restricted one it restricts further. It cannot be written, and needs no closing.
        """
        view = self.pinned()
        if access is not None:
            view._access = added_to(self._access, access)
            view._engine = self._engines.of(view._access)
            view._snapshot = view._snapshot.restricted(view._access)
        return view

    def as_of(self, date: str) -> KnowledgeBase:
        """The same commit with each document as it was in force on a day (an ISO date; 2023 is its last day); to read only.

        Documents that were not in force yet are not there; those without a date always are. Raises `QuestionError` for no date.
        """
        view = self.pinned()
        read = partial(dated_reading, self._store, self._engines, self._snapshot, date)
        view._engines, dated = self._snapshot.kept(("as-of", date), read)
        view._snapshot = dated.restricted(self._access) if self._access else dated
        view._engine, view.day = view._engines.of(self._access), date
        return view

    def close(self) -> None:
        """Lets go of the commit and of the database."""
        self._snapshot.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ writing

    @contextmanager
    def write(self, progress: Progress = quiet) -> Iterator[Writer]:
        """A writer; leaving the block publishes one commit, which this object then reads."""
        self._require_all("written")
        self.refresh()  # another process may have reindexed with another embedder
        with Writer(self._store, self._engine, self.embedder, progress) as writer:
            yield writer
        self.embedder = writer.embedder
        self._outdated = False  # what was damaged or cut otherwise is built anew
        if self.refresh():
            sweep(self._store, self._snapshot)  # what this object held until now

    def reindex(self, embedder: Embedder | None = None, progress: Progress = quiet) -> None:
        """Builds all indexes anew from the catalogue, with another embedder if one is given."""
        with self.write(progress) as writer:
            writer.reindex(embedder)

    # ------------------------------------------------------------------ documents

    def documents(
        self,
        *,
        source: str | None = None,
        kinds: Collection[str] = (),
        lang: str | None = None,
        called: str = "",
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Iterator[DocumentInfo]:
        """The current documents in the order of source and key, without their text.

        `called` stands in their title or key; `after` is the (source, key) that the list goes on behind, `limit` how far.
        """
        with self._reading() as connection:
            yield from documents_listed(
                connection, self.commit, source=source, kinds=kinds, lang=lang, called=called, after=after, limit=limit
            )

    def document(self, key: str, *, source: str | None = None, version: int | None = None) -> Document:
        """A document with its text and sections: the current version, or the one asked for."""
        with self._reading() as connection:
            return self._snapshot.texts.document(connection, load_version(connection, key, source, version, self.commit))

    def versions(self, key: str, *, source: str | None = None) -> list[DocumentInfo]:
        """All versions of a document, oldest first."""
        with self._reading() as connection:
            return versions_listed(connection, self.commit, key, source=source)

    # ------------------------------------------------------------------ names and facts

    def link(self, text: str) -> list[facts.Mention]:
        """The known names in a text, leftmost longest, each with all entities that it may mean (`medrag.kb.linking`)."""
        pinned = self.pinned()
        return link(
            pinned._name_indexes, text, mean=pinned._meanings, seen=pinned._seen,
            documented=lambda ids: bool(pinned.documents_about(ids)),
        )  # fmt: skip

    def link_near(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> list[facts.Mention]:
        """The names that words outside the taken spans are misspellings of, in text order, each with its `via` and `score`."""
        pinned = self.pinned()
        return link_near(pinned._name_indexes, text, taken, mean=pinned._meanings, seen=pinned._seen)

    def normalise(self, text: str, *, kind: str | None = None, k: int = 10) -> list[Normalised]:
        """The standard terms that a text means, best first, with score and reason; `kind` is `drug` or one of `EntityKind`.

        Raises `QuestionError` for a text of more than 10,000 characters.
        """
        kinds, pinned = kinds_named(kind), self.pinned()  # all of it at one commit, whatever another thread refreshes
        linked = pinned.link(one_term(text))
        mentions = [*linked, *pinned.link_near(text, [(m.start, m.end) for m in linked])]
        return normalise(text, kinds, k, mean=pinned._meanings, mentions=mentions, similar=lambda: pinned._similar(kinds))

    @property
    def _name_indexes(self) -> Sequence[NameIndex]:
        """Where names are found in text; some of what is found there may mean nothing."""
        return [self._snapshot.names]

    def _meanings(self, norms: Collection[str]) -> Meanings:
        """What each of some folded names stands for."""
        snapshot = self._snapshot
        with self._reading() as connection:
            return snapshot.meanings(norms, lambda new: facts.meanings(connection, new, snapshot.commit))

    def _seen(self, token: str) -> bool:
        """Whether a search token stands in some passage (`WordIndex.knows`)."""
        return self._snapshot.words.knows(token)

    def _names_of_kinds(self, kinds: Collection[EntityKind]) -> list[str]:
        """All folded names of entities of the kinds, sorted."""
        with self._reading() as connection:
            return names_of_kinds(connection, kinds, self.commit)

    def _similar(self, kinds: frozenset[EntityKind]) -> SimilarNames:
        """The names of the kinds, ready for comparing."""
        return self._snapshot.similar(kinds, lambda: self._names_of_kinds(kinds))

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
        return self._cached(key, lambda c, s: facts.facts_of(c, entity_ids, relations, limit, s.commit))

    def bare_facts_of(self, ids: Sequence[str], relations: Collection[str] | None = None, limit: int = 200) -> list[Fact]:
        """The facts that `facts_of` finds, without their sources: for those that are wanted of many, `with_sources` reads them."""
        key = ("bare facts", tuple(ids), None if relations is None else tuple(sorted(relations)), limit)
        return self._cached(key, lambda c, s: facts.bare_facts_of(c, ids, relations, limit, s.commit))

    def with_sources(self, found: Sequence[Fact]) -> list[Fact]:
        """Facts of `bare_facts_of` with every row or span that says so."""
        with self._reading() as connection:
            return facts.with_sources(connection, found, self.commit)

    def graph(self, entity: str, *, hops: int = 1) -> networkx.MultiDiGraph[str]:
        """The facts within so many hops of an entity (a name or an id) as a networkx graph (`medrag.kb.graph`)."""
        return surroundings(lambda ids: self.facts_of(ids, limit=MAX_EDGES), self.entity(entity), hops=hops)

    def related(self, entity_ids: Sequence[str], k: int = 20, *, tolerance: float = TOLERANCE) -> list[tuple[Entity, float]]:
        """The k entities nearest to these over all facts, by personalised PageRank, best first (shares: all may err by `tolerance`)."""
        snapshot, commit = self._snapshot, self.commit
        with self._reading() as connection:
            folder = None if self._access else snapshot.generation.path
            walk = snapshot.kept(("walk",), lambda: walk_in(folder, connection, commit))
            near = walk.nearest(facts.numbers_of(connection, entity_ids, commit), k, tolerance=tolerance)
            return facts.ranked(connection, near, commit)

    def documents_about(self, entity_ids: Sequence[str]) -> list[tuple[DocumentInfo, int, str]]:
        """The documents about one of the entities or a form of it: (document, steps away, entity id), nearest first."""
        return self._cached(("about", *entity_ids), lambda c, s: facts.documents_about(c, entity_ids, s.commit, s.texts))

    def _cached(self, key: tuple[object, ...], find: Callable[[Connection, Snapshot], Iterable[T]]) -> list[T]:
        """What `find` gets from the catalogue at the snapshot's commit, remembered; the list is the caller's own."""
        snapshot = self._snapshot

        def ask() -> tuple[T, ...]:
            with self._reading() as connection:
                return tuple(find(connection, snapshot))

        return list(snapshot.cached(key, ask))

    # ------------------------------------------------------------------ passages

    def passages_of(self, document: DocumentInfo, groups: Collection[SectionGroup] | None = None) -> list[Passage]:
        """The passages of a current document, of the given section groups or of all, in text order."""
        key = ("passages", document.source, document.key)
        found = self._cached(key, lambda c, s: passages.passages_of(c, document, s.commit, s.texts))
        return found if groups is None else [passage for passage in found if passage.section.group in groups]

    def passages_at(self, places: Sequence[tuple[DocumentInfo, int]]) -> list[Passage]:
        """The passages in which places of current documents lie, in their order; a place in none is left out."""
        with self._reading() as connection:
            return passages.passages_at(connection, places, self.commit)

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages with those ids, in their order; ids that are not current are left out."""
        with self._reading() as connection:
            return passages.passages_by_id(connection, ids, self.commit, self._snapshot.texts)

    def documents_of(self, ids: Sequence[int]) -> dict[int, DocumentInfo]:
        """The documents of the passages with those ids, by these, without their texts; ids that are not current are left out."""
        with self._reading() as connection:
            return passages.documents_of(connection, ids, self.commit, self._snapshot.texts)

    def neighbours(self, passage: Passage) -> tuple[Passage | None, Passage | None]:
        """The passages before and after in the same section."""
        return passages.neighbours(passage, self.passages_of(passage.document))

    def search_words(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        return self._snapshot.words.search(text, k, only)

    def search_vectors(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k nearest passages as (id, cosine), nearest first, ties by id; none for a text without tokens."""
        query = (snapshot := self._snapshot).query(text)
        return snapshot.vectors.search(query, k, only) if np.any(query) else []

    def vector_scores(self, text: str, ids: Sequence[int]) -> list[float]:
        """The cosine of a text with each of some passages; 0 for one that is not there."""
        return [*self._snapshot.vectors.scores(self._snapshot.query(text), np.asarray(ids, np.int64)).tolist()]

    def word_weights(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each search token of a text that stands in some passage."""
        return self._snapshot.words.weights_of(text)

    # ------------------------------------------------------------------ the whole

    def stats(self) -> Stats:
        """What the knowledge base holds; of a restricted one `bytes` is 0, for it has no size of its own."""
        with self._reading() as connection:
            kept = (0, "") if self._access else self._store.kept(connection)
            return count_all(connection, self.commit, self.embedder.name, kept)

    def verify(self, *, deep: bool = False) -> list[str]:
        """What is wrong with the knowledge base, a line each; empty where nothing is. `deep` reads all that is in the indexes."""
        self._require_all("verified")
        with self._reading() as connection:
            return verify(connection, self._snapshot, deep=deep)

    def _require_all(self, done: str) -> None:
        if self._access or self.day:
            raise KnowledgeBaseError(f"{self._store.where}: a restricted knowledge base cannot be {done}: use the whole one")

    def _reading(self) -> AbstractContextManager[Connection]:
        return holding.reading(self._store.database, self._engine)
