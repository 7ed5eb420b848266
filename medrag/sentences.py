"""Where sentences, list items and table rows begin and end in a text, in Chinese, English and a mix of both.

Lines are the frame: canonical text holds one paragraph, list item or table row a line (cells joined by ` | `). Within a
line, a sentence ends at its full stop unless that belongs to an abbreviation, a decimal, an initial or an item's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.patterns import regex

__all__ = ["CELL_BREAK", "NUMBER", "sentences", "table_header"]

CELL_BREAK = " | "
WRAPPED_LINE = 45  # characters; a shorter line is a list item or a cell that ends where it ends

_UNITS = (
    r"(?:mg|g|kg|mcg|[µμu]g|ng|ml|dl|l|mmol|[µμ]mol|mol|meq|iu|u|units?|mm|cm|m2|hours?|hrs?|h|min(?:utes?)?|days?|weeks?|months?|"
    r"years?|tablets?|capsules?|drops?|times)(?![a-z])|[㎎㎏㎍㏄㎜㎝㎖℃°％%‰]"
    r"|毫克|微克|克|千克|公斤|毫升|升|国际单位|单位|万单位|毫摩尔|片|粒|袋|支|丸|瓶|包|贴|滴|喷|揿|次|日|天|周|月|年|岁|小时|分钟|个|倍|度"
)
# A number with its unit, a range or a ratio with its unit: what nothing may cut.
NUMBER = regex(
    rf"(?<![\d.])\d[\d,]*(?:\.\d+)?(?:\s?(?:[~～–—\-−/×:：至到]|to)\s?\d[\d,]*(?:\.\d+)?)*(?:\s?(?:{_UNITS})(?:\s?/\s?\w+)?)?",
    re.IGNORECASE,
)
_BROKEN_NUMBER = regex(rf"\s*(?:{_UNITS})", re.IGNORECASE)

_MARKER = r"(?:\d{1,2}[.．、](?!\d)|（\d{1,2}）|\(\d{1,2}\)|[①-⑳])"
_CLOSERS = "”’」』）】\"')\\]"
_BULLETS = "•●▪◦‣■"
# It begins with one set of characters, and only then asks which of them it is: so the engine skips to candidates.
_LATIN_END = regex(
    rf"[.!?;{_BULLETS}](?:"
    rf"(?<=[.!?])[.!?]{{0,7}}(?:[{_CLOSERS}]*(?=\s)|(?<=[a-z]{{3}}[.])(?=[A-Z][a-z]))"  # the second: a lost blank, Take one tablet.Do not
    rf"|(?<=;)(?=\s*{_MARKER})"  # …; 2. …
    rf"|(?<=[{_BULLETS}])(?=\s?\w))"
)
# Every alternative begins with a character, not with a look-behind, which would be tried at each.
_HAN_END = regex(
    rf"[。！？]+[{_CLOSERS}]*|[.!?]{{1,8}}[{_CLOSERS}]*(?=\s)|[!?](?=[一-鿿])"
    r"|[.．](?<=[一-鿿）)].)(?=[一-鿿（(①-⑳\d])"  # an English stop that ends Chinese: 禁用.孕妇慎用
    rf"|[；;](?=\s*{_MARKER})"  # …；2. …
    r"|[②-⑳](?<=[一-鿿，、,].)"  # ①头痛②恶心
    r"|\s(?<=[一-鿿）)].)(?=\d{1,2}[.．、](?!\d)|（\d{1,2}）|[①-⑳])"  # 禁用 2.孕妇慎用
    rf"|[{_BULLETS}](?=\s?\w)"
)
_BEGINNERS = frozenset(_BULLETS + "②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")  # the sentence ends before these, not behind them
_HAN = regex(r"[。！？；一-鿿]")
_ABBREVIATIONS = frozenset(
    "dr mr mrs ms prof st jr sr vs no nos fig figs ref refs e.g i.e eg ie cf ca al approx max min incl excl viz sp spp var subsp "
    "inc ltd co corp dept univ vol ed eds pp tab tabs cap caps inj wt ht temp conc resp misc ph.d m.d u.s.p n.f".split()
)
_INITIALS = regex(r"(?:[a-z]\.)+[a-z]")  # i.v, b.i.d, u.s
_LABEL = regex(r"\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivx]{2,4}")  # the number of a list item: 1. / 2.1. / A. / iv.
_WORD_REACH = 14  # characters; longer than the longest abbreviation
_OPENERS = "([（【“\"'‘"


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the text's sentences, list items and table rows, in order, without the blanks around them.

    All that is not blank lies in exactly one span. A table row (a line with ` | `) is one span, a line that was wrapped
    is joined with the next, a number is never parted from its unit, nor an item's number from its item.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _lines(text):
        if text.find(CELL_BREAK, start, end) == -1:
            _cut(text, start, end, spans)
        else:
            spans.append((start, end))
    return spans


def table_header(text: str, at: int) -> tuple[int, int] | None:
    """The span of the header row of the table in which the line at `at` stands; None outside tables and in the header itself.

    The header is the first of the unbroken run of lines with cells: passages are spans, so a table that fills several has
    its header in the first one only, and whoever shows a later one fetches the header with this.
    """
    start = text.rfind("\n", 0, at) + 1
    if CELL_BREAK not in text[start : _line_end(text, start)]:
        return None
    header: tuple[int, int] | None = None
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if CELL_BREAK not in text[above : start - 1]:
            break
        header = (above, start - 1)
        start = above
    return header


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end == -1 else end


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The stripped spans of the lines that are not blank, wrapped ones joined."""
    held: tuple[int, int] | None = None
    at = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = at + line.index(stripped[0])
            end = start + len(stripped)
            if held is not None and not _wraps(text, held, (start, end)):
                yield held
                held = None
            held = (held[0] if held is not None else start, end)
        at += len(line) + 1
    if held is not None:
        yield held


