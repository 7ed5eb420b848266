"""Which logged answers cite words that have changed since: what a new label, or one withdrawn, means for what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medrag.answer.audit.log import Logged
from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.types import Document, Section

__all__ = ["Affected", "impact"]


@dataclass(frozen=True, slots=True)
class Affected:
    """A citation of a logged answer whose words do not stand in its document any more; `now` is 0 where that is gone."""

    number: int
    marker: str
    source: str
    key: str
    version: int
    now: int
    reason: str


def impact(records: Iterable[Logged], kb: KnowledgeBase, *, since: int = 0) -> Iterator[Affected]:
    """The citations that changed, of the answers given at commit `since` or later, in the order of the log.

    Words that moved, but stand in the same section as they were, have not changed.
    """
    documents: dict[tuple[str, str, int | None], Document | None] = {}

    def read(source: str, key: str, version: int | None) -> Document | None:
        which = (source, key, version)
        if which not in documents:
            try:
                documents[which] = kb.document(key, source=source, version=version)
            except NotFoundError:
                documents[which] = None
        return documents[which]

    for record in records:
        payload = record.payload
        if payload is None or "citations" not in payload or payload["writing"]["commit"] < since:
            continue
        for citation in payload["citations"]:
            now = read(citation["source"], citation["key"], None)
            then = read(citation["source"], citation["key"], citation["version"])
            reason = _change(citation, then, now)
            if reason:
                where = (citation["source"], citation["key"], citation["version"])
                yield Affected(record.number, citation["marker"], *where, now.version if now else 0, reason)


def _change(citation: Mapping[str, Any], then: Document | None, now: Document | None) -> str:
    """Why a citation does not hold any more; empty where it does."""
    if now is None:
        return "the document was deleted"
    if now.version == citation["version"]:
        return ""
    if then is None:
        return f"version {citation['version']} was erased, so its words cannot be compared"
    words = then.text[citation["start"] : citation["end"]]
    section = next((s for s in then.sections if s.index == citation.get("section")), None)
    if words in now.text if section is None else any(words in now.text[s.start : s.end] for s in _same(section, now)):
        return ""
    return "the section is gone" if section is not None and not _same(section, now) else "the words have changed"


def _same(section: Section, document: Document) -> list[Section]:
    """The sections of a document that are what a section of another version was: its headings, else its code."""
    named = [s for s in document.sections if (s.code, s.path, s.heading) == (section.code, section.path, section.heading)]
    return named or [s for s in document.sections if s.code == section.code]
