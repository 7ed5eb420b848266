"""What the indexes take of a passage: its tokens under those of its title and headings, what it is filtered by, what is encoded."""

from __future__ import annotations

from functools import lru_cache

from medrag.errors import QuestionError
from medrag.kb.filters import day_number
from medrag.kb.folding import fold
from medrag.kb.tokens import tokens
from medrag.kb.words import WordEntry
from medrag.types import DocumentInfo, Section

__all__ = ["cut_entry", "entry_of", "to_encode"]


def entry_of(passage_id: int, document: DocumentInfo, section: Section, text: str) -> WordEntry:
    """The passage as the word index takes it."""
    words = [*_printed(document.title), *_printed(_headings(section)), *tokens(text)]
    return cut_entry(passage_id, document, section, " ".join(words))


def cut_entry(passage_id: int, document: DocumentInfo, section: Section, words: str) -> WordEntry:
    """The passage as the word index takes it, its tokens being known."""
    filters = [("source", document.source), ("lang", document.lang), ("kind", document.kind.value)]
    filters += [("tag", tag) for tag in document.tags]
    filters += [("maker", _maker(document.maker)), ("group", section.group.value)]
    return WordEntry(passage_id, words, tuple(filters), _day(document.effective))


def to_encode(document: DocumentInfo, section: Section, text: str) -> str:
    """The passage under its title and all its headings, which say what it is about."""
    return f"{document.title} {_headings(section)}\n{text}"


def _headings(section: Section) -> str:
    return " ".join((*section.path, section.heading))


@lru_cache(maxsize=1024)
def _printed(text: str) -> tuple[str, ...]:
    """The tokens of a title or of headings, which stand over many passages."""
    return tuple(tokens(text))


@lru_cache(maxsize=1024)
def _maker(printed: str) -> str:
    return fold(printed)


@lru_cache(maxsize=1024)
def _day(effective: str) -> int:
    """The day from which a document is effective; 0 for one that its source writes in no way we know."""
    try:
        return day_number(effective)
    except QuestionError:
        return 0
