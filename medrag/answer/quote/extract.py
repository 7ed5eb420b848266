"""The extractive writer: the sentences of the evidence that answer, quoted and cited, or what is missing instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medrag.answer import phrases
from medrag.answer.beyond import is_beyond_labels, is_told_by_few
from medrag.answer.outside import (
    dose_is_foreign,
    is_foreign,
    is_of_class,
    is_outside,
    other_forms,
)
from medrag.answer.quote.best import asks_rather, beside, quote_best
from medrag.answer.quote.complaints import about_complaint
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.listing import only_lists, write_listing
from medrag.answer.quote.pairs import write_pair
from medrag.answer.quote.patients import dose_patients, speaks_of_patients
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.scene import Scene, same_document
from medrag.answer.quote.select import Unit, choose, fitting, matching
from medrag.answer.quote.silence import remark_on_silence
from medrag.answer.quote.statements import relevant_facts, write_facts
from medrag.answer.quote.whom import asked_sections, is_silent_on_patient, leaves_patient_open, quote_forbidden
from medrag.answer.readings import ambiguous_names, corrected_names, is_titled_otherwise
from medrag.answer.reply.marks import marker_style
from medrag.answer.safety.asked import tells
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.kb.terms.classes import classes_of, names_of
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.cues import PATIENT_GROUPS, patient_group, patient_pattern, support_groups, support_pattern
from medrag.retrieve.features import PANEL
from medrag.retrieve.forms import printed_form
from medrag.retrieve.pairs import MIN_NAME, joins, names_one_of
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Evidence, Fact, Passage, SafetyReport

__all__ = ["BUDGET", "write"]

BUDGET = {"zh": 1200, "en": 2000}  # characters quoted in one answer; Chinese says as much in fewer
LISTING = 4  # times as much where everything is asked for
SUPPORT_UNITS = 6  # sentences of other sections that stand in for a missing one
LOOSE_UNITS = 5  # sentences where no section was asked for
IMPLIED_UNITS = 3  # sentences of a section that was not asked for by name
POINTED_UNITS = 4  # sentences of a section of which only what the question names is asked
POINTED_LENGTH = 300  # characters, below which a section is short enough to be quoted whole
POINTED_SHARE = 0.5  # of a section, above which all of it is quoted
BRIEF = 250  # characters of a section that only rounds off the answer
MAX_SECTIONS = 4  # asked for in one question
MAX_DRUGS = 3
FORBIDDING = (SectionGroup.CONTRAINDICATIONS, SectionGroup.BOXED_WARNING)
_AND = regex(r"[,/;、]|\band\b")
_EVERYTHING = regex(r"所有|全部|详细|完整|列出|列举|\b(?:all of|every|complete|full list|list (?:all|the))\b")


def write(
    understanding: Understanding, evidence: Sequence[Evidence], kb: KnowledgeBase, *, safety: SafetyReport | None = None
) -> Draft:
    """The draft of the answer; one without citations means that the evidence does not answer.

    `safety` is the medication check that stands beside it, against which its remarks must not speak.
    """
    passages = tuple(item.passage for item in evidence if item.passage is not None)
    scene = Scene(understanding, evidence, passages, kb)
    draft = Draft(style=marker_style([item.text for item in evidence]))
    if ambiguous_names(understanding) or _unanswerable(understanding, kb):
        return draft
    for name in corrected_names(understanding):
        draft.line(phrases.corrected(name.written, name.names[0], understanding.lang))
    if understanding.unknown:
        _about_unknown(draft, scene)
    elif understanding.shape is Shape.TWO_DRUGS:
        write_pair(draft, understanding, evidence, kb, _budget(understanding), checked=tells(safety))
    elif understanding.drugs:
        _about_drugs(draft, scene)
    else:
        about_complaint(draft, scene)
    if tells(safety) and is_silent_on_patient(draft, scene):
        draft.line(phrases.see_check(scene.lang))
    return draft


def _unanswerable(understanding: Understanding, kb: KnowledgeBase) -> bool:
    """Whether nothing that was found may be taken for an answer, whatever it says."""
    if is_outside(understanding) or is_of_class(understanding) or is_beyond_labels(understanding):
        return True
    if is_told_by_few(understanding, kb):
        return True
    return dose_is_foreign(understanding) or bool(other_forms(understanding, kb))


def _about_unknown(draft: Draft, scene: Scene) -> None:
    """Quotes what the graph says of an unknown drug, and sentences of the known ones that name it: nothing else is safe."""
    understanding = scene.understanding
    facts = _facts_of_unknown(understanding, scene.evidence)
    names = [name for unknown in understanding.unknown for name in _called(unknown, understanding)]
    quoted: list[Unit] = []
    for drug in understanding.drugs[:MAX_DRUGS]:
        for document in {p.document.key: p.document for p in _passages_of(drug, scene.passages)}.values():
            units = scene.units(scene.passages, document)
            quoted += fitting(units, [names_one_of(unit.text, names) for unit in units], SUPPORT_UNITS)
    if facts or quoted:
        draft.line(phrases.no_document(understanding.unknown, scene.lang))
        write_facts(draft, understanding, facts)
        quote_by_section(draft, quoted, scene.lang)


def _called(unknown: str, understanding: Understanding) -> list[str]:
    """What a label may call a medicine that has none itself: as written or meant, by other names, its kind or its class."""
    kinds = [kind for kind in ("疫苗", "vaccine") if unknown.endswith(kind)]
    meant = [m.name for m in understanding.mentions if understanding.question[m.start : m.end] == unknown]
    written = dict.fromkeys(variant for name in (unknown, *meant) for variant in name_variants(name))
    names = dict.fromkeys([*written, *(fold(name) for one in written for drug in rows_of(one) for name in drug.names)])
    parts = [part.strip() for one in names for part in _AND.split(one)]  # maalox is aluminum hydroxide and more
    classes = names_of([of for one in (*names, *parts) for of in classes_of(one)])
    return [name for name in dict.fromkeys([*names, *classes, *kinds]) if len(name) >= MIN_NAME]


def _facts_of_unknown(understanding: Understanding, evidence: Sequence[Evidence]) -> list[Fact]:
    """What the graph says, of the relations asked for, about a drug that has no document; of two things what joins them."""
    ids = {e.id for mention in understanding.mentions if mention.name in understanding.unknown for e in mention.entities}
    facts = [
        fact
        for fact in relevant_facts(understanding, evidence)
        if (fact.subject.id in ids or fact.object.id in ids) and understanding.relations
    ]
    several = len(understanding.unknown) + len(understanding.drugs) > 1 or SectionGroup.INTERACTIONS in understanding.groups
    return [fact for fact in facts if joins(fact, understanding)] if several else facts


def _budget(understanding: Understanding) -> int:
    budget = BUDGET["zh" if understanding.lang == "zh" else "en"]
    return budget * LISTING if _EVERYTHING.search(understanding.question) else budget


def _about_drugs(draft: Draft, scene: Scene) -> None:
    understanding = scene.understanding
    drugs = [drug for drug in understanding.drugs if _passages_of(drug, scene.passages)]
    if SectionGroup.DOSAGE in understanding.groups:  # the dose of one is not told from another country's label beside it
        drugs = [drug for drug in drugs if not is_foreign(drug, scene.lang)]
    drugs = drugs[:MAX_DRUGS]
    if understanding.shape is Shape.COMPARISON and len(drugs) > 1:
        draft.line(phrases.not_compared(scene.lang))
    write_facts(draft, understanding, [f for item in scene.evidence if (f := item.fact) and joins(f, understanding)])
    for drug in drugs:
        _about_drug(draft, scene, drug, _budget(understanding) // len(drugs))
    langs = {citation.document.lang for citation in draft.citations if citation.fact is None}
    if langs in ({"zh"}, {"en"}) and scene.lang not in langs:
        draft.line(phrases.other_language(scene.lang))
    if not draft.citations:
        write_facts(draft, understanding, relevant_facts(understanding, scene.evidence))
    elif not only_lists(understanding):
        remark_on_silence(draft, scene)


def _passages_of(drug: Drug, passages: Iterable[Passage]) -> list[Passage]:
    own = {(document.source, document.key) for document in drug.documents}
    return [passage for passage in passages if (passage.document.source, passage.document.key) in own]


def _about_drug(draft: Draft, scene: Scene, drug: Drug, budget: int) -> None:
    understanding = scene.understanding
    passages = _passages_of(drug, scene.passages)
    before = len(draft.citations)
    listed = write_listing(draft, understanding, drug, scene.evidence, scene.kb)
    if listed and set(understanding.groups) <= set(listed):
        return
    groups = tuple(group for group in asked_sections(understanding) if group not in listed)[:MAX_SECTIONS]
    implied = [group for group in understanding.sought if group not in understanding.groups]
    share = budget // max(1, min(len(groups), 3))
    lacking = bool(groups) and not scene.kb.passages_of(passages[0].document, groups)
    rather = not lacking or asks_rather(understanding, passages[0])
    near = beside(scene, passages) if rather else []
    share = min(share, BRIEF) if near else share
    quote_forbidden(draft, scene, passages)
    if len(groups) > 1:
        _missing_patients(draft, scene, passages, groups)
    quote_by_section(draft, near, scene.lang)
    answered = [group for group in groups if _section(draft, scene, passages, group, share)]
    lacked = [group for group in groups if group not in answered]
    if understanding.shape is Shape.WHAT_IS or (understanding.shape is Shape.COMPARISON and not groups):
        shares = [share, *[min(share, BRIEF)] * len(implied)]  # of what it is made of a word is enough
        told = [_section(draft, scene, passages, group, most) for group, most in zip(implied, shares, strict=False)]
        lacked += implied[:1] if not any(told) else []
    elif implied:
        if leaves_patient_open(scene, passages, groups, answered):
            implied.remove(SectionGroup.INDICATIONS)
        _implied(draft, scene, passages, implied, share // 2)
    if understanding.shape is not Shape.WHAT_IS and (answered or rather):
        quote_best(draft, scene, passages, share)
    if len(draft.citations) == before and rather:
        _sentences(draft, scene, passages)
    if len(draft.citations) > before:
        remarks = [phrases.section_missing(passages[0].document, group, scene.lang) for group in lacked]
        for remark in remarks:
            if not draft.says(remark):
                draft.line(remark)
        document = draft.citations[before].document
        if is_titled_otherwise(drug, document, scene.understanding, scene.kb):
            draft.line(phrases.titled_otherwise(drug.name, document.title, scene.lang))
        _other_form(draft, scene, drug, passages, answered, share)


def _missing_patients(draft: Draft, scene: Scene, passages: Sequence[Passage], groups: Sequence[SectionGroup]) -> None:
    """Says which sections for the patient asked about the label lacks, before anything that stands in for them."""
    document = passages[0].document
    for group in groups:
        if group in PATIENT_GROUPS and not scene.kb.passages_of(document, (group,)):
            draft.line(phrases.section_missing(document, group, scene.lang))


def _other_form(
    draft: Draft, scene: Scene, drug: Drug, passages: Sequence[Passage], groups: Sequence[SectionGroup], budget: int
) -> None:
    """Quotes the same sections of one label of another dosage form, where the question does not say which form is meant."""
    titles = {fold(document.title) for document in drug.documents}
    if fold(drug.name) in titles or scene.understanding.populations or not draft.citations:
        return
    shown = draft.citations[-1].document
    form = printed_form(shown.title)
    others = [p for p in passages if p.document.lang == shown.lang and printed_form(p.document.title) not in {"", form}]
    for group in groups:
        own = [passage for passage in others if passage.section.group is group]
        if own and form:
            first = [passage for passage in own if same_document(passage.document, own[0].document)]
            quote_by_section(draft, choose(scene.units(first, own[0].document), scene.words, budget).units, scene.lang)


def _implied(draft: Draft, scene: Scene, passages: Sequence[Passage], groups: Sequence[SectionGroup], budget: int) -> None:
    """Quotes what sections that were not asked for by name say of the words and the patient of the question.

    What forbids comes before what allows. Where nothing names them, the indications tell what the drug is for, behind whom
    it is forbidden: that answers whether it may be taken for something, even where they do not say the word.
    """
    understanding = scene.understanding
    taken = {(drug.start, drug.end) for drug in understanding.drugs}
    named = [m.name for m in understanding.mentions if len(m.name) > 1 and (m.start, m.end) not in taken]
    words = [*named, *scene.words]
    own = {group: [p for p in passages if p.section.group is group] for group in groups}
    units = {group: scene.units(there, there[0].document) for group, there in own.items() if there}
    pattern = patient_pattern(understanding.populations)
    found = {group: matching(there, words, IMPLIED_UNITS, pattern) for group, there in units.items()}
    said = any(found.values()) or (understanding.groups and draft.citations)
    if not said:
        for group in units.keys() & {SectionGroup.INDICATIONS, SectionGroup.CONTRAINDICATIONS}:
            found[group] = list(choose(units[group], words, budget).units)
    for group in sorted(found, key=lambda group: group not in FORBIDDING):
        quote_by_section(draft, found[group], scene.lang)


def _section(draft: Draft, scene: Scene, passages: Sequence[Passage], group: SectionGroup, budget: int) -> bool:
    """Quotes the section of one document, or what stands in for it; whether there was anything."""
    own = [passage for passage in passages if passage.section.group is group and passage.section.code != PANEL]
    own = _of_patient(own, scene)
    if not own:
        return _support(draft, scene, passages, group)
    if group in PATIENT_GROUPS and not any(same_document(passage.document, passages[0].document) for passage in own):
        _support(draft, scene, passages, group)  # of the label that was meant; the section is another's
    document, units = _answering(scene, own)
    quoted = [passage for passage in own if same_document(passage.document, document)]
    if not units:
        draft.line(phrases.no_dose_for(document, dose_patients(scene.understanding), scene.lang))
        return True
    patient = patient_pattern(scene.understanding.populations)
    spoken = _to_the_point(units, scene, group)
    chosen = choose(spoken or units, scene.words, budget, patient)
    quote_by_section(draft, chosen.units, scene.lang)
    if len(units) < len(scene.all_units(quoted, document)):
        draft.line(phrases.other_doses(scene.lang))
    elif chosen.left_out or spoken or _unseen(quoted, scene):
        draft.line(phrases.more_stands(scene.lang))
    return True


def _to_the_point(units: Sequence[Unit], scene: Scene, group: SectionGroup) -> list[Unit]:
    """The sentences on what is asked about, where a few of a long section; none where all of it may matter, as of a dose.

    Who asks whether alcohol goes with a medicine is not helped by everything else that does not.
    """
    length = sum(unit.end - unit.start for unit in units)
    if not scene.is_pointed or scene.understanding.populations or group is SectionGroup.DOSAGE or length < POINTED_LENGTH:
        return []
    spoken = matching(units, scene.words, POINTED_UNITS)
    return spoken if len(spoken) <= len(units) * POINTED_SHARE else []


def _answering(scene: Scene, passages: Sequence[Passage]) -> tuple[DocumentInfo, list[Unit]]:
    """The first document with something for the patient asked about, and its sentences; the first with none where none has."""
    for document in {(p.document.source, p.document.key): p.document for p in passages}.values():
        units = scene.units(passages, document)
        if units:
            return document, units
    return passages[0].document, []


def _of_patient(passages: list[Passage], scene: Scene) -> list[Passage]:
    """Of passages under headings for several kinds of patient those under the asked one's: nursing, not pregnancy."""
    patient = patient_pattern(scene.understanding.populations)
    own = [passage for passage in passages if patient is not None and patient.search(passage.section.heading)]
    return own or passages


