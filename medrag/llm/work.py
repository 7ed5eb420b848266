"""The thread in which a model speaks: asks again where that may help, ends when told to, and hands on every fault."""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from medrag.errors import MedRAGError

__all__ = ["Finish", "Limits", "Piece", "Places", "Stop", "Worker", "may_pass"]

logger = logging.getLogger(__name__)

WAITING_PIECES = 256  # between worker and reader; a worker whose reader is slower waits
LOOK_S = 0.05  # how often a waiting thread looks whether it was told to stop
LATER = frozenset({408, 409, 425, 429, 500, 502, 503, 504})  # HTTP statuses after which asking again may help


class Finish(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"  # the model had said as many tokens as it may
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    REPEATED = "repeated"
    TOO_LONG = "too-long"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a reply. Times in seconds; reading a long prompt on a processor takes minutes, hence the first."""

    first_s: float = 180.0  # until the first word, further attempts included; a sign of life prolongs it, up to three times
    next_s: float = 60.0  # between two words
    total_s: float = 900.0  # all of it, waiting for a place included
    characters: int = 20_000
    attempts: int = 3  # before the first piece; after it nothing is asked twice
    pause_s: float = 0.5  # before the second attempt; doubled each time, and up to half as long again by chance
    at_once: int | None = None  # replies under way; None: one for a model in this process, else four


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a reply (none: a sign of life), and on its last piece why the model ended it, where it says so."""

    text: str
    finish: Finish | None = None


class Stop(threading.Event):
    """An event that also does something when it is set: what waits elsewhere than for it is woken."""

    def __init__(self) -> None:
        super().__init__()
        self._then: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    def then(self, call: Callable[[], None]) -> None:
        """Calls it when the event is set, or now where it is."""
        with self._guard:
            if not self.is_set():
                self._then.append(call)
                return
        call()

    def set(self) -> None:
        """Sets it."""
        with self._guard:
            super().set()
            calls, self._then = self._then, []
        for call in calls:
            call()


class Places:
    """How many replies of a model may be under way; further ones wait."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._free = threading.BoundedSemaphore(at_once)

    def take(self, deadline: float, stopped: Callable[[], bool]) -> bool:
        """Whether a place was got before the deadline (of `time.monotonic`) and before `stopped` held."""
        while not self._free.acquire(timeout=LOOK_S):
            if stopped() or time.monotonic() > deadline:
                return False
        return True

    def give_back(self) -> None:
        """Frees the place."""
        self._free.release()


class Worker:
    """Runs `start(stop)` in a thread of its own. `take` gets what comes: a piece, what went wrong, or None at the end.

    It holds a place from its start until the thread has really ended: a model that does not come back keeps its place, so
    that hanging calls cannot pile up.
    """

    def __init__(self, start: Callable[[threading.Event], Iterator[Piece]], limits: Limits, places: Places) -> None:
        self._start = start
        self._limits = limits
        self._places = places
        self._said = False
        self._stop = Stop()
        self._out: queue.Queue[Piece | BaseException | None] = queue.Queue(WAITING_PIECES)
        self._thread = threading.Thread(target=self._work, name="medrag-llm", daemon=True)

    def start(self) -> None:
        """Begins; the place that was taken for it is given back when it ends."""
        try:
            self._thread.start()
        except RuntimeError:  # no more threads
            self._places.give_back()
            raise

    def take(self, timeout: float) -> Piece | BaseException | None:
        """The next piece, what went wrong, or None at the end; `queue.Empty` where nothing came in time."""
        return self._out.get(timeout=timeout)

    def stop(self) -> None:
        """Tells it to end; it does at its next piece."""
        self._stop.set()

    def _work(self) -> None:
        try:
            self._put(self._attempts())
        finally:
            self._places.give_back()

    def _attempts(self) -> BaseException | None:
        """What the last attempt ended with: None, or what went wrong."""
        for attempt in range(1, self._limits.attempts + 1):
            try:
                self._speak()
                return None
            except BaseException as error:  # the thread's last door: the reader is told, whatever it was
                if self._said or attempt == self._limits.attempts or not may_pass(error):
                    return error
                logger.info("attempt %d of %d failed: %s", attempt, self._limits.attempts, type(error).__name__)
                if self._stop.wait(self._limits.pause_s * 2 ** (attempt - 1) * random.uniform(1.0, 1.5)):
                    return error
        return None

    def _speak(self) -> None:
        pieces = self._start(self._stop)
        try:
            for piece in pieces:
                self._said = self._said or bool(piece.text)
                if not self._put(piece):
                    return
        finally:
            close = getattr(pieces, "close", None)  # a generator: ends its connection now, not when it is collected
            if close is not None:
                close()

    def _put(self, item: Piece | BaseException | None) -> bool:
        """Whether it was handed on; not where nobody reads any more."""
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._out.put(item, timeout=LOOK_S)
                return True
        return False


def may_pass(error: BaseException) -> bool:
    """Whether asking again may help: the network failed, or the server said that it is busy or broken just now."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ConnectionError | TimeoutError):
            return True
        if isinstance(seen, MedRAGError):
            return False
        status = getattr(seen, "status_code", None)
        if isinstance(status, int):
            return status in LATER
        seen = seen.__cause__
    return False
