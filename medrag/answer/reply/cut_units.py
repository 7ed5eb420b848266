"""Where the next unit of a reply ends, as far as the text so far tells: a sentence, a heading's line, a table's row.

What is found in a text is found, the same, in every longer text that begins with it; so a stream is cut as the whole is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from medrag.answer.reply.cut_tail import UNSURE, marks_behind, marks_on_next_line
from medrag.patterns import regex
from medrag.sentences import CELL_BREAK, sentences

__all__ = ["Cursor", "Unit", "UnitKind", "next_unit"]

LONGEST_UNIT = 2000  # characters; a reply without a full stop is cut here
AHEAD = 160  # characters behind a full stop that may be looked at before it is known to be one
MARKER_REACH = 8  # characters: a list's number behind a semicolon
CONTEXT = 80  # characters before a full stop that decide whether it is one
WRAPPED_LINE = 45  # characters, as in `medrag.sentences`

_STOP = regex(r"(?P<stop>[.．。！？!?]{1,16}[”’」』）】\"')\]*_]{0,8})|(?P<semicolon>[；;])|(?P<line>\n)")
_SURE_STOPS = frozenset("。！？")
_NUMBER = r"[（(]?(?:\d{1,2}|[a-z])[)）][^\S\n]*|\d{1,2}[.．、](?!\d)[^\S\n]*|[①-⑳][^\S\n]*"  # of a list's item
_PREFIX = regex(
    r"(?:>[^\S\n]?)*(?:(?P<heading>#{1,6})[^\S\n]+"
    rf"|(?P<item>[-*+·–][^\S\n]+|[•●▪◦‣■][^\S\n]*|{_NUMBER}))?"
)
_INNER_NUMBER = regex(_NUMBER)
_MARKUP = regex(r"[-*_=~|:+`#> \t\r]*")
_FENCE = regex(r"(?:`{3,}|~{3,})[^\S\n]*[\w+#.-]{0,20}[^\S\n]*", re.ASCII)
_FENCE_REACH = 40  # characters
_TABLE_RULE = regex(r"[|:\- \t\r]*")
_MAY_NUMBER = frozenset("0123456789（(①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")


class UnitKind(StrEnum):
    """What a unit is."""

    SENTENCE = "sentence"
    ITEM = "item"  # of a list, or a further sentence of one
    ROW = "row"  # of a table
    HEADING = "heading"  # a line that begins with #, a line all in bold, or the first row of a table


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a text: its words from `start` to `end`, its marks and what closes them up to `stop`."""

    start: int
    end: int
    stop: int
    kind: UnitKind
    indent: int
    fresh: bool  # whether it begins its line


@dataclass
class Cursor:
    """How far a text has been cut, whether a line begins there, and what kind of line it is."""

    at: int = 0
    fresh: bool = True
    kind: UnitKind = UnitKind.SENTENCE
    indent: int = 0
    searched: int = 0  # no unit ends before


def next_unit(text: str, cursor: Cursor, style: str, *, final: bool) -> Unit | None:
    """The next unit, with the cursor moved behind it; None where more text is needed to know its end."""
    while True:
        _skip_blanks(text, cursor)
        if cursor.at == len(text):
            return None
        if cursor.fresh:
            behind = _markup_line(text, cursor.at, final=final)
            if behind == UNSURE:
                return None
            if behind > cursor.at:
                cursor.at = behind
                continue
        unit = _unit(text, cursor, style, final=final)
        if unit is None:
            return None
        cursor.at, cursor.fresh, cursor.searched = unit.stop, False, 0
        cursor.kind, cursor.indent = unit.kind, unit.indent
        if unit.start < unit.end:
            return unit


def _skip_blanks(text: str, cursor: Cursor) -> None:
    at = cursor.at
    while at < len(text) and text[at].isspace():
        at += 1
    if "\n" in text[cursor.at : at]:
        cursor.fresh, cursor.indent = True, 0
    if cursor.fresh:
        line = max(text.rfind("\n", cursor.at, at) + 1, cursor.at)
        cursor.indent += at - line
    cursor.at = at
    cursor.searched = max(cursor.searched, at)


def _markup_line(text: str, at: int, *, final: bool) -> int:
    """The end of a line of nothing but markup (a rule, a code fence, |---|); `at` where words stand; or `UNSURE`."""
    for pattern, reach in ((_MARKUP, LONGEST_UNIT), (_FENCE, _FENCE_REACH)):
        match = pattern.match(text, at, at + reach)
        if match is None or match.end() == at + reach:
            continue
        if match.end() == len(text):
            return match.end() if final else UNSURE
        if text[match.end()] == "\n":
            return match.end()
    return at


def _unit(text: str, cursor: Cursor, style: str, *, final: bool) -> Unit | None:
    start, kind = cursor.at, UnitKind.SENTENCE if cursor.kind is not UnitKind.ITEM else UnitKind.ITEM
    if cursor.fresh:
        kind = UnitKind.SENTENCE
        prefix = _PREFIX.match(text, start)
        if text[start] == "|":
            kind = UnitKind.ROW
        elif prefix is not None:
            kind = UnitKind.HEADING if prefix["heading"] else UnitKind.ITEM if prefix["item"] else kind
            start = prefix.end()
    elif (number := _INNER_NUMBER.match(text, start)) is not None:  # the second item of a list within a line: …；2.慎用
        start = number.end()
    found = _whole_line(text, start, cursor, style, kind, final=final) if kind in _LINES else None
    found = found or (_end(text, start, cursor, style, final=final) if kind not in _LINES else None)
    if found is None:
        return None
    end, stop = found
    if kind is UnitKind.ROW and (header := _is_header(text, stop, final=final)) is not False:
        if header is None:
            return None
        kind = UnitKind.HEADING
    return Unit(start, max(start, end), max(start, stop), kind, cursor.indent, cursor.fresh)


