"""What was found first, and sentences beside the sections asked for: they answer more often than the question's words tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.patients import dose_patients, is_dose
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.scene import Scene, same_document
from medrag.answer.quote.select import Unit, choose, fitting, matching
from medrag.patterns import regex
from medrag.retrieve.cues import patient_pattern
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import Passage, Section

__all__ = ["asks_rather", "beside", "numbered_group", "quote_best"]

BEST = 3  # passages found first, whose sections are quoted in any case
BEST_UNITS = 2  # sentences of those behind the first
TOLD_UNITS = 2  # of the first one, where the answer is told already
BESIDE_UNITS = 3
LIKELY = 0.3  # the least probability of a section that no words ask for, at which it is quoted all the same
UNSURE = 0.5  # of the section found first, below which the next ones are quoted too, be there no word of the question in them
RATHER = 0.5  # of the probability of a section that is asked for and missing, what another's must be to stand in for it
# Numbers that the sections of a label of the FDA's newer form have, whatever part of one a document holds.
# Source: 21 CFR 201.56(d).
_NUMBERS = {
    "1": SectionGroup.INDICATIONS,
    "2": SectionGroup.DOSAGE,
    "3": SectionGroup.FORMS,
    "4": SectionGroup.CONTRAINDICATIONS,
    "5": SectionGroup.WARNINGS,
    "6": SectionGroup.ADVERSE_REACTIONS,
    "7": SectionGroup.INTERACTIONS,
    "10": SectionGroup.OVERDOSAGE,
    "11": SectionGroup.COMPOSITION,
    "12": SectionGroup.PHARMACOLOGY,
    "14": SectionGroup.STUDIES,
    "16": SectionGroup.STORAGE,
    "17": SectionGroup.PATIENT,
}
_FORBID = frozenset({SectionGroup.CONTRAINDICATIONS, SectionGroup.WARNINGS, SectionGroup.BOXED_WARNING})
_NUMBERED = regex(r"(\d{1,2})\.\d{1,2} [A-Z]")


def asks_rather(understanding: Understanding, best: Passage) -> bool:
    """Whether a question that names sections which are not there asks for the one found first at least as much.

    The words that name a section are often chance: what to do, how long. A section that is plainly asked for and missing
    has no other in its stead, be it a part of the section by its number or one that says what labels say of the matter.
    """
    asked = [understanding.sections.get(group, 0.0) for group in understanding.groups]
    told = f"{best.section.heading} {best.text}" if understanding.shape is Shape.YES_NO else best.section.heading
    if numbered_group(best.section) in understanding.groups or term_hits(told, understanding.hints):
        return True
    more = [term for term in understanding.terms if not term_hits(best.document.title, [term])]
    if best.section.group is SectionGroup.OTHER:
        return bool(more)  # what an unclassified section is about only its words can tell
    likely, most = understanding.sections.get(best.section.group, 0.0), max(asked, default=0.0)
    return likely >= RATHER * most if more else likely >= max(UNSURE, most)  # no other word: only the section meant for sure


def numbered_group(section: Section) -> SectionGroup:
    """A section's group, by its number where nothing else tells: 5.2 Diarrhea is a warning."""
    number = _NUMBERED.match(section.heading)
    if section.group is not SectionGroup.OTHER or number is None:
        return section.group
    return _NUMBERS.get(number.group(1), SectionGroup.OTHER)


def quote_best(draft: Draft, scene: Scene, passages: Sequence[Passage], budget: int) -> None:
    """Quotes the sections that were found first, where nothing of them is quoted: they answer more often than the words tell.

    Of the first one what fits, of the next ones the sentences that speak of the question's words or patient; of the first
    too where that is told. Where it is not sure which section is asked for, a little of the next ones in any case, and of
    the likeliest section.
    """
    pattern = patient_pattern(scene.understanding.populations)
    sections = scene.understanding.sections
    told = _is_told(draft, scene)
    unsure = bool(passages) and not scene.understanding.groups and not _is_sure(sections, passages[0].section.group)
    for place, best in enumerate(passages[:BEST]):
        own = [p for p in passages if same_document(p.document, best.document) and p.section.index == best.section.index]
        if _is_cited(draft, best):
            continue
        units = scene.units(own, best.document)
        dose = best.section.group is SectionGroup.DOSAGE  # half of one is worse than none
        if place or (told and not dose):
            said = matching(units, scene.words, BEST_UNITS if place else TOLD_UNITS, pattern)
            brief = choose(units, scene.words, budget // 8, pattern).units if unsure and not said else ()
            quote_by_section(draft, said or brief, scene.lang)
            continue
        chosen = choose(units, scene.words, budget // 2, pattern)
        quote_by_section(draft, chosen.units, scene.lang)
        if chosen.left_out:
            draft.line(phrases.more_stands(scene.lang))
    if not told:
        _quote_likeliest(draft, scene, passages, budget // 4)


def _is_sure(sections: Mapping[SectionGroup, float], group: SectionGroup) -> bool:
    """Whether a section of the group is what is asked for; which of those that forbid does is the label's choice, and no doubt."""
    alike = _FORBID if group in _FORBID else {group}
    return sum(sections.get(one, 0.0) for one in alike) >= UNSURE


def _is_told(draft: Draft, scene: Scene) -> bool:
    """Whether what is quoted already says yes or no to what was asked about, so that other matters would only hide it."""
    asked = scene.is_pointed and not scene.understanding.populations
    return asked and any(term_hits(citation.quote, scene.words) for citation in draft.citations)


def _quote_likeliest(draft: Draft, scene: Scene, passages: Sequence[Passage], budget: int) -> None:
    """Quotes a little of the section that the question most probably asks for, where nothing of the kind is quoted."""
    group, probability = max(scene.understanding.sections.items(), key=lambda item: item[1], default=(SectionGroup.OTHER, 0.0))
    cited = {citation.section.group for citation in draft.citations if citation.section is not None}
    first = next((passage for passage in passages if passage.section.group is group), None)
    if first is None or probability < LIKELY or group in cited:
        return
    own = [p for p in passages if same_document(p.document, first.document) and p.section.index == first.section.index]
    pattern = patient_pattern(scene.understanding.populations)
    quote_by_section(draft, choose(scene.units(own, first.document), scene.words, budget, pattern).units, scene.lang)


def _is_cited(draft: Draft, passage: Passage) -> bool:
    """Whether something of the passage's section is quoted."""
    place = (passage.document.source, passage.document.key, passage.section.index)
    cited = ((c.document.source, c.document.key, c.section.index) for c in draft.citations if c.section is not None)
    return place in cited


def beside(scene: Scene, passages: Sequence[Passage]) -> list[Unit]:
    """The sentences of other sections with the question's words, where those of the sections asked for do not hold them."""
    terms, hints, asked = scene.understanding.terms, scene.understanding.hints, scene.understanding.groups
    if not (scene.words and asked and passages):
        return []
    units = scene.units(passages, passages[0].document)
    patient = bool(dose_patients(scene.understanding))
    spoken = [speaks_of(unit.text, terms, hints) and not (patient and is_dose(unit)) for unit in units]
    if any(said and unit.passage.section.group in asked for said, unit in zip(spoken, units, strict=True)):
        return []
    return fitting(units, spoken, BESIDE_UNITS)
