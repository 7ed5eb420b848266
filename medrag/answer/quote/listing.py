"""Whole sections where a question asks for a list: which ones, all their passages, and how they are quoted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.patients import for_patients
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.select import Unit, fitting, units_of
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.retrieve.channels import NO_FILTERS
from medrag.retrieve.cues import group_cues, support_pattern
from medrag.retrieve.features import PANEL
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup, classify_heading
from medrag.types import DocumentInfo, Evidence, Passage, Section

__all__ = ["completed", "listed_groups", "only_lists", "write_listing"]

NEAR = {"zh": 10, "en": 45}  # characters between the word that asks for all and what all is asked of
MAX_DRUGS = 3
FOUND_BY = ("listing",)  # of evidence that no channel found: the rest of a section that is listed

# What asks for a list wherever it stands, and what does only beside the name of a section.
_VERB = regex(
    r"列出|列举|罗列|逐[一条个]|一一(?:说|告|列)|\blist (?:of|all|the|every|out|each)\b|^(?:please |now )?list\b|\benumerate\b"
)
_ALL = regex(
    r"哪些|所有|全部|全都|完整|详尽|清单|大全|都有(?:什么|啥|哪)|\b(?:all|every|each|complete|full|entire|whole|exhaustive|comprehensive)\b"
)
# Sections that tell of patients, tests and the law: none of their sentences says what the medicine does to those who take it.
_BESIDE = frozenset({"43684-0", "34075-2", "34085-1", "50565-1", "50569-3", "50568-5", "50570-1"})
_TELLING = (SectionGroup.BOXED_WARNING, SectionGroup.WARNINGS)
_WHOLE = frozenset(
    {"34066-1", "34071-1", "43685-7", "50566-9", "50567-7"}
)  # sections of labels in English that are about little else
# How a label in Chinese says among its advice what the medicine may do; whom it forbids something it tells nothing of the kind.
_MAY = regex(
    r"(?:可能?会?|偶尔?|常)(?:引起|导致|致|出现|发生|见|产生|有(?!效|助|利))|罕见|少见|(?:少数|个别|部分)(?:病人|患者|人)|有报[告道]|诱发"
)
_ADVISES = regex(r"禁用|慎用|忌用|就医|就诊|咨询|请将|避免|不[宜应能得可]")


def listed_groups(understanding: Understanding) -> tuple[SectionGroup, ...]:
    """The section groups of which a question about medicines asks for all that stands there; none for an ordinary question."""
    if not understanding.drugs or understanding.shape is Shape.TWO_DRUGS:
        return ()
    if _VERB.search(understanding.question):
        return understanding.groups
    text = understanding.masked
    every = [match.span() for match in _ALL.finditer(text)]
    near = NEAR["zh" if understanding.lang == "zh" else "en"]
    asked = {
        cue.group
        for cue in group_cues(text)
        if any(start - cue.end <= near and cue.start - end <= near for start, end in every)
    }
    return tuple(group for group in understanding.groups if group in asked)


def only_lists(understanding: Understanding) -> bool:
    """Whether a question asks for whole sections and for nothing in them: all that is left of it says that it wants all."""
    return bool(listed_groups(understanding)) and not any(_ALL.sub("", _VERB.sub("", word)) for word in understanding.left)


def completed(
    understanding: Understanding, evidence: Sequence[Evidence], kb: KnowledgeBase, *, only: Filters = NO_FILTERS
) -> tuple[Evidence, ...]:
    """The evidence, led by all passages of the sections that the question wants listed, each section in the order of its text.

    They share the first score; those that no channel found are `found_by` "listing". For an ordinary question the
    evidence is returned as it is.
    """
    if not listed_groups(understanding):
        return tuple(evidence)
    wanted = {
        passage.id: passage
        for drug in understanding.drugs[:MAX_DRUGS]
        for passage in _listed(drug, understanding, [*_found(evidence), *filter(only.allows, _titled(drug, understanding))], kb)
        if only.allows_passage(passage)
    }
    if not wanted:
        return tuple(evidence)
    there = {item.passage.id: item for item in evidence if item.passage is not None}
    best = evidence[0].score
    listed = [
        there[i].model_copy(update={"score": best})
        if i in there
        else Evidence.model_construct(rank=1, score=best, found_by=FOUND_BY, passage=passage, fact=None, also=())
        for i, passage in wanted.items()
    ]
    rest = [item for item in evidence if item.passage is None or item.passage.id not in wanted]
    return tuple(item.model_copy(update={"rank": rank}) for rank, item in enumerate([*listed, *rest], start=1))


def write_listing(
    draft: Draft, understanding: Understanding, drug: Drug, evidence: Sequence[Evidence], kb: KnowledgeBase
) -> tuple[SectionGroup, ...]:
    """Quotes in full what the question wants listed of a drug, as far as the evidence holds it; the groups that were there."""
    groups = listed_groups(understanding)
    document = _document(drug, understanding, _found(evidence), kb)
    if document is None:
        return ()
    shown = {item.passage.id for item in evidence if item.passage is not None}
    answered = []
    for group in groups:
        before = len(draft.citations)
        own = [passage for passage in _section(document, group, kb) if passage.id in shown]
        units = for_patients(units_of(own), understanding, (*understanding.terms, *understanding.hints), kb)
        quote_by_section(draft, units, understanding.lang)
        if units and len(units) < len(units_of(own)):
            draft.line(phrases.other_doses(understanding.lang))
        if group is SectionGroup.ADVERSE_REACTIONS:
            _elsewhere(draft, [unit for unit in _telling(document, kb) if unit.passage.id in shown], units, understanding.lang)
        if len(draft.citations) > before:
            answered.append(group)
    return tuple(answered)


def _elsewhere(draft: Draft, units: Sequence[Unit], own: Sequence[Unit], lang: str) -> None:
    """Quotes what other sections of the label tell of adverse reactions, which its own section may lack or not repeat."""
    if units:
        heading = phrases.also_tell if own else phrases.support_heading
        draft.line(heading(units[0].passage.document, SectionGroup.ADVERSE_REACTIONS, lang))
        quote_by_section(draft, units, lang)


def _listed(
    drug: Drug, understanding: Understanding, documents: Sequence[DocumentInfo], kb: KnowledgeBase
) -> Iterator[Passage]:
    """The passages of a drug that the listing quotes from."""
    document = _document(drug, understanding, documents, kb)
    if document is not None:
        for group in listed_groups(understanding):
            yield from _passages(document, group, kb)


def _passages(document: DocumentInfo, group: SectionGroup, kb: KnowledgeBase) -> list[Passage]:
    """What is listed of a group: its sections, and of adverse reactions the passages of other sections that tell of them."""
    own = _section(document, group, kb)
    if group is not SectionGroup.ADVERSE_REACTIONS:
        return own
    return [*own, *{unit.passage.id: unit.passage for unit in _telling(document, kb)}.values()]


def _found(evidence: Sequence[Evidence]) -> list[DocumentInfo]:
    """The documents of which passages were found, each once, in their order."""
    documents = [item.passage.document for item in evidence if item.passage is not None]
    return list({_ref(document): document for document in documents}.values())


def _titled(drug: Drug, understanding: Understanding) -> list[DocumentInfo]:
    """The labels of a drug whose printed name stands in the question, letter for letter."""
    question = fold(understanding.question)
    return [document for document in drug.documents if fold(document.title) in question]


def _ref(document: DocumentInfo) -> tuple[str, str]:
    return document.source, document.key


def _document(
    drug: Drug, understanding: Understanding, documents: Sequence[DocumentInfo], kb: KnowledgeBase
) -> DocumentInfo | None:
    """The document to list from: the label that is meant most exactly, unless another has more of the sections.

    The one whose printed name stands in the question is meant most, of several the longest; labels that are meant equally
    well stay in their order.
    """
    groups, question = listed_groups(understanding), fold(understanding.question)
    meant = {_ref(document): place for place, document in enumerate(drug.documents)}

    def remoteness(document: DocumentInfo) -> tuple[int, int]:
        title = fold(document.title)
        return -len(title) * (title in question), max(meant[_ref(document)], drug.equals - 1)

    own = sorted({_ref(d): d for d in documents if _ref(d) in meant}.values(), key=remoteness)
    there = [sum(bool(_section(document, group, kb)) for group in groups) for document in own]
    if not groups or not own:
        return None
    best = own[there.index(max(there))]  # the first of those with most
    return best if max(there) or any(_passages(best, group, kb) for group in groups) else None


def _section(document: DocumentInfo, group: SectionGroup, kb: KnowledgeBase) -> list[Passage]:
    """All passages of the document's sections of a group, with those of the sections inside them, in text order."""
    passages = [passage for passage in kb.passages_of(document) if passage.section.code != PANEL]
    own = {passage.section.index for passage in passages if passage.section.group is group}
    if group is not SectionGroup.WARNINGS:  # inside precautions stand pregnancy, interactions and more
        sections = kb.document(document.key, source=document.source).sections
        own |= _inside([section for section in sections if section.group is group and section.code != PANEL], sections)
    return [passage for passage in passages if passage.section.index in own]


