"""What is worked out from several knowledge bases together, at one commit of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection, select

from medrag.kb import facts
from medrag.kb import schema as t
from medrag.kb.base import KnowledgeBase
from medrag.kb.catalogue import current
from medrag.kb.contract import Words
from medrag.kb.facts import DRUGS, MAX_SOURCES, MAX_STEPS
from medrag.kb.query import Query
from medrag.kb.similar import SimilarNames
from medrag.types import DocumentInfo, Entity, EntityKind, Fact, FactSource

__all__ = ["Joined", "Key"]

CACHED = 512  # answers of small look-ups kept
PORTION = 1_000  # documents fetched at a time
Key = tuple[str, str]  # source and key of a document
Row = tuple[str, str, int, str, str]  # a document's source and key, the number of its knowledge base, title and text's hash
T = TypeVar("T")
Scored = Sequence[tuple[int, float]]


class Joined:
    """Knowledge bases in an order of precedence, each pinned to one commit. It never changes, so what it found stays true."""

    def __init__(self, bases: Sequence[KnowledgeBase]) -> None:
        self.bases = tuple(base.pinned() for base in bases)
        self.commits = tuple(base.commit for base in self.bases)
        self._similar: dict[frozenset[EntityKind], SimilarNames] = {}
        self._cache: dict[tuple[object, ...], object] = {}

    def each(self, find: Callable[[Connection, list[str], int], T], wanted: Iterable[str]) -> list[T]:
        """What `find` gets of some names or ids from each catalogue at its commit."""
        listed = list(wanted)
        found = []
        for base in self.bases:
            with base._reading() as connection:
                found.append(find(connection, listed, base.commit))
        return found

    def cached(self, key: tuple[object, ...], make: Callable[[], Sequence[T]]) -> list[T]:
        """What `make` returns, remembered; the list is the caller's own."""
        found = self._cache.get(key)
        if found is None:
            found = make()
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[key] = found
        return list(found)  # type: ignore[call-overload,no-any-return]  # stored under its own key

    # ------------------------------------------------------------------ documents

    @cached_property
    def _doubled(self) -> list[tuple[Key, int, bool]]:
        """The documents that an earlier knowledge base has too: which, in which one, and whether with another text."""
        found = []
        for key, rows in groupby(merge(*(_documents(base, at) for at, base in enumerate(self.bases))), key=lambda row: row[:2]):
            (_, _, _, *first), *others = rows
            found += [(key, at, said != first) for _, _, at, *said in others]
        return found

    @cached_property
    def shadowed(self) -> list[frozenset[Key]]:
        """Of each knowledge base the documents that an earlier one has: what that one has of them counts."""
        return [frozenset(key for key, at, _ in self._doubled if at == number) for number in range(len(self.bases))]

    @cached_property
    def _hidden(self) -> list[frozenset[int]]:
        """Of each knowledge base the ids of passages that an earlier one's text of the document replaces."""
        hidden: list[set[int]] = [set() for _ in self.bases]
        for (source, key), at, differs in self._doubled:
            if differs:
                document = DocumentInfo.model_construct(source=source, key=key, title="")
                hidden[at].update(passage.id for passage in self.bases[at].passages_of(document))
        return [frozenset(ids) for ids in hidden]

    def hides(self, number: int, passage_id: int) -> bool:
        """Whether a passage of a knowledge base is one of a text that is not read."""
        return passage_id in self._hidden[number]

    # ------------------------------------------------------------------ search

    @cached_property
    def words(self) -> list[Words]:
        """The word indexes, each weighing words as they stand in all: BM25 scores of different statistics do not compare."""
        indexes = [base._snapshot.words for base in self.bases]
        return [own.beside(indexes[:at] + indexes[at + 1 :]) for at, own in enumerate(indexes)]

    def best(self, k: int, search: Callable[[int, int], Scored]) -> list[tuple[int, float]]:
        """The k best passages of all, best first, ties by id; `search` finds the best of one by its number."""
        found: dict[int, float] = {}
        for number in range(len(self.bases)):
            for passage_id, score in self._best_of(number, k, search):
                found.setdefault(passage_id, score)
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:k]

    def _best_of(self, number: int, k: int, search: Callable[[int, int], Scored]) -> Scored:
        """The k best of one, asked for more where some of them are not read."""
        most = k
        while True:
            found = search(number, most)
            kept = [hit for hit in found if not self.hides(number, hit[0])]
            if len(kept) >= k or len(found) < most:
                return kept[:k]
            most *= 2

    # ------------------------------------------------------------------ names and facts

    def similar(self, kinds: frozenset[EntityKind], names: Callable[[], list[str]]) -> SimilarNames:
        """The names of some kinds, ready for comparing; made when they are first asked for."""
        if kinds not in self._similar:
            self._similar[kinds] = SimilarNames(names(), next(iter(kinds)) if len(kinds) == 1 else EntityKind.THING)
        return self._similar[kinds]

    def meanings(self, norms: Collection[str]) -> dict[str, list[Entity]]:
        """What each folded name stands for in any of them, by id."""
        found: dict[str, dict[str, Entity]] = {}
        for known in self.each(facts.meanings, norms):
            for norm, entities in known.items():
                for entity in entities:
                    found.setdefault(norm, {}).setdefault(entity.id, entity)
        return {norm: [entities[i] for i in sorted(entities)] for norm, entities in found.items()}

    def facts_of(self, entity_ids: Sequence[str], relations: Collection[str] | None, limit: int) -> list[Fact]:
        """The facts of all, each once with every source, in the order and within the limit that one knowledge base keeps."""
        merged: dict[tuple[str, str, str], Fact] = {}
        for number, base in enumerate(self.bases):
            for fact in base.facts_of(entity_ids, relations, limit):
                own = tuple(s for s in fact.sources if (s.document.source, s.document.key) not in self.shadowed[number])
                triple = (fact.relation, fact.subject.id, fact.object.id)
                if own and triple in merged:
                    merged[triple] = merged[triple].model_copy(update={"sources": _united(merged[triple].sources, own)})
                elif own:
                    merged[triple] = fact.model_copy(update={"sources": own})
        kept = set(sorted(sorted(merged), key=lambda triple: triple[1] not in entity_ids)[:limit])
        return [merged[triple] for triple in sorted(kept)]

    def documents_about(self, entity_ids: Sequence[str]) -> list[tuple[DocumentInfo, int, str]]:
        """What `KnowledgeBase.documents_about` finds, where one may know the forms and names, and another have the documents."""
        found: dict[Key, tuple[DocumentInfo, int, str]] = {}
        for steps, ids in enumerate(self._forms(entity_ids)):
            for number, about in enumerate(self.each(facts.about_of, ids)):
                for document, entity_id in sorted(about, key=lambda hit: hit[1]):
                    if (document.source, document.key) not in self.shadowed[number]:
                        found.setdefault((document.source, document.key), (document, steps, entity_id))
        return sorted(found.values(), key=lambda hit: (hit[1], hit[0].source, hit[0].key))

    def _forms(self, entity_ids: Sequence[str]) -> Iterator[list[str]]:
        """The entities, then step by step their forms, and with the first of these drugs of the same names."""
        reached, known = set(entity_ids), set[str]()
        for step in range(MAX_STEPS + 1):
            frontier = sorted(reached - known)
            if not frontier:
                return
            yield frontier
            if step == MAX_STEPS:
                return
            known.update(frontier)
            reached = set().union(*self.each(facts.forms_of, frontier))
            if step == 0:
                norms = set().union(*self.each(facts.norms_of, frontier))
                reached |= {e.id for entities in self.meanings(norms).values() for e in entities if e.kind in DRUGS}


def _documents(base: KnowledgeBase, number: int) -> Iterator[Row]:
    """The current documents of a knowledge base, records of graphs too, in the order of source and key."""
    d, v = t.documents.c, t.versions.c
    query = select(d.source, d.key, v.title, v.sha256).join(t.versions).where(current()).order_by(d.source, d.key)
    with base._reading() as connection:
        for row in Query(query).stream(connection, PORTION, commit=base.commit):
            yield row.source, row.key, number, row.title, row.sha256


def _united(one: Sequence[FactSource], other: Sequence[FactSource]) -> tuple[FactSource, ...]:
    every = sorted((*one, *other), key=lambda source: (source.document.source, source.document.key, source.start))
    return tuple(every[:MAX_SOURCES])
