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
from typing import Any

from sqlalchemy import Connection, text

from medrag.errors import KnowledgeBaseError
from medrag.kb.access import Engines
from medrag.kb.catalogue import CATALOGUE
from medrag.kb.derive import derive_exchanged
from medrag.kb.embed import Embedder
from medrag.kb.filters import day_number
from medrag.kb.generations import Generation, GenerationGoneError, clone, generation_path
from medrag.kb.snapshot import Snapshot

__all__ = ["Dated", "dated_reading", "on_day"]

DATED = "dated"
ATTEMPTS = 3  # to lock a day's indexes while writers publish
# A date in a form that nobody knows counts as none; a version without a date has been there always, and gives way to one with.
_DATE = "CASE WHEN effective GLOB '[12][0-9][0-9][0-9]*' THEN effective ELSE '' END"
_VERSIONS = text(
    f"""
    SELECT id, (until IS NULL OR until > :commit) AS current, {_DATE} <= :day AS there,
        ROW_NUMBER() OVER (PARTITION BY document_id ORDER BY {_DATE} <= :day DESC, {_DATE} DESC, version DESC) AS place
    FROM versions WHERE added <= :commit AND (deleted IS NULL OR deleted > :commit)
    """
)


@dataclass(frozen=True, slots=True)
class Dated:
    """What is exchanged for a day: `gone` are current versions that were not the ones then, `come` those that were."""

    gone: tuple[int, ...]
    come: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)

    @property
    def name(self) -> str:
        """What tells this exchange from others at the same commit."""
        return sha256(repr((self.gone, self.come)).encode()).hexdigest()[:16]

    def shown(self, connection: Any) -> str:
        """The name of a view, made on a new connection to the catalogue, that shows the day's versions as the current ones."""
        cursor = connection.cursor()
        cursor.execute("PRAGMA temp_store=MEMORY")
        for table, ids in (("gone", self.gone), ("come", self.come)):
            cursor.execute(f"CREATE TEMP TABLE {table} (id INTEGER PRIMARY KEY)")
            cursor.executemany(f"INSERT INTO temp.{table} VALUES (?)", [(i,) for i in ids])
        columns = [row[1] for row in cursor.execute("PRAGMA main.table_info(versions)").fetchall()]
        # A document's other versions stay readable by number; one that was current is superseded by the day's, if there is one.
        shown = ", ".join(
            "CASE WHEN v.id IN (SELECT id FROM temp.come) THEN NULL WHEN v.id IN (SELECT id FROM temp.gone) THEN v.added"
            " ELSE v.until END AS until"
            if name == "until"
            else f"v.{name}"
            for name in columns
        )
        cursor.execute(f"CREATE TEMP VIEW dated AS SELECT {shown} FROM main.versions AS v")
        cursor.close()
        connection.commit()
        return "temp.dated"


def on_day(connection: Connection, commit: int, date: str) -> Dated:
    """The versions to exchange for a day, given as an ISO date, whole or cut (2023 is its last day). Raises `QuestionError`."""
    last = str(day_number(date or "empty", end=True))
    day = f"{last[:4]}-{last[4:6]}-{last[6:]}"
    rows = connection.execute(_VERSIONS, {"commit": commit, "day": day}).all()
    current = {row.id for row in rows if row.current}
    then = {row.id for row in rows if row.place == 1 and row.there}
    return Dated(tuple(sorted(current - then)), tuple(sorted(then - current)))


def dated_reading(root: Path, whole: Engines, snapshot: Snapshot, date: str) -> tuple[Engines, Snapshot]:
    """The engines and the indexes to read with, as documents stood on a day at the commit of a snapshot, which holds it.

    Raises `QuestionError` for what is no date, and `KnowledgeBaseError` where they show another day already.
    """
    if not whole.are_whole:
        raise KnowledgeBaseError(f"{root}: this shows a day already: ask the whole knowledge base as of {date}")
    with whole.of(()).connect() as connection:
        dated = on_day(connection, snapshot.commit, date)
    if not dated:
        return whole, snapshot
    engines = Engines(root / CATALOGUE, dated.shown)
    for attempts_left in reversed(range(ATTEMPTS)):
        with engines.of(()).connect() as connection:
            home = _indexes(connection, root, snapshot.commit, dated, snapshot.embedder)
        try:
            read = Snapshot(home, snapshot.commit, snapshot.embedder)
        except GenerationGoneError:  # swept by a writer before it was locked
            if not attempts_left:
                raise
            continue
        if home.parent != root / DATED:
            weakref.finalize(read.generation, shutil.rmtree, home, ignore_errors=True)
        return engines, read
    raise AssertionError("the last attempt returns or raises")


def _indexes(connection: Connection, root: Path, commit: int, dated: Dated, embedder: Embedder) -> Path:
    """The folder whose generation of this commit holds the day's indexes, made if it is not there."""
    home = root / DATED / dated.name
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
