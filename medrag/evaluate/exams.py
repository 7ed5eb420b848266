"""Multiple-choice questions in the forms in which exams are passed around, each read as it is and checked.

A file's first row says which form it has: CMExam's table, MedMCQA's opa to opd, MedQA's and MMedBench's options with
answer_idx, MLEC-QA's qtext, CMB's option (whose key may be a file of its own), MIRAGE's one object of several sets, or a table or
lines of one's own with a question, its options and the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, field_validator

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, keyed_object, once, shaped
from medrag.evaluate.rows import Shape, fault

__all__ = ["EXAMS", "LETTERS", "Choice", "exams_of", "read_exam", "read_exams"]

FOLDER = "eval/exams"
EXAMS = ("cmexam.csv", "mmedbench_zh.jsonl", "mmedbench_en.jsonl", "medmcqa.jsonl", "medqa_us.jsonl")
LETTERS = "ABCDEFGH"
_OPTION = re.compile(r"\s*(?P<letter>[A-H])\s*(?:[.、:：)）]\s*|\s+)(?P<text>\S.*)")

Key = Mapping[str, str]  # the right letters by id, of a file beside the questions


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its options by letter and the letters that are right (nearly always one).

    `group` is the class of the exam or the kind of question, where the file says it.
    """

    id: str
    question: str
    options: Mapping[str, str]
    right: str
    group: str = ""


class _Cmexam(Shape):
    question: str = Field(alias="Question", min_length=1)
    options: str = Field(alias="Options", min_length=1)
    answer: str = Field(alias="Answer", min_length=1)


class _Medmcqa(Shape):
    question: str = Field(min_length=1)
    opa: str
    opb: str
    opc: str
    opd: str
    cop: int = Field(ge=1, le=4)
    id: str = Field(min_length=1)


class _Lettered(Shape):
    question: str = Field(min_length=1)
    options: dict[str, str] = Field(min_length=2)
    answer_idx: str = Field(min_length=1)
    id: str = ""


class _Mlec(Shape):
    """MLEC-QA: the five subjects of China's licensing exam, with the kind of question (A1 to B1)."""

    id: str = Field(alias="qid", min_length=1)
    kind: str = Field(alias="qtype", default="")
    question: str = Field(alias="qtext", min_length=1)
    options: dict[str, str] = Field(min_length=2)
    answer: str = Field(min_length=1)


class _Cmb(Shape):
    """CMB: questions of one or several right letters; an option without text is none."""

    id: str = Field(min_length=1)
    group: str = Field(alias="exam_class", default="")
    question: str = Field(min_length=1)
    option: dict[str, str] = Field(min_length=2)
    answer: str = ""


class _Own(Shape):
    """One's own: options as {"A": …}, as a list, as text parted by |, or each in a column of its letter."""

    id: str = ""
    question: str = Field(validation_alias=AliasChoices("question", "问题", "题目"), min_length=1)
    options: dict[str, str] | list[str] | str = Field(
        default="", validation_alias=AliasChoices("options", "choices", "option", "选项")
    )
    answer: str = Field(validation_alias=AliasChoices("answer", "right", "答案"), min_length=1)
    group: str = Field(default="", validation_alias=AliasChoices("group", "kind", "subject", "class"))
    a: str = Field(default="", alias="A")
    b: str = Field(default="", alias="B")
    c: str = Field(default="", alias="C")
    d: str = Field(default="", alias="D")
    e: str = Field(default="", alias="E")
    f: str = Field(default="", alias="F")

    @field_validator("answer", mode="before")
    @classmethod
    def _number_of_a_list(cls, value: Any) -> Any:
        return LETTERS[value] if isinstance(value, int) and 0 <= value < len(LETTERS) else value


class _Keyed(Shape):
    id: str = Field(min_length=1)
    answer: str = Field(min_length=1)


def read_exam(path: Path, *, key: Path | None = None) -> list[Choice]:
    """The questions of a file; `key` is a file of {"id", "answer"} where the right letters stand apart, as CMB's do.

    Raises `EvaluationError` with the row for a missing field, an option without a letter or text, a letter that comes
    twice, a right letter that is no option, and an id that comes twice.
    """
    first = next(checked_rows(path, _Any))[1].model_extra or {}
    apart = {} if key is None else {row.id: row.answer for _, row in checked_rows(key, _Keyed)}
    read = next((read for field, read in _FORMS.items() if field in first), _own)
    return once(path, _checked(path, read(path, apart)), lambda one: one.id)


def read_exams(path: Path, *, key: Path | None = None) -> dict[str, list[Choice]]:
    """The exams of a file by name: one for each set of MIRAGE's benchmark.json, else one by the file's name."""
    whole = keyed_object(path) if path.suffix.lower() == ".json" else []
    if not isinstance(whole, dict):
        return {path.stem: read_exam(path, key=key)}
    sets = whole if all(_is_set(value) for value in whole.values()) else {path.stem: whole}
    return {str(name): [one for _, one in _checked(path, _mirage(path, str(name), rows))] for name, rows in sets.items()}


