"""Which sentences of the evidence answer: whole units only, in text order, as many as there is room for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medrag.retrieve.words import term_hits
from medrag.sentences import sentences
from medrag.types import Passage

__all__ = ["Choice", "Unit", "choose", "matching", "units_of"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item or table row: the span `document.text[start:end]` of a passage."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words of the unit."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Choice:
    """The units chosen, in text order, and how many were left out."""

    units: tuple[Unit, ...]
    left_out: int


def units_of(passages: Sequence[Passage]) -> list[Unit]:
    """The sentences, list items and table rows of the passages, in the order of the passages."""
    return [Unit(p, p.start + start, p.start + end) for p in passages for start, end in sentences(p.text)]


def choose(units: Sequence[Unit], terms: Sequence[str], budget: int, pattern: re.Pattern[str] | None = None) -> Choice:
    """All units where they fit the budget (characters); else those that share most with the question, else the first.

    A unit that matches `pattern` counts as two shared terms. One unit is always chosen, however long it is.
    """
    if sum(unit.end - unit.start for unit in units) <= budget:
        return Choice(tuple(units), 0)
    scores = [term_hits(unit.text, terms) + (2 if pattern is not None and pattern.search(unit.text) else 0) for unit in units]
    relevant = max(scores, default=0) > 0
    order = sorted(range(len(units)), key=lambda i: (-scores[i], i)) if relevant else range(len(units))
    chosen: list[int] = []
    room = budget
    for i in order:
        length = units[i].end - units[i].start
        if chosen and (length > room or (relevant and scores[i] == 0)):
            if relevant:
                continue
            break
        chosen.append(i)
        room -= length
    return Choice(tuple(units[i] for i in sorted(chosen)), len(units) - len(chosen))


def matching(units: Sequence[Unit], terms: Sequence[str], limit: int, pattern: re.Pattern[str] | None = None) -> list[Unit]:
    """The units that hold a term or the pattern, those with most first to the limit, in text order."""
    scored = [
        (term_hits(unit.text, terms) + (2 if pattern is not None and pattern.search(unit.text) else 0), i)
        for i, unit in enumerate(units)
    ]
    best = sorted((score, i) for score, i in scored if score > 0)
    kept = sorted(i for _, i in sorted(best, key=lambda pair: (-pair[0], pair[1]))[:limit])
    return [units[i] for i in kept]
