"""Triage: which departments a model names for a patient, against those that are right, by micro-averaged F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.rows import Shape, fault

__all__ = ["MicroF1", "Triaged", "labels_of", "micro_f1", "read_triage", "triage_scores"]


class _Row(Shape):
    id: str = Field(min_length=1)
    gold: str
    predicted: dict[str, str]


@dataclass(frozen=True, slots=True)
class Triaged:
    """A patient: the right departments and what each model named, as it was written."""

    id: str
    gold: tuple[str, ...]
    predicted: dict[str, str]


@dataclass(frozen=True, slots=True)
class MicroF1:
    """Counts over all patients, and from them precision, recall and F1 (0 where nothing was named or right).

    A department that is named twice counts twice as named and once as a hit.
    """

    hits: int
    named: int
    right: int

    @property
    def precision(self) -> float:
        """The share of what was named that is right."""
        return self.hits / self.named if self.named else 0.0

    @property
    def recall(self) -> float:
        """The share of what is right that was named."""
        return self.hits / self.right if self.right else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.hits / (self.named + self.right) if self.named + self.right else 0.0


def labels_of(text: str) -> tuple[str, ...]:
    """The labels joined by `|` in a text, without the spaces around them; free text without a `|` is one label, itself.

    Only spaces are taken off, no line breaks, and empty labels stay, so that the counts are PULSE-EVAL's: a reply that
    begins with an empty line has its first label wrong there, and one more tolerant would not be the published table.
    """
    return tuple(part.strip(" ") for part in text.split("|"))


def read_triage(path: Path) -> list[Triaged]:
    """The patients of a file of {"id", "gold", "predicted": {model: labels}}; each must have a label of every model."""
    found = list(checked_rows(path, _Row))
    models = found[0][1].predicted.keys()
    for where, row in found:
        if not all(labels_of(row.gold)):
            raise fault(path, where, f"gold: a department without a name in {row.gold!r}")
        if row.predicted.keys() != models:
            odd = sorted(row.predicted.keys() ^ models)
            raise fault(path, where, f"predicted: not the models of the first row: {', '.join(odd)}")
    rows = [(where, Triaged(row.id, labels_of(row.gold), row.predicted)) for where, row in found]
    return once(path, rows, lambda one: one.id)


def micro_f1(gold: Sequence[Sequence[str]], named: Sequence[Sequence[str]]) -> MicroF1:
    """Counts over patients: labels named and right, named, right. Both sequences have the same length."""
    if len(gold) != len(named):
        raise EvaluationError(f"{len(gold)} patients, but labels for {len(named)}")
    hits = sum(len(set(right) & set(given)) for right, given in zip(gold, named, strict=True))
    return MicroF1(hits, sum(map(len, named)), sum(map(len, gold)))


def triage_scores(patients: Sequence[Triaged]) -> dict[str, MicroF1]:
    """The counts of each model, in the order of the file."""
    gold = [one.gold for one in patients]
    models = patients[0].predicted if patients else {}
    return {model: micro_f1(gold, [labels_of(one.predicted[model]) for one in patients]) for model in models}
