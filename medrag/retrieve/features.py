"""What is looked at to say how well a passage of the right drug answers a question: one row of numbers a passage.

The features are few and mean something by themselves, so that a user's forty questions are enough to weigh them anew
and `search --explain` can say which of them put a passage first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from medrag.kb.base import KnowledgeBase
from medrag.patterns import for_lower
from medrag.retrieve import overlap
from medrag.retrieve.bodies import Bodies
from medrag.retrieve.cues import patient_pattern, support_groups, support_pattern
from medrag.retrieve.understand import Understanding
from medrag.retrieve.wanted import WORDED, condition_features
from medrag.retrieve.words import STOP_WORDS, hits_in
from medrag.sections import SectionGroup
from medrag.types import Passage, Record, Section

__all__ = ["FEATURES", "LABEL_GROUPS", "PANEL", "Ranker", "features_of"]

PANEL = "51945-4"  # package label, principal display panel: the print on the box repeats the label's beginning
RARE = 1e-3  # a probability below it says no more than this one
K1, B = 1.2, 0.75  # of BM25, as in the word index
USUAL_LENGTH = 350.0  # characters of a passage
SHORT = 60  # characters; headings and cells
MANY_TERMS = 4

# The sections of labels; those of pages on diseases are none of them.
LABEL_GROUPS = (
    SectionGroup.INDICATIONS,
    SectionGroup.DOSAGE,
    SectionGroup.CONTRAINDICATIONS,
    SectionGroup.BOXED_WARNING,
    SectionGroup.WARNINGS,
    SectionGroup.ADVERSE_REACTIONS,
    SectionGroup.INTERACTIONS,
    SectionGroup.PREGNANCY,
    SectionGroup.PEDIATRIC,
    SectionGroup.GERIATRIC,
    SectionGroup.OVERDOSAGE,
    SectionGroup.STORAGE,
    SectionGroup.COMPOSITION,
    SectionGroup.FORMS,
    SectionGroup.PHARMACOLOGY,
    SectionGroup.CLASSIFICATION,
    SectionGroup.NAMES,
    SectionGroup.PATIENT,
    SectionGroup.STUDIES,
    SectionGroup.OTHER,
)

_LOOKED_AT = (
    "section",  # log-probability that its section is the one asked for
    "asked first",  # it is of the group that the first cue asks for
    "asked",  # it is of a group that some cue asks for
    "words",  # BM25 of the question without names, over the best possible
    "words best",  # the same over the best of all
    "heading",  # share of the question's words in its headings
    "rare words",  # the question's words, by how rare they are among these passages, over the best of all
    "rare words, section",  # the same for the whole section
    "phrases",  # pairs of the question's words side by side
    "number",  # it has a figure, and the question asks for one
    "hints",  # the words in which labels say what the question says, two at most
    "hint heading",  # such a word stands in its headings
    "cosine",
    "cosine best",  # cosine behind that of the nearest passage
    "patient",  # it speaks of the patient asked about
    "patient heading",
    "first",  # it begins its section
    "place",  # 0 at the beginning of the document, 1 at its end
    "short",
    "panel",
    "stands in",  # it says what a section that the label lacks would say
    "names another",  # it names another medicine of the question
    "document",  # how far behind the document meant most its own is
    "words, nothing asked",
    "words, much said",
    "section, much said",
    "cosine, nothing asked",
    *WORDED,  # of the conditions that a question speaks of which names no medicine
)
# An American label's warnings have many passages that share words with a question, its storage one: there it also counts
# which section it is. A Chinese label has one section of each kind, and the section model says all there is to say of it.
FEATURES = (*_LOOKED_AT, *(f"in {group.value}" for group in LABEL_GROUPS))
_IN_GROUP = np.vstack([np.eye(len(LABEL_GROUPS)), np.zeros(len(LABEL_GROUPS))])  # the last row for what is of none


class Ranker(Record):
    """A linear score: `weights[kind][feature]`, absent ones 0; `medrag.retrieve.kinds` says what kinds of questions there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Mapping[str, Mapping[str, float]] = {}

    def of(self, kind: str) -> Mapping[str, float]:
        """The weights for a kind of question, else those for its language, else any."""
        return self.weights.get(kind) or self.weights.get(kind.partition(" ")[0]) or next(iter(self.weights.values()), {})

    def scores(self, rows: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        """The score of each row of features, shape (len(rows),)."""
        weights = self.of(kind)
        found: NDArray[np.float64] = rows @ np.array([weights.get(name, 0.0) for name in FEATURES])
        return found


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of the passages in lower case, and their sections, each once, with which of them each passage is of."""

    bodies: Bodies
    sections: list[Section]
    groups: frozenset[SectionGroup]
    headings: list[str]  # of each section with those above it, in lower case
    of: NDArray[np.intp]

    @classmethod
    def read(cls, passages: Sequence[Passage]) -> _Texts:
        sections = {id(passage.section): passage.section for passage in passages}
        numbers = {key: number for number, key in enumerate(sections)}
        return cls(
            Bodies([passage.text.lower() for passage in passages]),
            list(sections.values()),
            frozenset([section.group for section in sections.values()]),
            [" ".join((*section.path, section.heading)).lower() for section in sections.values()],
            np.array([numbers[id(passage.section)] for passage in passages], np.intp),
        )

    def by_section(self, value: Callable[[Section], float]) -> NDArray[np.float64]:
        """A value of each passage's section, worked out once for those that share one."""
        return np.array([value(section) for section in self.sections], np.float64)[self.of]

    def by_group(self, value: Callable[[SectionGroup], float]) -> NDArray[np.float64]:
        """A value of the group of each passage's section."""
        of_group = {group: value(group) for group in self.groups}
        return np.array([of_group[section.group] for section in self.sections], np.float64)[self.of]

    def in_groups(self) -> NDArray[np.float64]:
        """Whether each passage's section is of each of `LABEL_GROUPS`, shape (passages, groups)."""
        rows = [LABEL_GROUPS.index(section.group) if section.group in LABEL_GROUPS else -1 for section in self.sections]
        return _IN_GROUP[np.array(rows, np.intp)[self.of]]

    def by_heading(self, value: Callable[[str], float]) -> NDArray[np.float64]:
        """A value of each passage's headings."""
        return np.array([value(heading) for heading in self.headings], np.float64)[self.of]

    def by_body(self, value: Callable[[str], float]) -> NDArray[np.float64]:
        """A value of each passage's text."""
        return np.array([value(body) for body in self.bodies.texts], np.float64)


def features_of(
    understanding: Understanding,
    passages: Sequence[Passage],
    places: Sequence[int],
    others: Collection[str],
    kb: KnowledgeBase,
    *,
    vectors: bool = True,
) -> NDArray[np.float64]:
    """The features of the passages of a drug's documents, each document's in text order, shape (len(passages), len(FEATURES)).

    `places` says how far down each one's document stands among those of its drug (from 0), `others` what the other
    medicines of the question are called. Without `vectors` no cosine is worked out.
    """
    texts = _Texts.read(passages)
    weights = _weights(understanding, kb)
    counts, there = texts.bodies.counted(list(weights))
    words = _bm25(texts.bodies, counts, weights)
    cosines = _cosines(understanding, passages, kb) if vectors else np.zeros(len(passages))
    section = texts.by_group(lambda group: math.log(max(RARE, understanding.sections.get(group, 0.0))))
    whole, hints = sum(weights.values()), understanding.hints
    loose = float(not understanding.groups)
    nothing = np.zeros(len(passages))
    sections = overlap.sections_of(passages)
    much = float(len(understanding.terms) >= MANY_TERMS)
    table: dict[str, NDArray[np.float64] | list[float]] = {
        "section": section,
        "words": words,
        "words best": words / max(float(words.max(initial=0.0)), 1e-9),
        "heading": texts.by_heading(lambda heading: _share(heading, weights, whole)),
        "hints": np.minimum(2.0, texts.bodies.hits(hints)) if hints else nothing,
        "hint heading": texts.by_heading(lambda heading: hits_in(heading, hints) > 0) if hints else nothing,
        "cosine": cosines,
        "cosine best": cosines - cosines.max(initial=-1.0),
        "document": np.minimum(np.array(places, np.float64), 3.0),
        "words, nothing asked": words * loose,
        "words, much said": words * much,
        "section, much said": section * much,
        "cosine, nothing asked": cosines * loose,
        **_of_words(understanding, texts, there, weights, sections),
        **_of_sections(understanding, passages, texts, others, sections),
        **condition_features(understanding, passages, texts.bodies.texts, kb),
    }
    looked_at = np.column_stack([np.asarray(table[name], np.float64) for name in _LOOKED_AT])
    return np.hstack([looked_at, texts.in_groups() * (understanding.lang == "en")])


def _of_words(
    understanding: Understanding,
    texts: _Texts,
    there: NDArray[np.bool_],
    weights: Mapping[str, float],
    sections: NDArray[np.intp],
) -> dict[str, NDArray[np.float64]]:
    """The features that the words themselves give it, beside BM25: what a literal question goes by."""
    local = overlap.local_weights(there, np.array(list(weights.values()), np.float64))
    number = overlap.asks_for_number(understanding.question)
    return {
        "rare words": overlap.covered(there, local),
        "rare words, section": overlap.covered(overlap.together_by_section(there, sections), local),
        "phrases": overlap.phrases(texts.bodies, understanding.masked),
        "number": texts.by_body(overlap.has_number) if number else np.zeros(len(there)),
    }


def _of_sections(
    understanding: Understanding,
    passages: Sequence[Passage],
    texts: _Texts,
    others: Collection[str],
    sections: NDArray[np.intp],
) -> dict[str, NDArray[np.float64]]:
    """The features that a passage's section and its place give it."""
    asked = understanding.groups
    patient = patient_pattern(understanding.populations)
    person = for_lower(patient) if patient is not None else None
    nothing = np.zeros(len(passages))
    elsewhere = [
        (support_groups(group), for_lower(pattern))
        for group in asked
        if group not in texts.groups and (pattern := support_pattern(group)) is not None
    ]
    begins, another = np.zeros(len(passages)), np.zeros(len(passages))
    begins[np.unique(sections, return_index=True)[1]] = 1.0
    for name in others:
        another[texts.bodies.having(name)] = 1.0
    return {
        "asked first": texts.by_group(lambda group: group in asked[:1]),
        "asked": texts.by_group(lambda group: group in asked),
        "patient": texts.by_body(lambda body: person.search(body) is not None) if person else nothing,
        "patient heading": texts.by_heading(lambda heading: person.search(heading) is not None) if person else nothing,
        "first": begins,
        "place": _places(passages),
        "short": (texts.bodies.lengths < SHORT).astype(np.float64),
        "panel": texts.by_section(lambda section: section.code == PANEL),
        "stands in": _instead(passages, texts.bodies.texts, elsewhere) if elsewhere else nothing,
        "names another": another,
    }


def _instead(
    passages: Sequence[Passage], bodies: Sequence[str], elsewhere: Sequence[tuple[Collection[SectionGroup], re.Pattern[str]]]
) -> NDArray[np.float64]:
    """Whether each passage says, in a section that may, what one that the label lacks would say."""
    said = (
        any(passage.section.group in where and pattern.search(body) is not None for where, pattern in elsewhere)
        for passage, body in zip(passages, bodies, strict=True)
    )
    return np.fromiter(said, np.float64, len(passages))


def _places(passages: Sequence[Passage]) -> NDArray[np.float64]:
    """Where each passage stands in its document, from 0 to 1."""
    numbers: dict[tuple[str, str], int] = {}
    of, number = [], 0
    document = None
    for passage in passages:
        if passage.document is not document:
            document = passage.document
            number = numbers.setdefault((document.source, document.key), len(numbers))
        of.append(number)
    starts = np.array([passage.start for passage in passages], np.float64)
    ends = np.ones(len(numbers))
    rows = np.array(of, np.intp)
    np.maximum.at(ends, rows, starts)
    places: NDArray[np.float64] = starts / ends[rows]
    return places


def _weights(understanding: Understanding, kb: KnowledgeBase) -> dict[str, float]:
    """The words of the question without the names of its medicines, with their inverse document frequencies."""
    return {word: weight for word, weight in kb.word_weights(understanding.masked).items() if word not in STOP_WORDS}


def _bm25(bodies: Bodies, counts: NDArray[np.int64], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """BM25 of each text over what a text with every word would score at most; words are counted wherever they stand."""
    best = sum(weights.values()) * (K1 + 1.0)
    norms = K1 * (1.0 - B + B * bodies.lengths / USUAL_LENGTH)
    scores = np.zeros(len(bodies))
    for frequencies, weight in zip(counts.T, weights.values(), strict=True):
        scores += weight * frequencies * (K1 + 1.0) / (frequencies + norms)
    return scores / best if best else scores


def _share(heading: str, weights: Mapping[str, float], whole: float) -> float:
    return sum(weight for word, weight in weights.items() if word in heading) / whole if whole else 0.0


def _cosines(understanding: Understanding, passages: Sequence[Passage], kb: KnowledgeBase) -> NDArray[np.float64]:
    return np.array(kb.vector_scores(understanding.masked, [passage.id for passage in passages]))
