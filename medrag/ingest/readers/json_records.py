"""The records of a JSON file, whichever way it holds them: one a line, in a list, or one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import clean
from medrag.ingest.sample import Sample
from medrag.ingest.source import Bad, json_items, lines, load_json, read_text

__all__ = ["JsonRecord", "first_value", "holds_lines", "is_one_object", "json_records"]

_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_SUFFIXES = {".jsonl", ".ndjson"}


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A JSON record: its place, its text (as printed, escapes resolved), and its value."""

    where: str
    text: str
    value: Any


def holds_lines(sample: Sample) -> bool:
    """Whether the file holds one JSON value a line; a list of records on a single line is a list."""
    first = sample.json_line
    if first is None:
        return sample.suffix in _LINE_SUFFIXES
    return not (_is_one_line(sample) and isinstance(first, list) and first and isinstance(first[0], (list, dict)))


def is_one_object(sample: Sample) -> bool:
    """Whether the file is a single JSON object, on one line or on many."""
    if sample.suffix in _LINE_SUFFIXES or not sample.text.lstrip().startswith("{"):
        return False
    return sample.json_line is None or _is_one_line(sample)


def _is_one_line(sample: Sample) -> bool:
    return sample.whole and sample.text.strip() == sample.first_line.strip()


def first_value(sample: Sample) -> Any:
    """The first record of a JSON file as far as its beginning shows it, else None."""
    if sample.json_line is not None and holds_lines(sample):
        return sample.json_line
    if sample.json_first is not None:
        return sample.json_first
    return sample.json_object or None


def json_records(path: Path) -> Iterator[JsonRecord | Bad]:
    """The records of a JSON file in file order; lines and lists are streamed, objects one after the other are held."""
    sample = Sample.of(path)
    if holds_lines(sample):
        for number, line in lines(path):
            if isinstance(line, Bad) or line.strip():
                yield line if isinstance(line, Bad) else _of_text(f"line {number}", line.lstrip("﻿"))
    elif sample.text.lstrip().startswith("["):
        for where, value in json_items(path):
            yield value if isinstance(value, Bad) else JsonRecord(where, _printed(value), value)
    else:
        yield from _one_after_the_other(read_text(path).lstrip("﻿"))


def _of_text(where: str, line: str) -> JsonRecord | Bad:
    try:
        value = load_json(line)
    except ValueError as error:
        return Bad(where, f"not valid JSON: {error}")
    # \u escapes are resolved, or nobody could read the quote
    return JsonRecord(where, _printed(value) if "\\u" in line else clean(line), value)


def _printed(value: Any) -> str:
    return _SURROGATES.sub("�", clean(json.dumps(value, ensure_ascii=False)))


def _one_after_the_other(text: str) -> Iterator[JsonRecord | Bad]:
    decoder = json.JSONDecoder()
    at = len(text) - len(text.lstrip())
    number = 0
    while at < len(text):
        where = f"/{number}" if number else "/"
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Bad(where, f"not valid JSON from here on: {str(error).splitlines()[0]}")
            return
        yield JsonRecord(where, _printed(value), value)
        number += 1
        while at < len(text) and text[at].isspace():
            at += 1
