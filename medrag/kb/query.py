"""Queries that are compiled once and then run by the driver itself.

What SQLAlchemy does anew for each run takes several times as long as SQLite's own work, and a question asks dozens of times.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.sqlite import dialect

__all__ = ["Query"]


class Query:
    """A query whose parameters are given when it is run; the commit, lists (`medrag.kb.catalogue.among`) and single values."""

    def __init__(self, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=dialect(paramstyle="named"))
        expanded = compiled.construct_expanded_state(dict(compiled.params))  # None for what is given when it is run
        self._sql = expanded.statement
        self._fixed = {name: value for name, value in expanded.parameters.items() if value is not None}
        columns = namedtuple("Row", statement.selected_columns.keys(), rename=True)  # type: ignore[misc]  # names known only here
        self._row: Callable[[Iterable[Any]], Any] = columns._make

    def rows(self, connection: Connection, **values: object) -> list[Any]:
        """All rows of the query, each with its columns by name."""
        given = {name: json.dumps(value) if isinstance(value, (list, tuple)) else value for name, value in values.items()}
        driver: Any = connection.connection.driver_connection
        return list(map(self._row, driver.execute(self._sql, {**self._fixed, **given}).fetchall()))
