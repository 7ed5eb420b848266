"""The characters of a reply as they can be shown: whole ones, and none that would do something instead of being read."""

from __future__ import annotations

import re
from itertools import takewhile

__all__ = ["Characters"]

MOST_HALVES = 8  # characters at the end that may wait for the rest of one; a decoder gives at most three for one of four bytes
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
# The control characters of a terminal (C0 and C1) but for tab and line feed, and the marks that turn the order of writing: with
# them a screen would show something else than what was checked.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Characters:
    """Puts characters together that were cut in half between two pieces, and leaves out those that act.

    Half a character at the end is left out; one that stays half in the middle is marked by U+FFFD. Every line ends in a line
    feed.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The text without what may be half of something at its end, which waits for the next."""
        text = self._held + text
        self._held = text[len(text) - _waiting(text) :]
        text = text[: len(text) - len(self._held)]
        if _SURROGATE.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return _ACTS.sub("", _LINE_END.sub("\n", text))


def _waiting(text: str) -> int:
    """How many characters at the end may be half of one, or the first half of a line's end."""
    return sum(1 for _ in takewhile(_may_be_half, text[: -MOST_HALVES - 1 : -1]))


def _may_be_half(character: str) -> bool:
    return character in "\ufffd\r" or "\ud800" <= character <= "\udbff"
