"""The records of a table-like file, whatever it is: csv, tsv, xlsx, a JSON list, a list in a JSON object, JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.json_records import first_values, json_records
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Row, rows

__all__ = ["column_word", "first_records", "records", "scalar_text"]

_NOTHING = frozenset({"", "null", "nan", "\\n"})  # the text "None" is an answer: Contraindications: None
_LONGEST_NOTHING = max(map(len, _NOTHING))


def column_word(column: str) -> str:
    """A column's name as it is compared: case folded, without blanks, underscores, hyphens and brackets."""
    return re.sub(r"[\s_\-【】\[\]:：]", "", column).casefold()


def scalar_text(value: object) -> str:
    """A cell or JSON value as text; lists one item a line; absent values (None, `null`, NaN) are empty."""
    if isinstance(value, str):
        said = value.strip()
        return "" if len(said) <= _LONGEST_NOTHING and said.casefold() in _NOTHING else value
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(filter(None, (scalar_text(item) for item in value)))
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {text}" for key, item in value.items() if (text := scalar_text(item)))
    return str(value)


def records(path: Path) -> Iterator[tuple[str, Any | Bad]]:
    """The records of the file with their places: rows are objects by column name, JSON items come as they are."""
    if Sample.of(path).is_table:
        for row in rows(path):
            yield row.record, row.cells if isinstance(row, Row) else row
        return
    for item in json_records(path):
        yield (item.record, item) if isinstance(item, Bad) else (item.where, item.value)


def first_records(sample: Sample, count: int = 8) -> list[dict[str, Any]]:
    """Up to `count` first records that the sample shows, in the same shape as `records` gives them."""
    if sample.columns:
        return list(sample.rows[:count])
    return [value for value in first_values(sample, count) if isinstance(value, dict)]
