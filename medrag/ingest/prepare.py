"""Making of a record what a writer takes: passages cut, the drug's shorter names and lineage written out, facts mined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from medrag.ingest.mining import mined
from medrag.ingest.records import ReadRecord
from medrag.ingest.split import split
from medrag.kb.edges import Edges
from medrag.kb.prepared import EntityRef, Prepared, Statement
from medrag.kb.quick import changed
from medrag.kb.terms import drug_lineage
from medrag.types import Document, DocumentKind, EntityKind

__all__ = ["prepare", "prepare_edges"]

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


def prepare_edges(edges: Edges, *, source: str, tags: tuple[str, ...] = ()) -> Edges:
    """The rows as they are stored under a source, with tags, the lineage of the drugs that they are about written out."""
    for edge in edges.rows:
        if edge.states is not None and edge.states[0].kind in DRUGS:
            edge.lineage = tuple(_form_of(edge.text, edge.states[0]))
    return replace(edges, source=source, tags=tuple(sorted(set(tags))))


def _lineage(document: Document, record: ReadRecord) -> Iterator[Statement]:
    """盐酸普萘洛尔片 is a form of 盐酸普萘洛尔, that of 普萘洛尔: for every drug that the document is about or named after."""
    if not document.text:
        return  # there is nothing that could be cited for it
    seen: set[EntityRef] = set()
    for ref in (*record.about, *(name.entity for name in record.names)):
        if ref.kind not in DRUGS or ref in seen:
            continue
        seen.add(ref)
        yield from _form_of(document.text, ref)


def _form_of(text: str, ref: EntityRef) -> Iterator[Statement]:
    """What a drug is a form of, one after the other, as a text says that has its name."""
    parents = _parents(ref.name)
    if parents:
        start, end = _span_of(text, ref.name)
        for child, parent in pairwise([ref, *parents]):
            yield Statement(child, "form_of", parent, start, end)


@lru_cache(maxsize=8_192)
def _parents(name: str) -> tuple[EntityRef, ...]:
    return tuple(drug_lineage(name)[1:])


def _span_of(text: str, name: str) -> tuple[int, int]:
    """Where a text says the name: the title line of labels, else its first occurrence, else the whole of it."""
    start = text.find(name)
    return (start, start + len(name)) if start >= 0 else (0, len(text))
