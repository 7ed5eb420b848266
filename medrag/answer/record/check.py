"""An answer as a record that stands alone, checked again: its pointers against the documents, its claims against the words.

What such a check proves: the quotes stand in the documents where the record says, under the titles, dates and headings that
it gives; every sentence of the answer that claims something is a claim, which cites what its marks say; and the verdicts are
those that the checker gives.

What it cannot prove, since a record carries no signature: that this library, this model or this question made it (`question`,
`writing`, `confidence`, `notices`, scores and times are taken as they are); that nothing was left out, neither sentences nor
evidence; that the facts of a row are rightly read from it; what an entailment model said, which is not at hand; and which
list a claim stood in where the policy left out the line above it. A record written anew from true quotations is a true record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from medrag.answer.record.claims import Claims, Difference
from medrag.answer.record.faults import Fault, Lookup
from medrag.answer.record.lines import abstention_faults, line_faults
from medrag.answer.record.pieces import cut_again
from medrag.answer.record.pointers import citation_faults, evidence_faults
from medrag.answer.safety.guard import GuardedChecker
from medrag.answer.verify.claim import Checker
from medrag.answer.verify.names import Names
from medrag.types import Answer, Claim, Verdict

__all__ = ["Fault", "Lookup", "Recheck", "check_against_files", "check_record"]

EXTRACTIVE = "extractive"
# What an entailment model may make of a claim that the rules leave open, and nothing else.
_LEFT_OPEN = frozenset({Verdict.PARTIAL, Verdict.UNSUPPORTED})
_SETTLED = frozenset({Verdict.SUPPORTED, Verdict.UNCITED})

# Whether a verdict that differs is a note and no fault.
_Noted = Callable[[Claims, Claim, Difference], bool]


@dataclass
class Recheck:
    """What checking a record came to: how many pointers and claims were looked at, the faults, and notes on the rest.

    A note is what cannot be decided with what is at hand; it is no fault.
    """

    citations: int = 0
    claims: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.faults


def check_record(answer: Answer, lookup: Lookup, names: Names) -> Recheck:
    """The record checked again with the knowledge base that made it: its documents, and its finder of names.

    Where the record says that an entailment model settled verdicts, what only that could have settled is a note.
    """
    report = _checked(answer, lookup, names, _by_entailment)
    report.faults += evidence_faults(answer, lookup)
    return report


def check_against_files(answer: Answer, lookup: Lookup, names: Names) -> Recheck:
    """The record checked again with documents and a finder of names that are not its knowledge base's.

    Other names are known, so that another verdict is a note, unless numbers and words alone contradict a claim that the record
    has as supported. So is evidence whose documents are not at hand: files are named for what is cited.
    """
    report = _checked(answer, lookup, names, _by_names)
    for fault in evidence_faults(answer, lookup):
        (report.notes if fault.kind == "document" else report.faults).append(fault)
    return report


def _checked(answer: Answer, lookup: Lookup, names: Names, only_noted: _Noted) -> Recheck:
    report = Recheck(citations=len(answer.citations), claims=len(answer.claims))
    markers = [citation.marker for citation in answer.citations]
    report.faults += [
        Fault(f"citation {marker}", "marker", "another citation has the same marker")
        for marker in dict.fromkeys(markers)
        if markers.count(marker) > 1
    ]
    for citation in answer.citations:
        report.faults += citation_faults(citation, lookup)
    for one in answer.dangling:
        if answer.text[max(one.start, 0) : max(one.end, 0)] != one.text or not one.text:
            report.faults.append(Fault(f"dangling mark {one.text}", "offsets", "it does not stand where the record says"))
    if answer.abstained:
        report.faults += abstention_faults(answer)
    elif not answer.claims:
        report.faults.append(Fault("the answer", "words", "it is no abstention, and yet it has no claim that could be checked"))
    _check_claims(answer, report, GuardedChecker(names, report=answer.safety), only_noted)
    return report


def _check_claims(answer: Answer, report: Recheck, checker: Checker, only_noted: _Noted) -> None:
    quoted = answer.writing.model == EXTRACTIVE
    claims = Claims(answer, checker)
    if quoted and not answer.abstained:
        report.faults += line_faults(answer)
    elif not answer.abstained:
        again = cut_again(answer)
        report.faults += again.faults
        report.notes += again.notes
        claims.pieces = again.pieces
    for at, claim in enumerate(answer.claims, 1):
        faults = list(claims.pointers(f"claim {at}", claim))
        report.faults += faults
        if faults:
            continue
        for found in (claims.quoted if quoted else claims.generated)(f"claim {at}", claim):
            noted = not quoted and only_noted(claims, claim, found)
            (report.notes if noted else report.faults).append(found.fault)


def _by_entailment(claims: Claims, claim: Claim, found: Difference) -> bool:
    """Whether only the entailment model that the record names can have given its verdict."""
    return bool(claims.answer.writing.entailment) and claim.verdict in _SETTLED and found.now in _LEFT_OPEN


def _by_names(claims: Claims, claim: Claim, found: Difference) -> bool:
    """Whether the difference may come of other names being known."""
    wrong = found.now is Verdict.CONTRADICTED and claim.verdict is Verdict.SUPPORTED
    return not (wrong and claims.contradicted_by_numbers(claim))
