"""Plain lists of names: one name a line, perhaps with a count behind a tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.kinds import entity, kind_in_name
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, one_line
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.ingest.source import Bad, lines
from medrag.kb.prepared import NameOf
from medrag.types import EntityKind

__all__ = ["LINES_PER_RECORD", "NameListReader"]

LINES_PER_RECORD = 1000  # a record for every name would make most of a knowledge base's documents single words
_COUNTED = re.compile(r"[^\t]+\t\s*\d+(?:\.\d+)?\s*")
_SENTENCE = re.compile(r"[。！？；：【】{}<>]|[.!?:;]\s|[.:;]$|^\s*(?:#|//|\d+[.、)]\s)")
_LISTED = re.compile(r"name|词|alias|list|thuocl|dict|terms?$|kg_", re.I)
_SEEN_LINES = 400
_MIN_LINES = 3
_MIN_LINES_UNNAMED = 20
_SHORT = 30  # characters of a Chinese name; an English one may have 80
_SHORT_LATIN = 80
_ODD_SHARE = 20  # one line in twenty may be longer than a name is


class NameListReader:
    """Reads a list of names in records of 1,000 lines; what they are names of is said by the file's name."""

    name = "name-lists"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.8 for names with counts or in a file named after a kind of thing, 0.55 for other lists of short lines."""
        if sample.suffix not in {".txt", ".lst", ".dic"} or not sample.text:
            return 0.0
        seen = sample.text.splitlines()[: None if sample.whole else -1][:_SEEN_LINES]
        filled = [line.strip() for line in seen if line.strip()]
        if len(filled) < _MIN_LINES:
            return 0.0
        if all(_COUNTED.fullmatch(line) for line in filled):
            return 0.8
        if not _short_names(filled) or len(set(filled)) * 10 < len(filled) * 9:
            return 0.0
        stem = sample.path.stem
        if kind_in_name(stem) is not None or _LISTED.search(stem) or sample.path.parent.name == "names":
            return 0.8
        return 0.55 if len(filled) >= _MIN_LINES_UNNAMED and len(filled) == len(seen) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for every 1,000 lines; their number is the number of lines of its text."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        kind = kind_in_name(path.stem) or EntityKind.THING
        block: list[str] = []
        first = last = 1
        for number, line in lines(path):
            if number - first >= LINES_PER_RECORD:
                yield from _record(origin, block, first, last, kind)
                block, first = [], number
            last = number
            if isinstance(line, Bad):
                yield origin.unreadable(line)
            elif line.strip():
                block.append("\t".join(one_line(part) for part in line.lstrip("﻿").split("\t")))
        yield from _record(origin, block, first, last, kind)


def _short_names(filled: list[str]) -> bool:
    odd = sum(not is_cut(line) and _is_no_name(line) for line in filled)
    return odd * _ODD_SHARE <= len(filled)


def _is_no_name(line: str) -> bool:
    longest = _SHORT_LATIN if line.isascii() else _SHORT
    return len(line) > longest or "\t" in line or _SENTENCE.search(line) is not None


def _record(origin: Origin, block: list[str], first: int, last: int, kind: EntityKind) -> Iterator[ReadRecord]:
    if not block:
        return
    title = f"{origin.path.stem} lines {first}-{last}"
    document = origin.document(f"lines {first}-{last}", "\n".join(block), title, key=title)
    listed = (line.split("\t")[0].strip() for line in block)
    named = [name for name in dict.fromkeys(listed) if name and len(name) <= MAX_NAME_CHARS and not is_cut(name)]
    yield ReadRecord(document, tuple(NameOf(entity(kind, name), name, "name") for name in named))
