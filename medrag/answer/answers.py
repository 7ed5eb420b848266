"""The answer record that comes of a draft, of an abstention, and of what a model wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medrag.answer import phrases
from medrag.answer.abstain import abstain
from medrag.answer.quote.draft import Draft
from medrag.answer.reply import remarks
from medrag.answer.safety.asked import tells
from medrag.answer.verify.pointers import verified_claims
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import Retrieval
from medrag.types import Answer, Question, SafetyReport, Writing

if TYPE_CHECKING:
    from medrag.answer.reply.composition import Composition
    from medrag.answer.reply.generate import Generated

__all__ = ["Basis", "abstained", "declined", "from_draft", "from_model", "withheld"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What every answer to a question starts from."""

    question: Question
    found: Retrieval
    kb: KnowledgeBase
    confidence: float
    safety: SafetyReport | None = None

    @property
    def lang(self) -> str:
        """The question's language."""
        return self.found.understanding.lang

    def answer(self, text: str, **fields: Any) -> Answer:
        """An answer with what all have in common."""
        return Answer.model_construct(
            question=self.question.text,
            text=text,
            evidence=self.found.evidence,
            confidence=self.confidence,
            trace={},
            writing=Writing.model_construct(generation={}),
            **fields,
        )


def from_draft(basis: Basis, draft: Draft) -> Answer:
    """The answer in the evidence's own words."""
    return basis.answer(
        draft.text,
        citations=tuple(draft.citations),
        claims=verified_claims(draft.claims, draft.citations, basis.kb),
    )


def abstained(basis: Basis) -> Answer:
    """The abstention that says what was looked for and what is near; it points to what the medication check found instead."""
    checked = tells(basis.safety)
    abstention = abstain(basis.question, basis.found.understanding, basis.kb, checked=checked)
    text = f"{abstention.text}\n{phrases.see_check(basis.lang)}" if checked else abstention.text
    return basis.answer(text, abstained=True, reason=abstention.reason)


def declined(basis: Basis) -> Answer:
    """The abstention where the model says that the evidence does not answer."""
    return basis.answer(abstained(basis).text, abstained=True, reason="model-declined")


def withheld(basis: Basis) -> Answer:
    """The abstention where what the model wrote is not carried by the evidence."""
    return basis.answer(remarks.withheld(basis.lang), abstained=True, reason="unsupported-claims")


def from_model(basis: Basis, out: Generated, composition: Composition, *, reason: str = "") -> Answer:
    """The answer in a model's words; `reason` is set where they do not come from the knowledge base."""
    return basis.answer(
        composition.text,
        citations=composition.citations,
        claims=tuple(composition.claims),
        dangling=tuple(composition.dangling),
        notices=tuple(out.notices),
        reason=reason,
    )
