"""Queries that are compiled once for each kind of database and then run by the driver itself.

What SQLAlchemy does anew for each run takes several times as long as SQLite's own work, and a question asks dozens of times.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy import CompoundSelect, Connection, Dialect, Select

__all__ = ["Query", "listed"]

# A text of PostgreSQL holds no NUL, so none there equals one that does; this stands for it, as no text holds it either.
NOWHERE = "\uffff"


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    fixed: dict[str, Any]
    parameter: Callable[[object], object]  # a value as the driver takes it

    def given(self, values: Mapping[str, object]) -> dict[str, Any]:
        """All parameters of a run."""
        given = self.fixed.copy()
        for name, value in values.items():
            given[name] = value if type(value) is int else self.parameter(value)
        return given


class Query:
    """A query whose parameters are given when it is run; the commit, lists (`medrag.kb.engines.sql.among`) and single values."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}
        columns = namedtuple("Row", statement.selected_columns.keys(), rename=True)  # type: ignore[misc]  # names known only here
        self._row: Callable[[Iterable[Any]], Any] = columns._make

    def rows(self, connection: Connection, **values: object) -> list[Any]:
        """All rows of the query, each with its columns by name."""
        return list(map(self._row, self.tuples(connection, **values)))

    def tuples(self, connection: Connection, **values: object) -> list[tuple[Any, ...]]:
        """All rows of the query as the driver has them, which is quicker where there are many."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        driver: Any = connection.connection.driver_connection
        found: list[tuple[Any, ...]] = driver.execute(compiled.sql, compiled.given(values)).fetchall()
        return found

    def stream(self, connection: Connection, portion: int, **values: object) -> Iterator[Any]:
        """The rows of the query one by one, fetched so many at a time."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        given = compiled.given(values)
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            cursor = driver.execute(compiled.sql, given)
            while rows := cursor.fetchmany(portion):
                yield from map(self._row, rows)
            return
        # The server keeps the rows aside, so that no transaction stays open while somebody takes his time over them.
        with driver.cursor(name=f"rows_{uuid4().hex}", withhold=True) as cursor:
            cursor.itersize = portion
            cursor.execute(compiled.sql, given)
            yield from map(self._row, cursor)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


def _compile(statement: Select[Any] | CompoundSelect[Any], spoken: Dialect) -> _Compiled:
    is_sqlite = spoken.name == "sqlite"
    dialect = type(spoken)(paramstyle="named" if is_sqlite else "pyformat")  # type: ignore[call-arg]  # each dialect takes it, their base does not
    compiled = statement.compile(dialect=dialect)
    expanded = compiled.construct_expanded_state(dict(compiled.params))  # None for what is given when it is run
    fixed = {name: value for name, value in expanded.parameters.items() if value is not None}
    return _Compiled(expanded.statement, fixed, _as_json if is_sqlite else _as_array)


def _as_json(value: object) -> object:
    return listed(value) if isinstance(value, (list, tuple)) else value


def listed(values: Sequence[Any]) -> str:
    """A list in JSON, as a parameter may have it."""
    try:
        return to_json(values).decode()
    except PydanticSerializationError:  # a lone surrogate, which no text of a catalogue has
        return json.dumps(values)


def _as_array(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return _without_nul(value)
    return NOWHERE if isinstance(value, str) and "\0" in value else value


def _without_nul(values: Sequence[Any]) -> list[Any]:
    return [NOWHERE if isinstance(value, str) and "\0" in value else value for value in values]
