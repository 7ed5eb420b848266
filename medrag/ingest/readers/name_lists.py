"""Plain lists of names: one name a line, perhaps with a count behind a tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, kind_in_name
from medrag.ingest.readers.json_records import first_values
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, one_line, split_list
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.ingest.source import json_items, lines
from medrag.kb.prepared import NameOf
from medrag.kb.relations import relation_of
from medrag.types import EntityKind

__all__ = ["LINES_PER_RECORD", "NameListReader"]

LINES_PER_RECORD = 1000  # a record for every name would make most of a knowledge base's documents single words
_SUFFIXES = {".txt", ".lst", ".dic", ""}
_TABLES = {".csv", ".tsv", ".tab"}
_PAIR = 2
_SEPARATORS = "\t|=,， "
_HAN = re.compile("[一-鿿]")
_COUNTED = re.compile(r"[^\t]+\t\s*\d+(?:\.\d+)?\s*")
_SENTENCE = re.compile(r"[。！？；：【】{}<>]|[.!?:;]\s|[.:;]$|^\s*(?:#|//|\d+[.、)]\s)")
_LISTED = re.compile(r"name|词|别名|alias|synonym|list|thuocl|dict|terms?$|kg_", re.I)
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
        """0.8 for names with counts or in a file named after a kind of thing, 0.7 for synonyms, 0.55 for other lists of short lines."""
        filled, blank = _seen(sample)
        if len(filled) < _MIN_LINES:
            return 0.0
        if all(_COUNTED.fullmatch(line) for line in filled):
            return 0.8
        named = _LISTED.search(sample.path.stem) is not None or sample.path.parent.name == "names"
        if sample.suffix in _TABLES and not named:
            return 0.0
        if _separator(filled):
            return 0.7
        if not _short_names(filled) or len(set(filled)) * 10 < len(filled) * 9:
            return 0.0
        if named or kind_in_name(sample.path.stem) is not None:
            return 0.8
        return 0.55 if len(filled) >= _MIN_LINES_UNNAMED and not blank else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for every 1,000 lines; their number is the number of lines of its text."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        kind = kind_in_name(path.stem) or EntityKind.THING
        sample = Sample.of(path)
        separator = _separator(_seen(sample)[0])
        block: list[str] = []
        first = last = 1
        for number, line in _items(path) if sample.text.lstrip().startswith("[") else lines(path):
            if number - first >= LINES_PER_RECORD:
                yield from _record(origin, block, first, last, kind, separator)
                block, first = [], number
            last = number
            if isinstance(line, Bad):
                yield origin.unreadable(line)
            elif line.strip():
                block.append("\t".join(one_line(part) for part in line.split("\t")))
        yield from _record(origin, block, first, last, kind, separator)


def _seen(sample: Sample) -> tuple[list[str], bool]:
    """The first lines that are not blank (or the first texts of a JSON list), and whether blank ones stand between."""
    if sample.text.lstrip().startswith("["):
        items = first_values(sample, _SEEN_LINES)
        texts = all(isinstance(item, str) and "\n" not in item for item in items)
        return [str(item).strip() for item in items] if texts else [], False
    if sample.suffix not in _SUFFIXES | _TABLES:
        return [], False
    seen = sample.text.splitlines()[: None if sample.whole else -1][:_SEEN_LINES]
    filled = [line.strip() for line in seen if line.strip()]
    return filled, len(filled) < len(seen)


def _items(path: Path) -> Iterator[tuple[int, str | Bad]]:
    """The texts of a JSON list, numbered as if they were lines."""
    for number, (_, item) in enumerate(json_items(path), start=1):
        yield number, item if isinstance(item, (str, Bad)) else Bad(f"/{number - 1}", "not a text")


def _separator(filled: list[str]) -> str:
    """What stands between a name and its synonyms where nearly all lines hold both, else ""."""
    for separator in _SEPARATORS:
        parted = [parts for line in filled if len(parts := _parts(line, separator)) > 1]
        if separator in ",，" and any(len(parts) != _PAIR for parts in parted):
            continue  # a table of some other kind
        if len(parted) * _ODD_SHARE < len(filled) * (_ODD_SHARE - 1):
            continue
        names = [name for parts in parted for name in parts]
        if separator == " " and not all(_HAN.search(name) for name in names):
            continue
        if any(_is_no_name(name) or name.isdigit() for name in names):
            continue
        related = sum(len(parts) > 2 and relation_of(parts[1]).known for parts in parted)
        return separator if related * 2 < len(parted) else ""
    return ""


def _parts(line: str, separator: str) -> list[str]:
    """The head word of a line of synonyms and the others."""
    head, *rest = line.split(separator)
    return [name.strip() for name in (head, *(name for part in rest for name in split_list(part))) if name.strip()]


def _short_names(filled: list[str]) -> bool:
    odd = sum(not is_cut(line) and _is_no_name(line) for line in filled)
    return odd * _ODD_SHARE <= len(filled)


def _is_no_name(line: str) -> bool:
    longest = _SHORT_LATIN if line.isascii() else _SHORT
    return len(line) > longest or "\t" in line or _SENTENCE.search(line) is not None


def _record(origin: Origin, block: list[str], first: int, last: int, kind: EntityKind, separator: str) -> Iterator[ReadRecord]:
    if not block:
        return
    title = f"{origin.path.stem} lines {first}-{last}"
    document = origin.document(f"lines {first}-{last}", "\n".join(block), title, key=title)
    names: dict[NameOf, None] = {}
    for line in block:
        head, *others = _parts(line, separator) if separator else [line.split("\t")[0].strip()]
        if head and len(head) <= MAX_NAME_CHARS and not is_cut(head):
            about = entity(kind, head)
            names[NameOf(about, head, "name")] = None
            names.update((NameOf(about, other, "alias"), None) for other in others if len(other) <= MAX_NAME_CHARS)
    yield ReadRecord(document, tuple(names), rows=len(block))
