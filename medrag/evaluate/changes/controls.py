"""Claims that are the passage's own words: a sentence, two side by side, a list item behind its lead, a table row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medrag.evaluate.changes.cases import UntouchedKind
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import Passage

__all__ = ["Copied", "bare", "untouched"]

_MARKER = re.compile(r"^(?:[\-*•●▪◦]\s*|\(?（?\d{1,2}[)）]\s*|\d{1,2}(?:\.\d{1,2})*[.．、](?!\d)\s*|[①-⑳]\s*|[a-zA-Z][.)]\s+)+")
_LEAD = re.compile(r"[:：]$")
_LEAD_AND_FIRST = re.compile(r"^(?P<lead>[^，。；;]{1,24}[:：])\s?(?P<first>[(（]1[)）]|①|1[.．、](?!\d))")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_SHORTEST, _LONGEST = {"zh": 6, "en": 20}, {"zh": 200, "en": 420}  # characters of a claim

Copied = tuple[UntouchedKind, str, int, int]  # kind, claim, and the span of the passage's text it was copied from


def bare(sentence: str) -> str:
    """A sentence without its list mark or number."""
    return _MARKER.sub("", sentence)


def untouched(passage: Passage) -> Iterator[Copied]:
    """The claims that copy the passage's words, with their spans in the passage's text."""
    text, lang = passage.text, "zh" if passage.document.lang == "zh" else "en"
    spans = sentences(text)
    for at, (start, end) in enumerate(spans):
        if CELL_BREAK in text[start:end]:
            yield from _fitting(UntouchedKind.ROW, text[start:end], start, end, lang)
        elif not _LEAD.search(text[start:end]):
            yield from _fitting(UntouchedKind.SENTENCE, text[start:end], start, end, lang)
        if at + 1 < len(spans):
            yield from _pair(text, (start, end), spans[at + 1], lang)
    yield from _led(text, spans, lang)


def _pair(text: str, first: tuple[int, int], second: tuple[int, int], lang: str) -> Iterator[Copied]:
    """Two sentences that stand side by side in one line."""
    both = text[first[0] : second[1]]
    if "\n" not in both and CELL_BREAK not in both and not _LEAD.search(text[first[0] : first[1]]):
        yield from _fitting(UntouchedKind.MERGED, both, first[0], second[1], lang)


def _led(text: str, spans: Sequence[tuple[int, int]], lang: str) -> Iterator[Copied]:
    """The items of a list, each behind the line that leads it in, as far as their marks go on without a break."""
    lead = ""
    mark = None
    for start, end in spans:
        sentence = text[start:end]
        begun = _LEAD_AND_FIRST.match(sentence)
        if begun or _LEAD.search(sentence):
            lead, mark = (bare(begun["lead"]), _mark(begun["first"])) if begun else (bare(sentence), None)
        elif lead and bare(sentence) and _MARKER.match(sentence) and (mark is None or _mark(sentence) == _next(mark)):
            mark = _mark(sentence)
            yield from _fitting(UntouchedKind.LED, f"{lead}{'' if lead[-1] == '：' else ' '}{bare(sentence)}", start, end, lang)
        else:
            lead = ""


def _mark(item: str) -> tuple[str, int]:
    """How an item is marked (in brackets, circled, by a number or a bullet) and its number, 0 for a bullet."""
    if item[0] in _CIRCLED:
        return "①", _CIRCLED.index(item[0]) + 1
    number = re.match(r"[(（]?(\d{1,2})", item)
    return ("-", 0) if number is None else ("(" if item[0] in "(（" else "1", int(number[1]))


def _next(mark: tuple[str, int]) -> tuple[str, int]:
    return (mark[0], mark[1] + 1) if mark[1] else mark


def _fitting(kind: UntouchedKind, claim: str, start: int, end: int, lang: str) -> Iterator[Copied]:
    if _SHORTEST[lang] <= len(claim) <= _LONGEST[lang]:
        yield kind, claim, start, end
