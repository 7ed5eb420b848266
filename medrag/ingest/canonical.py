"""Making canonical text: pieces are appended in reading order, and every section's span is known as it is written.

Offsets come from here and are never searched for later, so repeated boilerplate cannot be mistaken.
"""

from __future__ import annotations

import html
import re
from typing import Any

from medrag.kb.quick import made_of
from medrag.sections import OTHER, SectionCode, SectionGroup, classify_heading, group_of
from medrag.types import Section

__all__ = ["CanonicalText", "clean"]

_NO_SPACE = r"\t\r\f\v\u00a0\u2000-\u200a\u202f\u3000"
_BLANKS = re.compile(rf" [ {_NO_SPACE}]+|[{_NO_SPACE}][ {_NO_SPACE}]*")  # all but a single space, of which texts are full
_BLANK_LINES = re.compile(r"\n\s*\n+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")  # halves of characters, which JSON may hold and UTF-8 may not
UNCLASSIFIED = "42229-5"


def clean(text: str, *, entities: bool = False) -> str:
    """The text as it is stored: newlines as \\n, runs of blanks as one space, no control characters.

    Characters are otherwise kept as they are printed (no NFKC: a quote must be what the label says).
    `entities` resolves HTML entities first.
    """
    if entities:
        text = html.unescape(text)
    if text.isprintable() and "  " not in text:  # as most headings are, and many sections
        return text.strip()
    text = text if text.isascii() else _SURROGATES.sub("\ufffd", text)
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "\n".join(map(str.strip, _BLANKS.sub(" ", text).split("\n")))
    return _BLANK_LINES.sub("\n", text).strip()


class CanonicalText:
    """A document's text being written, and its sections so far.

    Pieces are cleaned as they come. A heading whose code is unclassified inherits the group of its nearest coded
    ancestor; headings that the table does not know are collected in `unmapped`.
    """

    def __init__(self, title: str = "") -> None:
        self._pieces: list[str] = []
        self._length = 0
        self.sections: list[Section] = []
        self.unmapped: list[str] = []
        if title:
            self._line(clean(title))

    def _line(self, text: str) -> tuple[int, int]:
        start = self._length
        if text:
            self._pieces.append(text + "\n")
            self._length += len(text) + 1
        return start, start + len(text)

    def section(self, heading: str, body: str, *, code: str = "", parents: tuple[Section, ...] = ()) -> Section:
        """Appends a section (heading line, then body) under the given parents, outermost first, and returns it.

        `code` is the source's own; without one, or with LOINC's "unclassified", the heading decides, then the parents.
        """
        heading, body = clean(heading).replace("\n", " "), clean(body)
        decided = self._decide(heading, code, parents)
        self._line(heading)
        start, end = self._line(body)
        fields: dict[str, Any] = {
            "index": len(self.sections),
            "code": decided.code,
            "group": decided.group,
            "heading": heading,
            "path": tuple([parent.heading for parent in parents if parent.heading]),
            "start": start,
            "end": end,
        }
        section = made_of(Section, fields)
        self.sections.append(section)
        return section

    def _decide(self, heading: str, code: str, parents: tuple[Section, ...]) -> SectionCode:
        if code and code != UNCLASSIFIED and group_of(code) is not SectionGroup.OTHER:
            return SectionCode(code, group_of(code))
        known = classify_heading(heading) if heading else None
        if known is not None:
            return SectionCode(code or known.code, known.group)
        inherited = next((p.group for p in reversed(parents) if p.group is not SectionGroup.OTHER), SectionGroup.OTHER)
        if heading and not code and inherited is SectionGroup.OTHER:
            self.unmapped.append(heading)
        return SectionCode(code or OTHER.code, inherited)

    def text(self) -> str:
        """The canonical text so far."""
        return "".join(self._pieces)
