"""Which sections a question asks for, as probabilities: a linear model over its cues, its patient and its words.

The weights are fitted on questions whose answering sections readers named (`medrag tune`); here they are only applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from medrag.kb.tokens import tokens
from medrag.patterns import regex
from medrag.retrieve.cues import Cue, Population
from medrag.sections import SectionGroup
from medrag.types import Record

__all__ = ["PART", "SectionModel", "question_features"]

GROUPS = tuple(SectionGroup)
MAX_WORDS = 60  # features of a long-winded question; the first ones ask as a rule
PART = "part "  # of a word: withdrawal, withdrawn and withdrew begin alike, 便秘 and 便血 share a character
MAX_PARTED = 120  # characters of a question of which the parts are looked at
_BEGINNINGS = (4, 6)  # letters of an English word
_ENGLISH = regex(r"[a-z]{4,}")
_HAN_RUN = regex(r"[一-鿿]+")


class SectionModel(Record):
    """A multinomial logistic regression: `weights[feature][group]`, absent ones 0; without weights all groups are alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Mapping[str, Mapping[SectionGroup, float]] = {}

    def probabilities(self, features: Sequence[str]) -> dict[SectionGroup, float]:
        """The probability of each group, adding up to 1."""
        numbers, rows = self._rows
        logits: NDArray[np.float64] = rows[[numbers[feature] for feature in features if feature in numbers]].sum(axis=0)
        odds = np.exp(logits - logits.max())
        return dict(zip(GROUPS, (odds / odds.sum()).tolist(), strict=True))

    @cached_property
    def _rows(self) -> tuple[dict[str, int], NDArray[np.float64]]:
        """The number of each feature's row, and the rows, shape (features, groups)."""
        places = {group: place for place, group in enumerate(GROUPS)}
        rows = np.zeros((len(self.weights), len(GROUPS)))
        for number, weights in enumerate(self.weights.values()):
            for group, weight in weights.items():
                rows[number, places[group]] = weight
        return {feature: number for number, feature in enumerate(self.weights)}, rows


def question_features(
    masked: str, lang: str, cues: Sequence[Cue], who: Sequence[Population], *, drugs: int, disease: bool, bare: bool
) -> tuple[str, ...]:
    """What the model sees of a plain question in which the names of its medicines are masked; each feature once.

    `bare` says that no word with a meaning of its own is left in it, as in "what is \\0".
    """
    return tuple(dict.fromkeys(_features(masked, lang, cues, who, drugs=drugs, disease=disease, bare=bare)))


def _features(
    masked: str, lang: str, cues: Sequence[Cue], who: Sequence[Population], *, drugs: int, disease: bool, bare: bool
) -> Iterator[str]:
    yield f"lang={lang}"
    yield f"drugs={min(drugs, 2)}"
    if disease:
        yield f"disease {lang}"
    for place, cue in enumerate(cues):
        yield f"asks {cue.group.value}"
        if not place:
            yield f"first asks {cue.group.value}"
    if not cues:
        yield f"asks nothing {lang}"
    for population in who:
        yield f"for {population.value}"
    words = tokens(masked)[:MAX_WORDS]
    if bare and not cues:
        yield f"bare {' '.join(words[:2])}"
    for token in words:
        yield f"word {token}"
    for part in _parts(masked[:MAX_PARTED]):
        yield PART + part


def _parts(text: str) -> Iterator[str]:
    """The beginnings of the English words, and the characters and threes of characters of the Chinese ones."""
    for word in _ENGLISH.findall(text):
        for length in _BEGINNINGS:
            yield word[:length]
    for run in _HAN_RUN.findall(text):
        yield from run
        yield from (run[at : at + 3] for at in range(len(run) - 2))
