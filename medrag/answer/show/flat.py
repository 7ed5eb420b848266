"""A piece of evidence as one flat table, which other frameworks carry beside its text."""

from __future__ import annotations

from medrag.types import DocumentInfo, Evidence, digest

__all__ = ["evidence_id", "flat_evidence"]

Value = str | int | float


def flat_evidence(evidence: Evidence) -> dict[str, Value]:
    """Where the evidence stands, word for word: `document.text[start:end] == quote`, whose SHA-256 is `sha256`.

    Of a fact it is the first row or span that says so, and there is a `fact` and no section.
    """
    found: dict[str, Value] = {
        "rank": evidence.rank,
        "score": evidence.score,
        "found_by": ", ".join(evidence.found_by),
    }
    if evidence.passage is not None:
        passage = evidence.passage
        section = passage.section
        return {
            **found,
            **_document(passage.document),
            "section": " › ".join((*section.path, section.heading)),
            "section_code": section.code,
            "section_group": section.group.value,
            "start": passage.start,
            "end": passage.end,
            "quote": passage.text,
            "sha256": digest(passage.text),
        }
    if evidence.fact is None or not evidence.fact.sources:
        return found
    source = evidence.fact.sources[0]
    return {
        **found,
        **_document(source.document),
        "fact": evidence.fact.text,
        "subject": evidence.fact.subject.id,
        "relation": evidence.fact.relation,
        "object": evidence.fact.object.id,
        "start": source.start,
        "end": source.end,
        "quote": source.quote,
        "sha256": source.sha256,
    }


def evidence_id(evidence: Evidence) -> str:
    """What tells a piece of evidence from others: a passage's id, or a fact's three ends."""
    if evidence.passage is not None:
        return str(evidence.passage.id)
    fact = evidence.fact
    return f"{fact.subject.id} {fact.relation} {fact.object.id}" if fact is not None else ""


def _document(document: DocumentInfo) -> dict[str, Value]:
    return {
        "source": document.source,
        "key": document.key,
        "version": document.version,
        "title": document.title,
        "maker": document.maker,
        "effective": document.effective,
        "lang": document.lang,
    }
