"""Texts that were encoded before are not encoded again: for embedders whose work is worth a look into a file.

`encoded.sqlite` beside the catalogue holds the vector of each text of the indexes by the text's hash: boilerplate, the passages
of a label's next version that it shares with the last, `reindex` and a run that was killed need no model. Vectors are kept as
the indexes keep them, in 8 bits, so they are the same with the file and without. Nothing depends on it; building everything
anew writes it anew, with the texts of that build alone, so that it grows no further than they do and holds nothing purged.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medrag.kb.codes import SCALE, quantised
from medrag.kb.embed import Embedder, is_quick

__all__ = ["from_codes", "remembered", "to_codes"]

log = logging.getLogger(__name__)

FILE, NEW = "encoded.sqlite", "encoded.sqlite.new"
BATCH = 500  # keys in one query
# By its vector a model is known again that was trained further under the same name. One that runs on another processor may
# round a component the other way.
PROBE, SLACK = "medrag: 阿司匹林 is aspirin.", 1
Codes = NDArray[np.int8]


def to_codes(vectors: NDArray[np.float32]) -> Codes:
    """The components of unit vectors in 8 bits, as the indexes keep them."""
    codes: Codes = quantised(vectors).astype(np.int8)
    return codes


def from_codes(codes: Codes) -> NDArray[np.float32]:
    """Vectors of which `to_codes` makes these codes again."""
    found: NDArray[np.float32] = codes.astype(np.float32) / np.float32(SCALE)
    return found


@contextmanager
def remembered(embedder: Embedder, folder: Path, *, anew: bool) -> Iterator[Embedder]:
    """The embedder, remembering what it encodes in `folder`; `anew` where all texts of the indexes will be encoded.

    One that is quick is given as it is, and any where the file cannot be used.
    """
    if is_quick(embedder):
        if anew:
            with suppress(OSError):
                (folder / FILE).unlink(missing_ok=True)  # of another embedder, before a reindex
        yield embedder
        return
    try:
        memory = _Memory(embedder, folder, anew)
    except (sqlite3.Error, OSError) as error:
        log.warning("%s: encoding without it: %s", folder / FILE, error)
        yield embedder
        return
    try:
        yield memory
        memory.finish()
    finally:
        memory.close()


class _Memory:
    """An embedder in front of another, which asks that one for new texts only."""

    def __init__(self, embedder: Embedder, folder: Path, anew: bool) -> None:
        self._embedder = embedder
        self._path, self._new = folder / FILE, folder / NEW
        probe = to_codes(embedder.encode_passages([PROBE]))[0]
        self._new.unlink(missing_ok=True)
        self._before: sqlite3.Connection | None = None
        if self._path.exists() and not _holds(self._path, embedder.name, probe):
            self._path.unlink()
        self._anew = anew
        if anew and self._path.exists():
            self._before = _opened(self._path)
        self._now = _opened(self._new if anew else self._path)
        with self._now:
            self._now.execute("CREATE TABLE IF NOT EXISTS made (embedder TEXT, probe BLOB)")
            self._now.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, codes BLOB NOT NULL) WITHOUT ROWID")
            if not self._now.execute("SELECT count(*) FROM made").fetchone()[0]:
                self._now.execute("INSERT INTO made VALUES (?, ?)", (embedder.name, probe.tobytes()))

    @property
    def name(self) -> str:
        """The other's name."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        return self._embedder.dimensions

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts in 8 bits a component."""
        keys = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        of = dict(zip(keys, texts, strict=True))
        known = self._found(self._now, list(of))
        older = self._found(self._before, [key for key in of if key not in known])
        new = [key for key in of if key not in known and key not in older]
        if new:
            codes = to_codes(self._embedder.encode_passages([of[key] for key in new]))
            older.update((key, row.tobytes()) for key, row in zip(new, codes, strict=True))
        self._keep(older)
        known.update(older)
        held = b"".join(known[key] for key in keys)
        return from_codes(np.frombuffer(held, np.int8).reshape(len(keys), self.dimensions))

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The other's vectors of questions."""
        return self._embedder.encode_queries(texts)

    def _found(self, connection: sqlite3.Connection | None, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        try:
            for start in range(0, len(keys) if connection is not None else 0, BATCH):
                some = keys[start : start + BATCH]
                marks = ",".join("?" * len(some))
                query = f"SELECT text, codes FROM vectors WHERE text IN ({marks})"
                found.update(connection.execute(query, some))  # type: ignore[union-attr]  # there are no keys for None
        except sqlite3.Error as error:
            log.warning("%s cannot be read: %s", self._path, error)
        return {key: codes for key, codes in found.items() if len(codes) == self.dimensions}

    def _keep(self, rows: dict[bytes, bytes]) -> None:
        if not rows:
            return
        try:
            with self._now:
                self._now.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows.items())
        except sqlite3.Error as error:  # a full disk, most likely
            log.warning("%s cannot be written: %s", self._path, error)

    def finish(self) -> None:
        """Puts a file that was written anew in the place of the old one."""
        self.close()
        if self._anew:
            os.replace(self._new, self._path)

    def close(self) -> None:
        """Lets go of the files."""
        for connection in (self._now, self._before):
            if connection is not None:
                connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path)


def _holds(path: Path, embedder: str, probe: Codes) -> bool:
    """Whether a file holds vectors of this embedder, and of the model that it is now."""
    connection = _opened(path)
    try:
        row = connection.execute("SELECT embedder, probe FROM made").fetchone()
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    if row is None or row[0] != embedder or len(row[1]) != len(probe):
        return False
    kept = np.frombuffer(row[1], np.int8)
    return int(np.abs(kept.astype(np.int16) - probe.astype(np.int16)).max(initial=0)) <= SLACK
