"""Two drugs together: the sentences of each label that name the other, and the facts that join them."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.answer import phrases
from medrag.answer.draft import Draft
from medrag.answer.quoting import quote_by_section
from medrag.answer.select import Unit, choose, units_of
from medrag.answer.statements import write_facts
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.retrieve.cues import support_pattern
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup
from medrag.types import Evidence, Fact, Passage

__all__ = ["other_names", "write_pair"]

MAX_NAMING = 6  # sentences per label
MIN_NAME = 2


def write_pair(
    draft: Draft, understanding: Understanding, evidence: Sequence[Evidence], kb: KnowledgeBase, budget: int
) -> None:
    """Adds what the evidence says of the first two drugs together; where nothing names both, each one's own section."""
    first, second = understanding.drugs[:2]
    passages = [item.passage for item in evidence if item.passage is not None]
    facts = [item.fact for item in evidence if item.fact is not None and _joins(item.fact, first, second)]
    write_facts(draft, understanding, facts)
    for own, other in ((first, second), (second, first)):
        naming = _naming(_passages_of(own, passages), other_names(other, kb))
        quote_by_section(draft, naming[:MAX_NAMING], understanding.lang)
    if draft.citations:
        return
    rest = [_interactions(_passages_of(drug, passages)) for drug in (first, second)]
    if any(rest):
        draft.line(phrases.unnamed_pair(first.name, second.name, understanding.lang))
    for units in rest:
        chosen = choose(units, understanding.terms, budget // 2)
        quote_by_section(draft, chosen.units, understanding.lang)
        if chosen.left_out:
            draft.line(phrases.more_stands(understanding.lang))


def other_names(drug: Drug, kb: KnowledgeBase) -> tuple[str, ...]:
    """All that a label may call a drug: its names, what they are without form and salt, its classes; folded."""
    names = dict.fromkeys(name_variants(drug.name))
    for document in drug.documents[:2]:
        names.update(dict.fromkeys(name_variants(document.title)))
    ids = [entity.id for entity in drug.entities]
    for entity_id in ids:
        names.update(dict.fromkeys(fold(name) for name, _ in kb.names(entity_id)))
    for fact in kb.facts_of(ids, {"belongs_to_class"}, limit=20):
        if fact.subject.id in ids:
            names.setdefault(fold(fact.object.name))
    return tuple(name for name in names if len(name) >= MIN_NAME)


def _passages_of(drug: Drug, passages: Sequence[Passage]) -> list[Passage]:
    own = {(document.source, document.key) for document in drug.documents}
    found = [passage for passage in passages if (passage.document.source, passage.document.key) in own]
    return sorted(found, key=lambda passage: passage.section.group is not SectionGroup.INTERACTIONS)


def _interactions(passages: Sequence[Passage]) -> list[Unit]:
    """What one document says of taking the drug with others: its own section, else sentences of other sections."""
    own = [passage for passage in passages if passage.section.group is SectionGroup.INTERACTIONS]
    units = units_of([passage for passage in own or passages if passage.document.key == (own or passages)[0].document.key])
    pattern = support_pattern(SectionGroup.INTERACTIONS)
    return units if own or pattern is None else [unit for unit in units if pattern.search(unit.text)]


def _naming(passages: Sequence[Passage], names: Sequence[str]) -> list[Unit]:
    return [unit for unit in units_of(passages) if any(name in fold(unit.text) for name in names)]


def _joins(fact: Fact, first: Drug, second: Drug) -> bool:
    one, two = ({entity.id for entity in drug.entities} for drug in (first, second))
    ends = {fact.subject.id, fact.object.id}
    return bool(ends & one) and bool(ends & two)
