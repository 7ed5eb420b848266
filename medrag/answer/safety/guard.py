"""The check of a model's claims with one thing more: none may contradict or play down what the medication check found."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.answer.safety.contradict import contradiction_words, contradicts
from medrag.answer.verify.claim import Checked, Checker, Source
from medrag.answer.verify.entail import Entailment
from medrag.answer.verify.names import Names
from medrag.types import SafetyReport, Verdict

__all__ = ["GuardedChecker"]


class GuardedChecker(Checker):
    """Checks claims as `Checker` does; one that stands against a finding is contradicted, whatever it cites."""

    def __init__(self, names: Names, *, entailment: Entailment | None = None, report: SafetyReport | None = None) -> None:
        super().__init__(names, entailment=entailment)
        self._report = report if report is not None and report.findings else None

    def check(
        self,
        claim: str,
        cited: Sequence[Source],
        others: Sequence[Source] = (),
        *,
        question: str = "",
        drugs: Sequence[str] = (),
    ) -> Checked:
        """The verdict on a claim (`Checker.check`), and the finding that it stands against as a reason."""
        checked = super().check(claim, cited, others, question=question, drugs=drugs)
        against = contradicts(claim, self._report) if self._report is not None else None
        if against is None or self._report is None:
            return checked
        words = contradiction_words(against, self._report.lang)
        return Checked(Verdict.CONTRADICTED, (*checked.reasons, words), checked.support)
