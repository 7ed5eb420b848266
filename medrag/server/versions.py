"""Two versions of a document side by side: which sections came, went or changed, and which of their sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from medrag.sections import SectionGroup
from medrag.sentences import sentences
from medrag.types import Document, DocumentInfo, Record, Section

__all__ = ["Change", "Comparison", "Piece", "SectionChange", "compared"]

MAX_SENTENCES = 1_500  # of a section, beyond which it is compared as a whole: the time grows with the square


class Change(StrEnum):
    """What became of a section or of some sentences from one version to the other."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"  # of sections alone


class Piece(Record):
    """Sentences of a section that stayed, came or went, as they are printed, blanks between them included."""

    change: Change
    text: str


class SectionChange(Record):
    """A section in both versions or in one; the pieces, in order, make up the text of either."""

    heading: str
    path: tuple[str, ...] = ()
    code: str
    group: SectionGroup
    change: Change
    pieces: tuple[Piece, ...] = ()


class Comparison(Record):
    """What changed from one version to another, section by section in the order of the later one."""

    before: DocumentInfo
    after: DocumentInfo
    changed: int
    sections: tuple[SectionChange, ...]


def compared(before: Document, after: Document) -> Comparison:
    """The comparison; sections are paired by code and headings, the n-th of a kind with the n-th."""
    old, new = _named(before.sections), _named(after.sections)
    found: list[SectionChange] = []
    for change, names in _steps(list(old), list(new)):
        for name in names:
            if change is Change.SAME:
                found.append(_both(before.text, old[name], after.text, new[name]))
            elif change is Change.REMOVED and name not in new:
                found.append(_one(before.text, old[name], change))
            elif change is Change.ADDED:
                # A section that was moved is compared where it stands now.
                moved = name in old
                found.append(
                    _both(before.text, old[name], after.text, new[name]) if moved else _one(after.text, new[name], change)
                )
    changed = sum(section.change is not Change.SAME for section in found)
    return Comparison(before=before.info(), after=after.info(), changed=changed, sections=tuple(found))


_Name = tuple[str, str, tuple[str, ...], int]


def _named(sections: Sequence[Section]) -> dict[_Name, Section]:
    """The sections by what they are called, and which of that name they are."""
    seen: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    named: dict[_Name, Section] = {}
    for section in sections:
        name = (section.code, section.heading, section.path)
        named[(*name, seen[name])] = section
        seen[name] += 1
    return named


def _steps(old: Sequence[_Name], new: Sequence[_Name]) -> Iterator[tuple[Change, Sequence[_Name]]]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Change.SAME, new[c:d]
            continue
        yield Change.REMOVED, old[a:b]
        yield Change.ADDED, new[c:d]


def _one(text: str, section: Section, change: Change) -> SectionChange:
    body = text[section.start : section.end]
    return _made(section, change, [Piece(change=change, text=body)] if body else [])


def _both(old_text: str, old: Section, new_text: str, new: Section) -> SectionChange:
    before, after = old_text[old.start : old.end], new_text[new.start : new.end]
    if before == after:
        return _made(new, Change.SAME, [Piece(change=Change.SAME, text=after)] if after else [])
    return _made(new, Change.CHANGED, list(_pieces(before, after)))


def _made(section: Section, change: Change, pieces: Sequence[Piece]) -> SectionChange:
    return SectionChange(
        heading=section.heading,
        path=section.path,
        code=section.code,
        group=section.group,
        change=change,
        pieces=tuple(pieces),
    )


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _sentences(before), _sentences(after)
    if max(len(old), len(new)) > MAX_SENTENCES:
        old, new = [before], [after]
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(change=Change.SAME, text="".join(new[c:d]))
            continue
        for change, text in ((Change.REMOVED, "".join(old[a:b])), (Change.ADDED, "".join(new[c:d]))):
            if text:
                yield Piece(change=change, text=text)


def _sentences(text: str) -> list[str]:
    """The sentences, each with the blanks behind it, so that joined they are the text."""
    starts = [start for start, _ in sentences(text)]
    bounds = [0, *starts[1:], len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]
