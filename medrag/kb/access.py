"""What a caller may see: a restricted view sees only versions of documents that carry one of its tags.

The catalogue is restricted below all queries: on a restricted connection the name `versions` stands for a temporary view
that leaves the others out, and whatever is read of the catalogue is joined to a version. So a query that is added later
is restricted too, without saying so.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from sqlalchemy import Engine

from medrag.kb.engines.database import Access, Database, Exchanged

__all__ = ["Access", "Engines", "added_to"]

ENGINES = 32  # restricted engines kept open, each with its own connections


def added_to(access: Access, tags: Collection[str]) -> Access:
    """The restriction with one more set, in an order that does not depend on when each was added."""
    return tuple(sorted({*access, frozenset(tags)}, key=sorted))


class Engines:
    """Engines on one catalogue that show what each access allows; the ones used least recently are let go."""

    def __init__(self, database: Database, exchanged: Exchanged | None = None) -> None:
        self._database = database
        self._exchanged = exchanged
        self.are_whole = exchanged is None
        self._engines: dict[Access, Engine] = {}
        self._lock = Lock()

    def of(self, access: Access) -> Engine:
        """The engine whose connections show what the access allows."""
        with self._lock:
            engine = self._engines.pop(access, None)
            if engine is None:
                engine = self._restricted(access)
            self._engines[access] = engine
            while len(self._engines) > ENGINES:
                oldest = next(iter(self._engines))
                self._engines.pop(oldest).dispose()  # its views go on, with new connections
            return engine

    def _restricted(self, access: Access) -> Engine:
        database, exchanged = self._database, self._exchanged
        if access or exchanged is not None:
            return database.engine(lambda connection: database.show(connection, access, exchanged))
        return database.engine()

    def dispose(self) -> None:
        """Closes all connections that are not in use."""
        for engine in list(self._engines.values()):
            engine.dispose()
