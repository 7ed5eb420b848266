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
# Rows of a part up to which all are compared and none is missed. Of 298,954 passages of 256 dimensions that took 4.4 ms, a look at
# the sketches 1.2 ms, with 1.000 of the ten nearest to 150 real questions among the thousand proposed.
EXACT_UP_TO = 200_000
PROPOSED = 1_000  # of 300 proposed .993 of the ten nearest were found, of 100 .948
AHEAD = 10  # times as many are proposed as are asked for, where that is more
MOST = 20_000  # above which all are compared
BITS, COMPONENTS = 4, 2
TRAINED_ON = 65_536
AT_ONCE = 100_000  # rows sketched together: 100 MB of floats


def _faiss() -> Any:
    import faiss  # only with a part beside it, which `medrag.kb.vectors` opened

    return faiss


class Sketches:
    """The sketches of all rows of a part, in their order."""

    def __init__(self, index: Any) -> None:
        self._index = index

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
        many = int(max(PROPOSED, AHEAD * k) / share)
        if many > MOST:
            return None
        rows = search_alone(self._index, row, many)[1]
        rows = np.sort(rows[rows >= 0])
        return rows if seen is None else rows[seen[rows]]


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


def products(codes: NDArray[np.uint8], row: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inner product of a query with each vector, on this thread alone; exact, for all these numbers are whole and small."""
    faiss, vectors, query = _faiss(), codes.astype(np.float32), np.ascontiguousarray(row[0])
    found = np.empty(len(vectors), np.float32)
    faiss.fvec_inner_products_ny(*map(faiss.swig_ptr, (found, query, vectors)), vectors.shape[1], len(vectors))
    found -= 128.0 * float(query.sum())  # codes are 128 too high
    return found


def _signed(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    return codes.astype(np.float32) - 128.0
