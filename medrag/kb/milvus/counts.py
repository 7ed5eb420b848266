"""The statistics of words at each commit, kept in a collection of their own: a whole table now and then, and what changed since.

They are exact, for a commit's passages alone, which is what BM25 is worked out from on every engine. Milvus has collections of
vectors only, so each row carries a vector that nobody searches.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError
from medrag.kb.bm25 import Statistics
from medrag.kb.milvus.rows import LONGEST, batches
from medrag.kb.milvus.server import Server

__all__ = ["Counts", "Kept"]

Row = dict[str, Any]
PART = 5_000  # tokens a row: 8 bytes each, a third more as text, is within Milvus' limit of a string
WHOLE_AFTER = 64  # commits, then the next one writes a whole table
WHOLE_SHARE = 0.5  # of the table, where the changes since are larger than this
NOBODY = [0.0, 0.0]  # the vector that nobody searches
HEADER = ("commit", "part", "parts", "is_whole", "passages", "length", "average")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a commit: its statistics, and the average length that the weights in the word index were made with."""

    statistics: Statistics
    average: float  # 0 as long as there was no passage
    commits: int = 0  # since the last whole table
    changes: int = 0  # tokens changed since

    def changed(self, passages: int, length: int, delta: Mapping[int, int], average: float) -> Kept:
        """What is kept after one more commit."""
        statistics = self.statistics.changed(passages, length, delta)
        return Kept(statistics, average, self.commits + 1, self.changes + len(delta))


