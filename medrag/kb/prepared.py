"""What a writer takes: a document cut into passages, with the names and statements that stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from medrag.kb.folding import fold
from medrag.types import Document, EntityKind

__all__ = ["EntityRef", "Kept", "NameOf", "Prepared", "Span", "Statement", "entity_refs", "fault_of", "fault_of_text"]


@dataclass(frozen=True, slots=True)
class EntityRef:
    """An entity as a source names it; a code of the source (`DB00997`) makes its id where there is one."""

    kind: EntityKind
    name: str
    code: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.code))  # an enumeration's own hash takes longer than both

    @property
    def id(self) -> str:
        """The entity's id: `kind:code`, else `kind:folded name`; the same in every knowledge base."""
        return f"{self.kind.value}:{self.code or fold(self.name)}"


@dataclass(frozen=True, slots=True)
class NameOf:
    """A name that the document gives to an entity; `kind` says which (generic, brand, alias, english, pinyin, code)."""

    entity: EntityRef
    name: str
    kind: str = "alias"


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact that the document states, and the span of its text that says so (a graph row: the whole row)."""

    subject: EntityRef
    relation: str
    object: EntityRef
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A passage to be: a span of the text of the section with that index."""

    section: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the passages of a document lie that were cut and encoded already (`medrag.kb.ready`)."""

    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be stored. `about` are the entities that the whole document is about (a label: its drug).

    A document without an identity of its own has an empty key and says, in `occurrence`, that it is the n-th
    record of its title in its file, from 0: the writer then finds or makes its key (`medrag.kb.identity`).
    """

    document: Document
    passages: tuple[Span, ...] = ()
    names: tuple[NameOf, ...] = ()
    statements: tuple[Statement, ...] = ()
    about: tuple[EntityRef, ...] = ()
    occurrence: int = 0
    ready: Kept | None = None


def fault_of(prepared: Prepared) -> str:
    """Why the document cannot be stored; empty where it can."""
    document = prepared.document
    fault = fault_of_text("".join(_printed(prepared)))
    if fault:
        return fault
    length = len(document.text)
    bounds: dict[int, tuple[int, int]] = {}
    if document.sections:
        bounds = {section.index: (section.start, section.end) for section in document.sections}
        if len(bounds) < len(document.sections) or not all(0 <= start <= end <= length for start, end in bounds.values()):
            return "its sections lie outside its text, or share an index"
    for passage in prepared.passages:
        start, end = bounds.get(passage.section, (0, -1))
        if not start <= passage.start < passage.end <= end:
            return f"the passage at {passage.start} lies outside its section"
    for statement in prepared.statements:
        if not 0 <= statement.start < statement.end <= length:
            return "a statement lies outside its text"
    return ""


def fault_of_text(said: str) -> str:
    """Why no text may hold what stands in this one; empty where it may."""
    if "\0" in said or not (said.isascii() or _is_unicode(said)):
        return "it holds characters that no text may have (NUL, or half of one of UTF-16)"
    return ""


def _printed(prepared: Prepared) -> list[str]:
    """All texts of a document that are stored."""
    document = prepared.document
    said = [document.text, document.title, document.key, document.source, document.maker]
    for section in document.sections:
        said += (section.heading, *section.path)
    said += [name.name for name in prepared.names]
    for ref in entity_refs(prepared):
        said += (ref.name, ref.code)
    return said


def entity_refs(prepared: Prepared) -> Iterator[EntityRef]:
    """The entities that a document names, speaks of or is about, as it prints them."""
    for name in prepared.names:
        yield name.entity
    for statement in prepared.statements:
        yield statement.subject
        yield statement.object
    yield from prepared.about


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
