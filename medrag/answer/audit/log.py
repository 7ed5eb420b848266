"""The audit log in one SQLite file: appended to, verified, erased from, and never changed."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    literal_column,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from medrag.answer.audit.chain import ANSWER, ERASURE, FIRST, Kept, Link, LogFault, digest_of, faults_of, hash_of
from medrag.answer.audit.level import AuditLevel
from medrag.errors import RecordError

__all__ = ["AuditLog", "Logged"]

SALT_BYTES = 16
AT_ONCE = 200  # records read from the file at a time
WAL_PAGES = (
    4_000  # written before they are moved to their places (16 MB): the last page of a table is moved once, not each time
)
BUSY_SECONDS = 30  # that one process waits for another's record

_metadata = MetaData()
_links = Table(
    "links",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
_payloads = Table(
    "payloads",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("person", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("payload", Text, nullable=False),
)
# Records of nobody in particular need not be found by whose they are.
_SOMEBODYS = _payloads.c.person != literal_column("''")
Index("payloads_person", _payloads.c.person, sqlite_where=_SOMEBODYS)
_head = Table("head", _metadata, Column("number", Integer, primary_key=True), Column("hash", Text, nullable=False))

# What each answer waits for is given to the driver as it is: SQLAlchemy takes five times as long to make it anew each time.
_LAST = "SELECT number, hash FROM head ORDER BY number DESC LIMIT 1"
_ADD_LINK = "INSERT INTO links (number, at, kind, digest, previous, hash) VALUES (?, ?, ?, ?, ?, ?)"
_ADD_PAYLOAD = "INSERT INTO payloads (number, person, salt, payload) VALUES (?, ?, ?, ?)"
_MOVE_HEAD = "UPDATE head SET number = ?, hash = ?"
_ADD_HEAD = "INSERT INTO head (number, hash) VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class Logged:
    """One record: its place in the chain, and what was logged, None where it was erased."""

    number: int
    at: str
    kind: str
    payload: Mapping[str, Any] | None


class AuditLog:
    """A log of answers in a file that is made where there is none; several threads and processes may append to it.

    A record is safe when `append` returns, but for the last ones before a loss of power. Raises `RecordError` for a file that
    is no such log.
    """

    def __init__(self, path: str | Path, *, level: AuditLevel | str = AuditLevel.METADATA) -> None:
        self.path = Path(path)
        self.level = AuditLevel(level)
        with suppress(OSError):  # whatever is wrong with the place is told below
            self.path.touch(mode=0o600)  # what people asked is nobody else's business
        self._engine = _engine(URL.create("sqlite", database=str(path)), _configure)
        with self._writing() as connection:
            _metadata.create_all(connection)

    @classmethod
    def reading(cls, path: str | Path) -> AuditLog:
        """A log that is there, to be read alone: nothing in the file or beside it is touched, and it may be write-protected."""
        log = cls.__new__(cls)
        log.path, log.level = Path(path), AuditLevel.METADATA
        try:
            log._engine = _read_only(log.path.resolve())
            with log._reading() as connection:
                connection.execute(select(_links.c.number).limit(1)).all()
        except RecordError:
            log.close()
            raise
        return log

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ writing

    def append(self, payload: Mapping[str, Any], *, person: str = "", kind: str = ANSWER) -> int:
        """The number of the record that a payload has become; `person` is whose it is, for `erase`."""
        written = to_json({"person": person, **payload}).decode()  # in a fifth of what json.dumps takes
        kept = Kept(secrets.token_hex(SALT_BYTES), written)
        digest = digest_of(kept)  # before anybody else waits for this record
        with self._appending() as driver:
            return _append(driver, kept, digest, person, kind)

    def erase(self, *, person: str | None = None, before: datetime | None = None) -> int:
        """How many records were erased: those of a person, those from before a time, or those that are both.

        What they stood for is gone for good; that they stood there, and that they were erased, stays in the chain.
        """
        if not person and before is None:  # records without a person are nobody's, not one person's
            raise ValueError("wanted a person or a time: a whole log is not erased by mistake")
        wanted = select(_payloads.c.number).join(_links, _links.c.number == _payloads.c.number).where(_links.c.kind == ANSWER)
        if person is not None:
            wanted = wanted.where(_payloads.c.person == person)
        if person:
            wanted = wanted.where(_SOMEBODYS)  # or SQLite does not see that the index has them all
        if before is not None:
            wanted = wanted.where(_links.c.at < before.astimezone(UTC).isoformat(timespec="microseconds"))
        with self._writing() as connection:
            numbers = sorted(connection.execute(wanted).scalars())
            if numbers:
                connection.execute(_payloads.delete().where(_payloads.c.number.in_(wanted)))
                erasure = json.dumps({"erased": numbers}, separators=(",", ":"))
                kept = Kept(secrets.token_hex(SALT_BYTES), erasure)
                _append(_driver_of(connection), kept, digest_of(kept), "", ERASURE)
        self._forget()  # even where nothing was erased now: the last time somebody may have been reading
        return len(numbers)

    def expire(self, days: float) -> int:
        """How many records were erased for being older than so many days."""
        try:
            before = datetime.now(UTC) - timedelta(days=days)
        except (OverflowError, ValueError):
            raise RecordError(f"{days:g} days: wanted a number of days that leads to a date") from None
        return self.erase(before=before)

    def _forget(self) -> None:
        """Empties the write-ahead log, in which erased rows would stand until it is reused; SQLite overwrites those of the file."""
        try:
            with self._engine.connect().execution_options(begin="") as connection:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        except DatabaseError:
            busy = True
        if busy:
            raise RecordError(
                f"{self.path}: the records were erased, but their words still stand in {self.path.name}-wal, for somebody"
                " reads the log, or the disk is full: erase once more when that has ended"
            )

    # ------------------------------------------------------------------ reading

    def records(self, numbers: Sequence[int] | None = None) -> Iterator[Logged]:
        """The records in their order, all or those asked for."""
        query = select(_links, _payloads.c.salt, _payloads.c.payload)
        query = query.outerjoin(_payloads, _payloads.c.number == _links.c.number).order_by(_links.c.number)
        if numbers is not None:
            query = query.where(_links.c.number.in_(numbers))
        with self._reading() as connection:
            for row in connection.execute(query, execution_options={"yield_per": AT_ONCE}):
                kept = None if row.payload is None else Kept(_text(row.salt), _text(row.payload))
                if kept is not None and digest_of(kept) != row.digest:
                    raise RecordError(f"record {row.number}: it was changed: `medrag audit verify` finds what else was")
                yield Logged(row.number, row.at, row.kind, None if kept is None else _read(kept.payload))

    def head(self) -> tuple[int, str]:
        """The number and the hash of the last record: kept elsewhere, they prove that the log was not cut or made anew."""
        with self._reading() as connection:
            return _head_of(connection)

    def verify(self, *, head: tuple[int, str] | None = None) -> list[LogFault]:
        """What was edited, removed, put in or reordered; `head` is one that was kept elsewhere."""
        with self._reading() as connection:
            links = [Link(row[0], *map(_text, row[1:])) for row in connection.execute(select(_links))]
            heads = connection.execute(select(_head)).all()
            last = _head_of(connection)
            kinds = {link.number: link.kind for link in links}
            faults: list[LogFault] = []
            digests: dict[int, str] = {}
            erased: set[int] = set()
            for row in connection.execute(select(_payloads), execution_options={"yield_per": AT_ONCE}):
                kept = Kept(_text(row.salt), _text(row.payload))
                digests[row.number] = digest_of(kept)
                kind = kinds.get(row.number)
                if kind == ERASURE:
                    erased |= _erased(kept)
                elif kind == ANSWER and not _is_of(kept.payload, row.person):
                    faults.append(LogFault(row.number, "it is kept under another person than it was logged for"))
        faults += faults_of(links, digests, last, erased)
        if len(heads) > 1:
            faults.append(LogFault(last[0], f"there are {len(heads)} ends of the log, where there is one"))
        if head is not None and {link.number: link.hash for link in links}.get(head[0]) != head[1]:
            faults.append(LogFault(head[0], "it is not the record that the head kept elsewhere names"))
        return sorted(faults, key=lambda fault: fault.number)

    # ------------------------------------------------------------------ transactions

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DatabaseError, sqlite3.Error) as error:
            raise self._unwritten(error) from None

    @contextmanager
    def _appending(self) -> Iterator[sqlite3.Connection]:
        """A transaction of the driver's own, which every answer waits for: SQLAlchemy's takes three times as long."""
        try:
            pooled = self._engine.raw_connection()
            try:
                driver: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]  # the engine is SQLite's
                driver.execute("BEGIN IMMEDIATE")
                yield driver
                driver.execute("COMMIT")
            finally:
                pooled.close()  # which takes back what was not committed
        except (DatabaseError, sqlite3.Error) as error:
            raise self._unwritten(error) from None

    def _unwritten(self, error: Exception) -> RecordError:
        reason = error.orig if isinstance(error, DatabaseError) else error
        return RecordError(
            f"{self.path}: nothing was written: {reason}: wanted an audit log that may be written, on a disk with room"
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(begin="BEGIN") as connection:
                yield connection
        except DatabaseError as error:
            raise RecordError(f"{self.path}: {error.orig}: wanted an audit log") from None


def _engine(url: URL, configure: Callable[[Any, object], None]) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", _begin)
    return engine


def _read_only(path: Path) -> Engine:
    """An engine that only reads: where nobody may write beside the file, it must be whole without a write-ahead log."""
    wal = path.with_name(f"{path.name}-wal")
    unwritable = not os.access(path.parent, os.W_OK) or not os.access(path, os.W_OK)
    options = {"mode": "ro", "uri": "true", **({"immutable": "1"} if unwritable and not wal.exists() else {})}
    return _engine(URL.create("sqlite", database=path.as_uri(), query=options), _by_hand)


def _by_hand(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin below, so that a writer locks before it reads the head
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", f"wal_autocheckpoint={WAL_PAGES}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
    if begin:
        connection.exec_driver_sql(begin)


def _append(driver: sqlite3.Connection, kept: Kept, digest: str, person: str, kind: str) -> int:
    """The number of the record that was put behind the last one."""
    number, previous = driver.execute(_LAST).fetchone() or (0, FIRST)
    link_of = (number + 1, _now(), kind, digest, previous)
    link = Link(*link_of, hash_of(*link_of))
    driver.execute(_ADD_LINK, astuple(link))
    driver.execute(_ADD_PAYLOAD, (link.number, person, kept.salt, kept.payload))
    if not driver.execute(_MOVE_HEAD, (link.number, link.hash)).rowcount:
        driver.execute(_ADD_HEAD, (link.number, link.hash))
    return link.number


def _driver_of(connection: Connection) -> sqlite3.Connection:
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # the engine is SQLite's
    return driver


def _head_of(connection: Connection) -> tuple[int, str]:
    row = connection.exec_driver_sql(_LAST).one_or_none()
    return (0, FIRST) if row is None else (row[0], row[1])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _text(value: object) -> str:
    """What a column holds as text; what somebody put there that is none is text that fits no hash."""
    return value if isinstance(value, str) else repr(value)


def _read(payload: str) -> Mapping[str, Any]:
    value = json.loads(payload)
    return value if isinstance(value, dict) else {}


def _erased(erasure: Kept) -> set[int]:
    try:
        return {int(number) for number in json.loads(erasure.payload)["erased"]}
    except (ValueError, KeyError, TypeError):
        return set()  # it was changed, as its digest tells


def _is_of(payload: str, person: str) -> bool:
    try:
        return bool(json.loads(payload).get("person") == person)
    except (ValueError, AttributeError):
        return True  # it was changed, as its digest tells
