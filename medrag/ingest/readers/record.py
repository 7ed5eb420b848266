"""Records as documents: the text of a table row or JSON object, where its fields stand in it, and what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import clean
from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.kb.quick import made_of, place_of
from medrag.kb.relations import Relation, relation_of
from medrag.types import Document, DocumentKind, EntityKind, Place

__all__ = [
    "MAX_NAME_CHARS",
    "About",
    "Field",
    "Origin",
    "is_cut",
    "json_fields",
    "language",
    "one_line",
    "row_fields",
    "row_text",
    "says_nothing",
    "scalars",
    "split_list",
]

MAX_NAME_CHARS = 120  # what is longer is prose and names nothing; the longest real name seen has 114
_SURROGATES = re.compile("[\ud800-\udfff]")
_HAN_SHARE = 10  # one Han character in ten makes a record Chinese: its column names may be English
_NOTHING = re.compile(
    r"(?:目前)?(?:暂无|尚无|未见|无)?(?:可靠的?|相关|参考|可参考|统计)+(?:资料|数据)|暂无|无|不详|未知|-+|/|\??|n/?a|none|null|nan|>>.*|.*？",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name, its value, and the span of the record's text that holds both."""

    name: str
    value: Any
    start: int
    end: int


def one_line(value: str) -> str:
    """The value as it is stored on one line: no control characters, runs of blanks as one space, no half surrogates."""
    value = value.strip()
    if value.isprintable() and "  " not in value:
        return value
    return _SURROGATES.sub("�", clean(value).replace("\n", " "))


def row_text(cells: Mapping[str, str]) -> str:
    """A table row as text, one line `column: value` for each filled cell."""
    return "\n".join([f"{_column(name)}: {value}" for name, cell in cells.items() if (value := one_line(cell))])


@lru_cache(maxsize=1024)
def _column(name: str) -> str:
    return one_line(name)


def row_fields(cells: Mapping[str, str]) -> tuple[str, list[Field]]:
    """A table row as text, one line `column: value` for each filled cell, and its fields."""
    lines: list[str] = []
    fields: list[Field] = []
    at = 0
    for name, cell in cells.items():
        value = one_line(cell)
        if value:
            line = f"{_column(name)}: {value}"
            lines.append(line)
            fields.append(Field(name, value, at, at + len(line)))
            at += len(line) + 1
    return "\n".join(lines), fields


def json_fields(text: str) -> list[Field]:
    """The members of a JSON object's text, each with the span from its key's quotation mark to its value's end.

    Raises `ValueError` where the text is no JSON object.
    """
    decoder = json.JSONDecoder()
    fields: list[Field] = []
    at = _past_blanks(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("not a JSON object")
    try:
        at = _past_blanks(text, at + 1)
        while text[at : at + 1] == '"':
            name, colon = decoder.raw_decode(text, at)
            value, end = decoder.raw_decode(text, _past_blanks(text, _past_blanks(text, colon) + 1))
            fields.append(Field(name, value, at, end))
            at = _past_blanks(text, end)
            at = _past_blanks(text, at + 1) if text[at : at + 1] == "," else at
    except RecursionError:
        raise ValueError("nested too deep") from None
    return fields


def _past_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\t", "\n", "\r"}:
        at += 1
    return at


def scalars(value: object) -> Iterator[str]:
    """The texts in a JSON value: the value, or the items of a list; numbers as printed, objects and blanks left out."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, (str, int, float)) and not isinstance(item, bool):
            text = one_line(str(item))
            if text:
                yield text


def split_list(cell: str, separators: str = ",，、;；|") -> list[str]:
    """The items of a cell that holds a list; separators inside brackets are part of an item."""
    items, depth, start = [], 0, 0
    for at, character in enumerate(cell):
        if character in "(（[［《【":
            depth += 1
        elif character in ")）]］》】":
            depth = max(depth - 1, 0)
        elif character in separators and not depth:
            items.append(cell[start:at])
            start = at + 1
    items.append(cell[start:])
    return [item.strip() for item in items if item.strip()]


def is_cut(value: str) -> bool:
    """Whether a value was cut off by its source ("枸橼酸西地..."): it names nothing any more."""
    return value.endswith(("...", "…", "．．．"))


def says_nothing(value: str) -> bool:
    """Whether a value only says that there is none (暂无相关资料, N/A)."""
    return _NOTHING.fullmatch(value) is not None


def language(text: str) -> str:
    """The language of a record's text, "zh" or "en", by its share of Han characters."""
    if text.isascii():
        return "en"
    return "zh" if _has_han(-(-len(text) // _HAN_SHARE)).match(text) else "en"


@lru_cache(maxsize=1024)
def _has_han(count: int) -> re.Pattern[str]:
    """What matches a text with so many Han characters, by its beginning."""
    return re.compile(f"(?:[^一-鿿]*[一-鿿]){{{count}}}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What all records of one file share: the file, the reader that reads it, and what the user said."""

    path: Path
    reader: str
    options: ReadOptions
    file: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", self.path.name)  # which a path works out anew for each record

    def place(self, where: str) -> Place:
        """The place of a record in the file."""
        return place_of(self.file, where)

    def unreadable(self, bad: Bad) -> Unreadable:
        """The fault of a record, with its file."""
        return Unreadable(self.place(bad.record), bad.reason)

    def document(self, where: str | Place, text: str, title: str, *, key: str = "") -> Document:
        """A record of the file as a document without sections."""
        fields: dict[str, Any] = {
            "source": "",
            "key": key,
            "version": 0,
            "revision": "",
            "effective": "",
            "title": title,
            "maker": "",
            "kind": DocumentKind.RECORD,
            "lang": self.options.lang or language(text[:400]),
            "tags": (),
            "place": self.place(where) if isinstance(where, str) else where,
            "reader": self.reader,
            "text": text,
            "sections": (),
        }
        return made_of(Document, fields)


@dataclass(slots=True)
class About:
    """The names and statements that a record makes about one entity, as they are collected field by field.

    Without a subject (its name was cut off) nothing is collected; what names nothing is left out and counted in `unmapped`.
    """

    subject: EntityRef | None
    names: list[NameOf] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)

    def say(self, printed: str, values: Iterable[str], span: tuple[int, int], *, kind: EntityKind | None = None) -> None:
        """Adds what a field says: one statement for each value, with the span of the field."""
        relation = relation_of(printed)
        if not relation.known:
            self.unmapped.append(printed)
        self.add(relation, values, span, kind=kind)

    def add(self, relation: Relation, values: Iterable[str], span: tuple[int, int], *, kind: EntityKind | None = None) -> None:
        """Adds one statement of a relation for each value; `kind` overrides the kind of its objects."""
        if self.subject is None:
            return
        for value in dict.fromkeys(values):
            if is_cut(value):
                self._leave_out(f"{relation.name} (cut values)")
            elif len(value) > MAX_NAME_CHARS:
                self._leave_out(f"{relation.name} (prose)")
            elif says_nothing(value):
                continue
            elif relation.is_name:
                self.names.append(NameOf(self.subject, value))
            else:
                self.statements.append(Statement(self.subject, relation.name, entity(kind or relation.object, value), *span))

    def _leave_out(self, why: str) -> None:
        if why not in self.unmapped:
            self.unmapped.append(why)

    def record(self, document: Document) -> ReadRecord:
        """The record with all that was collected."""
        about = () if self.subject is None else (self.subject,)
        return ReadRecord(document, tuple(self.names), tuple(self.statements), about, tuple(self.unmapped))
