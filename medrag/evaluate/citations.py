"""Citation recall and precision as ALCE defines them, by whatever says that texts carry a claim.

Recall: of the statements of an answer, the share that all their citations together carry. Precision: of the citations, the
share that is needed: the statement is carried, and by this citation alone, or not without it. The deterministic verifier
(`by_rules`) and an entailment model (`by_model`) say different things, so their figures are never mixed.
Source: Gao, Yen, Yu, Chen, EMNLP 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medrag.answer.verify.claim import Checker, Source, asserts
from medrag.answer.verify.entail import CARRIES, Entailment
from medrag.types import Answer, Citation, Verdict

__all__ = ["Carries", "Quality", "by_model", "by_rules", "citation_quality"]

Carries = Callable[[str, Sequence[Citation]], bool]  # whether the citations together carry the statement


@dataclass(frozen=True, slots=True)
class Quality:
    """The counts of one answer: statements, those that are carried, citations, and those that are needed."""

    statements: int
    carried: int
    citations: int
    needed: int

    @property
    def recall(self) -> float:
        """The share of statements that are carried; 0 of none."""
        return self.carried / self.statements if self.statements else 0.0

    @property
    def precision(self) -> float:
        """The share of citations that are needed; 0 of none."""
        return self.needed / self.citations if self.citations else 0.0


def citation_quality(answer: Answer, carries: Carries) -> Quality:
    """The quality of an answer's citations; an abstention states nothing, and lead-ins and headings are no statements."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    statements = carried = citations = needed = 0
    for claim in answer.claims:
        statement = claim.statement or claim.text
        if answer.abstained or not asserts(statement):
            continue
        cited = [by_marker[marker] for marker in claim.citations if marker in by_marker]
        holds = bool(cited) and carries(statement, cited)
        statements += 1
        carried += holds
        citations += len(cited)
        needed += sum(holds and _needed(statement, one, cited, carries) for one in cited)
    return Quality(statements, carried, citations, needed)


def _needed(statement: str, one: Citation, cited: Sequence[Citation], carries: Carries) -> bool:
    others = [other for other in cited if other is not one]
    return not others or carries(statement, [one]) or not carries(statement, others)


def by_rules(checker: Checker) -> Carries:
    """By the verifier that checks answers: numbers, names and polarity in the words cited."""

    def carries(statement: str, cited: Sequence[Citation]) -> bool:
        return checker.check(statement, list(map(_source, cited))).verdict is Verdict.SUPPORTED

    return carries


def by_model(entailment: Entailment) -> Carries:
    """By an entailment model alone, shown the words of all citations, each under its label's name."""

    def carries(statement: str, cited: Sequence[Citation]) -> bool:
        text = "\n".join(f"{one.document.title}: {one.quote}" for one in cited)
        return entailment.carries([(text, statement)])[0] >= CARRIES

    return carries


def _source(citation: Citation) -> Source:
    heading = citation.section.heading if citation.section is not None else ""
    document = citation.document
    return Source(citation.marker, citation.quote, citation.start, document.title, heading, document.lang)
