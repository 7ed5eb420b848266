"""A model's answers to a file of questions, kept as PULSE-EVAL keeps them, so that judges can compare them with other models'.

A file has a row for each question, in their order: {"id", "question", "reference_answer", "predict_answer", "type", "model", "fault"}.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows
from medrag.evaluate.open_questions import OpenQuestion
from medrag.evaluate.rows import Shape
from medrag.evaluate.threads import in_order

__all__ = ["Answering", "Predicted", "predict"]

Answering = Callable[[str], tuple[str, str]]  # the answer to a question, and why there is none
Progress = Callable[[str, int, int], None]


class Predicted(Shape):
    """A row of the file; `fault` says why there is no answer: such a row is asked again next time."""

    id: str
    question: str
    reference_answer: str = ""
    predict_answer: str = ""
    type: str = ""
    model: str = Field(min_length=1)
    fault: str = ""


def predict(
    questions: Sequence[OpenQuestion],
    model: str,
    answer: Answering,
    out: Path,
    *,
    workers: int = 1,
    progress: Progress = lambda _doing, _done, _of: None,
) -> list[Predicted]:
    """The rows of all questions; those that the file holds are not asked again. `model` says who answers, and how.

    Each row is on the disk before the next is asked for, so a killed run goes on where it was; at the end the rows stand in the
    order of the questions. Raises `EvaluationError` where the file holds another model's answers or answers to other questions.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("a", encoding="utf-8", errors="surrogatepass") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvaluationError(f"{out}: another run is writing there: wait for it, or write into another file") from None
        kept = _kept(out, questions, model)
        _ask(questions, kept, model, answer, file, workers, progress)
        rows = [kept[one.id] for one in questions]
        beside = out.with_suffix(f"{out.suffix}.new")
        beside.write_text("".join(map(_line, rows)), "utf-8", "surrogatepass")
        beside.replace(out)
    return rows


def _ask(
    questions: Sequence[OpenQuestion],
    kept: dict[str, Predicted],
    model: str,
    answer: Answering,
    file: IO[str],
    workers: int,
    progress: Progress,
) -> None:
    """Adds the rows that are not kept yet, each to the file as it comes."""
    todo = [one for one in questions if one.id not in kept]

    def row(one: OpenQuestion) -> Predicted:
        text, fault = answer(one.question)
        return Predicted(
            id=one.id,
            question=one.question,
            reference_answer=one.reference,
            predict_answer=text,
            type=one.group,
            model=model,
            fault=fault,
        )

    for at, one in enumerate(in_order(row, todo, workers), start=1):
        kept[one.id] = one
        file.write(_line(one))
        file.flush()
        progress("answers", len(questions) - len(todo) + at, len(questions))


def _kept(out: Path, questions: Sequence[OpenQuestion], model: str) -> dict[str, Predicted]:
    """The rows of the file that need not be asked again; half a line that a killed run left is cut off."""
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        out.write_bytes(whole)
    asked = {one.id: one.question for one in questions}
    kept = {}
    for where, row in _rows(out) if whole else ():
        if row.model != model:
            raise EvaluationError(f"{out} ({where}): holds the answers of {row.model}, not of {model}: write into another file")
        if asked.get(row.id) != row.question:
            raise EvaluationError(f"{out} ({where}): holds an answer to another question {row.id!r}: write into another file")
        if not row.fault:
            kept[row.id] = row
    return kept


def _rows(path: Path) -> Iterator[tuple[str, Predicted]]:
    return checked_rows(path, Predicted)


def _line(row: Predicted) -> str:
    return json.dumps(row.model_dump(), ensure_ascii=False) + "\n"