def _unseen(quoted: Sequence[Passage], scene: Scene) -> bool:
    """Whether the sections quoted hold passages for which the evidence had no room."""
    seen = {passage.id for passage in quoted}
    sections = {passage.section.index for passage in quoted}
    there = scene.kb.passages_of(quoted[0].document, scene.understanding.sought)
    return any(passage.section.index in sections and passage.id not in seen for passage in there)


def _support(draft: Draft, scene: Scene, passages: Sequence[Passage], group: SectionGroup) -> bool:
    """Quotes the sentences of other sections that say what the missing section would."""
    understanding = scene.understanding
    asked = [population for population in understanding.populations if patient_group(population) is group]
    patients, pattern = tuple(asked), support_pattern(group)
    if pattern is None or not passages:
        return False
    document, others = passages[0].document, support_groups(group)
    units = [unit for unit in scene.units(passages, document) if unit.passage.section.group in others]
    wanted = [speaks_of_patients(u.text, patients) if patients else pattern.search(u.text) is not None for u in units]
    if group is SectionGroup.INTERACTIONS and scene.words:
        said = [
            here and speaks_of(unit.text, understanding.terms, understanding.hints)
            for here, unit in zip(wanted, units, strict=True)
        ]
        if not any(said) and any(term_hits(citation.quote, scene.words) for citation in draft.citations):
            return True  # what else it must not be taken with is another matter
        wanted = said if any(said) else wanted
    found = fitting(units, wanted, SUPPORT_UNITS)
    if not found:
        return False
    told = draft.says(phrases.section_missing(document, group, scene.lang))
    if not told and not all(draft.quotes(unit.passage.document, unit.start, unit.end) for unit in found):
        draft.line(phrases.support_heading(document, group, scene.lang))
    quote_by_section(draft, found, scene.lang)
    return True


def _sentences(draft: Draft, scene: Scene, passages: Sequence[Passage]) -> None:
    """Quotes the sentences of a drug's document that speak of what is asked; where nothing special is, its first ones."""
    understanding = scene.understanding
    units = scene.units(passages, passages[0].document)
    if scene.words:
        spoken = [speaks_of(unit.text, understanding.terms, understanding.hints) for unit in units]
        quote_by_section(draft, fitting(units, spoken, LOOSE_UNITS), scene.lang)
    elif not understanding.groups:
        quote_by_section(draft, units[:LOOSE_UNITS], scene.lang)
