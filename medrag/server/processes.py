"""The processes of a server: one socket, which as many workers listen on as are asked for, kept alive until they are told to end."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import MutableSequence
from dataclasses import dataclass
from logging.config import dictConfig
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, cast

import uvicorn

from medrag.errors import MedRAGError
from medrag.server.door import CLOSED, Door
from medrag.server.logs import log_config
from medrag.server.settings import ServerSettings

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["listen", "serve"]

log = logging.getLogger(__name__)

QUEUE = 2_048  # connections that the system holds until a worker takes them
LOOKS_S = 0.5  # between looks at whether the workers live
YOUNG_S = 10.0  # a worker that dies younger could not start
MAX_YOUNG = 5  # of which so many in a row end the server
LEAVE_S = 5.0  # beyond the time for streams


class _Server(uvicorn.Server):
    """One worker of several, each at a door of its own; `places` and `own` are as a `Door` has them."""

    def __init__(self, config: uvicorn.Config, places: MutableSequence[int], own: int) -> None:
        super().__init__(config)
        self._places = places
        self._own = own
        self._doors: list[Door] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the doors once the app is there."""
        await super().startup(sockets=[])
        for one in sockets or ():
            door = Door(one, self._places, self._own, open_now=self._open_now, protocol=self._protocol)
            self._doors.append(door)
            door.open()

    async def on_tick(self, counter: int) -> bool:
        """Tells the other workers of connections that have ended, too."""
        for door in self._doors:
            door.tell()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes the doors first."""
        for door in self._doors:
            door.close()
        await super().shutdown(sockets=sockets)

    def _open_now(self) -> int:
        return len(self.server_state.connections)

    def _protocol(self) -> asyncio.Protocol:
        speaks = cast("type[H11Protocol]", self.config.http_protocol_class)
        return speaks(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises where it is taken or not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=QUEUE)
    except OSError as error:
        raise MedRAGError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}: choose another --port or --host"
        ) from None


def serve(bound: socket.socket, settings: ServerSettings) -> None:
    """Answers until the process is told to end; the plan is in the environment (`medrag.server.worker`)."""
    if settings.workers == 1:
        uvicorn.Server(_config(settings.grace)).run(sockets=[bound])
    else:
        _supervise(bound, settings)


def _config(grace: int) -> uvicorn.Config:
    return uvicorn.Config(
        "medrag.server.worker:make_app",
        factory=True,
        log_config=log_config(),
        access_log=False,  # its lines hold whole addresses; the gate writes its own
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=grace,
        backlog=QUEUE,
    )


def _worker(bound: socket.socket, grace: int, places: MutableSequence[int], own: int) -> None:
    """A worker's whole life; it ends with the process that started it, however that ends."""
    Thread(target=_end_with_parent, name="medrag-parent", daemon=True).start()
    _Server(_config(grace), places, own).run(sockets=[bound])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _supervise(bound: socket.socket, settings: ServerSettings) -> None:
    dictConfig(log_config())
    stop = Event()

    def told(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    places = multiprocessing.get_context("spawn").RawArray("i", [CLOSED] * settings.workers)
    workers = [_started(bound, settings, places, own) for own in range(settings.workers)]
    young = 0
    try:
        while not stop.wait(LOOKS_S):
            for own, worker in enumerate(workers):
                if worker.process.is_alive():
                    continue
                young = young + 1 if monotonic() - worker.since < YOUNG_S else 0
                if young >= MAX_YOUNG:
                    raise MedRAGError("the server's processes cannot start: the log above says why")
                log.error("a process ended with %s: another takes its place", worker.process.exitcode)
                workers[own] = _started(bound, settings, places, own)
    finally:
        _end([worker.process for worker in workers], settings.grace + LEAVE_S)


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process that was started, and when."""

    process: SpawnProcess
    since: float


def _started(bound: socket.socket, settings: ServerSettings, places: MutableSequence[int], own: int) -> _Worker:
    places[own] = CLOSED  # until its door is open
    arguments = (bound, settings.grace, places, own)
    worker = multiprocessing.get_context("spawn").Process(target=_worker, args=arguments)
    worker.start()
    return _Worker(worker, monotonic())


def _end(workers: list[SpawnProcess], patience: float) -> None:
    """Ends the workers when their streams have ended, or after so many seconds."""
    for worker in workers:
        worker.terminate()
    until = monotonic() + patience
    for worker in workers:
        worker.join(max(0.0, until - monotonic()))
        if worker.is_alive():
            worker.kill()
            worker.join()
