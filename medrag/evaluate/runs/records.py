"""The record of one question of a run: what was asked, found and answered, and what it scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from medrag.types import Answer, Citation, Evidence, Record

__all__ = ["Asked", "Found", "Quoted", "record_of"]


class Found(Record):
    """A piece of evidence as it was shown: where it stands and its words."""

    rank: int
    score: float
    found_by: tuple[str, ...]
    source: str = ""
    key: str = ""
    title: str = ""
    heading: str = ""
    section: int = -1
    text: str = ""


class Quoted(Record):
    """A citation: its marker, and the words that it stands for."""

    marker: str
    title: str
    heading: str
    quote: str


class Asked(Record):
    """One question of a run. `values` are its measures; `absent` says that what is right is not in the knowledge base.

    `fault` says why there is no answer, where that is not the system's word: such a question is counted, never scored.
    """

    task: str
    id: str
    question: str
    groups: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    absent: bool = False
    fault: str = ""
    wanted: tuple[str, ...] = ()
    text: str = ""
    abstained: bool = False
    reason: str = ""
    confidence: float = 0.0
    verdicts: dict[str, int] = Field(default_factory=dict)
    found: tuple[Found, ...] = ()
    quoted: tuple[Quoted, ...] = ()
    milliseconds: float = 0.0

    @property
    def scored(self) -> bool:
        """Whether it counts in the figures."""
        return not self.absent and not self.fault


def record_of(asked: Asked, answer: Answer, values: Mapping[str, float], milliseconds: float) -> Asked:
    """The record with what came back and what it scored."""
    return asked.model_copy(
        update={
            "values": dict(values),
            "text": answer.text,
            "abstained": answer.abstained,
            "reason": answer.reason,
            "confidence": answer.confidence,
            "verdicts": {verdict.value: count for verdict, count in Counter(c.verdict for c in answer.claims).items()},
            "found": tuple(map(_found, answer.evidence)),
            "quoted": tuple(map(_quoted, answer.citations)),
            "milliseconds": round(milliseconds, 3),
        }
    )


def _found(evidence: Evidence) -> Found:
    base = {"rank": evidence.rank, "score": evidence.score, "found_by": evidence.found_by, "text": evidence.text}
    if evidence.passage is not None:
        passage = evidence.passage
        where = passage.document
        heading = " › ".join((*passage.section.path, passage.section.heading))
        section = passage.section.index
        return Found(**base, source=where.source, key=where.key, title=where.title, heading=heading, section=section)
    if evidence.fact is not None and evidence.fact.sources:
        where = evidence.fact.sources[0].document
        return Found(**base, source=where.source, key=where.key, title=where.title)
    return Found(**base)


def _quoted(citation: Citation) -> Quoted:
    heading = citation.section.heading if citation.section is not None else ""
    return Quoted(marker=citation.marker, title=citation.document.title, heading=heading, quote=citation.quote)
