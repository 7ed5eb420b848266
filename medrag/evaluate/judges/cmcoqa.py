"""Answers to open Chinese medical questions, marked 0 to 3 for completeness, depth and professionalism, as CMCOQA does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from medrag.evaluate.judgement import MarkError, parse_criteria
from medrag.evaluate.judges.replies import Replies
from medrag.llm.messages import Message, Role

__all__ = ["CRITERIA", "MarkedAnswer", "Marks", "cmcoqa_messages", "mark_answer", "marks_of"]

CRITERIA = ("完整性", "深刻性", "专业性")
LOWEST, HIGHEST = 0, 3
INSTRUCTION = (
    "你是严格而公正的医学评审。下面是一个医学问题和一个回答。请按三项标准分别给回答打 0 到 3 的整数分：0 很差，1 较差，2 较好，3 很好。\n"
    "完整性：回答是否涵盖了问题所需的各个方面。\n"
    "深刻性：回答是否说明了原因与机理，而不只是罗列。\n"
    "专业性：回答是否准确、符合医学规范，没有错误或误导。\n"
    "不要受回答长短的影响，不要解释，只输出三行：`完整性: x`、`深刻性: x`、`专业性: x`。"
)


class MarkedAnswer(NamedTuple):
    """The marks of one answer by criterion, or why there are none."""

    marks: dict[str, float]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The mean of each criterion over the n answers that were marked; the others are counted and in no mean."""

    n: int
    means: dict[str, float]
    unreadable: int


def cmcoqa_messages(question: str, answer: str) -> list[Message]:
    """What the judge is sent."""
    return [Message(Role.SYSTEM, INSTRUCTION), Message(Role.USER, f"[问题]\n{question}\n\n[回答]\n{answer}")]


def mark_answer(question: str, answer: str, judge: Replies) -> MarkedAnswer:
    """The judge's marks of an answer."""
    said = judge.reply(cmcoqa_messages(question, answer))
    if said.fault:
        return MarkedAnswer({}, said.fault)
    try:
        return MarkedAnswer(parse_criteria(said.text, CRITERIA, scale=(LOWEST, HIGHEST)))
    except MarkError as error:
        return MarkedAnswer({}, str(error))


def marks_of(marked: Sequence[MarkedAnswer]) -> Marks:
    """The means of marked answers."""
    kept = [one.marks for one in marked if one.marks]
    means = {name: float(np.mean([marks[name] for marks in kept])) for name in CRITERIA} if kept else {}
    return Marks(len(kept), means, len(marked) - len(kept))
