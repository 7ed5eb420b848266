"""Fits the model that tells emergencies from other questions: `python -m training.danger --data FOLDER`."""

from __future__ import annotations

import argparse
import json
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it ships no types
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from medrag.answer.notices.fire import by_rules
from medrag.answer.notices.learned import SIZE, places
from medrag.retrieve.understand import plain
from medrag.types import NoticeKind

log = logging.getLogger("training")

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    ROOT / "tests" / "answer" / "notices" / "questions",
    ROOT / "training",
)  # written before there was a model, and since
WEIGHTS = ROOT / "medrag" / "answer" / "notices" / "danger.npy"
LANGUAGES = ("zh", "en")
PAIRS = 1_500  # of patients' and readers' questions, a language
LONG = 300  # characters, beyond which a patient's story is left out: what of it is the danger?
STRENGTH = 30.0  # of scikit-learn's C
DOUBTFUL = 0.7  # score from which a question that nobody marked is left out: it may well be an emergency
SEED = 1


def lines(name: str) -> list[str]:
    """The lines of the files of that name: questions that the project wrote."""
    return [line for folder in QUESTIONS for line in (folder / name).read_text("utf-8").splitlines() if line]


def unmarked(data: Path, lang: str) -> Iterator[str]:
    """Questions that were not written for this, almost none of them an emergency: the project's own, and public ones."""
    for path in sorted((ROOT / "tests" / "data" / "questions").rglob(f"*{lang}*.jsonl")):
        yield from (json.loads(line)["question"] for line in path.read_text("utf-8").splitlines() if line)
    pairs = [json.loads(line)["question"] for line in (data / "train" / f"{lang}_pairs.jsonl").read_text("utf-8").splitlines()]
    random.Random(SEED).shuffle(pairs)
    yield from (question for question in pairs[:PAIRS] if len(question) <= LONG)


def matrix(texts: Sequence[str]) -> csr_matrix:
    """A row a text, of unit length: `danger` divides by the same."""
    rows = [places(text) for text in texts]
    values = [np.full(len(row), 1.0 / np.sqrt(max(len(row), 1))) for row in rows]
    starts = np.cumsum([0, *map(len, rows)])
    return csr_matrix((np.concatenate(values), np.concatenate(rows), starts), shape=(len(texts), SIZE))


def fitted(found: csr_matrix, marked: NDArray[np.bool_]) -> LogisticRegression:
    """The model of one set of rows."""
    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3_000).fit(found, marked)


def crossed(found: csr_matrix, marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each row's score by a model that did not see it."""
    scores = np.zeros(len(marked))
    for known, asked in StratifiedKFold(5, shuffle=True, random_state=SEED).split(found, marked):
        scores[asked] = fitted(found[known], marked[known]).predict_proba(found[asked])[:, 1]
    return scores


def report(texts: Sequence[str], scores: NDArray[np.float64], groups: Sequence[str]) -> None:
    """How many of each group are taken for an emergency by the model, by the rules, by either, at some thresholds."""
    ruled = np.array([any(n.kind is NoticeKind.EMERGENCY for n in by_rules(text, None, lang="zh")) for text in texts])
    for group in dict.fromkeys(groups):
        of = np.array([one == group for one in groups])
        shares = [
            f"{t}: {(scores[of] >= t).mean():.3f}/{((scores[of] >= t) | ruled[of]).mean():.3f}"
            for t in (0.4, 0.5, 0.6, 0.7, 0.8)
        ]
        log.info("%-14s %5d  rules %.3f  model/either %s", group, of.sum(), ruled[of].mean(), "  ".join(shares))


def main() -> None:
    """Reads, fits, says how it does on what it did not see, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of public pairs")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    data = parser.parse_args().data
    texts: list[str] = []
    groups: list[str] = []
    for lang in LANGUAGES:
        for group, questions in (
            (f"danger {lang}", lines(f"danger_{lang}.txt")),
            (f"ordinary {lang}", lines(f"ordinary_{lang}.txt")),
            (f"unmarked {lang}", list(unmarked(data, lang))),
        ):
            texts += map(plain, questions)
            groups += [group] * len(questions)
    marked = np.array([group.startswith("danger") for group in groups])
    found = matrix(texts)
    scores = crossed(found, marked)
    kept = np.array(
        [not (group.startswith("unmarked") and score >= DOUBTFUL) for group, score in zip(groups, scores, strict=True)]
    )
    log.info("left out as doubtful: %d", (~kept).sum())
    scores = crossed(found[kept], marked[kept])
    report([t for t, k in zip(texts, kept, strict=True) if k], scores, [g for g, k in zip(groups, kept, strict=True) if k])
    model = fitted(found[kept], marked[kept])
    np.save(WEIGHTS, np.concatenate([model.coef_[0], model.intercept_]).astype(np.float16))


if __name__ == "__main__":
    main()
