"""Which sections a question asks for, as probabilities: a linear model over its cues, its patient and its words.

The weights are fitted on questions whose answering sections readers named (`medrag tune`); here they are only applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from medrag.kb.tokens import tokens
from medrag.retrieve.cues import Cue, Population
from medrag.sections import SectionGroup
from medrag.types import Record

__all__ = ["SectionModel", "question_features"]

GROUPS = tuple(SectionGroup)
MAX_WORDS = 60  # features of a long-winded question; the first ones ask as a rule


class SectionModel(Record):
    """A multinomial logistic regression: `weights[feature][group]`, absent ones 0; without weights all groups are alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Mapping[str, Mapping[SectionGroup, float]] = {}

    def probabilities(self, features: Sequence[str]) -> dict[SectionGroup, float]:
        """The probability of each group, adding up to 1."""
        logits: NDArray[np.float64] = np.zeros(len(GROUPS))
        places = {group: place for place, group in enumerate(GROUPS)}
        for feature in features:
            for group, weight in self.weights.get(feature, {}).items():
                logits[places[group]] += weight
        odds = np.exp(logits - logits.max())
        return dict(zip(GROUPS, (odds / odds.sum()).tolist(), strict=True))


def question_features(
    masked: str, lang: str, cues: Sequence[Cue], who: Sequence[Population], *, drugs: int, disease: bool
) -> tuple[str, ...]:
    """What the model sees of a plain question in which the names of its medicines are masked; each feature once."""
    return tuple(dict.fromkeys(_features(masked, lang, cues, who, drugs=drugs, disease=disease)))


def _features(
    masked: str, lang: str, cues: Sequence[Cue], who: Sequence[Population], *, drugs: int, disease: bool
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
    for token in tokens(masked)[:MAX_WORDS]:
        yield f"word {token}"
