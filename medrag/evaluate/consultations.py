"""Consultations judged by four criteria, as DISC-MedLLM's: the marks of each model, joined by case, and their averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import AliasChoices, Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.judgement import CRITERIA, MarkError, parse_criteria
from medrag.evaluate.rows import Shape

__all__ = ["AVERAGE", "Averages", "Marked", "averages", "read_cases", "read_marks"]

AVERAGE = "average"  # of the four criteria


class _Case(Shape):
    id: str = Field(min_length=1)
    case: str = Field(validation_alias=AliasChoices("case", "raw_case", "question"))


class _Score(Shape):
    id: str = Field(min_length=1)
    model: str = Field(min_length=1)
    scores: str


@dataclass(frozen=True, slots=True)
class Marked:
    """What the judge said of one model's consultation: the marks by criterion, or why there are none."""

    id: str
    model: str
    marks: Mapping[str, float]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Averages:
    """A model's averages by criterion and over all (`AVERAGE`) on n consultations.

    `missing` counts cases without a consultation, `stray` consultations whose case is not among the cases, `unparsable`
    replies of the judge that do not mark all criteria; none of them is in the averages.
    """

    n: int
    values: Mapping[str, float]
    missing: int
    stray: int
    unparsable: int


def read_cases(path: Path) -> list[str]:
    """The ids of the cases of CMB-Clin, CMD or CMID: a JSON list of {"id", "case" or "raw_case" or "question"}."""
    return [row.id for row in once(path, checked_rows(path, _Case), lambda row: row.id)]


def read_marks(path: Path) -> list[Marked]:
    """The judge's marks from rows of {"id", "model", "scores"}, where scores is the reply; one a model and case."""

    def marked(row: _Score) -> Marked:
        try:
            return Marked(row.id, row.model, parse_criteria(row.scores))
        except MarkError as error:
            return Marked(row.id, row.model, {}, str(error))

    found = [(where, marked(row)) for where, row in checked_rows(path, _Score)]
    return once(path, found, lambda one: (one.model, one.id), "model and id")


def averages(marks: list[Marked], cases: list[str]) -> dict[str, Averages]:
    """The averages of each model over the cases that it was judged on, in the order of the marks."""
    known = set(cases)
    result = {}
    for model in dict.fromkeys(one.model for one in marks):
        own = [one for one in marks if one.model == model]
        kept = [one for one in own if one.id in known and not one.fault]
        if not kept:  # no reply of its judge could be read: there is no average, and 0 would be one
            raise EvaluationError(f"{model}: none of its {len(own)} judgements can be read: wanted lines such as `Accuracy: 4`")
        values = {name: float(np.mean([one.marks[name] for one in kept])) for name in CRITERIA}
        result[model] = Averages(
            n=len(kept),
            values={**values, AVERAGE: float(np.mean(list(values.values())))},
            missing=len(known - {one.id for one in own}),
            stray=sum(one.id not in known for one in own),
            unparsable=sum(bool(one.fault) for one in own if one.id in known),
        )
    return result
