"""Where a knowledge base is being copied to: no knowledge base before `publish`, in a folder or in a database."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from sqlalchemy import Connection, func, inspect, select

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema
from medrag.kb import schema as t
from medrag.kb.catalogue import CATALOGUE, connect, set_setting
from medrag.kb.contract import Edition
from medrag.kb.copied import COPIED, copying
from medrag.kb.derive import Progress, derive_all
from medrag.kb.embed import Embedder
from medrag.kb.generations import WriterLock, fsync_folder, fsync_tree, generation_path
from medrag.kb.make import ID_DIGITS
from medrag.kb.shelves import Building
from medrag.kb.snapshot import Snapshot
from medrag.kb.store import Store

__all__ = ["Unfinished", "is_finished", "unfinished"]

_COPY = "catalogue.copying"
_OF_COPIES = {"write.lock", "generations", *(f"{_COPY}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))}
_NOTHING = Edition(-1, -1, 1)  # above which everything is


class Unfinished(Protocol):
    """A place that is empty or holds an unfinished copy, locked against other writers until `close`."""

    is_whole: bool  # all but published, by a run that was killed then

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction on the catalogue."""

    def derive(self, commit: int, embedder: Embedder, progress: Progress) -> Snapshot:
        """Builds the indexes of the commit from the rows that are there, and opens them."""

    def publish(self, commit: int, embedder: Embedder) -> None:
        """Makes a knowledge base of it, at once and on the disk."""

    def remove(self) -> None:
        """Removes the copy, so that the next one begins anew."""

    def close(self) -> None:
        """Lets the next writer in."""


def is_finished(store: Store) -> bool:
    """Whether a knowledge base is there, and no unfinished copy of one."""
    if store.address.folder is not None:
        with suppress(OSError):
            return (store.address.folder / CATALOGUE).is_file()
        return False
    if not store.server.exists():
        return False
    with store.database.reading(store.database.engine()) as connection:
        return _names_commit(connection)


def unfinished(store: Store) -> Unfinished:
    """The place at an address; raises `KnowledgeBaseError` where anything else is there."""
    if store.address.folder is not None:
        return _Folder(store.address.folder)
    return _Database(store)


def _names_commit(connection: Connection) -> bool:
    return connection.execute(select(t.settings.c.value).where(t.settings.c.name == "current")).first() is not None


def _stamp(connection: Connection, commit: int) -> str:
    """The moment of a commit, which tells its indexes from others."""
    return str(connection.execute(select(t.commits.c.at).where(t.commits.c.number == commit)).scalar() or "")


class _Folder:
    """A folder whose catalogue has another name until all is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            if root.exists() and not root.is_dir():
                raise KnowledgeBaseError(f"{root} is a file: name an empty folder to copy to")
            if root.exists() and not _OF_COPIES.issuperset(entry.name for entry in root.iterdir()):
                raise KnowledgeBaseError(f"{root} is not empty, and holds no unfinished copy: name an empty folder to copy to")
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnowledgeBaseError(f"{root} cannot be made: {error}") from error
        self._lock = WriterLock(root)
        try:
            if (root / CATALOGUE).exists():  # another process was quicker
                raise KnowledgeBaseError(f"{root} was copied to by another process meanwhile: open it")
            self._engine = connect(root / _COPY)
            with self._engine.begin() as connection:
                self.is_whole = inspect(connection).has_table("settings") and _names_commit(connection)
                if not inspect(connection).has_table("copying") and not self.is_whole:
                    schema.create_tables(connection)
                    copying.create(connection)
        except BaseException:
            self._lock.release()
            raise

    def begin(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def derive(self, commit: int, embedder: Embedder, progress: Progress) -> Snapshot:
        target = generation_path(self.root, commit)
        shutil.rmtree(self.root / "generations", ignore_errors=True)  # of a run that was cut
        target.mkdir(parents=True)
        with self.begin() as connection:
            derive_all(connection, target, commit, embedder, progress)
        fsync_tree(target)
        fsync_folder(self.root)  # the indexes' name first: a catalogue that says all is there must not outlive it
        return Snapshot(self.root, commit, embedder)

    def publish(self, commit: int, embedder: Embedder) -> None:
        if not self.is_whole:
            with self.begin() as connection:
                set_setting(connection, "embedder", embedder.name)
                set_setting(connection, "current", str(commit))
                copying.drop(connection)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self._engine.dispose()
        fsync_folder(self.root / _COPY)
        os.replace(self.root / _COPY, self.root / CATALOGUE)
        fsync_folder(self.root)
        with suppress(PermissionError):  # of a folder whose names one may not list
            fsync_folder(self.root.absolute().parent)

    def remove(self) -> None:
        self._engine.dispose()
        for path in self.root.glob(f"{_COPY}*"):
            path.unlink()
        shutil.rmtree(self.root / "generations", ignore_errors=True)

    def close(self) -> None:
        self._engine.dispose()
        self._lock.release()


class _Database:
    """A schema of a database whose settings name no commit until all is there."""

    is_whole = False  # the commit is named in the same transaction

    def __init__(self, store: Store) -> None:
        self._store = store
        if not store.server.exists():
            store.id = uuid4().hex[:ID_DIGITS]
            store.server.create(self._fill)
        self._session = store.database.writer(store.database.engine())
        try:
            with self.begin() as connection:
                if _names_commit(connection):
                    raise KnowledgeBaseError(f"{store.where} was copied to by another process meanwhile: open it")
                if not inspect(connection).has_table("copying"):
                    raise KnowledgeBaseError(f"{store.where} holds other tables: name another schema to copy to")
        except BaseException:
            self._session.release()
            raise

    def _fill(self, connection: Connection) -> None:
        set_setting(connection, "id", self._store.id)
        copying.create(connection)

    def begin(self) -> AbstractContextManager[Connection]:
        return self._session.begin()

    def derive(self, commit: int, embedder: Embedder, progress: Progress) -> Snapshot:
        store = self._store
        store.shelves.recover(_NOTHING)  # of a run that was cut
        target = generation_path(store.root, commit)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        with self.begin() as connection:
            stamp = _stamp(connection, commit)
            self._session.settle(connection, connection.execute(select(func.count()).select_from(t.versions)).scalar_one())
            derive_all(connection, target, commit, embedder, progress, building=Building(store.shelves, commit, stamp))
        fsync_tree(target)
        return Snapshot(store.root, commit, embedder, shelves=store.shelves, build=commit, stamp=stamp)

    def publish(self, commit: int, embedder: Embedder) -> None:
        with self._session.publish() as connection:
            said = {"embedder": embedder.name, "build": str(commit), "vectors": self._store.address.vectors}
            for name, value in {**said, "stamp": _stamp(connection, commit)}.items():
                set_setting(connection, name, value)
            highest = (
                "SELECT setval(pg_get_serial_sequence('documents', 'id'), max(id)) FROM documents HAVING max(id) IS NOT NULL"
            )
            connection.exec_driver_sql(highest)  # from which the next document gets its number
            set_setting(connection, "current", str(commit))
            copying.drop(connection)

    def remove(self) -> None:
        with self._session.publish() as connection:
            for table in (*COPIED, copying):
                connection.execute(table.delete())
        self._store.shelves.recover(_NOTHING)

    def close(self) -> None:
        self._session.release()
        self._store.shelves.close()
