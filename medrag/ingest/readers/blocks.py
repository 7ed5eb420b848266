"""Files as documents: blocks of text under headings become sections, and a file with a label's headings is a label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from medrag.ingest.canonical import CanonicalText, clean
from medrag.ingest.readers.drug_label import Label, iso_date, label_record, language_of, names_in_title, printed_name
from medrag.ingest.readers.headings import CLINICAL, Piece, heads, sections_of
from medrag.ingest.readers.zh_label import label_draft, label_name
from medrag.ingest.records import ReadOptions, ReadRecord
from medrag.kb.folding import fold
from medrag.sections import SectionGroup, classify_heading
from medrag.types import Document, DocumentKind, Place, Section

__all__ = ["Block", "file_record"]

_LABEL_GROUPS = 2  # clinical headings that make a file a label; one alone ("Interactions") heads chapters of other texts
_DECISIVE = frozenset({SectionGroup.INDICATIONS, SectionGroup.DOSAGE, SectionGroup.CONTRAINDICATIONS})


@dataclass(slots=True)
class Block:
    """A heading of a level from 1 (0: none, the text before the first heading) and the lines under it."""

    level: int = 0
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    code: str = ""  # where the reader knows it; else the heading decides

    @property
    def body(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def file_record(
    path: Path, reader: str, title: str, blocks: list[Block], options: ReadOptions, *, date: str = ""
) -> ReadRecord:
    """The record of a file: a label where its headings are a label's, else a document of kind FILE.

    `title` may be empty: the file's name stands in. `date` is a date that the file prints about itself.
    """
    place = Place(file=path.name)
    title = clean(title).replace("\n", " ")
    lines = [line for block in blocks for line in ([block.heading] if block.heading else []) + block.lines]
    tops = [block.heading for block in blocks if block.level == 1]
    if not title and len(tops) == 1 and blocks[0].level <= 1:
        title = clean(tops[0])
    pieces = _pieces(blocks, lines) if language_of("\n".join(lines[:400])) == "zh" else []
    if len(heads(pieces)) >= _LABEL_GROUPS:
        draft = label_draft(pieces, place, reader)
        draft.title = draft.title or label_name(printed_name(title)) or path.stem
        draft.lang, draft.effective = options.lang, draft.effective or iso_date(date)
        return draft.record()
    groups = _groups(blocks)
    name = printed_name(title) or path.stem
    text = _written(name, blocks)
    if len(groups) >= _LABEL_GROUPS and groups & _DECISIVE:
        names = names_in_title(name)
        label = Label(text, name, place, reader, effective=iso_date(date), lang=options.lang)
        label.generics, label.brands = [names.generic], [names.brand]
        return label_record(label)
    document = Document(
        source="",
        key="",
        title=name,
        effective=iso_date(date),
        kind=DocumentKind.FILE,
        lang=options.lang or language_of(text.text()),
        place=place,
        reader=reader,
        text=text.text(),
        sections=tuple(text.sections),
    )
    return ReadRecord(document)


def _pieces(blocks: list[Block], lines: list[str]) -> list[Piece]:
    """The sections of a Chinese label: by its text where that shows more headings than its blocks, else by its blocks.

    A block whose heading the section table does not know is a part of the known one above it.
    """
    by_text = sections_of(lines)
    pieces = [Piece("")]
    level = 0
    for block in blocks:
        known = classify_heading(block.heading) is not None
        if block.heading and (known or not level or block.level <= level) and block.level > 1:
            pieces.append(Piece(block.heading))
            level = block.level if known else 0
        elif block.heading:
            pieces[-1].lines.append(block.heading)
        pieces[-1].lines += block.lines
    return pieces if len(heads(pieces)) > len(heads(by_text)) else by_text


def _groups(blocks: Iterable[Block]) -> set[SectionGroup]:
    """The clinical groups among the headings that have text or sub-headings of their own."""
    known = (classify_heading(block.heading) for block in blocks if block.heading)
    return {code.group for code in known if code is not None} & CLINICAL


def _written(title: str, blocks: list[Block]) -> CanonicalText:
    """The canonical text of the blocks, each a section under the headings of lower levels before it."""
    first = next((line for block in blocks for line in [block.heading, *block.lines] if line.strip()), "")
    text = CanonicalText("" if fold(first) == fold(title) else title)
    around: list[tuple[int, Section]] = []
    for block in blocks:
        if not block.heading and not block.body.strip():
            continue
        around = [(level, section) for level, section in around if level < block.level] if block.heading else []
        section = text.section(block.heading, block.body, code=block.code, parents=tuple(section for _, section in around))
        if block.heading:
            around.append((block.level, section))
    return text
