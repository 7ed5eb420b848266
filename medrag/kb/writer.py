"""The one writer of a knowledge base: rows stamped with the next commit, indexes built beside, then one number moved.

    with kb.write() as writer:
        writer.add(prepared)
        writer.delete("国药准字H20000001")

Leaving the block publishes; an exception, a full disk or a killed process leaves the last commit as it was. What a
dead writer left above the current number is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import ColumnElement, Connection, Engine, Table, exists, or_, select
from sqlalchemy.exc import DatabaseError

from medrag.errors import KnowledgeBaseError, MedRAGError, NotFoundError
from medrag.kb import schema as t
from medrag.kb.catalogue import explain_database, in_batches, set_setting, setting, visible
from medrag.kb.derive import Progress, derive_all, derive_changes
from medrag.kb.embed import Embedder
from medrag.kb.generations import WriterLock, clone, drop_unused, fsync_tree, generation_path
from medrag.kb.prepared import Prepared
from medrag.kb.rows import Outcome, write

__all__ = ["Writer"]

OF_VERSIONS: tuple[Table, ...] = (t.sections, t.passages, t.names, t.statements, t.about)


def quiet(_doing: str, _done: int, _of: int) -> None:
    """No progress shown."""


class Writer:
    """A write in progress; made by `KnowledgeBase.write()`."""

    def __init__(self, root: Path, engine: Engine, embedder: Embedder, progress: Progress = quiet) -> None:
        self._root = root
        self._engine = engine
        self._embedder = embedder
        self._progress = progress
        self._changed = False
        self._rebuild = False

    def __enter__(self) -> Writer:
        self._lock = WriterLock(self._root)
        try:
            with self._transaction() as connection:
                self._current = int(setting(connection, "current", self._root))
                recover(connection, self._current)
            drop_unused(self._root, self._current)
        except BaseException:
            self._lock.release()
            raise
        self.commit = self._current + 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and (self._changed or self._rebuild):
                self._publish()
            else:
                self._abandon()
        finally:
            self._lock.release()

    def add(self, prepared: Prepared) -> Outcome:
        """Adds a document, or a version of one; says which, or that nothing changed."""
        return self.add_many([prepared])[0]

    def add_many(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Adds documents in one transaction and says what became of each.

        Records without a key of one file should come in one batch: their identities are worked out together.
        """
        with self._transaction() as connection:
            outcomes = write(connection, batch, self.commit)
        self._changed = self._changed or any(outcome is not Outcome.UNCHANGED for outcome in outcomes)
        return outcomes

    def delete(self, key: str, *, source: str | None = None) -> int:
        """Hides a document with all its versions, names and facts from this commit on; returns how many it hid."""
        self._changed = True
        with self._transaction() as connection:
            documents = self._documents(connection, key, source, visible())
            v = t.versions
            connection.execute(
                v.update().where(v.c.document_id.in_(documents), v.c.deleted.is_(None)).values(deleted=self.commit)
            )
        return len(documents)

    def purge(self, key: str, *, source: str | None = None) -> int:
        """Deletes a document and erases every trace of its text once published; returns how many it erased.

        The indexes are built anew without it, so this takes as long as `reindex`.
        """
        with self._transaction() as connection:
            documents = self._documents(connection, key, source)
            v = t.versions
            connection.execute(
                v.update().where(v.c.document_id.in_(documents), v.c.deleted.is_(None)).values(deleted=self.commit)
            )
            connection.execute(t.purges.insert(), [{"document_id": d, "added": self.commit} for d in documents])
        self._changed = self._rebuild = True
        return len(documents)

    def checkpoint(self) -> None:
        """Publishes what was written so far and goes on as the writer of the next commit."""
        if self._changed or self._rebuild:
            self._publish()
            self._current, self.commit = self.commit, self.commit + 1
            self._changed = self._rebuild = False

    def reindex(self, embedder: Embedder | None = None) -> None:
        """Builds all indexes anew from the catalogue when published, with another embedder if one is given."""
        self._embedder = embedder or self._embedder
        self._rebuild = True

    def _documents(self, connection: Connection, key: str, source: str | None, *conditions: ColumnElement[bool]) -> list[int]:
        query = select(t.documents.c.id, t.documents.c.source).join(t.versions).where(t.documents.c.key == key, *conditions)
        query = query.distinct()
        if source is not None:
            query = query.where(t.documents.c.source == source)
        rows = connection.execute(query, {"commit": self.commit}).all()
        where = f" in source {source!r}" if source is not None else ""
        if not rows:
            raise NotFoundError(f"there is no document {key!r}{where}: `medrag list` shows the keys")
        if len(rows) > 1:
            raise NotFoundError(f"{key!r} is in several sources ({', '.join(sorted(r.source for r in rows))}): say which")
        return [int(row.id) for row in rows]

    def _transaction(self) -> _Transaction:
        return _Transaction(self._engine, self._root)

    def _publish(self) -> None:
        """Builds the generation beside the current one, forces it to disk, then moves the number."""
        target = generation_path(self._root, self.commit)
        building = target.with_name(target.name + ".building")
        try:
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(parents=True)
            with self._transaction() as connection:
                if self._rebuild:
                    derive_all(connection, building, self.commit, self._embedder, self._progress)
                else:
                    clone(generation_path(self._root, self._current), building)
                    derive_changes(connection, building, self.commit, self._embedder, self._progress)
            fsync_tree(building)
            os.replace(building, target)
            fsync_tree_parent(target)
            self._move_number()
        except (
            OSError,
            ValueError,
            RuntimeError,
            DatabaseError,
            MedRAGError,
        ) as error:  # faiss and tantivy raise the middle two
            self._abandon()
            if isinstance(error, MedRAGError):
                raise
            raise KnowledgeBaseError(f"{self._root}: could not be written, and is as it was before: {error}") from error
        self._after_publishing()

    def _move_number(self) -> None:
        """The one transaction that makes the commit current, forced to disk before it returns.

        The transactions before it were not (what they wrote above the current number counts for nothing), but they
        stand before it in the same write-ahead log, so this one carries them along.
        """
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.commit()
            connection.execute(
                t.commits.insert().values(number=self.commit, at=datetime.now(UTC).isoformat(), note=self._embedder.name)
            )
            set_setting(connection, "embedder", self._embedder.name)
            set_setting(connection, "current", str(self.commit))
            connection.commit()
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")

    def _after_publishing(self) -> None:
        with self._transaction() as connection:
            erased = erase_purged(connection, self.commit)
        if erased:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        drop_unused(self._root, self.commit)

    def _abandon(self) -> None:
        """Removes what this writer wrote; where even that fails (a full disk), the next writer does it."""
        target = generation_path(self._root, self.commit)
        shutil.rmtree(target.with_name(target.name + ".building"), ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        try:
            with self._transaction() as connection:
                recover(connection, self._current)
        except KnowledgeBaseError:
            pass


class _Transaction:
    """A transaction whose database errors are a user's: one line, naming the knowledge base."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self._context = engine.begin()
        self._root = root

    def __enter__(self) -> Connection:
        try:
            return self._context.__enter__()
        except DatabaseError as error:
            raise explain_database(error, self._root) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._context.__exit__(kind, error, trace)
        except DatabaseError as failure:
            raise explain_database(failure, self._root) from failure
        if isinstance(error, DatabaseError):
            raise explain_database(error, self._root) from error


def fsync_tree_parent(path: Path) -> None:
    """Forces a rename in the path's folder to the disk."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def recover(connection: Connection, commit: int) -> None:
    """Removes everything above the commit: what a writer left that died before it published."""
    v = t.versions
    left = list(connection.scalars(select(v.c.id).where(v.c.added > commit)))
    _erase_versions(connection, left)
    connection.execute(v.update().where(v.c.until > commit).values(until=None))
    connection.execute(v.update().where(v.c.deleted > commit).values(deleted=None))
    connection.execute(t.places.delete().where(t.places.c.added > commit))
    connection.execute(t.commits.delete().where(t.commits.c.number > commit))
    connection.execute(t.purges.delete().where(t.purges.c.added > commit))
    if left:
        _drop_orphans(connection)
    erase_purged(connection, commit)


def erase_purged(connection: Connection, commit: int) -> bool:
    """Erases the rows of documents whose purge is published; whether there were any."""
    documents = list(connection.scalars(select(t.purges.c.document_id).where(t.purges.c.added <= commit)))
    if not documents:
        return False
    versions = list(connection.scalars(select(t.versions.c.id).where(t.versions.c.document_id.in_(documents))))
    _erase_versions(connection, versions)
    connection.execute(t.places.delete().where(t.places.c.document_id.in_(documents)))
    connection.execute(t.documents.delete().where(t.documents.c.id.in_(documents)))
    connection.execute(t.purges.delete().where(t.purges.c.added <= commit))
    _drop_orphans(connection)
    return True


def _erase_versions(connection: Connection, version_ids: Sequence[int]) -> None:
    for ids in in_batches(version_ids):
        for table in OF_VERSIONS:
            connection.execute(table.delete().where(table.c.version_id.in_(ids)))
        connection.execute(t.versions.delete().where(t.versions.c.id.in_(ids)))


def _drop_orphans(connection: Connection) -> None:
    """Removes documents without versions and entities that nothing names any more."""
    held = or_(t.documents.c.id.in_(select(t.versions.c.document_id)), t.documents.c.id.in_(select(t.places.c.document_id)))
    connection.execute(t.documents.delete().where(~held))
    e = t.entities.c.id
    columns = (t.statements.c.subject, t.statements.c.object, t.names.c.entity_id, t.about.c.entity_id)
    used = or_(*(exists().where(column == e) for column in columns))
    connection.execute(t.entities.delete().where(~used))
