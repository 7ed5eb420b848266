"""A catalogue in PostgreSQL: one schema per knowledge base, one writer at a time by an advisory lock.

Readers run in autocommit, so that none holds a snapshot open that would keep vacuum from its work. All that a writer does goes
through the one connection that holds its lock: where that is lost, so is the lock, and nothing is written beside the next writer.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from medrag.errors import KnowledgeBaseError, LockedError, MissingExtraError
from medrag.kb import schema
from medrag.kb.address import Address
from medrag.kb.engines.database import Access, Exchanged, Reading
from medrag.kb.engines.views import ViewWords, make_views

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgreSQL"]

POOL, MORE = 8, 56  # connections kept, and opened besides while many threads ask
FEW, FEW_MORE = 1, 15  # of a restricted view; there may be 32 such pools
IDLE_S = 20  # after which a connection is tried before it is used: the server may have restarted
CONNECT_S = 10
PINS = "CREATE TABLE pins (id TEXT PRIMARY KEY, number INTEGER NOT NULL, build INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL)"  # `medrag.kb.engines.pins`
LOCK = "hashtext('medrag'), hashtext(current_schema())"
MANY = 300  # versions in one commit after which the planner's statistics are of no use
ERASE_WAIT = "60s"
WITH_TEXT = (
    schema.versions, schema.sections, schema.passages, schema.names, schema.spellings,
    schema.statements, schema.about, schema.entities, schema.documents, schema.places,
)  # fmt: skip
# By SQLSTATE: what would help.
HELP = {
    "28000": "check the user and what the server's pg_hba.conf allows",
    "28P01": "check the user and the password",
    "3D000": "make the database with `createdb`, or name another",
    "42501": "ask the database's owner for the right, or connect as another user",
    "53300": "raise the server's max_connections, or close other clients",
    "53100": "make room on the server's disk",
    "57P01": "the server was stopped: try again when it is back",
    "57P03": "the server is starting: try again",
}


def _driver() -> Any:
    try:
        import psycopg
    except ImportError:
        raise MissingExtraError("psycopg", "postgres") from None
    return psycopg


class PostgreSQL:
    """A schema of a database; see `medrag.kb.engines.database.Database`."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.where = str(address)
        self.errors: tuple[type[Exception], ...] = (_driver().Error, DBAPIError, PoolTimeoutError)
        self._main: Engine | None = None
        self._engines: WeakSet[Engine] = WeakSet()
        self.released: deque[str] = deque()  # pins that nobody holds any more (`medrag.kb.engines.pins`)

    def engine(self, reading: Reading | None = None) -> Engine:
        """An engine on the schema; all that ask for one without `reading` share it."""
        if reading is None and self._main is not None:
            return self._main
        engine = self.new_engine(POOL if reading is None else FEW, MORE if reading is None else FEW_MORE)
        if reading is None:
            self._main = engine
        else:
            event.listen(engine, "connect", lambda connection, _: reading(connection))
        return engine

    def new_engine(self, size: int, more: int) -> Engine:
        """An engine that keeps so many connections, and opens so many more while they are asked for."""
        if self.address.url is None:
            raise KnowledgeBaseError(f"{self.where}: is no database")
        engine = create_engine(
            self.address.url, isolation_level="AUTOCOMMIT", pool_size=size, max_overflow=more, pool_timeout=CONNECT_S * 3,
            connect_args={"application_name": _me()} | ({} if "connect_timeout" in self.address.url.query else {"connect_timeout": CONNECT_S}),
        )  # fmt: skip
        self._engines.add(engine)
        settings = (
            f'SET search_path TO "{self.address.schema}"; SET hnsw.ef_search = 400; SET hnsw.iterative_scan = strict_order'
        )

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, record: Any) -> None:
            record.info["process"], record.info["used"] = os.getpid(), time.monotonic()
            connection.execute(settings)
            connection.commit()

        @event.listens_for(engine, "checkin")
        def _used(_: Any, record: Any) -> None:
            record.info["used"] = time.monotonic()

        @event.listens_for(engine, "checkout")
        def _own(connection: Any, record: Any, proxy: Any) -> None:
            if record.info["process"] != os.getpid():  # a socket must not be shared with a forked process
                record.dbapi_connection = proxy.dbapi_connection = None
                raise InvalidatePoolError("made by another process")
            if time.monotonic() - record.info["used"] > IDLE_S:
                try:
                    connection.execute("SELECT 1")
                except self.errors:
                    raise InvalidatePoolError("the server has closed it") from None

        return engine

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """A connection of the engine; where the server has gone, the pool's others are let go too, and one line says so."""
        try:
            with engine.connect() as connection:
                try:
                    yield connection
                except self.errors:
                    if self.lost(connection):
                        connection.invalidate()
                        engine.dispose()
                    raise
        except self.errors as error:
            raise self.explain(error) from error

    @contextmanager
    def unchanging(self, engine: Engine) -> Iterator[Connection]:
        """A connection of the engine inside one transaction, which sees all as it was when it began."""
        with engine.connect() as fresh:
            connection = fresh.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def release_pins(self) -> None:
        """Removes the pins that nobody of this process holds any more; where the server is gone, they expire."""
        gone = [self.released.popleft() for _ in range(len(self.released))]
        if gone:
            with suppress(KnowledgeBaseError), self.reading(self.engine()) as connection:
                connection.exec_driver_sql("DELETE FROM pins WHERE id = ANY(%s)", (gone,))

    def close(self) -> None:
        """Closes all connections that are not in use."""
        for engine in list(self._engines):
            engine.dispose()

    def exists(self) -> bool:
        """Whether the schema holds a knowledge base."""
        with self.reading(self.engine()) as connection:
            return has_tables(connection)

    def create(self, fill: Callable[[Connection], None]) -> None:
        """Makes the schema, where it is not there, and today's tables, and lets `fill` write the first rows: all or nothing."""
        alone = self.new_engine(1, 0)
        try:
            with alone.connect() as fresh:
                connection = fresh.execution_options(isolation_level="READ COMMITTED")
                encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
                if encoding != "UTF8":
                    raise KnowledgeBaseError(
                        f"{self.where}: the database stores text as {encoding}: make one with encoding UTF8"
                    )
                connection.exec_driver_sql(
                    f"SELECT pg_advisory_xact_lock(hashtext('medrag'), hashtext('{self.address.schema}'))"
                )
                connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{self.address.schema}"')
                if has_tables(connection):
                    raise KnowledgeBaseError(f"{self.where} holds a knowledge base already: open it, or choose another schema")
                schema.create_tables(connection)
                connection.exec_driver_sql(PINS)
                fill(connection)
                connection.commit()
        finally:
            alone.dispose()

    def writer(self, engine: Engine) -> PostgreSQLWriter:
        """The writer's session."""
        return PostgreSQLWriter(self)

    def show(self, connection: Any, access: Access, exchanged: Exchanged | None) -> None:
        """Puts temporary views in the place of the table, for this connection alone."""
        words = ViewWords(f'"{self.address.schema}".versions', "pg_temp", "%s", _carries(connection))
        with connection.cursor() as cursor:
            make_views(cursor, words, access, exchanged)
        connection.commit()

    def migrate(self, connection: Connection) -> None:
        """Brings the tables to today's format."""
        schema.migrate(connection, self.where, lambda: _begin_alone(connection))
        connection.commit()

    def explain(self, error: Exception) -> KnowledgeBaseError:
        """The error that a user is shown."""
        cause = (error.orig if isinstance(error, DBAPIError) else None) or error
        if isinstance(error, PoolTimeoutError):
            return KnowledgeBaseError(f"{self.where}: all {POOL + MORE} connections are in use: ask fewer questions at once")
        said = [line.strip() for line in str(cause).splitlines() if line.strip()]
        reason = said[0] if said else type(cause).__name__
        state = getattr(cause, "sqlstate", None)
        if state is None and isinstance(cause, _driver().OperationalError):
            hint = next((line for line in said[1:] if line.startswith("Is the server")), "check the address, and that it runs")
            return KnowledgeBaseError(f"{self.where}: the database cannot be reached: {reason}: {hint}")
        hint = f": {HELP[state]}" if state in HELP else ""
        return KnowledgeBaseError(f"{self.where}: the catalogue cannot be read or written: {reason}{hint}")

    def lost(self, connection: Connection) -> bool:
        """Whether the server has gone."""
        try:
            driver: Any = connection.connection.driver_connection
        except self.errors:
            return True
        return bool(driver is None or driver.closed)

    def size(self, connection: Connection) -> int:
        """The bytes of all tables and indexes of the schema."""
        query = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
        return int(connection.exec_driver_sql(query, (f'"{self.address.schema}"',)).scalar_one())

    def dated(self) -> str:
        """The condition that a date begins with a year."""
        return "effective ~ '^[12][0-9]{3}'"


