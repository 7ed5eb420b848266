"""The records of a table-like file, whatever it is: csv, tsv, xlsx, a JSON list, a list in a JSON object, JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from medrag.ingest.sample import Sample
from medrag.ingest.source import Bad, Row, json_items, json_lines, rows

__all__ = ["column_word", "first_records", "records", "scalar_text", "text_items"]

_NAMES = frozenset("name title drug setid id text 药品名称 药名 名称 通用名称".split())
_SHEETS = frozenset({".xlsx", ".xlsm"})
_NOTHING = frozenset({"", "null", "nan", "\\n"})  # the text "None" is an answer: Contraindications: None


def column_word(column: str) -> str:
    """A column's name as it is compared: case folded, without blanks, underscores, hyphens and brackets."""
    return re.sub(r"[\s_\-【】\[\]:：]", "", column).casefold()


def scalar_text(value: object) -> str:
    """A cell or JSON value as text; lists one item a line; absent values (None, `null`, NaN) are empty."""
    if isinstance(value, str):
        return "" if value.strip().casefold() in _NOTHING else value
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(filter(None, (scalar_text(item) for item in value)))
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {text}" for key, item in value.items() if (text := scalar_text(item)))
    return str(value)


def records(path: Path) -> Iterator[tuple[str, Any | Bad]]:
    """The records of the file with their places: rows are objects by column name, JSON items come as they are."""
    sample = Sample.of(path)
    start = sample.text.lstrip()[:1]
    if sample.suffix in _SHEETS or (start not in {"[", "{"}):
        for row in rows(path):
            yield row.record, row.cells if isinstance(row, Row) else row
    elif start == "[" and not isinstance(sample.json_line, dict):
        yield from json_items(path)
    elif _holds_lines(sample):
        yield from json_lines(path)
    else:
        key = _list_key(sample)
        yield from json_items(path, f"{key}.item" if key else "")


def first_records(sample: Sample, count: int = 8) -> list[dict[str, Any]]:
    """Up to `count` first records that the sample shows, in the same shape as `records` gives them."""
    if sample.suffix in _SHEETS:
        return list(sample.sheet_rows[:count])
    start = sample.text.lstrip()[:1]
    if start == "[":
        return [item for item in text_items(sample.text, count) if isinstance(item, dict)]
    if start == "{":
        return _first_objects(sample, count)
    return _first_rows(sample, count) if sample.columns else []


def text_items(text: str, count: int) -> list[Any]:
    """The first items of a JSON list that may be cut off."""
    decoder = json.JSONDecoder()
    items: list[Any] = []
    at = text.find("[") + 1
    while len(items) < count:
        at = _skip(text, at)
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _first_objects(sample: Sample, count: int) -> list[dict[str, Any]]:
    if _holds_lines(sample):
        found = []
        for line in islice((line for line in sample.text.splitlines() if line.strip()), count):
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                break
        return [item for item in found if isinstance(item, dict)]
    key = _list_key(sample)
    if not key:
        return [sample.json_object] if sample.json_object else []
    at = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:\s*(?=\[)", sample.text)
    return [item for item in text_items(sample.text[at.end() :], count) if isinstance(item, dict)] if at else []


def _first_rows(sample: Sample, count: int) -> list[dict[str, Any]]:
    delimiter = "\t" if sample.suffix == ".tsv" else max(",\t;|", key=sample.first_line.count)
    reader = csv.reader(io.StringIO(sample.text.lstrip(), newline=""), delimiter=delimiter)
    try:
        next(reader, None)
        return [dict(zip(sample.columns, row, strict=False)) for row in islice(reader, count)]
    except csv.Error:
        return []


def _holds_lines(sample: Sample) -> bool:
    """Whether a file that begins with `{` holds an object a line, and not one object with the list of all records."""
    if sample.suffix in {".jsonl", ".ndjson"}:
        return True
    alone = sample.whole and sample.text.strip() == sample.first_line.strip()
    return sample.json_line is not None and not (alone and _list_key(sample))


def _list_key(sample: Sample) -> str:
    """The key of the list of records in a file that is one object; the last, where the sample ends inside it.

    Empty where the object has a name: then it is itself a record.
    """
    if {column_word(key) for key in sample.json_object} & _NAMES:
        return ""
    keys = [
        key for key, items in sample.json_object.items() if isinstance(items, list) and items and isinstance(items[0], dict)
    ]
    if keys:
        return keys[0]
    last = next(reversed(sample.json_object), "")
    return last if last and sample.json_object[last] is None and not sample.whole else ""
