"""Work that needs a question's text alone, done in a second thread while this one finds out what the question is about.

Vectors are searched by native code, beside which Python's other threads run. Of work that is Python for the most part this makes
nothing quicker. Who finds other questions being asked does it all himself: then the processors have enough to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Once", "ahead", "none_spared"]

T = TypeVar("T")


class Once(Generic[T]):
    """What is worked out by the thread that asks first; others wait for it. Where it fails, the next one tries again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: tuple[T] | None = None

    def get(self, make: Callable[[], T]) -> T:
        """What `make` returned to the first."""
        with self._lock:
            if self._found is None:
                self._found = (make(),)
            return self._found[0]


class _Helper:
    """The second thread of this process, and how many questions are being asked in it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.asking = 0
        self.pool = ThreadPoolExecutor(1, "medrag-ahead")
        self.spared = (os.cpu_count() or 1) > 1


@lru_cache(maxsize=1)
def _helper(process: int) -> _Helper:
    """The helper of a process: threads are not carried through a fork."""
    return _Helper()


def none_spared() -> None:
    """Says that other processes keep the processors busy, so that this one has nothing to gain from a second thread."""
    _helper(os.getpid()).spared = False


@contextmanager
def ahead(work: Callable[[], object]) -> Iterator[None]:
    """A block beside which the work is begun; it is done, or was not begun, when the block is left.

    Whoever needs what it finds asks for the same by a `Once`. What it raises, it raises again to him.
    """
    helper = _helper(os.getpid())
    with helper.lock:
        helper.asking += 1
        alone = helper.asking == 1
    begun = helper.pool.submit(_done, work) if alone and helper.spared else None
    try:
        yield
    finally:
        with helper.lock:
            helper.asking -= 1
        if begun is not None and not begun.cancel():
            begun.result()


def _done(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()
