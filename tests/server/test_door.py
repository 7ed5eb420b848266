"""The door of a worker: connections are shared evenly, and nobody is waited for that does not come."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableSequence
from contextlib import AsyncExitStack, closing

from medrag.server.door import CLOSED, Door


class Worker:
    """What stands behind a door here: it counts the connections that it has."""

    def __init__(self, listener: socket.socket, places: MutableSequence[int], own: int, came: asyncio.Event) -> None:
        self.connections: set[asyncio.BaseTransport] = set()
        self.came = came
        self.door = Door(listener, places, own, open_now=lambda: len(self.connections), protocol=lambda: Spoken(self))


class Spoken(asyncio.Protocol):
    """One connection of a worker."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.worker.connections.add(transport)
        self.worker.came.set()

    def connection_lost(self, _: Exception | None) -> None:
        self.worker.connections.discard(self.transport)
        self.worker.came.set()


def ran(test: Callable[[socket.socket, AsyncExitStack], Awaitable[None]]) -> None:
    """Runs a test in a loop, with a socket that listens and a stack of what is closed behind it."""

    async def whole() -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            async with AsyncExitStack() as stack:
                await test(listener, stack)

    asyncio.run(asyncio.wait_for(whole(), 60))


async def connected(listener: socket.socket, stack: AsyncExitStack) -> asyncio.StreamWriter:
    """One more client."""
    _, writer = await asyncio.open_connection(*listener.getsockname())
    stack.push_async_callback(writer.wait_closed)
    stack.callback(writer.close)
    return writer


async def until(came: asyncio.Event, true: Callable[[], bool]) -> None:
    """Waits for connections to come or end until something is so."""
    while not true():
        came.clear()
        await came.wait()


def test_connections_that_come_at_once_are_shared_evenly() -> None:
    async def test(listener: socket.socket, stack: AsyncExitStack) -> None:
        places, came = [CLOSED] * 3, asyncio.Event()
        workers = [Worker(stack.enter_context(closing(listener.dup())), places, own, came) for own in range(3)]
        for worker in workers:
            worker.door.open()
            stack.callback(worker.door.close)
        await asyncio.gather(*(connected(listener, stack) for _ in range(12)))
        await until(came, lambda: sum(len(worker.connections) for worker in workers) == 12)
        assert [len(worker.connections) for worker in workers] == [4, 4, 4]
        assert [worker.door.tell() for worker in workers] == places == [4, 4, 4]

    ran(test)


def test_a_worker_that_lost_its_connections_has_the_next_ones() -> None:
    async def test(listener: socket.socket, stack: AsyncExitStack) -> None:
        places, came = [CLOSED] * 2, asyncio.Event()
        workers = [Worker(stack.enter_context(closing(listener.dup())), places, own, came) for own in range(2)]
        for worker in workers:
            worker.door.open()
            stack.callback(worker.door.close)
        for _ in range(4):
            await connected(listener, stack)
        await until(came, lambda: sum(len(worker.connections) for worker in workers) == 4)
        for transport in list(workers[0].connections):
            transport.close()
        await until(came, lambda: not workers[0].connections)
        for _ in range(2):
            await connected(listener, stack)
        await until(came, lambda: sum(len(worker.connections) for worker in workers) == 4)
        assert [len(worker.connections) for worker in workers] == [2, 2]

    ran(test)


def test_a_worker_with_fewer_connections_that_does_not_come_is_not_waited_for() -> None:
    async def test(listener: socket.socket, stack: AsyncExitStack) -> None:
        came = asyncio.Event()
        worker = Worker(listener, [0, 0], 1, came)  # the other died, and nobody has noticed
        worker.door.open()
        stack.callback(worker.door.close)
        for count in (1, 2, 3):
            await connected(listener, stack)
            await until(came, lambda count=count: len(worker.connections) == count)  # type: ignore[misc]

    ran(test)


def test_a_closed_door_takes_nothing_and_is_nobodys_turn() -> None:
    async def test(listener: socket.socket, stack: AsyncExitStack) -> None:
        places, came = [CLOSED] * 2, asyncio.Event()
        shut, other = (Worker(stack.enter_context(closing(listener.dup())), places, own, came) for own in range(2))
        for worker in (shut, other):
            worker.door.open()
            stack.callback(worker.door.close)
        shut.door.close()
        for _ in range(3):
            await connected(listener, stack)
        await until(came, lambda: len(other.connections) == 3)
        assert places == [CLOSED, 3] and shut.door.tell() == CLOSED and not shut.connections

    ran(test)
