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
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Table, exists, func, or_, select
from sqlalchemy.exc import DBAPIError

from medrag.errors import KnowledgeBaseError, NotFoundError, VersionError
from medrag.kb import schema as t
from medrag.kb.bulk import EntityIds, write_edges
from medrag.kb.cache import bring, tidy
from medrag.kb.catalogue import in_batches, set_setting, visible
from medrag.kb.derive import Progress, derive_all, derive_changes, derive_rest, quiet
from medrag.kb.edges import Edges
from medrag.kb.embed import Embedder, is_quick
from medrag.kb.engines.database import Database
from medrag.kb.generations import clone, fsync_folder, fsync_tree, generation_path
from medrag.kb.prepared import Kept, Prepared, fault_of
from medrag.kb.ready import ReadyStore
from medrag.kb.remembered import remembered
from medrag.kb.rows import Outcome, write
from medrag.kb.shelves import Building
from medrag.kb.snapshot import Snapshot
from medrag.kb.store import Published, Store

__all__ = ["Writer"]

T = TypeVar("T")

OF_VERSIONS: tuple[Table, ...] = (t.sections, t.passages, t.spellings, t.names, t.statements, t.about)


class Writer:
    """A write in progress; made by `KnowledgeBase.write()`."""

    def __init__(self, store: Store, engine: Engine, embedder: Embedder, progress: Progress = quiet) -> None:
        self._store = store
        self._root = store.root
        self._engine = engine
        self.embedder = embedder
        self._progress = progress
        self._changed = False
        self._rebuild = self._purged = False
        self._closed = False
        self._moving = False
        self._ready = ReadyStore(store.root)
        self._entities = EntityIds()

    def __enter__(self) -> Writer:
        self._session = _explained(self._store.database, lambda: self._store.database.writer(self._engine))
        try:
            with self._transaction() as connection:
                self._published = self._store.published(connection)
            self._current = self._published.commit
            tidy(self._store, self._current)
            with self._transaction() as connection:
                recover(connection, self._current)
            if self._published.embedder != self.embedder.name:
                raise VersionError(
                    f"{self._store.where} was reindexed with embedder {self._published.embedder!r} meanwhile: open it again"
                )
            self._recover_shared()
            self._erase(self._current)
        except BaseException:
            self._session.release()
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
            self._ready.clear()
            self._session.release()

    def keep(self, data: bytes) -> Kept | None:
        """Keeps passages that are cut and encoded (`medrag.kb.ready`) for `Prepared.ready`; None where there is no room for them."""
        return self._ready.keep(data)

    def add(self, prepared: Prepared) -> Outcome:
        """Adds a document, or a version of one; says which, or that nothing changed."""
        return self.add_many([prepared])[0]

    def add_many(self, batch: Sequence[Prepared], *, checked: bool = False) -> list[Outcome]:
        """Adds documents in one transaction and says what became of each.

        Records without a key of one file should come in one batch: their identities are worked out together. What is `checked`
        was looked at for faults (`fault_of`) when it was prepared.
        """
        for prepared in () if checked else batch:
            fault = fault_of(prepared)
            if fault:
                raise KnowledgeBaseError(f"{prepared.document.source}/{prepared.document.key}: {fault}")
        with self._transaction() as connection:
            outcomes = write(connection, batch, self.commit, self._ready)
        self._changed = self._changed or any(outcome is not Outcome.UNCHANGED for outcome in outcomes)
        return outcomes

    def add_edges(self, edges: Edges) -> list[Outcome]:
        """Adds rows of a graph that are `prepared` and without faults in one transaction and says what became of each."""
        try:
            with self._transaction() as connection:
                outcomes = write_edges(connection, edges, self.commit, self._entities)
        except BaseException:
            self._entities.clear()  # some of them may not be there after all
            raise
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

        The indexes are written anew without it: with a quick embedder that takes a quarter of the time of `reindex`.
        """
        with self._transaction() as connection:
            document = self._document(connection, key, source)
            self._hide(connection, document)
            known = connection.execute(select(t.purges.c.added).where(t.purges.c.document_id == document)).first()
            if known is None:  # else purged already in this commit
                connection.execute(t.purges.insert().values(document_id=document, added=self.commit))
        self._changed = self._purged = True
        return 1

    def _hide(self, connection: Connection, document: int) -> None:
        v = t.versions
        connection.execute(v.update().where(v.c.document_id == document, v.c.deleted.is_(None)).values(deleted=self.commit))

    def checkpoint(self) -> None:
        """Publishes what was written so far and goes on as the writer of the next commit."""
        if self._changed or self._rebuild:
            self._publish()
            self._current, self.commit = self.commit, self.commit + 1
            self._changed = self._rebuild = self._purged = False
            self._ready.clear()
            self._entities.clear()

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
            raise KnowledgeBaseError(f"{self._store.where}: this writer is closed: make another with `kb.write()`")
        return _Transaction(self._session.begin(), self._store.database)

    def _publish(self) -> None:
        """Builds the generation beside the current one, forces it to disk, then moves the number."""
        self._moving = False
        try:
            self._build_generation()
            self._moving = True
            self._move_number()
        except BaseException as error:
            published = self._abandon()
            reason = error.orig if isinstance(error, DBAPIError) else error
            if published is None:
                raise KnowledgeBaseError(
                    f"{self._store.where}: the connection was lost while commit {self.commit} was published ({reason}): "
                    "open it again to see whether it is there"
                ) from error
            if not published and isinstance(
                error, (OSError, ValueError, RuntimeError, DBAPIError)
            ):  # tantivy and faiss raise the middle two
                raise KnowledgeBaseError(
                    f"{self._store.where}: could not be written, and is as it was before: {reason}"
                ) from error
            raise
        self._erase(self.commit)
        tidy(self._store, self.commit)

    def _build_generation(self) -> None:
        target = generation_path(self._root, self.commit)
        building = target.with_name(target.name + ".building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        with self._transaction() as connection:
            count = select(func.count()).select_from(t.versions).where(t.versions.c.added == self.commit)
            self._session.settle(connection, connection.execute(count).scalar_one())
            kept = self._store.address.vectors  # where the address says now: what the last writer kept elsewhere is built anew
            anew = self._rebuild or self._purged or (self._store.is_server and self._published.vectors != kept)
            before = None if anew else self._sound_generation()
            self._next = Published(
                self.commit,
                self.embedder.name,
                self.commit if before is None else self._published.build,
                datetime.now(UTC).isoformat() if self._store.is_server else "",
                kept,
            )
            to = Building(self._store.shelves, self._next.build, self._next.stamp)
            with remembered(self.embedder, self._root, anew=before is None) as embedder:
                carried = self._carried()
                if carried is not None:
                    derive_rest(connection, carried, building, self.commit, embedder, self._progress, self._ready)
                elif before is None:
                    derive_all(connection, building, self.commit, embedder, self._progress, self._ready, building=to)
                else:
                    clone(before, building)
                    derive_changes(connection, building, self.commit, embedder, self._progress, self._ready, building=to)
        fsync_tree(building)
        shutil.rmtree(target, ignore_errors=True)  # of a commit with this number that was never published
        os.replace(building, target)
        fsync_folder(target.parent)

    def _carried(self) -> Path | None:
        """The folder of the current generation, where the next one is to be that without what is purged."""
        is_local = not (self._store.is_server or self._store.shelves.shared)
        if not (self._purged and is_local and is_quick(self.embedder)) or self._rebuild:
            return None
        return self._sound_generation()

    def _sound_generation(self) -> Path | None:
        """The folder of the current generation, unless it is damaged or was cut by another release."""
        if self._store.is_server:
            bring(self._store, self._engine, self._published, self.embedder)
        snapshot = Snapshot(self._root, self._current, self.embedder, stamp=self._published.stamp)
        return None if any(snapshot.problems()) else snapshot.generation.path

    def _move_number(self) -> None:
        """The one transaction that makes the commit current, on the disk before it returns."""
        at = self._next.stamp or datetime.now(UTC).isoformat()
        with self._session.publish() as connection:
            connection.execute(t.commits.insert().values(number=self.commit, at=at, note=self.embedder.name))
            set_setting(connection, "embedder", self.embedder.name)
            if self._store.is_server:
                set_setting(connection, "build", str(self._next.build))
                set_setting(connection, "stamp", self._next.stamp)
                set_setting(connection, "vectors", self._next.vectors)
            set_setting(connection, "current", str(self.commit))
        self._published = self._next

    def _erase(self, commit: int) -> None:
        """Erases what was purged up to the commit, from the database's files too."""
        _explained(self._store.database, lambda: self._session.erase(lambda connection: erase_purged(connection, commit)))

    def _recover_shared(self) -> None:
        """Removes from indexes that are shared what stands above the current commit."""
        if self._store.shelves.shared:
            self._store.shelves.recover(self._published.edition(self.embedder.dimensions))

    def _abandon(self) -> bool | None:
        """Removes what this writer wrote, unless it is published, and says whether it is; None where the server does not say.

        Where even that fails (a full disk), the next writer does it.
        """
        try:
            if _explained(self._store.database, lambda: self._session.is_published(self.commit)):
                return True
        except KnowledgeBaseError:
            return None if self._store.is_server and self._moving else False
        try:
            tidy(self._store, self._current)  # first, so that there is room for the rest
            with self._transaction() as connection:
                recover(connection, self._current)
        except KnowledgeBaseError:
            pass
        return False


def _explained(database: Database, do: Callable[[], T]) -> T:
    """What `do` returns; a database's errors are a user's: one line, naming the knowledge base."""
    try:
        return do()
    except database.errors as error:
        raise database.explain(error) from error


class _Transaction:
    """A transaction whose database errors are a user's."""

    def __init__(self, context: AbstractContextManager[Connection], database: Database) -> None:
        self._context = context
        self._database = database

    def __enter__(self) -> Connection:
        return _explained(self._database, self._context.__enter__)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            _explained(self._database, lambda: self._context.__exit__(kind, error, trace))
        except KnowledgeBaseError:
            if error is None or isinstance(error, self._database.errors):
                raise
        if isinstance(error, self._database.errors):
            raise self._database.explain(error) from error


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
