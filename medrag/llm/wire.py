"""The connection to a server: bounded in bytes and time, cut off at once when told to stop, and nothing sent but what is meant."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from medrag.errors import ModelError
from medrag.llm.work import Stop

__all__ = ["Wire", "WireError"]

MOST_BYTES = 32 << 20  # of one response; a token's event takes some 300
CONNECT_S = 10.0
WRITE_S = 60.0
# What OpenAI's client takes from the environment or tells of this machine, which is nobody's business.
UNASKED = ("openai-organization", "openai-project")
UNASKED_BEGINNING = "x-stainless-"


class WireError(ModelError):
    """A server answered in a way that is not read."""


class Wire:
    """An HTTP client that takes nothing from the environment (no proxy: what goes to this machine must not leave it), follows
    no redirection and keeps no connection open.
    """

    def __init__(self, *, read_s: float, keyed: bool) -> None:
        self.read_s = read_s
        self._transport = _Transport(read_s, keyed=keyed)
        self.client = httpx.Client(transport=self._transport, follow_redirects=False, trust_env=False)

    @contextmanager
    def watched(self, stop: threading.Event) -> Iterator[None]:
        """Requests of this thread end when `stop` is set, even while they wait for an answer."""
        here = self._transport.here
        here.stop = stop
        try:
            yield
        finally:
            here.stop = None
            for stream in here.opened:  # whoever read it may have left it in the middle
                stream.close()
            here.opened.clear()


class _Here(threading.local):
    """What this thread's requests have to do with."""

    def __init__(self) -> None:
        self.stop: threading.Event | None = None
        self.opened: list[httpx.SyncByteStream] = []


class _Transport(httpx.BaseTransport):
    def __init__(self, read_s: float, *, keyed: bool) -> None:
        self.here = _Here()
        self._keyed = keyed
        self._timeout = {"connect": CONNECT_S, "read": read_s, "write": WRITE_S, "pool": read_s}
        self._inner = httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        stop = self.here.stop
        for name in [*UNASKED, *(name for name in request.headers if name.startswith(UNASKED_BEGINNING))]:
            request.headers.pop(name, None)
        if not self._keyed:
            request.headers.pop("authorization", None)
        request.headers["accept-encoding"] = "identity"  # what is counted is what is read
        request.extensions = {**request.extensions, "timeout": self._timeout, "trace": _Trace(stop)}
        response = self._inner.handle_request(request)
        if response.is_success:
            _check_kind(request, response)
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise WireError("answered in no way that can be read")
        bounded = _Bounded(response.stream, stop)
        self.here.opened.append(bounded)
        return httpx.Response(response.status_code, headers=response.headers, stream=bounded, extensions=response.extensions)

    def close(self) -> None:
        self._inner.close()


def _check_kind(request: httpx.Request, response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html":
        fault = "answered with a web page: is this the address of its API?"
    elif response.headers.get("content-encoding", "identity") != "identity":
        fault = "answered in a packed form that was not asked for"
    elif b'"stream":true' in request.content.replace(b" ", b"") and kind == "application/json":
        fault = "does not stream its replies, which is needed to bound them"
    else:
        return
    response.close()
    raise WireError(fault)


class _Trace:
    """Called at each step of a connection: has its socket shut when the request is to stop."""

    def __init__(self, stop: threading.Event | None) -> None:
        self._stop = stop

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if not isinstance(self._stop, Stop) or event not in {
            "connection.connect_tcp.complete",
            "connection.start_tls.complete",
        }:
            return
        connected = info["return_value"].get_extra_info("socket")
        if connected is not None:
            self._stop.then(lambda: _shut(connected))


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):  # it was closed in the meantime
        connected.shutdown(socket.SHUT_RDWR)


class _Bounded(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, stop: threading.Event | None) -> None:
        self._inner = inner
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for some in self._inner:
            read += len(some)
            if read > MOST_BYTES:
                raise WireError(f"sent more than {MOST_BYTES >> 20} MB for one reply")
            if self._stop is not None and self._stop.is_set():
                return
            yield some

    def close(self) -> None:
        self._inner.close()
