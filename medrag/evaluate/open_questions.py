"""Questions without a choice to make, as benchmarks hand them round: of PULSE-EVAL, CMCOQA, knowledge tuning, or one's own.

They may have a reference answer or none. What is asked is the question as it stands: PULSE-EVAL's MedicineQA holds its evidence in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.rows import Shape, text_lines

__all__ = ["OpenQuestion", "read_open"]

HEADER = "input"  # of BenTsao's list of questions for knowledge tuning


class _Row(Shape):
    """PULSE-EVAL: type, question, reference_answer; CMCOQA: question and the chapter of ICD-10 that it belongs to."""

    id: str = ""
    question: str = Field(validation_alias=AliasChoices("question", "input", "instruction", "问题"), min_length=1)
    reference: str = Field(default="", validation_alias=AliasChoices("reference_answer", "answer", "output", "答案"))
    group: str = Field(default="", validation_alias=AliasChoices("ICD-10", "type", "kind"))


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question, its reference answer ("" where there is none) and the group it belongs to ("" where the file has no groups)."""

    id: str
    question: str
    reference: str = ""
    group: str = ""


def read_open(path: Path) -> list[OpenQuestion]:
    """The questions of a table, of JSON lines or a JSON list, or of a text with one a line (under the header `input`, or none).

    Rows without an id are known by their place. Raises `EvaluationError` with the row for one without a question and for an id that
    comes twice.
    """
    try:
        found = list(once(path, _lines(path) if path.suffix.lower() == ".txt" else _rows(path), lambda one: one.id))
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    if not found:
        raise EvaluationError(f"{path}: there are no questions in it")
    return found


def _rows(path: Path) -> Iterator[tuple[str, OpenQuestion]]:
    for where, row in checked_rows(path, _Row):
        yield where, OpenQuestion(row.id or where, row.question, row.reference, row.group)


def _lines(path: Path) -> Iterator[tuple[str, OpenQuestion]]:
    for at, (where, line) in enumerate(text_lines(path)):
        if line.strip() and not (at == 0 and line.strip() == HEADER):
            yield where, OpenQuestion(where, line.strip())
