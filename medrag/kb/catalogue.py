"""The catalogue: an SQL database that is the one truth; what is asked of it by readers stands here.

All reading is pinned to a commit. `current()` is the condition that a version is the document's current one
there; everything else is joined to such a version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Integer, Select, and_, bindparam, exists, func, or_, select

from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb import schema as t
from medrag.kb.engines.sql import among
from medrag.kb.engines.sqlite import CATALOGUE, connect, explain_database
from medrag.kb.query import Query
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, DocumentKind, Passage, Place, Section

__all__ = [
    "CATALOGUE",
    "COMMIT",
    "INFO",
    "PASSAGE_TEXT",
    "SHARED",
    "AnyRow",
    "among",
    "connect",
    "current",
    "explain_database",
    "in_batches",
    "info_of",
    "load_version",
    "of_visible",
    "passage_rows",
    "section_of",
    "set_setting",
    "setting",
    "to_passages",
    "visible",
]

NONE = "[]"  # an empty list, as it is stored
AnyRow = Any  # the parameters of SQLAlchemy's Row differ between 2.0 and 2.1
SHARED = 8_192  # documents, and sections, whose records are kept
_GROUPS = {group.value: group for group in SectionGroup}  # the enumeration's own look-up takes ten times as long
BATCH = 500  # values in one IN (…): SQLite's limit on variables is 32,766, its planner likes fewer

INFO = (
    t.versions.c.id,
    t.documents.c.source,
    t.documents.c.key,
    t.versions.c.version,
    t.versions.c.revision,
    t.versions.c.effective,
    t.versions.c.title,
    t.versions.c.maker,
    t.versions.c.kind,
    t.versions.c.lang,
    t.versions.c.tags,
    t.versions.c.file,
    t.versions.c.record,
    t.versions.c.reader,
)


def setting(connection: Connection, name: str, path: object) -> str:
    """A value that the knowledge base keeps about itself."""
    value = connection.execute(select(t.settings.c.value).where(t.settings.c.name == name)).scalar_one_or_none()
    if value is None:
        raise KnowledgeBaseError(f"{path}: not a knowledge base of medrag (its catalogue has no {name!r})")
    return str(value)


def set_setting(connection: Connection, name: str, value: str) -> None:
    """Keeps a value; the caller's transaction decides when it holds."""
    changed = connection.execute(t.settings.update().where(t.settings.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(t.settings.insert().values(name=name, value=value))


COMMIT = bindparam("commit", type_=Integer)  # what every pinned query takes


def visible(versions: FromClause = t.versions) -> ColumnElement[bool]:
    """The condition that a version exists at `COMMIT`, current or superseded."""
    v = versions.c
    return and_(v.added <= COMMIT, or_(v.deleted.is_(None), v.deleted > COMMIT))


def current(versions: FromClause = t.versions) -> ColumnElement[bool]:
    """The condition that a version is its document's current one at `COMMIT`."""
    v = versions.c
    return and_(visible(versions), or_(v.until.is_(None), v.until > COMMIT))


def of_visible() -> ColumnElement[bool]:
    """The condition that a version exists at `COMMIT`, and its document's current one may be seen (`medrag.kb.access`)."""
    newest = t.versions.alias()
    return and_(visible(), exists().where(newest.c.document_id == t.versions.c.document_id, current(newest)))


def info_of(row: AnyRow) -> DocumentInfo:
    """The document that a row describes which begins with the columns of `INFO`."""
    return _info_of(*row[1 : len(INFO)])


# A question meets the same documents, and sections, in a dozen rows. The records are immutable, so they are shared.
@lru_cache(maxsize=SHARED)
def _info_of(
    source: str, key: str, version: int, revision: str, effective: str, title: str, maker: str, kind: str, lang: str,
    tags: str, file: str, record: str, reader: str,
) -> DocumentInfo:  # fmt: skip
    return DocumentInfo.model_construct(
        source=source, key=key, version=version, revision=revision, effective=effective, title=title, maker=maker,
        kind=DocumentKind(kind), lang=lang, tags=tuple(json.loads(tags)) if tags != NONE else (),
        place=Place.model_construct(file=file, record=record), reader=reader,
    )  # fmt: skip


@lru_cache(maxsize=SHARED)
def section_of(number: int, code: str, group: str, heading: str, path: str, start: int, end: int) -> Section:
    """The section that a row of the catalogue describes."""
    return Section.model_construct(
        index=number,
        code=code,
        group=_GROUPS[group],
        heading=heading,
        path=_path_of(path),
        start=start,
        end=end,
    )


@lru_cache(maxsize=SHARED)  # the sections of a label stand under few headings
def _path_of(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored)) if stored != NONE else ()


_versions = (
    select(t.versions.c.id, t.versions.c.version, t.documents.c.source, t.versions.c.until)
    .join(t.documents)
    .where(t.documents.c.key == bindparam("key"), of_visible())
    .order_by(t.versions.c.version)
)
_VERSIONS = Query(_versions)
_VERSIONS_IN = Query(_versions.where(t.documents.c.source == bindparam("source")))


def load_version(connection: Connection, key: str, source: str | None, version: int | None, commit: int) -> int:
    """The id of a document's version: the current one, or the one asked for; `NotFoundError` says what there is."""
    rows = (_VERSIONS if source is None else _VERSIONS_IN).rows(connection, commit=commit, key=key, source=source)
    where = f" in source {source!r}" if source is not None else ""
    if not rows:
        raise NotFoundError(f"there is no document {key!r}{where}: `medrag list` shows the keys")
    sources = sorted({row.source for row in rows})
    if len(sources) > 1:
        raise NotFoundError(f"{key!r} is in several sources ({', '.join(sources)}): say which")
    if version is None:
        return int(next(row.id for row in reversed(rows) if row.until is None or row.until > commit))
    for row in rows:
        if row.version == version:
            return int(row.id)
    raise NotFoundError(f"{key!r}{where} has no version {version}: there are {', '.join(str(r.version) for r in rows)}")


def passage_rows(condition: ColumnElement[bool], *more: ColumnElement[Any]) -> Select[Any]:
    """A query of current passages with all that `to_passages` needs but their text, in document and text order."""
    return (
        select(
            *INFO,
            t.passages.c.id.label("passage_id"),
            t.passages.c.start.label("passage_start"),
            t.passages.c.stop.label("passage_stop"),
            t.sections.c.number,
            t.sections.c.code,
            t.sections.c.grp,
            t.sections.c.heading,
            t.sections.c.path,
            t.sections.c.start,
            t.sections.c.stop,
            *more,
        )
        .select_from(t.passages)
        .join(t.versions, t.versions.c.id == t.passages.c.version_id)
        .join(t.documents, t.documents.c.id == t.versions.c.document_id)
        .join(t.sections, and_(t.sections.c.version_id == t.versions.c.id, t.sections.c.number == t.passages.c.section))
        .where(condition, current())
        .order_by(t.passages.c.version_id, t.passages.c.start)
    )


# Cutting one passage out in SQL spares fetching a long label for it; for many of one label it would be quadratic.
PASSAGE_TEXT = func.substr(t.versions.c.text, t.passages.c.start + 1, t.passages.c.stop - t.passages.c.start).label(
    "passage_text"
)


def to_passages(rows: Iterable[AnyRow], texts: Mapping[int, str] | None = None) -> Iterator[Passage]:
    """The passages that rows of `passage_rows` describe; those of one document share its record, those of one section that one's.

    Their text is cut from `texts` (by version id), or is in the rows (`PASSAGE_TEXT`).
    """
    infos: dict[int, DocumentInfo] = {}
    sections: dict[tuple[int, int], Section] = {}
    for row in rows:
        version = row.id
        passage, start, end, number = row[len(INFO) : len(INFO) + 4]  # by name takes far longer, and labels have hundreds
        if version not in infos:
            infos[version] = info_of(row)
        place = (version, number)
        if place not in sections:
            sections[place] = section_of(*row[len(INFO) + 3 : len(INFO) + 10])
        text = row.passage_text if texts is None else texts[version][start:end]
        yield Passage(passage, infos[version], sections[place], start, end, text)


def in_batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in portions that fit one IN (…)."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
