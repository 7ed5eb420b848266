"""Sketches of vectors, two bits a component: a quick look at all of them says which few are worth comparing.

A sketch is a product quantiser's code of two components each, looked through by the processor's own table look-ups; what is
proposed is then compared by its eight-bit codes, so that scores are those of a comparison of all.
Source: Jégou, Douze, Schmid, *Product Quantization for Nearest Neighbor Search*, PAMI 2011; André, Kermarrec, Le Scouarnec,
*Quicker ADC*, PAMI 2021.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SUFFIX", "Sketches", "products", "search_alone"]

SUFFIX = ".sketch.faiss"
# Rows of a part up to which all are compared and none is missed. Of 97,281 passages of 256 dimensions that took 1.4 ms, a look at
# the sketches .5 ms, with 1.000 of the ten nearest to 111 real questions among the proposed; of 298,954 passages 3.9 and 1.3 ms.
EXACT_UP_TO = 50_000
PROPOSED = 1_000  # at most of the ten nearest; of 298,954 passages 300 proposed held .9955 of them, 1,000 all
ROWS_PER_PROPOSED = 200  # below which fewer are proposed
AHEAD = 10  # times as many are proposed as are asked for, where that is more
WORTH_IT = 20  # rows to each that is proposed, below which comparing all is as quick
REMEMBERED = 16  # questions whose proposals are kept: where evidence folds together, more is asked for a moment later
# Rows listed at once, of which most that is asked for later is taken: 4,000 of 298,954 took 1.3 ms where 1,000 took 1.0.
LISTED, ROWS_PER_REMEMBERED = 4_000, 600
BITS, COMPONENTS = 4, 2
TRAINED_ON, TRAININGS = 16_384, 10  # rows and rounds; with four times and twice as many .1 % fewer were found
AT_ONCE = 16_384  # rows sketched together: 32 MB of floats
COMPARED_AT_ONCE = 1_024  # rows: 1 MB of floats, which stays near the processor


def _faiss() -> Any:
    import faiss  # only with a part beside it, which `medrag.kb.vectors` opened

    return faiss


class Sketches:
    """The sketches of all rows of a part, in their order."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._listed: dict[bytes, NDArray[np.int64]] = {}

    @classmethod
    def of(cls, codes: NDArray[np.uint8]) -> Sketches | None:
        """The sketches of rows of these codes, in the order of ids; None where all are compared, or where a component is odd."""
        dimensions = codes.shape[1]
        if len(codes) <= EXACT_UP_TO or dimensions % COMPONENTS:
            return None
        sample = _signed(codes[:TRAINED_ON])  # a fair one, for an id is a hash, and the same however the passages came
        middle = sample.mean(axis=0)  # all passages point away from it a little, which would waste most of the bits
        faiss = _faiss()
        index = faiss.IndexPQFastScan(dimensions, dimensions // COMPONENTS, BITS, faiss.METRIC_INNER_PRODUCT)
        index.pq.cp.niter = TRAININGS
        with _alone():
            index.train(sample - middle)
        for start in range(0, len(codes), AT_ONCE):
            index.add(_signed(codes[start : start + AT_ONCE]) - middle)
        return cls(index)

    @classmethod
    def open(cls, folder: Path, name: str) -> Sketches | None:
        """The sketches of a part, None where it has none."""
        path = folder / f"{name}{SUFFIX}"
        return cls(_faiss().read_index(str(path))) if path.exists() else None

    def save(self, folder: Path, name: str) -> None:
        """Writes the sketches beside their part, where no such file is."""
        with (folder / f"{name}{SUFFIX}").open("wb") as file:
            _faiss().write_index(self._index, _faiss().PyCallbackIOWriter(file.write))

    def proposed(
        self, row: NDArray[np.float32], k: int, seen: NDArray[np.bool_] | None, share: float
    ) -> NDArray[np.int64] | None:
        """The rows worth comparing for the k best, in ascending order; None where it is as quick to compare all.

        `seen` says which rows may be found (None: all), `share` how many of all these are.
        """
        rows = int(self._index.ntotal)
        many = int(max(min(PROPOSED, rows // ROWS_PER_PROPOSED), AHEAD * k) / share)
        if many * WORTH_IT > rows:
            return None
        found = np.sort(self._first(row, many, min(max(LISTED, rows // ROWS_PER_REMEMBERED), rows)))
        return found if seen is None else found[seen[found]]

    def _first(self, row: NDArray[np.float32], many: int, listed: int) -> NDArray[np.int64]:
        """The best rows by their sketches, so many; up to `listed` from a list that is kept, whoever asks for how many first."""
        if many > listed:
            return _there(search_alone(self._index, row, many)[1])
        key = row.tobytes()
        found = self._listed.get(key)
        if found is None:
            found = _there(search_alone(self._index, row, listed)[1])
            if len(self._listed) >= REMEMBERED:
                self._listed = {}  # never emptied in place: other threads may be reading it
            self._listed[key] = found
        return found[:many]


def _there(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows without what FAISS fills a list up with."""
    return rows[rows >= 0]


@contextmanager
def _alone() -> Iterator[None]:
    """A block in which this thread's work in FAISS is not shared out: waiting for other threads would take ten times as long."""
    faiss = _faiss()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread only; the user's own FAISS work keeps its number
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def search_alone(
    index: Any, row: NDArray[np.float32], k: int, selector: Any = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """FAISS's search for one query: the scores of the k best rows, and these."""
    with _alone():
        scores, rows = index.search(row, k, params=None if selector is None else _faiss().SearchParameters(sel=selector))
    return scores[0], rows[0]


def products(codes: NDArray[np.uint8], rows: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inner product of a query with the vector of each row, on this thread alone; exact, for these numbers are whole and small."""
    faiss, asked = _faiss(), np.ascontiguousarray(query[0])
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), COMPARED_AT_ONCE):
        vectors = codes[rows[start : start + COMPARED_AT_ONCE]].astype(np.float32)
        some = found[start : start + COMPARED_AT_ONCE]
        faiss.fvec_inner_products_ny(*map(faiss.swig_ptr, (some, asked, vectors)), vectors.shape[1], len(vectors))
    found -= 128.0 * float(asked.sum())  # codes are 128 too high
    return found


def _signed(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    return codes.astype(np.float32) - 128.0
