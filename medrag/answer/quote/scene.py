"""What the extractive writer works with: the question as understood, its evidence, and the sentences that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medrag.answer.quote.patients import for_patients
from medrag.answer.quote.select import Unit, units_of
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.understand import Shape, Understanding
from medrag.types import DocumentInfo, Evidence, Passage

__all__ = ["Scene", "same_document"]

MAX_LEFT = 2  # words left over in a question that are sure to be what it is about


def same_document(one: DocumentInfo, other: DocumentInfo) -> bool:
    """Whether two passages' documents are one, whatever its version."""
    return (one.source, one.key) == (other.source, other.key)


@dataclass(frozen=True, slots=True)
class Scene:
    """A question and its evidence, of which `passages` are those that are passages, in their order."""

    understanding: Understanding
    evidence: Sequence[Evidence]
    passages: tuple[Passage, ...]
    kb: KnowledgeBase

    @property
    def lang(self) -> str:
        """The question's language."""
        return self.understanding.lang

    @property
    def words(self) -> tuple[str, ...]:
        """What the question is about beside its drugs and sections, as it says it and as labels do."""
        return (*self.understanding.terms, *self.understanding.hints)

    @property
    def is_pointed(self) -> bool:
        """Whether the question asks yes or no about one thing beside its medicine: alcohol, breaking the tablet.

        In a story every word stands in some sentence of a label, and tells nothing.
        """
        understanding = self.understanding
        if understanding.shape is not Shape.YES_NO:
            return False
        return 0 < len(understanding.left) <= MAX_LEFT or (bool(understanding.hints) and not understanding.terms)

    def units(self, passages: Iterable[Passage], document: DocumentInfo) -> list[Unit]:
        """The sentences of those passages that are of a document, in text order; of its doses those for the patient asked about."""
        return for_patients(self.all_units(passages, document), self.understanding, self.words, self.kb)

    def all_units(self, passages: Iterable[Passage], document: DocumentInfo) -> list[Unit]:
        """The sentences of those passages that are of a document, whomever they are for."""
        own = [passage for passage in passages if same_document(passage.document, document)]
        return units_of(sorted(own, key=lambda passage: passage.start))
