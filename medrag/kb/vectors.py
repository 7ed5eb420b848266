"""The vector index: FAISS, eight bits a component, exact up to some 50,000 passages and by sketches beyond.

A base that never changes (so that generations share it by hard link), additions in two tiers beside it (so that adding a
label rewrites little), and what was removed from all. Quantising is by one fixed scale, not fitted to the data, so that a
passage has the same vector in every knowledge base, and the same score however it is found. Exact search over 8-bit codes
takes 1.4 ms at 97,281 passages of 256 dimensions (one core), and loses no answer silently, which sketches may: see
`medrag.kb.sketch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import MissingExtraError
from medrag.kb.arrays import save_array
from medrag.kb.codes import SCALE, quantised
from medrag.kb.gpu import MAX_FOUND, OnGpu, on_gpu
from medrag.kb.sketch import SUFFIX, Sketches, products, search_alone

__all__ = ["Masks", "VectorIndex", "VectorWriter"]

COMPACT_AT = 0.25  # additions or removals over this share of the base make a new base
LATE = 16_384  # rows that each commit may write anew; more of them go to the tier before
PARTS = ("base", "more", "late")
SUFFIXES = (".faiss", ".npy", SUFFIX, ".order.npy", ".starts.npy", ".centres.npy")  # the last three of an earlier release
AT_ONCE = 100_000  # rows copied together: 25 MB
Masks = tuple[NDArray[np.bool_], ...]  # one a part


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise MissingExtraError("faiss", "cpu") from None
    return faiss


def _kind() -> Any:
    return _faiss().ScalarQuantizer.QT_8bit_direct_signed


class _Seen:
    """The rows of a part that may be found: how many, and which (None: all)."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.count = int(np.count_nonzero(mask))
        self.mask = None if self.count == len(mask) else mask

    @cached_property
    def _bits(self) -> NDArray[np.uint8] | None:
        return None if self.mask is None else np.packbits(self.mask, bitorder="little")

    def selector(self) -> Any:
        """FAISS's selector of the rows, None for all."""
        return None if self._bits is None else _faiss().IDSelectorBitmap(self._bits)


