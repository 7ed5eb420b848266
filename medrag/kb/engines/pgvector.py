"""Vectors in PostgreSQL by pgvector: 8-bit components as half-precision numbers, which hold them exactly.

So the inner product that the server works out is a whole number below 2**24, exact in its single precision, and a cosine is the
same to the last digit as that of the folder's index. A row carries the commit that added it and the one that removed it, and the
fields that filters ask for. Up to `EXACT` rows that pass, all are compared; above, the server walks an HNSW graph, which goes on
until enough pass the filters (`hnsw.iterative_scan`).
Source: Malkov & Yashunin, *Efficient and robust approximate nearest neighbor search using HNSW*, PAMI 2020.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from medrag.errors import KnowledgeBaseError
from medrag.kb.codes import SCALE, quantised
from medrag.kb.contract import Edition, Hit, Words
from medrag.kb.engines.postgres import PostgreSQL
from medrag.kb.filters import Filters

if TYPE_CHECKING:
    from medrag.kb.words import WordEntry

__all__ = ["EXACT", "PgVectors"]

EXACT = 5_000  # rows that are compared one by one: some 15 ms on one core
MORE = 8  # candidates per passage asked for, of the graph's walk
MIN_CANDIDATES = 200
MAX_CANDIDATES = 20_000
COUNTED = 64  # filters whose passing rows are counted once
GRAPH = "m = 16, ef_construction = 128"
MEMORY = "512MB"  # for building the graph
FIELDS = {"source": "source", "lang": "lang", "kind": "kind", "maker": "maker", "group": "grp"}
_TABLE = re.compile(r"vectors_(\d+)")


def _table(build: int) -> str:
    return f"vectors_{build:06d}"


class PgVectors:
    """Vectors in the catalogue's own schema; see `medrag.kb.contract.VectorsEngine`."""

    is_local = False

    def __init__(self, database: PostgreSQL) -> None:
        self._database = database

    @property
    def _engine(self) -> Engine:
        return self._database.engine()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._database.reading(self._engine) as connection:
            yield connection

    def open(self, folder: Path, edition: Edition, words: Words) -> PgVectorIndex:
        """The index at an edition."""
        return PgVectorIndex(self._database, edition)

    def writer(self, folder: Path, before: Edition | None, edition: Edition, connection: Connection) -> PgVectorsWriter:
        """A writer in the transaction of the connection; without `before`, into a table of its own."""
        if before is None:
            _make(connection, self._database, edition)
        return PgVectorsWriter(connection, edition)

    def recover(self, current: Edition) -> None:
        """Removes what stands above the current edition."""
        with self._connected() as connection:
            for build in _builds(connection):
                if build > current.build:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_table(build)}")
                else:
                    connection.exec_driver_sql(f"DELETE FROM {_table(build)} WHERE added > %s", (current.commit,))
                    connection.exec_driver_sql(
                        f"UPDATE {_table(build)} SET removed = NULL WHERE removed > %s", (current.commit,)
                    )

    def sweep(self, oldest: Edition) -> None:
        """Removes what no edition from this one on shows."""
        with self._connected() as connection:
            for build in _builds(connection):
                if build < oldest.build:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_table(build)}")
                else:
                    connection.exec_driver_sql(f"DELETE FROM {_table(build)} WHERE removed <= %s", (oldest.commit,))

    def size(self) -> int:
        """Nothing beside the catalogue's own tables, with which it is counted."""
        return 0

    def close(self) -> None:
        """The connections are the catalogue's."""


def _builds(connection: Connection) -> list[int]:
    rows = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    )
    return sorted(int(found[1]) for row in rows if (found := _TABLE.fullmatch(row[0])))


