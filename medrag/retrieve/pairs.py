"""Two things together: what a label may call a medicine, the passages that name two, and the facts that join two."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Understanding
from medrag.types import Fact, Passage

__all__ = ["MIN_NAME", "joins", "names_one_of", "other_names", "together"]

SEARCHED = 60  # passages looked at for both names
MAX_TOGETHER = 6
MIN_NAME = 2


def other_names(drug: Drug, kb: KnowledgeBase) -> tuple[str, ...]:
    """All that a label may call a drug: its names, what they are without form and salt, its classes; folded."""
    names = dict.fromkeys(name_variants(drug.name))
    for document in drug.documents[:2]:
        names.update(dict.fromkeys(name_variants(document.title)))
    ids = sorted(drug.ids)
    for entity_id in ids:
        names.update(dict.fromkeys(fold(name) for name, _ in kb.names(entity_id)))
    for fact in kb.bare_facts_of(ids, {"belongs_to_class"}, limit=20):
        if fact.subject.id in drug.ids:
            names.setdefault(fold(fact.object.name))
    return tuple(name for name in names if len(name) >= MIN_NAME)


def names_one_of(text: str, names: Sequence[str]) -> bool:
    """Whether a text holds one of the folded names."""
    folded = fold(text)
    return any(name in folded for name in names)


def together(drugs: Sequence[Drug], kb: KnowledgeBase, only: Filters) -> list[Passage]:
    """Passages of either drug's documents, of whatever maker, that name the other, best first."""
    first, second = drugs[:2]
    found = kb.passages([ref for ref, _ in kb.search_words(f"{first.name} {second.name}", SEARCHED, only)])
    naming: list[Passage] = []
    for own, other in ((first, second), (second, first)):
        places = {(document.source, document.key) for document in own.documents}
        names = other_names(other, kb)
        naming += [p for p in found if (p.document.source, p.document.key) in places and names_one_of(p.text, names)]
    order = {passage.id: place for place, passage in enumerate(found)}
    return sorted(naming, key=lambda passage: order[passage.id])[:MAX_TOGETHER]


def joins(fact: Fact, understanding: Understanding) -> bool:
    """Whether a fact joins two things that the question names, be it in words that no name list has (西柚 for 西柚汁)."""
    things = [drug.ids for drug in understanding.drugs]
    for mention in understanding.mentions:
        ids = frozenset(entity.id for entity in mention.entities)
        if ids and not any(ids & thing for thing in things):
            things.append(ids)
    ends = (fact.subject, fact.object)
    return any(
        own.id in thing
        and other.id not in thing
        and (any(other.id in t for t in things) or _is_said(other.name, understanding))
        for thing in things
        for own, other in (ends, ends[::-1])
    )


def _is_said(printed: str, understanding: Understanding) -> bool:
    """Whether the words that the question has beside its names, or those that labels use for them, mean a name."""
    name = fold(printed)
    words = [word for word in (*understanding.left, *understanding.hints) if len(word) >= MIN_NAME]
    if name.isascii():  # folic means folic acid, acid does not
        return any(name == word or name.startswith(word + " ") for word in words)
    return any(word in name or name in word for word in words)
