"""What stands beside an answer, whatever it says: notices, where labels disagree, and the medication check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medrag.answer.conflicts.told import conflict_notices
from medrag.answer.notices.fire import notices
from medrag.answer.safety.asked import report_for
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.understand import Understanding
from medrag.types import Notice, Patient, SafetyReport

__all__ = ["Beside", "beside"]


@dataclass(frozen=True, slots=True)
class Beside:
    """Notices, most urgent first, and the medication check where the question gives it something to check."""

    notices: tuple[Notice, ...] = ()
    safety: SafetyReport | None = None


def beside(
    understanding: Understanding, patient: Patient | None, kb: KnowledgeBase, *, wording: Mapping[str, str] | None = None
) -> Beside:
    """What stands beside the answer to a question about a patient, as far as one is known; `wording` is an assistant's own."""
    who = patient or (Patient(age=min(understanding.ages)) if understanding.ages else None)
    plain = not (understanding.terms or understanding.hints or understanding.unknown)
    urgent = notices(understanding.question, who, lang=understanding.lang, wording=wording, plain=plain)
    return Beside((*urgent, *conflict_notices(understanding, kb)), report_for(understanding, patient, kb))
