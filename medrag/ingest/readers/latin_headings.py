"""Headings in English label text: known ones that fill a line (`INDICATIONS AND USAGE`) or begin it (`Indications: …`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from medrag.ingest.readers.headings import Piece
from medrag.sections import classify_heading

__all__ = ["latin_sections"]

_HEADING = re.compile(r"\s{0,8}(?:\d{1,2}(?:\.\d{1,2}){0,2}\.?\s{1,8})?([A-Z][A-Za-z&/,' -]{1,80}?)\s{0,8}(?::[ \t]*+(.*)|\Z)")
# Known as headings of sections, but in running text also the beginning of a line about something else.
_ALSO_WORDS = frozenset(
    "general name source sources tests category department use usage cause causes management diet profile".split()
)


def latin_sections(lines: Iterable[str]) -> list[Piece]:
    """The text cut at lines that are or begin with a known heading; what stands before the first is a piece without heading."""
    pieces = [Piece("")]
    for line in lines:
        found = _HEADING.match(line)
        if found is None or found[1].casefold() in _ALSO_WORDS or classify_heading(found[1]) is None:
            pieces[-1].lines.append(line)
        else:
            pieces.append(Piece(found[1], [found[2]] if found[2] else []))
    return [piece for piece in pieces if piece.heading or piece.body.strip()]
