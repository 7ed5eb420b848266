"""Citation marks in a text: where they stand, which numbers they name, in whatever form a model writes them.

    [1] [1,2] [1-3] [[1]] [^1^] [^1] [No.1, No.2] [文档1] 【1】 ［１］ 〔1〕 ⟦1⟧ ¹ <sup>1</sup> 文档1 document 2

No marks are [1.2] [0.5-1] [2020] [5 mg] [mg/L] [a], a list's "1.", a link [text](address), m², 10⁹, ¹³¹I, 文献2020年.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from medrag.answer.reply.mark_patterns import (
    BRACKETED,
    CODE_BEFORE,
    DIGITS,
    INTERVAL_BEFORE,
    LINK_AFTER,
    NAME_AFTER,
    NAME_BEFORE,
    PROSE,
    RAISED,
    RAISED_UNIT_BEFORE,
    RANGE,
    UNIT_AFTER,
)
from medrag.patterns import regex

__all__ = ["PLAIN", "Mark", "MarkForm", "marker_style", "parse_marks"]

PLAIN = "[{}]"
LAST = 99  # the highest number that a list or a range of marks may name: evidence is never that long
REACH = 12  # characters before a bracket that may show that it is no mark
WIDEST = 9  # numbers of a range; [10-60] is a dose

# Labels number their lists and references with [1] too: the first style that the evidence does not use is taken.
_STYLES = (
    (PLAIN, regex(r"[\[［]\s*[\d０-９]+(?:\s*[,，、;；\-–~～至]\s*[\d０-９]+)*\s*[\]］]")),
    ("〔{}〕", regex(r"〔\s*[\d０-９]+[^〕\n]{0,12}〕")),
    ("⟦{}⟧", regex(r"⟦\s*[\d０-９]+[^⟧\n]{0,12}⟧")),
)
_LAST_STYLE = "⟦#{}⟧"


class MarkForm(StrEnum):
    """How a mark is written."""

    SQUARE = "square"  # [1] ［１］ [[1]]
    CARET = "caret"  # [^1^] [^1]
    NUMBERED = "numbered"  # [No.1] [文档1] [Source 1]
    LENTICULAR = "lenticular"  # 【1】
    TORTOISE = "tortoise"  # 〔1〕
    WHITE = "white"  # ⟦1⟧
    HASHED = "hashed"  # ⟦#1⟧
    RAISED = "raised"  # ¹ <sup>1</sup>
    PROSE = "prose"  # 文档1, document 2


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: `text[start:end]` of the text it stands in, and the numbers it names, in their order there."""

    start: int
    end: int
    text: str
    numbers: tuple[int, ...]
    form: MarkForm


def marker_style(texts: Sequence[str]) -> str:
    """The form of the markers, `[{}]` unless the texts hold such marks themselves."""
    for style, pattern in _STYLES:
        if not any(pattern.search(text) for text in texts):
            return style
    return _LAST_STYLE


def parse_marks(text: str, *, style: str = PLAIN) -> list[Mark]:
    """The citation marks of a text in order, none overlapping.

    `style` is the form of the markers that the writer was given. What a style before it in the order of `marker_style` looks
    like stands in the evidence, so a writer who copies the evidence writes it too: such brackets are text then.
    """
    textual = _textual(style)
    found = [mark for match in BRACKETED.finditer(text) if (mark := _bracketed(text, match)) is not None]
    found = _ranges(text, [mark for mark in found if mark.form not in textual])
    found += [mark for match in RAISED.finditer(text) if (mark := _raised(text, match)) is not None]
    found += _prose(text, found)
    return sorted(found, key=lambda mark: mark.start)


def _textual(style: str) -> frozenset[MarkForm]:
    """The forms that the evidence itself holds where this style was chosen."""
    styles = [its for its, _ in _STYLES]
    return frozenset(_STYLE_FORMS[: styles.index(style) if style in styles else len(styles)])


