"""Answers and evidence as they are shown: for a terminal, as Markdown, and as the JSON that others build on.

HTML stands in `medrag.answer.show.html`, cards of what an answer names in `medrag.answer.show.cards`.
"""

from __future__ import annotations

from collections.abc import Sequence

from medrag.answer.show.inert import escaped, guarded, inert
from medrag.answer.show.safety import safety_lines, safety_markdown
from medrag.answer.show.words import (
    answer_lang,
    dangling_words,
    document_name,
    place,
    placed_marks,
    remark,
    short,
    worth_a_remark,
)
from medrag.types import (
    Answer,
    Citation,
    Claim,
    Dangling,
    DocumentInfo,
    Evidence,
    Fact,
    FactSource,
    Notice,
    NoticeKind,
    SafetyReport,
    Section,
    Support,
)

__all__ = [
    "answer_json",
    "before_lines",
    "escaped",
    "evidence_json",
    "evidence_lines",
    "to_footnotes",
    "to_markdown",
    "to_text",
    "under_lines",
]


def to_text(answer: Answer) -> str:
    """The answer for a terminal: what comes before it, the text, where each marker points, and what checking found fault with."""
    return "\n".join([*before_lines(answer.notices, answer.safety), answer.text, *under_lines(answer)])


def before_lines(notices: Sequence[Notice], safety: SafetyReport | None) -> list[str]:
    """What is to be read before the answer: what is urgent, and what the medication check found."""
    lines = [f"!! {notice}" for notice in notices if notice.kind is NoticeKind.EMERGENCY]
    checked = safety_lines(safety) if safety is not None and _comes_first(safety) else []
    return [line for block in (lines, checked) if block for line in (*block, "")]


def _comes_first(safety: SafetyReport) -> bool:
    """Whether the medication check answers the question: it found something of what was asked."""
    return bool(safety.findings)


def under_lines(answer: Answer) -> list[str]:
    """What stands under the answer's text on a terminal."""
    lines: list[str] = []
    notes = [f"{citation.marker} {place(citation)}" for citation in answer.citations]
    notes += [f"{mark} ✗ {dangling_words(answer_lang(answer))}" for mark in _dangling(answer)]
    lines += ["", *notes] if notes else []
    lines += [f"? “{short(claim.text)}” {said}" for claim, said in _remarks(answer)]
    lines += [f"! {notice}" for notice in answer.notices if notice.kind is not NoticeKind.EMERGENCY]
    if answer.safety is not None and not _comes_first(answer.safety):
        lines += ["", *safety_lines(answer.safety)]
    return lines


def to_markdown(answer: Answer) -> str:
    """The answer as Markdown: the text line by line, then the citations as quotes with their places."""
    # What labels print is data: nothing in it may become a heading, a link, a table or HTML.
    lines = _before_markdown(answer)
    lines += [escaped(line) + "  " if line.strip() else "" for line in answer.text.split("\n")]
    for citation in answer.citations:
        quote = escaped(short(citation.quote))
        lines += ["", f"> {escaped(citation.marker)} {quote}  ", f"> — {escaped(place(citation))}"]
    return "\n".join([*lines, *_markdown_remarks(answer)])


def to_footnotes(answer: Answer) -> str:
    """The answer as Markdown with footnotes: `[^1]` where a mark stands, and behind the text what each points to."""
    numbers = {citation.marker: number for number, citation in enumerate(answer.citations, start=1)}
    parts: list[str] = []
    at = 0
    for mark in placed_marks(answer):
        notes = "".join(f"[^{numbers[marker]}]" for marker in mark.markers)
        dangles = any((one.start, one.end) == (mark.start, mark.end) for one in answer.dangling)
        kept = f"~~{inert(answer.text[mark.start : mark.end])}~~" if dangles else ""
        parts += [inert(answer.text[at : mark.start]), notes, kept]
        at = mark.end
    text = guarded("".join([*parts, inert(answer.text[at:])]))
    lines = _before_markdown(answer)
    lines += [line + "  " if line.strip() else "" for line in text.split("\n")]
    for citation in answer.citations:
        number = numbers[citation.marker]
        lines += ["", f"[^{number}]: {escaped(place(citation))}: “{escaped(short(citation.quote))}”"]
    return "\n".join([*lines, *_markdown_remarks(answer)])


