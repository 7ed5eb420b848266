"""What is asked in an evaluation and what is right."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANSWERS", "HELPS", "Case", "FactCase", "Gold", "NameCase", "PairCase", "SectionCase", "TermCase"]

ANSWERS = 2  # grade of a section that answers the question
HELPS = 1  # grade of a section that only helps


@dataclass(frozen=True, slots=True)
class Gold:
    """A section that is right, as a question file names it, and how right it is (`ANSWERS` or `HELPS`).

    The label is named by its drug (`drug`, as printed on the label) or by its set id (`set_id`); the section by its
    heading and, where the file gives them, its code and its number in the label (`index` from 0, -1 where not given).
    An empty heading without a code means the label as a whole.
    """

    drug: str = ""
    set_id: str = ""
    heading: str = ""
    code: str = ""
    index: int = -1
    grade: int = ANSWERS


@dataclass(frozen=True, slots=True)
class SectionCase:
    """A question that sections of labels answer. `drug`, where given, is what the question is about, in its own words."""

    id: str
    question: str
    kind: str
    gold: tuple[Gold, ...]
    drug: str = ""
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class FactCase:
    """A question that facts of the graph answer: the names at the far end of the relations, one a hop, from the entity."""

    id: str
    question: str
    kind: str
    entity: str
    relations: tuple[str, ...]
    answers: frozenset[str]
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class TermCase:
    """A term as somebody wrote it and what it is called in the standard: one or several standard terms."""

    id: str
    question: str
    kind: str
    standard: frozenset[str]
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class NameCase:
    """A drug's name as somebody might write it, in a plain question, and the (source, key) of the labels it may mean."""

    id: str
    question: str
    kind: str
    name: str
    documents: frozenset[tuple[str, str]]
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class PairCase:
    """Two names that look or sound alike and mean different medicines: `question` and `other`."""

    id: str
    question: str
    kind: str
    other: str
    frozen: bool = False


Case = SectionCase | FactCase | TermCase | NameCase | PairCase