_STYLE_FORMS = (MarkForm.SQUARE, MarkForm.TORTOISE, MarkForm.WHITE)  # in the order of the styles
_FORMS = {
    "[": MarkForm.SQUARE,
    "[[": MarkForm.SQUARE,
    "［": MarkForm.SQUARE,
    "【": MarkForm.LENTICULAR,
    "〔": MarkForm.TORTOISE,
    "⟦": MarkForm.WHITE,
    "⟦#": MarkForm.HASHED,
}


def _bracketed(text: str, match: re.Match[str]) -> Mark | None:
    """The mark that a pair of brackets with numbers is, if it is one."""
    start, end = match.span()
    form = _FORMS[match["open"]]
    if match["caret"]:
        form = MarkForm.CARET
    elif match["noun"]:
        form = MarkForm.NUMBERED
    numbers = _numbers(match["numbers"])
    if not numbers or _no_mark(text, start, end, numbers, form):
        return None
    return Mark(start, end, text[start:end], numbers, form)


def _no_mark(text: str, start: int, end: int, numbers: Sequence[int], form: MarkForm) -> bool:
    """Whether what stands around brackets makes them something else: a link, a dose, an interval, part of a name."""
    if LINK_AFTER.match(text, end):
        return True
    if form is not MarkForm.SQUARE:
        return False
    before = text[max(0, start - REACH) : start]
    if UNIT_AFTER.match(text, end) or (len(numbers) > 1 and (INTERVAL_BEFORE.search(before) or CODE_BEFORE.search(before))):
        return True
    return NAME_BEFORE.search(before) is not None and NAME_AFTER.match(text, end) is not None


def _numbers(written: str) -> tuple[int, ...]:
    """The numbers that a list such as `1, 3-5` names; none for what is no list of marks."""
    numbers: list[int] = []
    for part in RANGE.finditer(written.translate(DIGITS)):
        first = int(part["first"])
        last = int(part["last"]) if part["last"] else first
        if part["last"] and not first < last <= min(first + WIDEST - 1, LAST):
            return ()
        numbers += range(first, last + 1)
    return tuple(dict.fromkeys(numbers))


def _ranges(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """The marks, those of the form [1]-[3] joined to one."""
    joined: list[Mark] = []
    for mark in marks:
        before = joined[-1] if joined else None
        if before is not None and text[before.end : mark.start].strip() in {"-", "–", "—", "~", "～", "至"}:
            first, last = before.numbers[-1], mark.numbers[0]
            if before.form is mark.form and len(mark.numbers) == 1 and first < last < first + WIDEST:
                numbers = (*before.numbers, *range(first + 1, last + 1))
                joined[-1] = Mark(before.start, mark.end, text[before.start : mark.end], numbers, mark.form)
                continue
        joined.append(mark)
    return joined


def _raised(text: str, match: re.Match[str]) -> Mark | None:
    """The mark that raised digits are, unless they are the power of a unit or number, a charge or an isotope."""
    start, end = match.span()
    if RAISED_UNIT_BEFORE.search(text[max(0, start - 8) : start]):
        return None
    if match["digits"] and re.match(r"[A-Z]", text[end : end + 1]):
        return None
    numbers = _numbers(match["digits"] or match["tagged"])
    return Mark(start, end, text[start:end], numbers, MarkForm.RAISED) if numbers else None


def _prose(text: str, taken: Sequence[Mark]) -> list[Mark]:
    """The marks without brackets of the form 文档1; where a noun stands before a bracketed mark, that one is the mark."""
    found: list[Mark] = []
    for match in PROSE.finditer(text):
        start, end = match.span()
        written = next(group for group in match.groups() if group is not None)
        numbers = _numbers(written)
        if numbers and not any(start < mark.end and mark.start < end for mark in taken):
            found.append(Mark(start, end, text[start:end], numbers, MarkForm.PROSE))
    return found
