"""PubMedQA: questions about studies, answered yes, no or maybe from the abstract, by a language model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import AliasChoices, Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import keyed_object, shaped
from medrag.evaluate.judges.replies import Replies
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape
from medrag.llm.messages import Message, Role

__all__ = ["Decided", "Question", "Report", "decide", "decision", "messages_for", "read_pubmedqa", "report"]

DECISIONS = ("yes", "no", "maybe")
INSTRUCTION = "Answer the question from the abstract with one word: yes, no or maybe."
_STATED = re.compile(r"\b(?:answer|conclusion|decision)\s*(?:is|:)\s*[\"'*]*(yes|no|maybe)\b", re.I)
_FIRST = re.compile(r"\W*(yes|no|maybe)\s*(?:[.,;:!*\n]|$)", re.I)
_LAST = re.compile(r"\W*(yes|no|maybe)\W*", re.I)

Progress = Callable[[str, int, int], None]


class _Row(Shape):
    question: str = Field(validation_alias=AliasChoices("QUESTION", "question"), min_length=1)
    contexts: tuple[str, ...] = Field(validation_alias=AliasChoices("CONTEXTS", "contexts"), default=())
    right: Literal["yes", "no", "maybe"] = Field(validation_alias=AliasChoices("final_decision", "answer"))


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its abstract and the decision that is right."""

    id: str
    question: str
    contexts: tuple[str, ...]
    right: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What the model decided for a question; "" where its reply decides nothing, and why where there was no reply."""

    question: Question
    decision: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Accuracy, the mean F1 of the three decisions, and what always giving the commonest would come to.

    A reply that decides nothing counts as wrong and in `unreadable`; where the model gave no reply at all (`faults`) the
    question is left out.
    """

    accuracy: Estimate
    macro_f1: float
    commonest: float
    unreadable: int
    faults: int


def read_pubmedqa(path: Path) -> list[Question]:
    """The questions of PubMedQA's own form: {"PMID": {"QUESTION", "CONTEXTS", "final_decision"}}."""
    whole = keyed_object(path)
    if not isinstance(whole, dict) or not whole:
        raise EvaluationError(f"{path}: wanted one object of questions by id, found none in it")
    read = ((name, shaped(path, name, value, _Row)) for name, value in whole.items())
    return [Question(name, row.question, row.contexts, row.right) for name, row in read]


def messages_for(question: Question) -> list[Message]:
    """What the model is sent; without an abstract the question alone."""
    abstract = f"Abstract:\n{' '.join(question.contexts)}\n\n" if question.contexts else ""
    return [Message(Role.USER, f"{abstract}Question: {question.question}\n\n{INSTRUCTION}")]


def decision(reply: str) -> str:
    """The decision that a reply states, or begins or ends with as a word of its own; "" where it decides nothing or several ways."""
    stated = {found.lower() for found in _STATED.findall(reply)}
    if stated:
        return stated.pop() if len(stated) == 1 else ""
    text = reply.strip()
    found = _FIRST.match(text) or (_LAST.fullmatch(text.splitlines()[-1]) if text else None)
    return found[1].lower() if found else ""


def decide(
    questions: Sequence[Question], model: Replies, progress: Progress = lambda _doing, _done, _of: None
) -> list[Decided]:
    """What the model decides for each question."""
    decided = []
    for at, one in enumerate(questions):
        progress("questions", at, len(questions))
        said = model.reply(messages_for(one))
        decided.append(Decided(one, "" if said.fault else decision(said.text), said.fault))
    return decided


def report(decided: Sequence[Decided]) -> Report:
    """The figures of the decisions."""
    kept = [one for one in decided if not one.fault]
    right = Counter(one.question.right for one in kept)
    commonest = max(right.values(), default=0) / max(1, len(kept))
    return Report(
        estimate([float(one.decision == one.question.right) for one in kept]),
        float(np.mean([_f1(kept, name) for name in DECISIONS])),
        commonest,
        sum(not one.decision for one in kept),
        len(decided) - len(kept),
    )


def _f1(decided: Sequence[Decided], name: str) -> float:
    hits = sum(one.decision == one.question.right == name for one in decided)
    both = sum(one.decision == name for one in decided) + sum(one.question.right == name for one in decided)
    return 2.0 * hits / both if both else 0.0
