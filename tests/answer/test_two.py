"""Answers about two things: drugs together, a drug and a food, drugs compared, and one that is not known."""

from __future__ import annotations

import pytest

from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from medrag.types import Verdict


@pytest.fixture(scope="module")
def rag(drugs: KnowledgeBase) -> MedRAG:
    return MedRAG(drugs)


def test_a_fact_that_joins_two_drugs_is_shown_with_what_its_row_says(rag: MedRAG) -> None:
    answer = rag.ask("抗凝血素片和退热灵素缓释片能一起吃吗")
    assert answer.text.startswith("抗凝血素的相互作用：退热灵素 [1]\n  慎合用 · 出血风险增加，须监测 [1]\n")
    assert "与抗凝血素合用时出血增加。" in answer.text
    assert {claim.verdict for claim in answer.claims} == {Verdict.SUPPORTED}


def test_a_label_that_does_not_name_the_other_drug_is_heard_all_the_same(rag: MedRAG) -> None:
    answer = rag.ask("抗凝血素片和退热灵素缓释片能一起吃吗")
    assert "抗凝血素片的资料没有提到退热灵素缓释片" in answer.text
    assert "以下药物增强本品作用：" in answer.text and "2.抗真菌药。" in answer.text


def test_a_food_is_answered_from_the_graph_and_from_whatever_section_names_it(rag: MedRAG) -> None:
    answer = rag.ask("抗凝血素和葡萄柚能一起吃吗")
    assert "西柚汁" in answer.text and "用药期间避免大量吃西柚。" in answer.text
    assert "没有提到" not in answer.text
    assert "酒精" in rag.ask("吃抗凝血素能喝酒吗").text


def test_what_no_source_names_is_not_said_to_be_safe(rag: MedRAG) -> None:
    assert "没有提到“蜂王浆”，不等于可以同用" in rag.ask("退热灵素缓释片和蜂王浆能一起吃吗").text


def test_of_a_drug_that_is_not_known_only_what_names_it_is_said(rag: MedRAG) -> None:
    answer = rag.ask("未收录素和退热灵素缓释片能一起吃吗")
    assert "没有“未收录素”的说明书" in answer.text and "作用减弱" in answer.text
    assert "抗凝血素" not in answer.text
    other = rag.ask("未收录素和抗凝血素片能一起吃吗")
    assert other.abstained and other.reason == "unknown-drug"


def test_drugs_are_set_beside_each_other_but_not_compared(rag: MedRAG) -> None:
    answer = rag.ask("退热灵素混悬液和盐酸安神平片哪个好")
    assert answer.text.startswith("（资料不作优劣比较")
    assert "用于儿童感冒引起的发热。" in answer.text and "用于失眠。" in answer.text


def test_a_patient_whom_the_label_does_not_mention_is_said_to_be_missing(rag: MedRAG) -> None:
    answer = rag.ask("盐酸安神平片儿童能吃吗")
    assert "没有【儿童用药】" in answer.text  # told, whether what it is for is quoted beside it or the question refused


def test_a_childs_question_hears_every_label_on_children(rag: MedRAG) -> None:
    text = rag.ask("6个月宝宝能用退热灵素吗").text
    assert "6个月以下婴儿不可自行使用。" in text and "年龄 | 体重 | 用量" in text and "本规格供成人用。" in text


def test_nothing_is_quoted_twice(rag: MedRAG) -> None:
    answer = rag.ask("3岁孩子退热灵素吃多少")
    words = [claim.text for claim in answer.claims]
    assert len(words) == len(set(words))


def test_facts_are_told_in_the_language_of_the_question(rag: MedRAG) -> None:
    assert rag.ask("抗凝血素和退热灵素").text.isascii() is False
