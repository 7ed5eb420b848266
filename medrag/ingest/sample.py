"""The beginning of a file, looked at once: what every reader's `recognise` decides by."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from medrag.ingest.source import MAX_RECORD_CHARS, decode

__all__ = ["Sample"]

_HEAD_BYTES = 256 * 1024
_SHEET_ROWS = 8


@dataclass(frozen=True)
class Sample:
    """A file's name, size and first bytes, and what they look like, worked out when asked for."""

    path: Path
    size: int
    head: bytes

    @classmethod
    def of(cls, path: Path) -> Sample:
        """The sample of a file on disk."""
        with path.open("rb") as raw:
            return cls(path, path.stat().st_size, raw.read(_HEAD_BYTES))

    @property
    def suffix(self) -> str:
        """The file's last suffix, lower case, with the dot."""
        return self.path.suffix.lower()

    @property
    def whole(self) -> bool:
        """Whether the head is the whole file."""
        return self.size <= len(self.head)

    @cached_property
    def text(self) -> str:
        """The head as text; empty where it is binary."""
        text, _ = decode(self.head)
        return "" if text.count("\0") > len(text) // 100 else text.lstrip("﻿")

    @cached_property
    def first_line(self) -> str:
        """The first line that is not blank."""
        return next((line for line in self.text.splitlines() if line.strip()), "")

    @cached_property
    def json_line(self) -> Any:
        """The JSON value of the first line where the file holds one value a line, else None."""
        try:
            value = json.loads(self.first_line[:MAX_RECORD_CHARS])
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, (dict, list)) and self._has_more_lines() else None

    def _has_more_lines(self) -> bool:
        rest = self.text.lstrip()[len(self.first_line) :].strip()
        return self.suffix == ".jsonl" or not rest or rest[0] in "{["

    @cached_property
    def json_first(self) -> Any:
        """The first item where the file is a JSON list, else None."""
        text = self.text.lstrip()
        if not text.startswith("["):
            return None
        try:
            return json.JSONDecoder().raw_decode(text[1:].lstrip())[0]
        except (ValueError, RecursionError):
            return None

    @cached_property
    def json_object(self) -> dict[str, Any]:
        """The whole value where the file is one JSON object and fits the head, else what of its keys can be seen."""
        text = self.text.lstrip()
        if not text.startswith("{"):
            return {}
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return _first_keys(text)
        return value if isinstance(value, dict) else {}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header's cells where the file looks like a csv or tsv (for xlsx: of the first sheet)."""
        if self.suffix in {".xlsx", ".xlsm"}:
            return self._xlsx_columns()
        if self.suffix not in {".csv", ".tsv", ".tab", ".txt"} or not self.first_line:
            return ()
        delimiter = "\t" if self.suffix == ".tsv" else max(",\t;|", key=self.first_line.count)
        if self.first_line.count(delimiter) == 0:
            return ()
        try:
            header = next(csv.reader(io.StringIO(self.text.lstrip()), delimiter=delimiter), [])
        except csv.Error:
            return ()
        return tuple(cell.strip() for cell in header)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names in the archive where the file is a zip, whatever its suffix; of a broken one those in the head."""
        if not self.head.startswith(b"PK\x03\x04"):
            return ()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return tuple(archive.namelist())
        except (zipfile.BadZipFile, OSError, NotImplementedError):
            return tuple(_local_names(self.head))

    @cached_property
    def sheet_rows(self) -> tuple[dict[str, str], ...]:
        """The first rows of an xlsx workbook by column name; opening one costs more than all else, so it is done once."""
        from medrag.errors import IngestError, MissingExtraError
        from medrag.ingest.source import Row, rows

        try:
            return tuple(row.cells for row in islice(rows(self.path), _SHEET_ROWS) if isinstance(row, Row))
        except (IngestError, MissingExtraError):
            return ()

    def _xlsx_columns(self) -> tuple[str, ...]:
        return tuple(self.sheet_rows[0]) if self.sheet_rows else ()


def _local_names(head: bytes) -> list[str]:
    """The member names in the local headers of a zip that lost its end."""
    names = []
    at = head.find(b"PK\x03\x04")
    while at != -1 and at + 30 <= len(head):
        length = int.from_bytes(head[at + 26 : at + 28], "little")
        names.append(head[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        at = head.find(b"PK\x03\x04", at + 30)
    return names


def _first_keys(text: str) -> dict[str, Any]:
    """The leading keys of a cut JSON object with their values as far as they can be read, else None."""
    found: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    at = text.find('"')
    while at != -1:
        try:
            key, at = decoder.raw_decode(text, at)
            colon = text.index(":", at) + 1
            while text[colon].isspace():
                colon += 1
            found[str(key)] = None
            found[str(key)], at = decoder.raw_decode(text, colon)
        except (ValueError, IndexError, RecursionError):
            break
        at = text.find('"', at)
    return found
