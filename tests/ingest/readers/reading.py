"""Reading a file whole, and what must hold of every record that any reader yields."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from medrag.ingest.records import Reader, ReadOptions, ReadRecord, Unreadable

NOTHING_SAID = ReadOptions()


def read(reader: Reader, path: Path) -> tuple[list[ReadRecord], list[Unreadable]]:
    """The records and the faults of a file, the records' spans checked."""
    records: list[ReadRecord] = []
    faults: list[Unreadable] = []
    for item in reader.read(path, NOTHING_SAID):
        if isinstance(item, Unreadable):
            faults.append(item)
            assert "\n" not in item.reason
            continue
        spans_are_exact(item)
        records.append(item)
    return records, faults


def spans_are_exact(record: ReadRecord) -> None:
    """Sections stand one after another inside the text and hold no blanks at their ends; statements stand inside it."""
    text, last = record.document.text, 0
    for number, section in enumerate(record.document.sections):
        assert section.index == number
        assert last <= section.start <= section.end <= len(text)
        assert text[section.start : section.end] == text[section.start : section.end].strip()
        last = section.end
    for statement in record.statements:
        assert 0 <= statement.start < statement.end <= len(text)


def sections(record: ReadRecord) -> list[tuple[str, str, str]]:
    """Code, heading and text of each section."""
    document = record.document
    return [(one.code, one.heading, document.text[one.start : one.end]) for one in document.sections]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip file with these members."""
    path.write_bytes(zip_bytes(members))
    return path


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A zip archive with these members, as bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()
