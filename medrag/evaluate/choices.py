"""Multiple choice by retrieval alone: the option that the evidence supports best, an honest floor for what a model adds.

A passage supports an option as far as it holds both the question's words and the option's, words weighed by how rare they are.
No language model is asked, and nothing is guessed: where the evidence does not tell options apart, the question is worth what
guessing among those would be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape, fault
from medrag.kb.base import KnowledgeBase
from medrag.kb.tokens import tokens

__all__ = ["EXAMS", "Choice", "Chosen", "Exam", "choose", "chosen_rows", "exams_of", "read_exam", "sit_exams", "support"]

FOLDER = "eval/exams"
EXAMS = ("cmexam.csv", "mmedbench_zh.jsonl", "mmedbench_en.jsonl", "medmcqa.jsonl", "medqa_us.jsonl")
LETTERS = "ABCDEFGH"
FOUND = 20  # passages looked at for the question with each option
TIE = 1e-9  # supports that are this near are equal
_OPTION = re.compile(r"\s*(?P<letter>[A-H])\s*(?:[.、:：)）]\s*|\s+)(?P<text>\S.*)")
# The question asks for the option that is not so.
_EXCEPT = re.compile(
    r"不正确|不包括|不属于|不是|不应|不宜|不能|不符合|不会|错误|有误|除外|除了|不恰当|不适宜|禁用|\b(?:EXCEPT|except|NOT|incorrect|false|least likely)\b"
)

Progress = Callable[[str, int, int], None]


class _Table(Shape):
    question: str = Field(alias="Question", min_length=1)
    options: str = Field(alias="Options", min_length=1)
    answer: str = Field(alias="Answer", min_length=1)


class _Lettered(Shape):
    question: str = Field(min_length=1)
    options: dict[str, str] = Field(min_length=2)
    answer_idx: str = Field(min_length=1)
    id: str = ""


class _Medmcqa(Shape):
    question: str = Field(min_length=1)
    opa: str
    opb: str
    opc: str
    opd: str
    cop: int = Field(ge=1, le=4)
    id: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its options by letter and the letters that are right (nearly always one)."""

    id: str
    question: str
    options: Mapping[str, str]
    right: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options that the evidence supports best (several where it does not tell them apart), and what that is worth.

    `value` is 1, 0, or the share that guessing among the best would be right.
    """

    id: str
    best: str
    right: str
    value: float


@dataclass(frozen=True, slots=True)
class Exam:
    """One file's questions as chosen: accuracy, what chance would give, and how many had several right letters (left out).

    `undecided` counts the questions in which the evidence did not single out an option.
    """

    name: str
    accuracy: Estimate
    chance: float
    undecided: int
    several: int
    chosen: tuple[Chosen, ...]


def read_exam(path: Path) -> list[Choice]:
    """The questions of a file in CMExam's form (csv), MedMCQA's (opa to opd, cop from 1) or MedQA's and MMedBench's (options, answer_idx).

    Raises `EvaluationError` with the row for a missing field, an option without a letter or text, a letter that comes
    twice, a right letter that is no option, and an id that comes twice.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        read = _from_table(path)
    elif _has_cop(path):
        read = (
            (
                where,
                Choice(
                    row.id,
                    row.question,
                    dict(zip("ABCD", (row.opa, row.opb, row.opc, row.opd), strict=True)),
                    LETTERS[row.cop - 1],
                ),
            )
            for where, row in checked_rows(path, _Medmcqa)
        )
    else:
        read = (
            (where, Choice(row.id or where, row.question, row.options, row.answer_idx.strip()))
            for where, row in checked_rows(path, _Lettered)
        )
    return once(path, _checked(path, read), lambda one: one.id)


class _Any(Shape):
    cop: Any = None


def _has_cop(path: Path) -> bool:
    return next(checked_rows(path, _Any))[1].cop is not None


def _from_table(path: Path) -> Iterator[tuple[str, Choice]]:
    for where, row in checked_rows(path, _Table):
        yield where, Choice(where, row.question, _options(path, where, row.options), row.answer.strip())


def _options(path: Path, where: str, text: str) -> dict[str, str]:
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


