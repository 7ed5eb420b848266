"""Chinese label text with 【】 headings or `适应症：…` lines, as .txt or .html, one label a file or several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medrag.ingest.encodings import read_text
from medrag.ingest.readers.cells import html_text
from medrag.ingest.readers.draft import Draft, heading_word, iso_date, name_lines
from medrag.ingest.readers.headings import Piece, bracket_sections, colon_heading, heads, sections_of
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.sections import classify_heading
from medrag.types import Place

__all__ = ["ChineseLabelReader", "label_draft", "label_name", "split_labels"]

MAX_TITLE_CHARS = 40

_OTHER_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".md", ".markdown", ".jsonl", ".ndjson"})  # formats of their own
_RULE = re.compile(r"^\s*(?:[=＝]{4,}|[*＊]{6,}|#{6,}|-{10,})\s*$")
_NAME_HEADINGS = frozenset({"药品名称", "药名"})
_GENERIC = re.compile(r"\s*+[【［\[]?\s*+通\s*用\s*名(?:\s*称)?\s*+[】］\]]?\s*+[:：]?\s*+\S")
_NOT_A_TITLE = re.compile(r"^\W+$|[。；：，:;!！?？|]|^请|阅读|指导下|^说明书$|警示|^\d[\d\s./-]*$")
_BEFORE_A_LABEL = re.compile(r"说明书\s*$|^\s*请仔细阅读|^\s*(?:核准|修[订改])(?:和修订)?日期|^\s*$|^\s*[=＝*＊_#-]{4,}\s*$")
_LABEL_WORDS = re.compile(r"(?:使用)?说明书$")
_PREAMBLE_DATE = re.compile(r"(?:核准|修[订改])(?:和修订)?日期\s*[:：]?\s*(.*)")


@dataclass(slots=True)
class _Lines:
    """The lines of one label and the number of the first, from 1."""

    first: int
    lines: list[str]


class ChineseLabelReader:
    """Labels as the pharmacy leaflet prints them; the document's title is the 通用名称."""

    name = "zh-label"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 for text under at least two clinical headings, 0.5 for one with another heading, else 0."""
        if sample.suffix in _OTHER_SUFFIXES or not re.search("[一-鿿]", sample.text):
            return 0.0
        if sample.text.lstrip()[:1] in {"{", "["} and (sample.json_first is not None or not _bracketed(sample.first_line)):
            return 0.0
        page = _is_page(sample.text)
        pieces = sections_of((html_text(sample.text) if page else sample.text).splitlines())
        filled = [piece for piece in pieces if piece.heading and piece.body.strip()]
        if not heads(filled):
            return 0.0
        return 0.9 if len(heads(filled)) > 1 else 0.5 if len(filled) > 1 else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for each label of the file; its place is the line where it begins."""
        text = read_text(path).lstrip("﻿")
        page = _is_page(text)
        lines = (html_text(text) if page else text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        labels = split_labels(lines)
        if not labels:
            yield Unreadable(Place(file=path.name), "no text")
        for number, label in enumerate(labels, start=1):
            record = (f"label {number}" if len(labels) > 1 else "") if page else f"line {label.first}"
            draft = label_draft(sections_of(label.lines), Place(file=path.name, record=record), f"{self.name}/{self.version}")
            if not draft.title:
                draft.title = path.stem if len(labels) == 1 else f"{path.stem} {record}"
                draft.drug = draft.title if len(labels) == 1 else ""
            draft.lang = options.lang
            yield draft.record()


def _is_page(text: str) -> bool:
    """Whether a text is a page of HTML."""
    return text.lstrip()[:1] == "<" and text != html_text(text)


def label_draft(pieces: list[Piece], place: Place, reader: str) -> Draft:
    """The label that the pieces make, its title taken from its name section or first line (empty where neither says)."""
    draft = Draft("", place, reader)
    lead = [line for line in (pieces[0].lines if pieces and not pieces[0].heading else []) if line.strip()]
    first = _title_line(lead)
    rest = [line for line in lead if line is not first]
    if rest:
        draft.add("", "\n".join(rest))
        dates = [iso_date(found.group(1)) for line in rest if (found := _PREAMBLE_DATE.search(line))]
        draft.effective = max(dates, default="")
    for piece in pieces:
        if piece.heading:
            draft.add(piece.heading, piece.body)
    draft.title = _generic_name(draft, pieces) or label_name(first or "")
    return draft


def label_name(title: str) -> str:
    """The name in a label's title, without what only says that it is a label."""
    return _LABEL_WORDS.sub("", title.strip())


def _title_line(lead: list[str]) -> str | None:
    line = lead[0] if lead else ""
    return line if line and len(line.strip()) <= MAX_TITLE_CHARS and not _NOT_A_TITLE.search(line.strip()) else None


def _generic_name(draft: Draft, pieces: list[Piece]) -> str:
    """The 通用名称, else the one line under 【药品名称】, else the brand."""
    named = dict(reversed(draft.names))
    if "generic" in named:
        return named["generic"]
    for piece in pieces:
        if heading_word(piece.heading) in {*_NAME_HEADINGS, "名称", "品名"} and not name_lines(piece.body):
            line = piece.body.strip().split("\n")[0].strip()
            if line and len(line) <= MAX_TITLE_CHARS:
                return line
    return named.get("brand", "")


def split_labels(lines: list[str]) -> list[_Lines]:
    """The lines of each label in a file that may hold several.

    A label begins at a rule (`====`), at another 【药品名称】 or 通用名称, or, in files without these, at a title line
    after a blank line whose headings begin anew.
    """
    named = any(_is_name_heading(line) or _GENERIC.match(line) for line in lines)
    labels = [_Lines(1, [])]
    seen: set[str] = set()
    generic = False
    for at, line in enumerate(lines):
        word = _heading_of(line)
        clinical = any(_clinical(heading) for heading in seen)
        if _RULE.match(line) and clinical:
            labels.append(_Lines(at + 2, []))
            seen, generic = set(), False
            continue
        repeated = (word in _NAME_HEADINGS and clinical) or (generic and clinical and _GENERIC.match(line) is not None)
        if repeated or (not named and clinical and _begins_anew(lines, at, seen)):
            labels.append(_move_lead(labels[-1], at + 1))
            seen, generic = set(), False
        labels[-1].lines.append(line)
        generic = generic or _GENERIC.match(line) is not None
        if word:
            seen.add(word)
    return [label for label in map(_trimmed, labels) if label.lines]


def _move_lead(label: _Lines, number: int) -> _Lines:
    """A new label that takes the title and date lines which the label before ends in."""
    at = len(label.lines)
    while at and _BEFORE_A_LABEL.search(label.lines[at - 1]):
        at -= 1
    lead = label.lines[at:]
    del label.lines[at:]
    return _Lines(number - len(lead), lead)


def _trimmed(label: _Lines) -> _Lines:
    blank = next((at for at, line in enumerate(label.lines) if line.strip()), len(label.lines))
    return _Lines(label.first + blank, label.lines[blank:])


def _begins_anew(lines: list[str], at: int, seen: set[str]) -> bool:
    """Whether a title stands here, after a blank line, and a heading that the label already has comes again under it."""
    if at == 0 or lines[at - 1].strip() or not _is_title(lines, at):
        return False
    for ahead in range(at + 1, len(lines)):
        if not lines[ahead].strip() and ahead + 1 < len(lines) and _is_title(lines, ahead + 1):
            return False
        if _heading_of(lines[ahead]) in seen:
            return True
    return False


def _is_title(lines: list[str], at: int) -> bool:
    if _title_line([lines[at]]) is None or _heading_of(lines[at]):
        return False
    following = next((line for line in lines[at + 1 : at + 3] if line.strip()), "")
    return bool(_heading_of(following))


def _heading_of(line: str) -> str:
    """The heading at the beginning of a line as it is compared, empty where there is none."""
    if _bracketed(line):
        piece = next((piece for piece in bracket_sections([line]) if piece.heading), None)
        return heading_word(piece.heading) if piece else ""
    found = colon_heading(line)
    return heading_word(found[0]) if found else ""


def _bracketed(line: str) -> bool:
    return line.lstrip(" \t　*#•●■◆>-")[:1] in {"【", "［", "[", "〖"} and any(p.heading for p in bracket_sections([line]))


def _is_name_heading(line: str) -> bool:
    return _heading_of(line) in _NAME_HEADINGS


def _clinical(heading: str) -> bool:
    return bool(heads([Piece(heading)])) if classify_heading(heading) else False
