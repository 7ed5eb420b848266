"""The lines of a PDF page in reading order, with where they stand: columns one after the other, table cells apart.

pdfium gives the characters in the order in which the file draws them. That order is kept except in two places:
columns that a file draws row by row are read one after the other, and the raised and lowered digits of `m²` and
`C₄H₁₁`, which many files draw last of all, go back to where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from medrag.ingest.readers.markup import SUPERSCRIPT

__all__ = ["Line", "page_lines"]

_HYPHENS = frozenset("\x02\ufffe\xad")  # what pdfium makes of a hyphen at a line's end
_CELL_GAP = 1.5  # in line heights: a wider gap parts cells or columns; justified text stays below 1
_WORD_GAP = 0.25  # in line heights, beside a raised or lowered digit
_MAX_RAISED_CHARS = 4
_MIN_COLUMN_LINES = 8
_MIN_COLUMN_CHARS = 20  # in the median: shorter ones are table cells, not columns of prose
_MAX_CROSSING = 0.25  # of a page's lines may run across the gutter: titles, full-width notes


@dataclass(slots=True)
class _Glyph:
    char: str
    left: float
    right: float
    bottom: float
    top: float
    spaced: bool  # a blank stands before it


@dataclass(slots=True)
class Line:
    """A line, or the part of one in its column: its text, its box in points, and the right edge of its column."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    hyphen: bool = False  # it ends in a hyphen
    edge: float = 0.0

    @property
    def height(self) -> float:
        """The line's height in points."""
        return max(self.top - self.bottom, 1.0)


@dataclass(slots=True)
class _Piece:
    """Glyphs that stand together, in the drawn line of that number."""

    row: int
    glyphs: list[_Glyph]
    hyphen: bool = False
    left: float = field(init=False)
    right: float = field(init=False)
    bottom: float = field(init=False)
    top: float = field(init=False)

    def __post_init__(self) -> None:
        self.measure()

    def measure(self) -> None:
        """Works the box out again."""
        self.left = min(glyph.left for glyph in self.glyphs)
        self.right = max(glyph.right for glyph in self.glyphs)
        self.bottom = min(glyph.bottom for glyph in self.glyphs)
        self.top = max(glyph.top for glyph in self.glyphs)

    @property
    def text(self) -> str:
        return "".join((" " if glyph.spaced and at else "") + glyph.char for at, glyph in enumerate(self.glyphs))

    @property
    def height(self) -> float:
        return max(self.top - self.bottom, 1.0)


def page_lines(page: Any) -> list[Line]:
    """The lines of a pypdfium2 page in reading order; empty where it holds no text."""
    textpage = page.get_textpage()
    try:
        rows = list(_rows(textpage))
    finally:
        textpage.close()
    if not rows:
        return []
    pieces = [piece for row in _raised_put_back(rows) for piece in _cut(row)]
    gutter = _gutter(pieces, page.get_width())
    return _one_column(pieces) if gutter is None else _two_columns(pieces, gutter)


def _rows(textpage: Any) -> Iterator[_Piece]:
    """The drawn lines, their glyphs without blanks."""
    import pypdfium2.raw as pdfium

    row = 0
    glyphs: list[_Glyph] = []
    spaced = False
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage.raw, index)
        char = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if char in "\r\n" or char in _HYPHENS:
            if glyphs:
                yield _Piece(row, glyphs, char in _HYPHENS)
            row, glyphs, spaced = row + 1, [], False
        elif char.isspace():
            spaced = True
        else:
            left, bottom, right, top = textpage.get_charbox(index)
            glyphs.append(_Glyph(char, left, right, bottom, top, spaced))
            spaced = False
    if glyphs:
        yield _Piece(row, glyphs)


def _cut(row: _Piece) -> Iterator[_Piece]:
    """The parts of a drawn line between wide gaps."""
    start = 0
    for at in range(1, len(row.glyphs)):
        gap = row.glyphs[at].left - row.glyphs[at - 1].right
        if gap > _CELL_GAP * row.height:
            yield _Piece(row.row, row.glyphs[start:at])
            start = at
    yield _Piece(row.row, row.glyphs[start:], row.hyphen)


def _raised_put_back(rows: list[_Piece]) -> list[_Piece]:
    """The lines, with the words of short small ones put into the lines inside which they stand."""
    usual = median(row.height for row in rows)
    kept: list[_Piece] = []
    hosts = [row for row in rows if not _is_small(row, usual)]
    for row in rows:
        if not _is_small(row, usual):
            kept.append(row)
            continue
        words = list(_words(row))
        kept.extend(word for word in words if not any(_stands_in(word, host, usual) and _insert(host, word) for host in hosts))
    return kept


