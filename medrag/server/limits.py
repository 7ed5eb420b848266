"""How much a caller may ask at a time and in a minute; counted in one process, by its event loop alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from time import monotonic

from medrag.server.errors import ApiError
from medrag.server.keys import Caller
from medrag.server.settings import ServerSettings

__all__ = ["Limits"]

MINUTE = 60.0
BUSY_RETRY = 1  # seconds after which one that was too many may try again


@dataclass(slots=True)
class _Bucket:
    """What a key has left of its minute."""

    left: float
    at: float


class Limits:
    """Admits requests: so many under way in all and of one key, and so many a minute of a key (a token bucket)."""

    def __init__(self, settings: ServerSettings, *, clock: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    @contextmanager
    def admitted(self, who: Caller) -> Iterator[None]:
        """Holds a place for a request. Raises a 429 that says when to come again."""
        self._count(who)
        if self._under_way.total() >= self._settings.concurrent:
            raise _too_many(f"the server answers {self._settings.concurrent} requests at a time already", BUSY_RETRY)
        if self._under_way[who.id] >= self._settings.key_concurrent:
            raise _too_many(f"this key has {self._settings.key_concurrent} requests under way already", BUSY_RETRY)
        self._under_way[who.id] += 1
        try:
            yield
        finally:
            self._under_way[who.id] -= 1
            if not self._under_way[who.id]:
                del self._under_way[who.id]

    def _count(self, who: Caller) -> None:
        rate = who.rate or self._settings.rate
        if rate is None:
            return
        now = self._clock()
        bucket = self._buckets.setdefault(who.id, _Bucket(float(rate), now))
        bucket.left = min(float(rate), bucket.left + (now - bucket.at) * rate / MINUTE)
        bucket.at = now
        if bucket.left < 1:
            raise _too_many(f"this key may send {rate} requests a minute", ceil((1 - bucket.left) * MINUTE / rate))
        bucket.left -= 1


def _too_many(message: str, seconds: int) -> ApiError:
    return ApiError(
        429,
        f"{message}: try again in {seconds} s",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(seconds)},
    )
