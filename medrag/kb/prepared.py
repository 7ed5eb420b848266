"""What a writer takes: a document cut into passages, with the names and statements that stand in it."""

from __future__ import annotations

from dataclasses import dataclass

from medrag.kb.folding import fold
from medrag.types import Document, EntityKind

__all__ = ["EntityRef", "NameOf", "Prepared", "Span", "Statement"]


@dataclass(frozen=True, slots=True)
class EntityRef:
    """An entity as a source names it; a code of the source (`DB00997`) makes its id where there is one."""

    kind: EntityKind
    name: str
    code: str = ""

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
