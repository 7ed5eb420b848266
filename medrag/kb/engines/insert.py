"""Rows into a table as fast as the database takes them: past SQLAlchemy, which does more with each than the database itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

__all__ = ["insert", "insert_all_new", "insert_new"]

Row = tuple[Any, ...]


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows, each with its values in the order of the table's columns."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        connection.exec_driver_sql(_all(table), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows but those whose key another of them has already; the first counts. None of the keys is in the table yet."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        at = [list(table.columns).index(column) for column in table.primary_key]
        first: dict[Row, Row] = {}
        for row in rows:
            first.setdefault(tuple([row[i] for i in at]), row)
        _copy(connection, table, first.values())
    else:
        connection.exec_driver_sql(_new(table), list(rows))


def insert_all_new(connection: Connection, table: Table, rows: Sequence[Row]) -> bool:
    """Inserts rows whose first column is their number, unless one breaks a rule of uniqueness; whether none does. SQLite alone.

    The table's index looks as it takes them: to ask it before costs as much again.
    """
    taken = connection.exec_driver_sql(_new(table), list(rows)).rowcount
    if taken < len(rows):
        number = next(iter(table.columns))
        connection.execute(table.delete().where(number.between(rows[0][0], rows[-1][0])))
    return taken == len(rows)


@cache
def _all(table: Table) -> str:
    return str(table.insert().compile(dialect=dialect()))


@cache
def _new(table: Table) -> str:
    return str(sqlite_insert(table).on_conflict_do_nothing().compile(dialect=dialect()))


def _copy(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