def _markdown_remarks(answer: Answer) -> list[str]:
    """The lines on invented marks, faulty claims and notices."""
    lines: list[str] = []
    for mark in _dangling(answer):
        lines += ["", f"> {escaped(mark)} ✗ {dangling_words(answer_lang(answer))}"]
    for claim, said in _remarks(answer):
        lines += ["", f"> “{escaped(short(claim.text))}” **{escaped(said)}**"]
    for notice in answer.notices:
        if notice.kind is not NoticeKind.EMERGENCY:
            lines += ["", f"**{escaped(notice.text)}**"]
    if answer.safety is not None and not _comes_first(answer.safety):
        lines += ["", safety_markdown(answer.safety)]
    return lines


def _before_markdown(answer: Answer) -> list[str]:
    urgent = [notice for notice in answer.notices if notice.kind is NoticeKind.EMERGENCY]
    lines = [line for notice in urgent for line in (f"> **{escaped(notice.text)}**", "")]
    if answer.safety is not None and _comes_first(answer.safety):
        lines += [safety_markdown(answer.safety), ""]
    return lines


def _remarks(answer: Answer) -> list[tuple[Claim, str]]:
    lang = answer_lang(answer)
    return [(claim, remark(claim, lang)) for claim in answer.claims if worth_a_remark(answer, claim)]


def _dangling(answer: Answer) -> list[str]:
    """The invented marks, each form of one once."""
    return list(dict.fromkeys(one.text for one in answer.dangling))


def evidence_lines(evidence: Sequence[Evidence]) -> list[str]:
    """A line or two per piece of evidence for a terminal: rank, score, channels, place and the beginning of its text."""
    lines: list[str] = []
    for item in evidence:
        head = f"{item.rank:>2}. {item.score:.3f} {'+'.join(item.found_by)}"
        passage = item.passage
        if passage is not None:
            head += f"  {document_name(passage.document)} › {passage.section.heading} [{passage.start}:{passage.end}]"
            head += f"  (+{len(item.also)} labels alike)" if item.also else ""
        lines += [head, f"    {short(item.text)}"]
    return lines


def answer_json(answer: Answer) -> dict[str, object]:
    """The answer as `ask --json` prints it, with all that is needed to check it again (`medrag.answer.record.stored` reads it)."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "citations": [_citation_json(citation) for citation in answer.citations],
        "claims": [_claim_json(claim) for claim in answer.claims],
        "dangling": [_dangling_json(one) for one in answer.dangling],
        "evidence": [_evidence_json(item) for item in answer.evidence],
        "notices": [notice.model_dump(mode="json") for notice in answer.notices],
        "safety": answer.safety.model_dump(mode="json") if answer.safety is not None else None,
        "writing": answer.writing.model_dump(mode="json"),
        "trace": answer.trace,
    }


def evidence_json(question: str, evidence: Sequence[Evidence]) -> dict[str, object]:
    """Evidence as `search --json` prints it."""
    return {"question": question, "evidence": [_evidence_json(item) for item in evidence]}


def _document_json(document: DocumentInfo) -> dict[str, object]:
    return {
        "source": document.source,
        "key": document.key,
        "version": document.version,
        "effective": document.effective,
        "title": document.title,
        "maker": document.maker,
        "lang": document.lang,
        "reader": document.reader,
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
        "statement": claim.statement,
        "reasons": list(claim.reasons),
        "support": [_support_json(support) for support in claim.support],
    }


def _support_json(support: Support) -> dict[str, object]:
    return {"marker": support.marker, "start": support.start, "end": support.end}


def _dangling_json(dangling: Dangling) -> dict[str, object]:
    return {"text": dangling.text, "start": dangling.start, "end": dangling.end}
