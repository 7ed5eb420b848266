"""The order of what was found: first what answers what was asked of what was asked about, then what is about it, then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.alike import folded
from medrag.retrieve.channels import Ranking, asked_facts_relations
from medrag.retrieve.fuse import Fused
from medrag.retrieve.pairs import joins
from medrag.retrieve.rerank import Reranker
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup
from medrag.types import Evidence, Passage

__all__ = ["Ordered", "as_evidence", "expanded", "in_order", "reranked"]

LAST_TIER = 4
FACTS_PLACE = 2  # of facts that answer what was asked, behind the first passages of labels
RERANKED = 30  # passages that a reranker reads; it takes some milliseconds for each


@dataclass(frozen=True, slots=True)
class Ordered:
    """A piece of evidence to be; `tier` 0 answers, 4 only shares words, and decides before the score (0..1)."""

    tier: int
    score: float
    found_by: tuple[str, ...]
    fused: Fused | None
    passage: Passage | None


def in_order(found: Sequence[tuple[Fused, Passage | None]], understanding: Understanding, by_label: Ranking) -> list[Ordered]:
    """The hits by tier; among those that answer the label channel's order holds, and after it the fused one."""
    places = {hit.ref: place for place, hit in enumerate(by_label)}
    about = {(document.source, document.key) for drug in understanding.drugs for document in drug.documents}
    listed = []
    for order, (item, passage) in enumerate(found):
        tier = _tier(item, passage, understanding, about)
        place = 0
        if tier == 0:
            place = FACTS_PLACE if passage is None else places.get(item.hit.ref, len(places))
        listed.append(((tier, place, order), Ordered(tier, item.score, item.found_by, item, passage)))
    listed.sort(key=lambda pair: pair[0])
    return [item for _, item in listed]


def _tier(item: Fused, passage: Passage | None, understanding: Understanding, about: set[tuple[str, str]]) -> int:
    """0: answers what was asked of what was asked about; 1, 2: is about it; 3: of the right kind; 4: shares words with it."""
    if passage is None:
        fact = item.hit.fact
        if fact is not None and understanding.drugs:
            return 0 if joins(fact, understanding) else 2
        return 0 if fact is not None and fact.relation in asked_facts_relations(understanding) else 2
    sought = understanding.sought
    by_label = "label" in item.found_by
    if (passage.document.source, passage.document.key) in about:
        return 0 if by_label or (passage.section.group in sought and passage.section.group is not SectionGroup.OTHER) else 1
    if by_label and not understanding.drugs:  # it speaks of the condition; facts that were asked for go first
        of_drugs = understanding.shape in {Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS}
        return 0 if of_drugs or not understanding.relations else 1
    return 3 if passage.section.group in sought and not about else LAST_TIER


def reranked(found: Sequence[Ordered], understanding: Understanding, reranker: Reranker) -> list[Ordered]:
    """The same evidence with the first passages, tier by tier, in the order of the reranker's scores."""
    read = [item for item in found if item.passage is not None][:RERANKED]
    texts = [
        f"{item.passage.document.title} {item.passage.section.heading}\n{item.passage.text}" for item in read if item.passage
    ]
    scores = {id(item): float(score) for item, score in zip(read, reranker.score(understanding.question, texts), strict=True)}
    again = [replace(item, score=scores.get(id(item), item.score)) for item in found]
    keys = [(item.tier, -scores.get(id(item), -1.0), at) for at, item in enumerate(found)]
    return [again[at] for at in sorted(range(len(again)), key=keys.__getitem__)]


def expanded(found: Sequence[Ordered], kb: KnowledgeBase, k: int) -> list[Ordered]:
    """Each passage followed by its neighbours that were not found themselves, to k in all."""
    seen = {item.passage.id for item in found if item.passage is not None}
    more: list[Ordered] = []
    for item in found:
        more.append(item)
        for passage in kb.neighbours(item.passage) if item.passage is not None else ():
            if passage is not None and passage.id not in seen:
                seen.add(passage.id)
                more.append(Ordered(item.tier, item.score, ("neighbour",), None, passage))
    return more[:k]


def as_evidence(found: Sequence[Ordered], understanding: Understanding, k: int) -> tuple[Evidence, ...]:
    """The first k pieces of evidence when what several labels say alike is folded into one."""
    evidence: list[Evidence] = []
    ceiling = 1.0
    for rank, place in enumerate(folded([item.passage for item in found], understanding, max(k, 0)), start=1):
        item = found[place.at]
        # The tier decides first and the fused score within it; both in one number, so that scores never rise.
        ceiling = min(ceiling, (LAST_TIER - item.tier + item.score) / (LAST_TIER + 1))
        fact = item.fused.hit.fact if item.fused is not None and item.passage is None else None
        evidence.append(
            Evidence.model_construct(
                rank=rank,
                score=round(ceiling, 6),
                found_by=item.found_by,
                passage=item.passage,
                fact=fact,
                also=tuple(place.also),
            )
        )
    return tuple(evidence)
