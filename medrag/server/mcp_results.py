"""What the tools for agents give back: records that are described to the agent, and the same as text for it to read."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from medrag.answer.show.text import to_text
from medrag.kb.base import KnowledgeBase
from medrag.kb.relations import label
from medrag.types import (
    Answer,
    Citation,
    Coverage,
    Document,
    DocumentInfo,
    Entity,
    Evidence,
    Fact,
    Finding,
    Record,
    SafetyReport,
    Section,
    Stated,
)

__all__ = [
    "AnswerFound",
    "ChecksFound",
    "Cited",
    "DocumentFound",
    "EntityFound",
    "EvidenceFound",
    "FactFound",
    "Piece",
    "Source",
    "answer_text",
]

SHOWN_NAMES = 50
SHOWN_FACTS = 50
SHOWN_DOCUMENTS = 20


class Source(Record):
    """Where words stand: `text[start:end]` of the document, in code points. The tool `document` reads around them."""

    source: str
    key: str
    version: int
    title: str
    maker: str = ""
    effective: str = ""
    section: str = ""
    section_code: str = ""
    start: int = 0
    end: int = 0

    @classmethod
    def at(cls, document: DocumentInfo, section: Section | None = None, start: int = 0, end: int = 0) -> Source:
        """The place in a document."""
        return cls(
            source=document.source,
            key=document.key,
            version=document.version,
            title=document.title,
            maker=document.maker,
            effective=document.effective,
            section=section.heading if section is not None else "",
            section_code=section.code if section is not None else "",
            start=start,
            end=end,
        )

    def __str__(self) -> str:
        where = f"{self.title} › {self.section}" if self.section else self.title
        return f"{where} ({self.source}:{self.key}, {self.start}–{self.end})"


class Cited(Record):
    """The words that a marker of an answer stands for."""

    marker: str
    quote: str
    place: Source
    sha256: str


class ClaimFound(Record):
    """A statement of an answer, and what checking it against the words it cites came to."""

    text: str
    verdict: str
    citations: tuple[str, ...]
    reasons: tuple[str, ...] = ()


class AnswerFound(Record):
    """An answer, each statement with markers; where it abstained, the text says what is missing."""

    answer: str
    abstained: bool
    reason: str = ""
    confidence: float
    citations: tuple[Cited, ...] = ()
    claims: tuple[ClaimFound, ...] = ()
    notices: tuple[str, ...] = Field(default=(), description="Said beside the answer: see a doctor, emergencies.")

    @classmethod
    def of(cls, answer: Answer, *, disclaimer: str = "") -> AnswerFound:
        """The answer without its evidence; the disclaimer is the last notice."""
        return cls(
            answer=answer.text,
            abstained=answer.abstained,
            reason=answer.reason,
            confidence=answer.confidence,
            citations=tuple(map(_cited, answer.citations)),
            claims=tuple(
                ClaimFound(text=c.text, verdict=c.verdict.value, citations=c.citations, reasons=c.reasons)
                for c in answer.claims
            ),
            notices=(*(notice.text for notice in answer.notices), *([disclaimer] if disclaimer else [])),
        )


class Piece(Record):
    """A piece of evidence: the words, where they stand, and how well they fit (0 to 1)."""

    rank: int
    score: float
    quote: str
    place: Source | None
    fact: str = ""


class EvidenceFound(Record):
    """The evidence for a question, best first."""

    evidence: tuple[Piece, ...]

    @classmethod
    def of(cls, found: Sequence[Evidence]) -> EvidenceFound:
        """The evidence, of each fact the first place that says so."""
        return cls(evidence=tuple(map(_piece, found)))

    def __str__(self) -> str:
        pieces = [f"{one.rank}. {one.score:.2f} {one.place or one.fact}\n{one.quote}" for one in self.evidence]
        return "\n\n".join(pieces) or "nothing was found"


class SectionFound(Record):
    """A section of a document, by its number."""

    index: int
    heading: str
    code: str
    start: int
    end: int


class DocumentFound(Record):
    """A document or a part of it. Where `next_start` stands, the text goes on there."""

    place: Source
    text: str
    sections: tuple[SectionFound, ...]
    next_start: int | None = None

    @classmethod
    def of(cls, document: Document, start: int, end: int, *, most: int) -> DocumentFound:
        """The document from one place to another, cut to so many characters."""
        stop = min(end, start + most)
        sections = tuple(
            SectionFound(index=s.index, heading=s.heading, code=s.code, start=s.start, end=s.end) for s in document.sections
        )
        place = Source.at(document, start=start, end=stop)
        return cls(place=place, text=document.text[start:stop], sections=sections, next_start=stop if stop < end else None)

    def __str__(self) -> str:
        more = f"\n\n(goes on at start={self.next_start})" if self.next_start is not None else ""
        return f"{self.place}\n\n{self.text}{more}"


class FactFound(Record):
    """A fact, and the first place that says so, of how many."""

    fact: str
    subject: str
    relation: str
    object: str
    quote: str = ""
    place: Source | None = None
    sources: int = 0

    @classmethod
    def of(cls, fact: Fact) -> FactFound:
        """The fact with its first source."""
        first = fact.sources[0] if fact.sources else None
        return cls(
            fact=fact.text,
            subject=fact.subject.id,
            relation=fact.relation,
            object=fact.object.id,
            quote=first.quote if first is not None else "",
            place=Source.at(first.document, start=first.start, end=first.end) if first is not None else None,
            sources=len(fact.sources),
        )


class EntityFound(Record):
    """A thing that is known: its names, what is stated of it, the documents about it, and others of the same name."""

    entity: Entity
    names: tuple[str, ...]
    facts: tuple[FactFound, ...]
    documents: tuple[Source, ...]
    others: tuple[Entity, ...] = ()

    @classmethod
    def of(cls, entity: Entity, others: Sequence[Entity], kb: KnowledgeBase) -> EntityFound:
        """What the knowledge base has of an entity, the first of each kind where there is much."""
        return cls(
            entity=entity,
            names=tuple(name for name, _ in kb.names(entity.id))[:SHOWN_NAMES],
            facts=tuple(map(FactFound.of, kb.facts_of([entity.id], limit=SHOWN_FACTS))),
            documents=tuple(Source.at(document) for document, _, _ in kb.documents_about([entity.id])[:SHOWN_DOCUMENTS]),
            others=tuple(others),
        )

    def __str__(self) -> str:
        lines = [f"{self.entity.name} ({self.entity.id})", f"names: {', '.join(self.names)}"]
        lines += [f"- {fact.subject} {label(fact.relation, 'en')} {fact.object}: {fact.quote}" for fact in self.facts]
        lines += [f"document: {document}" for document in self.documents]
        lines += [f"also: {other.name} ({other.id})" for other in self.others]
        return "\n".join(lines)


class WordsAgainst(Record):
    """What one label says against it, and how severe that is in the label's own word."""

    medicine: str
    severity: str
    word: str
    quote: str
    place: Source


