"""The gate before every route: who calls, whether they may, how large the body is; and what is written down of the request."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from itertools import count
from time import perf_counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medrag.errors import MedRAGError
from medrag.server.errors import ApiError, body_of, error_of
from medrag.server.keys import LOCAL, Caller, KeyRing
from medrag.server.limits import Limits
from medrag.server.logs import REQUESTS, request_id
from medrag.server.metrics import Metrics
from medrag.server.settings import ServerSettings, is_loopback
from medrag.server.spans import span

__all__ = ["Gate"]

log = logging.getLogger(REQUESTS)

GUARDED = ("/v1/", "/metrics", "/mcp")
UPLOADS = "/v1/documents"
BODY_S = 30.0  # that the next piece of a body is waited for
SLOWEST = 10_000  # bytes a second, below which a body is not waited for to its end
CLIENT_GONE = 499  # as nginx counts a client that left before it was answered
_GIVEN_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_PROCESS = secrets.token_hex(4)  # asking the system for each request would hand the interpreter to another thread
_numbers = count()
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# The page's own files and nothing else; nobody may frame it.
_PAGE = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class Gate:
    """Middleware around the whole app. It sets `request.state.caller`, a `Caller`, or None where a key is wanted and absent."""

    def __init__(
        self, app: ASGIApp, *, settings: ServerSettings, ring: KeyRing | None, limits: Limits, metrics: Metrics
    ) -> None:
        self._app = app
        self._settings = settings
        self._ring = ring
        self._limits = limits
        self._metrics = metrics
        self._hosts = {*settings.hosts, settings.host}
        self._origins = frozenset(settings.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._limit(scope))
        token = request_id.set(exchange.id)
        self._metrics.in_flight.inc()
        try:
            attributes = {"http.request.method": scope["method"], "medrag.request_id": exchange.id}
            with span(f"{scope['method']} {_room(scope['path'])}", attributes, exchange.headers) as traced:
                await self._answered(scope, exchange)
                traced.set_attribute("http.route", exchange.route)
                traced.set_attribute("http.response.status_code", exchange.status)
        finally:
            self._metrics.in_flight.dec()
            self._note(scope, exchange)
            request_id.reset(token)

    async def _answered(self, scope: Scope, exchange: _Exchange) -> None:
        """Lets the request through, or answers why not; whatever goes wrong behind the gate ends here."""
        try:
            self._check_origin(exchange.headers)
            who = self._who(scope["path"], exchange.headers)
            exchange.who = who
            scope.setdefault("state", {})["caller"] = who
            if who is None or not _guarded(scope["path"]):
                await self._app(scope, exchange.receive, exchange.send)
                return
            with self._limits.admitted(who):
                exchange.check_length()
                await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = exchange.status or CLIENT_GONE
        except Exception as error:  # the last door: a stack trace must reach neither the caller nor, with text, the log
            refused = error_of(error)
            if refused.code is not None and refused.status < 500:
                self._metrics.refused.labels(refused.code).inc()
            if not exchange.status:
                response = JSONResponse(body_of(refused), status_code=refused.status, headers=refused.headers)
                await response(scope, exchange.receive, exchange.send)

    def _limit(self, scope: Scope) -> int:
        return self._settings.max_upload if scope["path"].startswith(UPLOADS) else self._settings.max_body

    def _who(self, path: str, headers: Headers) -> Caller | None:
        if self._ring is None:
            return LOCAL
        if not _guarded(path):
            return None
        token = _token(headers)
        who = _caller(self._ring, token) if token else None
        if who is None:
            said = "there is no such API key" if token else "this needs an API key: send `Authorization: Bearer KEY`"
            raise ApiError(401, said, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        return who

    def _check_origin(self, headers: Headers) -> None:
        """Without keys, web pages of other sites must not ask in the name of who sits here, by whatever name they call us."""
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if self._ring is None and host not in self._hosts and not is_loopback(host):
            raise ApiError(403, "the server is not called by that name: allow it with --allow-host", code="unknown_host")
        origin = headers.get("origin")
        if origin is None or origin in self._origins or urlsplit(origin).netloc == headers.get("host"):
            return
        if self._ring is None:
            raise ApiError(403, "pages of another origin may not call: allow it with --origin", code="unknown_origin")

    def _note(self, scope: Scope, exchange: _Exchange) -> None:
        seconds = perf_counter() - exchange.started
        self._metrics.requests.labels(scope["method"], exchange.route, str(exchange.status)).inc()
        self._metrics.seconds.labels(exchange.route).observe(seconds)
        fields = {
            "method": scope["method"],
            "route": exchange.route,
            "status": exchange.status,
            "ms": round(seconds * 1000, 1),
            "caller": exchange.who.name if exchange.who is not None else "",
        }
        log.info("request", extra={"fields": fields})


class _Exchange:
    """One request and its response, as they pass the gate."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.headers = Headers(scope=scope)
        given = self.headers.get("x-request-id", "")
        self.id = given if _GIVEN_ID.fullmatch(given) else f"{_PROCESS}{next(_numbers):08x}"
        self.started = perf_counter()
        self.status = 0
        self.who: Caller | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._read = 0
        self._body_began: float | None = None
        self._whole = False

    @property
    def route(self) -> str:
        """The pattern of the address, which names nobody's things; `other` where there is no such address."""
        return str(getattr(self._scope.get("route"), "path", "other"))

    def check_length(self) -> None:
        """Refuses a body that says itself that it is too large."""
        length = self.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self._limit:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next piece of the body, counted: what comes in pieces says nothing of its length beforehand."""
        if self._whole:
            return await self._receive()
        self._body_began = self._body_began or perf_counter()
        # Who sends a byte now and then would else hold a place for as long as they like.
        left = self._body_began + BODY_S + self._read / SLOWEST - perf_counter()
        try:
            async with asyncio.timeout(max(0.0, min(BODY_S, left))):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the body came too slowly: nothing for {BODY_S:.0f} s, or too little in all") from None
        if message["type"] != "http.request":
            return message
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > self._limit:
            error = self._too_large()
            raise HTTPException(error.status, error.message)
        return message

    def _too_large(self) -> ApiError:
        return ApiError(413, f"the request has more than {self._limit:,} bytes: send less", code="too_large")

    async def send(self, message: Message) -> None:
        """Passes a piece of the response on, its head with the headers that each one has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.id
            for name, value in _ALWAYS.items():
                headers.setdefault(name, value)
            if headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("Content-Security-Policy", _PAGE)
        await self._send(message)


def _guarded(path: str) -> bool:
    return path.startswith(GUARDED)


def _caller(ring: KeyRing, token: str) -> Caller | None:
    """Who has the key. While the file of keys is damaged nobody gets in."""
    try:
        return ring.caller(token)
    except MedRAGError as error:
        log.error("%s", error)
        raise ApiError(503, "the server cannot read its keys just now: try again soon", code="keys_unavailable") from None


def _room(path: str) -> str:
    """What a span is called before its route is known: the first part of the address alone."""
    return "/" + "/".join(path.split("/")[1:3]) if path.startswith("/v1/") else "page"


def _token(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "").strip()
