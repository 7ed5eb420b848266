"""Mending a knowledge base: what dead writers left is removed, and whatever the catalogue gives is built anew from it.

What is in the catalogue alone (texts, names, facts) cannot be made up: where that is damaged, a backup is the way back.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from medrag.errors import KnowledgeBaseError
from medrag.kb.base import KnowledgeBase
from medrag.kb.derive import Progress, quiet
from medrag.kb.engines.sqlite import CATALOGUE
from medrag.kb.verify import REINDEX

__all__ = ["Repaired", "repair"]

_OF_INDEXES = ("entries in index", "missing from index", "entry in index")  # faults of SQLite's that it can mend itself
_RESTORE = "restore a backup (`medrag restore BACKUP KB`), or ingest its sources into a new knowledge base"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done, a line each, what is still wrong, and the commit that holds now."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    commit: int


def repair(address: str | Path, *, deep: bool = False, progress: Progress = quiet) -> Repaired:
    """Mends what can be mended, and says what was and what could not be.

    Raises `LockedError` while a writer is at work, and `KnowledgeBaseError` where the catalogue cannot be read at all.
    """
    done: list[str] = []
    if "://" not in str(address) and (Path(address) / CATALOGUE).is_file():
        done += _mend_catalogue(Path(address))
    with KnowledgeBase.open(address, outdated=True) as kb:
        done += _remove_leftovers(kb)
        found = kb.verify(deep=deep)
        if any(fault.endswith(REINDEX) for fault in found):
            kb.reindex(progress=progress)
            left = kb.verify(deep=deep)
            done += [
                f"indexes built anew from the catalogue: {fault.removesuffix(f': {REINDEX}')}"
                for fault in found
                if fault not in left
            ]
            found = left
        return Repaired(tuple(done), tuple(_advised(fault) for fault in found), kb.commit)


def _advised(fault: str) -> str:
    """A fault that could not be mended, and what to do."""
    return fault if fault.endswith(REINDEX) else f"{fault}: it cannot be derived from anything: {_RESTORE}"


def _mend_catalogue(root: Path) -> Iterator[str]:
    """Has SQLite build its own indexes anew where they alone are damaged; raises where the tables are."""
    try:
        with closing(sqlite3.connect(root / CATALOGUE, timeout=60, isolation_level=None)) as connection:
            faults = _faults(connection)
            if not faults:
                return
            if all(any(words in fault for words in _OF_INDEXES) for fault in faults):
                connection.execute("REINDEX")
                if not _faults(connection):
                    yield f"the catalogue's own indexes built anew: {faults[0]}"
                    return
    except sqlite3.DatabaseError as error:
        faults = [str(error)]
    raise KnowledgeBaseError(f"{root}: the catalogue is damaged ({faults[0]}), and all else is derived from it: {_RESTORE}")


def _faults(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]


def _remove_leftovers(kb: KnowledgeBase) -> Iterator[str]:
    """Removes what writers left that were killed; that of a knowledge base in a database, its next writer removes."""
    before = _files(kb.path)
    with kb.write():  # every writer begins by removing what is above the current commit
        if kb.path.is_dir():
            for pattern in ("catalogue.new*", "dated/.making-*"):
                for path in kb.path.glob(pattern):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in sorted(before - _files(kb.path)):
        yield f"left by a process that died, removed: {name}"


def _files(root: Path) -> set[str]:
    """The files that no process has an index of: in folders beside the current generation, or of a catalogue in the making."""
    patterns = ("generations/*", "catalogue.new*", "dated/*")
    return (
        {path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern)} if root.is_dir() else set()
    )