def _is_small(row: _Piece, usual: float) -> bool:
    return row.height < 0.9 * usual and all(len(word.glyphs) <= _MAX_RAISED_CHARS for word in _words(row))


def _words(row: _Piece) -> Iterator[_Piece]:
    start = 0
    for at in range(1, len(row.glyphs)):
        if row.glyphs[at].spaced:
            yield _Piece(row.row, row.glyphs[start:at])
            start = at
    yield _Piece(row.row, row.glyphs[start:], row.hyphen)


def _stands_in(word: _Piece, host: _Piece, usual: float) -> bool:
    middle = (word.bottom + word.top) / 2
    return (
        host.bottom - 0.35 * usual <= middle <= host.top + 0.35 * usual
        and host.glyphs[0].left < word.left <= host.right + 0.25 * usual
        and host.height > word.height
    )


def _insert(host: _Piece, piece: _Piece) -> bool:
    """Whether the host has a gap where the piece stands; if so, the piece is put there."""
    at = next((k for k, glyph in enumerate(host.glyphs) if glyph.left >= piece.left - 0.5), len(host.glyphs))
    before = host.glyphs[at - 1]
    after = host.glyphs[at] if at < len(host.glyphs) else None
    if piece.left < before.right - 1.5 or (after is not None and piece.right > after.left + 1.5):
        return False  # it would overlap: a line of its own
    if (piece.bottom + piece.top) > (host.bottom + host.top) and before.char.isdigit():
        for glyph in piece.glyphs:
            glyph.char = glyph.char.translate(SUPERSCRIPT)
    piece.glyphs[0].spaced = piece.left - before.right > _WORD_GAP * host.height
    if after is not None:
        after.spaced = after.left - piece.right > _WORD_GAP * host.height
    host.glyphs[at:at] = piece.glyphs
    host.right = max(host.right, piece.right)
    return True


def _gutter(pieces: list[_Piece], width: float) -> float | None:
    """Where the gap between two columns of prose runs, or None on a page of one column."""
    best: tuple[int, float] | None = None
    for step in range(35, 66):
        x = width * step / 100
        crossing = sum(piece.left < x - 2 and piece.right > x + 2 for piece in pieces)
        if best is None or crossing < best[0]:
            best = (crossing, x)
    if best is None or best[0] > _MAX_CROSSING * len(pieces):
        return None
    x = best[1]
    left = [piece for piece in pieces if piece.right <= x + 2]
    right = [piece for piece in pieces if piece.left >= x - 2]
    for side in (left, right):
        if len(side) < _MIN_COLUMN_LINES or median(len(piece.glyphs) for piece in side) < _MIN_COLUMN_CHARS:
            return None
    shared = min(max(p.top for p in left), max(p.top for p in right)) - max(
        min(p.bottom for p in left), min(p.bottom for p in right)
    )
    return x if shared > 0 else None


def _line(piece: _Piece, edge: float) -> Line:
    return Line(piece.text, piece.left, piece.right, piece.bottom, piece.top, piece.hyphen, edge)


def _edge(pieces: list[_Piece]) -> float:
    """Where the lines of a column end: the right edge that nine tenths of its long lines keep to."""
    rights = sorted(piece.right for piece in pieces if len(piece.glyphs) >= _MIN_COLUMN_CHARS) or [
        piece.right for piece in pieces
    ]
    return rights[int(0.9 * (len(rights) - 1))]


def _one_column(pieces: list[_Piece]) -> list[Line]:
    """The lines as drawn, parts of one line joined by ` | `."""
    edge = _edge(pieces)
    lines: list[Line] = []
    last: _Piece | None = None
    for piece in pieces:
        line = _line(piece, edge)
        if last is not None and last.row == piece.row:
            before = lines[-1]
            lines[-1] = Line(
                f"{before.text} | {line.text}",
                min(before.left, line.left),
                max(before.right, line.right),
                min(before.bottom, line.bottom),
                max(before.top, line.top),
                line.hyphen,
                edge,
            )
        else:
            lines.append(line)
        last = piece
    return lines


def _two_columns(pieces: list[_Piece], gutter: float) -> list[Line]:
    """The lines from top to bottom; between lines that run across the page, the left column before the right."""
    lines: list[Line] = []
    left: list[_Piece] = []
    right: list[_Piece] = []

    def flush() -> None:
        for side in (left, right):
            lines.extend(_line(piece, _edge(side)) for piece in side)
            side.clear()

    widest = _edge(pieces)
    for piece in sorted(pieces, key=lambda one: (-one.top, one.left)):
        if piece.left < gutter - 2 and piece.right > gutter + 2:
            flush()
            lines.append(_line(piece, widest))
        else:
            (left if piece.right <= gutter + 2 else right).append(piece)
    flush()
    return lines
