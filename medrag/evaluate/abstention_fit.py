"""Fitting the score of `medrag.answer.confidence`: logistic weights, and the risk and coverage of thresholds beside them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from medrag.answer.confidence import FEATURES, Confidence, Point, confidence
from medrag.errors import EvaluationError
from medrag.evaluate.abstention import Question

__all__ = ["fit_confidence"]

PENALTY = 1.0  # of the squared weights that all questions share
OWN_PENALTY = 3.0  # of what a language adds to them, and a question that names a medicine or none: of each there are few
ABSENT_WEIGHT = 3.0  # of an answer to a question that nothing answers: there are few that the rules let through
FOLDS = 5
THRESHOLDS = tuple(round(step / 50, 2) for step in range(50))
MIN_QUESTIONS = 20  # for which something would be quoted
LANGS = ("zh", "en")
NAMES = ("named", "open")
PARTS = (*LANGS, *NAMES)


def fit_confidence(questions: Sequence[Question], *, threshold: float, name: str = "fitted") -> Confidence:
    """The model that tells supported answers from others, with a curve from scores of models that had not seen the question.

    Raises `EvaluationError` where something would be quoted for fewer than 20 questions. The same questions give the same
    model.
    """
    whole = _fit(questions)
    held_out = []
    for fold in range(FOLDS):
        model = _fit([question for question in questions if _fold(question) != fold])
        held_out += [(q, confidence(q.features, model)) for q in questions if _fold(q) == fold]
    return whole.model_copy(update={"name": name, "threshold": threshold, "curve": tuple(_curve(held_out))})


def _fold(question: Question) -> int:
    """Questions about one medicine are in one fold, so that no model has seen the label that it is judged by."""
    return zlib.crc32((question.about or question.id).encode()) % FOLDS


def _curve(scored: Sequence[tuple[Question, float]]) -> list[Point]:
    answerable = sum(question.answerable for question, _ in scored)
    points = []
    for threshold in THRESHOLDS:
        given = [q for q, score in scored if q.features.quoted and score >= threshold]
        if given and answerable:
            risk = sum(not q.supported for q in given) / len(given)
            coverage = sum(q.answerable for q in given) / answerable
            points.append(Point(threshold=threshold, risk=round(risk, 4), coverage=round(coverage, 4)))
    return points


def _fit(questions: Sequence[Question]) -> Confidence:
    """Weights that all questions share, and what each language and the naming of a medicine add to them, at once."""
    usable = [question for question in questions if question.features.quoted]
    if len(usable) < MIN_QUESTIONS:
        raise EvaluationError(f"wanted {MIN_QUESTIONS} questions for which something is found, found {len(usable)}")
    plain = np.array([[q.features.values.get(name, 0.0) for name in FEATURES] + [1.0] for q in usable])
    rows = np.hstack([plain, *(plain * np.array([[part in q.features.kind.split()] for q in usable]) for part in PARTS)])
    right = np.array([float(q.supported) for q in usable])
    worth = np.array([1.0 if q.answerable else ABSENT_WEIGHT for q in usable])
    size = plain.shape[1]
    penalty = np.repeat([PENALTY, *(OWN_PENALTY for _ in PARTS)], size)
    penalty[size - 1] *= 0.01  # the bias is free

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = rows @ weights
        value = float((worth * (np.logaddexp(0.0, odds) - right * odds)).sum() + 0.5 * (penalty * weights * weights).sum())
        return value, rows.T @ (worth * (1.0 / (1.0 + np.exp(-odds)) - right)) + penalty * weights

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    shared, own = found[:size], dict(zip(PARTS, found[size:].reshape(-1, size), strict=True))
    kinds = {f"{lang} {naming}": shared + own[lang] + own[naming] for lang in LANGS for naming in NAMES}
    return Confidence(
        weights={kind: _named(weights) for kind, weights in kinds.items()},
        bias={kind: round(float(weights[-1]), 3) for kind, weights in kinds.items()},
    )


def _named(weights: NDArray[np.float64]) -> dict[str, float]:
    return {name: round(float(weight), 3) for name, weight in zip(FEATURES, weights, strict=False)}
