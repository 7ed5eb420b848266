"""Folding: passages that say the same in the labels of several makers stand in one place, the others named behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.retrieve.understand import Understanding
from medrag.types import DocumentInfo, Passage

__all__ = ["Folded", "folded", "names_maker"]

ALIKE = 0.8  # Jaccard overlap of words (bigrams in Chinese) from which two passages say the same
MAKER_LETTERS = 4
REMEMBERED = 256  # texts of passages whose shingles are kept: 2 MB
_WORD = regex(r"[a-z0-9]+")
_NUMBER = regex(r"\d+(?:\.\d+)?")
_COMPANY = frozenset(
    "pharmaceutical pharmaceuticals pharma laboratories labs company corporation limited incorporated healthcare health "
    "international group holdings industries products medical manufacturing private america north".split()
)


@dataclass(slots=True)
class Folded:
    """A passage's place in a ranking, and the documents whose passages say the same."""

    at: int
    also: list[DocumentInfo] = field(default_factory=list)


class _Read:
    """What is looked at in a passage to find whether another says the same, each once."""

    def __init__(self, passage: Passage) -> None:
        self.text = passage.text
        self.size = len(passage.text)
        self.group = passage.section.group
        self.ref = _ref(passage.document)

    @cached_property
    def numbers(self) -> list[str]:
        return _NUMBER.findall(self.text)

    @cached_property
    def shingles(self) -> frozenset[str]:
        return _shingles(self.text)


def folded(passages: Sequence[Passage | None], understanding: Understanding, k: int) -> list[Folded]:
    """The first k places of a ranking (None: a fact, never folded) when near-duplicates of other documents are folded.

    Of those that say the same the document of the maker that the question names stands for all, else, where none was meant
    more than another, the newest; else the first.
    """
    kept: list[Folded] = []
    read = [None if passage is None else _Read(passage) for passage in passages]
    for at, passage in enumerate(passages):
        mine = read[at]
        same = _same(mine, kept, read) if mine is not None else None
        if same is None or passage is None:
            if len(kept) < k:
                kept.append(Folded(at))
            continue
        first = passages[same.at]
        if first is not None and _is_better(passage.document, first.document, understanding):
            same.also.append(first.document)
            same.at = at
        else:
            same.also.append(passage.document)
    return kept


def _same(mine: _Read, kept: Sequence[Folded], read: Sequence[_Read | None]) -> Folded | None:
    """The kept place of a passage of the same section of another document that says the same."""
    for place in kept:
        theirs = read[place.at]
        if theirs is None or theirs.group is not mine.group or theirs.ref == mine.ref:
            continue
        if min(theirs.size, mine.size) < ALIKE * max(theirs.size, mine.size):
            continue
        if any(_ref(document) == mine.ref for document in place.also):
            continue
        if mine.text == theirs.text:  # as hundreds of labels say it, word for word
            return place
        if mine.numbers != theirs.numbers:
            continue  # a dose makes the difference, however alike the rest
        if len(mine.shingles & theirs.shingles) >= ALIKE * len(mine.shingles | theirs.shingles):
            return place
    return None


@lru_cache(maxsize=REMEMBERED)  # where few are left of a ranking it is folded again with more of it
def _shingles(text: str) -> frozenset[str]:
    lowered = text.lower()
    words = _WORD.findall(lowered)
    if sum(map(len, words)) > len(text) / 2:
        return frozenset(words)
    if len(lowered) < 2:
        return frozenset({lowered})
    return frozenset(lowered[at : at + 2] for at in range(len(lowered) - 1))


def _is_better(one: DocumentInfo, than: DocumentInfo, understanding: Understanding) -> bool:
    """Whether a document is to stand for another that says the same."""
    asked = names_maker(understanding.question, one.maker), names_maker(understanding.question, than.maker)
    if asked[0] != asked[1]:
        return asked[0]
    meant_equally = not understanding.drugs or any(
        {_ref(one), _ref(than)} <= {_ref(document) for document in drug.documents[: drug.equals]}
        for drug in understanding.drugs
    )
    return meant_equally and one.effective > than.effective


def names_maker(question: str, maker: str) -> bool:
    """Whether a plain question names a maker, by the first word of its name that is not every company's."""
    name = fold(maker)
    if not name:
        return False
    if not name.isascii():
        return name in question
    words = [word for word in _WORD.findall(name) if len(word) >= MAKER_LETTERS and word not in _COMPANY]
    return bool(words) and words[0] in _WORD.findall(question)


def _ref(document: DocumentInfo) -> tuple[str, str]:
    return document.source, document.key
