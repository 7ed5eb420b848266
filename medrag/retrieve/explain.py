"""Why a question finds what it finds: how it was understood, what each channel found, what put each passage where it stands.

Everything here is worked out a second time, for the explanation only; retrieval itself keeps none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.filters import Filters
from medrag.retrieve.channels import NO_FILTERS, Pool, words
from medrag.retrieve.conditions import candidates as open_candidates
from medrag.retrieve.cues import Population, group_cues
from medrag.retrieve.features import FEATURES, features_of
from medrag.retrieve.kinds import kind_of
from medrag.retrieve.label import candidates
from medrag.retrieve.profile import CHANNELS, Profile, default_profile
from medrag.retrieve.rank import Retrieval, Trace, retrieve
from medrag.retrieve.subjects import DRUG_KINDS, SURE, Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, EntityKind, Evidence, Fact, Passage, Question, Record

__all__ = [
    "ChannelFound",
    "Explanation",
    "Feature",
    "ReadName",
    "Reason",
    "SectionCue",
    "SectionOdds",
    "explain",
]

SHOWN_SECTIONS = 5
SHOWN_DOCUMENTS = 3
SHOWN_MEANINGS = 4  # entities of one name
REASONS = 3
MIN_REASON = 0.005  # in the ranker's units; less moves nothing
POOL = 20  # passages by words that choose among labels of the same drug


class ReadName(Record):
    """A name in the question: as it is `written`, what it was `read` as, how (`Mention.via`) and how sure that is, 0 to 1.

    `role` is medicine, no label (a medicine without one), ambiguous, condition, or the kind of thing it is. Of a
    medicine `documents` are the first of its labels, best first, `labels` their number as far as they are looked at, and
    `others` how many, of other makers as a rule, are meant as well as the first.
    """

    written: str
    read: str
    via: str
    score: float
    role: str
    meanings: tuple[str, ...] = ()
    documents: tuple[DocumentInfo, ...] = ()
    labels: int = 0
    others: int = 0


class SectionCue(Record):
    """A section group that the question asks for, and the words that do; none where its shape or its patient asks for it."""

    group: SectionGroup
    words: tuple[str, ...]


class SectionOdds(Record):
    """How probable it is that a section of this group answers, by the profile's model."""

    group: SectionGroup
    probability: float


class ChannelFound(Record):
    """What a channel found, and the milliseconds that it took."""

    name: str
    found: int
    milliseconds: float


class Feature(Record):
    """What raised a passage: a feature of `medrag.retrieve.features`, and by how much over the mean of all candidates."""

    name: str
    value: float
    raised: float


class Reason(Record):
    """A piece of evidence and why it stands there; `features` are of passages that the label channel ranked, most first."""

    rank: int
    score: float
    found_by: tuple[str, ...]
    document: DocumentInfo | None = None
    section: str = ""
    group: SectionGroup | None = None
    text: str
    features: tuple[Feature, ...] = ()


class Explanation(Record):
    """How a question was understood and why its evidence stands where it does; `question` is its plain form, `ages` are in years."""

    question: str
    lang: str
    shape: Shape
    names: tuple[ReadName, ...]
    unknown: tuple[str, ...]
    patients: tuple[Population, ...]
    ages: tuple[float, ...]
    asked: tuple[SectionCue, ...]
    sections: tuple[SectionOdds, ...]
    relations: tuple[str, ...]
    terms: tuple[str, ...]
    hints: tuple[str, ...]
    channels: tuple[ChannelFound, ...]
    evidence: tuple[Reason, ...]


def explain(
    question: Question | str,
    kb: KnowledgeBase,
    *,
    k: int = 10,
    only: Filters = NO_FILTERS,
    profile: Profile | None = None,
) -> Explanation:
    """The explanation of what `retrieve` finds with the same arguments; raises `QuestionError` for what cannot be asked."""
    profile = profile or default_profile()
    kb = kb.pinned()
    found = retrieve(question, kb, k=k, only=only, profile=profile)
    understanding = found.understanding
    likely = sorted(understanding.sections.items(), key=lambda item: -item[1])[:SHOWN_SECTIONS]
    return Explanation(
        question=understanding.question,
        lang=understanding.lang,
        shape=understanding.shape,
        names=tuple(_names(understanding)),
        unknown=understanding.unknown,
        patients=understanding.populations,
        ages=understanding.ages,
        asked=tuple(_asked(understanding)),
        sections=tuple(SectionOdds(group=group, probability=round(odds, 4)) for group, odds in likely),
        relations=understanding.relations,
        terms=understanding.terms,
        hints=understanding.hints,
        channels=tuple(_channels(found.trace)),
        evidence=tuple(_reasons(found, kb, only, profile)),
    )


