"""Vectors in eight bits a component, by one fixed scale: the same passage has the same codes in every engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALE", "quantised"]

SCALE = 127.0  # components of unit vectors lie in -1..1; the cosine of two is then right to about .002


def quantised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The codes of some vectors, whole numbers from -128 to 127 that are kept as floats."""
    clipped: NDArray[np.float32] = np.clip(np.rint(vectors * SCALE), -128, 127).astype(np.float32)
    return clipped