class Counts:
    """The statistics of one build."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._known: tuple[int, Kept] | None = None  # those read last, from which later ones are one step
        self._lock = Lock()

    @classmethod
    def make(cls, server: Server, name: str) -> Counts:
        """Statistics of nothing."""
        server.create(name, _fields(), {"field_name": "nobody", "index_type": "FLAT", "metric_type": "IP"})
        return cls(server, name)

    def at(self, commit: int) -> Kept:
        """What is kept of a commit. Raises `KnowledgeBaseError` where there is nothing."""
        with self._lock:
            known = self._known
            if known is None or known[0] > commit:
                known = self._from_whole(commit)
            if known[0] < commit:
                known = self._from_whole(commit) if self._has_whole(known[0], commit) else self._onward(known, commit)
            self._known = known
            return known[1]

    def _has_whole(self, after: int, until: int) -> bool:
        where = f"commit > {after} and commit <= {until} and part == 0 and is_whole == true"
        return bool(self._server.query(self._name, where, ["commit"]))

    def _from_whole(self, commit: int) -> tuple[int, Kept]:
        """The newest whole table up to a commit, and all that changed after it."""
        where = f"commit <= {commit} and part == 0 and is_whole == true"
        whole = [int(row["commit"]) for row in self._server.query(self._name, where, ["commit"])]
        if not whole:
            raise KnowledgeBaseError(f"{self._server.shown}: {self._name} holds no statistics of words: run `medrag reindex`")
        rows = self._rows(f"commit == {max(whole)}")
        return self._onward((max(whole), Kept(_table(rows), float(rows[0]["average"]))), commit)

    def _onward(self, known: tuple[int, Kept], commit: int) -> tuple[int, Kept]:
        """What is kept at a commit after a known one, between which there are changes only."""
        at, kept = known
        rows = self._rows(f"commit > {at} and commit <= {commit}")
        if rows:
            headers = [row for row in rows if row["part"] == 0]
            hashes, counts = _unpacked(rows)
            summed: dict[int, int] = {}
            for hashed, count in zip(hashes.tolist(), counts.tolist(), strict=True):
                summed[hashed] = summed.get(hashed, 0) + count
            passages, length = (sum(int(row[name]) for row in headers) for name in ("passages", "length"))
            kept = kept.changed(passages, length, summed, float(headers[-1]["average"]))
            kept = replace(kept, commits=kept.commits - 1 + len(headers), changes=kept.changes - len(summed) + len(hashes))
        return commit, kept

    def _rows(self, where: str) -> list[Row]:
        """Rows with their contents, in order; every part of a commit must be there."""
        found = [row for rows in self._server.iterate(self._name, where, [*HEADER, "packed"]) for row in rows]
        found.sort(key=lambda row: (row["commit"], row["part"]))
        wanted = sum(int(row["parts"]) for row in found if row["part"] == 0)
        if wanted != len(found):
            raise KnowledgeBaseError(f"{self._server.shown}: {self._name} lacks statistics of words: run `medrag reindex`")
        return found

    def write(self, commit: int, before: Kept, passages: int, length: int, delta: Mapping[int, int], average: float) -> None:
        """Keeps what changed in a commit, or the whole table where many changes have gathered."""
        after = before.changed(passages, length, delta, average)
        if before.commits >= WHOLE_AFTER or after.changes > WHOLE_SHARE * len(after.statistics.hashes):
            self.write_whole(commit, after.statistics, average)
            return
        hashes = np.fromiter(delta.keys(), np.uint32, len(delta))
        counts = np.fromiter(delta.values(), np.int64, len(delta))
        self._write(commit, Statistics(passages, length, hashes, counts), average, is_whole=False)

    def write_whole(self, commit: int, statistics: Statistics, average: float) -> None:
        """Keeps a whole table."""
        self._write(commit, statistics, average, is_whole=True)

    def _write(self, commit: int, said: Statistics, average: float, *, is_whole: bool) -> None:
        starts = range(0, max(len(said.hashes), 1), PART)
        header = {"commit": commit, "is_whole": is_whole, "passages": said.passages, "length": said.length}
        rows = (
            {
                **header,
                "key": f"{commit:012d}.{part:06d}",
                "part": part,
                "parts": len(starts),
                "average": average,
                "packed": _packed(said.hashes[start : start + PART], said.counts[start : start + PART]),
                "nobody": NOBODY,
            }
            for part, start in enumerate(starts)
        )
        for some in batches(rows, 100):
            self._server.insert(self._name, some)

    def recover(self, commit: int) -> None:
        """Removes what was written above the commit."""
        self._known = None
        self._server.delete(self._name, f"commit > {commit}")

    def sweep(self, oldest: int) -> None:
        """Removes what is needed for older commits only."""
        where = f"commit <= {oldest} and part == 0 and is_whole == true"
        whole = [int(row["commit"]) for row in self._server.query(self._name, where, ["commit"])]
        if len(whole) > 1:
            self._server.delete(self._name, f"commit < {max(whole)}")


def _fields() -> list[Row]:
    numbers = ("commit", "part", "parts", "passages", "length")
    return [
        {"field_name": "key", "datatype": "VARCHAR", "is_primary": True, "max_length": 32},
        *({"field_name": name, "datatype": "INT64"} for name in numbers),
        {"field_name": "is_whole", "datatype": "BOOL"},
        {"field_name": "average", "datatype": "DOUBLE"},
        {"field_name": "packed", "datatype": "VARCHAR", "max_length": LONGEST},
        {"field_name": "nobody", "datatype": "FLOAT_VECTOR", "dim": len(NOBODY)},
    ]


def _packed(hashes: NDArray[np.uint32], counts: NDArray[np.int64]) -> str:
    """Tokens and counts as text."""
    return base64.b85encode(hashes.astype("<u4").tobytes() + counts.astype("<i4").tobytes()).decode("ascii")


def _unpacked(rows: Iterable[Row]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All tokens of some rows and their counts."""
    hashes, counts = [np.empty(0, np.uint32)], [np.empty(0, np.int64)]
    for row in rows:
        stored = base64.b85decode(row["packed"])
        half = len(stored) // 2
        hashes.append(np.frombuffer(stored[:half], "<u4").astype(np.uint32))
        counts.append(np.frombuffer(stored[half:], "<i4").astype(np.int64))
    return np.concatenate(hashes), np.concatenate(counts)


def _table(rows: Sequence[Row]) -> Statistics:
    """A whole table from its rows."""
    hashes, counts = _unpacked(rows)
    order = np.argsort(hashes, kind="stable")
    return Statistics(int(rows[0]["passages"]), int(rows[0]["length"]), hashes[order], counts[order])
