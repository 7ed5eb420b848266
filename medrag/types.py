"""The records that users and the wire see: documents, facts, evidence, citations and answers.

All are immutable. Spans are code-point offsets, end exclusive, into the canonical text of a document:
`document.text[span.start:span.end]` is what they name. Scores lie in 0..1 and higher is better; ranks start at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from medrag.sections import SectionGroup

__all__ = [
    "Answer",
    "Citation",
    "Claim",
    "Dangling",
    "Document",
    "DocumentInfo",
    "DocumentKind",
    "Entity",
    "EntityKind",
    "Evidence",
    "Fact",
    "FactSource",
    "Passage",
    "Place",
    "Question",
    "Section",
    "StreamEvent",
    "Support",
    "Turn",
    "Verdict",
    "Writing",
    "digest",
]


def digest(text: str) -> str:
    """The SHA-256 of a text's UTF-8 form, as 64 hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class DocumentKind(StrEnum):
    """What a document is; it decides how its identity and its passages are made."""

    LABEL = "label"
    FILE = "file"
    RECORD = "record"  # a graph or name-table row: facts and names, no passages


class EntityKind(StrEnum):
    """What an entity is. Drugs come in three kinds so that a salt never merges with its base."""

    SUBSTANCE = "substance"
    PREPARATION = "preparation"
    PRODUCT = "product"
    DISEASE = "disease"
    SYMPTOM = "symptom"
    DEPARTMENT = "department"
    CHECK = "check"
    BODY_PART = "body_part"
    DRUG_CLASS = "drug_class"
    OPERATION = "operation"
    FOOD = "food"
    THING = "thing"  # the source does not say


class Record(BaseModel):
    """The common behaviour of every public record: immutable, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Record):
    """Where in a source file a record stood: the file's name and a line, row, XPath or JSON pointer."""

    file: str
    record: str = ""

    def __str__(self) -> str:
        return f"{self.file} ({self.record})" if self.record else self.file


class Section(Record):
    """A section of a document: its body is `text[start:end]`; heading and sub-sections stand outside it.

    `index` identifies it (codes and headings repeat in real labels), `code` is a LOINC section code or
    `medrag:…`, `group` joins equivalent codes, `path` holds the headings around it, outermost first.
    """

    index: int
    code: str
    group: SectionGroup
    heading: str
    path: tuple[str, ...] = ()
    start: int
    end: int


class DocumentInfo(Record):
    """A document without its text: what lists, evidence and citations carry.

    `version` counts this library's versions of the document from 1 (0: not stored yet); `revision` is the
    publisher's own number. `effective` is an ISO date, whole or cut to year or month.
    """

    source: str
    key: str
    version: int = 0
    revision: str = ""
    effective: str = ""
    title: str
    maker: str = ""
    kind: DocumentKind = DocumentKind.LABEL
    lang: str = ""
    tags: tuple[str, ...] = ()
    place: Place = Place(file="")
    reader: str = ""


class Document(DocumentInfo):
    """A document: canonical text, which never changes, and the sections it divides into, in text order."""

    text: str
    sections: tuple[Section, ...] = ()

    def info(self) -> DocumentInfo:
        """This document without its text."""
        return DocumentInfo.model_construct(**{name: getattr(self, name) for name in DocumentInfo.model_fields})


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document's canonical text: whole sentences, list items or table rows of one section.

    `id` depends on content alone, so it is the same in every process and every rebuilt knowledge base.
    """

    id: int
    document: DocumentInfo
    section: Section
    start: int
    end: int
    text: str


class Entity(Record):
    """A thing with one id and many names."""

    id: str
    kind: EntityKind
    name: str


class FactSource(Record):
    """One place that says a fact: a span of a document's text or a whole graph row, word for word."""

    document: DocumentInfo
    start: int
    end: int
    quote: str
    sha256: str


class Fact(Record):
    """An edge of the graph, with every row or span that says so."""

    subject: Entity
    relation: str
    object: Entity
    sources: tuple[FactSource, ...] = ()

    @property
    def text(self) -> str:
        """The fact in one line, as it is shown: subject, relation, object."""
        return f"{self.subject.name} {self.relation} {self.object.name}"


class Turn(Record):
    """One message of a conversation before the question."""

    role: str
    content: str


class Question(Record):
    """A question, with the conversation before it where there was one."""

    text: str
    id: str = ""
    history: tuple[Turn, ...] = ()


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


class Citation(Record):
    """The words that support a claim: `document.text[start:end] == quote`, whose SHA-256 is `sha256`."""

    marker: str
    document: DocumentInfo
    section: Section | None = None
    fact: Fact | None = None
    start: int
    end: int
    quote: str
    sha256: str


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
    `prompt_sha256` is the hash of the messages that the model was sent, empty where none was; `finish` is why the model
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
    finish: str = ""
    generation: dict[str, float | int | bool | str] = Field(default_factory=dict)


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
    notices: tuple[str, ...] = ()
    writing: Writing = Writing()
    trace: dict[str, object] = Field(default_factory=dict)


class StreamEvent(Record):
    """One step of an answer that is being written: the evidence, then checked words, then the whole answer.

    The `text` of all events, joined, is the answer's text. `claim` is the claim that the text ends with, checked already;
    `answer` stands in the last event alone.
    """

    text: str = ""
    claim: Claim | None = None
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None
