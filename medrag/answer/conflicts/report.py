"""Conflicts over a knowledge base: among the labels of one medicine, and between what graphs and labels say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from medrag.answer.conflicts.find import Conflict, conflicts_among
from medrag.answer.conflicts.positions import Topic
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import DocumentInfo, DocumentKind, Fact, FactSource

__all__ = ["all_conflicts", "conflicts_of", "label_groups"]

MOST = 12  # labels of one medicine that are laid side by side; pairs grow with the square
MAX_FACTS = 500
_FOR = frozenset({"indication", "treated_with"})
_AGAINST = frozenset({"contraindication"})


def all_conflicts(kb: KnowledgeBase) -> Iterator[tuple[str, Conflict]]:
    """Each conflict with the name of the medicine, label by label; a knowledge base of thousands takes minutes."""
    for name, documents in label_groups(kb.documents(kinds=(DocumentKind.LABEL.value,))):
        yield from ((name, conflict) for conflict in _among(documents, kb))
        yield from ((name, conflict) for conflict in _of_facts([e.id for e in kb.entity(documents[0].title)], kb))


def conflicts_of(name: str, kb: KnowledgeBase) -> list[tuple[str, Conflict]]:
    """The conflicts about a medicine, by any of its names, each with the printed name it is about."""
    ids = [entity.id for mention in kb.link(name) for entity in mention.entities]
    documents = [document for document, _, _ in kb.documents_about(ids)]
    found = [(title, conflict) for title, labels in label_groups(documents) for conflict in _among(labels, kb)]
    return found + [(name, conflict) for conflict in _of_facts(ids, kb)]


def label_groups(documents: Iterable[DocumentInfo]) -> list[tuple[str, list[DocumentInfo]]]:
    """The labels that print one name in one language, each group with that name; those of other forms are other medicines."""
    groups: dict[tuple[str, str], list[DocumentInfo]] = {}
    for document in documents:
        if document.kind is DocumentKind.LABEL:
            groups.setdefault((document.lang, fold(document.title)), []).append(document)
    return [(group[0].title, group) for group in groups.values()]


def _among(documents: Sequence[DocumentInfo], kb: KnowledgeBase) -> list[Conflict]:
    if len(documents) < 2:
        return []
    read = (kb.document(d.key, source=d.source, version=d.version) for d in documents[:MOST])
    return conflicts_among({document.text: document for document in read}.values())  # copies say nothing new


def _of_facts(ids: Sequence[str], kb: KnowledgeBase) -> Iterator[Conflict]:
    """What one source says a medicine is for and another that it is not to be used in."""
    facts = kb.facts_of(list(ids), _FOR | _AGAINST, limit=MAX_FACTS) if ids else []
    against = {_disease(fact, ids): fact for fact in facts if fact.relation in _AGAINST}
    for fact in facts:
        other = against.get(_disease(fact, ids))
        if fact.relation in _FOR and other is not None:
            pair = next((pair for pair in product(fact.sources, other.sources) if _independent(*pair)), None)
            if pair is not None:
                yield Conflict(Topic.CONTRAINDICATION, *pair, (f"{fact.text} / {other.text}",))


def _disease(fact: Fact, ids: Sequence[str]) -> str:
    return fact.subject.id if fact.object.id in ids else fact.object.id


def _independent(one: FactSource, other: FactSource) -> bool:
    """Whether two sources are of different documents, one of them at least a graph's: labels qualify what graphs do not."""
    apart = (one.document.source, one.document.key) != (other.document.source, other.document.key)
    return apart and DocumentKind.RECORD in {one.document.kind, other.document.kind}
