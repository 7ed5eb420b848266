"""The label channel: of the medicines asked about, the passages that answer best, ranked by what was fitted on questions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.retrieve.alike import names_maker
from medrag.retrieve.channels import Hit, Pool, Ranking
from medrag.retrieve.cues import DRUG_FORM_GROUPS, Population, patient_group, patient_pattern
from medrag.retrieve.english_forms import Form, fits_form, forms_meant
from medrag.retrieve.features import features_of
from medrag.retrieve.forms import asked_form, printed_form, same_form
from medrag.retrieve.kinds import kind_of
from medrag.retrieve.leading import lead
from medrag.retrieve.pairs import MIN_NAME, other_names
from medrag.retrieve.profile import Profile
from medrag.retrieve.subjects import DRUG_KINDS, Drug, is_mixture
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Passage

__all__ = ["Candidates", "candidates", "label"]

LABEL_DOCUMENTS = 3  # documents read per drug; more of the same drug say the same again
FIRST_SHARE = 0.7  # of the places, for the document that answers best
MAX_PASSAGES = 200  # looked at per document
VARIED = 5  # places in which a section pays for each passage that it has there already
OTHER_PATIENT = 3.0  # what a section for another kind of patient pays, in the same units: a rule of safety, not fitted
REPEATED = 0.8  # what it pays, in the ranker's units


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages of a drug's documents, with how far down each one's document stands, and their features, one row each."""

    passages: tuple[Passage, ...]
    places: tuple[int, ...]
    rows: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: Passage
    score: float


def label(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters, pool: Pool, profile: Profile) -> Ranking:
    """The k passages of the documents of the drugs asked about that answer best.

    Of two drugs the one that answers better begins, and then they take turns, so that each is heard. The first places
    are shared among sections; then the section that answers best is told to its end.
    """
    runs = []
    for drug in understanding.drugs:
        found = candidates(drug, understanding, kb, only, pool, vectors=profile.asks("vectors"))
        if found.passages:
            scores = profile.ranker.scores(found.rows, kind_of(understanding))
            headings = {passage.section.heading for passage in found.passages}
            foreign = {heading: _of_other_patient(heading, understanding.populations) for heading in headings}
            others = np.array([foreign[passage.section.heading] for passage in found.passages])
            run = _ranked(found, scores - OTHER_PATIENT * others, k)
            runs.append((run[0].score + lead(understanding, drug, run[0].passage.document.lang), run))
    ordered = [run for _, run in sorted(runs, key=lambda pair: -pair[0])]
    merged: dict[int, Passage] = {}
    for place in range(max((len(run) for run in ordered), default=0)):
        for run in ordered:
            if place < len(run):
                merged.setdefault(run[place].passage.id, run[place].passage)
    chosen = list(merged.values())[: max(k, 1)]
    return [Hit(passage.id, 1.0 - place / (len(chosen) + 1), passage) for place, passage in enumerate(chosen)]


def candidates(
    drug: Drug, understanding: Understanding, kb: KnowledgeBase, only: Filters, pool: Pool, *, vectors: bool
) -> Candidates:
    """The passages that may answer for a drug, of the documents meant most, and what is looked at to rank them."""
    documents = _documents(drug, understanding, kb, only, pool)
    passages: list[Passage] = []
    places: list[int] = []
    for place, document in enumerate(documents):
        own = [p for p in kb.passages_of(document)[:MAX_PASSAGES] if only.allows_passage(p)]
        passages += own
        places += [place] * len(own)
    rows = features_of(understanding, passages, places, _others(drug, understanding, kb), kb, vectors=vectors)
    return Candidates(tuple(passages), tuple(places), rows)


def _others(drug: Drug, understanding: Understanding, kb: KnowledgeBase) -> set[str]:
    """What the other medicines of the question are called, those too that the knowledge base has no document of."""
    called = {name for other in understanding.drugs if other is not drug for name in other_names(other, kb)}
    called.update(understanding.unknown)
    for mention in understanding.mentions:
        meant = [entity for entity in mention.entities if entity.kind in DRUG_KINDS]
        if meant and not any(entity.id in drug.ids for entity in meant) and not drug.start <= mention.start < drug.end:
            called.update(name_variants(mention.name))
    return {name for name in called if len(name) >= MIN_NAME}


def _of_other_patient(heading: str, who: tuple[Population, ...]) -> bool:
    """Whether a section is headed by a kind of patient that was not asked about, as nursing where pregnancy was."""
    asked = patient_pattern(who)
    if asked is None or not heading or asked.search(heading):
        return False
    return any(
        pattern.search(heading) is not None
        for population in Population
        if population not in who and patient_group(population) is not None and (pattern := patient_pattern((population,)))
    )


