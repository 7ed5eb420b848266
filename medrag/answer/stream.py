"""The same answer as a stream: of one that is finished already, and for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Event, Thread

from medrag.types import Answer, StreamEvent

__all__ = ["events_of", "in_thread"]

LEAVE_S = 1.0  # that a cancelled answer is waited for


def events_of(answer: Answer) -> Iterator[StreamEvent]:
    """The events of a finished answer, but for the last, which holds the answer: its text, cut behind each claim."""
    at = 0
    for place, claim in enumerate(answer.claims):
        following = answer.claims[place + 1].start if place + 1 < len(answer.claims) else len(answer.text)
        line = answer.text.find("\n", claim.end)  # marks stand behind the claim, on its line
        end = following if line < 0 else max(min(line + 1, following), claim.end)
        yield StreamEvent.model_construct(text=answer.text[at:end], claim=claim)
        at = end
    if at < len(answer.text):
        yield StreamEvent.model_construct(text=answer.text[at:])


async def in_thread(events: Callable[[Event], Iterator[StreamEvent]]) -> AsyncIterator[StreamEvent]:
    """The events of an iterator that runs in a thread of its own; leaving the loop early sets the event it was given.

    What the iterator raises is raised here. A thread that does not end soon after that is left to end by itself.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[StreamEvent | BaseException | None] = asyncio.Queue()
    ended = asyncio.Event()
    cancel = Event()

    def tell(call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(call)

    def run() -> None:
        last: BaseException | None = None
        try:
            for event in events(cancel):
                if cancel.is_set():
                    break
                tell(partial(queue.put_nowait, event))
        except BaseException as error:  # carried over to the loop's side, whatever it is
            last = error
        tell(partial(queue.put_nowait, last))
        tell(ended.set)

    Thread(target=run, name="medrag-answer", daemon=True).start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        cancel.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), LEAVE_S)
