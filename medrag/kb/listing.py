"""Listing documents and their versions from the catalogue, without their text."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, literal_column, or_, select, tuple_

from medrag.kb import schema as t
from medrag.kb.catalogue import INFO, current, info_of, of_visible
from medrag.kb.engines.sql import contains
from medrag.kb.query import Query
from medrag.types import DocumentInfo, DocumentKind

__all__ = ["documents_listed", "versions_listed"]

_d, _v = t.documents.c, t.versions.c
# Those that are no records; they have an index (`versions_read`), to which the planner prefers that of the commits unless told so.
_read = t.versions.alias()
_IS_READ = _v.id.in_(select(_read.c.id).where(_read.c.kind != literal_column("'record'")))
PORTION = 1_000  # rows fetched at a time; a knowledge base may hold a million


def documents_listed(
    connection: Connection,
    commit: int,
    *,
    source: str | None = None,
    kinds: Collection[str] = (),
    lang: str | None = None,
    called: str = "",
    after: tuple[str, str] | None = None,
    limit: int | None = None,
) -> Iterator[DocumentInfo]:
    """The current documents in the order of source and key, from behind (source, key) `after` on, so many at most.

    `called` stands in their title or key, whatever its case.
    """
    query = select(*INFO).join(t.documents).where(current()).order_by(_d.source, _d.key).limit(limit)
    if source is not None:
        query = query.where(_d.source == source)
    if kinds:
        query = query.where(_v.kind.in_(kinds), *([] if DocumentKind.RECORD in kinds else [_IS_READ]))
    if lang is not None:
        query = query.where(_v.lang == lang)
    if called:
        query = query.where(or_(*(contains(func.lower(c), called.lower()) for c in (_v.title, _d.key))))
    if after is not None:
        query = query.where(tuple_(_d.source, _d.key) > after)
    for row in Query(query).stream(connection, PORTION, commit=commit):
        yield info_of(row)


def versions_listed(connection: Connection, commit: int, key: str, *, source: str | None = None) -> list[DocumentInfo]:
    """All versions of a document, oldest first; of the documents with that key in all sources, where none is named."""
    query = select(*INFO).join(t.documents).where(_d.key == key, of_visible()).order_by(_d.source, _v.version)
    if source is not None:
        query = query.where(_d.source == source)
    return [info_of(row) for row in connection.execute(query, {"commit": commit})]
