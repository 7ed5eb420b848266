"""The four channels: each finds evidence for an understood question in its own way, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.relations import inverse_of
from medrag.kb.terms import name_variants
from medrag.retrieve.cues import support_groups, support_pattern
from medrag.retrieve.subjects import DRUG_KINDS, Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Fact, Passage

__all__ = [
    "NO_FILTERS",
    "Hit",
    "Ranking",
    "Ref",
    "allowed",
    "asked_facts_relations",
    "fact_ref",
    "graph",
    "label",
    "vectors",
    "words",
]

Ref = int | str  # a passage's id, or the text that identifies a fact

NO_FILTERS = Filters()
LABEL_DOCUMENTS = 4  # documents read per drug; more of the same drug say the same again
FIRST_SHARE = 0.7  # of the places, for the document that was meant most exactly
TIE_PASSAGES = 30  # looked at to choose between labels of the same drug
BESIDE = 2  # passages of sections that were not asked for
MAX_PASSAGES = 200  # looked at per document
MAX_ENTITIES = 12
PANEL = "51945-4"  # package label, principal display panel
_STEPS = frozenset({"complication", "related_disease", "has_symptom"})
_LINEAGE = frozenset({"form_of"})  # how names hang together; an answer only where it is asked for


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: a passage's id or a fact, and how well it matches in its channel's own terms (higher is better)."""

    ref: Ref
    score: float
    passage: Passage | None = None
    fact: Fact | None = None


Ranking = list[Hit]


def fact_ref(fact: Fact) -> str:
    """What identifies a fact among others."""
    return f"{fact.subject.id}\t{fact.relation}\t{fact.object.id}"


