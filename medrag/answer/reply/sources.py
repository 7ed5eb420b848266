"""What a claim may rest on: the evidence that was shown to the writer, as citations and as the checker reads them."""

from __future__ import annotations

from medrag.answer.prompt.build import Shown
from medrag.answer.verify.claim import Source
from medrag.types import Citation, FactSource, Passage, digest

__all__ = ["citation_of", "source_of"]


def citation_of(shown: Shown) -> Citation:
    """The citation that the marker of a piece of evidence stands for: the words that were shown, or a fact's first row."""
    evidence = shown.evidence
    if evidence.passage is not None:
        return _of_passage(shown, evidence.passage)
    fact = evidence.fact
    if fact is None or not fact.sources:
        raise ValueError(f"evidence {shown.marker} is neither a passage nor a fact with a source")
    row: FactSource = fact.sources[0]
    return Citation(
        marker=shown.marker, document=row.document, fact=fact, start=row.start, end=row.end, quote=row.quote, sha256=row.sha256
    )


def _of_passage(shown: Shown, passage: Passage) -> Citation:
    quote = passage.text[shown.start - passage.start : shown.end - passage.start]
    return Citation(
        marker=shown.marker,
        document=passage.document,
        section=passage.section,
        start=shown.start,
        end=shown.end,
        quote=quote,
        sha256=digest(quote),
    )


def source_of(citation: Citation) -> Source:
    """A citation as the checker reads it: a fact's row with the fact in words before its title."""
    fact, document = citation.fact, citation.document
    heading = citation.section.heading if citation.section is not None else ""
    title = document.title if fact is None else f"{fact.subject.name} {fact.relation} {fact.object.name}"
    return Source(
        marker=citation.marker, text=citation.quote, start=citation.start, title=title, heading=heading, lang=document.lang
    )
