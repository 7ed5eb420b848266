"""The claims of a stored answer checked again: where they stand, what they cite, and whether that says what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from medrag.answer.prompt.build import Shown
from medrag.answer.record.faults import Fault
from medrag.answer.record.lines import fact_leads, facts_of
from medrag.answer.reply.cut import Piece
from medrag.answer.reply.sources import citation_of, source_of
from medrag.answer.show.words import answer_lang
from medrag.answer.verify.claim import Checked, Checker, Source
from medrag.kb.facts import Mention
from medrag.patterns import regex
from medrag.types import Answer, Citation, Claim, Evidence, Fact, Verdict

__all__ = ["Claims", "Difference"]

_CARRIED = frozenset({Verdict.SUPPORTED, Verdict.PARTIAL})
_BREAK = regex(r"[、,，]")


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict that checking again does not give."""

    fault: Fault
    now: Verdict


@dataclass
class Claims:
    """Checks the claims of one answer; `pieces` are those of its text by where they stand."""

    answer: Answer
    checker: Checker
    pieces: dict[tuple[int, int], Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {citation.marker: citation for citation in self.answer.citations}
        understanding = self.answer.trace.get("understanding")
        drugs = understanding.get("drugs") if isinstance(understanding, dict) else None
        self._drugs = [str(name) for name in drugs] if isinstance(drugs, (list, tuple)) else []

    def pointers(self, where: str, claim: Claim) -> Iterator[Fault]:
        """What does not hold of where a claim stands, of its markers and of its support."""
        if self.answer.text[max(claim.start, 0) : max(claim.end, 0)] != claim.text or not claim.text:
            yield Fault(where, "offsets", f"the answer has other words at {claim.start}–{claim.end}")
        missing = [marker for marker in claim.citations if marker not in self._known]
        if missing:
            yield Fault(where, "marker", f"{', '.join(missing)} stands for no citation of the record")
        for support in claim.support:
            cited = self._known.get(support.marker)
            if cited is None or not cited.start <= support.start < support.end <= cited.end:
                yield Fault(where, "offsets", f"its support {support.start}–{support.end} is not within what it cites")

    def quoted(self, where: str, claim: Claim) -> list[Difference]:
        """The difference of a quotation: its citation holds its words, or the rows of facts hold the names in it."""
        cited = [self._known[marker] for marker in claim.citations]
        if not cited:
            return [_difference(where, claim, Checked(Verdict.UNCITED))]
        if claim.verdict is Verdict.UNSUPPORTED or any(claim.text in citation.quote for citation in cited):
            return []
        now = self._of_facts(claim, cited) if any(citation.fact is not None for citation in cited) else Verdict.UNSUPPORTED
        if now is Verdict.UNSUPPORTED:
            return [Difference(Fault(where, "verdict", "it quotes what its citation does not say"), now)]
        return [] if now is claim.verdict or now is Verdict.SUPPORTED else [_difference(where, claim, Checked(now))]

    def _of_facts(self, claim: Claim, cited: Sequence[Citation]) -> Verdict:
        """The verdict on a line of facts: supported if rows hold every name in it, partial if facts are called so."""
        facts = facts_of(self.answer)
        leads = [lead for lead in fact_leads(facts, answer_lang(self.answer)) if claim.text.startswith(lead)]
        if not leads:
            return Verdict.UNSUPPORTED
        names = claim.text[len(max(leads, key=len)) :]
        for marker in sorted(self._known, key=len, reverse=True):
            names = names.replace(marker, "、")
        parts = [part for one in _BREAK.split(names.lower()) if (part := one.strip())]
        rows = [quote.lower() for quote in (*(c.quote for c in cited), *_rows(facts))]
        called = [name.lower() for fact in facts for name in (fact.subject.name, fact.object.name)]
        if all(any(part in row for row in rows) for part in parts):
            return Verdict.SUPPORTED
        return Verdict.PARTIAL if all(any(part in name for name in (*called, *rows)) for part in parts) else Verdict.UNSUPPORTED

    def generated(self, where: str, claim: Claim) -> list[Difference]:
        """The difference of a claim in a model's words from what checking it again gives."""
        statement = self._statement(claim)
        now = self._checked(claim, statement)
        if now.verdict is claim.verdict or (claim.verdict is Verdict.UNCITED and now.verdict in _CARRIED):
            return []
        if now.verdict is Verdict.UNCITED and claim.verdict is Verdict.UNSUPPORTED and self._cites_the_unseen(claim):
            return []
        if not claim.citations and self._check(statement, [], self._found).verdict is claim.verdict:
            return []
        return [_difference(where, claim, now)]

    def contradicted_by_numbers(self, claim: Claim) -> bool:
        """Whether what is cited says otherwise where no name is known: another number, or may for may not."""
        cited = [source_of(self._known[marker]) for marker in claim.citations]
        return bool(cited) and Checker(_no_names).check(self._statement(claim), cited).verdict is Verdict.CONTRADICTED

    def _statement(self, claim: Claim) -> str:
        piece = self.pieces.get((claim.start, claim.end))
        return piece.statement if piece is not None else claim.statement or claim.text

    def _checked(self, claim: Claim, statement: str) -> Checked:
        if claim.verdict is Verdict.UNCITED:  # what was found to carry it first
            return self._check(statement, [source_of(self._known[support.marker]) for support in claim.support], [])
        others = [source_of(one) for marker, one in self._known.items() if marker not in claim.citations]
        return self._check(statement, [source_of(self._known[marker]) for marker in claim.citations], others)

    def _check(self, statement: str, cited: Sequence[Source], others: Sequence[Source]) -> Checked:
        return self.checker.check(statement, cited, others, question=self.answer.question, drugs=self._drugs)

    @cached_property
    def _found(self) -> list[Source]:
        """All that the record says was found: of what was shown to the model it cites only a part."""
        return [source for item in self.answer.evidence if (source := _source_of_evidence(item)) is not None]

    def _cites_the_unseen(self, claim: Claim) -> bool:
        """Whether the claim was held unsupported because its only marks stand for nothing that was shown."""
        piece = self.pieces.get((claim.start, claim.end))
        if piece is not None:
            return bool(piece.marks) and not claim.citations
        following = min(
            (other.start for other in self.answer.claims if other.start > claim.start), default=len(self.answer.text)
        )
        return not claim.citations and any(claim.start <= mark.start < following for mark in self.answer.dangling)


def _no_names(_text: str) -> Sequence[Mention]:
    return ()


def _source_of_evidence(item: Evidence) -> Source | None:
    marker = f"evidence {item.rank}"
    if item.passage is not None:
        return source_of(citation_of(Shown(0, marker, item, item.passage.start, item.passage.end, item.passage.text)))
    if item.fact is not None and item.fact.sources:
        return source_of(citation_of(Shown(0, marker, item, 0, 0, item.text)))
    return None


def _rows(facts: Sequence[Fact]) -> list[str]:
    return [source.quote for fact in facts for source in fact.sources]


def _difference(where: str, claim: Claim, now: Checked) -> Difference:
    why = f" ({now.reasons[0]})" if now.reasons else ""
    said = f"the record says {claim.verdict.value}, checking again {now.verdict.value}{why}"
    return Difference(Fault(where, "verdict", said), now.verdict)
