"""What the tests of prompts are made with: rooms that count characters, and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medrag.llm.messages import EvidenceForm, Message
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Entity, EntityKind, Evidence, Fact, FactSource, Passage, Section, digest

__all__ = ["CharacterRoom", "fact", "passage", "whole"]


@dataclass
class CharacterRoom:
    """A room in which a character is a token and a message costs four more; it keeps how often it was asked."""

    input_limit: int = 100_000
    system_role: bool = True
    evidence_form: EvidenceForm = EvidenceForm.NUMBERED
    multi_turn: bool = True
    asked: list[int] = field(default_factory=list)

    def count(self, messages: Sequence[Message]) -> int:
        """The characters of the messages, and four for each."""
        tokens = sum(len(message.content) + 4 for message in messages)
        self.asked.append(tokens)
        return tokens


def passage(text: str, *, rank: int = 1, title: str = "安平片", heading: str = "【用法用量】", start: int = 7) -> Evidence:
    """A piece of evidence from a label."""
    document = DocumentInfo(
        source="labels", key=title, version=1, title=title, maker="东方药厂", effective="2021-03-04", lang="zh"
    )
    end = start + len(text)
    section = Section(index=0, code="34068-7", group=SectionGroup.DOSAGE, heading=heading, start=start, end=end)
    return Evidence(rank=rank, score=0.5, found_by=("words",), passage=Passage(rank, document, section, start, end, text))


def fact(subject: str, relation: str, thing: str, *, rank: int = 1) -> Evidence:
    """A piece of evidence from a graph."""
    row = f"{subject},{thing}"
    record = DocumentInfo(source="graph", key=subject, version=1, title=subject)
    source = FactSource(document=record, start=3, end=3 + len(row), quote=row, sha256=digest(row))
    ends = [Entity(id=f"x:{name}", kind=EntityKind.DISEASE, name=name) for name in (subject, thing)]
    return Evidence(
        rank=rank,
        score=0.5,
        found_by=("graph",),
        fact=Fact(subject=ends[0], relation=relation, object=ends[1], sources=(source,)),
    )


def whole(messages: Sequence[Message]) -> str:
    """All that the messages say."""
    return "\n".join(message.content for message in messages)