def _ranked(found: Candidates, scores: NDArray[np.float64], k: int) -> list[_Scored]:
    """The passages of the document that answers best, then those of the others, as many as there are places."""
    keys = zip((-scores).tolist(), found.places, (passage.start for passage in found.passages), found.passages, strict=True)
    scored = [_Scored(passage, -negated) for negated, _, _, passage in sorted(keys, key=itemgetter(0, 1, 2))]
    best = _ref(scored[0].passage.document)
    documents = {id(item.passage.document): item.passage.document for item in scored}  # which passages share
    of_best = {number for number, document in documents.items() if _ref(document) == best}
    own = [item for item in scored if id(item.passage.document) in of_best]
    rest = [item for item in scored if id(item.passage.document) not in of_best]
    alike = {item.passage.section.group for item in own[:VARIED]}  # of another label the same sections, and no chance hits
    rest = [item for item in rest if item.passage.section.group in alike]
    share = k if not rest else max(1, round(k * FIRST_SHARE))
    return [*_varied(own)[:share], *rest[: k - share]]


def _ref(document: DocumentInfo) -> tuple[str, str]:
    return document.source, document.key


def _varied(scored: Sequence[_Scored]) -> list[_Scored]:
    """The same passages with the first places shared among sections, and behind them the best section to its end."""
    left = list(scored)
    first: list[_Scored] = []
    taken: dict[int, int] = {}
    while left and len(first) < VARIED:
        item = left.pop(_next(left, taken))
        taken[item.passage.section.index] = taken.get(item.passage.section.index, 0) + 1
        first.append(item)
    best = first[0].passage.section.index if first else -1
    left.sort(key=lambda item: item.passage.section.index != best)  # stable: the others stay in their order
    return [*first, *left]


def _next(left: Sequence[_Scored], taken: Mapping[int, int]) -> int:
    """Which of what is left, best first, is best when its section pays for what was taken of it already; the first such."""
    best, place = -math.inf, 0
    for at, item in enumerate(left):
        if item.score <= best:
            break
        pays = item.score - REPEATED * taken.get(item.passage.section.index, 0)
        if pays > best:
            best, place = pays, at
    return place


def _documents(drug: Drug, understanding: Understanding, kb: KnowledgeBase, only: Filters, pool: Pool) -> list[DocumentInfo]:
    """The documents of a drug to be read, the one meant most first."""
    documents = [document for document in drug.documents if only.allows(document)]
    if drug.equals > 1:
        said = fold(understanding.question)[drug.start :]
        documents = _by_words(documents[: drug.equals], fold(understanding.question), said, pool) + documents[drug.equals :]
    if understanding.groups and understanding.groups[0] in DRUG_FORM_GROUPS:  # the dose of a tablet is not that of drops
        form = asked_form(understanding.question, drug.end) or printed_form(drug.name)
        documents = [d for place, d in enumerate(documents) if place < drug.equals or same_form(form, d.title)]
        if understanding.lang == "en":
            documents = _of_form(documents, forms_meant(understanding.question, drug.start, drug.end))
    return _fitting(documents[: LABEL_DOCUMENTS + 1], understanding, kb)[:LABEL_DOCUMENTS]


def _of_form(documents: list[DocumentInfo], forms: frozenset[Form]) -> list[DocumentInfo]:
    """The documents of the forms meant, where the one meant most is such; one whose title tells no form may be of any."""
    fitting = [document for document in documents if fits_form(forms, document.title)]
    return fitting if fitting[:1] == documents[:1] else documents


def _by_words(documents: Sequence[DocumentInfo], question: str, said: str, pool: Pool) -> list[DocumentInfo]:
    """Documents that are meant equally well: of the maker it names, the longest title or the most of one that it says, then what speaks most of what is asked.

    `said` is the question from the medicine's name on: KONSYL OVERNIGHT RELIEF is not KONSYL FIBER.
    """
    order: dict[tuple[str, str], int] = {}
    for place, document in enumerate(pool.documents):
        order.setdefault((document.source, document.key), place)

    def remoteness(document: DocumentInfo) -> tuple[bool, int, int, int]:
        title = fold(document.title)
        maker = names_maker(question, document.maker)
        words = sum(one == other for one, other in zip(title.split(), said.split(), strict=False))
        return not maker, -len(title) * (title in question), -words, order.get((document.source, document.key), len(order))

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

    def other(place: int) -> tuple[bool, bool]:
        """A label that can be read is not left for one in another language, nor the medicine's own for one of a mixture."""
        foreign = documents[0].lang == understanding.lang != documents[place].lang
        return foreign, is_mixture(documents[place].title) and not is_mixture(documents[0].title)

    return [documents[place] for place in sorted(range(len(documents)), key=lambda p: (other(p), lacks(p), p))]
