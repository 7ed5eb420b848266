"""Reading a small file at once, for the tests of the graph and names readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from medrag.ingest.records import Reader, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

Said = tuple[str, str, str, str]  # subject id, relation, object id, the words that say so


@dataclass(frozen=True)
class Found:
    """What a reader made of a file."""

    sure: float
    records: list[ReadRecord]
    faults: list[Unreadable]

    def said(self) -> list[Said]:
        return [
            (s.subject.id, s.relation, s.object.id, record.document.text[s.start : s.end])
            for record in self.records
            for s in record.statements
        ]

    def facts(self) -> list[tuple[str, str, str]]:
        return [said[:3] for said in self.said()]

    def names(self) -> list[tuple[str, str, str]]:
        return [(n.entity.id, n.name, n.kind) for record in self.records for n in record.names]


def found(reader: Reader, path: Path) -> Found:
    read = list(reader.read(path, ReadOptions()))
    records = [item for item in read if isinstance(item, ReadRecord)]
    faults = [item for item in read if isinstance(item, Unreadable)]
    return Found(reader.recognise(Sample.of(path)), records, faults)


Read = Callable[..., Found]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes the text to a file of that name, in that encoding, and reads it."""

    def write_and_read(reader: Reader, name: str, text: str, encoding: str = "utf-8") -> Found:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return found(reader, path)

    return write_and_read


@pytest.fixture
def read_file() -> Callable[[Reader, Path], Found]:
    """Reads a file that exists."""
    return found
