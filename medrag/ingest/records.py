"""What a reader yields: records that could be read, and records that could not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from medrag.ingest.sample import Sample
from medrag.kb.edges import Edge, Edges, document_of, said_by
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.types import Document, Place

__all__ = [
    "EdgeTable",
    "Raw",
    "RawReader",
    "ReadOptions",
    "ReadRecord",
    "Reader",
    "Unreadable",
    "edges_of",
    "from_edges",
    "from_raw",
    "size_of",
]

EDGES, EDGE_CHARS = 10_000, 4_000_000  # rows, and characters of them, that go on together


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record of a source file as a document, with the names and statements its reader saw in it.

    `document.key` is empty where the source gives no identity of its own (no set id, no 批准文号, no maker):
    the build then makes one from the name and the first text (`medrag.ingest.identity`).
    `document.source` is empty unless the format fixes it; the build fills it in.
    `unmapped` lists the headings that the section table does not know.
    `rows` says how many records of the source it is made of: a drug's sections may stand in rows of their own.
    """

    document: Document
    names: tuple[NameOf, ...] = ()
    statements: tuple[Statement, ...] = ()
    about: tuple[EntityRef, ...] = ()
    unmapped: tuple[str, ...] = ()
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record, or the rest of a file, that could not be read: where, why, and what to do."""

    place: Place
    reason: str

    def __post_init__(self) -> None:
        if len(self.reason.splitlines()) > 1:  # a file's own line breaks get into what is said about it
            object.__setattr__(self, "reason", " ".join(self.reason.split()))


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it stands in its file (a JSON value, a page, a member of an archive), still to be made a document of."""

    place: Place
    value: Any

    @property
    def size(self) -> int:
        """About how many characters it has."""
        left, size = [self.value], 0
        for value in left:  # which grows meanwhile
            if isinstance(value, (str, bytes)):
                size += len(value)
            elif isinstance(value, dict):
                try:
                    size += len("".join(value.values()))  # a row of a table: cells and nothing else
                except TypeError:
                    left.extend(value.values())
            elif isinstance(value, (list, tuple)):
                left.extend(value)
        return size


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user said about the files: tags for every document, a language, and a column mapping."""

    lang: str = ""
    mapping: dict[str, object] = field(default_factory=dict)


class Reader(Protocol):
    """A format. `recognise` looks at the beginning of a file only and says how sure it is, 0 (no) to 1.

    `version` is raised when the canonical text that the reader makes of the same bytes changes.
    """

    name: str
    version: int

    def recognise(self, sample: Sample) -> float:
        """How surely the sample is of this format, 0..1; the surest reader gets the file."""
        ...

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The records of the file, in file order, one at a time; faults of single records are yielded, not raised."""
        ...


@runtime_checkable
class RawReader(Reader, Protocol):
    """A format whose records are made documents of one by one, each by itself: by other processes where there are many.

    `read` gives what `made` makes of each that `raw` gives, in order.
    """

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The records as they stand in the file, in file order: the quick half of reading."""
        ...

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The documents of one record; what it needs to know of the rest of its file is in the raw record."""
        ...


@runtime_checkable
class EdgeTable(Reader, Protocol):
    """A format of a graph's edges, of which there are millions: no record is made of a row.

    `read` gives the same as records, in order.
    """

    def edges(self, path: Path, options: ReadOptions) -> Iterator[Edge | Unreadable]:
        """The rows of the file, in file order."""
        ...


def size_of(record: ReadRecord | Raw | Edges | Unreadable) -> int:
    """About how many characters a record has, by which portions are measured."""
    if isinstance(record, Edges):
        return sum([len(edge.text) for edge in record.rows])
    if isinstance(record, ReadRecord):
        return len(record.document.text)
    return record.size if isinstance(record, Raw) else 0


def from_raw(reader: RawReader, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
    """The records of a file by the two halves of its reader."""
    for raw in reader.raw(path, options):
        if isinstance(raw, Unreadable):
            yield raw
        else:
            yield from reader.made(raw, options)


def edges_of(reader: EdgeTable, path: Path, options: ReadOptions) -> Iterator[Edges | Unreadable]:
    """The rows of a file, many together, and those that could not be read. What was read before an error comes before it."""
    rows: list[Edge] = []
    size = 0
    try:
        for edge in reader.edges(path, options):
            if isinstance(edge, Unreadable):
                yield edge
                continue
            rows.append(edge)
            size += len(edge.text)
            if len(rows) >= EDGES or size >= EDGE_CHARS:
                yield _edges(reader, path, rows)
                rows, size = [], 0
    except Exception:
        if rows:
            yield _edges(reader, path, rows)
        raise
    if rows:
        yield _edges(reader, path, rows)


def from_edges(reader: EdgeTable, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
    """The rows of a file as records."""
    of = _edges(reader, path, [])
    for edge in reader.edges(path, options):
        if isinstance(edge, Unreadable):
            yield edge
        else:
            yield ReadRecord(document_of(of, edge), *said_by(edge), edge.unmapped)


def _edges(reader: EdgeTable, path: Path, rows: list[Edge]) -> Edges:
    return Edges(path.name, f"{reader.name}/{reader.version}", rows)
