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
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DatabaseError

from medrag.errors import KnowledgeBaseError, NotFoundError, VersionError
from medrag.kb import schema as t
from medrag.kb.catalogue import explain_database, in_batches, set_setting, setting, visible
from medrag.kb.derive import Progress, derive_all, derive_changes, quiet
from medrag.kb.embed import Embedder
from medrag.kb.generations import WriterLock, clone, drop_unused, fsync_folder, fsync_tree, generation_path
from medrag.kb.prepared import Prepared, fault_of
from medrag.kb.rows import Outcome, write
from medrag.kb.snapshot import Snapshot

__all__ = ["Writer"]

OF_VERSIONS: tuple[Table, ...] = (t.sections, t.passages, t.spellings, t.names, t.statements, t.about)


class Writer:
    """A write in progress; made by `KnowledgeBase.write()`."""

    def __init__(self, root: Path, engine: Engine, embedder: Embedder, progress: Progress = quiet) -> None:
        self._root = root
        self._engine = engine
        self.embedder = embedder
        self._progress = progress
        self._changed = False
        self._rebuild = False
        self._closed = False

    def __enter__(self) -> Writer:
        self._lock = WriterLock(self._root)
        try:
            with self._transaction() as connection:
                self._current = int(setting(connection, "current", self._root))
                made_with = setting(connection, "embedder", self._root)
            drop_unused(self._root, self._current)
            with self._transaction() as connection:
                recover(connection, self._current)
            if made_with != self.embedder.name:
                raise VersionError(f"{self._root} was reindexed with embedder {made_with!r} meanwhile: open it again")
            self._erase(self._current)
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
            self._closed = True
            self._lock.release()

    def add(self, prepared: Prepared) -> Outcome:
        """Adds a document, or a version of one; says which, or that nothing changed."""
        return self.add_many([prepared])[0]

    def add_many(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Adds documents in one transaction and says what became of each.

        Records without a key of one file should come in one batch: their identities are worked out together.
        """
        for prepared in batch:
            fault = fault_of(prepared)
            if fault:
                raise KnowledgeBaseError(f"{prepared.document.source}/{prepared.document.key}: {fault}")
        with self._transaction() as connection:
            outcomes = write(connection, batch, self.commit)
        self._changed = self._changed or any(outcome is not Outcome.UNCHANGED for outcome in outcomes)
        return outcomes

    def delete(self, key: str, *, source: str | None = None) -> int:
        """Hides a document with all its versions, names and facts from this commit on; returns how many it hid."""
        with self._transaction() as connection:
            document = self._document(connection, key, source, visible())
            self._hide(connection, document)
        self._changed = True
        return 1

    def purge(self, key: str, *, source: str | None = None) -> int:
        """Deletes a document and erases every trace of its text once published; returns how many it erased.

        The indexes are built anew without it, so this takes as long as `reindex`.
        """
        with self._transaction() as connection:
            document = self._document(connection, key, source)
            self._hide(connection, document)
            purge = sqlite_insert(t.purges).values(document_id=document, added=self.commit)
            connection.execute(purge.on_conflict_do_nothing())  # purged already in this commit
        self._changed = self._rebuild = True
        return 1

    def _hide(self, connection: Connection, document: int) -> None:
        v = t.versions
        connection.execute(v.update().where(v.c.document_id == document, v.c.deleted.is_(None)).values(deleted=self.commit))

    def checkpoint(self) -> None:
        """Publishes what was written so far and goes on as the writer of the next commit."""
        if self._changed or self._rebuild:
            self._publish()
            self._current, self.commit = self.commit, self.commit + 1
            self._changed = self._rebuild = False

    def reindex(self, embedder: Embedder | None = None) -> None:
        """Builds all indexes anew from the catalogue when published, with another embedder if one is given."""
        self.embedder = embedder or self.embedder
        self._rebuild = True

    def _document(self, connection: Connection, key: str, source: str | None, *conditions: ColumnElement[bool]) -> int:
        """The catalogue's id of the one document with that key."""
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
        return int(rows[0].id)

    def _transaction(self) -> _Transaction:
        if self._closed:
            raise KnowledgeBaseError(f"{self._root}: this writer is closed: make another with `kb.write()`")
        return _Transaction(self._engine, self._root)

    def _publish(self) -> None:
        """Builds the generation beside the current one, forces it to disk, then moves the number."""
        try:
            self._build_generation()
            self._move_number()
        except BaseException as error:
            published = self._abandon()
            if not published and isinstance(
                error, (OSError, ValueError, RuntimeError, DatabaseError)
            ):  # tantivy and faiss raise the middle two
                reason = error.orig if isinstance(error, DatabaseError) else error
                raise KnowledgeBaseError(f"{self._root}: could not be written, and is as it was before: {reason}") from error
            raise
        self._erase(self.commit)
        drop_unused(self._root, self.commit)

    def _build_generation(self) -> None:
        target = generation_path(self._root, self.commit)
        building = target.with_name(target.name + ".building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        with self._transaction() as connection:
            before = None if self._rebuild else self._sound_generation()
            if before is None:
                derive_all(connection, building, self.commit, self.embedder, self._progress)
            else:
                clone(before, building)
                derive_changes(connection, building, self.commit, self.embedder, self._progress)
        fsync_tree(building)
        os.replace(building, target)
        fsync_folder(target.parent)

    def _sound_generation(self) -> Path | None:
        """The folder of the current generation, unless it is damaged or was cut by another release."""
        snapshot = Snapshot(self._root, self._current, self.embedder)
        return None if any(snapshot.problems()) else snapshot.generation.path

    def _move_number(self) -> None:
        """The one transaction that makes the commit current, forced to disk before it returns.

        The transactions before it were not (what they wrote above the current number counts for nothing), but they
        stand before it in the same write-ahead log, so this one carries them along.
        """
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.commit()
            connection.execute(
                t.commits.insert().values(number=self.commit, at=datetime.now(UTC).isoformat(), note=self.embedder.name)
            )
            set_setting(connection, "embedder", self.embedder.name)
            set_setting(connection, "current", str(self.commit))
            connection.commit()
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")

    def _erase(self, commit: int) -> None:
        """Erases what was purged up to the commit, from the database's free pages and its log too."""
        with self._transaction() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            erased = erase_purged(connection, commit)
        if not erased:
            return
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except DatabaseError as error:
            raise explain_database(error, self._root) from error

    def _abandon(self) -> bool:
        """Removes what this writer wrote, unless it is published, and says whether it is.

        Where even that fails (a full disk), the next writer does it.
        """
        try:
            with self._transaction() as connection:
                if int(setting(connection, "current", self._root)) == self.commit:
                    return True
            drop_unused(self._root, self._current)  # first, so that there is room for the rest
            with self._transaction() as connection:
                recover(connection, self._current)
        except KnowledgeBaseError:
            pass
        return False


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


def erase_purged(connection: Connection, commit: int) -> bool:
    """Erases the rows of documents whose purge is published; whether there were any.

    A version that was added after the purge, in the same commit, stays.
    """
    documents = list(connection.scalars(select(t.purges.c.document_id).where(t.purges.c.added <= commit)))
    if not documents:
        return False
    v = t.versions.c
    for some in in_batches(documents):
        _erase_versions(
            connection, list(connection.scalars(select(v.id).where(v.document_id.in_(some), v.deleted.is_not(None))))
        )
        again = select(v.document_id).where(v.document_id.in_(some))
        connection.execute(t.places.delete().where(t.places.c.document_id.in_(some), t.places.c.document_id.not_in(again)))
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
