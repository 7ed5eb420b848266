"""The channels of words, vectors and graph: each finds evidence for an understood question in its own way, best first.

The fourth, the look-up of labels, is in `medrag.retrieve.label`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.relations import inverse_of
from medrag.retrieve.bridges import bridges
from medrag.retrieve.diseases import illnesses
from medrag.retrieve.pairs import joins
from medrag.retrieve.reading import NO_FILTERS, documents_of_ids, found_by_vectors, found_by_words
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, DocumentKind, Fact, Passage

__all__ = [
    "NO_FILTERS",
    "Hit",
    "Pool",
    "Ranking",
    "Ref",
    "asked_facts_relations",
    "fact_ref",
    "graph",
    "said_by_each",
    "vectors",
    "words",
]

Ref = int | str  # a passage's id, or the text that identifies a fact

POOL = 20  # passages that share the question's words, looked at to choose among labels of the same drug
MAX_ENTITIES = 12
MAX_JOINING = 300  # facts looked through for those that join two things
_STEPS = frozenset({"complication", "related_disease", "has_symptom"})
_TOGETHER = ("interacts_with", "not_combined_with")
_LINEAGE = frozenset({"form_of"})  # how names hang together; an answer only where it is asked for


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: a passage's id or a fact, and how well it matches in its channel's own terms (higher is better)."""

    ref: Ref
    score: float
    passage: Passage | None = None
    fact: Fact | None = None


Ranking = list[Hit]


class Pool:
    """The documents of the passages that share the question's words, best first; read when first looked at."""

    def __init__(self, found: Ranking, kb: KnowledgeBase) -> None:
        self._found = found
        self._kb = kb

    @cached_property
    def documents(self) -> list[DocumentInfo]:
        """The document of each of the first passages found by words."""
        return documents_of_ids([hit.ref for hit in self._found[:POOL] if isinstance(hit.ref, int)], self._kb)


def fact_ref(fact: Fact) -> str:
    """What identifies a fact among others."""
    return f"{fact.subject.id}\t{fact.relation}\t{fact.object.id}"


