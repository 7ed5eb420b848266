"""The label channel: the sections asked for, in the documents of the medicines asked about, the one meant most first."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.folding import fold
from medrag.retrieve.channels import Hit, Pool, Ranking, allowed
from medrag.retrieve.cues import DRUG_FORM_GROUPS, Population, patient_pattern, support_groups, support_pattern
from medrag.retrieve.forms import FORM
from medrag.retrieve.pairs import together
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import speaks_of, term_hits
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Passage

__all__ = ["PANEL", "label"]

LABEL_DOCUMENTS = 4  # documents read per drug; more of the same drug say the same again
FIRST_SHARE = 0.7  # of the places, for the document that was meant most exactly
BESIDE = 2  # passages of sections that were not asked for
MAX_PASSAGES = 200  # looked at per document
PANEL = "51945-4"  # package label, principal display panel


def label(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters, pool: Pool) -> Ranking:
    """The passages of the sections asked for in the documents of the drugs asked about, best document first.

    Within a section passages keep the text's order, unless it has more than there are places: then those that hold
    most of the question's words come first. Without a section asked for, the whole document competes by its words.
    Two drugs take turns, so that each is heard; what names both comes before.
    """
    runs = [_of_drug(drug, understanding, kb, k, only, pool) for drug in understanding.drugs]
    merged: dict[int, Passage] = {}
    if understanding.shape is Shape.TWO_DRUGS:
        merged.update((passage.id, passage) for passage in together(understanding.drugs, kb, only))
    for place in range(max((len(run) for run in runs), default=0)):
        for run in runs:
            if place < len(run):
                merged.setdefault(run[place].id, run[place])
    chosen = list(merged.values())[: max(k, 1)]
    return [Hit(passage.id, 1.0 - place / (len(chosen) + 1), passage) for place, passage in enumerate(chosen)]


def _of_drug(drug: Drug, understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters, pool: Pool) -> list[Passage]:
    documents = [document for document in drug.documents if allowed(document, only)]
    if drug.equals > 1:
        documents = _by_words(documents[: drug.equals], fold(understanding.question), pool) + documents[drug.equals :]
    if understanding.groups and understanding.groups[0] in DRUG_FORM_GROUPS:  # the dose of a tablet is not that of drops
        documents = [d for place, d in enumerate(documents) if place < drug.equals or not FORM.search(d.title)]
    documents = _fitting(documents[:LABEL_DOCUMENTS], understanding, kb)
    found: list[Passage] = []
    for document in documents:
        places = k - len(found)
        if places <= 0:
            break
        share = places if len(documents) == 1 else max(1, round(places * FIRST_SHARE))
        found += _of_document(document, understanding, kb, share, pool)
    return found


def _by_words(documents: Sequence[DocumentInfo], question: str, pool: Pool) -> list[DocumentInfo]:
    """Documents that are meant equally well: the longest title that the question says, then what speaks most of what is asked."""
    order: dict[tuple[str, str], int] = {}
    for place, passage in enumerate(pool.passages()):
        order.setdefault((passage.document.source, passage.document.key), place)

    def remoteness(document: DocumentInfo) -> tuple[int, int]:
        title = fold(document.title)
        return -len(title) * (title in question), order.get((document.source, document.key), len(order))

    return sorted(documents, key=remoteness)


def _fitting(documents: list[DocumentInfo], understanding: Understanding, kb: KnowledgeBase) -> list[DocumentInfo]:
    """The documents with those first that have the section asked for, and of these that speak of the patient asked about."""
    asked = understanding.groups[:1]
    if len(documents) < 2 or not asked:
        return documents
    patient = patient_pattern(understanding.populations)
    if Population.CHILD in understanding.populations:  # what is made for children says so in its dose, not under a heading
        asked = (SectionGroup.DOSAGE,)
    own = (SectionGroup.DOSAGE, SectionGroup.INDICATIONS) if asked[0] is SectionGroup.DOSAGE else asked

    def lacks(place: int) -> tuple[bool, bool]:
        document = documents[place]
        there = kb.passages_of(document, asked)
        fits = patient is None or any(
            patient.search(p.text) for p in (there if own == asked else kb.passages_of(document, own))
        )
        return (not there, not fits)

    if patient is None and kb.passages_of(documents[0], asked):
        return documents
    return [documents[place] for place in sorted(range(len(documents)), key=lambda place: (lacks(place), place))]


def _of_document(
    document: DocumentInfo, understanding: Understanding, kb: KnowledgeBase, places: int, pool: Pool
) -> list[Passage]:
    groups, terms = understanding.sought, (*understanding.terms, *understanding.hints)
    if not groups:
        return _anywhere(document, terms, kb, places, pool)
    by_group = _by_group(document, understanding, kb)
    beside = _beside(document, understanding, [p for own in by_group.values() for p in own], pool)
    places = max(1, places - len(beside))
    share = max(2, places // max(1, sum(bool(passages) for passages in by_group.values())))
    found: dict[int, Passage] = {}
    groups = tuple(sorted(groups, key=lambda group: not any(p.section.group is group for p in by_group[group])))
    for group in groups:  # sections of the label's own before what stands in for one
        for passage in _best(by_group[group], terms, share):
            found.setdefault(passage.id, passage)
    for group in groups:  # what room is left goes to the sections that had more
        for passage in by_group[group]:
            if len(found) < places:
                found.setdefault(passage.id, passage)
    return [*beside, *list(found.values())[:places]]


def _anywhere(document: DocumentInfo, terms: Sequence[str], kb: KnowledgeBase, places: int, pool: Pool) -> list[Passage]:
    """The document's passages with most of the question's words, the ones that its words find before their equals."""
    place = {passage.id: at for at, passage in enumerate(pool.passages())}
    there = kb.passages_of(document)[:MAX_PASSAGES]
    if not terms:
        return there[:places]
    there = sorted(there, key=lambda passage: place.get(passage.id, len(place)))
    return sorted(there, key=lambda passage: -term_hits(passage.text, terms))[:places]


def _by_group(document: DocumentInfo, understanding: Understanding, kb: KnowledgeBase) -> dict[SectionGroup, list[Passage]]:
    """The document's passages of each group sought, those about the patient first; for a missing one what stands in for it."""
    by_group: dict[SectionGroup, list[Passage]] = {group: [] for group in understanding.sought}
    for passage in kb.passages_of(document, understanding.sought)[:MAX_PASSAGES]:
        if passage.section.code != PANEL:  # the print on the box repeats the label's beginning
            by_group[passage.section.group].append(passage)
    for group in understanding.groups:
        if not by_group.get(group):
            by_group[group] = _supporting(kb.passages_of(document, support_groups(group))[:MAX_PASSAGES], group)
    patient = patient_pattern(understanding.populations)
    if patient is not None:
        for own in by_group.values():
            own.sort(key=lambda p: not (patient.search(p.section.heading) or patient.search(p.text)))
    return by_group


def _beside(document: DocumentInfo, understanding: Understanding, own: Sequence[Passage], pool: Pool) -> list[Passage]:
    """Passages of other sections that hold the words of a question whose own sections do not: hepatitis as a side effect."""
    terms, hints = understanding.terms, understanding.hints
    if not (terms or hints) or understanding.shape is Shape.WHAT_IS or any(speaks_of(p.text, terms, hints) for p in own):
        return []
    place = (document.source, document.key)
    there = [p for p in pool.passages() if (p.document.source, p.document.key) == place and speaks_of(p.text, terms, hints)]
    return _best(there, terms or hints, BESIDE)


def _supporting(passages: Sequence[Passage], missing: SectionGroup) -> list[Passage]:
    """Passages of other sections that say what the missing section would say: 孕妇慎用 among the precautions."""
    pattern = support_pattern(missing)
    return [passage for passage in passages if pattern is not None and pattern.search(passage.text)]


def _best(passages: Sequence[Passage], terms: Sequence[str], places: int) -> list[Passage]:
    """The passages in their order where there is room for all, else those with most of the terms first."""
    scored = sorted(enumerate(passages), key=lambda item: (-term_hits(item[1].text, terms), item[0]))
    return [passage for _, passage in scored[:places]]
