"""The records of what a knowledge base holds, documents, entities and facts, and of the words that are cited from them.

All are immutable. Spans are code-point offsets, end exclusive, into the canonical text of a document:
`document.text[span.start:span.end]` is what they name. `medrag.types` has these under the same names: import them from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticUndefined

from medrag.sections import SectionGroup

__all__ = [
    "Citation",
    "Document",
    "DocumentInfo",
    "DocumentKind",
    "Entity",
    "EntityKind",
    "Fact",
    "FactSource",
    "Passage",
    "Place",
    "Record",
    "Section",
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

    @classmethod
    def model_construct(  # type: ignore[override]  # pydantic's plug-in writes a signature of its own
        cls, _fields_set: set[str] | None = None, **values: Any
    ) -> Self:
        """A record of values that are known to be right, as pydantic's own makes it, in a quarter of the time.

        A question makes a hundred records of what it reads.
        """
        whole = _whole(cls, values) if _fields_set is None else None
        if whole is None:
            return super().model_construct(_fields_set, **values)
        made = cls.__new__(cls)
        _set(made, "__dict__", whole)
        _set(made, "__pydantic_fields_set__", set(values))
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made


_set = object.__setattr__  # records are frozen to everybody else


def _whole(of: type[Record], values: dict[str, Any]) -> dict[str, Any] | None:
    """The values of all fields in their order; None where one is lacking that has no default which records may share."""
    fields = of.__pydantic_fields__
    if [*values] == [*fields]:
        return values
    whole = {**_defaults(of), **values}
    return {name: whole[name] for name in fields} if whole.keys() == fields.keys() else None


@cache
def _defaults(of: type[Record]) -> dict[str, Any]:
    """The defaults of the fields that have one which cannot change."""
    given = {name: field.default for name, field in of.__pydantic_fields__.items() if not field.is_required()}
    return {name: default for name, default in given.items() if default is not PydanticUndefined and _is_fixed(default)}


def _is_fixed(value: object) -> bool:
    try:
        hash(value)  # of a record its leaves' too
    except TypeError:
        return False
    return True


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