def words(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """The passages that share the question's words, by BM25."""
    return [Hit(ref, score) for ref, score in kb.search_words(understanding.question, k, only)]


def vectors(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """The passages nearest to the question in the embedder's space, by cosine."""
    return [Hit(ref, score) for ref, score in kb.search_vectors(understanding.question, k, only)]


def graph(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """Facts about what the question names: those that join two of its drugs, then the relations asked for, else others.

    A question for the cure rate of the complications is followed over the complications: first the step, then the end.
    """
    ids = _entity_ids(understanding, kb)
    if not ids:
        return []
    asked = asked_facts_relations(understanding)
    facts = _two_steps(ids, understanding, kb, k) or (kb.facts_of(ids, asked, limit=k * 2) if asked else [])
    if asked and not any(fact.subject.id in ids or inverse_of(fact.relation) for fact in facts):
        inner = _inner_ids(understanding, kb)
        about = kb.facts_of(inner, asked, limit=k * 2) if inner else []
        facts = [fact for fact in about if fact.subject.id in inner] or facts
    if not asked and understanding.drugs and understanding.shape is not Shape.WHAT_IS:
        return []  # a label answers; facts of any kind would be chance
    if not asked:
        facts = [fact for fact in kb.facts_of(ids, limit=k * 2) if fact.relation not in _LINEAGE]
    named = set(ids)
    order = sorted(
        enumerate(fact for fact in facts if _allowed_fact(fact, only)),
        key=lambda item: (not ({item[1].subject.id, item[1].object.id} <= named), _asked_place(item[1], asked), item[0]),
    )
    return [Hit(fact_ref(fact), 1.0 / rank, fact=fact) for rank, (_, fact) in enumerate(order[:k], start=1)]


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


def _entity_ids(understanding: Understanding, kb: KnowledgeBase) -> list[str]:
    ids = dict.fromkeys(entity.id for entity in understanding.entities)
    for drug in understanding.drugs:  # what is said of the substance holds for its forms
        for variant in name_variants(drug.name)[1:]:
            ids.update(dict.fromkeys(entity.id for entity in kb.entity(variant) if entity.kind in DRUG_KINDS))
    return list(ids)[:MAX_ENTITIES]


def label(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters = NO_FILTERS) -> Ranking:
    """The passages of the sections asked for in the documents of the drugs asked about, best document first.

    Within a section passages keep the text's order, unless it has more than there are places: then those that hold
    most of the question's words come first. Without a section asked for, the whole document competes by its words.
    Two drugs take turns, so that each is heard.
    """
    runs = [_of_drug(drug, understanding, kb, k, only) for drug in understanding.drugs]
    merged: dict[int, Passage] = {}
    for place in range(max((len(run) for run in runs), default=0)):
        for run in runs:
            if place < len(run):
                merged.setdefault(run[place].id, run[place])
    chosen = list(merged.values())[: max(k, 1)]
    return [Hit(passage.id, 1.0 - place / (len(chosen) + 1), passage) for place, passage in enumerate(chosen)]


def _of_drug(drug: Drug, understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters) -> list[Passage]:
    documents = [document for document in drug.documents if allowed(document, only)]
    if drug.equals > 1:
        documents = _by_words(documents[: drug.equals], understanding, kb, only) + documents[drug.equals :]
    documents = documents[:LABEL_DOCUMENTS]
    found: list[Passage] = []
    for document in documents:
        places = k - len(found)
        if places <= 0:
            break
        share = places if len(documents) == 1 else max(1, round(places * FIRST_SHARE))
        found += _of_document(document, understanding, kb, share)
    return found


def _by_words(
    documents: Sequence[DocumentInfo], understanding: Understanding, kb: KnowledgeBase, only: Filters
) -> list[DocumentInfo]:
    """Documents that are meant equally well, by which of them speaks most of what is asked; others keep their order."""
    hits = kb.passages([ref for ref, _ in kb.search_words(understanding.question, TIE_PASSAGES, only)])
    order: dict[tuple[str, str], int] = {}
    for place, passage in enumerate(hits):
        order.setdefault((passage.document.source, passage.document.key), place)
    return sorted(documents, key=lambda document: order.get((document.source, document.key), len(hits)))


def _of_document(document: DocumentInfo, understanding: Understanding, kb: KnowledgeBase, places: int) -> list[Passage]:
    groups = understanding.sought
    if not groups:
        return _best(kb.passages_of(document)[:MAX_PASSAGES], (*understanding.terms, *understanding.hints), places)
    terms = (*understanding.terms, *understanding.hints)
    by_group: dict[SectionGroup, list[Passage]] = {group: [] for group in groups}
    for passage in kb.passages_of(document, groups)[:MAX_PASSAGES]:
        if passage.section.code != PANEL:  # the print on the box repeats the label's beginning
            by_group[passage.section.group].append(passage)
    missing = [group for group in understanding.groups if not by_group.get(group)]
    if missing:
        for group in missing:
            by_group[group] = _supporting(kb.passages_of(document, support_groups(group))[:MAX_PASSAGES], group)
    beside = _beside(document, understanding, kb, [p for own in by_group.values() for p in own])
    places = max(1, places - len(beside))
    share = max(2, places // max(1, sum(bool(passages) for passages in by_group.values())))
    found: dict[int, Passage] = {}
    for group in groups:
        for passage in _best(by_group[group], terms, share):
            found.setdefault(passage.id, passage)
    for group in groups:  # what room is left goes to the sections that had more
        for passage in by_group[group]:
            if len(found) < places:
                found.setdefault(passage.id, passage)
    return [*list(found.values())[:places], *beside]


def _beside(document: DocumentInfo, understanding: Understanding, kb: KnowledgeBase, own: Sequence[Passage]) -> list[Passage]:
    """Passages of other sections that hold the words of a question whose own sections do not: hepatitis as a side effect."""
    terms, hints = understanding.terms, understanding.hints
    if not (terms or hints) or understanding.shape is Shape.WHAT_IS or any(speaks_of(p.text, terms, hints) for p in own):
        return []
    found = _best(kb.passages_of(document), terms or hints, BESIDE)
    return [passage for passage in found if speaks_of(passage.text, terms, hints)]


def _supporting(passages: Sequence[Passage], missing: SectionGroup) -> list[Passage]:
    """Passages of other sections that say what the missing section would say: 孕妇慎用 among the precautions."""
    pattern = support_pattern(missing)
    return [passage for passage in passages if pattern is not None and pattern.search(passage.text)]


def _best(passages: Sequence[Passage], terms: Sequence[str], places: int) -> list[Passage]:
    """The passages in text order where there is room for all, else those with most of the terms first."""
    if len(passages) <= places:
        return list(passages)
    scored = sorted(enumerate(passages), key=lambda item: (-term_hits(item[1].text, terms), item[0]))
    return [passage for _, passage in scored[:places]]


def allowed(document: DocumentInfo, only: Filters) -> bool:
    """Whether a document passes the filters."""
    return (
        (not only.sources or document.source in only.sources)
        and (not only.langs or document.lang in only.langs)
        and (not only.kinds or document.kind in only.kinds)
        and (not only.tags or bool(only.tags & set(document.tags)))
    )


def _allowed_fact(fact: Fact, only: Filters) -> bool:
    return not only or any(allowed(source.document, only) for source in fact.sources)
