"""The beginning of a file, looked at once: what every reader's `recognise` decides by."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from medrag.errors import IngestError
from medrag.ingest.encodings import decode, is_binary
from medrag.ingest.json_text import leading_keys, load_json
from medrag.ingest.tables import Row, delimiter_of, head_rows, is_workbook, rows

__all__ = ["Sample"]

_HEAD_BYTES = 256 * 1024
_SHEET_ROWS = 50
_JSON_LINES = 8  # looked at, so that one that is broken does not hide what the others are
_NO_TABLE = frozenset({"{", "[", "<"})  # JSON, a bracketed heading, markup
_MAX_HEADER_CHARS = 40
_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})


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
        return "" if is_binary(text) else text.lstrip("\ufeff")

    @cached_property
    def first_line(self) -> str:
        """The first line that is not blank."""
        return next((line for line in self.text.splitlines() if line.strip()), "")

    @cached_property
    def json_line(self) -> Any:
        """The first JSON value that fills a line where the file holds one value a line, else None."""
        cut = None if self.whole else -1
        seen = [line.strip() for line in self.text.splitlines()[:cut] if line.strip()][:_JSON_LINES]
        if not seen or seen[0] in {"[", "{"}:
            return None
        values = [value for line in seen if isinstance(value := _json_or_none(line), (dict, list))]
        enough = values and (self.suffix in {".jsonl", ".ndjson"} or len(values) * 2 >= len(seen))
        return values[0] if enough else None

    @cached_property
    def json_first(self) -> Any:
        """The first item where the file is a JSON list, else None."""
        text = self.text.lstrip()
        if not text.startswith("["):
            return None
        try:
            return json.JSONDecoder(strict=False).raw_decode(text[1:].lstrip())[0]
        except (ValueError, RecursionError):
            return None

    @cached_property
    def json_object(self) -> dict[str, Any]:
        """The whole value where the file is one JSON object and fits the head, else what of its keys can be seen."""
        text = self.text.lstrip()
        if not text.startswith("{"):
            return {}
        try:
            value = load_json(text)
        except ValueError:
            return {key: value for key, (value, _) in leading_keys(text).items()}
        return value if isinstance(value, dict) else {}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header's cells where the file looks like a table (of a workbook: its first sheet's), whatever its suffix."""
        if self._table:
            return tuple(self._table[0].cells)
        if self.suffix not in _TABLE_SUFFIXES or self.text.lstrip()[:1] in _NO_TABLE or self.json_line is not None:
            return ()
        cells = self.first_line.split(delimiter_of(self.first_line, self.suffix))  # a header alone, or its first row is huge
        return tuple(cell.strip() for cell in cells) if len(cells) > 1 else ()

    @property
    def is_table(self) -> bool:
        """Whether the file is to be read by rows: a workbook, or text that is neither JSON nor markup."""
        if is_workbook(self.path, self.head) or self.columns:
            return True
        return bool(self.text) and self.text.lstrip()[:1] not in _NO_TABLE and self.json_line is None

    @property
    def rows(self) -> tuple[dict[str, str], ...]:
        """The first rows of a table by column name."""
        return tuple(row.cells for row in self._table)

    @cached_property
    def _table(self) -> tuple[Row, ...]:
        if is_workbook(self.path, self.head):
            return self._sheet
        if not self.text or self.text.lstrip()[:1] in _NO_TABLE or self.json_line is not None:
            return ()
        found = head_rows(self.text, self.suffix, whole=self.whole, count=_SHEET_ROWS)
        return tuple(found) if self.suffix in _TABLE_SUFFIXES or _is_regular(found) else ()

    @cached_property
    def _sheet(self) -> tuple[Row, ...]:
        """The first rows of a workbook; opening one costs more than all else, so it is done once."""
        try:
            return tuple(row for row in islice(rows(self.path), _SHEET_ROWS) if isinstance(row, Row))
        except IngestError:  # but a missing package is said, not taken for an unknown format
            return ()

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


def _json_or_none(line: str) -> Any:
    try:
        return load_json(line)
    except ValueError:
        return None


def _is_regular(found: list[Row]) -> bool:
    """Whether rows have a cell for each of several short column names: prose with commas has not."""
    columns = list(found[0].cells) if found else []
    short = all(len(name) <= _MAX_HEADER_CHARS for name in columns)
    return len(found) > 1 and len(columns) > 1 and short and all(len(row.cells) == len(columns) for row in found)


def _local_names(head: bytes) -> list[str]:
    """The member names in the local headers of a zip that lost its end."""
    names = []
    at = head.find(b"PK\x03\x04")
    while at != -1 and at + 30 <= len(head):
        length = int.from_bytes(head[at + 26 : at + 28], "little")
        names.append(head[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        at = head.find(b"PK\x03\x04", at + 30)
    return names
