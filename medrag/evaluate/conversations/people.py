"""What a label says about kinds of people: the sections that are right when a question is about one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from medrag.evaluate.cases import ANSWERS, HELPS, Gold
from medrag.evaluate.conversations.items import Labels, gold_of
from medrag.evaluate.matching import Truth
from medrag.sections import SectionGroup
from medrag.types import Document, Section

__all__ = ["People", "gold_for", "people_of"]


class People(StrEnum):
    """The people whom phrasings introduce, as the tables call them."""

    PREGNANCY = "pregnancy"
    NURSING = "nursing"
    CHILD = "child"
    OLD = "old"
    RENAL = "renal"
    HEPATIC = "hepatic"


_OWN = {
    People.PREGNANCY: SectionGroup.PREGNANCY,
    People.NURSING: SectionGroup.PREGNANCY,
    People.CHILD: SectionGroup.PEDIATRIC,
    People.OLD: SectionGroup.GERIATRIC,
}
# Sections that speak of people in labels without a section for them.
_SPEAK = (SectionGroup.CONTRAINDICATIONS, SectionGroup.BOXED_WARNING, SectionGroup.WARNINGS, SectionGroup.DOSAGE)
_WORDS = {
    People.PREGNANCY: re.compile(r"孕妇|妊娠|怀孕|孕期|\bpregnan", re.I),
    People.NURSING: re.compile(r"哺乳|授乳|母乳|\bnursing|breast.?feed|\blactati|human milk", re.I),
    People.CHILD: re.compile(r"儿童|小儿|婴|幼儿|新生儿|小孩|\bchild|\bpa?ediatric|\binfant", re.I),
    People.OLD: re.compile(r"老年|老人|高龄|\belderly|\bgeriatric|65 years", re.I),
    People.RENAL: re.compile(r"肾功能|肾衰|肾病|肾脏|\brenal|\bkidney", re.I),
    People.HEPATIC: re.compile(r"肝功能|肝硬化|肝病|肝脏|肝衰|\bhepatic|\bliver|\bcirrho", re.I),
}


def people_of(truth: Truth, labels: Labels) -> list[People]:
    """The people about whom the medicine's label says something."""
    return [people for people in People if gold_for(people, truth, labels)]


def gold_for(people: People, truth: Truth, labels: Labels) -> tuple[Gold, ...]:
    """The sections that say what holds for these people, in the first label of the medicine that has any.

    A section of their own answers; where there is one, what contraindications, warnings and dosage say of them helps,
    else that answers.
    """
    for document in labels.of(truth):
        own = list(_saying(people, document, {_OWN[people]} if people in _OWN else set()))
        elsewhere = list(_saying(people, document, set(_SPEAK)))
        if own or elsewhere:
            return (*gold_of(own, ANSWERS), *gold_of(elsewhere, HELPS if own else ANSWERS))
    return ()


def _saying(people: People, document: Document, groups: set[SectionGroup]) -> Iterator[tuple[Document, Section]]:
    for section in document.sections:
        text = document.text[section.start : section.end]
        if section.group in groups and text.strip() and _WORDS[people].search(f"{section.heading}\n{text}"):
            yield document, section
