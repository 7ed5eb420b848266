"""A pool of worker processes: each is a fresh Python that calls functions of ours, bytes in, bytes out.

    with WorkerPool(2) as pool:
        pool.submit("medrag.ingest.portions:prepare_packed", data).result()

The workers are programs of their own at the end of a pipe. Nothing is forked, so threads, locks and database connections of
this process do not matter; the user's main module is not imported again; and a worker whose pipe closes, because its parent
was killed, ends after the work at hand.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock, local
from types import TracebackType
from typing import IO, Self

from medrag.errors import MedRAGError

__all__ = ["WorkerLostError", "WorkerPool", "can_start", "cores", "serve"]

_HEAD = struct.Struct("<BQ")  # what the frame is, and how many bytes follow
_CALL, _RESULT, _RAISED = 0, 1, 2
_PROGRAM = "from medrag.kb.processes import serve; serve()"
# One thread each: there is a worker for every core.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor in each so many, as Linux limits a container
LEAVE_S = 2.0  # that a worker gets to end by itself


class WorkerLostError(MedRAGError):
    """A worker process ended in the middle of its work: it was killed, or crashed."""


def cores() -> int:
    """How many cores this process may use: in a container no more than it is given the time of."""
    try:
        seen = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        seen = os.cpu_count() or 1
    try:
        quota, period = CPU_MAX.read_text("ascii").split()
        return max(1, min(seen, round(int(quota) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # none is set ("max"), or this is no Linux
        return seen


def can_start() -> bool:
    """Whether there is a Python to start workers with; an application that embeds one may have none."""
    return bool(sys.executable) and "python" in os.path.basename(sys.executable).lower()


class WorkerPool:
    """Up to `size` workers, each started when it is first needed."""

    def __init__(self, size: int) -> None:
        self._threads = ThreadPoolExecutor(size, "medrag-worker")
        self._own = local()
        self._lock = Lock()
        self._workers: set[_Worker] = set()
        self._closed = False

    def submit(self, function: str, data: bytes) -> Future[bytes]:
        """What `module:function` makes of the bytes, worked out by a free worker, in the order of submission.

        The future raises `WorkerLostError` where the worker ended meanwhile (the next call starts another), and
        `MedRAGError` with what the function raised.
        """
        return self._threads.submit(self._call, function, data)

    def _call(self, function: str, data: bytes) -> bytes:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = self._started()
        try:
            return worker.call(function, data)
        except (OSError, EOFError, struct.error) as error:
            self._own.worker = None
            with self._lock:
                self._workers.discard(worker)
            raise WorkerLostError(f"a worker process {worker.ended()}") from error

    def _started(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise WorkerLostError("the workers were told to end")
            worker = _Worker()
            self._workers.add(worker)
            return worker

    def close(self) -> None:
        """Ends the workers, in the middle of their work too."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Worker:
    """A worker process and the two pipes to it; used by one thread."""

    def __init__(self) -> None:
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
            )
        except OSError as error:
            raise WorkerLostError(f"a worker process cannot be started: {error}") from error

    def call(self, function: str, data: bytes) -> bytes:
        """What the function makes of the bytes."""
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:
            raise EOFError
        name = function.encode()
        into.write(_HEAD.pack(len(name), len(data)))
        into.write(name)
        into.write(data)
        into.flush()
        kind, size = _HEAD.unpack(out.read(_HEAD.size))
        result = out.read(size)
        if len(result) < size:
            raise EOFError
        if kind == _RAISED:
            raise MedRAGError(f"a worker process could not go on: {result.decode('utf-8', 'replace')}")
        return result

    def ended(self) -> str:
        """How it ended, in words; it is gone afterwards."""
        code = self._waited()
        if code is not None and code < 0:
            hint = " (out of memory?)" if -code == signal.SIGKILL else ""
            return f"was killed by signal {-code}{hint}"
        return f"ended unexpectedly (exit status {code})"

    def end(self) -> None:
        """Ends it at once: what it works on nobody wants any more."""
        with suppress(OSError):
            self._process.kill()
        self._waited()

    def _waited(self) -> int | None:
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            return self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def serve() -> None:
    """The life of a worker: calls are read from standard input, results go to standard output, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    calls, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a reader prints must not stand between results
    with suppress(BrokenPipeError):
        while _answered(calls, results):
            pass
    os._exit(0)  # buffers of a pipe that is closed cannot be flushed


def _answered(calls: IO[bytes], results: IO[bytes]) -> bool:
    """Answers one call; False where there are no more."""
    head = calls.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return False
    name_size, size = _HEAD.unpack(head)
    name = calls.read(name_size).decode()
    data = calls.read(size)
    if len(data) < size:
        return False
    try:
        kind, result = _RESULT, _function(name)(data)
    except Exception as error:  # said by the parent, whatever it is
        kind, result = _RAISED, f"{type(error).__name__}: {error}".encode("utf-8", "replace")
    results.write(_HEAD.pack(kind, len(result)))
    results.write(result)
    results.flush()
    return True


def _function(name: str) -> Callable[[bytes], bytes]:
    module, _, attribute = name.partition(":")
    found: Callable[[bytes], bytes] = getattr(import_module(module), attribute)
    return found
