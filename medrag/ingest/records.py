"""What a reader yields: records that could be read, and records that could not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from medrag.ingest.sample import Sample
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.types import Document, Place

__all__ = ["ReadOptions", "ReadRecord", "Reader", "Unreadable"]


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
