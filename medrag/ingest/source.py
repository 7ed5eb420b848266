"""The records of text files: lines, JSON values one a line, and the items of JSON texts, each with its place.

Everything here streams and never holds a large file whole. What is wrong with one record is yielded as `Bad`, what is
wrong with the file is raised as `IngestError`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from medrag.ingest.encodings import open_text
from medrag.ingest.json_text import MAX_RECORD_CHARS, Bad, items, load_json

__all__ = ["json_items", "json_lines", "json_stream", "lines", "lines_of"]


def lines(path: Path) -> Iterator[tuple[int, str | Bad]]:
    """The lines of a text file with their numbers from 1, without line ends; a line over the bound is `Bad`."""
    with open_text(path) as text:
        yield from lines_of(text)


def lines_of(text: IO[str]) -> Iterator[tuple[int, str | Bad]]:
    """The lines of a text with their numbers, as `lines` yields them; a byte order mark is no part of the first."""
    number = 0
    while line := text.readline(MAX_RECORD_CHARS + 1):
        number += 1
        if len(line) > MAX_RECORD_CHARS:
            while line and not line.endswith("\n"):
                line = text.readline(MAX_RECORD_CHARS)
            yield number, Bad(f"line {number}", f"the line is longer than {MAX_RECORD_CHARS:,} characters")
            continue
        yield number, (line.lstrip("\ufeff") if number == 1 else line).rstrip("\r\n")


def json_lines(path: Path) -> Iterator[tuple[str, Any | Bad]]:
    """The values of a file with one JSON value a line, with `line N`; blank lines are passed over."""
    for number, line in lines(path):
        where = f"line {number}"
        if isinstance(line, Bad):
            yield where, line
        elif line.strip():
            try:
                yield where, load_json(line)
            except ValueError as error:
                yield where, Bad(where, f"not valid JSON: {error}")


def json_items(path: Path, prefix: str = "item") -> Iterator[tuple[str, Any | Bad]]:
    """The items under a prefix of a JSON file (`item`: a list; `results.item`: a list in an object), each with its pointer.

    The empty prefix yields the whole values of a file that holds one or several.
    """
    with open_text(path) as text:
        yield from items(text, prefix)


def json_stream(stream: IO[bytes], prefix: str = "item") -> Iterator[tuple[str, Any | Bad]]:
    """The items under a prefix in a stream of UTF-8 JSON, as `json_items` yields them; it may be an archive's member."""
    try:
        yield from items(io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline=""), prefix)
    except Exception as error:  # a packed stream: zlib.error, zipfile.BadZipFile, EOFError share no base class
        yield "", Bad("", f"cannot be unpacked from here on: {error}")
