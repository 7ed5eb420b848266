"""Fitting what a profile holds: the section model and the ranker, from nothing or from the weights of another profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from medrag.retrieve.classify import GROUPS, PART, SectionModel
from medrag.retrieve.features import FEATURES, Ranker
from medrag.sections import SectionGroup

__all__ = ["AskedSections", "Choice", "fit_ranker", "fit_sections"]

MIN_COUNT = 3  # questions that must have a feature for it to be fitted
SECTIONS_PENALTY = 1.0
RANKER_PENALTY = 1.0
FEW, FEW_PENALTY = 100, 2.0  # of a kind with fewer questions the penalty is so many times as high
PART_SCALE = 0.5  # what the part of a word counts for as an input, so that it is drawn to 0 four times as much
KEPT = 0.08  # smaller weights of the section model are left out: they are many and change nothing
TINY = 1e-12

Loss = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class AskedSections:
    """A question as the section model sees it, and how much of its answer stands in each group (adding up to 1)."""

    features: tuple[str, ...]
    groups: Mapping[SectionGroup, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates of a question, one row of features each, and which of them are right; `kind` picks the weights."""

    kind: str
    rows: NDArray[np.float64]
    right: NDArray[np.bool_]


def fit_sections(
    questions: Sequence[AskedSections], base: SectionModel | None = None, *, penalty: float = SECTIONS_PENALTY
) -> SectionModel:
    """Multinomial logistic regression by L-BFGS, its weights drawn to those of `base` (or to 0) by an L2 penalty.

    The same questions give the same weights.
    """
    before = base or SectionModel()
    counted = Counter(feature for question in questions for feature in question.features)
    features = sorted(feature for feature, count in counted.items() if count >= MIN_COUNT)
    columns = {feature: column for column, feature in enumerate(features)}
    at = np.array([(r, columns[f]) for r, q in enumerate(questions) for f in q.features if f in columns], np.int64)
    at = at.reshape(-1, 2)
    scales = np.array([PART_SCALE if feature.startswith(PART) else 1.0 for feature in features])
    inputs = csr_matrix((scales[at[:, 1]], (at[:, 0], at[:, 1])), shape=(len(questions), len(features)))
    known = np.log([[before.probabilities(q.features)[group] for group in GROUPS] for q in questions])
    targets = np.array([[question.groups.get(group, 0.0) for group in GROUPS] for question in questions])
    found = _minimum(_cross_entropy(inputs, known, targets, penalty), len(features) * len(GROUPS), 100)
    weights = found.reshape(len(features), len(GROUPS)) * scales[:, None]
    return SectionModel(weights=_added(before.weights, dict(zip(features, weights, strict=True))))


def _cross_entropy(
    inputs: csr_matrix[np.float64], known: NDArray[np.float64], targets: NDArray[np.float64], penalty: float
) -> Loss:
    turned = inputs.T.tocsr()
    shape = (inputs.shape[1], len(GROUPS))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        logits: NDArray[np.float64] = np.asarray(inputs @ weights) + known
        logits -= logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        value = -float((targets * (logits - log_sum)).sum()) + 0.5 * penalty * float(flat @ flat)
        wrong = np.exp(logits - log_sum) * targets.sum(axis=1, keepdims=True) - targets
        return value, (np.asarray(turned @ wrong) + penalty * weights).ravel()

    return loss


def _added(
    before: Mapping[str, Mapping[SectionGroup, float]], change: Mapping[str, NDArray[np.float64]]
) -> dict[str, dict[SectionGroup, float]]:
    """The weights after the change, without those that are too small to matter."""
    total: dict[str, dict[SectionGroup, float]] = {}
    for feature in sorted({*before, *change}):
        row = change.get(feature, np.zeros(len(GROUPS)))
        weights = {g: round(before.get(feature, {}).get(g, 0.0) + float(w), 2) for g, w in zip(GROUPS, row, strict=True)}
        kept = {group: weight for group, weight in weights.items() if abs(weight) >= KEPT}
        if kept:
            total[feature] = kept
    return total


def fit_ranker(choices: Sequence[Choice], base: Ranker | None = None, *, penalty: float = RANKER_PENALTY) -> Ranker:
    """Per kind of question the weights that make right candidates likeliest under a softmax over its candidates.

    They are drawn to those that `base` has for the kind or its language (or to 0); kinds without questions keep theirs.
    """
    before = base or Ranker()
    kinds = sorted({choice.kind for choice in choices})
    fitted = {kind: _fit_kind([c for c in choices if c.kind == kind], before.of(kind), penalty) for kind in kinds}
    return Ranker(weights={**before.weights, **fitted})


def _fit_kind(choices: Sequence[Choice], before: Mapping[str, float], penalty: float) -> dict[str, float]:
    usable = [choice for choice in choices if choice.right.any() and not choice.right.all()]
    penalty *= FEW_PENALTY if len(usable) < FEW else 1.0
    base = np.array([before.get(name, 0.0) for name in FEATURES])
    if usable:
        base = base + _minimum(_listwise(usable, base, penalty), len(FEATURES), 200)
    return {name: round(float(weight), 3) for name, weight in zip(FEATURES, base, strict=True)}


def _listwise(choices: Sequence[Choice], base: NDArray[np.float64], penalty: float) -> Loss:
    """The negative log-probability of the right candidates, over all questions at once.

    Source: Cao et al., *Learning to Rank: From Pairwise Approach to Listwise Approach*, ICML 2007 (top-one probability).
    """
    rows = np.vstack([choice.rows for choice in choices])
    right = np.concatenate([choice.right for choice in choices]).astype(np.float64)
    starts = np.cumsum([0, *(len(choice.rows) for choice in choices[:-1])])
    of = np.repeat(np.arange(len(choices)), [len(choice.rows) for choice in choices])

    def loss(change: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = rows @ (base + change)
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        everything, good = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts) + TINY
        value = float(np.log(everything / good).sum()) + 0.5 * penalty * float(change @ change)
        return value, (odds / everything[of] - odds * right / good[of]) @ rows + penalty * change

    return loss


def _minimum(loss: Loss, size: int, steps: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return found
