"""The records of a JSON file, whichever way it holds them: one a line, in a list, one after the other, or by name in an object."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

from medrag.ingest.canonical import clean
from medrag.ingest.encodings import open_text
from medrag.ingest.json_text import Bad, items, leading_keys, load_json, members
from medrag.ingest.readers.record import Field, json_fields, row_fields
from medrag.ingest.sample import Sample
from medrag.ingest.source import lines_of
from medrag.ingest.tables import rows

__all__ = ["JsonRecord", "first_value", "first_values", "is_one_object", "json_records", "printed_records"]

_SEEN = 8  # records of a file's beginning
_LINE_SUFFIXES = {".jsonl", ".ndjson"}
_MIN_TEXT = 24  # characters of the texts in an object, on average: shorter ones are names or settings
_MAX_PATH = 3  # objects around the list of records: {"data": {"page": {"list": [...]}}}
# An object with one of these is itself a record, whatever lists it holds.
_NAMES = frozenset("name title drug set_id id text 药品名称 药名 名称 通用名称 中心词".split())
# Keys of what stands around records: no names of things.
_CONTAINERS = frozenset("meta metadata info config data results items records nodes edges docs properties definitions".split())


class _Shape(StrEnum):
    LINES = "lines"
    ITEMS = "items"  # of a list, perhaps in an object; without a prefix, values one after the other
    MEMBERS = "members"  # {"name": {…}, "other name": {…}}


@dataclass(frozen=True, slots=True)
class _Form:
    shape: _Shape
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A JSON record: its place, its value, and its line as printed ("" where the file is not one record a line)."""

    where: str
    value: Any
    line: str = ""

    @property
    def text(self) -> str:
        """The record as text, escapes resolved: nobody could read the quote otherwise."""
        return clean(self.line) if self.line and "\\u" not in self.line else clean(json.dumps(self.value, ensure_ascii=False))


def is_one_object(sample: Sample) -> bool:
    """Whether the file is a single JSON object, on one line or on many."""
    if sample.suffix in _LINE_SUFFIXES or not sample.text.lstrip().startswith("{"):
        return False
    return sample.json_line is None or _is_one_line(sample)


def _is_one_line(sample: Sample) -> bool:
    return sample.whole and sample.text.strip() == sample.first_line.strip()


def first_value(sample: Sample) -> Any:
    """The first record of a JSON file as far as its beginning shows it, else None."""
    return next(iter(first_values(sample, 1)), None) or sample.json_object or None


def first_values(sample: Sample, count: int) -> list[Any]:
    """Up to `count` (8 at most) first records that the file's beginning shows whole, faulty ones passed over."""
    return list(_first_values(sample)[:count])


@lru_cache(maxsize=1)  # all readers look at one file before any looks at the next
def _first_values(sample: Sample) -> tuple[Any, ...]:
    if sample.text.lstrip()[:1] not in {"{", "["} and sample.json_line is None:
        return ()
    found = islice(_records(io.StringIO(sample.text), _form(sample)), 4 * _SEEN)
    return tuple(record.value for record in found if isinstance(record, JsonRecord))[:_SEEN]


def json_records(path: Path) -> Iterator[JsonRecord | Bad]:
    """The records of a JSON file in file order, one in memory at a time.

    In an object of records by name, each gets its key as `name`; one that is a text becomes `{"name", "text"}`.
    """
    form = _form(Sample.of(path))
    with open_text(path) as stream:
        yield from _records(stream, form)


def printed_records(path: Path) -> Iterator[tuple[str, str, list[Field]] | Bad]:
    """The records of a table or a JSON file as text, each with its place and its fields and where they stand in the text."""
    if Sample.of(path).is_table:
        for row in rows(path):
            yield row if isinstance(row, Bad) else (row.record, *row_fields(row.cells))
        return
    for item in json_records(path):
        if isinstance(item, Bad):
            yield item
        elif isinstance(item.value, dict):
            text = item.text
            yield item.where, text, json_fields(text)
        else:
            yield Bad(item.where, "not a JSON object")


def _records(stream: IO[str], form: _Form) -> Iterator[JsonRecord | Bad]:
    if form.shape is _Shape.LINES:
        for number, line in lines_of(stream):
            if isinstance(line, Bad) or line.strip():
                yield line if isinstance(line, Bad) else _of_line(f"line {number}", line)
    elif form.shape is _Shape.ITEMS:
        for where, value in items(stream, form.prefix):
            yield value if isinstance(value, Bad) else JsonRecord(where, value)
    else:
        for key, value in members(stream):
            yield value if isinstance(value, Bad) else JsonRecord(f"/{clean(key)}", _named(key, value))


def _of_line(where: str, line: str) -> JsonRecord | Bad:
    try:
        return JsonRecord(where, load_json(line), line)
    except ValueError as error:
        return Bad(where, f"not valid JSON: {error}")


def _named(key: str, value: Any) -> dict[str, Any]:
    return {"name": key, **value} if isinstance(value, dict) else {"name": key, "text": value}


def _form(sample: Sample) -> _Form:
    if _holds_lines(sample):
        return _Form(_Shape.LINES)
    text = sample.text.lstrip()
    if text.startswith("["):
        return _Form(_Shape.ITEMS, "item")
    path = _list_path(text, whole=sample.whole)
    if path:
        return _Form(_Shape.ITEMS, ".".join([*path, "item"]))
    return _Form(_Shape.MEMBERS) if _by_name(sample) else _Form(_Shape.ITEMS)


def _holds_lines(sample: Sample) -> bool:
    """Whether the file holds one JSON value a line; on a single line, a list of records and an object around one do not."""
    first = sample.json_line
    if first is None:
        return sample.suffix in _LINE_SUFFIXES and sample.first_line.strip() not in {"[", "{"}
    if not _is_one_line(sample):
        return True
    if isinstance(first, list):
        return sample.suffix in _LINE_SUFFIXES and not any(isinstance(item, (list, dict)) for item in first[:1])
    return sample.suffix in _LINE_SUFFIXES or not (_list_path(sample.text, whole=True) or _by_name(sample))


def _list_path(text: str, *, whole: bool, depth: int = 0) -> list[str]:
    """The keys to the list of records in a text that is one object; empty where there is none."""
    keys = leading_keys(text)
    if depth == _MAX_PATH or {key.casefold() for key in keys} & _NAMES:
        return []
    for key, found in keys.items():
        value, at = found
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [key]
        cut = value is None and not whole and text[at : at + 1]
        if cut == "[":
            return [key]
        if (isinstance(value, dict) or cut == "{") and (below := _list_path(text[at:], whole=whole, depth=depth + 1)):
            return [key, *below]
    return []


def _by_name(sample: Sample) -> bool:
    """Whether an object holds records by their names: objects that have a key in common, or long texts."""
    values = [value for value in sample.json_object.values() if value is not None]
    if len(values) < 2 or {key.casefold() for key in sample.json_object} & (_NAMES | _CONTAINERS):
        return False
    if all(isinstance(value, str) for value in values):
        return sum(map(len, values)) > _MIN_TEXT * len(values) or any("\n" in value or "【" in value for value in values)
    return all(isinstance(value, dict) for value in values) and bool(set.intersection(*(set(value) for value in values[:8])))
