"""Two versions of a document side by side: which sections came, went or changed, and which of their sentences."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from medrag.answer.versions.compare import SectionChange as Said
from medrag.answer.versions.compare import compare, paired
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
    said: tuple[str, ...] = ()  # what a reader must know of it, such as a lower dose, in the document's language


class Comparison(Record):
    """What changed from one version to another, section by section in the order of the later one, then what is gone."""

    before: DocumentInfo
    after: DocumentInfo
    changed: int
    sections: tuple[SectionChange, ...]


def compared(before: Document, after: Document) -> Comparison:
    """The comparison; sections are paired as `medrag diff` pairs them, and it says the same in words."""
    said = {_place(change.old, change.new): _said(change) for change in compare(before, after)}
    found = [_change(before, old, after, new, said.get(_place(old, new), ())) for old, new in paired(before, after)]
    changed = sum(section.change is not Change.SAME for section in found)
    return Comparison(before=before.info(), after=after.info(), changed=changed, sections=tuple(found))


def _place(old: Section | None, new: Section | None) -> tuple[int | None, int | None]:
    return (old.index if old else None, new.index if new else None)


def _said(change: Said) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for sentence in change.sentences for words in sentence.said))


def _change(
    before: Document, old: Section | None, after: Document, new: Section | None, said: tuple[str, ...]
) -> SectionChange:
    section = new or old
    if section is None:
        raise ValueError("a pair of sections holds one at least")
    pieces = list(_pieces(_body(before, old), _body(after, new)))
    one_sided = Change.REMOVED if new is None else Change.ADDED if old is None else None
    same = all(piece.change is Change.SAME for piece in pieces)
    return SectionChange(
        heading=section.heading,
        path=section.path,
        code=section.code,
        group=section.group,
        change=one_sided or (Change.SAME if same else Change.CHANGED),
        pieces=tuple(pieces),
        said=said,
    )


def _body(document: Document, section: Section | None) -> str:
    return document.text[section.start : section.end] if section else ""


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
