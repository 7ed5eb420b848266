"""The texts of some passages read as one, so that a word is looked for once and not once a passage.

An American label has hundreds of passages, and most words of a question stand in few of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from medrag.retrieve.words import is_whole

__all__ = ["Bodies"]

_PARTED = "\0"  # between two texts; it is no letter, and no word that is looked for has it


class Bodies:
    """Some texts in lower case; what is found in them is said by their numbers, the rows."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.lengths = np.array([len(text) for text in texts], np.int64)
        self._whole = _PARTED.join(texts)
        self._starts = list(accumulate((len(text) + len(_PARTED) for text in texts), initial=0))

    def __len__(self) -> int:
        return len(self.texts)

    def counted(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """How often each word is in each text, and whether it stands in it by the rule of `term_hits`.

        Both have shape (len(texts), len(words)). Pieces of words are counted, what overlaps is counted once.
        """
        counts = np.zeros((len(words), len(self)), np.int64)
        there = np.zeros((len(words), len(self)), np.bool_)
        for at, word in enumerate(words):
            times, stands = [0] * len(self), [False] * len(self)
            free = 0
            for row, place in self._places(word):
                if place >= free:
                    times[row] += 1
                    free = place + len(word)
                stands[row] = stands[row] or not word.isascii() or is_whole(self._whole, place, word)
            counts[at], there[at] = times, stands
        return counts.T, there.T

    def _places(self, word: str) -> Iterator[tuple[int, int]]:
        """Where a word is, overlapping itself too, each as (row, place in the whole)."""
        whole, starts = self._whole, self._starts
        place = whole.find(word)
        while place >= 0:
            yield bisect_right(starts, place) - 1, place
            place = whole.find(word, place + 1)

    def having(self, words: str) -> list[int]:
        """The rows whose texts have these characters side by side."""
        found = []
        place = self._whole.find(words)
        while place >= 0:
            row = bisect_right(self._starts, place) - 1
            found.append(row)
            place = self._whole.find(words, self._starts[row + 1])
        return found

    def hits(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """How many of the terms stand in each text, by the rule of `term_hits`."""
        counted = [0.0] * len(self)
        for term in terms:
            last = -1
            for row, place in self._places(term):
                if row != last and (not term.isascii() or is_whole(self._whole, place, term)):
                    counted[row] += 1.0
                    last = row
        return np.array(counted, np.float64)
