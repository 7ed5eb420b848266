"""The extractive writer: the sentences of the evidence that answer, quoted and cited, or what is missing instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medrag.answer import phrases
from medrag.answer.draft import Draft, marker_style
from medrag.answer.pairs import write_pair
from medrag.answer.quoting import quote_by_section
from medrag.answer.select import choose, matching, units_of
from medrag.answer.statements import relevant_facts, write_facts
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population, support_groups, support_pattern
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, DocumentKind, Evidence, Fact, Passage

__all__ = ["BUDGET", "write"]

BUDGET = {"zh": 1200, "en": 2000}  # characters quoted in one answer; Chinese says as much in fewer
LISTING = 4  # times as much where everything is asked for
SUPPORT_UNITS = 6  # sentences of other sections that stand in for a missing one
LOOSE_UNITS = 5  # sentences where no section was asked for
MAX_DISEASE_DRUGS = 6
FILE_COVERAGE = 0.6  # of the question's words, in a user's own file that names no drug
LABEL_COVERAGE = 0.75  # the same in a drug label, where words meet by chance
MIN_LABEL_TERMS = 4
_ALCOHOL = frozenset({"酒", "alcohol"})
_PATIENT_GROUP = {
    Population.CHILD: SectionGroup.PEDIATRIC,
    Population.ELDERLY: SectionGroup.GERIATRIC,
    Population.PREGNANT: SectionGroup.PREGNANCY,
    Population.LACTATING: SectionGroup.PREGNANCY,
}


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the writer works with."""

    understanding: Understanding
    evidence: Sequence[Evidence]
    passages: tuple[Passage, ...]
    kb: KnowledgeBase

    @property
    def lang(self) -> str:
        return self.understanding.lang


def write(understanding: Understanding, evidence: Sequence[Evidence], kb: KnowledgeBase) -> Draft:
    """The draft of the answer; one without citations means that the evidence does not answer."""
    passages = tuple(item.passage for item in evidence if item.passage is not None)
    scene = _Scene(understanding, evidence, passages, kb)
    draft = Draft(style=marker_style([item.text for item in evidence]))
    if understanding.unknown:
        write_facts(draft, understanding, _facts_of_unknown(understanding, evidence))
        return draft
    if understanding.shape is Shape.TWO_DRUGS:
        write_pair(draft, understanding, evidence, kb, _budget(understanding))
    elif understanding.drugs:
        _about_drugs(draft, scene)
    elif understanding.shape is Shape.DISEASE_TO_DRUG:
        write_facts(draft, understanding, relevant_facts(understanding, evidence))
        _drugs_for_disease(draft, scene)
    else:
        write_facts(draft, understanding, relevant_facts(understanding, evidence))
    if not draft.citations and not understanding.drugs and understanding.shape is not Shape.DISEASE_TO_DRUG:
        _loose(draft, scene)
    return draft


def _facts_of_unknown(understanding: Understanding, evidence: Sequence[Evidence]) -> list[Fact]:
    """What the graph says, of the relations asked for, about the one drug asked about that has no document."""
    names = understanding.unknown
    if len(names) != 1 or understanding.drugs or not understanding.relations:
        return []
    ids = {e.id for mention in understanding.mentions if mention.name == names[0] for e in mention.entities}
    facts = relevant_facts(understanding, evidence)
    return [fact for fact in facts if fact.subject.id in ids or fact.object.id in ids]


def _budget(understanding: Understanding) -> int:
    budget = BUDGET["zh" if understanding.lang == "zh" else "en"]
    everything = any(
        word in understanding.question for word in ("所有", "全部", "详细", "完整", "all of", "every ", "complete", "full list")
    )
    return budget * LISTING if everything else budget


def _about_drugs(draft: Draft, scene: _Scene) -> None:
    understanding = scene.understanding
    drugs = [drug for drug in understanding.drugs if _passages_of(drug, scene.passages)]
    budget = _budget(understanding) // max(1, min(len(drugs), 3))
    for drug in drugs[:3]:
        _about_drug(draft, scene, drug, budget)
    if not draft.citations:
        write_facts(draft, understanding, relevant_facts(understanding, scene.evidence))


def _passages_of(drug: Drug, passages: Iterable[Passage]) -> list[Passage]:
    own = {(document.source, document.key) for document in drug.documents}
    return [passage for passage in passages if (passage.document.source, passage.document.key) in own]


def _about_drug(draft: Draft, scene: _Scene, drug: Drug, budget: int) -> None:
    understanding = scene.understanding
    passages = _passages_of(drug, scene.passages)
    groups = understanding.groups
    implied = tuple(group for group in understanding.sought if group not in groups)
    before = len(draft.citations)
    share = budget // max(1, min(len(groups) or 1, 3))
    answered = [group for group in groups[:4] if _section(draft, scene, passages, group, share)]
    missing = [group for group in groups[:4] if group not in answered]
    if answered and missing and not set(missing) <= set(_PATIENT_GROUP.values()):
        for group in missing:
            draft.line(phrases.section_missing(passages[0].document, group, scene.lang))
    _beside(draft, scene, passages, before)
    for place, group in enumerate(implied):
        if place == 0 or understanding.shape is Shape.WHAT_IS:
            _section(draft, scene, passages, group, share)
        else:
            _mentions(draft, scene, passages, group)
    if len(draft.citations) == before and not groups and not implied:
        _sentences(draft, scene, passages)