def _is_set(value: Any) -> bool:
    """Whether a value of MIRAGE's object is a set of questions by id, not a question."""
    return isinstance(value, dict) and bool(value) and all(isinstance(row, dict) for row in value.values())


def _mirage(path: Path, name: str, rows: Mapping[str, Any]) -> Iterator[tuple[str, Choice]]:
    for id_, row in rows.items():
        where = f"{name}, {id_}"
        yield where, _listed(id_, shaped(path, where, row, _Own))


def exams_of(data: Path, *, key: Path | None = None) -> dict[str, list[Choice]]:
    """The questions of each exam that is in a folder of measuring data, or of the one file given."""
    if data.is_file():
        return read_exams(data, key=key)
    files = [path for folder in (data / FOLDER, data) for name in EXAMS if (path := folder / name).is_file()]
    if not files:
        raise EvaluationError(
            f"{data}: wanted a file of questions with options or a folder with {FOLDER}/{EXAMS[0]} or the like, found none"
        )
    return {file.stem: read_exam(file) for file in files}


class _Any(Shape, extra="allow"):
    """Whatever a row holds, to see which form it has."""


Read = Callable[[Path, Key], Iterator[tuple[str, Choice]]]


def _cmexam(path: Path, _key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Cmexam):
        yield where, Choice(where, row.question, _lines(path, where, row.options), row.answer.strip())


def _medmcqa(path: Path, _key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Medmcqa):
        options = dict(zip("ABCD", (row.opa, row.opb, row.opc, row.opd), strict=True))
        yield where, Choice(row.id, row.question, options, LETTERS[row.cop - 1])


def _lettered(path: Path, _key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Lettered):
        yield where, Choice(row.id or where, row.question, row.options, row.answer_idx.strip())


def _mlec(path: Path, _key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Mlec):
        yield where, Choice(row.id, row.question, row.options, row.answer.strip(), row.kind)


def _cmb(path: Path, key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Cmb):
        right = row.answer.strip() or key.get(row.id, "")
        if not right:
            raise fault(path, where, f"there is no answer to {row.id}: name the file of answers with --key")
        yield where, Choice(row.id, row.question, _filled(row.option), right, row.group)


def _own(path: Path, _key: Key) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Own):
        yield where, _listed(where, row)


def _listed(where: str, own: _Own) -> Choice:
    """The question of a row of one's own or of MIRAGE; an answer in words becomes the letter of the option that says so."""
    letters = dict(zip("ABCDEF", (own.a, own.b, own.c, own.d, own.e, own.f), strict=True))
    options: Mapping[str, str] = _filled(letters)
    if isinstance(own.options, dict):
        options = own.options
    elif own.options:
        options = dict(zip(LETTERS, own.options.split("|") if isinstance(own.options, str) else own.options, strict=False))
    options = {letter.strip(): text.strip() for letter, text in options.items()}
    right = own.answer.strip()
    if not set(right) <= set(options):
        right = next((letter for letter, text in options.items() if text == right), right)
    return Choice(own.id or where, own.question, options, right, own.group)


_FORMS: dict[str, Read] = {
    "Options": _cmexam,
    "cop": _medmcqa,
    "answer_idx": _lettered,
    "qtext": _mlec,
    "exam_class": _cmb,
    "question_type": _cmb,
}


def _filled(options: Mapping[str, str]) -> dict[str, str]:
    return {letter: text for letter, text in options.items() if text.strip()}


def _lines(path: Path, where: str, text: str) -> dict[str, str]:
    """The options of a cell with one a line, each with its letter; a line without one goes on with the option before."""
    found: dict[str, str] = {}
    letter = ""
    for line in filter(str.strip, text.splitlines()):
        match = _OPTION.fullmatch(line)
        if match is None and not letter:
            raise fault(path, where, f"Options: wanted a letter and a text in each line, found {line[:80]!r}")
        if match is not None and match["letter"] in found:
            raise fault(path, where, f"Options: the letter {match['letter']} comes twice")
        if match is None:
            found[letter] += f" {line.strip()}"
        else:
            letter = match["letter"]
            found[letter] = match["text"].strip()
    return found


def _checked(path: Path, read: Iterator[tuple[str, Choice]]) -> Iterator[tuple[str, Choice]]:
    for where, one in read:
        if len(one.options) < 2:
            raise fault(path, where, f"wanted two options or more, found {len(one.options)}")
        empty = [
            letter for letter, text in one.options.items() if letter not in LETTERS or len(letter) != 1 or not text.strip()
        ]
        if empty:
            raise fault(
                path, where, f"an option without a letter of {LETTERS[0]} to {LETTERS[-1]} or without a text: {empty[0]!r}"
            )
        unknown = sorted(set(one.right) - set(one.options))
        if unknown or len(set(one.right)) != len(one.right):
            raise fault(path, where, f"the answer {one.right!r} is not among the options {''.join(one.options)}")
        yield where, one
