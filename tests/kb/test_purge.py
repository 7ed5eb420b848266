"""Purging: what stays is taken from the last generation, and what went is in no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.passages import Texts
from medrag.kb.prepared import Prepared
from medrag.kb.static import StaticEmbedder
from medrag.kb.vectors import VectorIndex
from tests.ingest.test_workshop import indexed
from tests.making import label, stored

SECRET = "夜间阵发性眩目"


def medicine(number: int, said: str = "用于高血压、心绞痛。", *, title: str = "", tags: tuple[str, ...] = ()) -> Prepared:
    sections = {"【适应症】": f"{said}第{number}种。", "【禁忌】": f"哮喘患者禁用。Not for children under {number} years."}
    return label(
        title or f"试验片{number}", sections, key=f"H{number}", tags=tags, maker=f"第{number}药厂", effective="2026-01-02"
    )


@pytest.fixture
def kb(tmp_path: Path) -> Any:
    with stored(tmp_path / "kb", [medicine(n, tags=("a", f"t{n % 2}")) for n in range(12)]) as base:
        with base.write() as writer:
            writer.add(medicine(3, "用于偏头痛。"))  # another version
            writer.add(medicine(4, title="改名片"))  # the same text under another title
            writer.add(medicine(20, SECRET))
        with base.write() as writer:
            writer.delete("H5")
        yield base


def test_what_stays_is_indexed_as_if_all_were_built_anew(kb: KnowledgeBase) -> None:
    with kb.write() as writer:
        writer.purge("H20")
        writer.purge("H6")
        writer.add(medicine(6, "用于偏头痛。"))  # again, and otherwise
        writer.add(medicine(7, "用于失眠。"))
        writer.delete("H8")
        writer.add(medicine(21))
    carried, found = indexed(kb), kb.search_words("哮喘", 9, Filters(tags=frozenset({"t1"})))
    assert kb.verify(deep=True) == []
    kb.reindex()
    assert indexed(kb) == carried
    assert kb.search_words("哮喘", 9, Filters(tags=frozenset({"t1"}))) == found
    assert len(found) == 3


def test_nothing_that_stays_is_encoded_again(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def encode(self: StaticEmbedder, texts: Sequence[str]) -> Any:
        asked.extend(texts)
        return encoded(self, texts)

    encoded = StaticEmbedder.encode_passages
    monkeypatch.setattr(StaticEmbedder, "encode_passages", encode)
    with kb.write() as writer:
        writer.purge("H20")
        writer.add(medicine(30))
    assert {text.split(" ")[0] for text in asked} == {"试验片30"}


def test_what_went_is_in_no_file_though_it_was_hidden_long_before(kb: KnowledgeBase) -> None:
    with kb.write() as writer:
        writer.delete("H20")
    with kb.write() as writer:
        writer.purge("H20")
    kb.close()
    pairs = " ".join(map("".join, pairwise(SECRET)))  # as words are kept
    files = [path for path in kb.path.rglob("*") if path.is_file()]
    assert len(files) > 10
    for said in (SECRET, pairs, "眩目"):
        assert [path for path in files if said.encode() in path.read_bytes()] == []


def test_a_passage_that_the_last_generation_lacks_is_made_anew(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    stored_ = VectorIndex.stored

    def forgetful(self: VectorIndex, ids: Any) -> Any:
        vectors, known = stored_(self, ids)
        known[::2] = False
        return vectors, known

    monkeypatch.setattr(VectorIndex, "stored", forgetful)
    with kb.write() as writer:
        writer.purge("H20")
    assert kb.verify(deep=True) == []


@pytest.mark.parametrize("remembered", [False, True])
@pytest.mark.parametrize("before", ["of", "infos", "sections"])
def test_a_reader_finds_what_stays_where_a_purge_comes_between_two_of_its_statements(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, before: str, remembered: bool
) -> None:
    ids = [number for number, _ in kb.search_words("哮喘患者禁用", 99)]
    wanted = {passage.document.key for passage in kb.passages(ids)}
    assert "H2" in wanted
    with KnowledgeBase.open(kb.path) as other:
        if remembered:
            other.passages(ids[::2])
        between(monkeypatch, before, lambda: purged(kb, "H2"))
        left = {passage.document.key for passage in other.passages(ids)}
    assert left in (wanted, wanted - {"H2"})


@pytest.mark.parametrize("before", ["of", "infos"])
def test_a_document_purged_while_it_is_read_is_whole_or_not_there(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    whole = kb.document("H2")
    with KnowledgeBase.open(kb.path) as other:
        between(monkeypatch, before, lambda: purged(kb, "H2"))
        try:
            assert other.document("H2") == whole
        except NotFoundError as error:
            assert "purged just now" in str(error)


def purged(kb: KnowledgeBase, key: str) -> None:
    with kb.write() as writer:
        writer.purge(key)


def between(monkeypatch: pytest.MonkeyPatch, name: str, do: Callable[[], None]) -> None:
    """Does something once before the next statement of that kind."""
    method = getattr(Texts, name)

    def first(*given: Any) -> Any:
        monkeypatch.setattr(Texts, name, method)
        do()
        return method(*given)

    monkeypatch.setattr(Texts, name, first)
