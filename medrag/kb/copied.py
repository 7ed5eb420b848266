"""Copying a catalogue's rows, as they stand at one commit, into another database: in bounded batches, to be gone on with.

Each table is read in the order of its primary key. With every batch the target keeps, in the same transaction, the key of
its last row, how many rows there are and a sum over all of them: so a copy that was killed goes on behind that key, and at
the end the target's own rows must give the same counts and sums.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from medrag.kb import schema as t
from medrag.kb.catalogue import COMMIT, AnyRow
from medrag.kb.derive import Progress
from medrag.kb.engines.insert import insert

__all__ = ["COPIED", "Begin", "Copied", "copy_table", "copying", "counted_at", "keep_note", "noted", "summed", "summed_at"]

Begin = Callable[[], AbstractContextManager[Connection]]

BATCH_ROWS = 5_000
BATCH_TEXTS = 50  # of the table whose rows hold whole documents
SUM_BYTES = 16

# In this order a row never comes before one that it refers to.
COPIED: tuple[Table, ...] = (
    t.commits, t.documents, t.entities, t.places, t.versions, t.sections, t.passages,
    t.spellings, t.names, t.statements, t.about, t.purges,
)  # fmt: skip
_OF_VERSIONS = (t.sections, t.passages, t.spellings, t.names, t.statements, t.about)

# How far a copy is, in the target alone and only while it is unfinished: a table's name, or what is copied.
copying = Table("copying", MetaData(), Column("name", Text, primary_key=True), Column("value", Text, nullable=False))


@dataclass(frozen=True, slots=True)
class Copied:
    """How far the copy of one table is: its rows, the sum over them, the last one's key, and whether that was the last of all."""

    rows: int = 0
    sum: int = 0
    last: tuple[Any, ...] = ()
    whole: bool = False

    def same(self, other: Copied) -> bool:
        """Whether these are as many rows, and the same ones."""
        return (self.rows, self.sum) == (other.rows, other.sum)


def copy_table(source: Connection, begin: Begin, table: Table, commit: int, progress: Progress) -> Copied:
    """Copies what is still missing of a table's rows at the commit, and says how many there are now.

    Each batch is a transaction of the target that `begin` begins.
    """
    with begin() as connection:
        copied = _state(connection, table)
    if copied.whole:
        return copied
    total = counted_at(source, table, commit)
    for batch in _batches(source, _rows_at(table), table, copied.last, commit=commit):
        copied = Copied(copied.rows + len(batch), _added(copied.sum, batch), _key(table, batch[-1]))
        with begin() as connection:
            insert(connection, table, [tuple(row) for row in batch])
            _keep(connection, table, copied)
        progress(f"copying {table.name}", copied.rows, total)
    copied = Copied(copied.rows, copied.sum, copied.last, True)
    with begin() as connection:
        _keep(connection, table, copied)
    return copied


def _rows_at(table: Table) -> Select[Any]:
    """The rows of a table at `COMMIT`: as they would stand there if nothing had been written since."""
    columns = [_as_of(column) if table is t.versions and column.name in ("until", "deleted") else column for column in table.c]
    return select(*columns).where(_there(table))


def counted_at(connection: Connection, table: Table, commit: int) -> int:
    """How many rows a table has at a commit."""
    query = select(func.count()).select_from(table).where(_there(table))
    return int(connection.execute(query, {"commit": commit}).scalar_one())


def summed(connection: Connection, table: Table) -> Copied:
    """All rows that a table has."""
    return _summed(_batches(connection, select(table), table))


def summed_at(connection: Connection, table: Table, commit: int) -> Copied:
    """All rows that a table has at a commit."""
    return _summed(_batches(connection, _rows_at(table), table, commit=commit))


def _summed(batches: Iterable[Sequence[AnyRow]]) -> Copied:
    copied = Copied()
    for batch in batches:
        copied = Copied(copied.rows + len(batch), _added(copied.sum, batch))
    return copied


def _there(table: Table) -> ColumnElement[bool]:
    """The condition that a row stands at `COMMIT`; a writer that is at work has rows above it everywhere."""
    if table is t.commits:
        return t.commits.c.number <= COMMIT
    if table is t.documents:
        held = (t.versions, t.places)
        return or_(*(exists().where(other.c.document_id == table.c.id, other.c.added <= COMMIT) for other in held))
    if table is t.entities:
        named = (
            t.spellings.c.entity_id, t.names.c.entity_id, t.statements.c.subject, t.statements.c.object, t.about.c.entity_id,
        )  # fmt: skip
        return or_(*(exists().where(column == table.c.id, _of_there(column.table)) for column in named))
    return _of_there(table) if table in _OF_VERSIONS else table.c.added <= COMMIT


def _of_there(table: Table) -> ColumnElement[bool]:
    """The condition that a row belongs to a version that was added up to `COMMIT`."""
    versions = t.versions.alias()
    return exists().where(versions.c.id == table.c.version_id, versions.c.added <= COMMIT)


def _as_of(column: Column[Any]) -> ColumnElement[Any]:
    """The commit in a column, unless it is a later one than `COMMIT`."""
    return case((column <= COMMIT, column), else_=None).label(column.name)


def _batches(
    connection: Connection, query: Select[Any], table: Table, last: tuple[Any, ...] = (), **values: int
) -> Iterator[Sequence[AnyRow]]:
    """The rows of a query behind those with the key `last`, in the order of their keys, so many at once as memory holds.

    Each batch is a query of its own: a database that is being read for an hour must not have to keep for so long what it was.
    """
    keys = list(table.primary_key.columns)
    limited = query.order_by(*keys).limit(BATCH_TEXTS if table is t.versions else BATCH_ROWS)
    while True:
        rest = limited
        if last:
            after = [literal(value, key.type) for value, key in zip(last, keys, strict=True)]
            rest = limited.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
        batch = connection.execute(rest, values).all()
        if not batch:
            return
        yield batch
        last = _key(table, batch[-1])


def _key(table: Table, row: AnyRow) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in table.primary_key.columns)


def _added(sum_: int, rows: Iterable[AnyRow]) -> int:
    """The sum with these rows, in whatever order they come."""
    for row in rows:
        said = "\x1f".join("\0" if value is None else str(value) for value in row)
        sum_ += int.from_bytes(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=SUM_BYTES).digest(), "big")
    return sum_ & ((1 << 8 * SUM_BYTES) - 1)


def noted(connection: Connection, name: str) -> Any:
    """What is noted in an unfinished copy under a name; None where nothing is."""
    stored = connection.execute(select(copying.c.value).where(copying.c.name == name)).scalar_one_or_none()
    return None if stored is None else json.loads(stored)


def keep_note(connection: Connection, name: str, value: object) -> None:
    """Notes a value in an unfinished copy; the caller's transaction decides when it holds."""
    connection.execute(copying.delete().where(copying.c.name == name))
    connection.execute(copying.insert().values(name=name, value=json.dumps(value)))


def _state(connection: Connection, table: Table) -> Copied:
    found = noted(connection, table.name)
    return Copied() if found is None else Copied(found[0], int(found[1], 16), tuple(found[2]), found[3])


def _keep(connection: Connection, table: Table, copied: Copied) -> None:
    keep_note(connection, table.name, [copied.rows, f"{copied.sum:x}", copied.last, copied.whole])
