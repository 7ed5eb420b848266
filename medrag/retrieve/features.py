"""What is looked at to say how well a passage of the right drug answers a question: one row of numbers a passage.

The features are few and mean something by themselves, so that a user's forty questions are enough to weigh them anew
and `search --explain` can say which of them put a passage first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from medrag.kb.base import KnowledgeBase
from medrag.retrieve import overlap
from medrag.retrieve.cues import patient_pattern, support_groups, support_pattern
from medrag.retrieve.understand import Understanding
from medrag.retrieve.wanted import WORDED, condition_features
from medrag.retrieve.words import STOP_WORDS, term_hits
from medrag.sections import SectionGroup
from medrag.types import Passage, Record, Section

__all__ = ["FEATURES", "PANEL", "Ranker", "features_of"]

T = TypeVar("T")
PANEL = "51945-4"  # package label, principal display panel: the print on the box repeats the label's beginning
RARE = 1e-3  # a probability below it says no more than this one
K1, B = 1.2, 0.75  # of BM25, as in the word index
USUAL_LENGTH = 350.0  # characters of a passage
SHORT = 60  # characters; headings and cells
MANY_TERMS = 4

FEATURES = (
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
    "unclassified",
    "leaflet",
    "stands in",  # it says what a section that the label lacks would say
    "names another",  # it names another medicine of the question
    "document",  # how far behind the document meant most its own is
    "words, nothing asked",
    "words, much said",
    "section, much said",
    "cosine, nothing asked",
    *WORDED,  # of the conditions that a question speaks of which names no medicine
)


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
    """The texts of the passages, in lower case."""

    bodies: list[str]


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
    texts = _Texts([p.text.lower() for p in passages])
    weights = _weights(understanding, kb)
    words = _bm25(texts.bodies, weights)
    cosines = _cosines(understanding, passages, kb) if vectors else np.zeros(len(passages))
    section = np.array(
        _by_section(passages, lambda section: math.log(max(RARE, understanding.sections.get(section.group, 0.0))))
    )
    loose = float(not understanding.groups)
    much = float(len(understanding.terms) >= MANY_TERMS)
    table: dict[str, NDArray[np.float64] | list[float]] = {
        "section": section,
        "words": words,
        "words best": words / max(float(words.max(initial=0.0)), 1e-9),
        "heading": _by_section(passages, lambda section: _share(_headings(section), weights)),
        "hints": [min(2.0, term_hits(body, understanding.hints)) for body in texts.bodies],
        "hint heading": _by_section(passages, lambda section: float(term_hits(_headings(section), understanding.hints) > 0)),
        "cosine": cosines,
        "cosine best": cosines - cosines.max(initial=-1.0),
        "document": [float(min(place, 3)) for place in places],
        "words, nothing asked": words * loose,
        "words, much said": words * much,
        "section, much said": section * much,
        "cosine, nothing asked": cosines * loose,
        **_of_words(understanding, passages, texts, weights),
        **_of_sections(understanding, passages, texts, others),
        **condition_features(understanding, passages, texts.bodies, kb),
    }
    return np.column_stack([np.asarray(table[name], np.float64) for name in FEATURES])


def _of_words(
    understanding: Understanding,
    passages: Sequence[Passage],
    texts: _Texts,
    weights: Mapping[str, float],
) -> dict[str, NDArray[np.float64] | list[float]]:
    """The features that the words themselves give it, beside BM25: what a literal question goes by."""
    there = overlap.standing(texts.bodies, list(weights))
    local = overlap.local_weights(there, np.array(list(weights.values()), np.float64))
    number = overlap.asks_for_number(understanding.question)
    return {
        "rare words": overlap.covered(there, local),
        "rare words, section": overlap.covered(overlap.together_by_section(there, passages), local),
        "phrases": overlap.phrases(texts.bodies, understanding.masked),
        "number": [float(number and overlap.has_number(body)) for body in texts.bodies],
    }


def _of_sections(
    understanding: Understanding, passages: Sequence[Passage], texts: _Texts, others: Collection[str]
) -> dict[str, list[float]]:
    """The features that a passage's section and its place give it."""
    asked = understanding.groups
    patient = patient_pattern(understanding.populations)
    groups = {passage.section.group for passage in passages}
    missing = [group for group in asked if group not in groups]
    seen: set[tuple[str, str, int]] = set()
    begins = []
    for passage in passages:
        place = (passage.document.source, passage.document.key, passage.section.index)
        begins.append(float(place not in seen))
        seen.add(place)
    return {
        "asked first": [float(p.section.group in asked[:1]) for p in passages],
        "asked": [float(p.section.group in asked) for p in passages],
        "patient": [float(patient is not None and patient.search(body) is not None) for body in texts.bodies],
        "patient heading": _by_section(
            passages, lambda section: float(patient is not None and patient.search(_headings(section)) is not None)
        ),
        "first": begins,
        "place": _places(passages),
        "short": [float(len(body) < SHORT) for body in texts.bodies],
        "panel": [float(p.section.code == PANEL) for p in passages],
        "unclassified": [float(p.section.group is SectionGroup.OTHER) for p in passages],
        "leaflet": [float(p.section.group is SectionGroup.PATIENT) for p in passages],
        "stands in": [
            float(any(_stands_in(p, body, g) for g in missing)) for p, body in zip(passages, texts.bodies, strict=True)
        ],
        "names another": [float(any(name in body for name in others)) for body in texts.bodies],
    }


