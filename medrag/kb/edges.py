"""Edges of a graph as a reader finds them and a writer takes them: plain, and many at once, for a graph has millions of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from medrag.kb.prepared import EntityRef, NameOf, Prepared, Statement, fault_of_text
from medrag.kb.quick import made_of, place_of
from medrag.kb.relations import ALIAS
from medrag.types import Document, DocumentKind

__all__ = ["Edge", "Edges", "document_of", "faulty", "prepared_of", "said_by"]


@dataclass(slots=True)
class Edge:
    """A row of a graph's table: its place in the file, its text, and what the whole of it states.

    `states` is subject, relation and object; None where an end names nothing, `alias` where the object's name is another one of
    the subject. `lineage` is what the subject is a form of, `unmapped` what the report counts.
    """

    record: str
    key: str
    title: str
    lang: str
    text: str
    states: tuple[EntityRef, str, EntityRef] | None
    unmapped: tuple[str, ...] = ()
    lineage: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Edges:
    """Rows of one file, in its order. `source` and `tags` are empty until they are prepared."""

    file: str
    reader: str
    rows: list[Edge]
    source: str = ""
    tags: tuple[str, ...] = ()


def document_of(edges: Edges, edge: Edge) -> Document:
    """The row as a document without sections."""
    fields: dict[str, Any] = {
        "source": edges.source,
        "key": edge.key,
        "version": 0,
        "revision": "",
        "effective": "",
        "title": edge.title,
        "maker": "",
        "kind": DocumentKind.RECORD,
        "lang": edge.lang,
        "tags": edges.tags,
        "place": place_of(edges.file, edge.record),
        "reader": edges.reader,
        "text": edge.text,
        "sections": (),
    }
    return made_of(Document, fields)


def said_by(edge: Edge) -> tuple[tuple[NameOf, ...], tuple[Statement, ...], tuple[EntityRef, ...]]:
    """The names that the row gives, what it states, and what it is about."""
    if edge.states is None:
        return (), (), ()
    subject, relation, object_ = edge.states
    if relation == ALIAS:
        return (NameOf(subject, object_.name),), edge.lineage, (subject,)
    return (), (Statement(subject, relation, object_, 0, len(edge.text)), *edge.lineage), (subject,)


def prepared_of(edges: Edges, edge: Edge) -> Prepared:
    """The row as any other document is stored."""
    names, statements, about = said_by(edge)
    return Prepared(document_of(edges, edge), names=names, statements=statements, about=about)


def faulty(edges: Edges) -> Iterator[tuple[Edge, str]]:
    """The rows that cannot be stored, and why; all that is stored of a row stands in its text, title and key."""
    if not fault_of_text("".join([part for edge in edges.rows for part in (edge.text, edge.title, edge.key)])):
        return
    for edge in edges.rows:
        fault = fault_of_text(edge.text + edge.title + edge.key)
        if fault:
            yield edge, fault
