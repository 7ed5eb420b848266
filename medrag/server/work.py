"""Answering in threads: one result or a stream of events, stopped when the client leaves or the time is up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, Generic, TypeVar

from starlette.requests import ClientDisconnect, Request

from medrag.server.errors import ApiError
from medrag.server.metrics import Metrics
from medrag.server.settings import ServerSettings

__all__ = ["Work", "client_left"]

T = TypeVar("T")
LEAVE_S = 3.0  # that a cancelled model is waited for, so that its evidence still goes out


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


class Work:
    """Two pools of threads: few, for what keeps a processor busy, and many, for models that are mostly waited for.

    More threads than processors would only take the interpreter from one another, and every answer would come late.
    """

    def __init__(self, settings: ServerSettings, metrics: Metrics) -> None:
        self._timeout = settings.timeout
        self._metrics = metrics
        self._busy = ThreadPoolExecutor(min(settings.threads, os.cpu_count() or 1), "medrag-answer")
        self._waiting = ThreadPoolExecutor(settings.concurrent, "medrag-model")

    def close(self) -> None:
        """Waits for nobody: what has not begun does not begin any more."""
        for pool in (self._busy, self._waiting):
            pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, request: Request, call: Callable[[Event], T], *, waits: bool = False) -> T:
        """What the call returns, worked out in a thread; its event is set when the client leaves or the time is up.

        `waits` where a model writes. Raises a 504 for what does not end even then.
        """
        cancel = Event()
        pool = self._waiting if waits else self._busy
        done = asyncio.get_running_loop().run_in_executor(pool, copy_context().run, call, cancel)
        gone = asyncio.ensure_future(client_left(request))
        try:
            both: set[asyncio.Future[Any]] = {done, gone}
            await asyncio.wait(both, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            cancel.set()
            left = gone.done()
            self._metrics.stopped.labels("client left" if left else "time").inc()
            if left:
                raise ClientDisconnect
            await asyncio.wait({done}, timeout=LEAVE_S)
            if done.done():
                return done.result()
            raise self._too_late()
        finally:
            cancel.set()
            gone.cancel()
            if not done.done():
                done.cancel()  # if it has not begun
            done.add_done_callback(_forget)

    async def stream(self, events: Callable[[Event], Iterator[T]], *, waits: bool = False) -> AsyncGenerator[list[T], None]:
        """What an iterator in a thread gives, as many at a time as are there; leaving early sets its event.

        A list without items every few seconds says that it is still at work. What it raises is raised here.
        """
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[_Item[T] | _Raised | None] = asyncio.Queue()
        cancel = Event()
        pool = self._waiting if waits else self._busy
        thread = loop.run_in_executor(pool, copy_context().run, partial(_fed, loop, queue, events, cancel))
        deadline = loop.time() + self._timeout
        try:
            while True:
                some, ended = await self._next(queue, deadline, cancel)
                if some or not ended:
                    yield some
                if ended:
                    return
        finally:
            cancel.set()
            thread.cancel()  # if it has not begun
            thread.add_done_callback(_forget)

    async def _next(
        self, queue: asyncio.Queue[_Item[T] | _Raised | None], deadline: float, cancel: Event
    ) -> tuple[list[T], bool]:
        """What is in the queue, waiting for the first; whether that was all."""
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0 and not cancel.is_set():
            cancel.set()
            self._metrics.stopped.labels("time").inc()
        if left <= -LEAVE_S:
            raise self._too_late()
        items: list[T] = []
        try:
            async with asyncio.timeout(min(BEAT_S, left) if left > 0 else LEAVE_S):
                item = await queue.get()
        except TimeoutError:
            return items, False
        while True:
            if item is None:
                return items, True
            if isinstance(item, _Raised):
                raise item.error
            items.append(item.value)
            if queue.empty():
                return items, False
            item = queue.get_nowait()

    def _too_late(self) -> ApiError:
        return ApiError(504, f"there was no answer within {self._timeout:.0f} s", code="timeout")


BEAT_S = 10.0  # seconds after which a silent stream shows that it lives


def _fed(
    loop: asyncio.AbstractEventLoop,
    queue: asyncio.Queue[_Item[T] | _Raised | None],
    events: Callable[[Event], Iterator[T]],
    cancel: Event,
) -> None:
    """Puts what the iterator gives into the queue, in the loop's own thread."""

    def put(item: _Item[T] | _Raised | None) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(queue.put_nowait, item)

    try:
        for event in events(cancel):
            put(_Item(event))
    except BaseException as error:  # carried over to the loop's side, whatever it is
        put(_Raised(error))
        return
    put(None)


async def client_left(request: Request) -> None:
    """Returns when the client has left; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _forget(future: asyncio.Future[Any]) -> None:
    """Looks at what became of a future that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
