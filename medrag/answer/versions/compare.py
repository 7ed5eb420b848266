"""Two versions of a document laid side by side: which sections and which of their sentences are new, gone or worded anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from medrag.answer.versions.said import what_changed
from medrag.kb.folding import fold
from medrag.sections import SectionGroup
from medrag.sentences import sentences
from medrag.types import Document, Section

__all__ = ["Change", "SectionChange", "SentenceChange", "compare", "paired"]

ALIKE = 0.5  # share of two sentences' characters that match in order, from which one is the other worded anew


class Change(StrEnum):
    """What became of a section or a sentence."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence of one version and what stands for it in the other; a span is empty where nothing does.

    `said` are the changes in words that a reader must know, such as a lower dose, in the document's language.
    """

    change: Change
    old: str
    new: str
    old_span: tuple[int, int]
    new_span: tuple[int, int]
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionChange:
    """A section that is not the same in both versions; one that only moved is."""

    change: Change
    heading: str
    group: SectionGroup
    old: Section | None
    new: Section | None
    sentences: tuple[SentenceChange, ...]


def compare(old: Document, new: Document) -> tuple[SectionChange, ...]:
    """What changed from one version to another, in the order of the new one, then what is gone."""
    changes = [_section_change(before, after, old, new) for before, after in paired(old, new)]
    return tuple(change for change in changes if change is not None)


def paired(old: Document, new: Document) -> Iterator[tuple[Section | None, Section | None]]:
    """Each section of the new version with what it was: the same headings, else the same code, in their order; then what is gone."""
    left = list(old.sections)
    found: dict[int, Section] = {}
    for same in (_headings, _code):
        for after in new.sections:
            if after.index in found:
                continue
            before = next((section for section in left if same(section) == same(after)), None)
            if before is not None:
                found[after.index] = before
                left.remove(before)
    for after in new.sections:
        yield found.get(after.index), after
    for before in left:
        yield before, None


def _headings(section: Section) -> tuple[str, ...]:
    return (section.code, *(fold(heading) for heading in (*section.path, section.heading)))


def _code(section: Section) -> str:
    return section.code


def _section_change(before: Section | None, after: Section | None, old: Document, new: Document) -> SectionChange | None:
    section = after or before
    if section is None:
        return None
    olds = _spans(before, old)
    news = _spans(after, new)
    lines = tuple(_sentence_changes(olds, news, old, new, section.group))
    if before is not None and after is not None and not lines:
        return None
    change = Change.CHANGED if before is not None and after is not None else Change.ADDED if before is None else Change.REMOVED
    return SectionChange(change, section.heading, section.group, before, after, lines)


def _spans(section: Section | None, document: Document) -> list[tuple[int, int]]:
    if section is None:
        return []
    body = document.text[section.start : section.end]
    return [(section.start + start, section.start + end) for start, end in sentences(body)]


def _sentence_changes(
    olds: Sequence[tuple[int, int]], news: Sequence[tuple[int, int]], old: Document, new: Document, group: SectionGroup
) -> Iterator[SentenceChange]:
    before = [fold(old.text[start:end]) for start, end in olds]
    after = [fold(new.text[start:end]) for start, end in news]
    kept = set(before) & set(after)  # a sentence that stands in both has only moved
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone = [at for at in range(i, j) if before[at] not in kept]
        come = [at for at in range(k, m) if after[at] not in kept]
        yield from _matched(gone, come, olds, news, old, new, group)


def _matched(
    gone: list[int],
    come: list[int],
    olds: Sequence[tuple[int, int]],
    news: Sequence[tuple[int, int]],
    old: Document,
    new: Document,
    group: SectionGroup,
) -> Iterator[SentenceChange]:
    """Sentences that are gone and sentences that came, each pair that is alike as one that is worded anew."""

    def text(document: Document, span: tuple[int, int]) -> str:
        return document.text[span[0] : span[1]]

    for after in come:
        words = text(new, news[after])
        alike = [(_likeness(text(old, olds[before]), words), -before, before) for before in gone]
        best = max(alike, default=None)
        if best is None or best[0] < ALIKE:
            yield _change(Change.ADDED, "", words, (0, 0), news[after], group)
            continue
        before = best[2]
        gone.remove(before)
        yield _change(Change.CHANGED, text(old, olds[before]), words, olds[before], news[after], group)
    for before in gone:
        yield _change(Change.REMOVED, text(old, olds[before]), "", olds[before], (0, 0), group)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _change(
    change: Change, old: str, new: str, old_span: tuple[int, int], new_span: tuple[int, int], group: SectionGroup
) -> SentenceChange:
    return SentenceChange(change, old, new, old_span, new_span, what_changed(old, new, group))
