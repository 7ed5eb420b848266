"""The processes of a server: one socket, which as many workers listen on as are asked for, kept alive until they are told to end."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
from logging.config import dictConfig
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from time import monotonic
from types import FrameType

import uvicorn

from medrag.errors import MedRAGError
from medrag.server.logs import log_config
from medrag.server.settings import ServerSettings

__all__ = ["listen", "serve"]

log = logging.getLogger(__name__)

QUEUE = 2_048  # connections that the system holds until a worker takes them
LOOKS_S = 0.5  # between looks at whether the workers live
YOUNG_S = 10.0  # a worker that dies younger could not start
MAX_YOUNG = 5  # of which so many in a row end the server
LEAVE_S = 5.0  # beyond the time for streams


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes one connection at a time: asyncio would else empty the queue for whichever process wakes first."""
        await super().startup(sockets=sockets)
        for one in sockets or ():
            one.listen(QUEUE)  # asyncio made the system's queue as short as what it takes at a time


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
        _work(bound, settings.grace)
    else:
        _supervise(bound, settings)


def _work(bound: socket.socket, grace: int) -> None:
    config = uvicorn.Config(
        "medrag.server.worker:make_app",
        factory=True,
        log_config=log_config(),
        access_log=False,  # its lines hold whole addresses; the gate writes its own
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=grace,
        backlog=1,
    )
    _Server(config).run(sockets=[bound])


def _worker(bound: socket.socket, grace: int) -> None:
    """A worker's whole life; it ends with the process that started it, however that ends."""
    Thread(target=_end_with_parent, name="medrag-parent", daemon=True).start()
    _work(bound, grace)


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
    workers = {_started(bound, settings): monotonic() for _ in range(settings.workers)}
    young = 0
    try:
        while not stop.wait(LOOKS_S):
            for worker in [one for one in workers if not one.is_alive()]:
                young = young + 1 if monotonic() - workers.pop(worker) < YOUNG_S else 0
                if young >= MAX_YOUNG:
                    raise MedRAGError("the server's processes cannot start: the log above says why")
                log.error("a process ended with %s: another takes its place", worker.exitcode)
                workers[_started(bound, settings)] = monotonic()
    finally:
        _end(list(workers), settings.grace + LEAVE_S)


def _started(bound: socket.socket, settings: ServerSettings) -> SpawnProcess:
    worker = multiprocessing.get_context("spawn").Process(target=_worker, args=(bound, settings.grace))
    worker.start()
    return worker


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
