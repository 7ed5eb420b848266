"""One connection for all that a thread reads in a block: taking one from the pool takes as long as a small query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from sqlalchemy import Connection, Engine

from medrag.kb.engines.database import Database

__all__ = ["holding", "reading"]


class _Held(local):
    """The connections that a thread holds, by their engines."""

    def __init__(self) -> None:
        self.by_engine: dict[Engine, Connection] = {}


_held = _Held()


@contextmanager
def holding(database: Database, engine: Engine) -> Iterator[None]:
    """A block in which this thread reads through one connection of the engine."""
    if engine in _held.by_engine:
        yield
        return
    with database.reading(engine) as connection:
        _held.by_engine[engine] = connection
        try:
            yield
        finally:
            del _held.by_engine[engine]


@contextmanager
def reading(database: Database, engine: Engine) -> Iterator[Connection]:
    """A connection of the engine, the one that this thread holds or another; its errors are those that the database explains."""
    connection = _held.by_engine.get(engine)
    if connection is None:
        with database.reading(engine) as connection:
            yield connection
        return
    try:
        yield connection
    except database.errors as error:
        raise database.explain(error) from error
