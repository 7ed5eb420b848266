"""Text as it is compared: NFKC and case folding, with a map back to the code points it came from.

Nothing folded is ever quoted: folding changes lengths (㎎ → mg, ﬁ → fi), so what is found in a folded text is
carried back through `Folded.span` to the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Folded", "fold", "fold_with_map"]

_BLANK_BY_HAN = re.compile(r"(?<=[一-鿿]) | (?=[一-鿿])")


def fold(text: str) -> str:
    """The text as names are compared: NFKC, case folded, blanks as one space, none beside a Han character, stripped."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _BLANK_BY_HAN.sub("", folded)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origin[i]` is the offset in the original of the code point that made `text[i]`."""

    text: str
    origin: tuple[int, ...]
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that became `text[start:end]`."""
        if start >= end:
            at = self.origin[start] if start < len(self.origin) else self.length
            return at, at
        last = self.origin[end - 1]
        after = next((o for o in self.origin[end:] if o > last), self.length)
        return self.origin[start], after


def fold_with_map(text: str) -> Folded:
    """The text folded code point by code point (NFKC, case), keeping white space, with the map back.

    Combining marks are folded together with the character before them, so that é written as two code points
    compares equal to é written as one.
    """
    if text.isascii():
        return Folded(text.casefold(), tuple(range(len(text))), len(text))
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", text[at:end]).casefold()
        pieces.append(piece)
        origin.extend([at] * len(piece))
        at = end
    return Folded("".join(pieces), tuple(origin), len(text))