def _make(connection: Connection, database: PostgreSQL, edition: Edition) -> None:
    """Makes the table of a build, and the extension where it is not there yet."""
    found = "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"
    place = connection.exec_driver_sql(found).scalar()
    if place is None:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("CREATE EXTENSION vector SCHEMA public")
        except DBAPIError as error:
            raise KnowledgeBaseError(
                f"{database.where}: this server has no pgvector ({str(error.orig).splitlines()[0]}): "
                "let its owner run `CREATE EXTENSION vector`, or add vectors=faiss to the address"
            ) from None
        place = "public"
    table = _table(edition.build)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    connection.exec_driver_sql(
        f"CREATE TABLE {table} (id BIGINT NOT NULL, added INTEGER NOT NULL, removed INTEGER, day INTEGER NOT NULL, source TEXT, lang TEXT,"
        f" kind TEXT, maker TEXT, grp TEXT, tags TEXT[] NOT NULL, code {place}.halfvec({edition.dimensions}) NOT NULL)"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE {table} ALTER COLUMN code SET STORAGE PLAIN"
    )  # compared in place, not fetched apart
    for column in (*FIELDS.values(), "tags"):  # the planner's samples would outlive what is purged, and are of no use here
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    for name, on in (("id", "(id)"), ("added", "(added)"), ("removed", "(removed) WHERE removed IS NOT NULL")):
        connection.exec_driver_sql(f"CREATE INDEX {table}_{name} ON {table} {on}")


def _written(row: NDArray[np.float32]) -> str:
    """A vector as the server reads it."""
    return "[" + ",".join(map(str, row.astype(np.int16).tolist())) + "]"


