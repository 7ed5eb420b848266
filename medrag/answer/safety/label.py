"""A label as a medication check reads it: its statements clause by clause, what leads each in, and the names in them.

Reading a label takes milliseconds, so what was read is kept for as long as the knowledge base's commit is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TypeVar

from medrag.answer.safety.units import MAX_SPAN, Unit, read_as, units_of
from medrag.kb.folding import fold
from medrag.kb.names import NameFinder
from medrag.kb.terms.classes import class_names
from medrag.kb.terms.conditions import condition_names
from medrag.kb.terms.foods import food_names
from medrag.kb.terms.shipped import shipped_names
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.types import Citation, Document, DocumentInfo, Section, Stated, digest

__all__ = ["READ", "Hit", "Label", "known_names", "longest", "name_spans"]

G = SectionGroup
T = TypeVar("T")
READ = frozenset(
    {G.CONTRAINDICATIONS, G.INTERACTIONS, G.WARNINGS, G.BOXED_WARNING, G.PREGNANCY, G.PEDIATRIC, G.GERIATRIC, G.DOSAGE,
     G.INDICATIONS, G.COMPOSITION, G.CLASSIFICATION, G.FORMS}
)  # fmt: skip
MIN_NAME = 2
REMEMBERED = 4_000  # readings of one label

# Both are looked for in whole labels, in lower case; each alternative begins with a letter, to which the engine skips.
_OTC = regex(r"非处方|o(?<=\bo)tc\b|甲类非|乙类非|drug facts|over[- ]the[- ]counter|ask a doctor before use|stop use and ask")
_OTC_CODES = frozenset({"50565-1", "50566-9", "50567-7", "50568-5", "50569-3", "50570-1", "55105-1"})
_RX = regex(
    r"处(?<!非处)方药|凭医[师生]处方|必须由医[师生]处方|r(?<=\br)x[ -]?only\b|℞ ?only|prescription only|caution: federal law"
)
_PROFESSIONAL = frozenset({"34073-7", "43685-7", "34084-4", "43680-8", "34083-6"})  # sections of labels for those who prescribe

_PROFESSIONAL_GROUPS = frozenset({G.PHARMACOLOGY, G.ADVERSE_REACTIONS})


# One character is no name that text is searched for; among what a medicine holds or goes with it is: 与含钙、镁的药物, 与锂合用.
_METALS = regex(
    r"(?:含|[与和同])(?:有|含)?(?P<list>[锂铁钙镁铝锌](?:离子)?(?:[、，和及或与]{1,2}[锂铁钙镁铝锌](?:离子)?)*)"
    r"(?=的|等|制剂|药|离子|抗酸|合用|同用|同服|并用|联用|一起|伍用|同时)"
)
_LITHIUM = regex(r"[与和同、及或]锂(?=[、，和及或与同]|合用|并用|盐)")
_SHORTENED = regex(r"[、和及或与](?=[一-鿿]{2,6}药)")
MAX_SHORTENED = 6  # characters of a class that is named in short
_METAL = regex(r"[锂铁钙镁铝锌]")
_METAL_NAMES = {"锂": "锂盐", "铁": "铁剂", "钙": "钙剂", "镁": "镁盐", "铝": "含铝抗酸药", "锌": "多价阳离子制剂"}


@dataclass(frozen=True, slots=True)
class Hit:
    """A name in a statement: `unit.folded[start:end]` is it, or the metal that it is of; `unit` is -1 in a section's heading."""

    name: str
    unit: int
    start: int
    end: int
    section: int


@cache
def known_names() -> frozenset[str]:
    """The folded names of medicines, classes, foods and conditions that the tables know, which are found when a label is read."""
    names = {*shipped_names(), *class_names(), *food_names(), *condition_names()}
    return frozenset(name for name in names if len(name) >= MIN_NAME)


@cache
def _finder() -> NameFinder:
    return NameFinder(sorted(known_names()))