def _names(understanding: Understanding) -> Iterable[ReadName]:
    """The names in the order of the text: the medicines with all that lies in them, then what else was named."""
    for drug in understanding.drugs:
        yield _medicine(drug, understanding.mentions)
    for mention in understanding.mentions:
        if not any(drug.start <= mention.start and mention.end <= drug.end for drug in understanding.drugs):
            yield _named(mention, understanding)


def _medicine(drug: Drug, mentions: Sequence[Mention]) -> ReadName:
    own = next((m for m in mentions if drug.start <= m.start and m.end <= drug.end), None)
    return ReadName(
        written=drug.name,
        read=own.name if own else drug.name,
        via=own.via if own else "title",  # the words were found in labels' titles
        score=own.score if own else 1.0,
        role="medicine",
        meanings=tuple(dict.fromkeys(entity.name for entity in drug.entities))[:SHOWN_MEANINGS],
        documents=drug.documents[:SHOWN_DOCUMENTS],
        labels=len(drug.documents),
        others=max(0, drug.equals - 1),
    )


def _named(mention: Mention, understanding: Understanding) -> ReadName:
    kinds = [entity.kind for entity in mention.entities]
    if any(kind in DRUG_KINDS for kind in kinds):
        role = "no label" if mention.score >= SURE else "ambiguous"
    elif EntityKind.DISEASE in kinds or EntityKind.SYMPTOM in kinds:
        role = "condition"
    else:
        role = kinds[0].value if kinds else EntityKind.THING.value
    return ReadName(
        written=understanding.question[mention.start : mention.end],
        read=mention.name,
        via=mention.via,
        score=mention.score,
        role=role,
        meanings=tuple(dict.fromkeys(entity.name for entity in mention.entities))[:SHOWN_MEANINGS],
    )


def _asked(understanding: Understanding) -> Iterable[SectionCue]:
    cues = group_cues(understanding.masked)
    for group in dict.fromkeys((*understanding.groups, *understanding.sought)):
        yield SectionCue(group=group, words=tuple(dict.fromkeys(cue.words.strip() for cue in cues if cue.group is group)))


def _channels(trace: Trace) -> Iterable[ChannelFound]:
    for name in CHANNELS:
        if name in trace.found:
            yield ChannelFound(name=name, found=trace.found[name], milliseconds=trace.milliseconds.get(name, 0.0))


def _reasons(found: Retrieval, kb: KnowledgeBase, only: Filters, profile: Profile) -> Iterable[Reason]:
    by_label = any("label" in item.found_by for item in found.evidence)
    counted = _counted(found.understanding, kb, only, profile) if by_label else {}
    for item in found.evidence:
        passage = item.passage
        features = counted.get(passage.id, ()) if passage is not None and "label" in item.found_by else ()
        yield Reason(
            rank=item.rank,
            score=item.score,
            found_by=item.found_by,
            document=_document(item),
            section=passage.section.heading if passage is not None else "",
            group=passage.section.group if passage is not None else None,
            text=item.text,
            features=features,
        )


def _document(item: Evidence) -> DocumentInfo | None:
    fact: Fact | None = item.fact
    if item.passage is not None:
        return item.passage.document
    return fact.sources[0].document if fact is not None and fact.sources else None


def _counted(
    understanding: Understanding, kb: KnowledgeBase, only: Filters, profile: Profile
) -> dict[int, tuple[Feature, ...]]:
    """The features that counted most for each candidate of the label channel, by the passage's id."""
    vectors = profile.asks("vectors")
    counted: dict[int, tuple[Feature, ...]] = {}
    if not understanding.drugs:
        passages = open_candidates(understanding, kb, only, profile)
        rows = features_of(understanding, passages, [0] * len(passages), (), kb, vectors=vectors)
        return _most(passages, rows, profile, kind_of(understanding))
    pool = Pool(words(understanding, kb, POOL, only) if profile.asks("words") else [], kb)
    for drug in understanding.drugs:
        found = candidates(drug, understanding, kb, only, pool, vectors=vectors)
        for identity, features in _most(found.passages, found.rows, profile, kind_of(understanding)).items():
            counted.setdefault(identity, features)
    return counted


def _most(
    passages: Sequence[Passage], rows: NDArray[np.float64], profile: Profile, lang: str
) -> dict[int, tuple[Feature, ...]]:
    """Per passage the features with the highest weight × (value - mean of the candidates), those that raise it only."""
    if not passages:
        return {}
    weights = profile.ranker.scores(np.eye(len(FEATURES)), lang)  # of each feature alone
    raised = (rows - rows.mean(axis=0)) * weights
    counted = {}
    for at, passage in enumerate(passages):
        best = islice((int(i) for i in np.argsort(-raised[at], kind="stable") if raised[at, i] >= MIN_REASON), REASONS)
        counted[passage.id] = tuple(
            Feature(name=FEATURES[i], value=round(float(rows[at, i]), 3), raised=round(float(raised[at, i]), 3)) for i in best
        )
    return counted
