"""Python's search for cycles of objects, made rare while records are read.

It looks through what was made since the last time after every 700 objects, and then through far more. Records hold no cycles,
so an ingest of millions of rows spends a quarter of its time on finding none.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["rarely_collected"]

EVERY = 100_000  # objects

_lock = Lock()
_runs = 0  # going on in this process at once
_usual = gc.get_threshold()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Inside, cycles are looked for every so many objects; where it is left last, as often as before. Off stays off."""
    global _runs, _usual
    with _lock:
        _runs += 1
        if _runs == 1:
            _usual = gc.get_threshold()
            if 0 < _usual[0] < EVERY:
                gc.set_threshold(EVERY, *_usual[1:])
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if not _runs:
                gc.set_threshold(*_usual)
