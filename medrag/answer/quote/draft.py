"""An answer in the making: quoted lines and facts, each with its marker, its citation and its claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medrag.answer.quote.select import ITEM
from medrag.patterns import regex
from medrag.types import Citation, Claim, DocumentInfo, Fact, FactSource, Passage, Section, Support, Verdict, digest

__all__ = ["Draft", "Span"]

Span = tuple[int, int]

_WORD = regex(r"\w")


@dataclass
class Draft:
    """The lines of an answer so far, and what stands behind them; `style` is the form of its markers."""

    style: str = "[{}]"
    citations: list[Citation] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    _text: str = ""
    _heading: str = ""  # under which the next quote would stand

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text.rstrip("\n")

    def heading(self, text: str) -> None:
        """Adds a heading, unless what comes next stands under it already."""
        if text != self._heading:
            self._text += text + "\n"
            self._heading = text

    def line(self, text: str) -> None:
        """Adds a line of the library's own words, which cites nothing: a remark; not twice in a row."""
        if self._text.endswith(f"\n{text}\n"):
            return
        self._text += text + "\n"
        self._heading = ""

    def says(self, text: str) -> bool:
        """Whether a line of the library's own words is there already."""
        return text + "\n" in self._text

    def quotes(self, document: DocumentInfo, start: int, end: int) -> bool:
        """Whether a span of a document is quoted already."""
        return any(
            (c.document.source, c.document.key) == (document.source, document.key) and c.start <= start and end <= c.end
            for c in self.citations
            if c.fact is None
        )

    def quote(self, passage: Passage, spans: Sequence[Span]) -> None:
        """Quotes sentences of a passage word for word; neighbouring ones share a citation, list items get a line each."""
        for run in _runs(passage, spans):
            start, end = run[0][0], run[-1][1]
            marker = self._cite(passage.document, start, end, _cut(passage, start, end), passage.section, None)
            self._lines(passage, run, marker)

    def _lines(self, passage: Passage, run: Sequence[Span], marker: str) -> None:
        before = -1
        for start, end in run:
            gap = _cut(passage, before, start) if before >= 0 else ""
            if before >= 0 and ("\n" in gap or ITEM.match(_cut(passage, start, end))):
                self._text += f" {marker}\n"
                gap = ""
            self._text += gap
            at = len(self._text)
            words = _cut(passage, start, end)
            self._text += words
            self.claims.append(_claim(words, at, Support(marker=marker, start=start, end=end)))
            before = end
        self._text += f" {marker}\n"

    def facts(self, lead: str, facts: Sequence[tuple[str, Fact]], *, separator: str) -> None:
        """Adds one line of facts: what leads it, then each fact's shown name with the marks of the rows that say so.

        Facts that one row states share its mark, set behind the last of them.
        """
        start = len(self._text)
        self._text += lead
        cited: list[str] = []
        marks = [tuple(self._cite_source(source, fact) for source in fact.sources[:2]) for _, fact in facts]
        for place, (name, _) in enumerate(facts):
            self._text += name
            cited += [mark for mark in marks[place] if mark not in cited]
            if place + 1 == len(facts) or marks[place + 1] != marks[place]:
                self._text += "".join(f" {mark}" for mark in marks[place])
            self._text += separator if place + 1 < len(facts) else ""
        words = self._text[start:]
        said = all(_stated(name, fact) for name, fact in facts)
        verdict = (Verdict.SUPPORTED if said else Verdict.PARTIAL) if cited else Verdict.UNCITED
        support = tuple(Support(marker=c.marker, start=c.start, end=c.end) for c in self.citations if c.marker in cited)
        self.claims.append(
            Claim(text=words, start=start, end=len(self._text), citations=tuple(cited), verdict=verdict, support=support)
        )
        self._text += "\n"

    def row(self, fact: Fact, source: FactSource, spans: Sequence[Span]) -> None:
        """Quotes parts of the row that states a fact, given as spans of its quote, on one line."""
        marker = self._cite_source(source, fact) if spans else ""
        for place, (start, end) in enumerate(spans):
            self._text += " · " if place else "  "
            words = source.quote[start:end]
            there = Support(marker=marker, start=source.start + start, end=source.start + end)
            self.claims.append(_claim(words, len(self._text), there))
            self._text += words
        self._text += f" {marker}\n" if spans else ""

    def _cite_source(self, source: FactSource, fact: Fact) -> str:
        return self._cite(source.document, source.start, source.end, source.quote, None, fact)

    def _cite(
        self, document: DocumentInfo, start: int, end: int, quote: str, section: Section | None, fact: Fact | None
    ) -> str:
        for citation in self.citations:
            if (citation.document.source, citation.document.key, citation.start, citation.end) == (
                document.source,
                document.key,
                start,
                end,
            ):
                return citation.marker
        marker = self.style.format(len(self.citations) + 1)
        self.citations.append(
            Citation(
                marker=marker,
                document=document,
                section=section,
                fact=fact,
                start=start,
                end=end,
                quote=quote,
                sha256=digest(quote),
            )
        )
        return marker


def _claim(words: str, at: int, support: Support) -> Claim:
    return Claim(
        text=words, start=at, end=at + len(words), citations=(support.marker,), verdict=Verdict.SUPPORTED, support=(support,)
    )


def _cut(passage: Passage, start: int, end: int) -> str:
    """The document's text from start to end, which lie in the passage."""
    return passage.text[start - passage.start : end - passage.start]


def _runs(passage: Passage, spans: Sequence[Span]) -> list[list[Span]]:
    """The spans in text order, in runs between which nothing but white space and bullets stands."""
    runs: list[list[Span]] = []
    for start, end in sorted(spans):
        if runs and not _WORD.search(_cut(passage, runs[-1][-1][1], start)):
            runs[-1].append((start, end))
        else:
            runs.append([(start, end)])
    return runs


def _stated(name: str, fact: Fact) -> bool:
    """Whether a source of the fact holds the name that is shown, letter for letter."""
    lowered = name.lower()
    return any(lowered in source.quote.lower() for source in fact.sources)
