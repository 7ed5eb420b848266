"""Terms of a standard by likeness to a text: character n-grams propose, a few fitted features decide.

The weights were fitted once, by maximum likelihood of the right term among the proposed, on the first half of CHIP-CDN's
surgery pairs; they are numbers of likeness, and hold no words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medrag.kb.wordings import is_other, scope_of, sides_of, worded
from medrag.types import EntityKind

__all__ = ["SimilarNames"]

PROPOSED = 60  # terms that n-grams propose; of the right ones 95 in 100 are among them
GRAM_WEIGHTS = (0.6, 1.0, 0.5)  # of single characters, pairs and triples
UNKNOWN = 9.0  # the weight of a gram that no term has
# In the order of `_features`.
WEIGHTS = np.array([0.9, 4.9, 2.9, 3.2, 1.5, 2.9, 1.0, 0.0, -0.8, -0.7, -1.1, -0.6, 1.5, 0.6, 0.2, 0.8, -1.2])
SOFTNESS = 5.0  # of the score: a term that is e times less likely loses a fifth


@dataclass(frozen=True, slots=True)
class _Wording:
    """A name as it is compared: worded with and without brackets, its grams with both, its sides and scope."""

    whole: str
    bare: str
    grams: frozenset[str]
    bare_grams: frozenset[str]
    sides: int
    scope: str


class SimilarNames:
    """The names of one kind, ready for comparing; the names are in the order given."""

    def __init__(self, names: Sequence[str], kind: EntityKind) -> None:
        from scipy.sparse import csc_matrix  # a tenth of a second that most questions do not need

        self.names = list(names)
        self._kind = kind
        self._column: dict[str, int] = {}
        columns: list[int] = []
        times: list[int] = []
        sizes: list[int] = []
        for name in self.names:
            count = Counter(_grams(worded(name, kind)))
            columns += [self._column.setdefault(gram, len(self._column)) for gram in count]
            times += count.values()
            sizes.append(len(count))
        rows = np.repeat(np.arange(len(self.names)), sizes)
        frequency = np.bincount(np.array(columns, np.intp), minlength=len(self._column)).tolist()
        of_column = [math.log((len(self.names) + 1) / (n + 0.5)) for n in frequency]
        self._weight = dict(zip(self._column, of_column, strict=True))
        values = self._values(rows, np.array(columns, np.intp), np.array(times, np.intp))
        shape = (len(self.names), max(len(self._column), 1))
        self._matrix = csc_matrix((values.astype(np.float32), (rows, columns)), shape)
        self._wordings: dict[int, _Wording] = {}

    def find(self, text: str, k: int) -> list[tuple[str, float]]:
        """The k names most like the text with their scores (0 to 1, 1 for the same wording), best first, ties by name."""
        proposed = self._proposed(text)
        if not proposed:
            return []
        asked = self._worded(text)
        features = np.array([self._features(asked, at, cosine) for at, cosine in proposed])
        best = float(np.sum(np.maximum(WEIGHTS[:7], 0.0)) + WEIGHTS[13] + WEIGHTS[14] + WEIGHTS[15])
        scores = np.exp(np.minimum(features @ WEIGHTS - best, 0.0) / SOFTNESS)
        found = [(self.names[at], float(score)) for (at, _), score in zip(proposed, scores, strict=True)]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:k]

    def _values(self, rows: NDArray[np.intp], columns: NDArray[np.intp], times: NDArray[np.intp]) -> NDArray[np.float64]:
        """What `_weights` gives for the grams of all names at once, which are thousands, while a question waits."""
        logs = np.array([0.0, *(math.log(n) for n in range(1, int(times.max(initial=0)) + 1))])
        weights = np.fromiter(self._weight.values(), np.float64)
        of_size = np.array([GRAM_WEIGHTS[len(gram) - 1] for gram in self._column])
        values = (1 + logs[times]) * weights[columns] * of_size[columns]
        lengths = np.sqrt(np.bincount(rows, values * values, len(self.names)))
        made: NDArray[np.float64] = values / lengths[rows]
        return made

    def _weights(self, count: Counter[str]) -> dict[int, float]:
        """The unit vector of some grams, by column."""
        weights = {
            self._column[gram]: (1 + math.log(n)) * self._weight[gram] * GRAM_WEIGHTS[len(gram) - 1]
            for gram, n in count.items()
            if gram in self._column
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {column: weight / length for column, weight in weights.items()}

    def _proposed(self, text: str) -> list[tuple[int, float]]:
        """The numbers of the nearest names and their cosines, by the text with or without its brackets."""
        found: dict[int, float] = {}
        for words in {worded(text, self._kind), worded(text, self._kind, brackets=False)}:
            weights = self._weights(Counter(_grams(words)))
            if not weights:
                continue
            cosines = self._matrix[:, list(weights)] @ np.fromiter(weights.values(), np.float64)
            for at in np.argsort(-cosines, kind="stable")[:PROPOSED]:
                if cosines[at] > 0:
                    found[int(at)] = max(found.get(int(at), 0.0), float(cosines[at]))
        return sorted(found.items(), key=lambda item: (-item[1], self.names[item[0]]))[:PROPOSED]

    def _worded(self, name: str) -> _Wording:
        whole, bare = worded(name, self._kind), worded(name, self._kind, brackets=False)
        return _Wording(whole, bare, _pairs(whole), _pairs(bare), sides_of(name), scope_of(whole))

    def _features(self, asked: _Wording, at: int, cosine: float) -> list[float]:
        from rapidfuzz.distance import LCSseq

        name = self._wordings.get(at)
        if name is None:
            name = self._wordings[at] = self._worded(self.names[at])
        both, bare = self._mass(asked.grams & name.grams), self._mass(asked.bare_grams & name.bare_grams)
        order = LCSseq.similarity(asked.bare, name.bare)
        return [
            cosine,
            both / self._mass(asked.grams),
            both / self._mass(name.grams),
            bare / self._mass(asked.bare_grams),
            bare / self._mass(name.bare_grams),
            2 * order / (len(asked.bare) + len(name.bare)),
            order / len(name.bare),
            float(bool(name.scope) and name.scope != asked.scope),
            float(bool(asked.scope) and name.scope != asked.scope),
            float(is_other(self.names[at])),
            float(name.sides == 2 and asked.sides != 2),
            float(name.sides != 2 and asked.sides == 2),
            float(name.sides == 1 == asked.sides),
            float(asked.whole == name.whole),
            float(asked.bare[-2:] == name.bare[-2:]),
            float(asked.bare[:2] == name.bare[:2]),
            float(self.names[at].endswith("手术") or len(self.names[at]) < 4),
        ]

    def _mass(self, grams: Iterable[str]) -> float:
        return math.fsum(self._weight.get(gram, UNKNOWN) for gram in grams) or 1.0  # exact, so in any order of a set


def _grams(text: str) -> list[str]:
    return [text[at : at + size] for size in (1, 2, 3) for at in range(len(text) - size + 1)]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + size] for size in (1, 2) for at in range(len(text) - size + 1))