def exams_of(data: Path) -> list[tuple[Path, list[Choice]]]:
    """The questions of each exam that is in a folder of measuring data, or of the one file given."""
    if data.is_file():
        files = [data]
    else:
        files = [path for folder in (data / FOLDER, data) for name in EXAMS if (path := folder / name).is_file()]
    if not files:
        raise EvaluationError(
            f"{data}: wanted a file of questions with options or a folder with {FOLDER}/{EXAMS[0]} or the like, found none"
        )
    return [(file, read_exam(file)) for file in files]


def sit_exams(data: Path, kb: KnowledgeBase, progress: Progress = lambda _doing, _done, _of: None) -> list[Exam]:
    """The exams of a folder of measuring data that are there, or the one file given, each by retrieval alone."""
    read = exams_of(data)
    exams = []
    for file, questions in read:
        single = [one for one in questions if len(one.right) == 1]
        chosen = []
        for at, one in enumerate(single):
            progress(file.stem, at, len(single))
            chosen.append(choose(one, kb))
        chance = sum(1.0 / len(one.options) for one in single) / max(1, len(single))
        exams.append(
            Exam(
                file.stem,
                estimate([one.value for one in chosen]),
                chance,
                sum(len(one.best) > 1 for one in chosen),
                len(questions) - len(single),
                tuple(chosen),
            )
        )
    return exams


def choose(one: Choice, kb: KnowledgeBase) -> Chosen:
    """The option that the evidence supports best; least, where the question asks for what is not so."""
    supports = support(one, kb)
    wanted = min(supports.values()) if _EXCEPT.search(one.question) else max(supports.values())
    best = "".join(letter for letter, value in supports.items() if abs(value - wanted) < TIE)
    return Chosen(one.id, best, one.right, 1.0 / len(best) if one.right in best else 0.0)


def support(one: Choice, kb: KnowledgeBase) -> dict[str, float]:
    """How well the evidence supports each option, 0 to 1: the best passage by the words of the question and of the option in it.

    The options' common words count for the question, so that what is left tells the options apart.
    """
    weights = kb.word_weights(" ".join((one.question, *one.options.values())))
    words = {letter: frozenset(tokens(text)) for letter, text in one.options.items()}
    common = frozenset.intersection(*words.values())
    asked = _weighed(frozenset(tokens(one.question)) | common, weights)
    own = {letter: _weighed(set_of - common, weights) for letter, set_of in words.items()}
    texts = _passages(one, kb)
    return {
        letter: max((_share(asked, text) * _share(words_of, text) for text in texts), default=0.0)
        for letter, words_of in own.items()
    }


def _passages(asked: Choice, kb: KnowledgeBase) -> list[frozenset[str]]:
    """The tokens of the passages found for the question, with each option and alone, each with its title and heading."""
    ids: dict[int, None] = {}
    for query in (asked.question, *(f"{asked.question} {text}" for text in asked.options.values())):
        ids.update(dict.fromkeys(place for place, _ in kb.search_words(query, FOUND)))
        ids.update(dict.fromkeys(place for place, _ in kb.search_vectors(query, FOUND)))
    found = kb.passages(list(ids))
    return [frozenset(tokens(f"{one.document.title} {one.section.heading} {one.text}")) for one in found]


def _weighed(words: frozenset[str], weights: Mapping[str, float]) -> dict[str, float]:
    """The words with their weights; one that stands nowhere weighs as much as the rarest, for nothing supports it."""
    rarest = max(weights.values(), default=1.0)
    return {word: weights.get(word, rarest) for word in sorted(words)}


def _share(words: Mapping[str, float], text: frozenset[str]) -> float:
    """The share of the words' weight that stands in the text; 0 of no words."""
    total = sum(words.values())
    return sum(weight for word, weight in words.items() if word in text) / total if total else 0.0


def chosen_rows(exams: Sequence[Exam]) -> Iterator[dict[str, Any]]:
    """Each question with what was chosen, what is right and what that is worth."""
    for exam in exams:
        for one in exam.chosen:
            yield {"exam": exam.name, "id": one.id, "best": one.best, "right": one.right, "value": one.value}
