"""The rule of what is right: each sentence of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.matching import Pool, Truth, heading_key
from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup
from medrag.types import Evidence
from tests.evaluate.labels import american
from tests.making import label
from tests.shelf import shelf


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with american(tmp_path_factory.mktemp("american")) as kb:
        yield Pool(kb)


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    kb = KnowledgeBase.create(tmp_path_factory.mktemp("zh") / "zh.kb")
    texts = {"【适应症】": "用于示例病。", "【注意事项】": "开车前慎用。", "【备注】": "甲厂。"}
    others = {"【功能主治】": "治示例病。", "【警告】": "远离儿童。", "【附注】": "乙厂。", "【备注】": "乙厂的。"}
    with kb.write() as writer:
        writer.add_many(
            [
                label("盐酸示例洛尔片", texts, key="1"),
                label("示例洛尔胶囊", others, key="2"),
                label("复方示例洛尔片", texts, key="3"),
            ]
        )
    with kb:
        yield Pool(kb)


def truth(pool: Pool, *gold: Gold, drug: str = "") -> Truth:
    return pool.truth(SectionCase("q", "?", "short", gold, drug=drug))


def right(pool: Pool, *gold: Gold) -> set[str]:
    return {f"{key} {index}" for _, key, index in truth(pool, *gold).sections}


def numbered(index: int, heading: str, code: str = "", set_id: str = "one") -> Gold:
    return Gold(set_id=set_id, index=index, heading=heading, code=code)


def test_a_section_named_by_drug_counts_in_other_forms_of_the_drug_by_group(chinese: Pool) -> None:
    assert right(chinese, Gold(drug="盐酸示例洛尔片", heading="适应症")) == {"1 0", "2 0"}


def test_precautions_and_a_boxed_warning_are_two(chinese: Pool) -> None:
    assert right(chinese, Gold(drug="盐酸示例洛尔片", heading="注意事项")) == {"1 1"}


def test_a_heading_that_no_group_holds_counts_by_its_words(chinese: Pool) -> None:
    assert right(chinese, Gold(drug="示例洛尔胶囊", heading="备注")) == {"1 2", "2 3"}


def test_a_drug_that_is_not_there_leaves_nothing_right(chinese: Pool) -> None:
    found = truth(chinese, Gold(drug="别的药片", heading="适应症"))
    assert (found.sections, found.documents) == ({}, frozenset())


def test_a_drug_named_without_its_form_is_found(chinese: Pool) -> None:
    found = truth(chinese, Gold(drug="示例洛尔", heading="适应证"))
    assert {key for _, key, _ in found.sections} == {"1", "2"}
    assert found.own == frozenset()


def test_a_coded_section_counts_in_other_labels_by_its_code(pool: Pool) -> None:
    assert right(pool, numbered(0, "1 INDICATIONS AND USAGE", "34067-9")) == {"one 0", "two 0"}


def test_a_code_that_another_label_has_not_counts_there_by_its_group(pool: Pool) -> None:
    assert right(pool, numbered(4, "5 WARNINGS AND PRECAUTIONS", "43685-7")) == {"one 4", "two 2"}


def test_an_unclassified_section_counts_in_other_labels_by_heading_and_by_text(pool: Pool) -> None:
    # 2: another label's WARNINGS hold all the words; 3: the same heading; 4 of the label itself only stands around it.
    assert right(pool, numbered(5, "5.1 Hepatic Failure")) == {"one 5", "two 2", "two 3"}


def test_a_section_without_heading_counts_where_its_text_stands(pool: Pool) -> None:
    assert right(pool, numbered(6, "")) == {"one 6", "two 4"}


def test_a_heading_without_text_counts_for_the_sections_inside_it(pool: Pool) -> None:
    assert right(pool, numbered(1, "2 DOSAGE AND ADMINISTRATION", "34068-7")) == {"one 1", "one 2", "one 3", "two 1"}


def test_a_subsection_does_not_count_for_its_parent_nor_the_parent_for_it(pool: Pool) -> None:
    assert right(pool, numbered(3, "2.2 Renal impairment")) == {"one 3"}
    assert "one 5" not in right(pool, numbered(4, "5 WARNINGS AND PRECAUTIONS", "43685-7"))


def test_a_number_that_does_not_fit_its_heading_is_not_believed(pool: Pool) -> None:
    assert right(pool, numbered(0, "5.1 Hepatic Failure")) == {"one 5", "two 3"}


def test_a_combination_is_another_drug(pool: Pool) -> None:
    assert right(pool, numbered(0, "INDICATIONS", "34067-9", "three")) == {"three 0"}


def test_labels_of_the_drug_asked_about_are_of_a_right_drug(pool: Pool) -> None:
    gold = numbered(0, "INDICATIONS", "34067-9", "three")
    assert {key for _, key in truth(pool, gold, drug="examplolol").documents} == {"one", "two", "three"}
    assert {key for _, key in truth(pool, gold, drug="Examplex").documents} == {"one", "three"}
    assert {key for _, key in truth(pool, gold).documents} == {"three"}


def test_the_same_section_of_several_labels_counts_once(pool: Pool) -> None:
    gold = (numbered(0, "1 INDICATIONS AND USAGE", "34067-9"), numbered(0, "INDICATIONS", "34067-9", "two"))
    found = truth(pool, *gold)
    assert len(found.grades) == 1
    assert found.groups == (SectionGroup.INDICATIONS,)


def test_the_better_grade_of_a_section_counts(pool: Pool) -> None:
    helps = Gold(set_id="one", index=0, heading="1 INDICATIONS AND USAGE", code="34067-9", grade=1)
    answers = Gold(set_id="two", index=0, heading="INDICATIONS", code="34067-9", grade=2)
    assert list(truth(pool, helps, answers).grades.values()) == [2]


def test_what_only_helps_is_no_answer_where_another_section_answers(chinese: Pool) -> None:
    helps = Gold(drug="盐酸示例洛尔片", heading="注意事项", grade=1)
    assert truth(chinese, helps, Gold(drug="别的药片", heading="适应症")).sections == {}
    assert truth(chinese, helps).sections


def test_a_fact_counts_as_the_section_that_says_it(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        pool = Pool(kb)
        named = kb.facts("速消灵")[0]
        row = kb.facts("高血压")[0]
        of = [Evidence(rank=1, score=1.0, found_by=("graph",), fact=fact) for fact in (named, row)]
        assert [pool.place(evidence) for evidence in of] == [None, None]  # a title line and a graph row are no section


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("5.6 Hepatitis and Hepatic Failure:", "hepatitis and hepatic failure"),
        ("11\tDESCRIPTION", "description"),
        ("How to use Exaplex ® ?", "how to use exaplex"),
        ("【用 法 用 量】", "用法用量"),
        ("", ""),
    ],
)
def test_headings_are_compared_by_their_words(heading: str, key: str) -> None:
    assert heading_key(heading) == key
