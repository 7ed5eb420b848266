"""Small documents made by hand, ready to be stored."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, Prepared, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind, Place

__all__ = ["fact_record", "label", "stored"]


def stored(folder: Path, documents: Iterable[Prepared]) -> KnowledgeBase:
    """A new knowledge base in the folder with the documents; the caller closes it."""
    made = KnowledgeBase.create(folder)
    with made.write() as writer:
        writer.add_many(list(documents))
    return made


def label(
    title: str,
    sections: dict[str, str],
    *,
    key: str = "",
    source: str = "labels",
    lang: str = "zh",
    effective: str = "",
    maker: str = "",
    tags: tuple[str, ...] = (),
    reader: str = "test/1",
    file: str = "labels.txt",
    record: str = "1",
    occurrence: int = 0,
) -> Prepared:
    """A label with the given sections (heading → body), prepared as ingest does it."""
    text = CanonicalText(title)
    for heading, body in sections.items():
        text.section(heading, body)
    document = Document(
        source=source,
        key=key,
        title=title,
        lang=lang,
        effective=effective,
        maker=maker,
        place=Place(file=file, record=record),
        reader=reader,
        text=text.text(),
        sections=tuple(text.sections),
    )
    return prepare(ReadRecord(document, about=(drug_ref(title),)), source=source, tags=tags, occurrence=occurrence)


def fact_record(disease: str, relation: str, symptom: str, *, key: str, source: str = "graph") -> Prepared:
    """A graph row that states one fact about a disease."""
    text = f"{disease} {relation} {symptom}"
    document = Document(source=source, key=key, title=disease, lang="zh", kind=DocumentKind.RECORD, text=text, reader="test/1")
    subject, found = EntityRef(EntityKind.DISEASE, disease), EntityRef(EntityKind.SYMPTOM, symptom)
    statement = Statement(subject, relation, found, 0, len(text))
    return prepare(ReadRecord(document, statements=(statement,), about=(subject,)), source=source)
