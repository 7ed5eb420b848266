"""Doses for the patient asked about: which sentences of a dosage section hold for a child, in pregnancy, while nursing.

A dose that a label gives for adults, or without a word on whom it is for, is none for a child; it is quoted only where
the label is made for children. The same holds for pregnancy and nursing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from medrag.answer.quote.select import Unit
from medrag.kb.base import KnowledgeBase
from medrag.patterns import regex
from medrag.retrieve.cues import Population, patient_pattern
from medrag.retrieve.understand import Understanding
from medrag.retrieve.words import term_hits
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK
from medrag.types import DocumentInfo

__all__ = ["dose_patients", "for_patients", "is_dose", "speaks_of_patients"]

_SPECIAL = frozenset({Population.CHILD, Population.PREGNANT, Population.LACTATING})
_ADULTS = regex(r"(?<!未)成年?人|\badults?\b", re.IGNORECASE)
# Ages of grown people, which are no word on children: 18 岁以上, 65 years of age.
_GROWN = regex(
    r"(?<![\d～~–-])(?<![至到])(?<!to )(?<!under )(?<!below )(?<!less than )(?<!younger than )"
    r"(?:1[89]|[2-9]\d)\s*(?:周?岁(?!以[下内])|years?(?: of age| old)?|yrs?)",
    re.IGNORECASE,
)
_YOUNG = regex(
    r"\b(?:junior|kids?|teens?|teenagers?|adolescents?|toddlers?|newborns?|bab(?:y|ies))\b|\bage\b(?! (?:1[89]|[2-9]\d))|\d\s*yrs?\b"
    r"|\d\s*(?:years?|months?|mos?)(?: of age| old|,? (?:and|or|to) )|(?:under|over|below) \d+ (?:years|months)|月龄|年龄|未成年|青少年|早产",
    re.IGNORECASE,
)
# An amount of medicine. Ages, times and durations are none.
_AMOUNT = regex(
    r"(?:\d|[一二两三四五六七八九十半每])\s*(?:mg|[mµμu]?g\b|mcg|grams?\b|m?Eq\b|m?mol\b|ml|毫克|微克|克(?!服)|毫升|万?单位|IU|U\b|units?\b|片|粒|袋|包|支|丸|滴|贴|瓶|喷|揿|枚"
    r"|tablets?|capsules?|caplets?|teaspoon|tsp|drops?|sprays?|puffs?|patch)"
    r"|\b(?:one|two|three|four|half)(?: (?:to|or) \w+)? (?:\w+ )?(?:tablet|capsule|caplet|teaspoon|drop|spray|puff|patch)",
    re.IGNORECASE,
)
_HORMONES = regex(r"孕激素|孕酮")  # which name no pregnancy
_STOP = regex(r"[。．.!！？?;；]\s*$")
HEADING = 40  # characters; what is shorter and has no stop leads what follows


class _Whom(Enum):
    """Whom a sentence is for, as far as it and what leads it say."""

    ASKED = auto()
    OTHERS = auto()
    ANYONE = auto()


def dose_patients(understanding: Understanding) -> tuple[Population, ...]:
    """The patients of the question for whom a dose without a word on them does not hold."""
    return tuple(population for population in understanding.populations if population in _SPECIAL)


def is_dose(unit: Unit) -> bool:
    """Whether a sentence of a dosage section gives an amount."""
    return unit.passage.section.group is SectionGroup.DOSAGE and _AMOUNT.search(unit.text) is not None


def speaks_of_patients(text: str, patients: tuple[Population, ...]) -> bool:
    """Whether a text has a word on one of the patients; the ages of adults are none on children."""
    text = _GROWN.sub("", text) if Population.CHILD in patients else text
    text = _HORMONES.sub("", text) if Population.PREGNANT in patients else text
    pattern = patient_pattern(patients)
    young = Population.CHILD in patients and _YOUNG.search(text) is not None
    return young or (pattern is not None and pattern.search(text) is not None)


def for_patients(units: Sequence[Unit], understanding: Understanding, words: Sequence[str], kb: KnowledgeBase) -> list[Unit]:
    """The units without what a dosage section says for others than the patients asked about.

    `units` are of one document, in text order; `words` what the question is about beside its drugs: a sentence with
    them and without an amount is kept (with food or without). Without such patients all units are kept.
    """
    patients = dose_patients(understanding)
    if not patients or not any(unit.passage.section.group is SectionGroup.DOSAGE for unit in units):
        return list(units)
    own = _is_for(units[0].passage.document, patients, kb)
    kept = []
    for unit, whom in zip(units, _whom(units, patients), strict=True):
        beside = unit.passage.section.group is not SectionGroup.DOSAGE
        plain = not _AMOUNT.search(unit.text) and not _is_heading(unit) and term_hits(unit.text, words) > 0
        if beside or whom is _Whom.ASKED or (whom is _Whom.ANYONE and own) or plain:
            kept.append(unit)
    return kept


def _is_for(document: DocumentInfo, patients: tuple[Population, ...], kb: KnowledgeBase) -> bool:
    """Whether the label's title or indications say that it is for the patients: 小儿…颗粒, 用于儿童感冒."""
    indications = (passage.text for passage in kb.passages_of(document, (SectionGroup.INDICATIONS,)))
    return any(speaks_of_patients(text, patients) for text in (document.title, *indications))


def _whom(units: Sequence[Unit], patients: tuple[Population, ...]) -> list[_Whom]:
    """Whom each unit is for. A heading speaks for what follows it, a sentence for the rest of its paragraph."""
    found: list[_Whom] = []
    section = lead = said = _Whom.ANYONE
    before: Unit | None = None
    for unit in units:
        if before is None or before.passage.section.index != unit.passage.section.index:
            section = lead = said = _said(" ".join((*unit.passage.section.path, unit.passage.section.heading)), patients)
        elif CELL_BREAK in before.text and CELL_BREAK not in unit.text:
            lead = said = section  # the table's header held for the table
        elif _breaks(before, unit):
            said = lead
        own = _said(unit.text, patients)
        if _is_heading(unit) and not (own is _Whom.ANYONE and (unit.is_item or lead is _Whom.OTHERS)):
            lead = said = own
        elif own is not _Whom.ANYONE:  # behind a sentence for adults and children it is not said for whom the next one is
            said = _Whom.ANYONE if own is _Whom.ASKED and _ADULTS.search(unit.text) else own
        found.append(said if own is _Whom.ANYONE else own)
        before = unit
    return found


def _said(text: str, patients: tuple[Population, ...]) -> _Whom:
    if speaks_of_patients(text, patients):
        return _Whom.ASKED
    others = Population.CHILD in patients and (_ADULTS.search(text) is not None or _GROWN.search(text) is not None)
    return _Whom.OTHERS if others else _Whom.ANYONE


def _is_heading(unit: Unit) -> bool:
    """Whether a unit leads what follows: it ends with a colon, is the header of a table, or is short and has no stop."""
    header = CELL_BREAK in unit.text and not any(character.isdigit() for character in unit.text)
    short = len(unit.text) <= HEADING and not unit.is_item and not _STOP.search(unit.text) and not _AMOUNT.search(unit.text)
    return unit.leads or header or short


def _breaks(one: Unit, other: Unit) -> bool:
    """Whether a line ends between two units; passages of one section that follow each other are on lines of their own."""
    if one.passage.id != other.passage.id:
        return True
    start = one.passage.start
    return "\n" in one.passage.text[one.end - start : other.start - start]
