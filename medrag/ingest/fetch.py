"""Fetching a large public file to disk, going on where an earlier attempt stopped.

Only the jobs in `ingest/` use it: reading, asking and answering never touch the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from email.message import Message
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from medrag.errors import IngestError

__all__ = ["fetch"]

_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60
Progress = Callable[[str, int, int], None]
_NOT_SATISFIABLE = 416  # the part is whole already, or longer than the file


def fetch(address: str, folder: Path | str, *, attempts: int = 3, progress: Progress = lambda _doing, _done, _of: None) -> Path:
    """The local file of an address: a path as it is, an http(s) or file address downloaded into the folder.

    A download lies in `NAME.part` until it is whole; run again, it goes on from there, unless the publisher's file has
    changed meanwhile (by ETag or date). A whole one is not fetched again: remove it to have a newer one of the same name.
    `progress` is told the name, the bytes so far and of the whole (0: nobody knows). `IngestError` where it cannot be had.
    """
    scheme = urlsplit(address).scheme.lower()
    if scheme not in {"http", "https", "file"}:
        path = Path(address)
        if not path.exists():
            raise IngestError(f"{address}: no such file, and not an http, https or file address")
        return path
    name = Path(unquote(urlsplit(address).path)).name
    if not name or name in {".", ".."}:
        raise IngestError(f"{address}: the address names no file")
    target = Path(folder) / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _with_attempts(address, target, attempts, progress)
    return target


def _with_attempts(address: str, target: Path, attempts: int, progress: Progress) -> None:
    for left in range(attempts - 1, -1, -1):
        try:
            _download(address, target, progress)
            return
        except HTTPError as error:
            if error.code < 500 or not left:  # what is forbidden or not there stays so
                raise IngestError(f"{address}: the server answered {error.code} {error.reason}") from None
        except (URLError, HTTPException, OSError) as error:
            if not left:
                reason = getattr(error, "reason", None) or error
                raise IngestError(f"{address}: {reason}; run it again to go on from there") from None


def _download(address: str, target: Path, progress: Progress) -> None:
    part, mark = target.with_name(target.name + ".part"), target.with_name(target.name + ".part.version")
    known = mark.read_text(encoding="utf-8") if mark.exists() and part.exists() else ""
    have = part.stat().st_size if known else 0
    headers = {"User-Agent": "medrag", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known}
    try:
        response = urlopen(Request(address, headers=headers), timeout=_TIMEOUT_SECONDS)
    except HTTPError as error:
        if error.code != _NOT_SATISFIABLE or not have:
            raise
        if _whole_size(error.headers) != have:
            mark.unlink()
            _download(address, target, progress)
            return
        _finish(part, mark, target)
        return
    with response:
        mark.write_text(_version(response.headers), encoding="utf-8")
        resumed = getattr(response, "status", None) == 206
        with part.open("ab" if resumed else "wb") as out:
            _copy(response, out, have if resumed else 0, _length(response.headers), partial(progress, target.name))
    _finish(part, mark, target)


def _copy(response: IO[bytes], out: IO[bytes], have: int, length: int | None, progress: Callable[[int, int], None]) -> None:
    done = have
    whole = None if length is None else have + length
    while block := response.read(_BLOCK_BYTES):
        out.write(block)
        done += len(block)
        progress(done, whole or 0)
    if whole is not None and done != whole:
        raise URLError(f"the connection ended after {done:,} of {whole:,} bytes")
    out.flush()
    os.fsync(out.fileno())


def _finish(part: Path, mark: Path, target: Path) -> None:
    part.replace(target)
    mark.unlink(missing_ok=True)


def _version(headers: Message) -> str:
    """What tells this version of the publisher's file from another; empty where nothing does, then nothing is resumed."""
    etag = headers.get("ETag", "")
    return headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag


def _length(headers: Message) -> int | None:
    value = headers.get("Content-Length", "")
    return int(value) if value.isdigit() else None


def _whole_size(headers: Message) -> int | None:
    value = headers.get("Content-Range", "").rpartition("/")[2]
    return int(value) if value.isdigit() else None
