"""PULSE's knowledge-base lines: `{"docs": ["药名 栏目\\n内容", …]}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft
from medrag.ingest.readers.fields import first_records, records
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.sections import classify_heading
from medrag.types import Place

__all__ = ["PulseDocsReader"]


class PulseDocsReader:
    """One document for each drug of a line; two makers' 板蓝根颗粒 in two lines stay two."""

    name = "pulse-docs"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 for lines that are objects with a list of strings `docs`, one of which names a known section, else 0."""
        for record in first_records(sample, 3):
            docs = record.get("docs")
            if not isinstance(docs, list) or not all(isinstance(text, str) for text in docs):
                return 0.0
            if any(classify_heading(split_entry(text)[1]) for text in docs):
                return 0.95
        return 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The drugs of each line in order of first appearance; an entry that is no text is reported alone."""
        for where, record in records(path):
            if isinstance(record, Bad):
                yield Unreadable(Place(file=path.name, record=where), record.reason)
            elif not isinstance(record, dict) or not isinstance(record.get("docs"), list):
                yield Unreadable(Place(file=path.name, record=where), "not an object with a list `docs`")
            else:
                yield from self._line(record["docs"], path.name, where, options)

    def _line(self, docs: list[Any], file: str, where: str, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        drafts: list[Draft] = []
        latest: dict[str, tuple[Draft, dict[str, str]]] = {}
        for at, entry in enumerate(docs):
            if not isinstance(entry, str) or not entry.strip():
                yield Unreadable(Place(file=file, record=f"{where} /docs/{at}"), "not a text `药名 栏目\\n内容`")
                continue
            name, section, body = split_entry(cell_text(entry))
            draft, sections = latest.get(name, (None, {}))
            if sections.get(section) == body:
                continue  # the same entry twice
            if draft is None or section in sections:
                place = Place(file=file, record=where if not drafts else f"{where} /docs/{at}")
                draft, sections = Draft(name, place, f"{self.name}/{self.version}", lang=options.lang), {}
                drafts.append(draft)
                latest[name] = draft, sections
            draft.add(section, body)
            sections[section] = body
        for draft in drafts:
            yield draft.record()


def split_entry(entry: str) -> tuple[str, str, str]:
    """Drug, section and content of an entry; the section is what follows the last blank of the first line.

    Without a line end, the first word that is a known heading is the section and the rest the content.
    """
    first, newline, body = entry.strip().replace("\r\n", "\n").partition("\n")
    if newline:
        name, _, section = first.strip().rpartition(" ")
        return (name.strip(), section, body) if name else (section, "", body)
    for word in list(re.finditer(r"\S+", first))[1:]:
        section = word.group().replace("：", ":").partition(":")[0]
        if classify_heading(section):
            return first[: word.start()].strip(), section, first[word.start() + len(section) :].lstrip(" \t　:：")
    name, _, body = first.strip().partition(" ")
    return name, "", body.strip()