def name_spans(folded: str) -> list[tuple[int, int]]:
    """Where names that the tables know stand in a folded text, overlapping ones too."""
    return _finder().spans(folded)


@dataclass
class Label:
    """A document and what was read of it. Made once per document and commit; its look-ups remember what they found."""

    document: Document
    _found: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    _about: dict[str, tuple[Unit, ...]] = field(default_factory=dict)
    _remembered: dict[Hashable, tuple[Stated, ...]] = field(default_factory=dict)
    _kept: dict[str, object] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        """The language that its words are read in."""
        return "zh" if self.document.lang == "zh" else "en"

    @cached_property
    def groups(self) -> frozenset[SectionGroup]:
        """The groups of its sections that say something."""
        return frozenset(section.group for section in self.document.sections if section.end > section.start)

    @cached_property
    def status(self) -> str:
        """Whether it says that its medicine is sold on prescription only ("prescription") or without ("otc"); "" where it does not."""
        codes = {section.code for section in self.document.sections}
        if len(codes & _OTC_CODES) > 1:
            return "otc"
        professional = len(codes & _PROFESSIONAL) > 1 or self.groups >= _PROFESSIONAL_GROUPS
        text = self.document.text.lower()
        if _RX.search(text) is not None:
            return "prescription"
        if (self.lang == "zh" or not professional) and _OTC.search(text) is not None:
            return "otc"
        return "prescription" if self.lang == "en" and professional else ""

    @cached_property
    def info(self) -> DocumentInfo:
        """The document without its text."""
        return self.document.info()

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Its statements, in text order."""
        found: list[Unit] = []
        for section in self.document.sections:
            if read_as(section, self.lang) in READ:
                found += units_of(self.document.text, section, self.lang, len(found))
        return tuple(found)

    @cached_property
    def headings(self) -> dict[int, str]:
        """The folded headings of its sections, with those around them, by section."""
        return {s.index: fold(" › ".join((*s.path, s.heading))) for s in self.document.sections}

    @cached_property
    def names(self) -> dict[str, tuple[Hit, ...]]:
        """Where the names that any table knows stand, of overlapping ones the longest."""
        found: dict[str, list[Hit]] = {}
        for unit in self.units:
            for start, end in longest(_finder().spans(unit.folded)):
                found.setdefault(unit.folded[start:end], []).append(
                    Hit(unit.folded[start:end], unit.index, start, end, unit.section)
                )
            for name, start, end in (*_metals(unit.folded), *_shortened(unit.folded)) if unit.lang == "zh" else ():
                found.setdefault(name, []).append(Hit(name, unit.index, start, end, unit.section))
        for section in self.document.sections:
            heading = fold(section.heading) if section.group in READ else ""
            for start, end in longest(_finder().spans(heading)):
                found.setdefault(heading[start:end], []).append(Hit(heading[start:end], -1, start, end, section.index))
        return {name: tuple(hits) for name, hits in found.items()}

    @cached_property
    def named_at(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Where in each statement some name of the tables stands."""
        found: dict[int, list[tuple[int, int]]] = {}
        for hits in self.names.values():
            for hit in hits:
                if hit.unit >= 0:
                    found.setdefault(hit.unit, []).append((hit.start, hit.end))
        return {unit: tuple(sorted(spans)) for unit, spans in found.items()}

    @cached_property
    def by_section(self) -> dict[int, tuple[Unit, ...]]:
        """Its statements by section."""
        found: dict[int, list[Unit]] = {}
        for unit in self.units:
            found.setdefault(unit.section, []).append(unit)
        return {section: tuple(units) for section, units in found.items()}

    def named_in(self, unit: Unit) -> list[tuple[int, int]]:
        """Where in one statement some name of the tables stands, in text order, without looking for names in all the others."""
        return longest(_finder().spans(unit.folded))

    def hits(self, name: str) -> tuple[Hit, ...]:
        """Where a folded name stands as a whole word and in no longer name that is known."""
        known = self.names.get(name)
        if known is not None or name in known_names():
            return known or ()
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = tuple(self._search(name))
        return found

    def _search(self, name: str) -> Iterator[Hit]:
        if len(name) < MIN_NAME or name not in self._whole:
            return
        for unit in self.units:
            at = unit.folded.find(name)
            while at >= 0:
                end = at + len(name)
                inside = any(s <= at and end <= e and (s, e) != (at, end) for s, e in self.named_at.get(unit.index, ()))
                if not inside and _is_whole(unit.folded, at, end):
                    yield Hit(name, unit.index, at, end, unit.section)
                at = unit.folded.find(name, end)

    def remembered(self, key: Hashable, make: Callable[[], Iterable[Stated]]) -> tuple[Stated, ...]:
        """What `make` reads in the label, read once as long as it is kept."""
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = tuple(make())
        return found

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """What `make` works out of the label alone, once."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]  # stored under its own key

    @cached_property
    def _whole(self) -> str:
        return "\n".join(unit.folded for unit in self.units)

    def about(self, what: str, pattern: re.Pattern[str]) -> tuple[Unit, ...]:
        """The statements that speak of something, or stand under what does: in their topic, their lead or their heading."""
        found = self._about.get(what)
        if found is None:
            headings = {section: pattern.search(heading) is not None for section, heading in self.headings.items()}
            above: dict[tuple[str, str], bool] = {}  # the items of a list have one
            for unit in self.units:
                if (unit.topic, unit.lead) not in above:
                    above[unit.topic, unit.lead] = pattern.search(f"{unit.topic} {unit.lead}") is not None
            found = self._about[what] = tuple(
                unit
                for unit in self.units
                if headings[unit.section] or above[unit.topic, unit.lead] or pattern.search(unit.folded)
            )
        return found

    def section(self, index: int) -> Section:
        """The section with that index."""
        return self.document.sections[index]

    def citation(self, unit: Unit, until: Unit | None = None) -> Citation:
        """The words of a statement, from those that lead it in where they are near, up to the end of a later one."""
        end = until.end if until is not None and until.end - unit.start <= MAX_SPAN else unit.end
        start = unit.lead_start if 0 <= unit.lead_start < unit.start and end - unit.lead_start <= MAX_SPAN else unit.start
        quote = self.document.text[start:end]
        return Citation.model_construct(
            marker="", document=self.info, section=self.section(unit.section), fact=None, start=start, end=end,
            quote=quote, sha256=digest(quote),
        )  # fmt: skip


def _metals(folded: str) -> Iterator[tuple[str, int, int]]:
    """The metals that a medicine holds or goes with, in Chinese, as the names of what is taken for them, and where."""
    if _METAL.search(folded) is None:
        return
    for match in _LITHIUM.finditer(folded):
        yield _METAL_NAMES["锂"], match.end() - 1, match.end()
    for match in _METALS.finditer(folded):
        for at in range(*match.span("list")):
            if folded[at] in _METAL_NAMES:
                yield _METAL_NAMES[folded[at]], at, at + 1


def _shortened(folded: str) -> Iterator[tuple[str, int, int]]:
    """The classes that are named without their last word, which stands behind the next: 利尿及通便药物."""
    for match in _SHORTENED.finditer(folded) if "药" in folded else ():
        end = match.start()
        for start in range(max(0, end - MAX_SHORTENED), end - 1):
            name = f"{folded[start:end]}药"
            if name in class_names():
                yield name, start, end
                break


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    joins = (before.isalnum() and before.isascii() and text[start].isascii()) or (
        after.isalnum() and after.isascii() and text[end - 1].isascii()
    )
    return not joins


def longest(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of overlapping spans the longest, the first of equals, in text order."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= s or e <= start for s, e in kept):
            kept.append((start, end))
    return sorted(kept)
