"""A user's own questions: a table or lines of JSON with what is right for each, be it sections, an answer or one of several choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from medrag.evaluate.cases import ANSWERS, HELPS, Gold, SectionCase
from medrag.evaluate.choices import choose
from medrag.evaluate.exams import LETTERS, Choice
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.letters import letters_of
from medrag.evaluate.rows import Shape, fault
from medrag.evaluate.runs.bench import Bench
from medrag.kb.folding import fold
from medrag.kb.tokens import tokens
from medrag.types import Answer

__all__ = ["AnswerCase", "ChoiceCase", "own_score", "read_own", "words_score"]

EXTRACTIVE = "extractive"


class _Gold(Shape):
    drug: str = ""
    section: str = ""
    set_id: str = ""
    section_index: int = -1
    heading: str = ""
    grade: int = Field(default=ANSWERS, ge=HELPS, le=ANSWERS)

    def gold(self) -> Gold:
        """The record of what is right."""
        return Gold(self.drug, self.set_id, self.section or self.heading, "", self.section_index, self.grade)


class _Row(Shape):
    id: str = ""
    question: str = Field(min_length=1)
    document: str = ""
    section: str = ""
    gold: tuple[_Gold, ...] = ()
    answer: str = ""
    choices: dict[str, str] | str = ""
    kind: str = "question"
    part: Literal["dev", "frozen"] = "dev"


@dataclass(frozen=True, slots=True)
class AnswerCase:
    """A question with the answer that is wanted, in words."""

    id: str
    put: str
    kind: str
    answer: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """What is wanted, for the record."""
        return (self.answer,)


@dataclass(frozen=True, slots=True)
class ChoiceCase:
    """A question with choices, as it is put to a model, and the choice that is right."""

    id: str
    put: str
    kind: str
    choice: Choice

    @property
    def wanted(self) -> tuple[str, ...]:
        """What is wanted, for the record."""
        return (f"{self.choice.right}: {self.choice.options[self.choice.right]}",)


OwnCase = SectionCase | AnswerCase | ChoiceCase


def read_own(path: Path) -> list[OwnCase]:
    """The questions of a csv, tsv, xlsx, json or jsonl file.

    Each row has `question` and one of: `document` and `section` (or `gold`, as `medrag evaluate retrieval --help` shows);
    `choices` ({"A": …}, or text parted by |) with the right letter as `answer`; `answer` in words. Raises `EvaluationError`
    with the row for anything else, for an answer that is no choice, and for an id that comes twice.
    """

    def cases() -> Iterator[tuple[str, OwnCase]]:
        for where, row in checked_rows(path, _Row):
            try:
                yield where, _case(row, where)
            except ValueError as error:
                raise fault(path, where, str(error)) from None

    return once(path, cases(), lambda case: case.id)


def _case(row: _Row, where: str) -> OwnCase:
    name = row.id or where
    gold = tuple(one.gold() for one in row.gold) or ((Gold(drug=row.document, heading=row.section),) if row.document else ())
    if gold:
        return SectionCase(name, row.question, row.kind, gold, frozen=row.part == "frozen")
    if row.choices:
        return _choice(row, name)
    if row.answer.strip():
        return AnswerCase(name, row.question, row.kind, row.answer.strip())
    raise ValueError("wanted document and section, or gold, or an answer, or choices with an answer; found none of them")


def _choice(row: _Row, name: str) -> ChoiceCase:
    options = row.choices if isinstance(row.choices, dict) else dict(zip(LETTERS, row.choices.split("|"), strict=False))
    options = {letter.strip(): text.strip() for letter, text in options.items() if text.strip()}
    right = row.answer.strip()
    if right not in options:
        right = next((letter for letter, text in options.items() if text == right), "")
    if len(options) < 2 or not right:
        raise ValueError(
            f"wanted two choices or more and the right one as answer, found {row.answer!r} and {''.join(options)!r}"
        )
    listed = "\n".join(f"{letter}. {text}" for letter, text in options.items())
    return ChoiceCase(name, f"{row.question}\n{listed}", row.kind, Choice(name, row.question, options, right))


def own_score(case: AnswerCase | ChoiceCase) -> Callable[[Answer, Bench], Mapping[str, float]]:
    """How an answer to the case is scored."""
    if isinstance(case, AnswerCase):
        return lambda answer, _bench: words_score("" if answer.abstained else answer.text, case.answer)
    return lambda answer, bench: _by_choice(case.choice, answer, bench)


def words_score(text: str, wanted: str) -> dict[str, float]:
    """Whether the wanted words stand in the text, and the F1 of the words of both."""
    said, right = Counter(tokens(text)), Counter(tokens(wanted))
    shared = sum((said & right).values())
    f1 = 2.0 * shared / (sum(said.values()) + sum(right.values())) if shared else 0.0
    return {"contains": float(bool(text) and fold(wanted) in fold(text)), "word F1": f1}


def _by_choice(choice: Choice, answer: Answer, bench: Bench) -> dict[str, float]:
    """Whether the right letter was chosen: by the model in its reply, or, where none writes, by the evidence.

    A reply that names no letter is wrong, and counted as unreadable besides.
    """
    if answer.writing.model == EXTRACTIVE:
        return {"accuracy": choose(choice, bench.kb).value, "unreadable": 0.0}
    letters = letters_of(answer.text, "".join(choice.options))
    return {"accuracy": float(letters == choice.right), "unreadable": float(not letters)}
