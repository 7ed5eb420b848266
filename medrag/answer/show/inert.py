"""Text that labels print, made inert in Markdown: nothing in it may become a heading, a link, a table or HTML."""

from __future__ import annotations

import re

from medrag.patterns import regex

__all__ = ["escaped", "guarded", "inert"]

_MARKDOWN = str.maketrans({character: "\\" + character for character in "\\`*_{}[]<>#|~$&"})
# What means something at the beginning of a line alone: the line under a heading, an item's sign or number, an indented
# line of code, and a footnote's own text.
_UNDERLINE_OR_ITEM = regex(r"^([ \t]*)([-+=])", re.MULTILINE)
_NUMBERED_ITEM = regex(r"^([ \t]*\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_FOOTNOTE_TEXT = regex(r"^([ \t]*(?:\[\^\d+\])+):", re.MULTILINE)
_INDENT = regex(r"^[ \t]+(?=\S)", re.MULTILINE)
_TAB = 4  # columns


def escaped(text: str) -> str:
    """The text with nothing in it that Markdown takes for markup."""
    return guarded(inert(text))


def inert(text: str) -> str:
    """The text without what is markup wherever it stands."""
    return text.translate(_MARKDOWN)


def guarded(text: str) -> str:
    """The text without what is markup at the beginning of its lines; their indentation is kept as blanks that are none."""
    for pattern in (_UNDERLINE_OR_ITEM, _NUMBERED_ITEM):
        text = pattern.sub(r"\1\\\2", text)
    text = _FOOTNOTE_TEXT.sub(r"\1\:", text)
    return _INDENT.sub(lambda blanks: "&nbsp;" * len(blanks[0].expandtabs(_TAB)), text)
