"""What a question reads more than once: passages and their documents by ids, and the passages that a search finds for a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.memory import Memory, memory_of
from medrag.retrieve.ahead import Once
from medrag.types import DocumentInfo, Passage

__all__ = ["NO_FILTERS", "documents_by_words", "documents_of_ids", "found_by_vectors", "found_by_words", "passages_of_ids"]

NO_FILTERS = Filters()
PASSAGES = 2_048  # that are remembered: those of the last fifty questions or so
SEARCHES = 64
Found = list[tuple[int, float]]  # passages' ids and scores
_GONE = object()  # what is remembered of an id that no passage has


def passages_of_ids(ids: Sequence[int], kb: KnowledgeBase) -> list[Passage]:
    """The passages with those ids, in their order, as `KnowledgeBase.passages` has them."""
    known = memory_of(kb, "passages", PASSAGES).all_of(ids, lambda new: _read(new, kb))
    return [passage for one in ids if isinstance(passage := known[one], Passage)]


def documents_of_ids(ids: Sequence[int], kb: KnowledgeBase) -> list[DocumentInfo]:
    """The document of each of the passages with those ids, in their order: where their texts are not read it is quicker."""
    known = memory_of(kb, "documents of passages", PASSAGES).all_of(ids, lambda new: _documents(new, kb))
    return [document for one in ids if isinstance(document := known[one], DocumentInfo)]


def documents_by_words(text: str, k: int, kb: KnowledgeBase) -> list[DocumentInfo]:
    """The documents of the k best passages by BM25, each once, in the order of their best."""
    found = documents_of_ids([ref for ref, _ in found_by_words(text, k, kb)], kb)
    return list({(document.source, document.key): document for document in found}.values())


def _documents(ids: Sequence[int], kb: KnowledgeBase) -> list[object]:
    found = kb.documents_of(ids)
    return [found.get(one, _GONE) for one in ids]


def _read(ids: Sequence[int], kb: KnowledgeBase) -> list[object]:
    found = {passage.id: passage for passage in kb.passages(ids)}
    return [found.get(one, _GONE) for one in ids]


def found_by_words(text: str, k: int, kb: KnowledgeBase, only: Filters = NO_FILTERS) -> Found:
    """The k best passages by BM25, as `KnowledgeBase.search_words` has them; of a longer list that was asked for its beginning."""
    return _found(memory_of(kb, "found by words", SEARCHES), text, k, only, kb.search_words)


def found_by_vectors(text: str, k: int, kb: KnowledgeBase, only: Filters = NO_FILTERS) -> Found:
    """The k nearest passages, as `KnowledgeBase.search_vectors` has them; of a longer list that was asked for its beginning."""
    return _found(memory_of(kb, "found by vectors", SEARCHES), text, k, only, kb.search_vectors)


def _found(searches: Memory, text: str, k: int, only: Filters, search: Callable[[str, int, Filters], Found]) -> Found:
    """The first k of a search that is remembered; where another thread is at it, what that one finds."""
    most, once = searches.kept((text, only), lambda: (k, Once[Found]()))
    found = once.get(lambda: search(text, most, only))
    if most < k and len(found) == most:
        most, once = searches.put((text, only), (k, Once[Found]()))
        found = once.get(lambda: search(text, most, only))
    return found[:k]
