"""Pins: which commits somebody reads on engines that keep one index for all, so that a writer's sweep leaves it be.

A pin is a row with the time of its last use. It is renewed by use, not by a thread: a reader that asks nothing for longer than
`EXPIRES_S` may find its commit swept, and is then told to refresh, which it is before it reads a row too few.
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from threading import Lock
from uuid import uuid4

from sqlalchemy import Connection

from medrag.errors import KnowledgeBaseError
from medrag.kb.engines.postgres import PostgreSQL

__all__ = ["EXPIRES_S", "Pin", "oldest_pinned"]

RENEW_S = 60.0
EXPIRES_S = 900


class Pin:
    """A commit that a reader holds. Several threads may use it."""

    def __init__(self, database: PostgreSQL, commit: int, build: int) -> None:
        self._database = database
        self._where = where = database.where
        self._commit, self._build = commit, build
        self._id = uuid4().hex
        # Whoever sweeps next removes it: a finalizer may run anywhere, and must ask no server.
        self.release = weakref.finalize(self, database.released.append, self._id)
        self.release.atexit = False
        self._lock = Lock()
        self._renewed = 0.0
        if not self._renew():
            raise KnowledgeBaseError(f"{where}: commit {commit} is kept no longer: open it again")

    def hold(self) -> None:
        """Called before every use. Raises where the commit was swept while nothing was asked."""
        if time.monotonic() - self._renewed < RENEW_S:
            return
        with self._lock:
            if time.monotonic() - self._renewed >= RENEW_S and not self._renew():
                raise KnowledgeBaseError(
                    f"{self._where}: commit {self._commit} is kept no longer, as nothing was asked of it for a long time: "
                    "call refresh(), or open it again"
                )

    def _renew(self) -> bool:
        """Writes the pin, then looks whether a sweep was quicker; whether the commit is whole."""
        with self._database.reading(self._database.engine()) as connection:
            connection.exec_driver_sql(
                "INSERT INTO pins VALUES (%s, %s, %s, now()) ON CONFLICT (id) DO UPDATE SET at = now()",
                (self._id, self._commit, self._build),
            )
            swept = connection.exec_driver_sql("SELECT value FROM settings WHERE name = 'swept'").scalar()
        self._renewed = time.monotonic()
        return swept is None or int(swept) <= self._commit


def oldest_pinned(connection: Connection, released: deque[str], commit: int, build: int) -> tuple[int, int]:
    """The oldest commit and build that somebody reads, the current ones at most; noted, so that later pins know what is gone.

    `released` are pins of this process that nobody holds. Inside a transaction: nobody pins until it ends.
    """
    connection.exec_driver_sql("LOCK TABLE pins IN SHARE ROW EXCLUSIVE MODE")
    gone = [released.popleft() for _ in range(len(released))]
    connection.exec_driver_sql("DELETE FROM pins WHERE id = ANY(%s)", (gone,))
    connection.exec_driver_sql("DELETE FROM pins WHERE at < now() - make_interval(secs => %s)", (EXPIRES_S,))
    found = connection.exec_driver_sql("SELECT min(number), min(build) FROM pins").one()
    oldest = min(commit, found[0] if found[0] is not None else commit)
    built = min(build, found[1] if found[1] is not None else build)
    connection.exec_driver_sql(
        "INSERT INTO settings (name, value) VALUES ('swept', %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (str(oldest),),
    )
    return oldest, built
