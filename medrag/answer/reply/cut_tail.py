"""The citation marks that stand behind a sentence's full stop, as far as the text so far tells.

Each answer is final or `UNSURE`: what is said of a text holds for every longer text that begins with it.
"""

from __future__ import annotations

from medrag.answer.reply.mark_patterns import LINK_AFTER, UNIT_AFTER
from medrag.answer.reply.marks import parse_marks
from medrag.answer.reply.unmarked import only_cites
from medrag.patterns import regex

__all__ = ["UNSURE", "marks_behind", "marks_on_next_line"]

UNSURE = -1
LONGEST = 40  # characters of a bracket that may cite, and of an address behind it
UNIT_REACH = 6  # characters: the longest unit, a blank before it, and the letter that would make it a word
MOST_BLANKS = 64  # lines and blanks between a sentence and marks of its own on the next line

_BLANKS = regex(r"[^\S\n]*")
_CLOSING = {"[": "]】］", "［": "］]】", "【": "】]", "〔": "〕", "⟦": "⟧", "（": "）)", "(": ")）"}
_RAISED = regex(r"[⁰¹²³⁴⁵⁶⁷⁸⁹,，˒⁻–-]+")
_UNIT_BEGINS = regex(r"[^\S\n]?(?:[a-zA-Zµμ]{0,4}|°|[毫微千公国分小]|国际单?|小时)")
_JOINED = regex(r"[^\S\n]*(?:[、,，;；&]|和|及|与)[^\S\n]*(?=[\[［【〔⟦])")
_JOIN_BEGUN = regex(r"[^\S\n]*(?:[、,，;；&]|和|及|与)[^\S\n]*\Z")
_EMPHASIS = regex(r"[*_]{1,3}")
_STOPS = "。.．"


def marks_behind(text: str, at: int, style: str, *, final: bool) -> int:
    """The end of the marks that follow `at` on its line, `at` itself where none do, or `UNSURE` until more text comes."""
    end = at
    while True:
        opening = _opening(text, end, behind_mark=end > at)
        begun = end > at and _JOIN_BEGUN.match(text, end) is not None
        if opening >= len(text) or (begun and not final):
            return end if final else UNSURE
        closed = _mark_at(text, opening, style, final=final)
        if closed == UNSURE:
            return UNSURE
        if closed == opening:
            return end
        end = closed
        if (emphasis := _EMPHASIS.match(text, end)) is not None:
            end = emphasis.end()
        if text[end : end + 1] and text[end] in _STOPS:
            end += 1


def _opening(text: str, end: int, *, behind_mark: bool) -> int:
    """Where the next mark would begin: behind blanks and emphasis, and between marks behind a comma."""
    joined = _JOINED.match(text, end) if behind_mark else None
    at = joined.end() if joined is not None else _blanks_end(text, end)
    emphasis = _EMPHASIS.match(text, at)
    return emphasis.end() if emphasis is not None else at


def _blanks_end(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match is not None else at


def _mark_at(text: str, at: int, style: str, *, final: bool) -> int:
    """The end of the mark that begins at `at`, or of the brackets around marks; `at` where there is none; or `UNSURE`."""
    first = text[at]
    if first == "\\":
        if at + 1 >= len(text):
            return at if final else UNSURE
        first = text[at + 1]
    if first in _CLOSING:
        return _bracket(text, at, first, style, final=final)
    if first in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        return _raised(text, at, style, final=final)
    if "<sup>".startswith(text[at : at + 5]) or text.startswith("<sup>", at):
        return _tagged(text, at, style, final=final)
    return at


def _bracket(text: str, at: int, first: str, style: str, *, final: bool) -> int:
    """The end of a bracket that cites; what is no citation or too long for one ends where it begins."""
    reach = text[at : at + LONGEST]
    line = reach.split("\n", 1)[0]
    end = next((at + place + 1 for place, one in enumerate(line) if one in _CLOSING[first]), UNSURE)
    if end == UNSURE:
        return at if final or len(reach) == LONGEST or line != reach else UNSURE
    while text[end : end + 1] and text[end] in _CLOSING[first]:  # [[1]], （参考（[1]））
        end += 1
    if end == len(text) and not final:
        return UNSURE
    if first in "（(":
        return end if only_cites(text[at:end].strip("（(）)"), style) else at
    marks = parse_marks(text[at:end], style=style)
    if not marks or marks[-1].end != end - at:
        return at
    behind = _behind(text, end, final=final)
    return UNSURE if behind == UNSURE else (at if behind else end)


def _behind(text: str, end: int, *, final: bool) -> int:
    """1 where what follows a bracket makes it a link or an amount, 0 where it does not, or `UNSURE`."""
    rest = text[end : end + LONGEST]
    if not final and rest.startswith("(") and not (len(rest) == LONGEST or ")" in rest or "\n" in rest):
        return UNSURE
    if not final and len(rest) < UNIT_REACH and _UNIT_BEGINS.fullmatch(rest):
        return UNSURE
    return 1 if LINK_AFTER.match(rest) or UNIT_AFTER.match(rest) else 0


def _raised(text: str, at: int, style: str, *, final: bool) -> int:
    run = _RAISED.match(text, at)
    end = run.end() if run is not None else at
    if end == len(text) and not final:
        return UNSURE
    marks = parse_marks(text[at : end + 1], style=style)
    return at + marks[0].end if marks and marks[0].start == 0 else at


def _tagged(text: str, at: int, style: str, *, final: bool) -> int:
    reach = text[at : at + LONGEST]
    end = reach.find("</sup>")
    if end < 0:
        return at if final or len(reach) == LONGEST or "\n" in reach else UNSURE
    whole = at + end + len("</sup>")
    return whole if parse_marks(text[at:whole], style=style) else at


def marks_on_next_line(text: str, at: int, style: str, *, final: bool) -> int:
    """The end of the marks that fill the next line that is not blank; `at` where it holds anything else; or `UNSURE`."""
    begin = at
    while begin < len(text) and text[begin].isspace() and begin - at < MOST_BLANKS:
        begin += 1
    if begin == len(text) and begin - at < MOST_BLANKS:
        return at if final else UNSURE
    if begin == at or begin == len(text) or text[begin].isspace():
        return at
    end = marks_behind(text, begin, style, final=final)
    if end in {UNSURE, begin}:
        return at if end == begin else UNSURE
    stop = _blanks_end(text, end)
    if stop == len(text):
        return end if final else UNSURE
    return end if text[stop] == "\n" else at
