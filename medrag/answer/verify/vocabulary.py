"""The words of labels that the checker knows: what each means, and which meanings exclude each other.

They stand in `words.tsv`: class, meaning, Chinese words, English words. Words of one row are equal, in either language;
meanings of one class exclude each other, but for the classes `-` (plain synonyms) and `~` (words that add nothing).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import daachorse

from medrag.kb.folding import fold

__all__ = ["LIGHT", "SYNONYM", "Word", "Words", "everyday", "words"]

SYNONYM, LIGHT = "-", "~"
_OPEN = "*"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the table at `text[start:end]` of a folded text: its class and its meaning."""

    kind: str
    meaning: str
    start: int
    end: int


class Words:
    """Finds the words of a table in folded texts, leftmost longest; Latin ones as whole words, `increas*` with any ending."""

    def __init__(self, rows: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        meant: dict[str, tuple[str, str]] = {}
        for kind, meaning, forms in rows:
            for form in forms:
                meant.setdefault(fold(form), (kind, meaning))
        self._meant = meant
        self._patterns = sorted(meant)
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(
            [pattern.removesuffix(_OPEN) for pattern in self._unique()], daachorse.MATCH_KIND_STANDARD
        )

    def _unique(self) -> list[str]:
        """The patterns, where one stands with and without its open end only the open one."""
        self._patterns = [p for p in self._patterns if p.endswith(_OPEN) or p + _OPEN not in self._meant]
        return self._patterns

    def find(self, folded: str) -> list[Word]:
        """The words of a folded text, in text order, not overlapping."""
        candidates = sorted(self._candidates(folded), key=lambda item: (item[1].start, -item[1].end, item[0]))
        found: list[Word] = []
        for _, word in candidates:
            if not found or word.start >= found[-1].end:
                found.append(word)
        return found

    def _candidates(self, folded: str) -> Iterator[tuple[int, Word]]:
        """Each word, and how many of its letters are its ending: of two that end alike the one that says more is meant."""
        for start, end, index in self._automaton.find_overlapping(folded):
            pattern = self._patterns[index]
            if _is_letter(folded[start]) and start and _is_letter(folded[start - 1]):
                continue
            said = end
            if pattern.endswith(_OPEN):
                while end < len(folded) and _is_letter(folded[end]):
                    end += 1
            elif _is_letter(folded[end - 1]) and end < len(folded) and _is_letter(folded[end]):
                continue
            yield end - said, Word(*self._meant[pattern], start, end)


def _is_letter(character: str) -> bool:
    return character.isalpha() and character < "ʰ"


@cache
def words() -> Words:
    """The words of the table that ships with the package."""
    return Words(list(_rows(files("medrag.answer.verify").joinpath("words.tsv").read_text("utf-8"))))


def everyday() -> list[str]:
    """Words that say little of medicine by themselves, Chinese and English ones."""
    lines = files("medrag.answer.verify").joinpath("ordinary.txt").read_text("utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _rows(table: str) -> Iterator[tuple[str, str, list[str]]]:
    for line in table.splitlines():
        if line.strip() and not line.startswith("#"):
            kind, meaning, *cells = line.split("\t")
            yield kind, meaning, [form.strip() for cell in cells for form in cell.split("|") if form.strip()]
