"""Cutting a document into passages: whole sentences, list items and table rows of one section.

A passage is a span, so a table that fills several passages has its header row in the first of them (always together with
the first rows); `medrag.sentences.table_header` finds it for the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.kb.prepared import Span
from medrag.sentences import CELL_BREAK, NUMBER, sentences
from medrag.types import Document, DocumentKind

__all__ = ["MAX_CHARS", "MIN_CHARS", "split"]

# Characters of a passage. Below the first a rest joins its neighbour, up to the second neighbours are merged, and above
# the third a sentence is cut. One or two paragraphs of a label: enough to answer from, little enough to quote.
MIN_CHARS = 150
AIM_CHARS = 450
MAX_CHARS = 800
_REACH = 64  # characters around a hard cut in which a number with its unit is looked for

_CLAUSE = re.compile(r"[；;](?!\d)")
_COMMA = re.compile(r"，|(?<!\d)、|,(?=\s)|(?<!\d),(?!\d)")
# No blank after a number, a sign or a full stop (an abbreviation's, or it had ended the sentence), nor before a sign.
_BLANK = re.compile(r"(?<![\s\d.~～–—\-−/×*<>≤≥=±+:：])(?<!\Wto)(?<!\Wand)\s++(?![~～–—\-−/×*<>≤≥=±+%])")


def split(document: Document) -> tuple[Span, ...]:
    """The passages of a document in text order; all that is not blank in a section lies in exactly one of its passages.

    A record (a graph row, a name-table row) has none: it is cited whole.
    """
    if document.kind is DocumentKind.RECORD:
        return ()
    return tuple(
        Span(section.index, section.start + start, section.start + end)
        for section in document.sections
        for start, end in _passages(document.text[section.start : section.end])
    )


def _passages(body: str) -> list[tuple[int, int]]:
    """The spans of a section's passages in its body."""
    spans: list[tuple[int, int]] = []
    start = last = end = -1  # the passage being filled, and its last unit so far
    for unit_start, unit_end in _units(body):
        if start >= 0 and _is_full(body, start, end, unit_start, unit_end):
            if start < last and _leads_in(body, start, last, end):
                spans.append((start, start + len(body[start:last].rstrip())))
                start = last
            else:
                spans.append((start, end))
                start = -1
        start = unit_start if start < 0 else start
        last, end = unit_start, unit_end
    if start >= 0:
        spans.append((start, end))
    return _joined(spans)


def _is_full(body: str, start: int, end: int, unit_start: int, unit_end: int) -> bool:
    """Whether the passage body[start:end] ends before the unit."""
    grown = unit_end - start
    if grown <= AIM_CHARS:
        return False
    if grown > MAX_CHARS:
        return end - start >= MIN_CHARS or grown > MAX_CHARS + MIN_CHARS
    if end - start < MIN_CHARS:
        return False
    # Past the aim: end at the paragraph's end; inside one, at whichever side is nearer to the aim.
    return "\n" in body[end:unit_start] or grown - AIM_CHARS > AIM_CHARS - (end - start)


def _leads_in(body: str, start: int, last: int, end: int) -> bool:
    """Whether the passage's last unit, body[last:end], belongs to what follows: a list's lead-in or a table's header."""
    if end - last >= MIN_CHARS:
        return False
    if body[end - 1] in ":：":
        return True
    above = body.rfind("\n", start, max(start, last - 1)) + 1
    return CELL_BREAK in body[last:end] and CELL_BREAK not in body[max(above, start) : last]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with a tiny last one joined to the one before, unless that is a long table row."""
    if len(spans) > 1:
        (start, before), (last, end) = spans[-2:]
        if end - last < MIN_CHARS and before - start <= MAX_CHARS:
            spans[-2:] = [(start, end)]
    return spans


def _units(body: str) -> Iterator[tuple[int, int]]:
    """The spans that are kept whole: sentences, items and rows, and the parts of sentences that are too long."""
    for start, end in sentences(body):
        if end - start > MAX_CHARS and CELL_BREAK not in body[start:end]:
            yield from _parts(body, start, end)
        else:
            yield start, end


def _parts(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a sentence that is too long for a passage, without the blanks between them."""
    while end - start > MAX_CHARS:
        cut = _cut_point(body, start, start + MAX_CHARS)
        stop = start + len(body[start:cut].rstrip())
        yield start, stop
        start = cut + len(body[cut:end]) - len(body[cut:end].lstrip())
    if start < end:
        yield start, end


def _cut_point(body: str, start: int, limit: int) -> int:
    """Where to cut: after the last clause that is long enough, else the last comma, else at the last blank, else hard."""
    for pattern in (_CLAUSE, _COMMA, _BLANK):
        cut = -1
        for match in pattern.finditer(body, start + MIN_CHARS, limit):
            cut = match.end()
        if cut > start:
            return cut
    return _hard_cut(body, start, limit)


def _hard_cut(body: str, start: int, limit: int) -> int:
    """The limit, moved before the number with its unit that it would cut, or behind one that fills the whole part."""
    for match in NUMBER.finditer(body, max(start, limit - _REACH), limit + _REACH):
        if match.start() < limit < match.end():
            return match.start() if match.start() > start else match.end()
    return limit
