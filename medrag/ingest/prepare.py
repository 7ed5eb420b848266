"""Making of a record what a writer takes: passages cut, the drug's shorter names and lineage written out, facts mined."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from medrag.ingest.mining import mined
from medrag.ingest.quick import changed
from medrag.ingest.records import ReadRecord
from medrag.ingest.split import split
from medrag.kb.prepared import EntityRef, Prepared, Statement
from medrag.kb.terms import drug_lineage
from medrag.types import Document, DocumentKind, EntityKind

__all__ = ["prepare"]

DRUGS = (EntityKind.SUBSTANCE, EntityKind.PREPARATION)


def prepare(record: ReadRecord, *, source: str, tags: tuple[str, ...] = (), occurrence: int = 0) -> Prepared:
    """The record as it is stored under a source, with tags added, as the `occurrence`-th of its title in its file."""
    carried = tuple(sorted({*record.document.tags, *tags})) if tags or record.document.tags else ()
    document = changed(record.document, source=source, tags=carried)
    passages = () if document.kind is DocumentKind.RECORD else split(document)
    lineage = list(_lineage(document, record))
    return Prepared(
        document=document,
        passages=passages,
        names=record.names,
        statements=(*record.statements, *lineage, *mined(document, record.about, record.names)),
        about=record.about,
        occurrence=occurrence,
    )


def _lineage(document: Document, record: ReadRecord) -> Iterator[Statement]:
    """盐酸普萘洛尔片 is a form of 盐酸普萘洛尔, that of 普萘洛尔: for every drug that the document is about or named after."""
    if not document.text:
        return  # there is nothing that could be cited for it
    seen: set[EntityRef] = set()
    for ref in (*record.about, *(name.entity for name in record.names)):
        if ref.kind not in DRUGS or ref in seen:
            continue
        seen.add(ref)
        start, end = _span_of(document, ref.name)
        derived = drug_lineage(ref.name)
        for child, parent in pairwise([ref, *derived[1:]]):
            yield Statement(child, "form_of", parent, start, end)


def _span_of(document: Document, name: str) -> tuple[int, int]:
    """Where the document says the name: the title line of labels, else its first occurrence, else the whole of it."""
    start = document.text.find(name)
    return (start, start + len(name)) if start >= 0 else (0, len(document.text))
