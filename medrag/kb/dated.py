"""A knowledge base as its documents stood on a day: of each the version that was effective then, in catalogue and indexes.

The day is about what labels said (`effective`), not about when they were ingested: what is known is that of the pinned commit.
As for restricted views (`medrag.kb.access`), the name `versions` stands for a temporary view on a connection of its own, so
every query sees the versions of that day as the current ones. The indexes are those of the commit, cloned, with the passages of
other versions exchanged; they are kept in `dated/` until the next commit.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select, text

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema as t
from medrag.kb.access import Engines
from medrag.kb.catalogue import in_batches
from medrag.kb.derive import derive_exchanged
from medrag.kb.filters import day_number
from medrag.kb.generations import Generation, GenerationGoneError, clone, generation_path
from medrag.kb.overlay import exchanged_shelves
from medrag.kb.snapshot import Snapshot
from medrag.kb.store import Store

__all__ = ["Dated", "dated_reading", "on_day"]

DATED = "dated"
ATTEMPTS = 3  # to lock a day's indexes while writers publish
# A date in a form that nobody knows counts as none; a version without a date has been there always, and gives way to one with.
_DATE = "CASE WHEN {dated} THEN effective ELSE '' END"
_VERSIONS = """
    SELECT id, (until IS NULL OR until > :commit) AS is_current, {date} <= :day AS was_there,
        ROW_NUMBER() OVER (PARTITION BY document_id ORDER BY {date} <= :day DESC, {date} DESC, version DESC) AS place
    FROM versions WHERE added <= :commit AND (deleted IS NULL OR deleted > :commit)
    """


@dataclass(frozen=True, slots=True)
class Dated:
    """What is exchanged for a day: `gone` are current versions that were not the ones then, `come` those that were."""

    gone: tuple[int, ...]
    come: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)

    def name(self, stamp: str) -> str:
        """What tells this exchange from others at commits of the same number, of which one stamp was published."""
        return sha256(repr((self.gone, self.come, *filter(None, [stamp]))).encode()).hexdigest()[:16]


def on_day(connection: Connection, commit: int, date: str, dated: str) -> Dated:
    """The versions to exchange for a day, given as an ISO date, whole or cut (2023 is its last day). Raises `QuestionError`.

    `dated` is the condition that the column `effective` begins with a year (`Database.dated`).
    """
    last = str(day_number(date or "empty", end=True))
    day = f"{last[:4]}-{last[4:6]}-{last[6:]}"
    query = _VERSIONS.format(date=_DATE.format(dated=dated).replace(":", r"\:"))
    rows = connection.execute(text(query), {"commit": commit, "day": day}).all()
    current = {row.id for row in rows if row.is_current}
    then = {row.id for row in rows if row.place == 1 and row.was_there}
    return Dated(tuple(sorted(current - then)), tuple(sorted(then - current)))


def dated_reading(store: Store, whole: Engines, snapshot: Snapshot, date: str) -> tuple[Engines, Snapshot]:
    """The engines and the indexes to read with, as documents stood on a day at the commit of a snapshot, which holds it.

    Raises `QuestionError` for what is no date, and `KnowledgeBaseError` where they show another day already.
    """
    if not whole.are_whole:
        raise KnowledgeBaseError(f"{store.where}: this shows a day already: ask the whole knowledge base as of {date}")
    with whole.of(()).connect() as connection:
        dated = on_day(connection, snapshot.commit, date, store.database.dated())
        if not dated:
            return whole, snapshot
        gone = _passages(connection, dated) if snapshot.shelves.shared else frozenset()
    engines = Engines(store.database, dated)
    shelves = exchanged_shelves(snapshot.shelves, gone)
    for attempts_left in reversed(range(ATTEMPTS)):
        with store.database.unchanging(engines.of(())) as connection:
            home = _indexes(connection, store.root, snapshot, dated)
        try:
            read = Snapshot(home, snapshot.commit, snapshot.embedder, shelves=shelves, build=snapshot.build, pin=snapshot.pin)
        except GenerationGoneError:  # swept by a writer before it was locked
            if not attempts_left:
                raise
            continue
        if home.parent != store.root / DATED:
            weakref.finalize(read.generation, shutil.rmtree, home, ignore_errors=True)
        return engines, read
    raise AssertionError("the last attempt returns or raises")


def _passages(connection: Connection, dated: Dated) -> frozenset[int]:
    """The ids of passages that are current at the commit and were not on the day, or are built anew for it."""
    p = t.passages.c
    versions = [*dated.gone, *dated.come]
    return frozenset(i for some in in_batches(versions) for i in connection.scalars(select(p.id).where(p.version_id.in_(some))))


def _indexes(connection: Connection, root: Path, snapshot: Snapshot, dated: Dated) -> Path:
    """The folder whose generation of the snapshot's commit holds the day's indexes, made if it is not there."""
    commit, embedder = snapshot.commit, snapshot.embedder
    home = root / DATED / dated.name(snapshot.stamp)
    with suppress(KnowledgeBaseError):
        if not any(Generation(home, commit).damage()):
            return home
        shutil.rmtree(home, ignore_errors=True)  # a power failure may leave files that are not whole
    try:
        (root / DATED).mkdir(exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=root / DATED))
    except OSError:  # nobody may write there: then for this process alone
        making = Path(tempfile.mkdtemp(prefix="medrag-dated-"))
    folder = generation_path(making, commit)
    try:
        clone(generation_path(root, commit), folder)
        derive_exchanged(connection, folder, commit, embedder, gone=dated.gone, come=dated.come)
    except (OSError, ValueError, RuntimeError) as error:  # tantivy and faiss raise the latter two
        raise KnowledgeBaseError(f"{root}: the indexes of that day cannot be made: {error}") from error
    finally:
        if not (folder / "lock").is_file():  # the last thing that is made
            shutil.rmtree(making, ignore_errors=True)
    try:
        making.rename(home)
    except OSError:  # another process was quicker, or the folder stays where it is
        if not home.is_dir():
            return making
        shutil.rmtree(making, ignore_errors=True)
    return home
