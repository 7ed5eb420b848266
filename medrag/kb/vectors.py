"""The vector index: FAISS, eight bits a component, exact up to some 100,000 passages and by lists beyond.

A base that never changes (so that generations share it by hard link), additions in two tiers beside it (so that adding a
label rewrites little), and what was removed from all. Quantising is by one fixed scale, not fitted to the data, so that a
passage has the same vector in every knowledge base, and the same score however it is found. Exact search over 8-bit codes
takes 1.2 ms at 115,000 passages of 256 dimensions (one core), and loses no answer silently, which lists do: see
`EXACT_UP_TO` and `medrag.kb.lists`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import MissingExtraError
from medrag.kb.arrays import save_array
from medrag.kb.codes import SCALE, quantised
from medrag.kb.gpu import MAX_FOUND, OnGpu, on_gpu
from medrag.kb.lists import PER_LIST, Lists, assigned, lists_for, trained

__all__ = ["Masks", "VectorIndex", "VectorWriter"]

COMPACT_AT = 0.25  # additions or removals over this share of the base make a new base
LATE = 16_384  # rows that each commit may write anew; more of them go to the tier before
# Rows of a part that are looked through one by one, and none is missed. Of 298,954 passages of 256 dimensions that took 4.5 ms of
# a (busy) core, lists 3.0 ms with .988 of the ten nearest to 197 real questions; the difference grows with the passages.
EXACT_UP_TO = 200_000
PARTS = ("base", "more", "late")
SUFFIXES = (".faiss", ".npy", ".order.npy", ".starts.npy", ".centres.npy")
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """The rows of a part that may be found: how many, and their bitmap (None: all)."""

    count: int
    bits: NDArray[np.uint8] | None

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> _Seen:
        count = int(np.count_nonzero(mask))
        return cls(count, None if count == len(mask) else np.packbits(mask, bitorder="little"))

    def selector(self) -> Any:
        """FAISS's selector of the rows, None for all."""
        return None if self.bits is None else _faiss().IDSelectorBitmap(self.bits)


