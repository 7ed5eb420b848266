"""Conversations that are kept: in an SQLite file or any database that SQLAlchemy speaks to, per owner, until they expire."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from medrag.chat.exchange import Exchange
from medrag.chat.slots import Memory
from medrag.errors import SessionError, SessionNotFoundError
from medrag.types import Record

__all__ = ["DAYS", "SessionStore"]

DAYS = 30  # that a session is kept after its last turn, where nothing else is said
SECONDS_A_DAY = 86_400.0
BUSY_S = 30  # to wait for another process that writes
LOOK_S = 0.02
EXPIRES_EVERY_S = 3_600.0  # between sweeps that `append` makes by itself
MAX_ID = 200
BATCH = 500  # sessions that one statement deletes
WRITES = "medrag_writes"  # the execution option of a connection that writes
R = TypeVar("R", bound=Record)

_meta = MetaData()
_sessions = Table(
    "sessions",
    _meta,
    Column("id", String(MAX_ID), primary_key=True),
    Column("owner", String(MAX_ID), nullable=False, index=True),
    Column("created", Float, nullable=False),
    Column("touched", Float, nullable=False, index=True),
    Column("memory", Text, nullable=False),
)
_exchanges = Table(
    "exchanges",
    _meta,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("session_id", String(MAX_ID), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("record", Text, nullable=False),
)


class SessionStore:
    """Keeps sessions at a path (SQLite) or a database URL, for `days` after their last turn; threads and processes may share it.

    What is deleted is overwritten in an SQLite file, not only unlinked. Another owner's session is not found, as one that never was.
    """

    def __init__(self, url_or_path: str | Path, *, days: float = DAYS) -> None:
        if days <= 0:
            raise SessionError(f"sessions cannot be kept for {days} days: give a number above 0, or keep none")
        self.days = days
        self._url = _url_of(url_or_path)
        self.place = self._url.render_as_string(hide_password=True)
        self._swept = 0.0
        self._engine = _engine(self._url)
        try:
            with self._engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                _meta.create_all(connection)  # under the lock: another process may be making them
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise self._fault("opened", error) from error

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def __enter__(self) -> SessionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ reading

    def load(self, session_id: str, *, owner: str = "") -> Memory:
        """What a session remembers. Raises `SessionNotFoundError`, and `SessionError` for one that cannot be read."""
        with self._reading() as connection:
            row = self._row(connection, session_id, owner)
        return self._read(Memory, row.memory, session_id)

    def exchanges(self, session_id: str, *, owner: str = "") -> tuple[Exchange, ...]:
        """All exchanges of a session, oldest first; none of one that is not there yet. Raises as `load` for a damaged one."""
        query = select(_exchanges.c.record).where(_exchanges.c.session_id == session_id).order_by(_exchanges.c.number)
        with self._reading() as connection:
            self._row(connection, session_id, owner)
            records = connection.execute(query).scalars().all()
        return tuple(self._read(Exchange, record, session_id) for record in records)

    def ids(self, *, owner: str = "") -> tuple[str, ...]:
        """The ids of an owner's sessions, the one spoken in last first."""
        query = select(_sessions.c.id).where(_sessions.c.owner == owner, _sessions.c.touched > self._oldest())
        with self._reading() as connection:
            return tuple(connection.execute(query.order_by(_sessions.c.touched.desc(), _sessions.c.id)).scalars())

    # ------------------------------------------------------------------ writing

    def append(
        self,
        session_id: str,
        exchange: Exchange,
        memory: Memory,
        *,
        owner: str = "",
        begins: bool = True,
        after: Memory | None = None,
    ) -> Memory | None:
        """Adds an exchange to a session, which begins with it where there is none.

        Without `begins` the session must be there: one that was deleted while its answer was written does not come back.
        `after` is what the session remembered before the exchange. Where it remembers something else by now, since another
        process answered in it, that is returned and nothing is written.
        """
        record = exchange.model_dump_json()
        with self._writing() as connection:
            if after is not None:
                query = select(_sessions.c.memory).where(*_of(session_id, owner)).with_for_update()
                row = connection.execute(query).first()
                if row is not None and (newer := self._read(Memory, row.memory, session_id)) != after:
                    return newer
            self._put(connection, session_id, memory, owner, begins=begins)
            connection.execute(insert(_exchanges).values(session_id=session_id, at=time.time(), record=record))
        if time.monotonic() - self._swept > EXPIRES_EVERY_S:
            self.expire()
        return None

    def save(self, session_id: str, memory: Memory, *, owner: str = "", begins: bool = True) -> None:
        """Keeps what a session remembers, without an exchange; `begins` as for `append`."""
        with self._writing() as connection:
            self._put(connection, session_id, memory, owner, begins=begins)

    def clear(self, session_id: str, *, owner: str = "") -> None:
        """Deletes what was said in a session, and keeps the session; none is made of one that is not there."""
        with self._writing() as connection:
            done = connection.execute(
                update(_sessions).where(*_of(session_id, owner)).values(memory=Memory().model_dump_json(), touched=time.time())
            )
            if done.rowcount:
                connection.execute(delete(_exchanges).where(_exchanges.c.session_id == session_id))
        self._forget()

    def delete(self, session_id: str, *, owner: str = "") -> None:
        """Deletes a session and all that was said in it, for good, also where it cannot be read. Raises `SessionNotFoundError`."""
        with self._writing() as connection:
            self._row(connection, session_id, owner)
            _drop(connection, [session_id])
        self._forget()

    def expire(self) -> int:
        """Deletes the sessions in which nothing was said for `days`, and says how many there were."""
        self._swept = time.monotonic()
        with self._writing() as connection:
            # What was said while the clock was ahead would else be kept until the clock gets there.
            now = time.time()
            connection.execute(update(_sessions).where(_sessions.c.touched > now).values(touched=now))
            old = list(connection.execute(select(_sessions.c.id).where(_sessions.c.touched <= self._oldest())).scalars())
            for start in range(0, len(old), BATCH):
                _drop(connection, old[start : start + BATCH])
        if old:
            self._forget()
        return len(old)

    # ------------------------------------------------------------------ within

    def _put(self, connection: Connection, session_id: str, memory: Memory, owner: str, *, begins: bool) -> None:
        now, text = time.time(), memory.model_dump_json()
        changed = connection.execute(update(_sessions).where(*_of(session_id, owner)).values(memory=text, touched=now))
        if changed.rowcount:
            return
        if not begins:
            raise _not_found(session_id)
        if not session_id or len(session_id) > MAX_ID or len(owner) > MAX_ID:
            raise SessionError(f"a session's id and owner have 1 to {MAX_ID} characters: the id has {len(session_id)}")
        try:
            with connection.begin_nested():
                connection.execute(insert(_sessions).values(id=session_id, owner=owner, created=now, touched=now, memory=text))
        except IntegrityError:  # another thread's first turn, or another owner's session
            changed = connection.execute(update(_sessions).where(*_of(session_id, owner)).values(memory=text, touched=now))
            if not changed.rowcount:
                raise _not_found(session_id) from None

    def _row(self, connection: Connection, session_id: str, owner: str) -> Any:
        query = select(_sessions.c.memory).where(*_of(session_id, owner), _sessions.c.touched > self._oldest())
        row = connection.execute(query).first()
        if row is None:
            raise _not_found(session_id)
        return row

    def _oldest(self) -> float:
        return time.time() - self.days * SECONDS_A_DAY

    def _read(self, kind: type[R], text: str, session_id: str) -> R:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            raise SessionError(
                f"session {session_id!r} in {self.place} is damaged and cannot be read ({error.error_count()} faults in its "
                f"{kind.__name__.lower()}): delete it; other sessions are not affected"
            ) from None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._fault("read", error) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise self._fault("written", error) from error

    def _forget(self) -> None:
        """Empties SQLite's write-ahead log, in which what was deleted still stands; while others read, the next time does it."""
        if self._engine.dialect.name == "sqlite":
            with self._reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _fault(self, what: str, error: SQLAlchemyError) -> SessionError:
        cause = getattr(error, "orig", None) or error
        return SessionError(
            f"the sessions in {self.place} cannot be {what} ({type(cause).__name__}: {' '.join(str(cause).split())[:200]}): "
            "check that it is a session store, that it can be reached and written, and that the disk is not full"
        )