_LINES = frozenset({UnitKind.HEADING, UnitKind.ROW})


def _whole_line(text: str, start: int, cursor: Cursor, style: str, kind: UnitKind, *, final: bool) -> tuple[int, int] | None:
    """The end of a heading or a row: its line's."""
    limit = start + LONGEST_UNIT
    end = text.find("\n", start, limit)
    if end < 0:
        if len(text) >= limit:
            return limit, limit
        if not final:
            return None
        end = len(text)
    end = start + len(text[start:end].rstrip())
    if kind is UnitKind.ROW:
        return end, end
    stop = marks_on_next_line(text, end, style, final=final)
    return None if stop == UNSURE else (end, stop)


def _is_header(text: str, at: int, *, final: bool) -> bool | None:
    """Whether the row that ends at `at` is followed by |---|; None until more text comes."""
    line = text.find("\n", at)
    if line < 0:
        return False if final else None
    rule = _TABLE_RULE.match(text, line + 1, line + 1 + LONGEST_UNIT)
    end = rule.end() if rule is not None else line + 1
    if end == len(text) and not final:
        return None
    return (end == len(text) or text[end] == "\n") and "-" in text[line + 1 : end]


def _end(text: str, start: int, cursor: Cursor, style: str, *, final: bool) -> tuple[int, int] | None:
    """Where the unit ends, without and with the marks behind it; None until more text comes."""
    limit = start + LONGEST_UNIT
    for match in _STOP.finditer(text, max(start, cursor.searched), limit):
        ended = _ended(text, start, match, style, final=final)
        if ended is None:
            cursor.searched = match.start()
            return None
        if ended[1] >= 0:
            return ended
    if len(text) > limit + AHEAD or (final and len(text) > limit):
        return limit, limit
    if final:
        end = start + len(text[start:].rstrip())
        return end, end
    cursor.searched = max(cursor.searched, len(text) - 1)
    return None


_GOES_ON = (0, UNSURE)


def _ended(text: str, start: int, match: re.Match[str], style: str, *, final: bool) -> tuple[int, int] | None:
    """The end of the unit at this full stop, semicolon or line end, `_GOES_ON` where it does not end there, or None."""
    if match["line"] is not None:
        return _at_line_end(text, start, match.start(), style, final=final)
    end = match.end()
    if end == len(text) and not final:
        return None
    if match["semicolon"] is not None:
        return _at_semicolon(text, start, end, final=final)
    stop = marks_behind(text, end, style, final=final)
    if stop == UNSURE:
        return None
    following = stop
    while following < len(text) and text[following].isspace() and text[following] != "\n":
        following += 1
    if following == len(text):
        return (end, stop) if final else None
    if text[following] == "\n":
        behind = marks_on_next_line(text, following, style, final=final)
        return None if behind == UNSURE else (end, behind if behind > following else stop)
    # Marks behind a stop say that a sentence ends there even where an abbreviation does: at 8 p.m. [1] Children
    if _SURE_STOPS.intersection(match["stop"]) or (stop > end and not "a" <= text[following] <= "z"):
        return end, stop
    apart = stop > end or following > end
    if not apart and following + 1 == len(text) and not final:
        return None
    words = text[start : match.start()] + re.sub(r"[*_]", "", match["stop"])
    ends = _cuts(words, " " + text[following] if apart else text[following : following + 2])
    return (end, stop) if ends else _GOES_ON


def _cuts(words: str, following: str) -> bool:
    """Whether a sentence ends between the two texts; never in a row of cells."""
    if CELL_BREAK in words:
        return False
    near = words[-CONTEXT:]
    return any(end == len(near) for _, end in sentences(near + following))


def _at_semicolon(text: str, start: int, end: int, *, final: bool) -> tuple[int, int] | None:
    following = end
    while following < len(text) and text[following].isspace() and text[following] != "\n":
        following += 1
    if following == len(text):
        return _GOES_ON if final else None
    if text[following] not in _MAY_NUMBER:
        return _GOES_ON
    reach = text[following : following + MARKER_REACH]
    if len(reach) < MARKER_REACH and "\n" not in reach and not final:
        return None
    return (end, end) if _cuts(text[start:end], " " + reach) else _GOES_ON


def _at_line_end(text: str, start: int, at: int, style: str, *, final: bool) -> tuple[int, int] | None:
    end = start + len(text[start:at].rstrip())
    if end <= start:
        return start, start
    if text[end - 1] in ",-" or "a" <= text[end - 1] <= "z":  # a line that was wrapped goes on with a small letter
        if at + 1 == len(text) and not final:
            return None
        line = max(text.rfind("\n", start, end) + 1, start)
        if end - line >= WRAPPED_LINE and "a" <= text[at + 1 : at + 2] <= "z" and text[at + 1 : at + 2].isascii():
            return _GOES_ON
    stop = marks_on_next_line(text, at, style, final=final)
    return None if stop == UNSURE else (end, stop if stop > at else end)
