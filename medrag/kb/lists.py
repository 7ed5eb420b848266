"""Lists of vectors that point the same way, so that a question looks through the nearest lists and not through all vectors.

Rows of a part are ordered by list, and in a list by passage id; a list is then a span of rows, read in place.
Source: Jégou, Douze, Schmid, *Product Quantization for Nearest Neighbor Search* (its inverted file), PAMI 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medrag.kb.arrays import save_array

__all__ = ["Lists"]

PER_LIST = 40  # vectors a list is trained on; FAISS asks for 39
ROUNDS = 6  # of k-means; ten find .002 more of the ten nearest in a million
SEED = 1
AT_ONCE = 50_000  # vectors assigned together: 50 MB of floats
# The share of all rows that is looked through. Real questions point away from all passages (a cosine of .3 to .5), so that
# what is nearest to them lies in many lists: of 111,101 passages in 1,024 lists, the nearest .03 of the rows held .92 of the
# ten nearest, .06 held .956, .12 held .971 and .25 held .995 (197 questions). Questions cut out of passages want .01.
PROBED = 0.2
WORTH_LISTS = 0.5  # above that share of the rows all are looked through


def _faiss() -> Any:
    import faiss  # only with a base beside it, which `medrag.kb.vectors` opened

    return faiss


@dataclass(frozen=True, slots=True)
class Lists:
    """Where each list begins, and its centre: `starts` has one number more than `centres` has rows."""

    starts: NDArray[np.int64]
    centres: NDArray[np.float32]

    @classmethod
    def open(cls, folder: Path, name: str) -> Lists | None:
        """The lists of a part, None where its rows are in none."""
        path = folder / f"{name}.centres.npy"
        if not path.exists():
            return None
        return cls(np.load(folder / f"{name}.starts.npy"), np.load(path))

    def save(self, folder: Path, name: str) -> None:
        """Writes the lists beside their part, where no such files are."""
        save_array(folder / f"{name}.starts.npy", self.starts)
        save_array(folder / f"{name}.centres.npy", self.centres)

    @classmethod
    def of(cls, places: NDArray[np.int64], centres: NDArray[np.float32]) -> Lists:
        """The lists of rows of which each is in the list that `places` says, in ascending order."""
        return cls(np.searchsorted(places, np.arange(len(centres) + 1)), centres)

    def places(self) -> NDArray[np.int64]:
        """The list of each row."""
        return np.repeat(np.arange(len(self.centres)), np.diff(self.starts))

    def nearest(self, row: NDArray[np.float32], share: float) -> list[tuple[int, int, int]]:
        """The lists to look through as (list, first row, row behind the last), where such a share of all rows may be found."""
        order = np.argsort(-_products(row, self.centres), kind="stable")
        sizes = np.diff(self.starts)[order]
        enough = int(np.searchsorted(np.cumsum(sizes), PROBED / share * self.starts[-1])) + 1
        best = order[:enough][sizes[:enough] > 0]
        return list(zip(best.tolist(), self.starts[best].tolist(), self.starts[best + 1].tolist(), strict=True))

    def takes_all(self, share: float) -> bool:
        """Whether so few rows may be found that looking through all is as quick, and misses none."""
        return PROBED / share > WORTH_LISTS


def _products(row: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inner product of a query with each centre, on this thread alone: BLAS would share it out, and wait for longer than it takes."""
    faiss = _faiss()
    found = np.empty(len(centres), np.float32)
    pointers = map(faiss.swig_ptr, (found, np.ascontiguousarray(row[0]), centres))
    faiss.fvec_inner_products_ny(*pointers, centres.shape[1], len(centres))
    return found


def lists_for(rows: int) -> int:
    """Into how many lists so many rows go: about twice the root of their number, so that a question costs as little as that."""
    return int(2 ** round(log2(2 * sqrt(rows))))


def trained(vectors: NDArray[np.float32], lists: int) -> NDArray[np.float32]:
    """The centres of so many lists, shape (lists, dimensions), by k-means from a fixed seed."""
    faiss = _faiss()
    made = faiss.Kmeans(
        vectors.shape[1],
        lists,
        niter=ROUNDS,
        seed=SEED,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=PER_LIST,
    )
    made.train(vectors)
    centres: NDArray[np.float32] = made.centroids
    return centres


def assigned(codes: NDArray[np.uint8], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The list of each vector, given as 8-bit codes."""
    coarse = _faiss().IndexFlatIP(centres.shape[1])
    coarse.add(centres)
    places = np.empty(len(codes), np.int64)
    for start in range(0, len(codes), AT_ONCE):
        some = codes[start : start + AT_ONCE].astype(np.float32) - 128.0
        places[start : start + len(some)] = coarse.search(some, 1)[1][:, 0]
    return places