def _of(session_id: str, owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _sessions.c.id == session_id, _sessions.c.owner == owner


def _drop(connection: Connection, ids: Sequence[str]) -> None:
    connection.execute(delete(_exchanges).where(_exchanges.c.session_id.in_(ids)))
    connection.execute(delete(_sessions).where(_sessions.c.id.in_(ids)))


def _not_found(session_id: str) -> SessionNotFoundError:
    return SessionNotFoundError(
        f"there is no session {session_id[:MAX_ID]!r}: it was deleted, has expired, or never was; begin a new one"
    )


def _url_of(url_or_path: str | Path) -> URL:
    text = str(url_or_path)
    if isinstance(url_or_path, Path) or "://" not in text:
        return URL.create("sqlite", database=text)  # a path may hold ? and %
    try:
        return make_url(text)
    except ArgumentError as error:
        raise SessionError(
            f"{text[:40]!r} is no database URL ({error}): give a path or, for example, postgresql://HOST/NAME"
        ) from None


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except (SQLAlchemyError, ImportError) as error:
            raise SessionError(
                f"{url.render_as_string(hide_password=True)} cannot be used ({error}): install its driver"
            ) from error
    _make_private(url.database)
    engine = create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False}, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _write_ahead(connection)
        for pragma in ("synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: one that read first could not wait for another's commit.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")

    return engine


def _write_ahead(connection: Any) -> None:
    """Has SQLite keep a write-ahead log, which it refuses at once, without waiting, while another connection changes to it."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_S)


def _make_private(path: str | None) -> None:
    """Makes the file, for its owner alone to read: what people ask about their health is nobody else's."""
    if not path or path == ":memory:":
        raise SessionError("sessions need a file or a database to be kept in: give a path, or keep none")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise SessionError(f"{path} cannot be opened to keep sessions in: {error.strerror or error}") from error
