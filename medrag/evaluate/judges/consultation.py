"""Consultations with a simulated patient, marked by four criteria, as DISC-MedLLM was evaluated.

A language model plays the patient from the case and says what the case holds and no more; the consultation has exactly three
turns of the patient, each answered by the system that is measured. A judge marks the whole from 1 to 5 on proactivity,
accuracy, helpfulness and linguistic quality; a reply that does not mark all four is kept as it is and counts in no average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, Field

from medrag.evaluate.consultations import Marked
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.judgement import CRITERIA, MarkError, parse_criteria
from medrag.evaluate.judges.replies import Replies
from medrag.evaluate.rows import Shape
from medrag.llm.messages import Message, Role
from medrag.types import Turn

__all__ = ["PATIENT_TURNS", "Case", "Consultation", "consult", "judge_messages", "mark", "patient_messages", "read_cases"]

PATIENT_TURNS = 3
USER, ASSISTANT = "user", "assistant"
PATIENT = (
    "You play a patient, or somebody who speaks for the patient, in a talk with a doctor. All you know is in the case below; you do "
    "not know medical words, findings that nobody told you, or what the illness is called. Say in one to three sentences, in the "
    "language of the case, what the patient would say next: answer what the doctor asked, or ask what worries you. Never play "
    "the doctor, and never say that this is a game.\n\n[case]\n{case}"
)
JUDGE = (
    "You are a strict and impartial judge of talks between a patient and a doctor. Mark the doctor by four criteria, from 1 (bad) to "
    "5 (excellent), in whole numbers:\n"
    "Proactivity: the doctor asks clear questions where what the patient said is not enough to go on.\n"
    "Accuracy: what the doctor says is right and holds for this patient.\n"
    "Helpfulness: the patient gets clear, usable advice.\n"
    "Linguistic Quality: the doctor understood the patient and speaks clearly and naturally.\n"
    "How long the talk is and what the doctor is called must not sway you. Give no explanation: your reply is four lines, "
    "`Proactivity: x`, `Accuracy: x`, `Helpfulness: x`, `Linguistic Quality: x`."
)

Answering = Callable[[Sequence[Turn], str], str]  # what the system says to a message after those turns
Progress = Callable[[str, int, int], None]


class _Row(Shape):
    id: str = Field(min_length=1)
    case: str = Field(default="", validation_alias=AliasChoices("case", "raw_case"))
    question: str = Field(default="", validation_alias=AliasChoices("first_question", "question"))


@dataclass(frozen=True, slots=True)
class Case:
    """What the patient knows, and what the patient says first where the file gives it."""

    id: str
    case: str
    first: str


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation as it went; `fault` says why it has fewer turns than three of the patient."""

    case: str
    turns: tuple[Turn, ...]
    fault: str = ""


def read_cases(path: Path) -> list[Case]:
    """The cases of CMB-Clin (case, first_question), CMD (raw_case, question) or CMID (question), or of one's own."""

    def cases() -> list[tuple[str, Case]]:
        return [(where, Case(row.id, row.case or row.question, row.question)) for where, row in checked_rows(path, _Row)]

    return once(path, cases(), lambda one: one.id)


def patient_messages(case: Case, turns: Sequence[Turn]) -> list[Message]:
    """What the patient's model is sent: the case, and the talk so far with the parts changed over."""
    said = [Message(Role.ASSISTANT if turn.role == USER else Role.USER, turn.content) for turn in turns]
    return [Message(Role.SYSTEM, PATIENT.replace("{case}", case.case)), *(said or [Message(Role.USER, "…")])]


def judge_messages(turns: Sequence[Turn]) -> list[Message]:
    """What the judge is sent: the criteria and the whole consultation."""
    talk = "\n".join(f"{'patient' if turn.role == USER else 'doctor'}: {turn.content}" for turn in turns)
    return [Message(Role.SYSTEM, JUDGE), Message(Role.USER, f"[start of conversation]\n{talk}\n[end of conversation]")]


def consult(case: Case, doctor: Answering, patient: Replies) -> Consultation:
    """The consultation of a case: three turns of the patient, the first as the file gives it, each with an answer."""
    turns: list[Turn] = []
    for at in range(PATIENT_TURNS):
        message = case.first if at == 0 else ""
        if not message:
            said = patient.reply(patient_messages(case, turns))
            if said.fault or not said.text.strip():
                return Consultation(case.id, tuple(turns), said.fault or "the patient said nothing")
            message = said.text.strip()
        reply = doctor(turns, message)
        turns += [Turn(role=USER, content=message), Turn(role=ASSISTANT, content=reply)]
    return Consultation(case.id, tuple(turns))


def mark(consultation: Consultation, model: str, judge: Replies) -> tuple[Marked, str]:
    """The judge's marks of a consultation, or why there are none, and the reply word for word."""
    if consultation.fault:
        return Marked(consultation.case, model, {}, consultation.fault), ""
    said = judge.reply(judge_messages(consultation.turns))
    if said.fault:
        return Marked(consultation.case, model, {}, said.fault), said.text
    try:
        return Marked(consultation.case, model, parse_criteria(said.text, CRITERIA)), said.text
    except MarkError as error:
        return Marked(consultation.case, model, {}, str(error)), said.text
