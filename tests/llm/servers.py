"""Servers on loopback: transformers' own with a tiny model, and odd ones that break OpenAI's protocol each in one way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

START_S = 120.0  # until transformers' server must be up; it takes three seconds, on a busy machine ten


def event(text: str, finish: str | None = None, **beside: str) -> bytes:
    """One event of a streamed chat."""
    choice = {"index": 0, "delta": {"content": text, **beside}, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


class Asked(BaseHTTPRequestHandler):
    """One request; `answer` of the server says what becomes of it."""

    server: OddServer

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def _handle(self, body: bytes) -> None:
        self.server.requests.append((self.path, dict(self.headers.items()), json.loads(body) if body else {}))
        try:
            self.server.answer(self)
        except OSError:  # the client left
            self.close_connection = True

    def reply(self, status: int, kind: str, body: bytes) -> None:
        """A whole answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, *parts: bytes) -> None:
        """A streamed answer that goes on until the connection is closed."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class OddServer(ThreadingHTTPServer):
    """Answers every request by one function, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], None]) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def chats(self) -> list[dict[str, Any]]:
        """The bodies of the chats it was asked for."""
        return [body for path, _, body in self.requests if path.endswith("completions")]


@contextmanager
def serving(answer: Callable[[Asked], None]) -> Iterator[OddServer]:
    """An odd server while it is needed."""
    server = OddServer(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def transformers_serving(model: Path, home: Path) -> Iterator[str]:
    """transformers' OpenAI-compatible server with a model, in a process of its own and offline; its address."""
    port = free_port()
    command = Path(sys.executable).with_name("transformers")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [command, "serve", model, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        deadline = time.monotonic() + START_S
        while not _healthy(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"transformers serve did not start: {(home / 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
