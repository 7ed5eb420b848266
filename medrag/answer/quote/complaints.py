"""Questions that name no medicine: what labels say of the complaint, the person or the words that are asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.scene import Scene
from medrag.answer.quote.select import fitting, matching, units_of
from medrag.answer.quote.statements import relevant_facts, write_facts
from medrag.patterns import regex
from medrag.retrieve.cues import Population, patient_pattern
from medrag.retrieve.understand import Shape
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import DocumentKind

__all__ = ["about_complaint"]

LOOSE_UNITS = 5  # sentences of one document that holds nearly all words of the question
SPOKEN_UNITS = 2  # sentences of each of several
MAX_DISEASE_DRUGS = 6
FILE_COVERAGE = 0.6  # of the question's words, in a user's own file that names no drug
LABEL_COVERAGE = 0.75  # the same in a drug label, where words meet by chance
MIN_LABEL_TERMS = 4
_MOTHERS = (Population.PREGNANT, Population.LACTATING)
_CHILDRENS = regex(r"小儿|儿童|婴|\b(?:child\w*|infants?|pediatric|junior)\b", re.IGNORECASE)
# Words for medicines of some kind, which are no complaint.
_REMEDY = regex(r"(?:中成|中草|中西|中|西|草|成)?药[物品材]?")
# A warning that tells somebody off, and not merely what may happen.
_FORBIDS = regex(r"禁|忌|慎用|避免|不[宜应能可得]|\b(?:avoid|not|caution|contraindicated)\b", re.IGNORECASE)


def about_complaint(draft: Draft, scene: Scene) -> None:
    """Adds the facts that were asked for, and what labels say of it, the nearest thing to the question that there is."""
    understanding = scene.understanding
    write_facts(draft, understanding, relevant_facts(understanding, scene.evidence))
    if understanding.shape in {Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS}:
        _drugs_for_disease(draft, scene)
    elif not draft.citations:
        _loose(draft, scene)
    if not draft.citations:
        _speaking(draft, scene)


def _drugs_for_disease(draft: Draft, scene: Scene) -> None:
    """Quotes, for each drug found, the indication that names the disease, or the warning where what to avoid is asked."""
    understanding = scene.understanding
    mentions = [mention for mention in understanding.mentions if mention.entities]
    named = [mention.name.lower() for mention in mentions if not _REMEDY.fullmatch(mention.name)]
    terms = named or list(understanding.terms or understanding.hints)
    # What somebody with one illness must not take for another has to speak of both.
    needed_of_named = 2 if understanding.shape is Shape.DISEASE_AVOIDS else 1
    needed = min(len(set(named)), needed_of_named) if named else max(1, len(terms) // 2)
    _quote_each(draft, scene, terms, needed)
    mothers = [one for one in understanding.populations if one in _MOTHERS]
    if draft.citations and mothers and understanding.shape is Shape.DISEASE_TO_DRUG:
        draft.line(phrases.not_for_whom(mothers, scene.lang))
    if not draft.citations and not named and understanding.shape is Shape.DISEASE_TO_DRUG:
        # What labels call a complaint that has no name here tells as much: 声嘶 for a voice that is gone.
        who = patient_pattern(understanding.populations)
        _quote_each(draft, scene, [hint for hint in understanding.hints if who is None or not who.search(hint)], 1)


def _quote_each(draft: Draft, scene: Scene, terms: Sequence[str], needed: int) -> None:
    """Quotes of each medicine found the sentences with the terms, where one of them holds enough of them."""
    understanding = scene.understanding
    shown: set[tuple[str, str]] = set()
    for passage in scene.passages:
        place = (passage.document.source, passage.document.key)
        if place in shown or passage.section.group not in understanding.sought or len(shown) == MAX_DISEASE_DRUGS:
            continue
        units = matching(units_of([passage]), terms, 2)
        if understanding.shape is Shape.DISEASE_AVOIDS and passage.section.group is SectionGroup.WARNINGS:
            units = [unit for unit in units if _FORBIDS.search(unit.text)]
        if _CHILDRENS.search(passage.document.title) and not _may_be_child(scene):
            continue
        title = passage.document.title.lower()  # which may name what the medicine is for: 感冒灵颗粒
        if not units or max(term_hits(f"{title} {unit.text}", terms) for unit in units) < needed:
            continue
        shown.add(place)
        quote_by_section(draft, units, scene.lang)


def _may_be_child(scene: Scene) -> bool:
    """Whether a child may be meant: nobody says that a mother, or somebody old, is."""
    who = set(scene.understanding.populations)
    return Population.CHILD in who or who.isdisjoint({*_MOTHERS, Population.ELDERLY})


def _loose(draft: Draft, scene: Scene) -> None:
    """Quotes from documents that no drug of the question leads to, where they hold nearly all of its words."""
    terms = scene.understanding.terms
    for passage in scene.passages:
        file = passage.document.kind is DocumentKind.FILE
        if not terms or (not file and len(terms) < MIN_LABEL_TERMS):
            continue
        heading = " ".join((passage.document.title, passage.section.heading, passage.text))
        if term_hits(heading, terms) / len(terms) >= (FILE_COVERAGE if file else LABEL_COVERAGE):
            quote_by_section(draft, matching(units_of([passage]), terms, LOOSE_UNITS), scene.lang)
            return


def _speaking(draft: Draft, scene: Scene) -> None:
    """Quotes, of each label found for a complaint, the first sentences that speak of it in the question's words or in labels'.

    Several labels may serve, so that none is the answer alone; what asks what something is wants no such list.
    """
    understanding = scene.understanding
    if understanding.shape is Shape.WHAT_IS:
        return
    shown: set[tuple[str, str]] = set()
    for passage in scene.passages:
        place = (passage.document.source, passage.document.key)
        units = units_of([passage]) if place not in shown and len(shown) < MAX_DISEASE_DRUGS else []
        spoken = [speaks_of(unit.text, understanding.terms, understanding.hints) for unit in units]
        if any(spoken):
            shown.add(place)
            quote_by_section(draft, fitting(units, spoken, SPOKEN_UNITS), scene.lang)
