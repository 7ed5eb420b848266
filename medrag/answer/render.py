"""Answers and evidence as they are shown: for a terminal, as Markdown, and as the JSON that others build on."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.types import Answer, Citation, Claim, DocumentInfo, Evidence, Fact, FactSource, Section

__all__ = ["answer_json", "evidence_json", "evidence_lines", "to_markdown", "to_text"]

SHOWN_QUOTE = 120  # characters of a quote in the list of citations; the answer holds it in full


def to_text(answer: Answer) -> str:
    """The answer for a terminal: the text, then where each marker points."""
    lines = [answer.text]
    if answer.citations:
        lines += ["", *(f"{citation.marker} {_place(citation)}" for citation in answer.citations)]
    lines += [f"! {notice}" for notice in answer.notices]
    return "\n".join(lines)


def to_markdown(answer: Answer) -> str:
    """The answer as Markdown: the text line by line, then the citations as quotes with their places."""
    # What labels print is data: nothing in it may become a heading, a link, a table or HTML.
    lines = [_escaped(line) + "  " if line else "" for line in answer.text.split("\n")]
    for citation in answer.citations:
        quote = _escaped(_short(citation.quote))
        lines += ["", f"> {_escaped(citation.marker)} {quote}  ", f"> — {_escaped(_place(citation))}"]
    for notice in answer.notices:
        lines += ["", f"**{_escaped(notice)}**"]
    return "\n".join(lines)


def evidence_lines(evidence: Sequence[Evidence]) -> list[str]:
    """A line or two per piece of evidence for a terminal: rank, score, channels, place and the beginning of its text."""
    lines: list[str] = []
    for item in evidence:
        head = f"{item.rank:>2}. {item.score:.3f} {'+'.join(item.found_by)}"
        passage = item.passage
        if passage is not None:
            head += f"  {_name(passage.document)} › {passage.section.heading} [{passage.start}:{passage.end}]"
            head += f"  (+{len(item.also)} labels alike)" if item.also else ""
        lines += [head, f"    {_short(item.text)}"]
    return lines


def answer_json(answer: Answer) -> dict[str, object]:
    """The answer as `ask --json` prints it."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "citations": [_citation_json(citation) for citation in answer.citations],
        "claims": [_claim_json(claim) for claim in answer.claims],
        "evidence": [_evidence_json(item) for item in answer.evidence],
        "notices": list(answer.notices),
        "trace": answer.trace,
    }


def evidence_json(question: str, evidence: Sequence[Evidence]) -> dict[str, object]:
    """Evidence as `search --json` prints it."""
    return {"question": question, "evidence": [_evidence_json(item) for item in evidence]}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_QUOTE else line[: SHOWN_QUOTE - 1] + "…"


_MARKDOWN = str.maketrans({character: "\\" + character for character in "\\`*_{}[]<>#|~$"})


def _escaped(text: str) -> str:
    return text.translate(_MARKDOWN)


def _name(document: DocumentInfo) -> str:
    return f"{document.title} · {document.maker}" if document.maker else document.title


def _place(citation: Citation) -> str:
    name = _name(citation.document)
    parts = [f"{name} ({citation.document.effective})" if citation.document.effective else name]
    if citation.section is not None and citation.section.heading:
        parts.append(citation.section.heading)
    where = f"{citation.document.source}:{citation.document.key}" if citation.document.source else citation.document.key
    return " › ".join(parts) + f" ({where}, {citation.start}–{citation.end})"


def _document_json(document: DocumentInfo) -> dict[str, object]:
    return {
        "source": document.source,
        "key": document.key,
        "version": document.version,
        "effective": document.effective,
        "title": document.title,
        "maker": document.maker,
        "lang": document.lang,
    }


def _section_json(section: Section) -> dict[str, object]:
    return {
        "index": section.index,
        "code": section.code,
        "group": section.group.value,
        "heading": section.heading,
        "path": list(section.path),
    }


def _fact_json(fact: Fact) -> dict[str, object]:
    return {"subject": fact.subject.name, "relation": fact.relation, "object": fact.object.name}


def _source_json(source: FactSource) -> dict[str, object]:
    return {
        "document": _document_json(source.document),
        "start": source.start,
        "end": source.end,
        "quote": source.quote,
        "sha256": source.sha256,
    }


def _evidence_json(item: Evidence) -> dict[str, object]:
    head: dict[str, object] = {"rank": item.rank, "score": item.score, "found_by": list(item.found_by)}
    if item.passage is not None:
        passage = item.passage
        return {
            **head,
            "document": _document_json(passage.document),
            "section": _section_json(passage.section),
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "also": [_document_json(document) for document in item.also],
        }
    if item.fact is not None:
        return {
            **head,
            "fact": _fact_json(item.fact),
            "sources": [_source_json(s) for s in item.fact.sources],
            "text": item.text,
        }
    return head


def _citation_json(citation: Citation) -> dict[str, object]:
    return {
        "marker": citation.marker,
        "document": _document_json(citation.document),
        "section": _section_json(citation.section) if citation.section is not None else None,
        "fact": _fact_json(citation.fact) if citation.fact is not None else None,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "sha256": citation.sha256,
    }


def _claim_json(claim: Claim) -> dict[str, object]:
    return {
        "text": claim.text,
        "start": claim.start,
        "end": claim.end,
        "citations": list(claim.citations),
        "verdict": claim.verdict.value,
    }
