"""What a question reads more than once: passages and their documents by ids, and the passages that share the words of a text."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.memory import memory_of
from medrag.types import DocumentInfo, Passage

__all__ = ["NO_FILTERS", "documents_by_words", "documents_of_ids", "found_by_words", "passages_of_ids"]

NO_FILTERS = Filters()
PASSAGES = 2_048  # that are remembered: those of the last fifty questions or so
SEARCHES = 64
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


def found_by_words(text: str, k: int, kb: KnowledgeBase, only: Filters = NO_FILTERS) -> list[tuple[int, float]]:
    """The k best passages by BM25, as `KnowledgeBase.search_words` has them; of a longer list that was asked for its beginning."""
    searches = memory_of(kb, "searches", SEARCHES)
    most, found = searches.kept((text, only), lambda: (k, kb.search_words(text, k, only)))
    if most < k and len(found) == most:
        most, found = searches.put((text, only), (k, kb.search_words(text, k, only)))
    return found[:k]
