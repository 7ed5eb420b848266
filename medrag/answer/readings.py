"""How the names of a question were read where it does not write them as labels do: corrected, or of several medicines."""

from __future__ import annotations

from dataclasses import dataclass

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.linking import substance_of
from medrag.kb.terms import name_variants
from medrag.retrieve.subjects import DRUG_KINDS, SURE, Drug
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo

__all__ = ["Reading", "ambiguous_names", "corrected_names", "is_titled_otherwise"]

# Ways in which a name is found that is not written so; another name of the drug or other characters need no remark.
CORRECTED = frozenset({"typing", "sound", "shape", "pinyin", "initials", "short"})
MAX_READINGS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A name as the question writes it, and what it was read as: one name, or those of the medicines that it may mean."""

    written: str
    names: tuple[str, ...]


def corrected_names(understanding: Understanding) -> tuple[Reading, ...]:
    """The medicines asked about that were found by another spelling than the question's, each with the name that is meant."""
    found = {
        _written(mention, drug): Reading(_written(mention, drug), (_spelt(mention),))
        for drug in understanding.drugs
        for mention in understanding.mentions
        if mention.via in CORRECTED and drug.start <= mention.start and mention.end <= drug.end
    }
    return tuple(found.values())


def is_titled_otherwise(drug: Drug, document: DocumentInfo, understanding: Understanding, kb: KnowledgeBase) -> bool:
    """Whether a label in the question's language is of a medicine that it does not call as the question does: 美林."""
    if document.lang != understanding.lang or any(drug.name in reading.written for reading in corrected_names(understanding)):
        return False
    called = [fold(document.title), *(fold(passage.text) for passage in kb.passages_of(document, (SectionGroup.NAMES,)))]
    return not any(name in text for text in called for name in name_variants(drug.name))


def ambiguous_names(understanding: Understanding) -> tuple[Reading, ...]:
    """The names that may mean several medicines and that nothing else in the question tells apart."""
    held = {entity_id for drug in understanding.drugs for entity_id in drug.ids}
    found = []
    for mention in understanding.mentions:
        meant = [entity for entity in mention.entities if entity.kind in DRUG_KINDS]
        if mention.score >= SURE or any(entity.id in held for entity in meant):
            continue
        substances = {substance_of(entity.name): entity.name for entity in reversed(meant)}
        names = list({fold(name): name for name in substances.values()}.values())[::-1]
        if len(names) > 1:
            found.append(Reading(understanding.question[mention.start : mention.end], tuple(names[:MAX_READINGS])))
    return tuple(found)


def _written(mention: Mention, drug: Drug) -> str:
    """The name as the question, or the turn before it, writes it."""
    return drug.name[mention.start - drug.start : mention.end - drug.start] or drug.name


def _spelt(mention: Mention) -> str:
    """The name that is meant, as the knowledge base prints it where some entity is called so."""
    return next((entity.name for entity in mention.entities if fold(entity.name) == mention.name), mention.name)
