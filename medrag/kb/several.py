"""Several knowledge bases that are read as one, in an order of precedence: what the first has of a document counts.

An entity's id comes from its code or its kind and name, and a passage's from what it says and where, so both are the same in
every knowledge base: names, facts and documents join by them, and words are weighed by how often they stand in all together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np

from medrag.errors import KnowledgeBaseError, NotFoundError, VersionError
from medrag.kb.address import Address
from medrag.kb.base import KnowledgeBase
from medrag.kb.derive import Progress, quiet
from medrag.kb.embed import Embedder
from medrag.kb.filters import Filters
from medrag.kb.folding import fold
from medrag.kb.joined import Joined
from medrag.kb.linking import Meanings
from medrag.kb.names import NameIndex
from medrag.kb.similar import SimilarNames
from medrag.kb.stats import Stats
from medrag.kb.walk import TOLERANCE
from medrag.kb.writer import Writer
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentInfo, DocumentKind, Entity, EntityKind, Fact, Passage

__all__ = ["SeveralKnowledgeBases"]

VIEWS = 64  # restricted and dated views kept per commit


class SeveralKnowledgeBases(KnowledgeBase):
    """Knowledge bases read as one: everything that a `KnowledgeBase` offers but writing.

    It is one by inheritance because all of retrieval and answering takes one; a test holds that it overrides whatever reads.
    Of a document that two of them have the earlier one's counts; a fact that two of them state is one fact with the sources of
    both. All must be made with the same embedder: cosines of different models are on no common scale, and they are features of
    the ranker and of the confidence beside being a channel, so merging ranks alone would not do.
    """

    def __init__(self, bases: Sequence[KnowledgeBase]) -> None:
        if not bases:
            raise KnowledgeBaseError("no knowledge base is named: name one or more")
        paths = [base.path.resolve() for base in bases]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice is not None:
            raise KnowledgeBaseError(f"{twice} is named {paths.count(twice)} times: name each knowledge base once")
        self._members = tuple(bases)
        self._joined = Joined(_of_one_embedder(bases))
        self._views: dict[object, SeveralKnowledgeBases] = {}
        self._is_view = False

    @classmethod
    def open(
        cls, *paths: str | Path | Address, embedder: Embedder | None = None, outdated: bool = False
    ) -> SeveralKnowledgeBases:
        """The knowledge bases at some addresses, in order of precedence; `close` closes all."""
        with ExitStack() as opened:
            bases = [opened.enter_context(KnowledgeBase.open(path, embedder=embedder, outdated=outdated)) for path in paths]
            found = cls(bases)
            opened.pop_all()
        return found

    # ------------------------------------------------------------------ which

    @property
    def members(self) -> tuple[KnowledgeBase, ...]:
        """The knowledge bases, each at the commit that is read, in order of precedence."""
        return self._joined.bases

    @property
    def path(self) -> Path:  # type: ignore[override]
        """The folder of the first."""
        return self.members[0].path

    @property
    def address(self) -> Address:
        """Where the first is."""
        return self.members[0].address

    @property
    def embedder(self) -> Embedder:  # type: ignore[override]
        """The embedder of all of them."""
        return self.members[0].embedder

    @property
    def day(self) -> str:  # type: ignore[override]
        """The date that `as_of` was given; empty for how things stand now."""
        return self.members[0].day

    @property
    def commit(self) -> int:
        """The sum of their commits' numbers: it grows whenever one of them does."""
        return sum(self._joined.commits)

    def refresh(self) -> bool:
        """Moves to the newest commit of each; whether any had a newer one. Others that share one may have moved it already."""
        if self._is_view:
            return False
        for base in self._members:
            base.refresh()
        if tuple(base.commit for base in self._members) == self._joined.commits:
            return False
        self._joined, self._views = Joined(_of_one_embedder(self._members)), {}
        return True

    def pinned(self) -> SeveralKnowledgeBases:
        """The same knowledge bases, staying at these commits when another thread refreshes this one; it needs no closing."""
        return copy(self)

    def restricted(self, access: Collection[str] | None) -> SeveralKnowledgeBases:
        """The same knowledge bases at these commits, of documents alone that carry one of these tags; of all where it is None.

        It stays at these commits.
        """
        if access is None:
            return self.pinned()
        wanted = frozenset(access)
        return self._view(wanted, lambda base: base.restricted(wanted))

    def as_of(self, date: str) -> SeveralKnowledgeBases:
        """The same commits with each document as it was in force on a day, as `KnowledgeBase.as_of` has it.

        Of a document that several have the first counts that has a version from then.
        """
        return self._view(date, lambda base: base.as_of(date))

    def _view(self, which: object, show: Callable[[KnowledgeBase], KnowledgeBase]) -> SeveralKnowledgeBases:
        """The same with each knowledge base shown in some way, remembered: what two of them share takes a while to find."""
        views = self._views
        view = views.get(which)
        if view is None:
            view = self.pinned()
            view._joined, view._views, view._is_view = Joined([show(base) for base in self.members]), {}, True
            if len(views) >= VIEWS:
                views.clear()
            views[which] = view
        return view

    def close(self) -> None:
        """Closes them all."""
        for base in self._members:
            base.close()

    # ------------------------------------------------------------------ writing

    @contextmanager
    def write(self, progress: Progress = quiet) -> Iterator[Writer]:
        """Refused: a document belongs into one of them."""
        self._refuse("written")
        yield  # never reached: what makes it a context manager

    def reindex(self, embedder: Embedder | None = None, progress: Progress = quiet) -> None:
        """Refused, as `write` is."""
        self._refuse("reindexed")

    def _refuse(self, done: str) -> NoReturn:
        named = ", ".join(str(base.path) for base in self.members)
        raise KnowledgeBaseError(
            f"{len(self.members)} knowledge bases ({named}) cannot be {done} as one: open the one that is meant"
        )

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
        """The current documents in the order of source and key, each once."""

        def listed(base: KnowledgeBase, shadowed: Collection[tuple[str, str]]) -> Iterator[DocumentInfo]:
            most = None if limit is None else limit + len(shadowed)
            for document in base.documents(source=source, kinds=kinds, lang=lang, called=called, after=after, limit=most):
                if (document.source, document.key) not in shadowed:
                    yield document

        found = map(listed, self.members, self._joined.shadowed)
        return islice(merge(*found, key=lambda document: (document.source, document.key)), limit)

    def document(self, key: str, *, source: str | None = None, version: int | None = None) -> Document:
        """A document with its text and sections, of the first knowledge base that has it in that version."""
        missing: NotFoundError | None = None
        for base in self.members:
            try:
                return base.document(key, source=source, version=version)
            except NotFoundError as error:
                missing = missing or error
        raise missing or NotFoundError(f"there is no document {key!r}")

    def versions(self, key: str, *, source: str | None = None) -> list[DocumentInfo]:
        """All versions of a document in the first knowledge base that has it, oldest first."""
        return next((found for base in self.members if (found := base.versions(key, source=source))), [])

    # ------------------------------------------------------------------ names and facts

    @property
    def _name_indexes(self) -> Sequence[NameIndex]:
        return [index for base in self.members for index in base._name_indexes]

    def _meanings(self, norms: Collection[str]) -> Meanings:
        return self._joined.meanings(norms)

    def _seen(self, token: str) -> bool:
        return self._joined.words[0].knows(token)

    def _names_of_kinds(self, kinds: Collection[EntityKind]) -> list[str]:
        return sorted({name for base in self.members for name in base._names_of_kinds(kinds)})

    def _similar(self, kinds: frozenset[EntityKind]) -> SimilarNames:
        return self._joined.similar(kinds, lambda: self._names_of_kinds(kinds))

    def entity(self, name_or_id: str) -> list[Entity]:
        """The entities with that name or id in any of them, by id; each as the first that knows it prints it."""
        found: dict[str, Entity] = {}
        for base in self.members:
            for entity in base.entity(name_or_id):
                found.setdefault(entity.id, entity)
        return [found[i] for i in sorted(found)]

    def names(self, entity_id: str) -> list[tuple[str, str]]:
        """All names of an entity as (name, kind), each once."""
        own, *others = [base.names(entity_id) for base in self.members]
        found = {fold(name): (name, kind) for name, kind in own}
        for name, kind in (pair for names in others for pair in names):
            found.setdefault(fold(name), (name, kind if found else "name"))
        first = next(iter(found.values()), None)
        return [] if first is None else [first, *(found[norm] for norm in sorted(found) if found[norm] is not first)]

    def facts_of(self, entity_ids: Sequence[str], relations: Collection[str] | None = None, limit: int = 200) -> list[Fact]:
        """The facts whose subject or object is one of the entities, in the order of relation, subject and object."""
        joined, key = self._joined, ("facts", tuple(entity_ids), None if relations is None else tuple(sorted(relations)), limit)
        return joined.cached(key, lambda: joined.facts_of(entity_ids, relations, limit))

    def bare_facts_of(self, ids: Sequence[str], relations: Collection[str] | None = None, limit: int = 200) -> list[Fact]:
        """The same: a fact's sources say whether it is one of all, or of a document that another has too."""
        return self.facts_of(ids, relations, limit)

    def with_sources(self, found: Sequence[Fact]) -> list[Fact]:
        """The same facts, which have their sources."""
        return list(found)

    def related(self, entity_ids: Sequence[str], k: int = 20, *, tolerance: float = TOLERANCE) -> list[tuple[Entity, float]]:
        """The k entities nearest to these, by the mean of their ranks in the single graphs.

        One walk over the joined graph would follow ways that change from one to the other; what stands one step from two
        entities in different knowledge bases is found by `facts_of` all the same, and ranks only order it.
        """
        shares: dict[str, tuple[Entity, float]] = {}
        for base in self.members:
            for entity, share in base.related(entity_ids, k, tolerance=tolerance):
                first, before = shares.get(entity.id, (entity, 0.0))
                shares[entity.id] = (first, before + share / len(self.members))
        return sorted(shares.values(), key=lambda pair: (-pair[1], pair[0].id))[:k]

    def documents_about(self, entity_ids: Sequence[str]) -> list[tuple[DocumentInfo, int, str]]:
        """The documents about one of the entities or a form of it: (document, steps away, entity id), nearest first."""
        joined = self._joined
        return joined.cached(("about", tuple(entity_ids)), lambda: joined.documents_about(entity_ids))

    # ------------------------------------------------------------------ passages

    def passages_of(self, document: DocumentInfo, groups: Collection[SectionGroup] | None = None) -> list[Passage]:
        """The passages of a current document, of the given section groups or of all, in text order."""
        for base, shadowed in zip(self.members, self._joined.shadowed, strict=True):
            if (document.source, document.key) not in shadowed and (found := base.passages_of(document, groups)):
                return found
        return []

    def passages_at(self, places: Sequence[tuple[DocumentInfo, int]]) -> list[Passage]:
        """The passages in which places of current documents lie, in their order; a place in none is left out."""
        found: dict[tuple[str, str, int], Passage] = {}
        for base, shadowed in zip(self.members, self._joined.shadowed, strict=True):
            for document, start in places:
                place = (document.source, document.key, start)
                if place not in found and place[:2] not in shadowed:
                    found.update((place, passage) for passage in base.passages_at([(document, start)]))
        wanted = dict.fromkeys((document.source, document.key, start) for document, start in places)
        return [found[place] for place in wanted if place in found]

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages with those ids, in their order; ids that are not current are left out."""
        found: dict[int, Passage] = {}
        for number, base in enumerate(self.members):
            missing = [i for i in ids if i not in found]
            found.update((p.id, p) for p in (base.passages(missing) if missing else ()) if not self._joined.hides(number, p.id))
        return [found[i] for i in ids if i in found]

    def documents_of(self, ids: Sequence[int]) -> dict[int, DocumentInfo]:
        """The documents of the passages with those ids, by these; ids that are not current are left out."""
        found: dict[int, DocumentInfo] = {}
        for number, base in enumerate(self.members):
            missing = [i for i in ids if i not in found]
            own = base.documents_of(missing) if missing else {}
            found.update((i, document) for i, document in own.items() if not self._joined.hides(number, i))
        return found

    def search_words(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k best passages by BM25 over all as (id, score > 0), best first, ties by id."""
        return self._joined.best(k, lambda number, most: self._joined.words[number].search(text, most, only))

    def search_vectors(self, text: str, k: int, only: Filters = Filters()) -> list[tuple[int, float]]:
        """The k nearest passages as (id, cosine), nearest first, ties by id; none for a text without tokens."""
        query = self.embedder.encode_queries([text])[0]
        if not np.any(query):
            return []
        snapshots = [base._snapshot for base in self.members]

        def search(number: int, most: int) -> list[tuple[int, float]]:
            return snapshots[number].vectors.search(query, most, only)

        return self._joined.best(k, search)

    def vector_scores(self, text: str, ids: Sequence[int]) -> list[float]:
        """The cosine of a text with each of some passages; 0 for one that is not there."""
        query, wanted = self.embedder.encode_queries([text])[0], np.asarray(ids, np.int64)
        found = np.zeros(len(ids), np.float32)
        for base in self.members:
            found = np.where(found == 0.0, base._snapshot.vectors.scores(query, wanted), found)
        return [float(score) for score in found]

    def word_weights(self, text: str) -> dict[str, float]:
        """The inverse document frequency over all of each search token of a text that stands in some passage."""
        return self._joined.words[0].weights_of(text)

    # ------------------------------------------------------------------ the whole

    def stats(self) -> Stats:
        """What they hold: documents once each; passages, entities, names and facts that two of them have count in both."""
        own = [base.stats() for base in self.members]
        added = {name: sum(getattr(one, name) for one in own) for name in _ADDED}
        kinds: Counter[DocumentKind] = Counter()
        sources: Counter[str] = Counter()
        for document in self.documents():
            kinds[document.kind] += 1
            sources[document.source] += 1
        return Stats(
            commit=self.commit,
            documents=kinds.total() - kinds[DocumentKind.RECORD],
            labels=kinds[DocumentKind.LABEL],
            records=kinds[DocumentKind.RECORD],
            sources=dict(sources),
            embedder=self.embedder.name,
            engine="; ".join(dict.fromkeys(one.engine for one in own)),
            **added,
        )

    def verify(self, *, deep: bool = False) -> list[str]:
        """What is wrong with any of them, a line each that names it."""
        return [f"{base.path}: {fault}" for base in self.members for fault in base.verify(deep=deep)]


_ADDED = ("versions", "passages", "entities", "names", "facts", "bytes")


def _of_one_embedder(bases: Sequence[KnowledgeBase]) -> Sequence[KnowledgeBase]:
    first = bases[0]
    for base in bases[1:]:
        if base.embedder.name != first.embedder.name:
            raise VersionError(
                f"{first.path} was built with embedder {first.embedder.name!r} and {base.path} with {base.embedder.name!r}: "
                f"to read them as one, run `medrag reindex --kb {base.path} --embedder {first.embedder.name}`"
            )
    return bases
