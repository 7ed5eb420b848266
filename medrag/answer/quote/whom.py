"""What an answer owes the patient asked about: what rules such a patient out stands first, and silence is no leave."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.answer.quote.draft import Draft
from medrag.answer.quote.patients import dose_patients, speaks_of_patients
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.scene import Scene
from medrag.answer.quote.select import fitting
from medrag.patterns import regex
from medrag.retrieve.cues import Population, patient_pattern
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup
from medrag.types import Passage

__all__ = ["asked_sections", "is_silent_on_patient", "leaves_patient_open", "quote_forbidden"]

FORBIDDEN_UNITS = 2  # sentences that rule the patient out, quoted before what else there is
_ALLERGY = regex(r"过敏(?!性)|\ballerg\w*(?! (?:rhinitis|asthma))\b|hypersensitiv", re.IGNORECASE)
_IF_CHILD = regex(r"\b(?:the|your) child (?:has|is|had)\b", re.IGNORECASE)  # of another thing than being a child


def asked_sections(understanding: Understanding) -> tuple[SectionGroup, ...]:
    """The sections asked for; the baby of a nursing mother is not the patient."""
    nursing = Population.LACTATING in understanding.populations and SectionGroup.PREGNANCY in understanding.groups
    return tuple(group for group in understanding.groups if not (nursing and group is SectionGroup.PEDIATRIC))


def quote_forbidden(draft: Draft, scene: Scene, passages: Sequence[Passage]) -> None:
    """Quotes, before all else, where the label rules out the patient of a question of whether a medicine may be taken."""
    understanding = scene.understanding
    own = [passage for passage in passages if passage.section.group is SectionGroup.CONTRAINDICATIONS]
    patterns = [patient_pattern(understanding.populations), _ALLERGY if _ALLERGY.search(understanding.question) else None]
    told = [pattern for pattern in patterns if pattern is not None]
    if understanding.shape is not Shape.YES_NO or not own or not told:
        return
    units = scene.units(own, own[0].document)
    wanted = [any(pattern.search(unit.text) for pattern in told) and not _IF_CHILD.search(unit.text) for unit in units]
    quote_by_section(draft, fitting(units, wanted, FORBIDDEN_UNITS), scene.lang)


def leaves_patient_open(
    scene: Scene, passages: Sequence[Passage], groups: Sequence[SectionGroup], answered: Sequence[SectionGroup]
) -> bool:
    """Whether the patient's section is missing and what the medicine is for is no word on whether such a patient may take it."""
    if SectionGroup.INDICATIONS not in scene.understanding.sought or SectionGroup.INDICATIONS in groups:
        return False
    if SectionGroup.PREGNANCY in groups and SectionGroup.PREGNANCY not in answered:
        return True
    children = dose_patients(scene.understanding)
    own = [p.text for p in passages if p.section.group is SectionGroup.INDICATIONS]
    silent = not any(speaks_of_patients(text, children) for text in own)
    return SectionGroup.PEDIATRIC in groups and SectionGroup.PEDIATRIC not in answered and silent


def is_silent_on_patient(draft: Draft, scene: Scene) -> bool:
    """Whether something is quoted and nothing of it speaks of the patient asked about."""
    patient = patient_pattern(scene.understanding.populations)
    quotes = [citation.quote for citation in draft.citations]
    return patient is not None and bool(quotes) and not any(patient.search(quote) for quote in quotes)
