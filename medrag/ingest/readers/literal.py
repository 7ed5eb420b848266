"""One Python literal a line, as scraped herb and formula records come. Literals are parsed, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft, name_kind, split_names
from medrag.ingest.readers.fields import scalar_text
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.ingest.source import lines
from medrag.sections import classify_heading
from medrag.types import Place

__all__ = ["LiteralLinesReader"]

MAX_LITERAL_CHARS = 64 * 1024  # a literal takes some hundred times its length while it is parsed

_NAMES = "药材名 药材名称 名称 药名 方剂名 方剂名称 方名 中药名 药品名称 通用名称 品名 name title".split()
_DECORATION = re.compile(r"^[\s【\[［]+|[\s】\]］:：]+$")


class LiteralLinesReader:
    """Dict literals with headings as keys (`【别名】`, `所属分类：`); each line is a document."""

    name = "literal-lines"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 where the first line is a dict literal but no JSON and has known headings as keys, 0.5 with unknown ones, else 0."""
        line = sample.first_line.strip()
        if not line.startswith("{") or sample.json_line is not None:
            return 0.0
        record = _parse(line)
        if not isinstance(record, dict) or not record or not all(isinstance(key, str) for key in record):
            return 0.0
        return 0.9 if any(classify_heading(_bare(key)) for key in record) else 0.5

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document a line, named by its name key, else by its first alias."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The lines that are not blank, with the file's name."""
        for number, line in lines(path):
            place = Place(file=path.name, record=f"line {number}")
            if isinstance(line, Bad):
                yield Unreadable(place, line.reason)
            elif line.strip():
                yield Raw(place, (line.strip().lstrip("﻿"), path.stem))

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The document of one line."""
        line, stem = raw.value
        record = _parse(line)
        yield Unreadable(raw.place, record) if isinstance(record, str) else self._record(record, raw.place, stem, options)

    def _record(self, record: dict[Any, Any], place: Place, stem: str, options: ReadOptions) -> ReadRecord | Unreadable:
        fields = {_bare(str(key)): cell_text(text) for key, value in record.items() if (text := scalar_text(value).strip())}
        if not fields:
            return Unreadable(place, "every field is empty")
        named = next((word for word in _NAMES if word in fields), "")
        title = fields.pop(named).strip() if named else _first_alias(fields)
        drug = None if title else ""
        draft = Draft(title or f"{stem} {place.record}", place, f"{self.name}/{self.version}", drug=drug, lang=options.lang)
        for heading, text in fields.items():
            draft.add(heading, text)
        return draft.record()


def _parse(line: str) -> dict[Any, Any] | str:
    """The dict that the line is a literal of, or why it is none."""
    if len(line) > MAX_LITERAL_CHARS:
        return f"a literal of {len(line):,} characters (at most {MAX_LITERAL_CHARS:,})"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `\d` in a scraped string is a SyntaxWarning of ours, not of the data
            value = ast.literal_eval(line)
    except (ValueError, SyntaxError, TypeError) as error:
        return f"not a Python literal: {str(error).splitlines()[0][:120] if str(error) else type(error).__name__}"
    except (MemoryError, RecursionError):
        return "not a Python literal: nested too deeply"
    return value if isinstance(value, dict) else f"a {type(value).__name__} where a dict was wanted"


def _bare(key: str) -> str:
    """The key without the brackets and colon that the source prints around it."""
    return _DECORATION.sub("", key)


def _first_alias(fields: dict[str, str]) -> str:
    """The first alias, which is a true name of the thing, empty where none is given."""
    names = [name for heading, text in fields.items() if name_kind(heading) == "alias" for name in split_names(text)]
    return names[0] if names else ""