def words(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """The passages that share the question's words, by BM25."""
    return [Hit(ref, score) for ref, score in found_by_words(understanding.question, k, kb, only)]


def vectors(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """The passages nearest to the question in the embedder's space, by cosine."""
    return [Hit(ref, score) for ref, score in found_by_vectors(understanding.question, k, kb, only)]


def graph(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """Facts about what the question names: those that join two of its things, then the relations asked for, else others.

    A question for the cure rate of the complications is followed over the complications: first the step, then the end.
    """
    ids = _entity_ids(understanding)
    if not ids:
        return []
    asked = asked_facts_relations(understanding)
    if understanding.drugs and SectionGroup.INTERACTIONS in understanding.groups:
        together = [fact for fact in kb.bare_facts_of(ids, _TOGETHER, limit=MAX_JOINING) if joins(fact, understanding)]
        if together or not asked:
            return _hits([fact for fact in kb.with_sources(together) if _allowed_fact(fact, only)][:k], kb)
    if not asked and understanding.drugs and understanding.shape is not Shape.WHAT_IS:
        return []  # a label answers; facts of any kind would be chance
    way = _two_steps(ids, understanding, kb, k)
    facts = way or (_said_of(ids, kb.facts_of(ids, asked, limit=k * 2), understanding) if asked else [])
    if asked and not any(fact.subject.id in ids or inverse_of(fact.relation) for fact in facts):
        inner = _inner_ids(understanding, kb)
        about = kb.facts_of(inner, asked, limit=k * 2) if inner else []
        facts = [fact for fact in about if fact.subject.id in inner] or facts
    if not asked:
        facts = bridges(understanding.mentions, kb) or _of_any_relation(ids, kb, k)
    order = sorted(
        (fact for fact in [*_joining(ids, understanding, kb), *facts] if _allowed_fact(fact, only)),
        key=lambda fact: (not joins(fact, understanding), _asked_place(fact, asked)),
    )
    return _hits(order[:k], kb)


def _hits(facts: Sequence[Fact], kb: KnowledgeBase) -> Ranking:
    """The facts, best first; one that was read from labels stands for the passages that say so, and these are shown."""
    found: dict[Ref, Hit] = {}
    for rank, (fact, passages) in enumerate(zip(facts, said_by_each(facts, kb), strict=True), start=1):
        for passage in passages:
            found.setdefault(passage.id, Hit(passage.id, 1.0 / rank, passage=passage))
        if not passages:
            found.setdefault(fact_ref(fact), Hit(fact_ref(fact), 1.0 / rank, fact=fact))
    return list(found.values())


def said_by_each(facts: Sequence[Fact], kb: KnowledgeBase) -> list[list[Passage]]:
    """Of each fact the passages of labels that say it, by id; none for one that a row of a graph says. All are read at once.

    By id, which depends on content alone: the order of sources goes by keys, which may be made up of an older version's text.
    """
    places = [
        [(source.document, source.start) for source in fact.sources if source.document.kind is not DocumentKind.RECORD]
        for fact in facts
    ]
    read: dict[tuple[str, str], list[Passage]] = {}
    for passage in kb.passages_at([place for own in places for place in own]) if any(places) else ():
        read.setdefault((passage.document.source, passage.document.key), []).append(passage)
    said = ({p.id: p for place in own if (p := _at(place, read)) is not None} for own in places)
    return [sorted(passages.values(), key=lambda passage: passage.id) for passages in said]


def _at(place: tuple[DocumentInfo, int], read: Mapping[tuple[str, str], Sequence[Passage]]) -> Passage | None:
    """The passage that was read for a place: of those in which it lies the last to begin."""
    document, start = place
    around = (p for p in read.get((document.source, document.key), ()) if p.start <= start < p.end)
    return max(around, key=lambda passage: passage.start, default=None)


def asked_facts_relations(understanding: Understanding) -> tuple[str, ...]:
    """The relations asked for, each followed by the one that says the same from the other end."""
    both = [name for relation in understanding.relations for name in (relation, inverse_of(relation)) if name]
    return tuple(dict.fromkeys(both))


def _two_steps(ids: Sequence[str], understanding: Understanding, kb: KnowledgeBase, k: int) -> list[Fact]:
    """The facts of a way of two steps that the question names (complications, and of these the cure rate)."""
    if len(understanding.relations) != 2 or understanding.relations[0] not in _STEPS:
        return []
    first, second = understanding.relations
    own = set(ids)
    way = [fact for fact in kb.facts_of(ids, [first], limit=k) if fact.subject.id in own]
    ends = [fact.object.id for fact in way]
    reached = kb.facts_of(ends, [second], limit=k * 2) if ends else []
    found = [fact for fact in reached if fact.subject.id in ends]
    return [*way, *found] if found else []


def _of_any_relation(ids: Sequence[str], kb: KnowledgeBase, k: int) -> list[Fact]:
    """The first facts about what is asked about, but how names hang together."""
    return [fact for fact in kb.facts_of(ids, limit=k * 2) if fact.relation not in _LINEAGE]


def _joining(ids: Sequence[str], understanding: Understanding, kb: KnowledgeBase) -> list[Fact]:
    """The facts, of whatever relation, that join two illnesses of which the question asks whether one comes with the other."""
    if understanding.drugs or understanding.shape is not Shape.YES_NO or len(illnesses(understanding.mentions)) < 2:
        return []
    facts = kb.bare_facts_of(ids, limit=MAX_JOINING)
    return kb.with_sources([fact for fact in facts if fact.subject.id in ids and fact.object.id in ids])


def _said_of(ids: Sequence[str], facts: Sequence[Fact], understanding: Understanding) -> list[Fact]:
    """The facts said of what is asked about; that it is a complication of something else is none of its complications."""
    own = [fact for fact in facts if fact.subject.id in ids or inverse_of(fact.relation)]
    return own if any(fact.relation in understanding.relations for fact in own) else list(facts)


def _inner_ids(understanding: Understanding, kb: KnowledgeBase) -> list[str]:
    """The entities named inside the longest names, where nothing is said of those: 癫痫 in 癫痫发作."""
    found: dict[str, None] = {}
    for mention in understanding.mentions[:MAX_ENTITIES]:
        words = understanding.question[mention.start : mention.end]
        for part in (words[:-1], words[1:]):
            found.update(dict.fromkeys(entity.id for inner in kb.link(part) for entity in inner.entities))
    return list(found)[:MAX_ENTITIES]


def _asked_place(fact: Fact, asked: Sequence[str]) -> int:
    return asked.index(fact.relation) if fact.relation in asked else len(asked)


def _entity_ids(understanding: Understanding) -> list[str]:
    """The ids of all that is asked about, and of what its drugs are forms of."""
    ids = dict.fromkeys(entity.id for entity in understanding.entities)
    for drug in understanding.drugs:
        ids.update(dict.fromkeys(sorted(drug.ids)))
    return list(ids)[:MAX_ENTITIES]


def _allowed_fact(fact: Fact, only: Filters) -> bool:
    return not only or any(only.allows(source.document) for source in fact.sources)
