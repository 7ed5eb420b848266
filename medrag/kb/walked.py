"""The graph of a generation's facts, kept in its folder: made when it is first walked, read by whoever walks it later.

    generations/000041/graph/  ids starts ends  of the commit at which it was made
                               changes          pairs of entities of which a commit since then added or removed a fact

A clone takes the folder along and adds to the changes; whether a pair is joined now, the catalogue says.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from medrag.kb import schema as t
from medrag.kb.arrays import save_array
from medrag.kb.catalogue import among, current, in_batches
from medrag.kb.query import Query
from medrag.kb.walk import Walk

__all__ = ["forget_walk", "note_changes", "walk_in"]

FOLDER = "graph"
ARRAYS = ("ids", "starts", "ends")
CHANGES = "changes.npy"
ANEW_AT = 0.05  # changed pairs over this share of the edges, and the next that walks it makes it anew

_s = t.statements.c
_SAID = Query(select(_s.subject, _s.object).where(among(_s.version_id)).distinct())
_JOINED = Query(
    select(_s.subject, _s.object)
    .select_from(t.statements.join(t.versions, t.versions.c.id == _s.version_id))
    .where(among(_s.subject), among(_s.object, "objects"), current())
    .distinct()
)

Pairs = NDArray[np.int64]


def walk_in(folder: Path | None, connection: Connection, commit: int) -> Walk:
    """The graph of the facts at the commit of a generation's folder; None on a connection that hides versions: nothing is kept then."""
    if folder is None:
        return Walk.of(connection, commit)
    try:
        walk, pairs = _kept(folder / FOLDER)
    except (OSError, ValueError, EOFError):  # not made yet, or a power failure left it unfinished
        walk = Walk.of_whole(connection, commit)
        with suppress(OSError):  # of a folder that cannot be written, or where another process was quicker
            _keep(walk, folder)
        return walk
    return walk.changed(pairs, _are_joined(connection, pairs, commit)) if len(pairs) else walk


def _kept(folder: Path) -> tuple[Walk, Pairs]:
    ids, starts, ends = (np.load(folder / f"{name}.npy").astype(np.int64) for name in ARRAYS)
    if len(starts) != len(ids) + 1 or starts[-1] != len(ends):
        raise ValueError(f"{folder}: the arrays are of different graphs")
    return Walk(ids, starts, ends), np.load(folder / CHANGES)


def _keep(walk: Walk, folder: Path) -> None:
    """Puts the graph into the folder as a whole; beside it nothing is seen that is half written, and a sweep removes what is left."""
    making = Path(tempfile.mkdtemp(prefix=f".{FOLDER}-", dir=folder.parent))
    try:
        making.chmod(folder.stat().st_mode)
        for name in ARRAYS:  # in half of the bytes that walking takes
            save_array(making / f"{name}.npy", getattr(walk, name).astype(np.int32))
        save_array(making / CHANGES, np.empty((0, 2), np.int64))
        making.rename(folder / FOLDER)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def note_changes(folder: Path, connection: Connection, versions: Sequence[int]) -> None:
    """Notes in a clone of a generation's folder what pairs the facts of some versions join, which a commit added or took away."""
    kept = folder / FOLDER
    if not kept.exists():
        return
    try:
        walk, known = _kept(kept)
    except (OSError, ValueError, EOFError):
        forget_walk(folder)
        return
    most = ANEW_AT * len(walk.ends)
    said = _said(connection, versions) if len(versions) <= most else []
    pairs = np.unique(np.concatenate([known, np.array(said, np.int64).reshape(-1, 2)]), axis=0)
    if max(len(versions), len(pairs)) > most:
        forget_walk(folder)
    elif len(pairs) > len(known):
        (kept / CHANGES).unlink()  # an older generation reads it
        save_array(kept / CHANGES, pairs)


def forget_walk(folder: Path) -> None:
    """Removes the graph from a generation's folder: who walks it next makes it anew."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def _said(connection: Connection, versions: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs that facts of the versions join."""
    return [tuple(row) for some in in_batches(versions) for row in _SAID.rows(connection, values=some)]


def _are_joined(connection: Connection, pairs: Pairs, commit: int) -> NDArray[np.bool_]:
    """Of each pair, whether a fact that is current at the commit joins it."""
    joined = {
        frozenset(row)
        for some in in_batches(pairs.tolist())
        for ends in [sorted({end for pair in some for end in pair})]
        for row in _JOINED.rows(connection, values=ends, objects=ends, commit=commit)
    }
    return np.array([frozenset(pair) in joined for pair in pairs.tolist()])