def has_tables(connection: Connection) -> bool:
    """Whether the first schema of the search path holds the tables of a catalogue."""
    found = "SELECT to_regclass(quote_ident(current_schema()) || '.settings') IS NOT NULL"
    return bool(connection.exec_driver_sql(found).scalar_one())


def _begin_alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql("LOCK TABLE settings IN ACCESS EXCLUSIVE MODE")


def _me() -> str:
    """What the server's list of connections calls this process; 63 bytes are kept."""
    return f"medrag {socket.gethostname()[:40]}:{os.getpid()}"


def _carries(connection: psycopg.Connection[Any]) -> Callable[[str, int, frozenset[str]], str]:
    from psycopg.sql import Literal

    def carries(versions: str, _: int, tags: frozenset[str]) -> str:
        possible = [tag for tag in sorted(tags) if "\0" not in tag and tag.isprintable()]
        listed = ", ".join(Literal(tag).as_string(connection) for tag in possible)
        return f"{versions}.tags::jsonb ?| ARRAY[{listed}]::text[]"

    return carries


class PostgreSQLWriter:
    """The one writer; see `medrag.kb.engines.database.WriterSession`."""

    def __init__(self, database: PostgreSQL) -> None:
        self._database = database
        self._own = database.new_engine(1, 0)  # closed with the session, whatever becomes of it: the lock goes with it
        self._connection = self._own.connect().execution_options(isolation_level="READ COMMITTED")
        try:
            if not self._query(f"SELECT pg_try_advisory_lock({LOCK})").scalar_one():
                raise LockedError(
                    f"{database.where}: another writer is at work ({self._holder()}): wait for it to finish, then try again"
                )
            # A writer whose machine is gone must not hold the lock for hours.
            self._query(
                "SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false)"
            )
            self._connection.commit()
        except BaseException:
            self.release()
            raise

    def _query(self, sql: str) -> Any:
        return self._connection.exec_driver_sql(sql)

    def _holder(self) -> str:
        found = self._query(
            "SELECT a.application_name, a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.objsubid = 2 AND l.granted"
            " AND l.classid = hashtext('medrag')::oid AND l.objid = hashtext(current_schema())::oid"
        ).first()
        if found is None:
            return "it has just finished"
        return f"{found[0]}; where it is gone for good, `SELECT pg_terminate_backend({found[1]})` ends it"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that the server need not have on its disk when it ends."""
        with self._connection.begin():
            self._query("SET LOCAL synchronous_commit = off")
            yield self._connection

    @contextmanager
    def publish(self) -> Iterator[Connection]:
        """The transaction that moves the number; what stands before it in the write-ahead log goes to the disk with it."""
        with self._connection.begin():
            self._query("SET LOCAL synchronous_commit = on")
            yield self._connection

    def settle(self, connection: Connection, versions: int) -> None:
        """Tells the planner what the tables hold now: autovacuum would, a minute later."""
        if versions >= MANY:
            connection.exec_driver_sql("ANALYZE " + ", ".join(f'"{table.name}"' for table in schema.metadata.sorted_tables))

    def erase(self, erased: Callable[[Connection], bool]) -> None:
        """Erases rows, and writes the tables that held their text anew: a dead row's bytes stay in its page else."""
        with self._connection.begin():
            if not erased(self._connection):
                return
        self._connection.execution_options(isolation_level="AUTOCOMMIT")
        self._query(f"SET lock_timeout = '{ERASE_WAIT}'")  # readers hold the tables for moments only, others perhaps longer
        try:
            for table in WITH_TEXT:
                self._query(f'VACUUM (FULL, ANALYZE) "{table.name}"')
            self._query("VACUUM FULL pg_catalog.pg_statistic")  # samples of text; who may not do this gets a warning, no error
        finally:
            if not self._database.lost(self._connection):
                self._query("RESET lock_timeout")
                self._connection.commit()
                self._connection.execution_options(isolation_level="READ COMMITTED")

    def is_published(self, commit: int) -> bool:
        """Whether the commit is the current one, on a connection of its own."""
        engine = self._database.engine()
        with engine.connect() as connection:
            return schema.current_commit(connection) == commit

    def release(self) -> None:
        """Closes the connection, and with it lets the next writer in."""
        with suppress(*self._database.errors):
            self._connection.close()
            self._own.dispose()
