"""Expressions that SQLite and PostgreSQL write differently: lists as one parameter, and finding in text."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Integer, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

__all__ = ["among", "contains", "number_in", "text_in", "values_of"]


class _Listed(TypeDecorator[Any]):
    """A list as one parameter, so that a query's text is the same however many values it takes."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else NullType())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return json.dumps(list(value)) if dialect.name == "sqlite" else list(value)


class _Condition(FunctionElement[bool]):
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """The same: where a database has no booleans SQLAlchemy would write `… = 1` behind it, and no index would be used."""
        return self


class _Among(_Condition):
    name = "among"
    inherit_cache = True


class _Contains(_Condition):
    name = "contains"
    inherit_cache = True


class _Values(FunctionElement[Any]):
    name = "values_of"
    inherit_cache = True


class _TextIn(FunctionElement[str]):
    type = Text()
    name = "text_in"
    inherit_cache = True


class _NumberIn(FunctionElement[int]):
    type = Integer()
    name = "number_in"
    inherit_cache = True


def among(column: ColumnElement[Any], name: str = "values") -> ColumnElement[bool]:
    """The condition that a column is one of the values of a parameter."""
    return _Among(column, bindparam(name, type_=_Listed))


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """The condition that a text stands in a column."""
    return _Contains(column, text)


def values_of(name: str) -> FunctionElement[Any]:
    """The values of a parameter that is a list in JSON, as a table's rows (`.table_valued("value")`)."""
    return _Values(bindparam(name, type_=Text))


def text_in(value: ColumnElement[Any], place: int) -> ColumnElement[str]:
    """The text at a place of a list in JSON."""
    return _TextIn(value, place)


def number_in(value: ColumnElement[Any], place: int) -> ColumnElement[int]:
    """The whole number at a place of a list in JSON."""
    return _NumberIn(value, place)


@compiles(_Among, "sqlite")
def _among_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_Among, "postgresql")
def _among_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(one, **kw) for one in element.clauses)
    if getattr(next(iter(element.clauses)), "info", {}).get("hashed"):  # as its index has it (`medrag.kb.schema`)
        column = f"nullif({column}, '')"
    return f"{column} = ANY({values})"


@compiles(_Contains, "sqlite")
def _contains_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)}) > 0"


@compiles(_Contains, "postgresql")
def _contains_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)}) > 0"


@compiles(_Values, "sqlite")
def _values_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Values, "postgresql")
def _values_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS json))"


def _place(element: Any, compiler: Any, **kw: Any) -> tuple[str, int]:
    value, place = element.clauses
    return compiler.process(value, **kw), int(place.value)


@compiles(_TextIn, "sqlite")
@compiles(_NumberIn, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    value, place = _place(element, compiler, **kw)
    return f"json_extract({value}, '$[{place}]')"


@compiles(_TextIn, "postgresql")
def _text_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    value, place = _place(element, compiler, **kw)
    return f"({value} ->> {place})"


@compiles(_NumberIn, "postgresql")
def _number_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    value, place = _place(element, compiler, **kw)
    return f"CAST(({value} ->> {place}) AS INTEGER)"
