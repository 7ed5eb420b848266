"""A catalogue in a file of SQLite, in the folder of the knowledge base."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, DisconnectionError

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema
from medrag.kb.engines.database import Access, Exchanged, Reading
from medrag.kb.engines.views import ViewWords, make_views
from medrag.kb.generations import WriterLock

__all__ = ["CATALOGUE", "SQLite", "connect", "explain_database"]

CATALOGUE = "catalogue.sqlite"  # the file in the folder of a knowledge base


def connect(path: Path) -> Engine:
    """An engine on the SQLite file: write-ahead log, so that readers and the writer do not wait for each other."""
    address = URL.create("sqlite", database=str(path))  # a path may hold ? and %
    engine = create_engine(address, connect_args={"timeout": 60}, max_overflow=-1)  # a connection for every thread that asks

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        record.info["process"] = os.getpid()
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "wal_autocheckpoint=16384",  # 64 MB: an ingest writes most pages many times
            "mmap_size=1073741824",
            "cache_size=-65536",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkout")
    def _own(_: Any, record: Any, proxy: Any) -> None:
        if record.info["process"] != os.getpid():  # SQLite's connections must not be carried through a fork
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("made by another process")

    return engine


def explain_database(error: Exception, path: Path) -> KnowledgeBaseError:
    """The error that a user is shown for one of the database's."""
    reason = str((error.orig if isinstance(error, DatabaseError) else None) or error).splitlines()[0]
    if path.is_dir() and not os.access(path, os.W_OK):
        # SQLite could be told that nothing ever changes the file, but a writer elsewhere would make that untrue unseen.
        reason += " (the folder cannot be written, which reading needs too: give access, or copy it elsewhere)"
    return KnowledgeBaseError(f"{path}: the catalogue cannot be read or written: {reason}")


def _carries(versions: str, number: int, _: frozenset[str]) -> str:
    own = f"json_each({versions}.tags) AS own JOIN temp.allowed AS a ON a.number = {number} AND a.tag = own.value"
    return f"EXISTS (SELECT 1 FROM {own})"


class SQLite:
    """A catalogue's file; see `medrag.kb.engines.database.Database`."""

    errors: tuple[type[Exception], ...] = (sqlite3.DatabaseError, DBAPIError)

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root)
        self._engines: WeakSet[Engine] = WeakSet()

    def engine(self, reading: Reading | None = None) -> Engine:
        """An engine on the file."""
        engine = connect(self.root / CATALOGUE)
        self._engines.add(engine)
        if reading is not None:
            event.listen(engine, "connect", lambda connection, _: reading(connection))
        return engine

    def unchanging(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection of the engine, which sees what a commit holds, whatever is written."""
        return engine.connect()

    def close(self) -> None:
        """Closes all connections that are not in use."""
        for engine in list(self._engines):
            engine.dispose()

    def writer(self, engine: Engine) -> SQLiteWriter:
        """The writer's session."""
        return SQLiteWriter(engine, WriterLock(self.root))

    def show(self, connection: Any, access: Access, exchanged: Exchanged | None) -> None:
        """Puts temporary views in the place of the table, for this connection alone."""
        cursor = connection.cursor()
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-8192")  # kilobytes; there may be as many such connections as callers
        cursor.execute("CREATE TEMP TABLE allowed (number INTEGER, tag TEXT, PRIMARY KEY (number, tag)) WITHOUT ROWID")
        rows = [(number, tag) for number, tags in enumerate(access) for tag in sorted(tags)]
        cursor.executemany("INSERT INTO temp.allowed VALUES (?, ?)", rows)
        make_views(cursor, ViewWords("main.versions", "temp", "?", _carries), access, exchanged)
        cursor.close()
        connection.commit()

    def migrate(self, connection: Connection) -> None:
        """Brings the file to today's format."""
        # sqlite3 begins no transaction before statements that make tables.
        schema.migrate(connection, self.where, lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        connection.commit()

    def explain(self, error: Exception) -> KnowledgeBaseError:
        """The error that a user is shown."""
        return explain_database(error, self.root)

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """A connection of the engine."""
        try:
            with engine.connect() as connection:
                yield connection
        except self.errors as error:
            raise self.explain(error) from error

    def size(self, _: Connection) -> int:
        """Nothing: the file is in the folder."""
        return 0

    def dated(self) -> str:
        """The condition that a date begins with a year."""
        return "effective GLOB '[12][0-9][0-9][0-9]*'"


class SQLiteWriter:
    """The one writer; see `medrag.kb.engines.database.WriterSession`."""

    def __init__(self, engine: Engine, lock: WriterLock) -> None:
        self._engine = engine
        self._lock = lock

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction."""
        return self._engine.begin()

    @contextmanager
    def publish(self) -> Iterator[Connection]:
        """The transaction that moves the number, forced to disk before it returns.

        The transactions before it were not (what they wrote above the current number counts for nothing), but they
        stand before it in the same write-ahead log, so this one carries them along.
        """
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.commit()
            yield connection
            connection.commit()
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")

    def settle(self, connection: Connection, versions: int) -> None:
        """Nothing: SQLite's plans need no statistics here."""

    def erase(self, erased: Callable[[Connection], bool]) -> None:
        """Erases, from the database's free pages and its log too."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            if not erased(connection):
                return
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def is_published(self, commit: int) -> bool:
        """Whether the commit is the current one."""
        with self._engine.connect() as connection:
            return schema.current_commit(connection) == commit

    def release(self) -> None:
        """Lets the next writer in."""
        self._lock.release()
