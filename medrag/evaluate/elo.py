"""Elo ratings of models by their battles: the median over bootstrap resamples, as PULSE-EVAL publishes it.

An Elo rating depends on the order of the battles: the last ones weigh most. The median over resamples, which are in random
order, takes most of that away; `medrag.evaluate.bradley_terry` has no order at all and stands beside it in the tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medrag.errors import EvaluationError
from medrag.evaluate.battles import Battle, models_of
from medrag.evaluate.metrics import Estimate

__all__ = ["BASE", "INIT", "SCALE", "elo", "elo_bootstrap", "fought", "rounded"]

K = 4.0  # points at stake in one battle
SCALE = 400.0  # points that make the better model ten times as likely to win
BASE = 10.0
INIT = 1000.0
RESAMPLES = 1_000
SEED = 42
_TAILS = (2.5, 97.5)  # percentiles of a 95 % interval


def elo(battles: Sequence[Battle]) -> dict[str, float]:
    """The rating of each model after the battles in their order, by model in order of appearance."""
    models, a, b, scores = fought(battles)
    order = np.arange(len(battles))[None, :]
    return dict(zip(models, _ratings(order, a, b, scores, len(models))[0].tolist(), strict=True))


def elo_bootstrap(battles: Sequence[Battle], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Estimate]:
    """The median rating of each model over resamples of the battles, drawn with replacement, with the 95 % interval."""
    models, a, b, scores = fought(battles)
    drawn = np.random.default_rng(seed).integers(0, len(battles), (resamples, len(battles)))
    ratings = _ratings(drawn, a, b, scores, len(models))
    low, high = np.percentile(ratings, _TAILS, axis=0)
    middle = np.median(ratings, axis=0)
    number = np.bincount(np.concatenate([a, b]), minlength=len(models))
    return {
        model: Estimate(int(number[at]), float(middle[at]), float(low[at]), float(high[at]), float(middle[at]))
        for at, model in enumerate(models)
    }


def rounded(rating: float) -> int:
    """The rating as it is printed: int(x + .5)."""
    return int(rating + 0.5)


def fought(battles: Sequence[Battle]) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """The models, and for each battle the places of both among them and what the first one won."""
    if not battles:
        raise EvaluationError("there are no battles to rate models by")
    models = models_of(battles)
    places = {model: at for at, model in enumerate(models)}
    a = np.asarray([places[battle.pair.a] for battle in battles], np.intp)
    b = np.asarray([places[battle.pair.b] for battle in battles], np.intp)
    return models, a, b, np.asarray([battle.score for battle in battles], np.float64)


def _ratings(
    orders: NDArray[np.integer], a: NDArray[np.intp], b: NDArray[np.intp], scores: NDArray[np.float64], models: int
) -> NDArray[np.float64]:
    """Ratings of shape (orders, models) after the battles in each order: battle by battle, all orders at once."""
    ratings = np.full((len(orders), models), INIT)
    each = np.arange(len(orders))
    for step in orders.T:
        first, second = a[step], b[step]
        expected = 1.0 / (1.0 + BASE ** ((ratings[each, second] - ratings[each, first]) / SCALE))
        gained = K * (scores[step] - expected)
        ratings[each, first] += gained
        ratings[each, second] -= gained
    return ratings
