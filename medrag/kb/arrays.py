"""Arrays in files, written so that a disk without room is told: numpy's own `save` loses the last bytes of a small one silently."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["save_array"]


class _Written:
    """A file that numpy knows as none of Python's, so that it writes through it and not through a stream of C beside it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Writes an array as `numpy.load` reads it."""
    with path.open("wb") as file:
        np.lib.format.write_array(_Written(file), np.ascontiguousarray(array), allow_pickle=False)