def _wraps(text: str, before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether the second line goes on with the sentence of the first."""
    last, first = text[before[1] - 1], text[after[0]]
    if last.isdigit() and _BROKEN_NUMBER.match(text, after[0]) is not None:
        return True
    if not ("a" <= last <= "z" or last in ",-") or not "a" <= first <= "z":
        return False
    line = text.rfind("\n", 0, before[1]) + 1
    if before[1] - line < WRAPPED_LINE:
        return False
    return text.find(CELL_BREAK, line, before[1]) == -1 and text.find(CELL_BREAK, *after) == -1


def _cut(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    """Appends the sentences of text[start:end], which is one line or several that wrap."""
    pattern = _LATIN_END if _HAN.search(text, start, end) is None else _HAN_END
    for match in pattern.finditer(text, start, end):
        at, stop = match.span()
        if text[at] == "." and not _ends_sentence(text, start, at, stop):
            continue
        if text[at] in _BEGINNERS:
            stop = at
        if start < stop < end:
            _append(text, start, stop, spans)
            start = stop
    _append(text, start, end, spans)


def _append(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    """Appends the span without the blanks at its ends, unless it is all blank."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _ends_sentence(text: str, start: int, at: int, stop: int) -> bool:
    """Whether the full stop at `at` ends the sentence that began at `start` and would end at `stop`."""
    follows = text[stop + 1 : stop + 2] if text[stop : stop + 1].isspace() else ""
    if "a" <= follows <= "z":
        return False
    before = text[max(start, at - _WORD_REACH) : at].rsplit(None, 1)
    if not before:
        return True
    word = before[-1].lstrip(_OPENERS)
    if _LABEL.fullmatch(word) is not None:
        ahead = (
            text[start : at - len(word)].strip()
            if at - start < _WORD_REACH
            else text[at - len(word) - 2 : at - len(word)].strip()
        )
        if not ahead.strip(_OPENERS) or ahead[-1] in ":：;；":
            return False
    lowered = word.lower()
    return lowered not in _ABBREVIATIONS and _INITIALS.fullmatch(lowered) is None
