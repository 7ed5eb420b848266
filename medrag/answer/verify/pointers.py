"""Whether a citation holds: the document's own text is read again and compared, letter for letter."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.types import Citation, Claim, Document, Verdict, digest

__all__ = ["check_citation", "verified_claims"]


def check_citation(citation: Citation, document: Document) -> bool:
    """Whether the citation's span of the document is its quote, and the hash the quote's."""
    return (
        (document.source, document.key) == (citation.document.source, citation.document.key)
        and 0 <= citation.start < citation.end <= len(document.text)
        and document.text[citation.start : citation.end] == citation.quote
        and digest(citation.quote) == citation.sha256
    )


def verified_claims(claims: Sequence[Claim], citations: Sequence[Citation], kb: KnowledgeBase) -> tuple[Claim, ...]:
    """The claims, with `unsupported` for each that cites what does not hold or quotes what its citation does not say."""
    documents = _documents(citations, kb)
    holds: dict[str, Citation] = {}
    for citation in citations:
        document = documents.get((citation.document.source, citation.document.key, citation.document.version))
        if document is not None and check_citation(citation, document):
            holds[citation.marker] = citation
    return tuple(_checked(claim, holds) for claim in claims)


def _checked(claim: Claim, holds: dict[str, Citation]) -> Claim:
    cited = [holds.get(marker) for marker in claim.citations]
    if not cited:
        return claim
    standing = [citation for citation in cited if citation is not None]
    if len(standing) == len(cited) and any(citation.fact is not None or claim.text in citation.quote for citation in standing):
        return claim
    return claim.model_copy(update={"verdict": Verdict.UNSUPPORTED})


def _documents(citations: Sequence[Citation], kb: KnowledgeBase) -> dict[tuple[str, str, int], Document]:
    found: dict[tuple[str, str, int], Document] = {}
    for citation in citations:
        info = citation.document
        place = (info.source, info.key, info.version)
        if place not in found:
            try:
                found[place] = kb.document(info.key, source=info.source, version=info.version or None)
            except NotFoundError:
                continue  # the claim that cites it is unsupported
    return found
