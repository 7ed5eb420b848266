"""An answer as server-sent events: begun only when the question was found fit, alive while a model thinks, ended with what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from threading import Event
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from medrag.server.desk import Desk
from medrag.server.errors import body_of, error_of
from medrag.server.metrics import Metrics
from medrag.server.work import Work, client_left
from medrag.types import StreamEvent

__all__ = ["STREAM", "streamed"]

STREAM: dict[str, Any] = {"text/event-stream": {"schema": {"type": "string"}}}  # of a response that may be one
AT_WORK = b": at work\n\n"  # a comment, which clients pass over


async def streamed(
    work: Work,
    request: Request,
    desk: Desk,
    events: Callable[[Event], Iterator[StreamEvent]],
    written: Callable[[StreamEvent], bytes],
    failed: Callable[[dict[str, Any]], bytes],
    *,
    end: bytes = b"",
) -> Response:
    """The response that sends the events, each as it is `written`; a failure after the first as `failed` writes it.

    What goes wrong before the first event is raised, while there is a status to send. Where the client leaves, the event
    that the iterator was given is set.
    """
    began, metrics = perf_counter(), desk.metrics
    stream = work.stream(events, waits=desk.waits)
    first = await _first(stream, request, metrics)

    async def sent() -> AsyncIterator[bytes]:
        some: list[StreamEvent] | None = first
        silent = True
        metrics.streams.inc()
        try:
            while some is not None:
                yield b"".join(map(written, some)) or AT_WORK
                silent = silent and _still_silent(some, began, metrics)
                some = await anext(stream, None)
            yield end
        except Exception as error:
            yield failed(body_of(error_of(error)))
        finally:
            metrics.streams.dec()
            await stream.aclose()

    return StreamingResponse(sent(), media_type="text/event-stream")


async def _first(stream: AsyncGenerator[list[StreamEvent], None], request: Request, metrics: Metrics) -> list[StreamEvent]:
    """The first events. Nothing was sent yet, so whether the client is still there has to be asked: a model may think long."""
    gone = asyncio.ensure_future(client_left(request))
    try:
        while True:
            step = asyncio.ensure_future(anext(stream))
            await asyncio.wait({step, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                step.cancel()  # which ends the stream and sets its event
                metrics.stopped.labels("client left").inc()
                raise ClientDisconnect
            if some := step.result():
                return some
    finally:
        gone.cancel()


def _still_silent(events: list[StreamEvent], began: float, metrics: Metrics) -> bool:
    """Whether no words have come yet; counts how long the first were waited for."""
    if not any(one.text for one in events):
        return True
    metrics.first_text.observe(perf_counter() - began)
    return False
