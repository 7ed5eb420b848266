"""What the plots of a report show, worked out from the records of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medrag.evaluate.report.svg import Curve
from medrag.evaluate.runs.records import Asked
from medrag.evaluate.runs.tasks import SUPPORTED

__all__ = ["BINS", "DEEPEST", "PERCENTILES", "calibration", "hit_rates", "latency", "risk_coverage"]

DEEPEST = 10  # rank of the curve of hit rates
BINS = 10  # of the calibration, of equal numbers of answers
FEWEST = 5  # answers of a bin
PERCENTILES = (*range(0, 100, 2), 99)


def hit_rates(name: str, records: Sequence[Asked]) -> Curve:
    """The share of questions whose first right piece of evidence stands at rank k or before, for k of 1 to 10."""
    ranks = [1.0 / one.values["RR"] if one.values["RR"] > 0 else np.inf for one in records if one.scored and "RR" in one.values]
    points = [(float(k), sum(rank <= k + 1e-9 for rank in ranks) / len(ranks)) for k in range(1, DEEPEST + 1)] if ranks else []
    return Curve(name, points, marked=True)


def risk_coverage(name: str, records: Sequence[Asked]) -> Curve:
    """Of the answers given, the surest first: the share that no right section supports, by the share of questions answered."""
    asked = [one for one in records if one.scored and "answered" in one.values]
    given = sorted((one for one in asked if SUPPORTED in one.values), key=lambda one: -one.confidence)
    wrong = np.cumsum([1.0 - one.values[SUPPORTED] for one in given])
    return Curve(name, [((at + 1) / len(asked), float(wrong[at]) / (at + 1)) for at in range(len(given))])


def calibration(name: str, records: Sequence[Asked]) -> Curve:
    """For bins of answers of like confidence: the mean confidence, and the share that a right section supports."""
    given = sorted((one for one in records if one.scored and SUPPORTED in one.values), key=lambda one: one.confidence)
    bins = np.array_split(np.arange(len(given)), min(BINS, max(1, len(given) // FEWEST))) if given else []
    points = [
        (float(np.mean([given[at].confidence for at in part])), float(np.mean([given[at].values[SUPPORTED] for at in part])))
        for part in bins
        if len(part)
    ]
    return Curve(name, points, marked=True)


def latency(name: str, records: Sequence[Asked]) -> Curve:
    """The share of questions that were answered within so many milliseconds."""
    times = [one.milliseconds for one in records if not one.fault]
    points = [(float(np.percentile(times, share)), share / 100.0) for share in PERCENTILES] if times else []
    return Curve(name, points)
