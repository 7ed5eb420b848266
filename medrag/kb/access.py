"""What a caller may see: a restricted view sees only versions of documents that carry one of its tags.

The catalogue is restricted below all queries: on a restricted connection the name `versions` stands for a temporary view
that leaves the others out, and whatever is read of the catalogue is joined to a version. So a query that is added later
is restricted too, without saying so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Engine, event

from medrag.kb.catalogue import connect

__all__ = ["Access", "Engines", "added_to"]

# Of each set a document must carry one tag: no sets restrict nothing, an empty one leaves nothing.
Access = tuple[frozenset[str], ...]

# Makes a view of versions on a new connection, and says what it is called.
Shown = Callable[[Any], str]

MAIN = "main.versions"  # the table itself
ENGINES = 32  # restricted engines kept open, each with its own connections


def added_to(access: Access, tags: Collection[str]) -> Access:
    """The restriction with one more set, in an order that does not depend on when each was added."""
    return tuple(sorted({*access, frozenset(tags)}, key=sorted))


class Engines:
    """Engines on one catalogue that show what each access allows; the ones used least recently are let go."""

    def __init__(self, catalogue: Path, shown: Shown | None = None) -> None:
        self._catalogue = catalogue
        self._shown = shown
        self.are_whole = shown is None
        self._engines: dict[Access, Engine] = {}
        self._lock = Lock()

    def of(self, access: Access) -> Engine:
        """The engine whose connections show what the access allows."""
        with self._lock:
            engine = self._engines.pop(access, None)
            if engine is None:
                engine = _restricted(self._catalogue, access, self._shown)
            self._engines[access] = engine
            while len(self._engines) > ENGINES:
                oldest = next(iter(self._engines))
                self._engines.pop(oldest).dispose()  # its views go on, with new connections
            return engine

    def dispose(self) -> None:
        """Closes all connections that are not in use."""
        for engine in list(self._engines.values()):
            engine.dispose()


def _restricted(catalogue: Path, access: Access, shown: Shown | None) -> Engine:
    engine = connect(catalogue)
    if access or shown is not None:

        @event.listens_for(engine, "connect")
        def _hide(connection: Any, _: Any) -> None:
            _shadow(connection, access, MAIN if shown is None else shown(connection))

    return engine


def _shadow(connection: Any, access: Access, versions: str) -> None:
    """Puts a view of the visible versions in the place of the table, for this connection alone."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA cache_size=-8192")  # kilobytes; there may be as many such connections as callers
    cursor.execute("CREATE TEMP TABLE allowed (number INTEGER, tag TEXT, PRIMARY KEY (number, tag)) WITHOUT ROWID")
    rows = [(number, tag) for number, tags in enumerate(access) for tag in sorted(tags)]
    cursor.executemany("INSERT INTO temp.allowed VALUES (?, ?)", rows)
    visible = _carries("v", access)
    if access and versions != MAIN:  # where another version counts as the current one, the real one decides besides
        newest = f"n.document_id = v.document_id AND n.until IS NULL AND n.deleted IS NULL AND {_carries('n', access)}"
        visible += f" AND EXISTS (SELECT 1 FROM {MAIN} AS n WHERE {newest})"
    cursor.execute(f"CREATE TEMP VIEW versions AS SELECT * FROM {versions} AS v WHERE {visible}")
    cursor.close()
    connection.commit()


def _carries(versions: str, access: Access) -> str:
    """The condition that a version carries one tag of each set."""
    each = (
        f"EXISTS (SELECT 1 FROM json_each({versions}.tags) AS own JOIN temp.allowed AS a ON a.number = {number} AND a.tag = own.value)"
        for number in range(len(access))
    )
    return " AND ".join(each) or "TRUE"