def _places(passages: Sequence[Passage]) -> list[float]:
    """Where each passage stands in its document, from 0 to 1."""
    ends: dict[tuple[str, str], int] = {}
    refs = [(passage.document.source, passage.document.key) for passage in passages]
    for ref, passage in zip(refs, passages, strict=True):
        ends[ref] = max(passage.start, ends.get(ref, 1))
    return [passage.start / ends[ref] for ref, passage in zip(refs, passages, strict=True)]


def _stands_in(passage: Passage, body: str, missing: SectionGroup) -> bool:
    pattern = support_pattern(missing)
    return pattern is not None and passage.section.group in support_groups(missing) and pattern.search(body) is not None


def _headings(section: Section) -> str:
    return " ".join((*section.path, section.heading)).lower()


def _by_section(passages: Sequence[Passage], value: Callable[[Section], T]) -> list[T]:
    """A value of each passage's section, worked out once for those that share one."""
    known: dict[int, T] = {}
    for passage in passages:
        if id(passage.section) not in known:
            known[id(passage.section)] = value(passage.section)
    return [known[id(passage.section)] for passage in passages]


def _weights(understanding: Understanding, kb: KnowledgeBase) -> dict[str, float]:
    """The words of the question without the names of its medicines, with their inverse document frequencies."""
    return {word: weight for word, weight in kb.word_weights(understanding.masked).items() if word not in STOP_WORDS}


def _bm25(bodies: Sequence[str], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """BM25 of each text over what a text with every word would score at most; words are counted wherever they stand."""
    best = sum(weights.values()) * (K1 + 1.0)
    scores = np.zeros(len(bodies))
    for at, body in enumerate(bodies):
        norm = K1 * (1.0 - B + B * len(body) / USUAL_LENGTH)
        for word, weight in weights.items():
            frequency = body.count(word)
            if frequency:
                scores[at] += weight * frequency * (K1 + 1.0) / (frequency + norm)
    return scores / best if best else scores


def _share(heading: str, weights: Mapping[str, float]) -> float:
    whole = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in heading) / whole if whole else 0.0


def _cosines(understanding: Understanding, passages: Sequence[Passage], kb: KnowledgeBase) -> NDArray[np.float64]:
    return np.array(kb.vector_scores(understanding.masked, [passage.id for passage in passages]))
