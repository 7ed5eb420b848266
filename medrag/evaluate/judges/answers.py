"""Answers of several models to the same questions, read from files or from runs, to be judged against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows
from medrag.evaluate.rows import Shape
from medrag.evaluate.runs.folder import MANIFEST, read_run

__all__ = ["Answers", "Set", "answers_of", "read_answers", "set_of"]


class _Row(Shape):
    question: str = Field(min_length=1)
    predict_answer: str = ""
    reference_answer: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's answers, in the order of the questions."""

    model: str
    questions: tuple[str, ...]
    references: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """The questions, their reference answers where there are such (else ""), and each model's answers, in the order given."""

    questions: tuple[str, ...]
    references: tuple[str, ...]
    models: dict[str, tuple[str, ...]]

    @property
    def empty(self) -> dict[str, set[int]]:
        """The questions, by number, to which a model answered nothing."""
        return {model: {at for at, text in enumerate(texts) if not text.strip()} for model, texts in self.models.items()}


def read_answers(paths: Sequence[Path], task: str = "") -> Set:
    """The answers of each path: a file of {"question", "predict_answer", "reference_answer"} a line, or the folder of a run.

    A model is called by its file or folder. Raises `EvaluationError` where two have one name, or other questions.
    """
    return set_of([answers_of(path, task) for path in paths])


def set_of(read: Sequence[Answers]) -> Set:
    """The answers of several models as one set; `EvaluationError` where two have one name, or other questions."""
    if len(read) < 2:
        raise EvaluationError("wanted the answers of two models or more")
    first = read[0]
    for one in read[1:]:
        if one.questions != first.questions:
            at = next((at for at, (a, b) in enumerate(zip(first.questions, one.questions, strict=False)) if a != b), -1)
            where = f"question {at + 1} differs" if at >= 0 else f"{len(first.questions)} and {len(one.questions)} questions"
            raise EvaluationError(f"{first.model} and {one.model} do not answer the same questions: {where}")
    models = {one.model: one.texts for one in read}
    if len(models) != len(read):
        raise EvaluationError(f"two of the models have one name: {', '.join(one.model for one in read)}")
    references = tuple(max(some, key=len) for some in zip(*(one.references for one in read), strict=True))
    return Set(first.questions, references, models)


def answers_of(path: Path, task: str = "") -> Answers:
    """One model's answers, of a file or of a task of a run."""
    if path.is_dir():
        return _of_run(path, task)
    rows = [row for _, row in checked_rows(path, _Row)]
    return Answers(
        path.stem,
        tuple(row.question for row in rows),
        tuple(row.reference_answer for row in rows),
        tuple(row.predict_answer for row in rows),
    )


def _of_run(path: Path, task: str) -> Answers:
    if not (path / MANIFEST).is_file():
        raise EvaluationError(f"{path}: wanted a file of answers or the folder of a run")
    manifest, records = read_run(path)
    wanted = task or (manifest.tasks[0] if len(manifest.tasks) == 1 else "")
    if wanted not in manifest.tasks:
        raise EvaluationError(f"{path}: name one of its tasks with --task: {', '.join(manifest.tasks)}")
    own = {one.id: one for one in records if one.task == wanted}
    ordered = [own[name] for name in sorted(own)]
    return Answers(
        path.name,
        tuple(one.question for one in ordered),
        ("",) * len(ordered),
        tuple("" if one.fault else one.text for one in ordered),
    )
