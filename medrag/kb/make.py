"""Making an empty knowledge base: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema
from medrag.kb.catalogue import CATALOGUE, connect, set_setting
from medrag.kb.contract import Edition
from medrag.kb.derive import derive_all
from medrag.kb.embed import Embedder
from medrag.kb.generations import WriterLock, fsync_folder, fsync_tree, generation_path
from medrag.kb.store import Store

__all__ = ["make"]

ID_DIGITS = 12  # that tell a knowledge base from another that was at the same address
_NEW = "catalogue.new"  # the catalogue while it is being made
_UNFINISHED = {"write.lock", "generations", _NEW, f"{_NEW}-wal", f"{_NEW}-shm", f"{_NEW}-journal"}


def make(store: Store, embedder: Embedder) -> None:
    """Makes an empty knowledge base where there is none: in a folder that does not exist, is empty, or holds one that was
    never finished, or in a schema that holds none.
    """
    if store.address.folder is None:
        _make_in_database(store, embedder)
    else:
        _make_in_folder(store.address.folder, embedder)


def _make_in_folder(root: Path, embedder: Embedder) -> None:
    if root.exists() and (not root.is_dir() or not _UNFINISHED.issuperset(entry.name for entry in root.iterdir())):
        raise KnowledgeBaseError(f"{root} exists and is not empty: choose another folder for the knowledge base")
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(root)
        try:
            _fill(root, embedder)
        finally:
            _clear(root)
            lock.release()
    except (OSError, ValueError, RuntimeError, DatabaseError) as error:  # tantivy and faiss raise the middle two
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise KnowledgeBaseError(f"{root} cannot be created: {reason}") from error


def _fill(root: Path, embedder: Embedder) -> None:
    """Makes the files of an empty knowledge base; the catalogue gets its name last, so half of one is none."""
    if (root / CATALOGUE).exists():  # another process was quicker
        raise KnowledgeBaseError(f"{root} exists and is not empty: open it, or choose another folder")
    _clear(root)
    generation = generation_path(root, 0)
    generation.mkdir(parents=True)
    engine = connect(root / _NEW)
    with engine.begin() as connection:
        schema.create_tables(connection)
        derive_all(connection, generation, 0, embedder, lambda *_: None)
        set_setting(connection, "embedder", embedder.name)
        set_setting(connection, "current", "0")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # All goes into the one file that gets the name; closing it would do that too, but not say that the disk is full.
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    engine.dispose()
    fsync_folder(root / _NEW)
    fsync_tree(generation)
    fsync_folder(root)  # the name of the indexes before that of the catalogue
    os.replace(root / _NEW, root / CATALOGUE)
    fsync_folder(root)
    with suppress(PermissionError):  # of a folder whose names one may not list
        fsync_folder(root.absolute().parent)  # or a power failure takes the whole folder with its name


def _clear(root: Path) -> None:
    """Removes what is left of a knowledge base whose making never finished."""
    if not (root / CATALOGUE).exists():
        shutil.rmtree(root / "generations", ignore_errors=True)
        for left in root.glob(f"{_NEW}*"):
            left.unlink()


def _make_in_database(store: Store, embedder: Embedder) -> None:
    """Makes the schema and its tables in one transaction; each machine derives its empty indexes when it opens it."""

    store.id = uuid4().hex[:ID_DIGITS]

    def fill(connection: Connection) -> None:
        said = {"id": store.id, "embedder": embedder.name, "build": "0", "stamp": "", "vectors": store.address.vectors}
        for name, value in {**said, "current": "0"}.items():
            set_setting(connection, name, value)
        for engine in store.shelves.shared:
            engine.writer(Path(), None, Edition(0, 0, embedder.dimensions), connection).publish()

    try:
        store.server.create(fill)
    except (SQLAlchemyError, *store.database.errors) as error:  # type: ignore[misc]  # mypy follows no tuple whose length is not known
        raise store.database.explain(error) from error