class _Part:
    """Codes in a FAISS index, the passage ids of its rows, and sketches of them (None: all are compared).

    Rows are in the order of ids, but in a base that an earlier release made: `order` has theirs then.
    """

    def __init__(
        self,
        dimensions: int,
        index: Any = None,
        ids: NDArray[np.int64] | None = None,
        sketches: Sketches | None = None,
        order: NDArray[np.int32] | None = None,
    ) -> None:
        self._dimensions, self._index = dimensions, index
        self.ids = np.empty(0, np.int64) if ids is None else ids
        self.sketches = sketches
        self._order = order

    @property
    def index(self) -> Any:
        """The FAISS index, made when it is asked for: where there are graphs alone nobody does, and FAISS is not loaded."""
        if self._index is None:
            faiss = _faiss()
            self._index = faiss.IndexScalarQuantizer(self._dimensions, _kind(), faiss.METRIC_INNER_PRODUCT)
        return self._index

    @classmethod
    def load(cls, folder: Path, name: str, dimensions: int) -> _Part:
        path = folder / f"{name}.faiss"
        if not path.exists():
            return cls(dimensions)
        faiss = _faiss()
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        ids, order = np.load(folder / f"{name}.npy", mmap_mode="r"), folder / f"{name}.order.npy"
        return cls(
            dimensions,
            index,
            np.asarray(ids),
            Sketches.open(folder, name),
            np.asarray(np.load(order, mmap_mode="r")) if order.exists() else None,
        )

    def save(self, folder: Path, name: str) -> None:
        """Writes the part where no such files are: one that is there may be a hard link that an older generation reads."""
        with (folder / f"{name}.faiss").open("wb") as file:  # FAISS itself would not say that the last bytes found no room
            _faiss().write_index(self.index, _faiss().PyCallbackIOWriter(file.write))
        save_array(folder / f"{name}.npy", self.ids)
        if self.sketches is not None:
            self.sketches.save(folder, name)

    def __len__(self) -> int:
        return len(self.ids)

    def codes(self) -> NDArray[np.uint8]:
        """The codes, one row each, read in place."""
        if not len(self):
            return np.empty((0, self._dimensions), np.uint8)
        size = self.index.code_size
        stored: NDArray[np.uint8] = _faiss().rev_swig_ptr(self.index.codes.data(), len(self) * size).reshape(-1, size)
        return stored

    def rows(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row of each passage, and whether it has one."""
        if not len(self):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        places = np.minimum(np.searchsorted(self.ids, ids, sorter=self._order), len(self) - 1)
        rows = places if self._order is None else self._order[places].astype(np.int64)
        return rows, self.ids[rows] == ids

    @cached_property
    def _on_gpu(self) -> OnGpu | None:
        return on_gpu(_faiss(), self.codes())

    def alive(self, removed: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are of none of the removed passages."""
        mask = np.ones(len(self), np.bool_)
        rows, known = self.rows(removed)
        mask[rows[known]] = False
        return mask

    def search(self, row: NDArray[np.float32], k: int, seen: _Seen) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best rows that may be found, with their scores, and all that tie with the last of them.

        FAISS would cut a tie by the number of the row.
        """
        wanted = min(2 * k, seen.count)
        while True:
            scores, rows = self._search_one(row, wanted, seen)
            last = scores[min(k, len(scores)) - 1]
            if len(scores) < wanted or wanted == seen.count or scores[-1] < last:
                return scores[scores >= last], rows[scores >= last]
            wanted = min(max(4 * wanted, 2 * len(scores)), seen.count)

    def _search_one(self, row: NDArray[np.float32], k: int, seen: _Seen) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """At least the k best rows that may be found, best first."""
        if seen.mask is None and k <= MAX_FOUND and self._on_gpu is not None:
            return self._on_gpu.search(row, k)
        worth = None if self.sketches is None else self.sketches.proposed(row, k, seen.mask, seen.count / len(self))
        if worth is None or len(worth) < min(k, seen.count):  # sketches that are all alike propose nothing
            return search_alone(self.index, row, k, seen.selector())
        scores = products(self.codes(), worth, row)
        best = np.lexsort((worth, -scores))
        return scores[best], worth[best]


class VectorIndex:
    """A published vector index, open for searching."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.dimensions = dimensions
        self.parts = [_Part.load(folder, name, dimensions) for name in PARTS]
        removed = folder / "removed.npy"
        self.removed: NDArray[np.int64] = np.load(removed) if removed.exists() else np.empty(0, np.int64)
        self._shown: Masks | None = None  # of a restricted view

    def restricted(self, allowed: NDArray[np.int64]) -> VectorIndex:
        """The same index with these passages alone."""
        view = copy(self)
        view.__dict__.pop("_seen", None)
        view._shown = self.masks(allowed)
        return view

    @property
    def _alive(self) -> Masks:
        return tuple(part.alive(self.removed) for part in self.parts) if self._shown is None else self._shown

    @cached_property
    def _seen(self) -> tuple[_Seen, ...]:
        return tuple(map(_Seen, self._alive))

    def masks(self, allowed: NDArray[np.int64]) -> Masks:
        """Which rows of each part are of these passages and alive."""
        return tuple(mask & alive for mask, alive in zip(self._of(allowed), self._alive, strict=True))

    def masks_without(self, others: NDArray[np.int64]) -> Masks:
        """Which rows of each part are of none of these passages and alive."""
        return tuple(~mask & alive for mask, alive in zip(self._of(others), self._alive, strict=True))

    def _of(self, ids: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
        """Which rows of each part are of these passages."""
        ids = np.sort(ids)  # so that neighbours are looked up one after another, which memory answers several times as fast
        for part in self.parts:
            rows, known = part.rows(ids)
            mask = np.zeros(len(part), np.bool_)
            mask[rows[known]] = True
            yield mask

    def search(self, query: NDArray[np.float32], k: int, masks: Masks | None = None) -> list[tuple[int, float]]:
        """The k nearest passages as (id, cosine), nearest first, ties by id; `masks` restricts the rows."""
        if k < 1:
            return []
        row = quantised(query.reshape(1, -1))
        scores, ids = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
        for part, seen in zip(self.parts, self._seen if masks is None else map(_Seen, masks), strict=True):
            if seen.count:
                found, rows = part.search(row, k, seen)
                scores.append(found[rows >= 0])
                ids.append(part.ids[rows[rows >= 0]])
        cosines, passages = np.concatenate(scores).astype(np.float64) / SCALE**2, np.concatenate(ids)
        best = np.lexsort((passages, -cosines))[:k]
        return list(zip(passages[best].tolist(), np.clip(cosines[best], -1.0, 1.0).tolist(), strict=True))

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages, shape (len(ids),); 0 for one that is not in the index."""
        row = quantised(query.reshape(1, -1))
        found = np.zeros(len(ids), np.float32)
        dead = np.isin(ids, self.removed) if len(self.removed) else np.zeros(len(ids), np.bool_)
        for at, part in enumerate(self.parts):
            if not len(part):
                continue
            places, known = part.rows(ids)
            known &= ~dead
            if self._shown is not None:
                known[known] = self._shown[at][places[known]]
            found[known] = products(part.codes(), places[known], row) / SCALE**2
        return found

    def stored(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Vectors of which the codes of the passages are made again, and whether each passage is in the index."""
        codes = np.full((len(ids), self.dimensions), 128, np.uint8)
        found = np.zeros(len(ids), np.bool_)
        for part, alive in zip(self.parts, self._alive, strict=True):
            rows, known = part.rows(ids)
            known[known] = alive[rows[known]]
            codes[known] = part.codes()[rows[known]]
            found |= known
        return (codes.astype(np.float32) - 128) / np.float32(SCALE), found

    def ids(self) -> set[int]:
        """The ids of all passages in the index (for verifying)."""
        return {int(i) for part, alive in zip(self.parts, self._alive, strict=True) for i in part.ids[alive]}


class VectorWriter:
    """Builds the next vector index in a folder that holds a clone of the last one (or nothing)."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        if find_spec("faiss") is None:  # said before a library of labels is read, not when its vectors are to be written
            raise MissingExtraError("faiss", "cpu")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._before = VectorIndex(folder, dimensions)
        self._ids: list[NDArray[np.int64]] = []
        self._codes: list[NDArray[np.uint8]] = []
        self._removed: list[int] = []

    def add(self, ids: list[int], vectors: NDArray[np.float32]) -> None:
        """Adds passages that are not in the index, one row of `vectors` each."""
        if ids:
            self._ids.append(np.asarray(ids, np.int64))
            self._codes.append((quantised(vectors) + 128.0).astype(np.uint8))

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit."""
        self._removed.extend(ids)

    def publish(self) -> None:
        """Writes the additions and removals to the folder: into the smallest tier that has room, or as a new base."""
        base, more, late = self._before.parts
        ids = np.concatenate([np.empty(0, np.int64), *self._ids])
        codes = np.concatenate([np.empty((0, self._before.dimensions), np.uint8), *self._codes])
        self._ids, self._codes = [], []
        removed = np.union1d(self._before.removed, np.asarray(self._removed, np.int64))
        returned = np.isin(ids, removed)
        if returned.any():  # a version reverted: alive where it was, if its vector is what it was, else in its new row only
            returned[returned] = self._is_stored(ids[returned], codes[returned])
            removed = np.setdiff1d(removed, ids[returned])
            ids, codes = ids[~returned], codes[~returned]
        added = len(more) + len(late) + len(ids)
        moved = bool(np.isin(ids, removed).any())
        if moved or added > COMPACT_AT * len(base) or len(removed) > COMPACT_AT * max(len(base), 1):
            self._join(PARTS[0], removed, ids, codes)
            removed = np.empty(0, np.int64)
        elif len(ids):
            self._join(PARTS[2] if len(late) + len(ids) <= LATE else PARTS[1], np.empty(0, np.int64), ids, codes)
        path = self._folder / "removed.npy"
        path.unlink(missing_ok=True)
        save_array(path, removed)

    def _is_stored(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which of the passages have a row with that vector."""
        found = np.zeros(len(ids), np.bool_)
        for part in self._before.parts:
            rows, known = part.rows(ids)
            known[known] = (part.codes()[rows[known]] == codes[known]).all(axis=1)
            found |= known
        return found

    def _join(self, name: str, removed: NDArray[np.int64], ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Makes one tier of itself, of those behind it and of the new rows, without the removed ones."""
        joined = self._before.parts[PARTS.index(name) :]
        alive = [part.alive(removed) for part in joined]
        all_ids = np.concatenate([*(part.ids[mask] for part, mask in zip(joined, alive, strict=True)), ids])
        all_codes = np.concatenate([*(part.codes()[mask] for part, mask in zip(joined, alive, strict=True)), codes])
        order = np.argsort(all_ids, kind="stable")
        part = _Part(self._before.dimensions, ids=all_ids[order])
        for start in range(0, len(order), AT_ONCE):
            part.index.add_sa_codes(np.ascontiguousarray(all_codes[order[start : start + AT_ONCE]]))
        part.sketches = Sketches.of(part.codes())
        for later in PARTS[PARTS.index(name) :]:
            for suffix in SUFFIXES:
                (self._folder / f"{later}{suffix}").unlink(missing_ok=True)
        part.save(self._folder, name)
