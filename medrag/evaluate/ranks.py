"""Ranks of models over several sets: in each the best is first, equals share the mean of their ranks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import rankdata

from medrag.errors import EvaluationError

__all__ = ["average_ranks", "ranks"]


def ranks(values: Mapping[str, float]) -> dict[str, float]:
    """The rank of each by its value, the highest 1; two that share the second place have 2.5."""
    return dict(zip(values, (float(rank) for rank in rankdata([-value for value in values.values()])), strict=True))


def average_ranks(sets: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean over the sets of each model's rank; `EvaluationError` where a set lacks a model that another has."""
    models = list(dict.fromkeys(model for values in sets.values() for model in values))
    for name, values in sets.items():
        missing = [model for model in models if model not in values]
        if missing:
            raise EvaluationError(f"{name}: there is no value for {', '.join(missing)}")
    by_set = [ranks(values) for values in sets.values()]
    return {model: float(np.mean([one[model] for one in by_set])) for model in models}
