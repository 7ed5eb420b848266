"""Lists of one-string monographs: the name, then `栏目:正文` lines; also lists of `{"id", "text"}` objects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft, heading_word
from medrag.ingest.readers.fields import column_word, records, scalar_text
from medrag.ingest.readers.headings import Piece, bracket_sections, colon_heading, colon_sections, heads
from medrag.ingest.readers.json_records import first_values
from medrag.ingest.readers.latin_headings import latin_sections
from medrag.ingest.readers.zh_label import label_draft
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.kb.prepared import NameOf
from medrag.kb.terms import drug_ref
from medrag.sections import classify_heading
from medrag.types import Place

__all__ = ["MonographReader"]

RECURS = 3  # an unknown heading must stand in so many strings of the file
MAX_TITLE_CHARS = 60

_SHORT_HEADING = re.compile(r"^\s*([一-鿿]{2,8})[:：]")
_SEE = re.compile(r"^\s*参见\s*[:：]?\s*(\S[^\n]{0,60}?)[。.]?\s*$")
# Words that begin lines of a dosage or a note in many labels and head no section.
_LINE_WORDS = frozenset(
    "成人 儿童 小儿 口服 外用 静脉注射 肌内注射 静脉滴注 皮下注射 口服给药 注射 参见 例如 注意 其他 其它 老年人 孕妇 常用量 极量".split()
)
_TITLE_KEYS = ("name", "title", "drug", "药品名称", "药名", "名称", "通用名", "通用名称")
_OTHER_FORMATS = frozenset(
    {"question", "answer", "section", "sectionname", "spolist", "中心词", "docs", "history", "sections", "query"}
)
_TITLE_KINDS = ("generic", "alias", "english", "brand")
_SENTENCE = re.compile(r"[.。]\s*(?:\Z|[A-Z一-鿿])")
_FIELD_GAP = re.compile(r"[ \t　]{2,}")


class MonographReader:
    """Handbook monographs as a JSON list of strings, and label texts as a list of objects with a `text`."""

    name = "monographs"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 for strings with headings that the section table knows, 0.5 for objects with a Chinese `text`, else 0."""
        items = [] if sample.columns else first_values(sample, 8)
        if items and all(isinstance(item, str) for item in items):
            return 0.9 if any(heads(_pieces(item.splitlines())) for item in items) else 0.0
        if items and all(_is_text_object(item) for item in items):
            return 0.5
        return 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for each string or object, in file order."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The strings, with the headings that recur in the file, and the objects, with its name."""
        recurring = _recurring_headings(path)
        for pointer, item in records(path):
            place = Place(file=path.name, record=pointer)
            if isinstance(item, Bad):
                yield Unreadable(place, item.reason)
            elif isinstance(item, str) and item.strip():
                yield Raw(place, (item, recurring))
            elif isinstance(item, dict) and scalar_text(item.get("text")).strip():
                yield Raw(place, (item, path.stem))
            else:
                yield Unreadable(place, "an empty string" if item == "" else "neither a string nor an object with a `text`")

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The document of one string or object."""
        item, beside = raw.value
        yield (
            self._monograph(item, raw.place, beside, options)
            if isinstance(item, str)
            else self._text_object(item, raw.place, beside, options)
        )

    def _monograph(self, text: str, place: Place, recurring: frozenset[str], options: ReadOptions) -> ReadRecord:
        lines = cell_text(text).replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
        name = lines[0].strip()
        if _begins_with_heading(lines[0], recurring) or len(name) > MAX_TITLE_CHARS:
            draft = Draft("", place, self._id())
        else:
            draft, lines = Draft(name, place, self._id()), lines[1:]
        for piece in _pieces(lines, recurring):
            draft.add(piece.heading, piece.body)
        if not draft.title:
            named = next((name for kind in _TITLE_KINDS for known, name in draft.names if known == kind), "")
            draft.title, draft.drug = (named, None) if named else (f"{Path(place.file).stem} {place.record.lstrip('/')}", "")
        draft.lang = options.lang
        return _with_reference(draft.record())

    def _text_object(self, item: dict[str, Any], place: Place, stem: str, options: ReadOptions) -> ReadRecord:
        text = _FIELD_GAP.sub("\n", cell_text(scalar_text(item["text"]))).strip()
        pieces = bracket_sections(text.split("\n"))
        draft = label_draft(pieces, place, self._id()) if heads(pieces) else Draft("", place, self._id())
        if draft.empty():
            draft.add("", text)
        named = next((scalar_text(item.get(key)).strip() for key in _TITLE_KEYS if scalar_text(item.get(key)).strip()), "")
        if named or not draft.title:
            draft.title, draft.drug = (named, None) if named else (f"{stem} {item.get('id', place.record)}", "")
        draft.lang = options.lang
        return draft.record()

    def _id(self) -> str:
        return f"{self.name}/{self.version}"


def _pieces(lines: list[str], recurring: frozenset[str] = frozenset()) -> list[Piece]:
    """The sections of a monograph, in Chinese or in English."""
    pieces = colon_sections(lines, extra=recurring)
    return pieces if heads(pieces) else latin_sections(lines)


def _is_text_object(item: object) -> bool:
    """Whether an item is a label text in an object, and no row of a table, no triple and no question."""
    if not isinstance(item, dict) or {column_word(str(key)) for key in item} & _OTHER_FORMATS:
        return False
    text = item.get("text")
    if not isinstance(text, str):
        return False
    named = {"name", "text"} == set(item) and _SENTENCE.search(text) is not None
    return named or len(re.findall("[一-鿿]", text)) * 3 > len(text)


def _begins_with_heading(line: str, recurring: frozenset[str]) -> bool:
    """Whether a monograph has lost its name: its first line is a section already."""
    return colon_heading(line, extra=recurring) is not None or any(piece.heading for piece in bracket_sections([line]))


def _recurring_headings(path: Path) -> frozenset[str]:
    """The short words before a colon that the section table does not know and that begin lines of several strings."""
    counts: Counter[str] = Counter()
    for _, item in records(path):
        if isinstance(item, str):
            words = {found.group(1) for line in item.splitlines()[1:] if (found := _SHORT_HEADING.match(line))}
            counts.update(word for word in words if classify_heading(word) is None)
    return frozenset(heading_word(word) for word, count in counts.items() if count >= RECURS and word not in _LINE_WORDS)


def _with_reference(record: ReadRecord) -> ReadRecord:
    """The record; where its only text is `参见：X`, its name is noted as another name of X."""
    document = record.document
    body = document.text.removeprefix(document.title).strip()
    see = _SEE.match(body)
    if see is None or len(document.sections) != 1 or document.sections[0].heading or not record.about:
        return record
    target = drug_ref(see.group(1))
    return ReadRecord(document, (*record.names, NameOf(target, document.title, "alias")), (), record.about, record.unmapped)
