"""A bound on the nesting of streamed JSON: ijson keeps the whole path of every open level, so depth costs its square."""

from __future__ import annotations

import re
from typing import IO

__all__ = ["DepthGuard"]

_STEP = 4096  # bytes between two looks: a level takes a byte, so memory is bounded by so many levels
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|(\\?)\Z)', re.S)
_REST_OF_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*(?:"|(\\?)\Z)', re.S)


class DepthGuard:
    """A byte stream of JSON that raises `ValueError` where it is nested deeper than `limit`; brackets in strings are text."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._depth = 0
        self._in_string = False
        self._escape = b""
        self._too_deep = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the stream, up to the one that opens a level too many; then that is raised."""
        data = b"" if self._too_deep else self._stream.read(size)
        at, step = 0, _STEP
        while at < len(data):
            before = self._depth, self._in_string, self._escape
            self._look(data[at : at + step])
            if self._depth <= self._limit:
                at += step
            elif step > 1:  # what stands before the fault is still read
                self._depth, self._in_string, self._escape = before
                step //= 2
            else:
                self._too_deep = True
                break
        if self._too_deep and not at:
            raise ValueError(f"nested deeper than {self._limit} levels")
        return data[:at]

    def _look(self, piece: bytes) -> None:
        piece, self._escape = self._escape + piece, b""
        if self._in_string:
            rest = _REST_OF_STRING.match(piece)
            at = rest.end() if rest is not None else 0
            self._note_end(piece[:at], rest)
            piece = piece[at:]
        last: re.Match[bytes] | None = None
        outside = []
        at = 0
        for last in _STRING.finditer(piece):
            outside.append(piece[at : last.start()])
            at = last.end()
        outside.append(piece[at:])
        if last is not None and last.end() == len(piece):
            self._note_end(last.group()[1:], last)
        bare = b"".join(outside)
        self._depth += bare.count(b"[") + bare.count(b"{") - bare.count(b"]") - bare.count(b"}")

    def _note_end(self, text: bytes, match: re.Match[bytes] | None) -> None:
        """Remembers whether the piece ends inside a string, and whether on a backslash that the next byte belongs to."""
        closed = match is not None and match.group(1) is None
        self._in_string = not closed
        self._escape = b"\\" if not closed and match is not None and match.group(1) else b""
