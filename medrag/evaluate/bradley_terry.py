"""Bradley–Terry strengths of models by their battles, on Elo's scale: the order of the battles does not matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medrag.evaluate.battles import Battle
from medrag.evaluate.elo import BASE, INIT, SCALE, fought
from medrag.evaluate.metrics import Estimate

__all__ = ["bradley_terry"]

RESAMPLES = 1_000
SEED = 42
# A tenth of a win and of a defeat against a model of average strength: without it one that won every battle of a resample
# would be infinitely strong. On 110 battles a model it moves a rating by less than a point.
PRIOR = 0.1
STEPS = 30
ENOUGH = 1e-9  # change of a strength, in natural units, after which Newton's method stops
_TAILS = (2.5, 97.5)


def bradley_terry(battles: Sequence[Battle], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Estimate]:
    """The strength of each model with its 95 % bootstrap interval, mean 1000; 400 points make a model ten times as likely to win.

    The chance that model i beats j is 1 / (1 + 10^((r_j - r_i) / 400)); a tie is half a win for each. `total` is what
    the model won. Source: Bradley, Terry, Biometrika 1952.
    """
    models, a, b, scores = fought(battles)
    size = len(models)
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(len(battles), np.full(len(battles), 1.0 / len(battles)), resamples)
    weights = np.concatenate([np.ones((1, len(battles)), weights.dtype), weights])
    cells = np.zeros((len(battles), size * size))
    each = np.arange(len(battles))
    cells[each, a * size + b] += scores
    cells[each, b * size + a] += 1.0 - scores
    wins = (weights @ cells).reshape(-1, size, size)
    ratings = INIT + _strengths(wins) * SCALE / np.log(BASE)
    low, high = np.percentile(ratings[1:], _TAILS, axis=0)
    number, won = wins[0].sum(axis=1) + wins[0].sum(axis=0), wins[0].sum(axis=1)
    return {
        model: Estimate(round(number[at]), float(ratings[0, at]), float(low[at]), float(high[at]), float(won[at]))
        for at, model in enumerate(models)
    }


def _strengths(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most likely strengths (n, models) for n tables of wins (n, models, models), sum 0: Newton's method on all at once."""
    strengths = np.zeros(wins.shape[:2])
    played = wins + wins.transpose(0, 2, 1)
    eye = np.eye(wins.shape[1])
    for _ in range(STEPS):
        expected = 1.0 / (1.0 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        own = 1.0 / (1.0 + np.exp(-strengths))
        gradient = (wins - played * expected).sum(axis=2) + PRIOR - 2 * PRIOR * own
        spread = played * expected * (1.0 - expected)
        hessian = eye * (spread.sum(axis=2) + 2 * PRIOR * own * (1.0 - own))[:, :, None] - spread
        change = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        strengths += np.clip(change, -1.0, 1.0)
        if np.abs(change).max() < ENOUGH:
            break
    centred: NDArray[np.float64] = strengths - strengths.mean(axis=1, keepdims=True)
    return centred