class PgVectorsWriter:
    """Adds and removes rows in the catalogue's own transaction; see `medrag.kb.contract.VectorsWriter`."""

    def __init__(self, connection: Connection, edition: Edition) -> None:
        self._connection = connection
        self._edition = edition
        self._table = _table(edition.build)

    def add(self, entries: Sequence[WordEntry], vectors: NDArray[np.float32]) -> None:
        """Adds passages."""
        driver: Any = self._connection.connection.driver_connection
        commit = self._edition.commit
        with driver.cursor() as cursor, cursor.copy(f"COPY {self._table} FROM STDIN") as copy:
            for entry, row in zip(entries, quantised(vectors), strict=True):
                said = {FIELDS[name]: value for name, value in entry.filters if name in FIELDS}
                tags = [value for name, value in entry.filters if name == "tag"]
                own = (said.get("source"), said.get("lang"), said.get("kind"), said.get("maker"), said.get("grp"))
                copy.write_row((entry.id, commit, None, entry.day, *own, tags, _written(row)))

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit."""
        commit = self._edition.commit
        self._connection.exec_driver_sql(
            f"UPDATE {self._table} SET removed = %s WHERE id = ANY(%s) AND removed IS NULL AND added < %s",
            (commit, list(ids), commit),
        )

    def publish(self) -> None:
        """Builds the graph once there are enough rows for it; the transaction makes all of it durable."""
        connection, table = self._connection, self._table
        rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE removed IS NULL").scalar_one()
        there = connection.exec_driver_sql("SELECT to_regclass(%s)", (f"{table}_graph",)).scalar()
        if rows > EXACT and there is None:
            self._build_graph()
        connection.exec_driver_sql(f"ANALYZE {table}")

    def _build_graph(self) -> None:
        connection, table = self._connection, self._table
        operators = connection.exec_driver_sql(
            "SELECT quote_ident(n.nspname) FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.opcname = 'halfvec_ip_ops'"
        ).scalar()
        connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
        graph = f"CREATE INDEX {table}_graph ON {table} USING hnsw (code {operators}.halfvec_ip_ops) WITH ({GRAPH})"
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(graph)
        except DBAPIError:  # workers share memory, of which a container may have 64 MB
            connection.exec_driver_sql("SET LOCAL max_parallel_maintenance_workers = 0")
            connection.exec_driver_sql(graph)


class PgVectorIndex:
    """The vectors at one commit; see `medrag.kb.contract.Vectors`."""

    def __init__(self, database: PostgreSQL, edition: Edition, tags: tuple[frozenset[str], ...] = ()) -> None:
        self._database = database
        self._edition = edition
        self._tags = tags
        self._counts: dict[Filters, int] = {}
        with self._reading() as connection:
            if connection.exec_driver_sql("SELECT to_regclass(%s)", (self._of,)).scalar() is None:
                raise KnowledgeBaseError(
                    f"{database.where}: the table {self._of} of its vectors is not there: run `medrag reindex`"
                )
            self._place = str(
                connection.exec_driver_sql(
                    "SELECT quote_ident(n.nspname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'halfvec'"
                ).scalar()
            )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database.reading(self._database.engine()) as connection:
            yield connection

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self._edition.dimensions

    @property
    def _product(self) -> str:
        """The negative inner product of a row's vector and the question's, as SQL."""
        return f"(code OPERATOR({self._place}.<#>) %(query)s::{self._place}.halfvec)"

    def search(self, query: NDArray[np.float32], k: int, only: Filters = Filters()) -> list[Hit]:
        """The k nearest passages; above `EXACT` of them, all but certainly so."""
        if k < 1:
            return []
        where, values = self._passing(only)
        values["query"] = _written(quantised(query.reshape(1, -1))[0])
        if self._count(only) <= EXACT:
            # Plus 0, or the planner might walk the graph, which may miss some.
            rows = self._rows(
                f"SELECT id, -{self._product} FROM {self._of} WHERE {where} ORDER BY {self._product} + 0, id LIMIT {int(k)}",
                values,
            )
        else:
            rows = self._walked(where, values, k)
        return [(int(i), max(-1.0, min(1.0, float(dot) / SCALE**2))) for i, dot in rows]

    def _walked(self, where: str, values: dict[str, Any], k: int) -> list[Any]:
        """The k best that the graph leads to, asked for more while the last of them may tie with one that was cut off."""
        most = max(MORE * k, MIN_CANDIDATES)
        while True:
            sql = f"SELECT id, -{self._product} FROM {self._of} WHERE {where} ORDER BY {self._product} LIMIT {most}"
            rows = sorted(self._rows(sql, values), key=lambda row: (-row[1], row[0]))
            if len(rows) < most or most >= MAX_CANDIDATES or rows[-1][1] < rows[k - 1][1]:
                return rows[:k]
            most *= 4

    @property
    def _of(self) -> str:
        return _table(self._edition.build)

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Any]:
        with self._reading() as connection:
            driver: Any = connection.connection.driver_connection
            # Not prepared: a plan that must suit any parameters compares all rows.
            found: list[Any] = driver.execute(sql, values, prepare=False).fetchall()
            return found

    def _count(self, only: Filters) -> int:
        """How many rows pass, counted up to one more than `EXACT`."""
        found = self._counts.get(only)
        if found is None:
            where, values = self._passing(only)
            found = int(
                self._rows(
                    f"SELECT count(*) FROM (SELECT 1 FROM {self._of} WHERE {where} LIMIT {EXACT + 1}) AS passing", values
                )[0][0]
            )
            if len(self._counts) >= COUNTED:
                self._counts.clear()
            self._counts[only] = found
        return found

    def _passing(self, only: Filters) -> tuple[str, dict[str, Any]]:
        """The condition that a row may be seen at the commit and passes the filters, and its parameters."""
        values: dict[str, Any] = {"commit": self._edition.commit}
        wanted = ["added <= %(commit)s", "(removed IS NULL OR removed > %(commit)s)"]
        for name, allowed in only.by_field().items():
            values[name] = _possible(allowed)
            wanted.append(f"tags && %({name})s::text[]" if name == "tag" else f"{FIELDS[name]} = ANY(%({name})s)")
        days = only.days()
        if days is not None:
            values["first"], values["last"] = days
            wanted.append("day BETWEEN %(first)s AND %(last)s")
        for number, tags in enumerate(self._tags):
            values[f"set{number}"] = _possible(tags)
            wanted.append(f"tags && %(set{number})s::text[]")
        return " AND ".join(wanted), values

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages."""
        found = np.zeros(len(ids), np.float32)
        if not len(ids):
            return found
        where, values = self._passing(Filters())
        values |= {"query": _written(quantised(query.reshape(1, -1))[0]), "ids": ids.tolist()}
        rows = self._rows(f"SELECT id, -{self._product} FROM {self._of} WHERE id = ANY(%(ids)s) AND {where}", values)
        dots = {int(i): float(dot) for i, dot in rows}
        found[:] = np.array([dots.get(int(i), 0.0) for i in ids], np.float32) / SCALE**2
        return found

    def ids(self) -> set[int]:
        """The ids of all passages that may be seen."""
        where, values = self._passing(Filters())
        return {int(row[0]) for row in self._rows(f"SELECT id FROM {self._of} WHERE {where}", values)}

    def restricted(self, tags: Iterable[frozenset[str]]) -> PgVectorIndex:
        """The same index with the passages alone that carry one tag of each set."""
        return PgVectorIndex(self._database, self._edition, (*self._tags, *tags))


def _possible(values: Iterable[str]) -> list[str]:
    """The values that a row can have: no text of the server's holds a NUL."""
    return [value for value in sorted(values) if "\0" not in value]
