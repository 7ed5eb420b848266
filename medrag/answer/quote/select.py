"""Which sentences of the evidence answer: whole units only, lists with their lead-in, tables with their header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from medrag.patterns import regex
from medrag.retrieve.words import term_hits
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import Passage

__all__ = ["ITEM", "Choice", "Unit", "choose", "fitting", "matching", "units_of"]

# A list item as labels number or mark it.
ITEM = regex(r"\s*(?:\d{1,2}[.．、)）](?!\d)|[（(]\d{1,2}[)）]|[①-⑳•●▪◦‣■]|[-–] )")
PATTERN_WEIGHT = 2  # shared terms that a match of the pattern is worth
MAX_ITEMS = 12  # quoted of a list because its lead-in was chosen
STATEMENT = 40  # characters; what is shorter and ends without a stop is a heading or a cell
_WORD = regex(r"\w")
# A sentence that is understood from the one before.
_POINTS_BACK = regex(
    r"(?:(?:in|if|with|for|while|although|because of|should|during|under|to) )?(?:this|these|those|such|they|it|its|their|the effect)\b|(?:该|此|其(?![他它余])|上述|以上|这)",
    re.IGNORECASE,
)
_ANIMALS = regex(
    r"\b(?:mice|mouse|rats?|dogs?|rabbits?|monkeys?|rodents?|LD ?50)\b|[大小]鼠|家兔|猕猴|半数致死量", re.IGNORECASE
)
_ENDED = regex(r"[。．.!！?？;；:：][”’」』）】\"')\]]*$")


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

    @property
    def is_item(self) -> bool:
        """Whether it is a list item or a table row."""
        return ITEM.match(self.text) is not None or CELL_BREAK in self.text

    @property
    def leads(self) -> bool:
        """Whether it leads in a list."""
        return self.text.endswith((":", "："))


@dataclass(frozen=True, slots=True)
class Choice:
    """The units chosen, in text order, and how many were left out."""

    units: tuple[Unit, ...]
    left_out: int


def units_of(passages: Iterable[Passage]) -> list[Unit]:
    """The sentences, list items and table rows of the passages, in the order of the passages; no bullets without words."""
    return [
        Unit(passage, passage.start + start, passage.start + end) for passage in passages for start, end in _spans(passage.text)
    ]


@lru_cache(maxsize=256)  # one answer asks for a passage's sentences again and again
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in sentences(text) if _WORD.search(text, start, end))


def choose(units: Sequence[Unit], terms: Sequence[str], budget: int, pattern: re.Pattern[str] | None = None) -> Choice:
    """All units where they fit the budget (characters); else those that share most with the question, else the first.

    A unit that matches `pattern` counts as two shared terms. One unit is always chosen, however long it is. What leads
    in or heads a chosen unit comes with it, beyond the budget.
    """
    units = _of_people(units)
    if sum(unit.end - unit.start for unit in units) <= budget:
        return Choice(tuple(units), 0)
    scores = [_score(unit, terms, pattern) for unit in units]
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
    kept = _with_leads(units, chosen)
    return Choice(tuple(units[i] for i in kept), len(units) - len(kept))


def _of_people(units: Sequence[Unit]) -> Sequence[Unit]:
    """The units without what an overdose does to animals, where anything else is left: it helps nobody who took too much."""
    kept = [
        unit for unit in units if unit.passage.section.group is not SectionGroup.OVERDOSAGE or not _ANIMALS.search(unit.text)
    ]
    return kept or units


def matching(units: Sequence[Unit], terms: Sequence[str], limit: int, pattern: re.Pattern[str] | None = None) -> list[Unit]:
    """The statements that hold a term or the pattern, those with most first to the limit, in text order, with what leads them in."""
    scored = [(_score(unit, terms, pattern), i) for i, unit in enumerate(units)]
    best = sorted((-score, i) for score, i in scored if score > 0)[:limit]
    return [units[i] for i in _with_leads(units, [i for _, i in best])]


def fitting(units: Sequence[Unit], wanted: Sequence[bool], limit: int) -> list[Unit]:
    """The first units that are wanted, to the limit, in text order, with what leads them in."""
    chosen = [i for i, unit in enumerate(units) if wanted[i] and _is_statement(unit)][:limit]
    return [units[i] for i in _with_leads(units, chosen)]


def _score(unit: Unit, terms: Sequence[str], pattern: re.Pattern[str] | None) -> int:
    if not _is_statement(unit):
        return 0
    return term_hits(unit.text, terms) + (PATTERN_WEIGHT if pattern is not None and pattern.search(unit.text) else 0)


def _is_statement(unit: Unit) -> bool:
    """Whether a unit says something by itself: no heading, no cell."""
    text = unit.text
    return unit.is_item or len(text) >= STATEMENT or _ENDED.search(text) is not None or not text.isascii()


def _with_leads(units: Sequence[Unit], chosen: Iterable[int]) -> list[int]:
    """The chosen places with those of what they need to be understood.

    That is the lead-in of an item, the header of a row, the items that a lead-in promises, and what "these" points to.
    """
    kept = set(chosen)
    for place in sorted(kept):
        unit = units[place]
        if unit.is_item:
            kept.update(_lead_of(units, place))
            if CELL_BREAK in unit.text and not (place and CELL_BREAK in units[place - 1].text):
                kept.update(_items_of(units, place))  # a header without its rows says nothing
        elif unit.leads:
            kept.update(_items_of(units, place))
        elif place and _POINTS_BACK.match(unit.text) and _same_section(units[place - 1], unit):
            kept.add(place - 1)
    return sorted(kept)


def _lead_of(units: Sequence[Unit], place: int) -> list[int]:
    """The places of the lead-in of the list in which the unit stands, and of the header of its table."""
    at = place - 1
    while at >= 0 and units[at].is_item and not units[at].leads and _same_section(units[at], units[place]):
        at -= 1
    header = [at + 1] if CELL_BREAK in units[place].text and CELL_BREAK in units[at + 1].text else []
    return header + ([at] if at >= 0 and _leads_in(units[at]) and _same_section(units[at], units[place]) else [])


def _leads_in(unit: Unit) -> bool:
    """Whether what stands before a list leads it in: by a colon, or by a sentence that the items end (Do not use)."""
    return unit.leads or _ENDED.search(unit.text) is None


def _items_of(units: Sequence[Unit], place: int) -> list[int]:
    """The places of the items that follow a lead-in."""
    items = []
    for at in range(place + 1, min(place + 1 + MAX_ITEMS, len(units))):
        if not (units[at].is_item and _same_section(units[at], units[place])):
            break
        items.append(at)
    return items


def _same_section(one: Unit, other: Unit) -> bool:
    return one.passage.section.index == other.passage.section.index and one.passage.document.key == other.passage.document.key