class _Part:
    """Codes in a FAISS index, the passage ids of its rows, and the lists that these are in (None: in the order of ids)."""

    def __init__(
        self,
        dimensions: int,
        index: Any = None,
        ids: NDArray[np.int64] | None = None,
        lists: Lists | None = None,
        order: NDArray[np.int32] | None = None,
    ) -> None:
        self.index = index
        if index is None:
            faiss = _faiss()
            self.index = faiss.IndexScalarQuantizer(dimensions, _kind(), faiss.METRIC_INNER_PRODUCT)
        self.ids = np.empty(0, np.int64) if ids is None else ids
        self.lists = lists
        self._stored_order = order

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
            Lists.open(folder, name),
            np.asarray(np.load(order, mmap_mode="r")) if order.exists() else None,
        )

    def save(self, folder: Path, name: str) -> None:
        """Writes the part where no such files are: one that is there may be a hard link that an older generation reads."""
        with (folder / f"{name}.faiss").open("wb") as file:  # FAISS itself would not say that the last bytes found no room
            _faiss().write_index(self.index, _faiss().PyCallbackIOWriter(file.write))
        save_array(folder / f"{name}.npy", self.ids)
        if self.lists is not None:
            self.lists.save(folder, name)
            save_array(folder / f"{name}.order.npy", self._order.astype(np.int32))

    def __len__(self) -> int:
        return len(self.ids)

    def codes(self) -> NDArray[np.uint8]:
        """The codes, one row each, read in place."""
        size = self.index.code_size
        if not len(self):
            return np.empty((0, size), np.uint8)
        stored: NDArray[np.uint8] = _faiss().rev_swig_ptr(self.index.codes.data(), len(self) * size).reshape(-1, size)
        return stored

    def rows(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row of each passage, and whether it has one."""
        if not len(self):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        order = self._order
        places = np.minimum(np.searchsorted(self.ids, ids, sorter=order), len(self) - 1)
        rows = order[places].astype(np.int64)
        return rows, self.ids[rows] == ids

    @cached_property
    def _order(self) -> NDArray[np.int64] | NDArray[np.int32]:
        return np.argsort(self.ids, kind="stable") if self._stored_order is None else self._stored_order

    @cached_property
    def _on_gpu(self) -> OnGpu | None:
        return on_gpu(_faiss(), self.codes())

    def signed(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The quantised vectors of some rows."""
        found: NDArray[np.float32] = self.codes()[rows].astype(np.float32) - 128.0
        return found

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
            if len(scores) < wanted or wanted == seen.count or scores[-1] < scores[min(k, wanted) - 1]:
                return scores, rows
            wanted = min(4 * wanted, seen.count)

    def _search_one(self, row: NDArray[np.float32], k: int, seen: _Seen) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        if seen.bits is None and k <= MAX_FOUND and self._on_gpu is not None:
            return self._on_gpu.search(row, k)
        share = seen.count / len(self)
        if self.lists is None or self.lists.takes_all(share):
            return _search_all(self.index, row, k, seen)
        return _search_lists(self.codes(), self.lists.nearest(row, share), row, k, seen)


def _search_all(index: Any, row: NDArray[np.float32], k: int, seen: _Seen) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """FAISS's search for one query, on one thread: it has nothing to share out, and starting threads costs ten times the search."""
    faiss = _faiss()
    selector = seen.selector()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread only; the user's own FAISS work keeps its number
    try:
        scores, rows = index.search(row, k, params=None if selector is None else faiss.SearchParameters(sel=selector))
    finally:
        faiss.omp_set_num_threads(threads)
    return scores[0], rows[0]


def _search_lists(
    codes: NDArray[np.uint8], spans: Sequence[tuple[int, int, int]], row: NDArray[np.float32], k: int, seen: _Seen
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k best rows of some lists, best first; fewer where the lists hold fewer."""
    faiss = _faiss()
    scores, rows = np.full(k, -np.inf, np.float32), np.full(k, -1, np.int64)
    selector = seen.selector()
    scanner = _scanning(codes.shape[1]).get_InvertedListScanner(False, selector, None)
    try:
        scanner.set_query(faiss.swig_ptr(row))
        for number, first, last in spans:
            some, numbers = codes[first:last], np.arange(first, last)
            scanner.set_list(number, 0.0)
            scanner.scan_codes(last - first, *map(faiss.swig_ptr, (some, numbers, scores, rows)), k)
    finally:
        faiss.InvertedListScanner.__swig_destroy__(scanner)  # which the Python side does not own, and must not be told to
    found = rows >= 0
    best = np.lexsort((rows[found], -scores[found]))
    return scores[found][best], rows[found][best]


@lru_cache(maxsize=4)
def _scanning(dimensions: int) -> Any:
    """An index without vectors of its own, which knows how lists are scanned."""
    faiss = _faiss()
    coarse = faiss.IndexFlatIP(dimensions)  # FAISS's Python side keeps it as long as the index
    index = faiss.IndexIVFScalarQuantizer(coarse, dimensions, 1, _kind(), faiss.METRIC_INNER_PRODUCT, False)
    index.is_trained = True
    return index


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
        return tuple(map(_Seen.of, self._alive))

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
        found: list[tuple[float, int]] = []
        row = quantised(query.reshape(1, -1))
        for part, seen in zip(self.parts, self._seen if masks is None else map(_Seen.of, masks), strict=True):
            if seen.count:
                scores, rows = part.search(row, k, seen)
                found.extend((float(s) / SCALE**2, int(part.ids[r])) for s, r in zip(scores, rows, strict=True) if r >= 0)
        found.sort(key=lambda pair: (-pair[0], pair[1]))
        return [(i, max(-1.0, min(1.0, s))) for s, i in found[:k]]

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages, shape (len(ids),); 0 for one that is not in the index."""
        row = quantised(query.reshape(1, -1))[0]
        found = np.zeros(len(ids), np.float32)
        dead = np.isin(ids, self.removed) if len(self.removed) else np.zeros(len(ids), np.bool_)
        for at, part in enumerate(self.parts):
            places, known = part.rows(ids)
            known &= ~dead
            if self._shown is not None:
                known[known] = self._shown[at][places[known]]
            found[known] = part.signed(places[known]) @ row / SCALE**2
        return found

    def ids(self) -> set[int]:
        """The ids of all passages in the index (for verifying)."""
        return {int(i) for part, alive in zip(self.parts, self._alive, strict=True) for i in part.ids[alive]}


class VectorWriter:
    """Builds the next vector index in a folder that holds a clone of the last one (or nothing)."""

    def __init__(self, folder: Path, dimensions: int) -> None:
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
        if len(all_ids) > EXACT_UP_TO:
            centres = self._centres(name, all_ids, all_codes)
            places = self._places(joined[0], alive[0], all_codes, centres)
            order = np.lexsort((all_ids, places))
            lists: Lists | None = Lists.of(places[order], centres)
        else:
            order, lists = np.argsort(all_ids, kind="stable"), None
        part = _Part(self._before.dimensions, ids=all_ids[order], lists=lists)
        for start in range(0, len(order), AT_ONCE):
            part.index.add_sa_codes(np.ascontiguousarray(all_codes[order[start : start + AT_ONCE]]))
        for later in PARTS[PARTS.index(name) :]:
            for suffix in SUFFIXES:
                (self._folder / f"{later}{suffix}").unlink(missing_ok=True)
        part.save(self._folder, name)

    def _centres(self, name: str, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The centres for so many rows: those of the base, unless it has none or is itself made for another number of lists."""
        lists, wanted = self._before.parts[0].lists, lists_for(len(ids))
        if lists is not None and (name != PARTS[0] or len(lists.centres) == wanted):
            return lists.centres
        # An id is a hash, so that the passages with the smallest ones are a fair sample, and the same however they came.
        sample = np.argsort(ids, kind="stable")[: wanted * PER_LIST]
        return trained(codes[sample].astype(np.float32) - 128.0, wanted)

    @staticmethod
    def _places(
        first: _Part, alive: NDArray[np.bool_], codes: NDArray[np.uint8], centres: NDArray[np.float32]
    ) -> NDArray[np.int64]:
        """The list of each row; those of the first part's rows are known if it has the same centres."""
        known = np.empty(0, np.int64)
        if first.lists is not None and np.array_equal(first.lists.centres, centres):
            known = first.lists.places()[alive]
        return np.concatenate([known, assigned(codes[len(known) :], centres)])
