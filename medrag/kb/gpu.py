"""Exact vector search on a GPU, where FAISS sees one: the codes of a part as numbers of half precision.

The codes are whole numbers of -128 to 127, which half precision holds as they are, and a dot product of 256 of them stays
below 2**24, up to which single precision, in which the GPU adds, has every whole number: so scores are those of the CPU.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_FOUND", "OnGpu", "on_gpu"]

WORTH_IT = 100_000  # rows; fewer are looked through on the processor before the GPU has been asked
MAX_DIMENSIONS = 1_023  # of codes whose dot products are below 2**24
MAX_FOUND = 2_048  # rows that FAISS's GPU code finds at once
AT_ONCE = 100_000  # rows copied together
FIRST_GPU = 0


class OnGpu:
    """The codes of a part on a GPU; one search at a time, for FAISS's memory there is not made for more."""

    def __init__(self, faiss: Any, codes: NDArray[np.uint8]) -> None:
        config = faiss.GpuIndexFlatConfig()
        config.device, config.useFloat16 = FIRST_GPU, True
        self._index = faiss.GpuIndexFlatIP(_resources(faiss), codes.shape[1], config)
        self._lock = Lock()
        for start in range(0, len(codes), AT_ONCE):
            self._index.add(codes[start : start + AT_ONCE].astype(np.float32) - 128.0)

    def search(self, row: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best rows of all with their scores, best first; `row` has shape (1, dimensions)."""
        with self._lock:
            scores, rows = self._index.search(row, k)
        return scores[0], rows[0]


def on_gpu(faiss: Any, codes: NDArray[np.uint8]) -> OnGpu | None:
    """The codes on a GPU; None where there is none, where they are few, or where scores would not be exact."""
    if faiss.get_num_gpus() == 0 or len(codes) < WORTH_IT or codes.shape[1] > MAX_DIMENSIONS:
        return None
    return OnGpu(faiss, codes)


@lru_cache(maxsize=1)
def _resources(faiss: Any) -> Any:
    return faiss.StandardGpuResources()
