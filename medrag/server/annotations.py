"""The citations of an answer as annotations of an OpenAI message: where the marks stand, and what they stand for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from medrag.answer.show.words import document_name, placed_marks
from medrag.types import Answer, Citation

__all__ = ["annotations_of"]


def annotations_of(answer: Answer, base_url: str) -> list[dict[str, Any]]:
    """An annotation for each mark and citation, in the order of the text.

    The address names the document's version on this server and, behind `#`, the span that is cited.
    """
    known = {citation.marker: citation for citation in answer.citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": mark.start,
                "end_index": mark.end,
                "title": _title(known[marker]),
                "url": _url(known[marker], base_url),
            },
            "medrag": _span(known[marker], answer, mark.start),
        }
        for mark in placed_marks(answer)
        for marker in mark.markers
    ]


def _span(citation: Citation, answer: Answer, at: int) -> dict[str, Any]:
    """The words that are cited, and the number of the claim that cites them here."""
    citing = [number for number, claim in enumerate(answer.claims) if citation.marker in claim.citations]
    nearest = min(citing, key=lambda number: abs(answer.claims[number].end - at), default=None)
    return {
        "marker": citation.marker,
        "claim": nearest,
        "source": citation.document.source,
        "key": citation.document.key,
        "version": citation.document.version,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "sha256": citation.sha256,
    }


def _title(citation: Citation) -> str:
    heading = f" › {citation.section.heading}" if citation.section is not None else ""
    return f"{document_name(citation.document)}{heading}"


def _url(citation: Citation, base_url: str) -> str:
    document = citation.document
    path = f"v1/documents/{quote(document.source, safe='')}/{quote(document.key, safe='')}"
    return f"{base_url}{path}?version={document.version}#{citation.start}-{citation.end}"
