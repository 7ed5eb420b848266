"""The page at `/`: plain files of the package, read once and sent under a policy that lets nothing else in.

No file is made, no address outside this server is asked, and no script or style stands inside the HTML, so the
policy needs no exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, HTTPException, Request, Response

__all__ = ["POLICY", "PageFile", "page_files", "page_router"]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        # Nothing is ever put into the page as HTML: names and labels are data. The browser holds us to it.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",  # asked for again each time, answered 304: a new release never meets an old script
}
# Not from the machine's own table of types: some say text/plain for .js, and a module of that type is refused.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page: its bytes, their media type, and a tag that changes with them."""

    body: bytes
    media_type: str
    etag: str


def page_files() -> dict[str, PageFile]:
    """The files of the page by their path inside its folder: `index.html`, `js/main.js`."""
    return dict(_walk(resources.files("medrag.server") / "page", ""))


def _walk(folder: Traversable, before: str) -> list[tuple[str, PageFile]]:
    found: list[tuple[str, PageFile]] = []
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.is_dir():
            found += _walk(item, f"{before}{item.name}/")
            continue
        media_type = _TYPES.get(item.name[item.name.rfind(".") :])
        if media_type is not None:
            body = item.read_bytes()
            found.append((before + item.name, PageFile(body, media_type, f'"{sha256(body).hexdigest()[:20]}"')))
    return found


def page_router() -> APIRouter:
    """The routes of the page: `/`, and its files under `/page/`. They ask for no key; what they call does."""
    router = APIRouter(include_in_schema=False)
    files = page_files()

    def sent(name: str, request: Request) -> Response:
        file = files.get(name)
        if file is None:
            raise HTTPException(status_code=404, detail=f"The page has no file {name!r}.")
        headers = {**_HEADERS, "ETag": file.etag}
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return sent("index.html", request)

    @router.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return sent("icon.svg", request)

    @router.api_route("/page/{name:path}", methods=["GET", "HEAD"])
    async def file(name: str, request: Request) -> Response:
        return sent(name, request)

    return router
