"""Which lines of a PDF's text are headings, and the blocks that they divide it into."""

from __future__ import annotations

import re

from medrag.ingest.readers.blocks import Block
from medrag.kb.folding import fold
from medrag.sections import classify_heading

__all__ = ["Outline", "is_heading"]

MAX_HEADING_CHARS = 150
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+([A-Z\u00c0-\u00de一-鿿][^|]*)$")
_PART = re.compile(
    r"^(?:HIGHLIGHTS OF PRESCRIBING INFORMATION|FULL PRESCRIBING INFORMATION(?::\s*CONTENTS)?\s*\*?|MEDICATION GUIDE|PATIENT INFORMATION|"
    r"INSTRUCTIONS FOR USE|PACKAGE LEAFLET.*|PRINCIPAL DISPLAY PANEL.*|PACKAGE LABEL.*|Drug Facts)$"
)
_CONTENTS = re.compile(r"CONTENTS\s*\*?$")
_BOXED = re.compile(r"^WARNINGS?:\s+[A-Z][A-Z ,;/()-]+$")
_SENTENCE = re.compile(r"[.;,]$")
_MAX_STEP = 4  # the FDA's numbers leave gaps (8, 10): up to three chapters may be missing
_BOXED_CODE = "34066-1"
# What over-the-counter labels print as headings in small letters; as table heads and words elsewhere they are none.
_OTC = {
    "active ingredient": "55106-9",
    "active ingredients": "55106-9",
    "purpose": "55105-1",
    "purposes": "55105-1",
    "uses": "34067-9",
    "warnings": "34071-1",
    "do not use": "50570-1",
    "ask a doctor before use if you have": "50569-3",
    "ask a doctor or pharmacist before use if you are": "50568-5",
    "when using this product": "50567-7",
    "stop use and ask a doctor if": "50566-9",
    "if pregnant or breast-feeding": "53414-9",
    "keep out of reach of children": "50565-1",
    "directions": "34068-7",
    "other information": "44425-7",
    "inactive ingredients": "51727-6",
    "questions": "53413-1",
    "questions or comments": "53413-1",
}


def is_heading(text: str) -> bool:
    """Whether a line may be a heading by itself: numbered, a part of a label, or a known heading in capitals."""
    text = text.strip()
    return len(text) <= MAX_HEADING_CHARS and (
        _numbered(text) is not None or bool(_PART.match(text) or _BOXED.match(text)) or _known(text)
    )


def _numbered(text: str) -> tuple[str, str] | None:
    match = _NUMBERED.match(text)
    if match is None or _SENTENCE.search(text):
        return None
    number, title = match.groups()
    if "." not in number and title.upper() != title and classify_heading(title) is None:
        return None
    return number, title


def _known(text: str) -> bool:
    if re.search(r"[a-z]", text):
        return False
    return classify_heading(text) is not None and bool(re.search(r"[A-Z]{3}|[一-鿿]{2}", text))


def _over_the_counter(text: str) -> str:
    """The section code of an over-the-counter label's heading, or empty."""
    return _OTC.get(re.sub(r"\s*\([^)]*\)$", "", text).rstrip(" :?").casefold(), "")


class Outline:
    """The outline of a text given as paragraphs."""

    def __init__(self, paragraphs: list[str]) -> None:
        self._paragraphs = paragraphs
        self._otc = any(text.strip().casefold() == "drug facts" for text in paragraphs)
        self._chapter = 0
        self._contents: set[str] | None = None  # the lines of a table of contents, while in one

    def blocks(self) -> list[Block]:
        """The blocks in order; parts of a label are of level 1, chapters and known headings 2, numbered ones below."""
        blocks = [Block()]
        for text in self._paragraphs:
            level = self._level(text.strip())
            if level:
                blocks.append(Block(level, text.strip(), code=self._code(text.strip())))
            else:
                blocks[-1].lines.append(text)
        return blocks

    def _code(self, text: str) -> str:
        if _BOXED.match(text):
            return _BOXED_CODE
        return _over_the_counter(text) if self._otc else ""

    def _level(self, text: str) -> int:
        """The level of the heading that the paragraph is; 0 where it is none."""
        if len(text) > MAX_HEADING_CHARS:
            return 0
        if _PART.match(text):
            self._chapter = 0
            self._contents = set() if _CONTENTS.search(text) else None
            return 1
        numbered = _numbered(text)
        if self._contents is not None and (numbered or _BOXED.match(text)):
            if fold(text) not in self._contents:
                self._contents.add(fold(text))
                return 0
            self._contents = None  # the first line of the contents comes again: the text itself begins
            self._chapter = 0
        if numbered:
            return self._numbered_level(numbered[0])
        if self._contents is None and (_BOXED.match(text) or _known(text)):
            return 2
        return 2 if self._otc and _over_the_counter(text) else 0

    def _numbered_level(self, number: str) -> int:
        chapter = int(number.split(".")[0])
        if "." in number:
            return 2 + number.count(".") if chapter == self._chapter else 0
        if not self._chapter < chapter <= self._chapter + _MAX_STEP:
            return 0
        self._chapter = chapter
        return 2
