"""Measures of rankings, by ir_measures, and what chance leaves of their means: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import MissingExtraError

__all__ = ["MEASURES", "SEED", "Difference", "Estimate", "compare", "estimate", "ir_measures", "measured"]

MEASURES = ("Success@1", "Success@5", "Success@10", "nDCG@5", "RR")
RESAMPLES = 2_000
BLOCK = 1_000_000  # values drawn at a time
SEED = 42
LEVEL = 0.95
FEW = 50  # questions; below, a share is shown with the count behind it


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of a measure over n questions with its 95 % interval; `total` is the sum, a count for measures of 0 and 1."""

    n: int
    value: float
    low: float
    high: float
    total: float

    @property
    def small(self) -> bool:
        """Whether the count must stand beside the share."""
        return self.n < FEW


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the second of two systems is on the same n questions, with the 95 % interval of the difference.

    `wins` and `losses` count the questions where it is better and worse; `p` is the share of resamples, doubled, in which
    the difference has the other sign or vanishes.
    """

    n: int
    value: float
    low: float
    high: float
    p: float
    wins: int
    losses: int


def measured(
    rankings: Mapping[str, Sequence[Hashable]],
    right: Mapping[str, Mapping[Any, int]],  # the type of a mapping's keys is invariant
) -> dict[str, dict[str, float]]:
    """Each measure of each question: `result["nDCG@5"]["q1"]`.

    `rankings` holds what was found for each question, best first; a thing found again counts as a miss there, so that
    nothing is rewarded twice. `right` holds the grade (1 or more) of all that is right for the question.
    """
    ir = ir_measures()
    numbers = {query: {thing: str(number) for number, thing in enumerate(right[query])} for query in rankings}
    qrels = [ir.Qrel(q, numbers[q][thing], grade) for q in rankings for thing, grade in right[q].items()]
    run = [
        ir.ScoredDoc(query, name, -float(rank))
        for query, found in rankings.items()
        for rank, name in enumerate(_names(found, numbers[query]))
    ]
    values = {measure: dict.fromkeys(rankings, 0.0) for measure in MEASURES}
    if qrels and run:
        for metric in ir.iter_calc([ir.parse_measure(name) for name in MEASURES], qrels, run):
            values[str(metric.measure)][metric.query_id] = metric.value
    return values


def _names(found: Sequence[Hashable], numbers: Mapping[Any, str]) -> list[str]:
    seen: set[Hashable] = set()
    names = []
    for rank, thing in enumerate(found):
        names.append(numbers[thing] if thing in numbers and thing not in seen else f"miss {rank}")
        seen.add(thing)
    return names


def estimate(values: Sequence[float], *, seed: int = SEED) -> Estimate:
    """The mean of the values with the percentile interval of 2,000 bootstrap resamples; all 0 where there are none."""
    if not values:
        return Estimate(0, 0.0, 0.0, 0.0, 0.0)
    array = np.asarray(values, np.float64)
    low, high = _interval(_means(array, seed))
    return Estimate(len(values), float(array.mean()), low, high, float(array.sum()))


def compare(first: Mapping[str, float], second: Mapping[str, float], *, seed: int = SEED) -> Difference:
    """How much better the second system is than the first on the questions that both were asked: paired bootstrap.

    Source: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 16.
    """
    shared = [query for query in first if query in second]
    if not shared:
        return Difference(0, 0.0, 0.0, 0.0, 1.0, 0, 0)
    gained = np.asarray([second[query] - first[query] for query in shared], np.float64)
    means = _means(gained, seed)
    low, high = _interval(means)
    other = float(min((means <= 0.0).mean(), (means >= 0.0).mean()))
    wins, losses = int((gained > 0).sum()), int((gained < 0).sum())
    return Difference(len(shared), float(gained.mean()), low, high, min(1.0, 2.0 * other), wins, losses)


def _means(array: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The means of resamples of the values; drawn in blocks, so that many questions take little memory."""
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK // array.size)
    means = [
        array[generator.integers(0, array.size, (min(block, RESAMPLES - done), array.size))].mean(axis=1)
        for done in range(0, RESAMPLES, block)
    ]
    return np.concatenate(means)


def _interval(means: NDArray[np.float64]) -> tuple[float, float]:
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return float(low), float(high)


def ir_measures() -> Any:
    """The package `ir_measures`, loaded when something is first measured; `MissingExtraError` where it is not installed."""
    try:
        return import_module("ir_measures")
    except ModuleNotFoundError as error:
        raise MissingExtraError("ir_measures", "evaluate") from error
