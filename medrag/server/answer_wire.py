"""What an answer's record holds, for those who read it elsewhere: the shapes of `medrag.answer.show.text.answer_json`.

They describe what is sent; the record itself is written once and not validated again. A test holds that both agree.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from medrag.chat.slots import Slots
from medrag.types import Notice, SafetyReport, Verdict, Writing

__all__ = ["AnswerRecord", "FoundEvidence"]


class Sent(BaseModel):
    """A part of a response; parts that later releases add are no fault."""

    model_config = ConfigDict(extra="allow")


class DocumentSent(Sent):
    """A document without its text."""

    source: str
    key: str
    version: int
    effective: str
    title: str
    maker: str
    lang: str
    reader: str


class SectionSent(Sent):
    """A section of a document."""

    index: int
    code: str
    group: str
    heading: str
    path: list[str]


class FactSent(Sent):
    """An edge of the graph."""

    subject: str
    relation: str
    object: str


class SourceSent(Sent):
    """A place that says a fact, word for word."""

    document: DocumentSent
    start: int
    end: int
    quote: str
    sha256: str


class EvidenceSent(Sent):
    """A passage (document, section, start, end) or a fact (fact, sources) that was found, with its text."""

    rank: int
    score: float
    found_by: list[str]
    text: str = ""
    document: DocumentSent | None = None
    section: SectionSent | None = None
    start: int | None = None
    end: int | None = None
    also: list[DocumentSent] = Field(default=[], description="Other labels that say the same.")
    fact: FactSent | None = None
    sources: list[SourceSent] = []


class CitationSent(Sent):
    """The words that support a claim: the document's text from start to end is the quote."""

    marker: str
    document: DocumentSent
    section: SectionSent | None
    fact: FactSent | None
    start: int
    end: int
    quote: str
    sha256: str


class SupportSent(Sent):
    """The words within a citation that carry a claim."""

    marker: str
    start: int
    end: int


class ClaimSent(Sent):
    """A statement of the answer, what it cites, and what checking came to."""

    text: str
    start: int
    end: int
    citations: list[str]
    verdict: Verdict
    statement: str
    reasons: list[str]
    support: list[SupportSent]


class DanglingSent(Sent):
    """A mark that stands for nothing."""

    text: str
    start: int
    end: int


class FoundEvidence(Sent):
    """The evidence for a question, best first."""

    question: str
    evidence: list[EvidenceSent]


class AnswerRecord(FoundEvidence):
    """An answer with all that is needed to check it again (`/v1/check`), and what is told beside it."""

    answer: str
    abstained: bool
    reason: str
    confidence: float
    citations: list[CitationSent]
    claims: list[ClaimSent]
    dangling: list[DanglingSent]
    notices: list[Notice]
    safety: SafetyReport | None = Field(default=None, description="What was checked of the medicines and the patient named.")
    writing: Writing
    trace: dict[str, Any]
    session: str | None = Field(description="The id of the conversation, where it is kept.")
    standalone: str | None = Field(description="The question as it was searched for, with what was said before.")
    worded_by: Literal["as-is", "rules", "model"] | None
    asks_back: bool = Field(description="Whether the answer is a question.")
    slots: Slots
