"""What a run was told about its files, and the records that each of them holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from medrag.errors import IngestError, MedRAGError, MissingExtraError, UnknownFormatError
from medrag.ingest import registry
from medrag.ingest.portions import Making, one_line
from medrag.ingest.records import EdgeTable, Raw, RawReader, Reader, ReadOptions, ReadRecord, Unreadable, edges_of
from medrag.ingest.registry import NotDocument
from medrag.kb.edges import Edges
from medrag.types import Place

__all__ = ["Opened", "Reading"]

Read = ReadRecord | Unreadable


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is being read: by which reader, or why it is no document, and its records."""

    reader: str
    skipped_reason: str
    records: Iterator[Read | Raw | Edges]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user said about all files, which of them are tables of names, and the keys of those with one document each."""

    options: ReadOptions = field(default_factory=ReadOptions)
    format: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    names: frozenset[Path] = frozenset()
    keys: Mapping[Path, str] = field(default_factory=dict)

    def making(self, reader: str) -> Making:
        """How the records of a reader become documents."""
        return Making(reader, self.source, self.tags, options=self.options)

    def reader(self, path: Path) -> Reader | NotDocument:
        """The file's reader; raises `IngestError` where there is none."""
        if path in self.names:
            return registry.find_names(path)
        return registry.reader(self.format) if self.format else registry.find(path, self.options)

    def opened(self, path: Path) -> Opened:
        """What the file holds; what is wrong with the file or its reader is the last of its records."""
        try:
            reader = self.reader(path)
        except Exception as error:
            return Opened("", "", iter([_fault(path, "", error)]))
        if isinstance(reader, NotDocument):
            return Opened("", reader.reason, iter(()))
        return Opened(reader.name, "", self.raw(path, reader))

    def raw(self, path: Path, reader: Reader) -> Iterator[Read | Raw | Edges]:
        """The file's records by a reader, raw where it leaves the rest of reading to others (`RawReader`), many edges as one."""
        if not isinstance(reader, (RawReader, EdgeTable)) or path in self.keys:
            yield from self.read(path, reader)
            return
        try:
            if isinstance(reader, EdgeTable):
                yield from edges_of(reader, path, self.options)
            else:
                yield from reader.raw(path, self.options)
        except Exception as error:
            yield _fault(path, reader.name, error)

    def read(self, path: Path, reader: Reader) -> Iterator[Read]:
        """The file's records by a reader."""
        try:
            records = reader.read(path, self.options)
            yield from records if path not in self.keys else _keyed(records, self.keys[path])
        except Exception as error:
            yield _fault(path, reader.name, error)


def _fault(path: Path, reader: str, error: Exception) -> Unreadable:
    """What is said of a file that cannot be read, or not to its end: the rest of the run must not suffer for it."""
    place = Place(file=path.name)
    if isinstance(error, UnknownFormatError):
        return Unreadable(place, str(error))
    if isinstance(error, (IngestError, MissingExtraError, OSError)):  # a pdf without the reader for it stops no other file
        return Unreadable(place, one_line(error))
    if isinstance(error, MedRAGError):
        raise error
    named = f"{type(error).__name__}: {one_line(error)}"  # a reader met something that it did not expect
    return Unreadable(place, f"the {reader} reader gave up: {named}")


def _keyed(records: Iterator[Read], key: str) -> Iterator[Read]:
    """The one record of a file, known by the key given."""
    found = list(islice(records, 2))
    if len(found) > 1:
        raise IngestError(f"the key {key!r} is of one document, and the file holds more: leave the key out")
    for record in found:
        if isinstance(record, ReadRecord):
            yield replace(record, document=record.document.model_copy(update={"key": key}))
        else:
            yield record
