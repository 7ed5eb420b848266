"""Everything that a knowledge base is kept in: the database of its catalogue, the engines of its indexes, and a folder."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb import schema as t
from medrag.kb.address import Address, VectorsIn, address_of
from medrag.kb.contract import Edition
from medrag.kb.engines.database import Database
from medrag.kb.engines.sqlite import CATALOGUE, SQLite
from medrag.kb.query import Query
from medrag.kb.shelves import LOCAL, Shelves
from medrag.kb.stats import size_of

if TYPE_CHECKING:
    from medrag.kb.engines.pins import Pin
    from medrag.kb.engines.postgres import PostgreSQL

__all__ = ["Published", "Store", "existing", "store_of"]

_SETTINGS = Query(select(t.settings))  # which a server reads for every question
NAMES = {VectorsIn.FAISS: "FAISS", VectorsIn.PGVECTOR: "pgvector", VectorsIn.MILVUS: "Milvus"}


@dataclass(frozen=True, slots=True)
class Published:
    """What a writer left as the current commit: its number, its embedder, and what tells its indexes from others.

    `vectors` is where that writer kept them, in a database, whose address may say otherwise the next time.
    """

    commit: int
    embedder: str
    build: int = 0
    stamp: str = ""
    vectors: str = ""

    def edition(self, dimensions: int) -> Edition:
        """The state of the indexes."""
        return Edition(self.commit, self.build, dimensions)


class Store:
    """A knowledge base's parts. `root` is the folder of generations: the whole of it, or what this machine derives of it."""

    def __init__(self, address: Address, database: Database, *, is_server: bool) -> None:
        self.address = address
        self.database = database
        self.is_server = is_server
        weakref.finalize(self, database.close)
        self.id = ""  # of one that is just being made; what its catalogue says else

    @property
    def where(self) -> str:
        """What errors call it."""
        return self.database.where

    @cached_property
    def root(self) -> Path:
        """The folder; in the cache one that no other knowledge base ever had, though the address be the same."""
        if self.address.folder is not None:
            return self.address.folder
        if self.address.cache is None:
            raise KnowledgeBaseError(f"{self.where}: no cache folder is named")
        root = self.address.cache / self.address.vectors / self._id  # of one with vectors elsewhere the folder lacks them
        try:
            (root / "generations").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnowledgeBaseError(
                f"{self.where}: the cache folder cannot be made ({error}): name another with cache="
            ) from error
        return root

    @cached_property
    def _id(self) -> str:
        """What tells it from every other that was ever made."""
        if self.id:
            return self.id
        with self.database.engine().connect() as connection:
            return str(connection.execute(select(t.settings.c.value).where(t.settings.c.name == "id")).scalar_one())

    @cached_property
    def shelves(self) -> Shelves:
        """The engines of words and vectors."""
        address = self.address
        if address.vectors == VectorsIn.PGVECTOR:
            from medrag.kb.engines.pgvector import PgVectors

            return Shelves(LOCAL.words, PgVectors(self.server))
        if address.vectors == VectorsIn.MILVUS:
            from medrag.kb.milvus.engine import MilvusVectorsEngine, MilvusWordsEngine
            from medrag.kb.milvus.server import Server

            server, name = Server(address.milvus), f"{address.schema}_{self._id}"
            return Shelves(MilvusWordsEngine(server, name), MilvusVectorsEngine(server, name))
        return LOCAL

    def kept(self, connection: Connection) -> tuple[int, str]:
        """The bytes of all of it (files on this machine, tables, and what shared engines can tell), and what keeps it."""
        size = size_of(self.root) + self.database.size(connection) + self.shelves.size()
        catalogue = "PostgreSQL" if self.is_server else "SQLite"
        words = "Milvus" if self.address.vectors == VectorsIn.MILVUS else "tantivy"
        return size, f"{catalogue}, words in {words}, vectors in {NAMES[self.address.vectors]}"

    @property
    def server(self) -> PostgreSQL:
        """The database, where it is on a server."""
        from medrag.kb.engines.postgres import PostgreSQL

        if not isinstance(self.database, PostgreSQL):
            raise KnowledgeBaseError(f"{self.where}: this is no database")
        return self.database

    def close(self) -> None:
        """Lets go of connections, and of commits that are held on a server."""
        if self.is_server:
            self.server.release_pins()
        self.shelves.close()
        self.database.close()

    def pin(self, published: Published) -> Pin:
        """Holds a commit on the engines that are shared."""
        from medrag.kb.engines.pins import Pin

        return Pin(self.server, published.commit, published.build)

    def published(self, connection: Connection) -> Published:
        """The current commit; one query, so that all of it belongs together."""
        found = {row.name: row.value for row in _SETTINGS.rows(connection)}
        if "current" not in found or "embedder" not in found:
            raise KnowledgeBaseError(
                f"{self.where}: not a knowledge base of medrag (its catalogue names no commit): "
                "where `medrag migrate` was stopped, call it again"
            )
        return Published(
            int(found["current"]),
            found["embedder"],
            int(found.get("build", 0)),
            found.get("stamp", ""),
            found.get("vectors", ""),
        )


def store_of(given: str | Path | Address) -> Store:
    """The parts of the knowledge base at an address; nothing is opened yet."""
    address = address_of(given)
    if address.folder is not None:
        return Store(address, SQLite(address.folder), is_server=False)
    from medrag.kb.engines.postgres import PostgreSQL

    return Store(address, PostgreSQL(address), is_server=True)


def existing(given: str | Path | Address) -> Store:
    """The parts of a knowledge base that is there; raises where none is."""
    store = store_of(given)
    if store.address.folder is not None:
        _require(store.address.folder)
    else:
        _require_in_database(store)
    return store


def _require(root: Path) -> None:
    try:
        there = (root / CATALOGUE).is_file()
    except OSError as error:
        raise KnowledgeBaseError(f"{root} cannot be opened: {error}") from error
    if root.is_file():
        raise KnowledgeBaseError(f"{root} is a file and no knowledge base: name a folder")
    if not there:
        raise NotFoundError(f"there is no knowledge base at {root}: make one with `medrag ingest PATH --kb {root}`")


def _require_in_database(store: Store) -> None:
    there = store.server.exists()
    if not there:
        raise NotFoundError(
            f"there is no knowledge base at {store.where} (the schema {store.address.schema!r} holds none): "
            "make one with `medrag ingest PATH --kb URL`"
        )
