"""Names that are not written as labels write them: corrected ones are said to be, ambiguous ones are not answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from medrag.types import Turn
from tests.making import label

LABELS = (
    label("Zolpratine tablets", {"DOSAGE": "Take 5 mg daily."}, key="1", lang="en"),
    label("Zolprafine tablets", {"DOSAGE": "Take 9 mg daily."}, key="2", lang="en"),
    label("Murivastone tablets", {"DOSAGE": "Take 7 mg daily."}, key="3", lang="en"),
)


@pytest.fixture(scope="module")
def rag(kb: KnowledgeBase) -> MedRAG:
    return MedRAG(kb)


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedRAG]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("near") / "a.kb") as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        yield MedRAG(kb)


def test_a_corrected_name_is_told_before_the_first_quotation(rag: MedRAG, near: MedRAG) -> None:
    assert rag.ask("奥美拉挫怎么吃").text.startswith("问题中的“奥美拉挫”按“奥美拉唑”查找。\n")
    assert near.ask("dose of murivastome").text.startswith("“murivastome” was read as “murivastone”.\n")
    assert rag.ask("buluofen怎么吃").text.count("按“布洛芬”查找") == 1


@pytest.mark.parametrize("question", ["奥美拉唑怎么吃", "奧美拉唑怎麼吃", "dose of ibuprofen", "速消灵有什么不良反应"])
def test_a_name_that_is_one_of_the_drug_needs_no_remark(question: str, rag: MedRAG) -> None:
    answer = rag.ask(question)
    assert answer.citations and "查找" not in answer.text and "was read as" not in answer.text


def test_a_corrected_name_is_told_where_the_section_is_missing(rag: MedRAG) -> None:
    answer = rag.ask("奥美拉挫的批准文号")
    assert answer.abstained and "按“奥美拉唑”查找" in answer.text


def test_a_correction_in_an_earlier_turn_is_told_by_its_words(rag: MedRAG) -> None:
    answer = rag.ask("怎么吃？", history=[Turn(role="user", content="请问奥美拉挫治什么？")])
    assert answer.text.startswith("问题中的“奥美拉挫”按“奥美拉唑”查找。")


@pytest.mark.parametrize("question", ["What is the dose of Zolprapine?", "can I take zolprapine with murivastone"])
def test_a_name_that_may_be_two_medicines_is_not_answered_and_both_are_named(question: str, near: MedRAG) -> None:
    answer = near.ask(question)
    assert answer.abstained and answer.reason == "ambiguous-name" and not answer.citations
    assert "Zolpratine" in answer.text.title() and "Zolprafine" in answer.text.title()
    assert "mg" not in answer.text


def test_the_readings_are_named_as_the_question_spells_the_name(near: MedRAG) -> None:
    assert "“Zolprapine” may mean" in near.ask("What is the dose of Zolprapine?").text
    assert "“zolprapine”可能是" in near.ask("zolprapine怎么吃").text
