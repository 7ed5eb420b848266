"""A dose is quoted for the patient asked about only: never an adult's for a child, nor anybody's in pregnancy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.quote.patients import speaks_of_patients
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population
from tests.making import label

LABELS = (
    label(
        "Painoline tablets",
        {
            "INDICATIONS AND USAGE": "For mild pain.",
            "DOSAGE AND ADMINISTRATION": "Take 400 mg every 6 hours. Do not exceed 1,200 mg in a day.",
            "WARNINGS": "Keep away from children.",
        },
        key="E1",
        lang="en",
    ),
    label(
        "Mixoline tablets",
        {
            "INDICATIONS AND USAGE": "For mild pain.",
            "DOSAGE AND ADMINISTRATION": "Adults:\n- 500 mg twice daily\n- at most 2 g a day\nChildren 6 to 11 years:\n- 125 mg twice daily\n"
            "Use | Adult dose\nGout | 800 mg daily",
            "PREGNANCY": "Mixoline is not used in pregnancy.",
        },
        key="E2",
        lang="en",
    ),
    label("镇痛宁片", {"【适应症】": "用于疼痛。", "【用法用量】": "成人一次2片，一日3次。一日最多6片。"}, key="Z1"),
    label(
        "镇痛平片",
        {
            "【适应症】": "用于疼痛。",
            "【用法用量】": "1.成人（18岁以上）：一次2片。\n2.儿童：一次半片。",
            "【孕妇及哺乳期妇女用药】": "孕妇禁用。",
        },
        key="Z2",
    ),
    label("舒痛灵片", {"【用法用量】": "成人一次2片，儿童一次半片。重症一日6片。"}, key="Z5"),
    label("小儿退热宁颗粒", {"【适应症】": "用于发热。", "【用法用量】": "开水冲服，一次1袋，一日3次。"}, key="Z3"),
    label("叶酸宁片", {"【适应症】": "用于妊娠期妇女补充叶酸。", "【用法用量】": "口服，一次1片，一日1次。"}, key="Z4"),
)


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedRAG]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("patients") / "a.kb") as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        yield MedRAG(kb)


@pytest.mark.parametrize(
    ("question", "dose"),
    [
        ("How much painoline can a child take?", "400 mg"),
        ("what dose of painoline can I take while pregnant", "400 mg"),
        ("what dose of painoline while breastfeeding", "400 mg"),
        ("小孩镇痛宁片吃多少", "2片"),
        ("5岁孩子吃几片镇痛宁片", "6片"),
        ("孕妇镇痛宁片吃多少", "2片"),
        ("孕妇镇痛平片吃多少", "片。"),
    ],
)
def test_a_dose_without_a_word_on_the_patient_is_not_quoted(question: str, dose: str, rag: MedRAG) -> None:
    assert dose not in rag.ask(question).text


def test_an_adult_asking_is_given_the_dose(rag: MedRAG) -> None:
    assert "400 mg" in rag.ask("How much painoline can I take?").text
    assert "一次2片" in rag.ask("镇痛宁片吃多少").text


def test_what_is_missing_is_said_before_what_stands_in_for_it(rag: MedRAG) -> None:
    bold = MedRAG(rag.kb, risk=1.0)  # answers however unsure it is
    lines = bold.ask("How much painoline can a child take?").text.splitlines()
    assert lines[0] == "(Painoline tablets has no section on pediatric use.)"
    assert lines[1] == "(Painoline tablets gives no dose for children; its doses for other patients are not quoted here.)"
    assert lines[-1].startswith("Keep away from children.")


def test_of_a_list_for_several_ages_the_childs_part_is_quoted_and_the_rest_said_to_be_left_out(rag: MedRAG) -> None:
    text = rag.ask("How much mixoline can a child take?").text
    assert "Children 6 to 11 years: [1]\n- 125 mg twice daily [1]\n(Doses for other patients are left out.)" in text
    assert "500 mg" not in text and "2 g" not in text and "800 mg" not in text
    assert text.startswith("(Mixoline tablets has no section on pediatric use.)")
    text = rag.ask("3岁孩子镇痛平片吃多少").text
    assert "2.儿童：一次半片。 [1]\n（该栏目中其他人群的用量未列出。）" in text and "成人" not in text


def test_what_follows_a_sentence_for_all_ages_is_no_childs_dose(rag: MedRAG) -> None:
    text = rag.ask("小孩舒痛灵片吃多少").text
    assert "成人一次2片，儿童一次半片。" in text and "6片" not in text


def test_a_label_that_is_made_for_the_patient_is_quoted_whole(rag: MedRAG) -> None:
    assert "一次1袋" in rag.ask("3岁孩子小儿退热宁颗粒吃多少").text
    assert "一次1片" in rag.ask("孕妇叶酸宁片吃多少").text


def test_where_a_dose_for_the_patient_is_all_that_was_asked_and_none_is_there_it_is_declined(rag: MedRAG) -> None:
    answer = rag.ask("小孩镇痛宁片吃多少")
    assert answer.abstained and answer.reason == "no-section"
    assert answer.text.startswith("镇痛宁片的资料中没有针对儿童的用法用量")
    assert "nursing" in rag.ask("what dose of painoline while breastfeeding").text


def test_the_section_for_the_patient_is_quoted_where_the_dose_is_not(rag: MedRAG) -> None:
    lines = rag.ask("what dose of mixoline in pregnancy?").text.splitlines()
    assert lines[0].startswith("(Mixoline tablets gives no dose for pregnant women;")
    assert lines[-1].startswith("Mixoline is not used in pregnancy.")


@pytest.mark.parametrize(
    ("text", "young"),
    [
        ("成人（18岁以上）一次1片", False),
        ("18岁以下禁用", True),
        ("6～18岁一次1片", True),
        ("patients 65 years of age and older", False),
        ("children under 18 years", True),
        ("under 6 yr | ask a doctor", True),
        ("Weight (lb) | Age (yr)", True),
        ("for up to 6 months", False),
        ("adults over age 65", False),
        ("未成年人不得服用", True),
    ],
)
def test_ages_of_adults_are_no_word_on_children(text: str, young: bool) -> None:
    assert speaks_of_patients(text, (Population.CHILD,)) is young
