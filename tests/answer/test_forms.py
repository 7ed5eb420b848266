"""A question that does not say which dosage form it means is answered for two; one that does, for that one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from tests.making import label

LABELS = (
    label("洛芬混悬液", {"【用法用量】": "按体重一次5～10mg/kg。", "【贮藏】": "冷藏。"}, key="1"),
    label("Lofen tablets", {"DOSAGE": "400 mg every 6 hours."}, key="3", lang="en"),
    label("洛芬缓释胶囊", {"【用法用量】": "成人一次0.3g，一日2次。", "【贮藏】": "密封。"}, key="2"),
)


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedRAG]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("forms") / "a.kb") as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        yield MedRAG(kb)


def test_a_question_for_the_substance_is_answered_for_both_forms(rag: MedRAG) -> None:
    assert {c.document.title for c in rag.ask("洛芬的用法用量").citations} == {"洛芬混悬液", "洛芬缓释胶囊"}


@pytest.mark.parametrize("title", ["洛芬混悬液", "洛芬缓释胶囊"])
def test_a_question_for_one_form_is_answered_for_that_one(rag: MedRAG, title: str) -> None:
    assert {c.document.title for c in rag.ask(f"{title}的用法用量").citations} == {title}
