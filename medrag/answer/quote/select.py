"""Which sentences of the evidence answer: whole units only, lists with their lead-in, tables with their header."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from medrag.patterns import regex
from medrag.retrieve.words import term_hits
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import Passage

__all__ = ["ITEM", "Choice", "Unit", "choose", "fitting", "matching", "units_of"]

_BULLETS = "•●▪◦‣■"  # on a line of its own it marks the next one as an item
# A list item as labels number or mark it.
ITEM = regex(r"\s*(?:\d{1,2}[.．、)）](?!\d)|[（(]\d{1,2}[)）]|[①-⑳•●▪◦‣■]|[-–] )")
PATTERN_WEIGHT = 2  # shared terms that a match of the pattern is worth
MAX_ITEMS = 12  # quoted of a list because its lead-in was chosen
MAX_ROWS = 60  # of a table, above which its header is too far away to be looked for
STATEMENT = 40  # characters; what is shorter and ends without a stop is a heading or a cell
GAP = 8  # characters of blanks and bullets between two lines of which one follows the other
MAX_QUESTION = 80  # characters of a heading that asks: What are oral contraceptives?
_WORD = regex(r"\w")
_UNFINISHED = regex(r"\b(?:unless|or|and|to|of|with|by|if|than|the|an?|for|in)$")
_NUMBERED = regex(r"\d{1,2}(?:\.\d{1,2})+ [A-Z]")
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
        text = self.text
        return ITEM.match(text) is not None or CELL_BREAK in text or self._before.endswith(tuple(_BULLETS))

    @property
    def is_row(self) -> bool:
        """Whether it is a table row."""
        return CELL_BREAK in self.text

    @property
    def _before(self) -> str:
        """What stands before it in its passage, as far as one can tell a bullet by."""
        at = self.start - self.passage.start
        return self.passage.text[max(0, at - 3) : at].rstrip()

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
    kept = _with_leads(units, chosen if relevant else chosen[: _before_table(units, len(chosen))])
    return Choice(tuple(units[i] for i in kept), len(units) - len(kept))


def _before_table(units: Sequence[Unit], count: int) -> int:
    """How many of the first units are left without the table that is cut behind them; a dose is told as far as it goes."""
    end = count
    while end and count < len(units) and _is_cell(units[end - 1]) and (end < count or _is_cell(units[count])):
        end -= 1
    cut = any(unit.is_row for unit in units[end : count + 1]) and units[0].passage.section.group is not SectionGroup.DOSAGE
    return end if end and cut else count


def _is_cell(unit: Unit) -> bool:
    return unit.is_row or not _is_statement(unit)


def _of_people(units: Sequence[Unit]) -> Sequence[Unit]:
    """The units without what an overdose does to animals, where anything else is left: it helps nobody who took too much."""
    kept = [
        unit for unit in units if unit.passage.section.group is not SectionGroup.OVERDOSAGE or not _ANIMALS.search(unit.text)
    ]
    return kept or units


def matching(units: Sequence[Unit], terms: Sequence[str], limit: int, pattern: re.Pattern[str] | None = None) -> list[Unit]:
    """The statements that hold a term or the pattern, those with most first to the limit, in text order, with what leads them in."""
    scored = [(_score(unit, terms, pattern), i) for i, unit in enumerate(units)]
    best = [i for _, i in sorted((-score, i) for score, i in scored if score > 0)]
    told = [i for i in best if not (units[i].is_row and _header_of(units, i) < 0)]  # numbers without their columns tell nothing
    return [units[i] for i in _with_leads(units, (told or best)[:limit])]


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
            if unit.is_row and not (place and units[place - 1].is_row) and _header_of(units, place) == place:
                kept.update(_items_of(units, place))  # a header without its rows says nothing
        elif unit.leads:
            kept.update(_items_of(units, place))
        elif unit.passage.section.group is SectionGroup.CONTRAINDICATIONS and (lead := _forbidding_lead(units, place)) >= 0:
            kept.add(lead)
        elif place and _POINTS_BACK.match(unit.text) and _same_section(units[place - 1], unit):
            kept.add(place - 1)
        if unit.is_row and _continues(units, place):
            kept.add(place + 1)
    return [place for place in sorted(kept) if not _heads_nothing(units, place, kept)]


def _continues(units: Sequence[Unit], place: int) -> bool:
    """Whether the line behind a row is the rest of its last cell: do not use unless / directed by a doctor."""
    if place + 1 >= len(units) or not _same_section(units[place], units[place + 1]):
        return False
    return _UNFINISHED.search(units[place].text) is not None and not units[place + 1].is_item


def _heads_nothing(units: Sequence[Unit], place: int, kept: Container[int]) -> bool:
    """Whether a unit is the heading of a statement that is not kept: 6.1 Clinical Trials Experience."""
    unit, after = units[place], place + 1
    if after in kept or after >= len(units) or not _same_section(unit, units[after]) or unit.is_item:
        return False
    heading = _ENDED.search(unit.text) is None and (not _is_statement(unit) or _NUMBERED.match(unit.text) is not None)
    asks = len(unit.text) <= MAX_QUESTION and unit.text.endswith(("?", "？"))
    return (heading or asks) and _ENDED.search(units[after].text) is not None


def _lead_of(units: Sequence[Unit], place: int) -> list[int]:
    """The places of the lead-in of the list in which the unit stands, and of the header of its table."""
    header, at = place, place - 1
    if units[place].is_row:
        header = _header_of(units, place)
        at = header - 1
    else:
        while _goes_on(units, at, place) and units[at].is_item and not units[at].leads:
            at -= 1
    return ([header] if 0 <= header < place else []) + ([at] if _goes_on(units, at, place) and _leads_in(units[at]) else [])


def _header_of(units: Sequence[Unit], place: int) -> int:
    """The place of the first row of the table in which a row stands; lines of one cell, such as a group's name, part no table.

    -1 where the table begins in a passage that was not found.
    """
    header, at = place, place - 1
    while place - at <= MAX_ROWS and _follows(units, at) and (units[at].is_row or not _is_statement(units[at])):
        if units[at].is_row:
            header = at
        at -= 1
    first = units[at + 1]
    late = first.start == first.passage.start > first.passage.section.start
    return -1 if late and any(character.isdigit() for character in units[header].text) else header


def _follows(units: Sequence[Unit], at: int) -> bool:
    """Whether a place is there and the next one stands right behind it in the same section."""
    return _goes_on(units, at, at + 1) and units[at + 1].start - units[at].end <= GAP


def _goes_on(units: Sequence[Unit], at: int, place: int) -> bool:
    """Whether a place is there and in the same section as another."""
    return at >= 0 and _same_section(units[at], units[place])


def _forbidding_lead(units: Sequence[Unit], place: int) -> int:
    """The place of what says that the lines under it must not have the medicine, where a line is none without; -1 for none."""
    at = place - 1
    while _goes_on(units, at, place) and place - at <= MAX_ITEMS and not units[at].leads:
        at -= 1
    return at if _goes_on(units, at, place) and units[at].leads else -1


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
