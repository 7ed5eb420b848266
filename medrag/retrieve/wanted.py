"""What a question that names no medicine is about: the conditions it speaks of, each in all the words that labels have for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medrag.kb.base import KnowledgeBase
from medrag.kb.tokens import tokens
from medrag.retrieve.cues import Population, patient_pattern
from medrag.retrieve.sayings import label_word_groups
from medrag.retrieve.understand import Understanding
from medrag.retrieve.words import place_of
from medrag.types import EntityKind, Passage

__all__ = ["EARLY", "WORDED", "condition_features", "condition_words"]

EARLY = 60  # characters: what a medicine is for stands at the beginning, what it may be used for beside that later
MAX_CONDITIONS = 12
WORDED = ("conditions", "conditions early", "conditions in title", "conditions, sought", "conditions early, sought")
_ABOUT = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM, EntityKind.DRUG_CLASS})
_PERSONS = (Population.PREGNANT, Population.LACTATING, Population.CHILD, Population.ELDERLY)

Words = tuple[str, ...]


def condition_words(understanding: Understanding) -> tuple[Words, ...]:
    """For each condition, symptom and class of medicines that the question speaks of the words that labels may have for it.

    What it says of the patient is none of them: a label for children is not what a question about a child's cough is about.
    """
    person = patient_pattern(_PERSONS)
    named = [
        (understanding.question[m.start : m.end] or m.name, m.name)
        for m in understanding.mentions
        if any(entity.kind in _ABOUT for entity in m.entities)
    ]
    said = [
        tuple(word for word in words if _in_language(word, understanding.lang) and (person is None or not person.search(word)))
        for words in label_word_groups(understanding.masked)
    ]
    groups = dict.fromkeys(tuple(dict.fromkeys(group)) for group in (*named, *said) if group)
    return tuple(groups)[:MAX_CONDITIONS]


def _in_language(word: str, lang: str) -> bool:
    """Whether a label in the language of the question may have the word: of Chinese rows of the sayings some words are English."""
    return lang != "zh" or not word.isascii() or word.isdigit()


def condition_features(
    understanding: Understanding, passages: Sequence[Passage], bodies: Sequence[str], kb: KnowledgeBase
) -> dict[str, NDArray[np.float64]]:
    """How far each passage speaks of the conditions of a question that names no medicine; zeros where it names one.

    Each condition weighs as much as its rarest word in the knowledge base.
    """
    nothing = dict.fromkeys(WORDED, np.zeros(len(passages)))
    groups = () if understanding.drugs else condition_words(understanding)
    if not groups or not passages:
        return nothing
    known = kb.word_weights(" ".join(word for group in groups for word in group))
    weights = np.array([max((known.get(t, 0.0) for w in group for t in tokens(w)), default=0.0) for group in groups])
    if not weights.any():
        return nothing
    weights /= weights.sum()
    places = np.array([[_first(body, group) for group in groups] for body in bodies])
    titles = np.array([[_first(p.document.title.lower(), group) for group in groups] for p in passages])
    sought = np.array([p.section.group in understanding.sought for p in passages], np.float64)
    said, early = (places >= 0) @ weights, ((places >= 0) & (places < EARLY)) @ weights
    return {
        "conditions": said,
        "conditions early": early,
        "conditions in title": (titles >= 0) @ weights,
        "conditions, sought": said * sought,
        "conditions early, sought": early * sought,
    }


def _first(body: str, words: Words) -> int:
    """The first place in a text where one of the words stands; -1 where none does."""
    return min((at for word in words if word in body and (at := place_of(body, word)) >= 0), default=-1)
