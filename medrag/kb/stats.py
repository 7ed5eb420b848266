"""Counting what a knowledge base holds."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from medrag.kb import schema as t
from medrag.kb.catalogue import current, of_visible
from medrag.kb.facts import spoken_of
from medrag.types import DocumentKind

__all__ = ["Stats", "count_all", "size_of"]


class Stats(BaseModel):
    """What a knowledge base holds at a commit; `bytes` is its size on disk, `engine` says what keeps it."""

    commit: int
    documents: int
    labels: int
    records: int
    versions: int
    passages: int
    entities: int
    names: int
    facts: int
    sources: dict[str, int]
    embedder: str
    bytes: int
    engine: str = ""


def count_all(connection: Connection, commit: int, embedder: str, kept: tuple[int, str] = (0, "")) -> Stats:
    """What is current at the commit; the embedder's name and how it is kept (bytes and engine) are the caller's."""
    at = {"commit": commit}

    def one(query: Select[Any]) -> int:
        return int(connection.execute(query, at).scalar_one())

    def count(table: Table, counted: ColumnElement[Any]) -> int:
        return one(select(func.count(counted)).select_from(table).join(t.versions).where(current()))

    by_kind = select(t.versions.c.kind, func.count()).where(current()).group_by(t.versions.c.kind)
    by_source = select(t.documents.c.source, func.count()).join(t.versions).where(current()).group_by(t.documents.c.source)
    triples = select(t.statements.c.subject, t.statements.c.relation, t.statements.c.object).join(t.versions).where(current())
    kinds = {row[0]: row[1] for row in connection.execute(by_kind, at)}
    records = kinds.get(DocumentKind.RECORD.value, 0)
    return Stats(
        commit=commit,
        documents=sum(kinds.values()) - records,
        labels=kinds.get(DocumentKind.LABEL.value, 0),
        records=records,
        versions=one(select(func.count(t.versions.c.id)).where(of_visible())),
        passages=count(t.passages, t.passages.c.id),
        entities=one(select(func.count(t.entities.c.id)).where(spoken_of())),
        names=count(t.names, t.names.c.norm.distinct()),
        facts=one(select(func.count()).select_from(triples.distinct().subquery())),
        sources={row[0]: row[1] for row in connection.execute(by_source, at)},
        embedder=embedder,
        bytes=kept[0],
        engine=kept[1],
    )


def size_of(root: Path) -> int:
    """The bytes that the folder's files take."""
    size = 0
    for folder, _, files in os.walk(root):  # a writer may sweep what nobody needs meanwhile
        for name in files:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(folder, name)).st_size
    return size
