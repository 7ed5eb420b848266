"""One turn at a time in a conversation, however many have it open in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from weakref import WeakValueDictionary

from medrag.errors import SessionError

__all__ = ["InTurn", "Places"]


class InTurn:
    """Lets one turn of a conversation through at a time, and counts the turns that changed what is remembered of it."""

    def __init__(self) -> None:
        self.changes = 0
        self._lock = Lock()  # not by thread: a stream may be read by several, one after the other
        self._began = 0  # the thread that began the turn under way

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One turn, when those before it are over. Raises `SessionError` in a thread that would wait for itself for ever."""
        if not self._lock.acquire(blocking=self._began != get_ident()):
            raise SessionError("an answer of this session is still being read: read its stream to the end, or close it")
        self._began = get_ident()
        try:
            yield
        finally:
            self._began = 0
            self._lock.release()


class Places:
    """The `InTurn` of each conversation that somebody has open."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: WeakValueDictionary[tuple[str, str], InTurn] = WeakValueDictionary()

    def of(self, session_id: str, owner: str) -> InTurn:
        """The same one for everybody who has this conversation open."""
        with self._lock:
            found = self._open.get((owner, session_id))
            if found is None:
                found = self._open[owner, session_id] = InTurn()
            return found
