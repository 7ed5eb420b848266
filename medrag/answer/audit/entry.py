"""What is logged of an answer: enough to find the same evidence, to build the same prompt and to recognise the same words.

Evidence is logged by its place in the stored documents, never by its text. The question's words, the turns before it and the
answer's words stand in a log of level `full` alone; otherwise their digests do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medrag.answer.audit.level import AuditLevel
from medrag.types import Answer, Citation, DocumentInfo, Evidence, FactSource, Question, digest

__all__ = ["evidence_id", "payload_of"]


def payload_of(question: Question, answer: Answer, settings: Mapping[str, Any], level: AuditLevel) -> dict[str, Any]:
    """The payload for an answer that was given with these settings."""
    head: dict[str, Any] = {
        "settings": dict(settings),
        "writing": answer.writing.model_dump(mode="json"),
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "evidence": [evidence_id(item) for item in answer.evidence],
        "citations": [_citation(citation) for citation in answer.citations],
        "verdicts": [claim.verdict.value for claim in answer.claims],
        "notices": [{"kind": notice.kind.value, "rule": notice.rule} for notice in answer.notices],
        "revised": bool(answer.trace.get("revised")),
        "reply_sha256": digest(answer.text),
    }
    if level is AuditLevel.FULL:
        head["question"] = question.model_dump(mode="json")
        head["reply"] = answer.text
    return head


def evidence_id(item: Evidence) -> dict[str, Any]:
    """Where a piece of evidence stands, and how it was found."""
    how: dict[str, Any] = {"score": item.score, "found_by": list(item.found_by)}
    if item.passage is not None:
        passage = item.passage
        place = {**_document(passage.document), "section": passage.section.index, "start": passage.start, "end": passage.end}
        return {**how, "passage": place, "also": [_document(document) for document in item.also]}
    if item.fact is None:
        return how
    fact = item.fact
    names = [fact.subject.model_dump(mode="json"), fact.relation, fact.object.model_dump(mode="json")]
    return {**how, "fact": names, "sources": [_source(source) for source in fact.sources]}


def _document(document: DocumentInfo) -> dict[str, Any]:
    return {"source": document.source, "key": document.key, "version": document.version}


def _source(source: FactSource) -> dict[str, Any]:
    return {**_document(source.document), "start": source.start, "end": source.end}


def _citation(citation: Citation) -> dict[str, Any]:
    section = {} if citation.section is None else {"section": citation.section.index}
    place = {"start": citation.start, "end": citation.end, "sha256": citation.sha256}
    return {"marker": citation.marker, **_document(citation.document), **section, **place}
