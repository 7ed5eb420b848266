"""Decides about every file operation of another process: lets it happen, makes it fail, or kills the process there.

The operations are those of `operations.perform`, run in children that are forked from one process that has imported
everything already, so that each costs its own work alone.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

__all__ = ["GO_ON", "HALF", "KILL", "Event", "Ran", "Watched", "go_on", "watched"]

ROOT = Path(__file__).resolve().parents[3]
SOURCE = Path(__file__).with_name("watch.c")
GO_ON, HALF, KILL = 0, 10_000, -1  # HALF is of watch.c
PATIENCE = 120  # seconds without an operation or a word, after which a child hangs


@dataclass(frozen=True, slots=True)
class Event:
    """A file operation that is about to happen: write, create, truncate, sync, rename, link, unlink, mkdir, rmdir or mmap."""

    operation: str
    path: str
    other: str
    size: int


Decide = Callable[[Event], int]


def go_on(_: Event) -> int:
    """Lets everything happen."""
    return GO_ON


@dataclass(slots=True)
class Ran:
    """What became of a child: the error it raised (type and message), its exit status, and its file operations."""

    events: int = 0
    done: bool = False
    killed: bool = False
    status: int = 0
    error: tuple[str, str] | None = None
    seconds: float = 0.0
    counted: dict[str, int] = field(default_factory=dict)


def built(folder: Path) -> Path:
    """The library that asks, compiled; the test is skipped where there is no compiler, or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("watching file operations needs Linux and a C compiler")
    library = folder / "watch.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl", "-lpthread"]
    subprocess.run(command, check=True, capture_output=True)
    return library


class Watched:
    """A process that performs operations in children of its own, each of whose file operations below `root` is asked about."""

    def __init__(self, root: Path, process: subprocess.Popen[str], listener: socket.socket) -> None:
        self.root = root
        self._process = process
        self._listener = listener
        assert process.stdin is not None and process.stdout is not None
        self._say: IO[str] = process.stdin
        self._hear = process.stdout.fileno()  # read without a buffer, which would hide lines from `select`
        self._cut = ""  # the beginning of a line whose rest is still to come

    def begin(self, pristine: Path) -> None:
        """Makes the folder that is watched a copy of another."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(pristine, self.root)

    def run(self, name: str, number: int, decide: Decide | None = None, *, kill_after: float | None = None) -> Ran:
        """Performs an operation, deciding about each of its file operations, or asked about none, which is ten times faster.

        `kill_after` kills it so many seconds later.
        """
        self._say.write(json.dumps([name, str(self.root), number, decide is not None]) + "\n")
        self._say.flush()
        pid = int(os.read(self._hear, 64))  # nothing else comes before the child was let go
        self._say.write("\n")
        self._say.flush()
        ran, began, last, seen = Ran(), time.monotonic(), time.monotonic(), 0
        with selectors.DefaultSelector() as selector:
            for source in (self._listener, self._hear):
                selector.register(source, selectors.EVENT_READ)
            while not self._ended(selector, ran, pid, decide or go_on):
                now = time.monotonic()
                if kill_after is not None and not ran.killed and now - began >= kill_after:
                    _kill(pid, ran)
                last, seen = (now, ran.events) if ran.events != seen else (last, seen)
                assert now - last < PATIENCE, f"{name} hangs after {ran.events} file operations"
        ran.seconds = time.monotonic() - began
        return ran

    def _ended(self, selector: selectors.BaseSelector, ran: Ran, pid: int, decide: Decide) -> bool:
        """Takes what comes next from the children or from the process that made them; whether that one said that all is over."""
        over = False
        for key, _ in selector.select(timeout=0.005):
            if key.fileobj is self._listener:
                selector.register(self._listener.accept()[0], selectors.EVENT_READ)
            elif key.fileobj is self._hear:
                over = self._heard(ran)
            else:
                self._asked(selector, key.fileobj, ran, pid, decide)  # type: ignore[arg-type]  # a connection
        if over:
            for key in [key for key in selector.get_map().values() if key.fileobj not in (self._listener, self._hear)]:
                key.fileobj.close()  # type: ignore[union-attr]
        return over

    def _asked(self, selector: selectors.BaseSelector, asker: socket.socket, ran: Ran, pid: int, decide: Decide) -> None:
        try:
            message = asker.recv(65536)
        except ConnectionResetError:
            message = b""
        if not message:
            selector.unregister(asker)
            asker.close()
            return
        operation, path, other, size = message.decode("utf-8", "surrogateescape").split("\t")
        ran.events += 1
        ran.counted[operation] = ran.counted.get(operation, 0) + 1
        verdict = GO_ON if ran.killed else decide(Event(operation, path, other, int(size)))
        if verdict == KILL:
            _kill(pid, ran)
            return
        with suppress(OSError):  # killed meanwhile
            asker.send(verdict.to_bytes(4, "little"))

    def _heard(self, ran: Ran) -> bool:
        *lines, self._cut = (self._cut + os.read(self._hear, 65536).decode("utf-8")).split("\n")
        words = [line.partition(" ") for line in lines]
        for word, _, rest in words:
            assert word in ("done", "raised", "ended"), f"the process that makes children said {word} {rest}"
            if word == "done":
                ran.done = True
            elif word == "raised":
                ran.error = tuple(json.loads(rest))
            else:
                ran.status = int(rest)
        return any(word == "ended" for word, _, _ in words)


def _kill(pid: int, ran: Ran) -> None:
    with suppress(ProcessLookupError):  # it was done a moment before, and says so next
        os.kill(pid, signal.SIGKILL)
        ran.killed = True


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """A process whose children's file operations below `folder/watched` are asked about."""
    root = (folder / "watched").resolve()
    root.mkdir()
    with (
        tempfile.TemporaryDirectory(prefix="watch-") as short,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener,
    ):
        name = f"{short}/s"  # a socket's path has room for 107 bytes
        listener.bind(name)
        listener.listen(64)
        told = {"LD_PRELOAD": str(built(folder)), "MEDRAG_WATCH_ROOT": str(root), "MEDRAG_WATCH_SOCKET": name}
        command = [sys.executable, "-m", "tests.contracts.fileops.operations"]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **told}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield Watched(root, process, listener)
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.terminate()
            process.wait(timeout=60)
