"""Finding known names in text: Aho–Corasick automata over all folded names, a base and two tiers of additions beside it.

Beside each lies an index of what its names sound and look like (`medrag.kb.near`). So a label that brings a new name costs
as much as the smallest tier, whatever there is in the base.

The automata only say where some name stands; what it means, and whether it is still a name at the reader's commit,
the catalogue says. So a removed name needs no rebuilding: it is found and then means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import daachorse

from medrag.kb.folding import fold_with_map
from medrag.kb.near import NearIndex, save_near

__all__ = ["NameFinder", "NameIndex", "NameWriter", "Occurrence", "is_indexed"]

MIN_LENGTH = 2  # a single character is no name that could be told from a word
MAX_LENGTH = 80
COMPACT_AT = 0.25  # additions over this share of the base make a new base
LATE = 2_000  # names that each commit may write anew (40 ms); more of them go to the tier before
TIERS = ("base", "more", "late")
NEAR = dict(zip(TIERS, ("", "more", "late"), strict=True))  # what the files of `medrag.kb.near` begin with
_Automaton = daachorse.CharwiseDoubleArrayAhoCorasick

Occurrence = tuple[int, int, str]  # start and end in the text, and the folded name that stands there


class NameIndex:
    """Published automata, open for searching."""

    def __init__(self, folder: Path) -> None:
        self._automata = [
            _Automaton.deserialize(path.read_bytes()) for tier in TIERS if (path := folder / f"{tier}.automaton").exists()
        ]
        self.near = NearIndex.open(folder, tuple(NEAR.values()))

    def find(self, text: str) -> list[Occurrence]:
        """Every place where a name stands as a whole word, overlapping ones too, in text order, longest first."""
        return _occurrences(self._automata, text)

    def knows(self, norm: str) -> bool:
        """Whether a folded name is in one of the automata."""
        return any((0, len(norm)) == match[:2] for a in self._automata for match in a.find_overlapping(norm))


class NameFinder:
    """Finds a fixed list of folded names, longer ones too, as `NameIndex` does; nothing is stored."""

    def __init__(self, names: Sequence[str]) -> None:
        self._automata = [_Automaton(list(names), daachorse.MATCH_KIND_STANDARD)] if names else []

    def find(self, text: str) -> list[Occurrence]:
        """Every place where a name stands as a whole word, in text order, longest first."""
        return _occurrences(self._automata, text)

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Where the names stand in a text that is folded already."""
        return list(_spans(self._automata, folded))


def _occurrences(automata: Iterable[_Automaton], text: str) -> list[Occurrence]:
    folded = fold_with_map(text)
    found = {(*folded.span(start, end), folded.text[start:end]) for start, end in _spans(automata, folded.text)}
    return sorted(found, key=lambda o: (o[0], -o[1], o[2]))


def _spans(automata: Iterable[_Automaton], folded: str) -> Iterator[tuple[int, int]]:
    for automaton in automata:
        for start, end, _ in automaton.find_overlapping(folded):
            if _whole_word(folded, start, end):
                yield start, end


def is_indexed(norm: str) -> bool:
    """Whether a folded name can be found in text: one character is no name, and prose from a graph's cell is none."""
    return MIN_LENGTH <= len(norm) <= MAX_LENGTH and "\n" not in norm


def _whole_word(text: str, start: int, end: int) -> bool:
    """Whether the match is not a piece of a longer word or number; Han text has no words to be a piece of."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (_joins(before) and _joins(text[start])) and not (_joins(after) and _joins(text[end - 1]))


def _joins(character: str) -> bool:
    return character.isalnum() and character < "ʰ"


class NameWriter:
    """Builds the next automata, and the index of what is near to names, in a folder that holds a clone of the last ones (or nothing)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._before = NameIndex(folder)
        self._new: set[str] = set()

    def add(self, norms: Iterable[str]) -> None:
        """Adds folded names; those that are known already change nothing."""
        self._new.update(filter(is_indexed, norms))

    def publish(self) -> None:
        """Writes the new names into the smallest tier that has room, or as a new base."""
        fresh = sorted(norm for norm in self._new if not self._before.knows(norm))
        base, more, late = map(self._list, TIERS)
        if not fresh and base:
            return
        if len(more) + len(late) + len(fresh) > COMPACT_AT * len(base):
            self._save(0, [*base, *more, *late, *fresh])
        elif len(late) + len(fresh) > LATE:
            self._save(1, [*more, *late, *fresh])
        else:
            self._save(2, [*late, *fresh])

    def _list(self, tier: str) -> list[str]:
        path = self._folder / f"{tier}.txt"
        return path.read_text("utf-8").split("\n")[:-1] if path.exists() else []

    def _save(self, at: int, norms: list[str]) -> None:
        """Makes the tier one of these names, and empties those behind it."""
        for tier, names in [(TIERS[at], sorted(norms)), *((tier, []) for tier in TIERS[at + 1 :])]:
            # Unlinked first: the files may be hard links that an older generation reads.
            listed, saved = self._folder / f"{tier}.txt", self._folder / f"{tier}.automaton"
            listed.unlink(missing_ok=True)
            saved.unlink(missing_ok=True)
            save_near(names, self._folder, NEAR[tier])
            if names:
                listed.write_text("".join(norm + "\n" for norm in names), "utf-8", newline="\n")
                saved.write_bytes(_Automaton(names, daachorse.MATCH_KIND_STANDARD).serialize())
