"""Questions that name no medicine: which labels speak of the condition or the person, in the sections that would say so."""

from __future__ import annotations

from dataclasses import replace

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.relations import inverse_of
from medrag.retrieve.channels import Hit, Ranking, said_by_each
from medrag.retrieve.features import features_of
from medrag.retrieve.kinds import kind_of
from medrag.retrieve.profile import Profile
from medrag.retrieve.reading import passages_of_ids
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.wanted import condition_words
from medrag.retrieve.words import term_hits
from medrag.sections import SectionGroup
from medrag.types import EntityKind, Passage

__all__ = ["candidates", "conditions"]

SEARCHED = 60  # passages by words and by vectors, each
MAX_FACTS = 60
LIKELY = 0.1  # probability from which a section is searched
MAX_GROUPS = 3
MAX_DISEASES = 8
_TREATS = ("indication", "treats")
_FORBIDS = ("contraindication", "caution")
_ILLS = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
# Sections of a label that speak of conditions and persons.
_OF_LABELS = (
    SectionGroup.INDICATIONS,
    SectionGroup.CONTRAINDICATIONS,
    SectionGroup.WARNINGS,
    SectionGroup.BOXED_WARNING,
    SectionGroup.INTERACTIONS,
    SectionGroup.ADVERSE_REACTIONS,
    SectionGroup.DOSAGE,
    SectionGroup.PREGNANCY,
    SectionGroup.PEDIATRIC,
)


def conditions(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters, profile: Profile) -> Ranking:
    """The k passages of labels that answer best a question that names no medicine; none where it names one."""
    if understanding.drugs or understanding.unknown:
        return []
    passages = [p for p in candidates(understanding, kb, only, profile) if _speaks(p, understanding)]
    if not passages:
        return []
    rows = features_of(understanding, passages, [0] * len(passages), (), kb, vectors=profile.asks("vectors"))
    scores = profile.ranker.scores(rows, kind_of(understanding))
    order = sorted(range(len(passages)), key=lambda i: (-scores[i], passages[i].id))[:k]
    return [Hit(passages[i].id, 1.0 - place / (len(order) + 1), passages[i]) for place, i in enumerate(order)]


def candidates(understanding: Understanding, kb: KnowledgeBase, only: Filters, profile: Profile) -> list[Passage]:
    """The passages to rank: of the likeliest sections those that share its words or lie near it, and those that state facts."""
    groups = _groups(understanding)
    both = only.groups & groups if only.groups else groups
    if not both:
        return []  # an empty filter would allow every section
    within = replace(only, groups=both, langs=only.langs or frozenset({understanding.lang}))
    found = dict.fromkeys(ref for ref, _ in kb.search_words(understanding.masked, SEARCHED, within))
    said = " ".join(word for words in condition_words(understanding) for word in words)
    if said:  # what patients say in many words, labels say in one
        found.update(dict.fromkeys(ref for ref, _ in kb.search_words(said, SEARCHED, within)))
    if profile.asks("vectors"):
        found.update(dict.fromkeys(ref for ref, _ in kb.search_vectors(understanding.masked, SEARCHED, within)))
    passages = {passage.id: passage for passage in passages_of_ids(list(found), kb)}
    if profile.asks("graph"):
        passages.update((passage.id, passage) for passage in _stated(understanding, kb, within))
    return list(passages.values())


def _speaks(passage: Passage, understanding: Understanding) -> bool:
    """Whether a passage has a word in common with what is left of the question without the words that all questions have."""
    named = [mention.name for mention in understanding.mentions]
    words = (*understanding.terms, *understanding.hints, *named)
    return not words or term_hits(" ".join((passage.document.title, passage.section.heading, passage.text)), words) > 0


def _groups(understanding: Understanding) -> frozenset[SectionGroup]:
    sections = understanding.sections
    likely = sorted((g for g in _OF_LABELS if sections.get(g, 0.0) >= LIKELY), key=lambda g: -sections[g])[:MAX_GROUPS]
    asked = [group for group in understanding.sought if group in _OF_LABELS]
    return frozenset([*likely, *asked]) or frozenset({SectionGroup.INDICATIONS})


def _stated(understanding: Understanding, kb: KnowledgeBase, only: Filters) -> list[Passage]:
    """The passages of labels in which facts about the diseases of the question are stated."""
    ills = [entity.id for entity in understanding.entities if entity.kind in _ILLS][:MAX_DISEASES]
    if not ills:
        return []
    wanted = _FORBIDS if understanding.shape is Shape.DISEASE_AVOIDS else _TREATS
    relations = [name for relation in wanted for name in (relation, inverse_of(relation)) if name]
    found: dict[int, Passage] = {}
    for said in said_by_each(kb.facts_of(ills, relations, limit=MAX_FACTS), kb):
        found.update((p.id, p) for p in said if only.allows(p.document) and only.allows_passage(p))
    return list(found.values())
