"""What a label says on the points that labels of one medicine must agree on, each with the words that say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from medrag.answer.verify.amounts import Amount
from medrag.answer.verify.numbers import amounts
from medrag.answer.verify.units import DAYS_A_YEAR, TIME
from medrag.answer.versions.strict import strictness
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.sentences import sentences
from medrag.types import Document, Section

__all__ = ["Position", "Sentence", "Topic", "positions", "statements", "strengths"]

G = SectionGroup
# The sections whose sentences are laid side by side; what tells of trials or pharmacology differs between labels as it may.
COMPARED = frozenset(
    {
        G.DOSAGE, G.CONTRAINDICATIONS, G.BOXED_WARNING, G.WARNINGS, G.INTERACTIONS, G.PREGNANCY, G.PEDIATRIC, G.GERIATRIC,
        G.OVERDOSAGE, G.STORAGE,
    }
)  # fmt: skip
_STRENGTHS = frozenset({G.FORMS, G.COMPOSITION})
SHORTEST, LONGEST = 4, 600  # characters of a sentence that is compared


class Topic(StrEnum):
    """What a conflict is about."""

    DOSE = "dose"
    MAXIMUM = "maximum"
    AGE = "age"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    CHILDREN = "children"
    CONTRAINDICATION = "contraindication"
    WARNING = "warning"
    STORAGE = "storage"


@dataclass(frozen=True)
class Sentence:
    """A sentence `document.text[start:end]` in a section that is compared, folded."""

    section: Section
    start: int
    end: int
    text: str

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        """Its quantities, read when they are asked for: of most sentences nobody does."""
        return tuple(amounts(self.text))

    @cached_property
    def strict(self) -> int:
        """How strict it is, 0 to 4."""
        return strictness(self.text)[0]


@dataclass(frozen=True, slots=True)
class Position:
    """What a sentence says on a topic for somebody: how strict it is, or a limit in the dimension's own unit."""

    topic: Topic
    whose: str
    value: float
    dimension: str
    sentence: Sentence


# Whom a word strictly said is about. Trimesters and the like are left to sentences that are alike.
_WHO: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    (Topic.PREGNANCY, regex(r"孕妇|妊娠|怀孕|孕期|\bpregnan\w+")),
    (Topic.LACTATION, regex(r"哺乳|乳母|授乳|\b(?:lactat\w+|breast[- ]?feeding|nursing (?:mothers?|women))\b")),
    (Topic.CHILDREN, regex(r"儿童|小儿|婴幼?儿|\b(?:children|pa?ediatric)\b")),
)
_PART_OF = regex(
    r"早期|中期|晚期|后期|前三|后三|个月|孕\d|\d+\s*周|以下|以上|\d\s*岁|大剂量|长期|\btrimester|\bweeks?\b|\bmonths?\b|\byears?\b|\bunder\b|\bover\b|\bhigh doses?\b"
)
# Said to be free to take it: what is merely not known, or asked of a doctor, is no leave.
_ALLOWED = regex(
    r"(?<!不)(?<!未)(?<!否)可(?:以)?(?:安全)?(?:使用|服用|应用|用药)(?!时|前|后|性|本品的)(?!.{0,24}(?:医师|医生|药师|权衡|利大于|尚|未|不|如|若|仅))"
    r"|\b(?:may|can) be (?:safely )?(?:used|taken|given) (?:in|by|during|to)\b(?!.{0,60}\b(?:if|only|unless|when|but|not|doctor|benefit)\b)|\b(?:is|are) (?:considered )?safe (?:in|for|during)\b"
)
_MAXIMUM = regex(
    r"最大|最高|极量|不(?:得|应|可|要|能)?(?:超过|大于|多于)|\bmax\w*\b|\b(?:not|never) (?:to )?(?:exceed|more than|take more)\b|\bup to\b"
)
_A_DAY = regex(r"(?:每|一|1)[日天]|日|24\s*小时|\b(?:daily|a day|per day|/day|24[- ]hours?|each day|every day)\b")
_CHILD = regex(r"儿童|小儿|婴|幼|岁|/\s*kg|每公斤|每千克|\b(?:child\w*|p[a]?ediatric|infants?|kg|years?)\b")
_NUMBERED = regex(r"^[\s\-•·*]*(?:\(?\d{1,2}[.、)）](?!\d)|[①-⑳])?\s*")
_MASS = frozenset({"mg", "ml", "unit"})
_STRENGTH = _MASS | {"%"}
_ORGAN = regex(r"肾|肝|老年|\b(?:renal|hepatic|liver|kidney|elderly|geriatric)\b")


def statements(document: Document) -> list[Sentence]:
    """The sentences of a label that are compared, in text order."""
    found = []
    for section in document.sections:
        if section.group not in COMPARED:
            continue
        for start, end in sentences(document.text[section.start : section.end]):
            start, end = section.start + start, section.start + end
            if SHORTEST <= end - start <= LONGEST:
                sentence = Sentence(section, start, end, _NUMBERED.sub("", fold(document.text[start:end])))
                if not sentence.text.endswith(":") or sentence.strict:  # what only leads to a list says nothing yet
                    found.append(sentence)
    return found


def strengths(document: Document) -> frozenset[tuple[str, float]]:
    """The strengths that a label prints in its title and where it tells of forms and composition, in the dimension's own unit."""
    told = [document.title, *(document.text[s.start : s.end] for s in document.sections if s.group in _STRENGTHS)]
    return frozenset(
        (one.dimension, one.high) for text in told for one in amounts(fold(text[:LONGEST])) if one.dimension in _STRENGTH
    )


def positions(said: list[Sentence]) -> Iterator[Position]:
    """What the sentences say on topics that are told apart by rule."""
    for sentence in said:
        yield from _strict(sentence)
        yield from _ages(sentence)
        yield from _maxima(sentence)


def _strict(sentence: Sentence) -> Iterator[Position]:
    if _PART_OF.search(sentence.text) or not (sentence.strict or _ALLOWED.search(sentence.text)):
        return
    for topic, who in _WHO:
        if who.search(sentence.text):
            yield Position(topic, topic.value, float(sentence.strict), "", sentence)


def _ages(sentence: Sentence) -> Iterator[Position]:
    """An age under or over which a medicine is not to be used."""
    if sentence.strict < 3 or _MAXIMUM.search(sentence.text):
        return
    for amount in sentence.amounts:
        if amount.dimension == TIME and amount.factor == DAYS_A_YEAR and amount.bound:
            yield Position(Topic.AGE, f"age {amount.bound}", amount.low, amount.dimension, sentence)


def _maxima(sentence: Sentence) -> Iterator[Position]:
    if not _MAXIMUM.search(sentence.text) or not _A_DAY.search(sentence.text) or _ORGAN.search(sentence.text):
        return
    masses = [amount for amount in sentence.amounts if amount.dimension in _MASS]
    if len(masses) == 1:
        whose = "child" if _CHILD.search(sentence.text) else "adult"
        yield Position(Topic.MAXIMUM, whose, masses[0].high, masses[0].dimension, sentence)
