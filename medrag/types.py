"""The records that users and the wire see: documents, facts, evidence, citations and answers.

All are immutable. Spans are code-point offsets, end exclusive, into the canonical text of a document:
`document.text[span.start:span.end]` is what they name. Scores lie in 0..1 and higher is better; ranks start at 1.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from medrag.findings import (
    Checked,
    Coverage,
    Finding,
    FindingKind,
    Medicine,
    Patient,
    SafetyReport,
    Severity,
    Sex,
    Stated,
)
from medrag.records import (
    Citation,
    Document,
    DocumentInfo,
    DocumentKind,
    Entity,
    EntityKind,
    Fact,
    FactSource,
    Passage,
    Place,
    Section,
    digest,
)
from medrag.records import Record as Record  # the base of all of them, no record that is handed out

__all__ = [
    "Answer",
    "Checked",
    "Citation",
    "Claim",
    "Coverage",
    "Dangling",
    "Document",
    "DocumentInfo",
    "DocumentKind",
    "Entity",
    "EntityKind",
    "Evidence",
    "Fact",
    "FactSource",
    "Finding",
    "FindingKind",
    "Medicine",
    "Notice",
    "NoticeKind",
    "Passage",
    "Patient",
    "Place",
    "Question",
    "SafetyReport",
    "Section",
    "Severity",
    "Sex",
    "Stated",
    "StreamEvent",
    "Support",
    "Turn",
    "Verdict",
    "Writing",
    "digest",
]


class Turn(Record):
    """One message of a conversation before the question."""

    role: str
    content: str


class Question(Record):
    """A question, with the conversation before it and the person it is about where these are known.

    `standalone` says that the text is understood by itself, and that the history is for the writer alone. `asker` is whose
    question it is, for an audit log from which a person's records can be erased.
    """

    text: str
    id: str = ""
    history: tuple[Turn, ...] = ()
    patient: Patient | None = None
    asker: str = ""
    standalone: bool = False


class Evidence(Record):
    """A passage or a fact that was found for a question; `found_by` names the channels that found it.

    `also` are other labels whose passages say the same: another maker's, another strength's.
    """

    rank: int = Field(ge=1)
    score: float = Field(ge=0.0, le=1.0)
    found_by: tuple[str, ...]
    passage: Passage | None = None
    fact: Fact | None = None
    also: tuple[DocumentInfo, ...] = ()

    @property
    def text(self) -> str:
        """What a reader is shown of it."""
        if self.passage is not None:
            return self.passage.text
        return self.fact.text if self.fact is not None else ""


class Verdict(StrEnum):
    """What checking a claim against what it cites came to."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    UNCITED = "uncited"


class Support(Record):
    """The words of a cited document that carry a claim: `document.text[start:end]` of the citation with this marker."""

    marker: str
    start: int
    end: int


class Claim(Record):
    """A statement of an answer: `answer.text[start:end]`, the markers it cites, and the verdict on it.

    `statement` is what was checked, where that is not the text itself: without marks and markup, behind the line that leads
    it in. `reasons` say in the answer's language why the verdict is not `supported`; `support` are the words that carry the claim.
    """

    text: str
    start: int
    end: int
    citations: tuple[str, ...]
    verdict: Verdict
    statement: str = ""
    reasons: tuple[str, ...] = ()
    support: tuple[Support, ...] = ()


class Dangling(Record):
    """A citation mark of an answer that stands for nothing shown to the writer: `answer.text[start:end] == text`."""

    text: str
    start: int
    end: int


class Writing(Record):
    """How an answer was written: by which model, from which prompt and commit, under which policy.

    `model` wrote the words: "extractive" too where a model was asked and failed, as `finish` then says.
    `prompt_sha256` is the hash of the messages that the model was sent, empty where none was; `prompt_tokens` are theirs and
    `completion_tokens` those of the words it said, counted by the model's tokenizer or else estimated from above; `finish` is why the model
    stopped (`medrag.llm.model.Finish`), empty for the extractive writer; `generation` are its sampling settings;
    `entailment` is the model that verdicts were settled with, if any.
    """

    model: str = "extractive"
    preset: str = ""
    policy: str = ""
    lang: str = ""
    k: int = 0
    commit: int = 0
    release: str = ""
    entailment: str = ""
    prompt_sha256: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = ""
    generation: dict[str, float | int | bool | str] = Field(default_factory=dict)


class NoticeKind(StrEnum):
    """What a notice beside an answer is about."""

    EMERGENCY = "emergency"  # get help now
    DOCTOR = "doctor"  # this needs a doctor or a pharmacist
    CONFLICT = "conflict"  # documents disagree
    MODEL = "model"  # what went wrong with the writing
    DISCLAIMER = "disclaimer"


class Notice(Record):
    """Something said beside an answer, never in place of it; `rule` names what made it appear, where a table did."""

    kind: NoticeKind
    text: str
    rule: str = ""

    def __str__(self) -> str:
        return self.text


class Answer(Record):
    """What came back for a question: text with markers, what they stand for, and how it was found.

    Where `abstained` is true, `text` says what is missing, `reason` why, and nothing is cited. `confidence` (0 to 1) is
    how sure it is that the evidence answers the question (`medrag.answer.confidence`).
    """

    question: str
    text: str
    abstained: bool = False
    reason: str = ""
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    dangling: tuple[Dangling, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notices: tuple[Notice, ...] = ()
    safety: SafetyReport | None = None
    writing: Writing = Writing()
    trace: dict[str, object] = Field(default_factory=dict)


class StreamEvent(Record):
    """One step of an answer that is being written: the evidence with what is said beside it, then checked words, then the whole answer.

    The `text` of all events, joined, is the answer's text. `claim` is the claim that the text ends with, checked already;
    `answer` stands in the last event alone.
    """

    text: str = ""
    claim: Claim | None = None
    evidence: tuple[Evidence, ...] = ()
    notices: tuple[Notice, ...] = ()
    safety: SafetyReport | None = None
    answer: Answer | None = None
