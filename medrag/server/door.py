"""The door of a worker process: it takes connections from the socket that all workers listen on, no more than its share."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, MutableSequence

__all__ = ["CLOSED", "Door"]

log = logging.getLogger(__name__)

CLOSED = (1 << 31) - 1  # the place of a worker that takes nothing
STEP_S = 0.005  # between looks of a worker that leaves a connection to another
MAX_STEPS = 20  # after which it takes the connection all the same: whose turn it is may be busy, or gone
FULL_S = 1.0  # that is waited for where the process may open no more files


class Door:
    """Takes connections where no other worker has fewer.

    Else whichever process wakes first takes them all: with keep-alive one may be left with sixteen connections beside another
    that has none. `places` is memory that all workers see, one number for each; `own` is this worker's, which it alone writes.
    `open_now` counts its connections, and `protocol` makes what speaks on one.
    """

    def __init__(
        self,
        listener: socket.socket,
        places: MutableSequence[int],
        own: int,
        *,
        open_now: Callable[[], int],
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        self._listener = listener
        self._places = places
        self._own = own
        self._open_now = open_now
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._greeting: set[asyncio.Task[object]] = set()  # held here, for the loop holds them weakly
        self._expected = 0  # connections that were taken and are not among those that are open yet
        self._closed = False

    def open(self) -> None:
        """Begins to take connections."""
        self._listener.setblocking(False)
        self.tell()
        self._loop.add_reader(self._listener, self._knocked)

    def close(self) -> None:
        """Takes no more."""
        self._closed = True
        self._loop.remove_reader(self._listener)
        self._places[self._own] = CLOSED

    def tell(self) -> int:
        """Tells the others how many connections there are; how many."""
        if not self._closed:
            self._places[self._own] = self._open_now() + self._expected
        return self._places[self._own]

    def _knocked(self) -> None:
        if self._is_ahead():
            self._loop.remove_reader(self._listener)  # which would else report the connection again and again
            self._loop.call_later(STEP_S, self._look, MAX_STEPS)
        else:
            self._take()

    def _is_ahead(self) -> bool:
        """Whether another worker has fewer connections."""
        return self.tell() > min(self._places)

    def _look(self, steps: int) -> None:
        """Waits on where it is another's turn; takes what nobody came for."""
        if self._closed:
            return
        if steps and self._is_ahead():
            self._loop.call_later(STEP_S, self._look, steps - 1)
            return
        self._loop.add_reader(self._listener, self._knocked)
        self._take()

    def _take(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was faster, or the client has left
        except OSError as error:
            log.error("no connection can be taken: %s", error.strerror)
            self._loop.remove_reader(self._listener)
            self._loop.call_later(FULL_S, self._look, 0)
            return
        connection.setblocking(False)
        self._expected += 1
        self.tell()
        greeting = self._loop.create_task(self._loop.connect_accepted_socket(self._greeted, connection))
        self._greeting.add(greeting)
        greeting.add_done_callback(self._ended)

    def _greeted(self) -> asyncio.Protocol:
        self._loop.call_soon(self._met)  # what tells the protocol of its connection comes right behind
        return self._protocol()

    def _met(self) -> None:
        self._expected -= 1

    def _ended(self, greeting: asyncio.Task[object]) -> None:
        self._greeting.discard(greeting)
        if not greeting.cancelled() and greeting.exception() is not None:
            log.error("a connection could not be set up: %s", type(greeting.exception()).__name__)
