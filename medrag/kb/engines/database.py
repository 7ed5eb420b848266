"""The database of a catalogue: what SQLite and PostgreSQL do differently, behind one name.

How single expressions are written stands in `medrag.kb.engines.sql`, how rows get in fast in `medrag.kb.engines.insert`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from medrag.errors import KnowledgeBaseError

__all__ = ["Access", "Database", "Exchanged", "Reading", "WriterSession"]

# Of each set a document must carry one tag: no sets restrict nothing, an empty one leaves nothing.
Access = tuple[frozenset[str], ...]

Reading = Callable[[Any], None]  # prepares a new connection of the driver


class Exchanged(Protocol):
    """Versions that count otherwise than at the commit: `gone` are no longer the current ones, `come` are."""

    @property
    def gone(self) -> tuple[int, ...]:
        """Ids of versions."""

    @property
    def come(self) -> tuple[int, ...]:
        """Ids of versions."""


class WriterSession(Protocol):
    """The one writer of a catalogue, from `Database.writer` to `release`."""

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction that need not be on the disk when it ends: it counts for nothing before the number moves."""

    def publish(self) -> AbstractContextManager[Connection]:
        """The transaction that moves the number: on the disk, with all before it, when it ends."""

    def settle(self, connection: Connection, versions: int) -> None:
        """Called inside a transaction after so many versions were written and before they are read."""

    def erase(self, erased: Callable[[Connection], bool]) -> None:
        """Runs a transaction that erases rows; if it erased any, their bytes go from the database's files too."""

    def is_published(self, commit: int) -> bool:
        """Whether the commit is the current one, asked anew: the connection may have been lost while it was published."""

    def release(self) -> None:
        """Lets the next writer in."""


class Database(Protocol):
    """Where a catalogue is."""

    @property
    def where(self) -> str:
        """What errors call it; it holds no secret."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The errors of its driver, which queries that bypass SQLAlchemy raise."""

    def engine(self, reading: Reading | None = None) -> Engine:
        """An engine for readers, each of whose connections `reading` prepares. Nothing holds a transaction open between queries."""

    def unchanging(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection inside one transaction, for reading much row by row."""

    def close(self) -> None:
        """Closes all connections that are not in use."""

    def writer(self, engine: Engine) -> WriterSession:
        """The writer's session, on an engine of this database; `LockedError` where there is one already."""

    def show(self, connection: Any, access: Access, exchanged: Exchanged | None) -> None:
        """Lets the name `versions` stand for what the access allows, and for the versions exchanged, on this connection alone."""

    def migrate(self, connection: Connection) -> None:
        """Brings the tables to today's format (`medrag.kb.schema`) and commits; only what is needed is locked."""

    def explain(self, error: Exception) -> KnowledgeBaseError:
        """The error that a user is shown for one of the database's: one line."""

    def reading(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection of the engine; its errors are those that `explain` makes."""

    def size(self, connection: Connection) -> int:
        """The bytes that the catalogue takes outside of the knowledge base's folder."""

    def dated(self) -> str:
        """The condition, as SQL, that the column `effective` begins with a year."""