def _beside(draft: Draft, scene: _Scene, passages: Sequence[Passage], before: int) -> None:
    """Quotes sentences of other sections with the question's words, where the sections quoted do not hold them."""
    terms, hints = scene.understanding.terms, scene.understanding.hints
    quoted = draft.citations[before:]
    if not (terms or hints) or not quoted or any(speaks_of(citation.quote, terms, hints) for citation in quoted):
        return
    groups = {citation.section.group for citation in quoted if citation.section is not None}
    document = quoted[0].document
    other = [p for p in passages if _same(p.document, document) and p.section.group not in groups]
    found = [unit for unit in units_of(_in_text_order(other)) if speaks_of(unit.text, terms, hints)]
    quote_by_section(draft, found[: SUPPORT_UNITS // 2], scene.lang)
    if not found and _ALCOHOL & set(hints):
        draft.line(phrases.alcohol_unsaid(scene.lang))


def _section(draft: Draft, scene: _Scene, passages: Sequence[Passage], group: SectionGroup, budget: int) -> bool:
    """Quotes the section of one document, or what stands in for it; whether there was anything."""
    own = [passage for passage in passages if passage.section.group is group]
    if not own:
        return _support(draft, scene, passages, group)
    document = own[0].document
    quoted = _in_text_order(passage for passage in own if _same(passage.document, document))
    units = units_of(quoted)
    chosen = choose(
        units, (*scene.understanding.terms, *scene.understanding.hints), budget, _patient_pattern(scene.understanding, group)
    )
    quote_by_section(draft, chosen.units, scene.lang)
    if chosen.left_out or _unseen(quoted, scene):
        draft.line(phrases.more_stands(scene.lang))
    return True


def _same(one: DocumentInfo, other: DocumentInfo) -> bool:
    return (one.source, one.key) == (other.source, other.key)


def _in_text_order(passages: Iterable[Passage]) -> list[Passage]:
    return sorted(passages, key=lambda passage: passage.start)


def _unseen(quoted: Sequence[Passage], scene: _Scene) -> bool:
    """Whether the sections of that group hold passages for which the evidence had no room."""
    seen = {passage.id for passage in quoted}
    there = scene.kb.passages_of(quoted[0].document, scene.understanding.sought)
    return any(passage.section.group is quoted[0].section.group and passage.id not in seen for passage in there)


def _patient_pattern(understanding: Understanding, group: SectionGroup) -> re.Pattern[str] | None:
    for population in understanding.populations:
        patient = _PATIENT_GROUP.get(population)
        if patient is not None and patient is not group:
            return support_pattern(patient)
    return None


def _support(draft: Draft, scene: _Scene, passages: Sequence[Passage], group: SectionGroup) -> bool:
    """Quotes the sentences of other sections that say what the missing section would."""
    pattern = support_pattern(group)
    if pattern is None or not passages:
        return False
    document = passages[0].document
    units = units_of(_in_text_order(passage for passage in passages if _same(passage.document, document)))
    found = [unit for unit in units if pattern.search(unit.text) and unit.passage.section.group in support_groups(group)]
    if group is SectionGroup.INTERACTIONS and scene.understanding.terms:
        found = [unit for unit in found if term_hits(unit.text, scene.understanding.terms)] or found
    if not found:
        return False
    draft.line(phrases.support_heading(document, group, scene.lang))
    quote_by_section(draft, found[:SUPPORT_UNITS], scene.lang)
    return True


def _mentions(draft: Draft, scene: _Scene, passages: Sequence[Passage], group: SectionGroup) -> None:
    """Quotes the sentences of a section that speak of what the question speaks of, where there are any."""
    own = [passage for passage in passages if passage.section.group is group]
    if not own:
        return
    units = units_of(_in_text_order(passage for passage in own if _same(passage.document, own[0].document)))
    named = [mention.name.lower() for mention in scene.understanding.mentions if len(mention.name) > 1]
    quote_by_section(
        draft, matching(units, [*named, *scene.understanding.terms, *scene.understanding.hints], SUPPORT_UNITS // 2), scene.lang
    )


def _sentences(draft: Draft, scene: _Scene, passages: Sequence[Passage]) -> None:
    """Quotes the sentences of a drug's documents that share most words with the question."""
    terms = (*scene.understanding.terms, *scene.understanding.hints)
    document = passages[0].document
    units = units_of([passage for passage in passages if _same(passage.document, document)])
    found = matching(units, terms, LOOSE_UNITS) if terms else units[:LOOSE_UNITS]
    quote_by_section(draft, sorted(found, key=lambda unit: unit.start), scene.lang)


def _drugs_for_disease(draft: Draft, scene: _Scene) -> None:
    """Quotes, for each drug found, the indication that names the disease."""
    understanding = scene.understanding
    named = [mention.name.lower() for mention in understanding.mentions if mention.entities]
    terms = named or list(understanding.terms)
    shown: set[tuple[str, str]] = set()
    for passage in scene.passages:
        place = (passage.document.source, passage.document.key)
        if place in shown or passage.section.group is not SectionGroup.INDICATIONS or len(shown) == MAX_DISEASE_DRUGS:
            continue
        units = matching(units_of([passage]), terms, 2)
        needed = 1 if named else max(1, len(terms) // 2)
        if not units or max(term_hits(unit.text, terms) for unit in units) < needed:
            continue
        shown.add(place)
        quote_by_section(draft, units, scene.lang)


def _loose(draft: Draft, scene: _Scene) -> None:
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
