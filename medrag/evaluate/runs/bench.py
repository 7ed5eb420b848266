"""What answers are scored with."""

from __future__ import annotations

from dataclasses import dataclass

from medrag.answer.verify.claim import Checker
from medrag.answer.verify.entail import Entailment
from medrag.evaluate.matching import Pool
from medrag.kb.base import KnowledgeBase

__all__ = ["Bench"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What answers are scored with: the knowledge base, the rule of what is right in it, the checker of claims, and perhaps
    an entailment model, by which citations are judged apart.
    """

    kb: KnowledgeBase
    pool: Pool
    checker: Checker
    entailment: Entailment | None = None