def _inside(outer: Collection[Section], sections: Sequence[Section]) -> set[int]:
    """The indexes of the sections that stand inside others."""
    paths = {(*section.path, section.heading) for section in outer if section.heading}
    return {
        section.index for section in sections if any(section.path[:depth] in paths for depth in range(1, len(section.path) + 1))
    }


def _telling(document: DocumentInfo, kb: KnowledgeBase) -> list[Unit]:
    """What the warnings of a label tell of adverse reactions.

    That is the boxed warning and the warnings of a label in English, which are about little else; of a label in Chinese,
    whose 注意事项 mostly advise, the sentences that say what the medicine may do.
    """
    passages = [p for p in kb.passages_of(document, _TELLING) if _code(p.section) not in _BESIDE]
    whole = [p for p in passages if document.lang != "zh" and _code(p.section) in _WHOLE]
    parts = units_of(p for p in passages if p not in whole)
    pattern = _MAY if document.lang == "zh" else support_pattern(SectionGroup.ADVERSE_REACTIONS) or _MAY
    wanted = [bool(pattern.search(unit.text)) and not _ADVISES.search(unit.text) for unit in parts]
    return sorted([*units_of(whole), *fitting(parts, wanted, len(parts))], key=lambda unit: unit.start)


def _code(section: Section) -> str:
    """The code of a section; of one without a code of its own, that of the section around it."""
    headings = (section.heading, *reversed(section.path)) if classify_heading(section.heading) is None else ()
    around = next((known.code for heading in headings[1:] if (known := classify_heading(heading)) is not None), "")
    return around if section.code in {"42229-5", "medrag:other", ""} and around else section.code
