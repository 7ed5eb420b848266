"""What a question reads more than once is what the knowledge base has, read once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve.reading import found_by_words, passages_of_ids
from tests.making import label
from tests.shelf import shelf


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """A knowledge base that a test may write."""
    with shelf(tmp_path / "shelf.kb") as made:
        yield made


def test_passages_are_those_of_the_knowledge_base_in_the_order_asked_for(kb: KnowledgeBase) -> None:
    ids = [ref for ref, _ in kb.search_words("布洛芬", 6)]
    first = passages_of_ids(ids, kb)
    mixed = [ids[3], 1, ids[0], ids[3]]
    assert first == kb.passages(ids)
    assert passages_of_ids(mixed, kb) == kb.passages(mixed)
    assert passages_of_ids(ids[::-1], kb) == kb.passages(ids[::-1])


def test_known_passages_are_not_read_again(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [ref for ref, _ in kb.search_words("布洛芬", 6)]
    before = passages_of_ids([*ids, 1], kb)
    monkeypatch.setattr(KnowledgeBase, "passages", lambda *_: pytest.fail("read again"))
    assert passages_of_ids([1, *ids], kb) == before


@pytest.mark.parametrize("text", ["布洛芬的禁忌", "ibuprofen tablets warnings", "没有的词"])
def test_a_shorter_list_is_the_beginning_of_a_longer_one(text: str, kb: KnowledgeBase) -> None:
    for k in (2, 30, 3, 1, 30):
        assert found_by_words(text, k, kb) == kb.search_words(text, k)
    only = Filters(langs=frozenset({"en"}))
    assert found_by_words(text, 5, kb, only) == kb.search_words(text, 5, only)


def test_a_new_commit_is_read_anew(kb: KnowledgeBase) -> None:
    before = found_by_words("布洛芬", 3, kb)
    passages_of_ids([ref for ref, _ in before], kb)
    with kb.write() as writer:
        writer.add(label("布洛芬布洛芬片", {"【禁忌】": "布洛芬过敏者禁用布洛芬。"}, key="Z99"))
    after = found_by_words("布洛芬", 3, kb)
    assert after == kb.search_words("布洛芬", 3) != before
    assert passages_of_ids([ref for ref, _ in after], kb) == kb.passages([ref for ref, _ in after])
