"""By which words people ask for the relations of the graph."""

from __future__ import annotations

import pytest

from medrag.retrieve.asked import asked_relations


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("高血压挂什么科", ["department"]),
        ("感冒看哪个科", ["department"]),
        ("胃炎有什么症状", ["has_symptom"]),
        ("What are the symptoms of gout?", ["has_symptom"]),
        ("高血压吃什么药", ["treated_with"]),
        ("痛风吃什么好", ["recommended_food"]),
        ("糖尿病不能吃什么", ["avoid_food"]),
        ("阿司匹林的别名", ["alias"]),
        ("湿疹的并发症的治愈率有多高", ["complication", "cure_rate"]),
        ("痛风怎么治", ["therapy", "treated_with"]),
        ("肺炎要做哪些检查", ["check"]),
        ("治疗感冒要多少钱", ["cost"]),
        ("哪些人不能吃阿司匹林", ["contraindication"]),
        ("布洛芬和华法林能一起吃吗", ["interacts_with", "not_combined_with"]),
        ("Can I take warfarin with aspirin?", ["interacts_with", "not_combined_with"]),
        ("What is metformin used for?", ["indication"]),
        ("今天天气", []),
    ],
)
def test_a_question_names_the_relations_it_asks_for_in_order(question: str, asked: list[str]) -> None:
    assert asked_relations(question) == asked


def test_words_inside_a_name_ask_for_nothing_unless_nothing_else_does() -> None:
    assert asked_relations("传染性软疣怎么治", ["传染性软疣"]) == ["therapy", "treated_with"]
    assert asked_relations("传染性软疣", ["传染性软疣"]) == ["transmission"]
    assert asked_relations("并发症的治愈率", ["并发症"]) == ["complication", "cure_rate"]
