"""The notice beside an answer where labels of the medicine asked about contradict each other on the point asked about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from medrag.answer.show.words import document_name, short
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentInfo, Notice, NoticeKind

if TYPE_CHECKING:
    from medrag.answer.conflicts.find import Conflict

__all__ = ["conflict_notices"]

LABELS = 4  # of a medicine that are compared for an answer
SHOWN = 2  # conflicts that are told
RULE = "labels-disagree"


def conflict_notices(understanding: Understanding, kb: KnowledgeBase) -> tuple[Notice, ...]:
    """What labels that are meant equally well disagree on in the sections asked for; both are shown, and none is chosen."""
    groups = frozenset(understanding.sought)
    found: list[Notice] = []
    for drug in understanding.drugs if groups else ():
        labels = [d for d in drug.documents[: drug.equals] if d.lang == understanding.lang]
        labels = [d for d in labels if fold(d.title) == fold(labels[0].title)]  # a tablet that melts has its own doses
        if len(labels) > 1:
            found += [_notice(conflict, understanding.lang) for conflict in _conflicts(labels[: 2 * LABELS], groups, kb)]
    return tuple(found[:SHOWN])


def _conflicts(labels: Sequence[DocumentInfo], groups: Collection[SectionGroup], kb: KnowledgeBase) -> list[Conflict]:
    differing = _differing(labels, groups, kb)
    if len(differing) < 2:  # what reads the numbers and words of labels is not loaded for nothing
        return []
    from medrag.answer.conflicts.find import conflicts_among

    return conflicts_among(differing)


def _differing(labels: Sequence[DocumentInfo], groups: Collection[SectionGroup], kb: KnowledgeBase) -> list[Document]:
    """The labels cut down to the sections asked for, of those that say the same there one."""
    unlike: dict[str, Document] = {}
    for label in labels:
        document = _cut(label, groups, kb)
        said = "\n".join(document.text[s.start : s.end] for s in document.sections)
        unlike.setdefault(said, document)
    return list(unlike.values())[:LABELS]


def _cut(label: DocumentInfo, groups: Collection[SectionGroup], kb: KnowledgeBase) -> Document:
    document = kb.document(label.key, source=label.source)
    return document.model_copy(update={"sections": tuple(s for s in document.sections if s.group in groups)})


def _notice(conflict: Conflict, lang: str) -> Notice:
    one, other = (f"{document_name(s.document)}“{short(s.quote)}”" for s in (conflict.one, conflict.other))
    how = "；".join(conflict.said) if lang == "zh" else "; ".join(conflict.said)
    if lang == "zh":
        text = f"不同说明书在此说法不一（{how}）：{one}；{other}。请以所用药品的说明书为准，或咨询药师。"
    else:
        text = f"Labels disagree here ({how}): {one}; {other}. Go by the label of the product at hand, or ask a pharmacist."
    return Notice(kind=NoticeKind.CONFLICT, text=text, rule=RULE)
