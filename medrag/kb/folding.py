"""Text as it is compared: NFKC, case folding and simplified characters, with a map back to the code points it came from.

Nothing folded is ever quoted: folding changes lengths (㎎ → mg, ﬁ → fi), so what is found in a folded text is
carried back through `Folded.span` to the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from medrag.kb.traditional import simplified

__all__ = ["Folded", "fold", "fold_with_map"]

SHORT = 500  # characters; folded questions are remembered, labels are not
_BLANKS = re.compile(r"[^\S\n]+")
_HAN = re.compile(r"[一-鿿]")
_UNEVEN = re.compile(r"[^\S\n ]|  |(?<=[一-鿿]) | (?=[一-鿿])")
_BLANK_BY_HAN = re.compile(r"(?<=[一-鿿]) | (?=[一-鿿])")


def fold(text: str) -> str:
    """The text as names are compared: NFKC, case folded, simplified, blanks as one space, none beside a Han character."""
    if text.isascii():
        return " ".join(text.casefold().split())
    folded = " ".join(simplified(unicodedata.normalize("NFKC", text).casefold()).split())
    return _BLANK_BY_HAN.sub("", folded)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; what became `text[i]` is `starts[i]:ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that became `text[start:end]`, which is not empty."""
        return self.starts[start], self.ends[end - 1]


def fold_with_map(text: str) -> Folded:
    """The text folded as names are, but for line ends and what stands at its own ends, with the map back.

    Combining marks are folded together with the character before them, so that é written as two code points
    compares equal to é written as one.
    """
    return _remembered(text) if len(text) <= SHORT else _with_map(text)


@lru_cache(maxsize=64)  # a question is looked through for the names of each table
def _remembered(text: str) -> Folded:
    return _with_map(text)


def _with_map(text: str) -> Folded:
    if text.isascii():
        return _without_blanks(text.casefold(), range(len(text)), range(1, len(text) + 1))
    if unicodedata.is_normalized("NFKC", text) and not any(map(unicodedata.combining, text)):
        folded = text.casefold()
        if len(folded) == len(text):  # as most often: nothing grew, so every character is where it was
            return _without_blanks(simplified(folded), range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", text[at:end]).casefold()
        pieces.append(piece)
        starts.extend([at] * len(piece))
        ends.extend([end] * len(piece))
        at = end
    return _without_blanks(simplified("".join(pieces)), starts, ends)


def _without_blanks(folded: str, starts: Sequence[int], ends: Sequence[int]) -> Folded:
    """The folded text with a run of blanks as one space, or as none beside a Han character."""
    if not _UNEVEN.search(folded):
        return Folded(folded, starts, ends)
    kept: list[int] = []
    last = 0
    for run in _BLANKS.finditer(folded):
        kept.extend(range(last, run.start()))
        if not _HAN.match(folded[run.start() - 1 : run.start()]) and not _HAN.match(folded[run.end() : run.end() + 1]):
            kept.append(run.start())
        last = run.end()
    kept.extend(range(last, len(folded)))
    text = "".join(" " if _BLANKS.match(folded[at]) else folded[at] for at in kept)
    return Folded(text, [starts[at] for at in kept], [ends[at] for at in kept])
