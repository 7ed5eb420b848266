"""The tables of mining: classes of medicines with their members, foods, and endings."""

from __future__ import annotations

import pytest

from medrag.ingest.mining.conditions import kind_of_condition_en, kind_of_condition_zh, population_en, population_zh
from medrag.kb.terms.classes import class_named, class_names, classes_of, drug_classes
from medrag.types import EntityKind


def test_the_class_table_is_large_and_in_both_languages() -> None:
    classes = drug_classes()
    assert len(classes) >= 120
    assert all(one.zh[0] and one.en[0] for one in classes)
    assert all(member.zh and member.en for one in classes for member in one.members)
    usual = [name for one in classes for name in (one.zh[0], one.en[0])]
    assert len(usual) == len(set(usual))


@pytest.mark.parametrize(
    "name",
    ["MAOI", "MAOIs", "mao inhibitors", "单胺氧化酶抑制药", "单胺氧化酶抑制剂", "Monoamine Oxidase Inhibitor"],
)
def test_a_class_is_known_by_its_names_numbers_and_endings(name: str) -> None:
    found = class_named(name)
    assert found is not None
    assert found.en[0] == "monoamine oxidase inhibitor"


def test_a_word_that_is_no_class_means_none() -> None:
    assert class_named("warfarin") is None
    assert class_named("") is None
    assert "药" not in class_names()


def test_a_substance_tells_its_classes_in_either_language() -> None:
    assert classes_of("Warfarin") == classes_of("华法林")
    assert {one.en[0] for one in classes_of("warfarin")} >= {"anticoagulant", "vitamin K antagonist"}
    assert classes_of("no such thing") == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("类风湿关节炎", EntityKind.DISEASE),
        ("头痛", EntityKind.SYMPTOM),
        ("脾胃虚弱", EntityKind.SYMPTOM),
        ("代谢性酸中毒", EntityKind.DISEASE),
        ("疾病", None),
        ("清热", None),
        ("止咳", None),
        ("血药浓度升高", None),
        ("阿司匹林", None),
    ],
)
def test_chinese_names_of_conditions_are_told_by_their_ends(name: str, kind: EntityKind | None) -> None:
    assert kind_of_condition_zh(name) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rheumatoid arthritis", EntityKind.DISEASE),
        ("urinary tract infections", EntityKind.DISEASE),
        ("cancer of the breast", EntityKind.DISEASE),
        ("nasal congestion", EntityKind.SYMPTOM),
        ("disease", None),
        ("diseases", None),
        ("nerve blocks", None),
        ("patients who have pain", None),
        ("warfarin", None),
    ],
)
def test_english_names_of_conditions_are_told_by_their_heads(name: str, kind: EntityKind | None) -> None:
    assert kind_of_condition_en(name) is kind


def test_groups_of_people_are_told() -> None:
    assert all(population_zh(name) for name in ("孕妇", "哺乳期妇女", "6岁以下儿童", "小于2岁儿童", "老年人", "早产儿"))
    assert not any(population_zh(name) for name in ("高血压", "医生"))
    assert population_en("in pregnant women and children under 2 years of age") == [
        "pregnant women",
        "children under 2 years of age",
    ]