class Against(Record):
    """Something that speaks against the medicines: of what kind, how severe at the worst, and every label's words."""

    kind: str
    severity: str
    medicines: tuple[str, ...]
    about: str = ""
    reason: str = ""
    conflict: bool = Field(default=False, description="Labels of one medicine disagree on it.")
    stated: tuple[WordsAgainst, ...] = ()

    @classmethod
    def of(cls, finding: Finding) -> Against:
        """The finding."""
        return cls(
            kind=finding.kind.value,
            severity=finding.severity.value,
            medicines=finding.medicines,
            about=finding.about,
            reason=finding.reason,
            conflict=finding.conflict,
            stated=tuple(_against(one) for one in finding.stated),
        )

    def __str__(self) -> str:
        head = f"{self.severity} ({self.kind}): {' + '.join(self.medicines)}{f' · {self.about}' if self.about else ''}"
        lines = [head, *([self.reason] if self.reason else [])]
        return "\n".join([*lines, *(f"  “{one.quote}” — {one.place}" for one in self.stated)])


class NotSaid(Record):
    """What was looked for without finding anything against it, and why."""

    medicines: tuple[str, ...]
    kind: str
    about: str = ""
    coverage: str = Field(description="nothing: the labels were read and say nothing; partly, not_covered: labels are missing.")


class ChecksFound(Record):
    """What speaks against taking medicines together or by this patient, worst first. No finding is no proof of safety."""

    findings: tuple[Against, ...]
    not_found: tuple[NotSaid, ...]
    unknown: tuple[str, ...] = Field(description="Medicines that nobody here knows: they were not checked.")
    notes: tuple[str, ...]

    @classmethod
    def of(cls, report: SafetyReport) -> ChecksFound:
        """The report."""
        return cls(
            findings=tuple(map(Against.of, report.findings)),
            not_found=tuple(
                NotSaid(medicines=one.medicines, kind=one.kind.value, about=one.about, coverage=one.coverage.value)
                for one in report.checked
                if one.coverage is not Coverage.FOUND
            ),
            unknown=report.unknown,
            notes=report.notes,
        )

    def __str__(self) -> str:
        lines = [str(one) for one in self.findings] or ["nothing was found against it, which proves no safety"]
        lines += [f"{one.coverage}: {' + '.join(one.medicines)} ({one.about or one.kind})" for one in self.not_found]
        lines += [f"unknown here, not checked: {', '.join(self.unknown)}"] if self.unknown else []
        return "\n".join([*lines, *self.notes])


def answer_text(answer: Answer) -> str:
    """The answer as it is read: text, the words behind each marker, faults and notices."""
    quotes = [f"{citation.marker} “{citation.quote}”" for citation in answer.citations]
    return "\n".join([to_text(answer), "", *quotes]) if quotes else to_text(answer)


def _against(stated: Stated) -> WordsAgainst:
    citation = stated.citation
    place = Source.at(citation.document, citation.section, citation.start, citation.end)
    return WordsAgainst(
        medicine=stated.medicine, severity=stated.severity.value, word=stated.word, quote=citation.quote, place=place
    )


def _cited(citation: Citation) -> Cited:
    place = Source.at(citation.document, citation.section, citation.start, citation.end)
    return Cited(marker=citation.marker, quote=citation.quote, place=place, sha256=citation.sha256)


def _piece(found: Evidence) -> Piece:
    passage, fact = found.passage, found.fact
    if passage is not None:
        place = Source.at(passage.document, passage.section, passage.start, passage.end)
        return Piece(rank=found.rank, score=found.score, quote=passage.text, place=place)
    stated = FactFound.of(fact) if fact is not None else None
    return Piece(
        rank=found.rank,
        score=found.score,
        quote=stated.quote if stated is not None else "",
        place=stated.place if stated is not None else None,
        fact=found.text,
    )
