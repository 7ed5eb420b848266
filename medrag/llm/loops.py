"""Noticing that a model says the same thing over and over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

__all__ = ["LoopWatch", "repeated_tail"]

TAIL = 3_000  # characters looked at; three rounds of the longest loop that is noticed
STEP = 48  # characters between two looks
PROBE = 16  # characters at the end that must have been said before, else nothing repeats: a look costs little then
# Rounds of exactly the same words at the end of the text, and how many characters they must fill: a row of dashes, a rule of a
# table or "每日3次，每日3次" is no loop. Where only the numbers differ ("第1天…第2天…"), more rounds are wanted.
ROUNDS, LONG_ROUNDS, NUMBERED_ROUNDS = 4, 3, 8
LONG_ROUND = 60
LEAST = 160
LEAST_NUMBERED = 400
LETTERS = 4  # in such a round: a table of figures is no loop
SAME_LINES = 6  # a line as long as a sentence, said so often, anywhere in the reply
LINE = 16
_NUMBER = re.compile(r"\d+")


class LoopWatch:
    """Fed with a reply as it comes; says when its end repeats itself."""

    def __init__(self) -> None:
        self._tail = ""
        self._line = ""
        self._lines: Counter[str] = Counter()
        self._unseen = 0

    def feed(self, delta: str) -> bool:
        """Whether the reply has begun to turn in a circle."""
        self._tail = (self._tail + delta)[-TAIL:]
        self._unseen += len(delta)
        if self._line_again(delta):
            return True
        if self._unseen < STEP:
            return False
        self._unseen = 0
        if repeated_tail(self._tail, _rounds, LEAST):
            return True
        numbered = repeated_tail(_NUMBER.sub("0", self._tail), lambda _: NUMBERED_ROUNDS, LEAST_NUMBERED)
        return sum(map(str.isalpha, numbered)) >= LETTERS

    def _line_again(self, delta: str) -> bool:
        *whole, self._line = (self._line + delta).split("\n")
        self._line = self._line[-TAIL:]
        for line in whole:
            stripped = line.strip()
            if len(stripped) >= LINE:
                self._lines[stripped] += 1
                if self._lines[stripped] >= SAME_LINES:
                    return True
        return False


def _rounds(period: int) -> int:
    """How many rounds of so many characters are a loop."""
    return LONG_ROUNDS if period >= LONG_ROUND else ROUNDS


def repeated_tail(text: str, rounds: Callable[[int], int], least: int) -> str:
    """The words that the text ends in `rounds(their length)` or more rounds of, `least` characters in all; else "".

    The text is read backwards with the failure function of Knuth, Morris and Pratt: a prefix of length n has the period
    n - border(n).
    """
    if len(text) < least or text.find(text[-PROBE:]) == len(text) - PROBE:
        return ""
    backwards = text[::-1]
    borders = [0] * (len(backwards) + 1)
    border = 0
    for length in range(2, len(backwards) + 1):
        while border and backwards[length - 1] != backwards[border]:
            border = borders[border]
        if backwards[length - 1] == backwards[border]:
            border += 1
        borders[length] = border
        period = length - border
        if length >= least and length >= rounds(period) * period:
            return text[-period:]
    return ""
