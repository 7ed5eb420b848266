"""Queries that are compiled once for each kind of database and then run by the driver itself.

What SQLAlchemy does anew for each run takes several times as long as SQLite's own work, and a question asks dozens of times.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Dialect, Select

__all__ = ["Query"]

# A text of PostgreSQL holds no NUL, so none there equals one that does; this stands for it, as no text holds it either.
NOWHERE = "\uffff"


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    fixed: dict[str, Any]
    parameter: Callable[[object], object]  # a value as the driver takes it


class Query:
    """A query whose parameters are given when it is run; the commit, lists (`medrag.kb.engines.sql.among`) and single values."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}
        columns = namedtuple("Row", statement.selected_columns.keys(), rename=True)  # type: ignore[misc]  # names known only here
        self._row: Callable[[Iterable[Any]], Any] = columns._make

    def rows(self, connection: Connection, **values: object) -> list[Any]:
        """All rows of the query, each with its columns by name."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        given = {name: compiled.parameter(value) for name, value in values.items()}
        driver: Any = connection.connection.driver_connection
        return list(map(self._row, driver.execute(compiled.sql, {**compiled.fixed, **given}).fetchall()))

    def stream(self, connection: Connection, portion: int, **values: object) -> Iterator[Any]:
        """The rows of the query one by one, fetched so many at a time."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        given = {name: compiled.parameter(value) for name, value in values.items()}
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            cursor = driver.execute(compiled.sql, {**compiled.fixed, **given})
            while rows := cursor.fetchmany(portion):
                yield from map(self._row, rows)
            return
        # The server keeps the rows aside, so that no transaction stays open while somebody takes his time over them.
        with driver.cursor(name=f"rows_{uuid4().hex}", withhold=True) as cursor:
            cursor.itersize = portion
            cursor.execute(compiled.sql, {**compiled.fixed, **given})
            yield from map(self._row, cursor)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


def _compile(statement: Select[Any], spoken: Dialect) -> _Compiled:
    is_sqlite = spoken.name == "sqlite"
    dialect = type(spoken)(paramstyle="named" if is_sqlite else "pyformat")  # type: ignore[call-arg]  # each dialect takes it, their base does not
    compiled = statement.compile(dialect=dialect)
    expanded = compiled.construct_expanded_state(dict(compiled.params))  # None for what is given when it is run
    fixed = {name: value for name, value in expanded.parameters.items() if value is not None}
    return _Compiled(expanded.statement, fixed, _as_json if is_sqlite else _as_array)


def _as_json(value: object) -> object:
    return json.dumps(value) if isinstance(value, (list, tuple)) else value


def _as_array(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return _without_nul(value)
    return NOWHERE if isinstance(value, str) and "\0" in value else value


def _without_nul(values: Sequence[Any]) -> list[Any]:
    return [NOWHERE if isinstance(value, str) and "\0" in value else value for value in values]
