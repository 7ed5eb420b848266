"""Wordings that labels have for doses, allergies, conditions and lists: each class is read, and what looks like it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.safety.check import check_medication
from medrag.kb.base import KnowledgeBase
from medrag.types import Finding, FindingKind, Patient, Severity
from tests.making import label, stored

LABELS = (
    label(
        "Coughaway - guaifenesin tablet",
        {
            "Warnings": "Phenylketonurics: Contains phenylalanine.",
            "Directions": "Children 6 to under 12 years: 1/2 tablet every 4 hours. Do not exceed 3 tablets in 24 hours\n"
            "Adults and children 12 years and over: 1 to 2 tablets every 4 to 6 hours. Do not take more than the six doses in any 24 hour period\n"
            "Children under\n6 years of age:\nConsult a physician",
        },
        key="W1",
        lang="en",
    ),
    label(
        "Nitrazol - metronidazole tablet",
        {
            "Contraindications": "Hypersensitivity to metronidazole or other nitroimidazole derivatives.",
            "Dosage and Administration": "A maximum of 4 g should not be exceeded during a 24-hour period.",
        },
        key="W2",
        lang="en",
    ),
    label(
        "Trimix - carisoprodol tablet",
        {"Dosage and Administration": "The maximum daily dose (i.e., two tablets taken four times daily) should be given for three weeks at most."},
        key="W3",
        lang="en",
    ),
    label(
        "Bindaway - lanthanum carbonate tablet",
        {"Drug Interactions": "Oral drugs that can be administered concomitantly with Bindaway\nAmlodipine\nDigoxin\nSome other one"},
        key="W4",
        lang="en",
    ),
    label(
        "Boostera - cobicistat tablet",
        {"Contraindications": "Drug class | Contraindicated drugs | Comment\nStatins | simvastatin | Risk of myopathy."},
        key="W5",
        lang="en",
    ),
    label(
        "Skinova - fluorouracil cream",
        {"Contraindications": "Skinova should not be used in patients with ornithine carbamylase (OCX) enzyme deficiency."},
        key="W6",
        lang="en",
    ),
    label(
        "Syrupal - hydrocodone solution",
        {"Directions": "10 mL every 4 to 6 hours, not to exceed 4 doses (40 mL) in 24 hours.\nChildren under 12 years\n- ask a doctor"},
        key="W12",
        lang="en",
    ),
    label("甲特罗吸入液", {"【用法用量】": "推荐剂量是一次15μg，一日2次。一日总剂量不推荐超过上述剂量。"}, key="W7"),
    label("乙那定片", {"【注意事项】": "不能超量使用，成人每天剂量应控制在120mg之内。"}, key="W8"),
    label("丙铂注射液", {"【禁忌】": "对本品及其他铂类过敏者。"}, key="W9"),
    label("丁链素注射液", {"【禁忌】": "对青霉素过敏者禁用。", "【注意事项】": "有心、肾疾患者慎用。下列情况慎用：①酒精中毒；"}, key="W10"),
    label("戊止咳糖浆", {"【用法用量】": "口服：8～10岁，每次8～10ml；4～7岁，每次5～8ml，一日3次。"}, key="W11"),
)  # fmt: skip


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with stored(tmp_path_factory.mktemp("wordings") / "wordings.kb", LABELS) as made:
        yield made


def found(kb: KnowledgeBase, kind: FindingKind, *medicines: str, **patient: object) -> list[Finding]:
    report = check_medication(medicines, Patient.model_validate(patient), kb)
    return [one for one in report.findings if one.kind is kind]


@pytest.mark.parametrize(
    ("medicine", "age", "above"),
    [
        ("Coughaway 1 tablet four times a day", 8, True),  # the sentence before says for whom
        ("Coughaway half a tablet every 4 hours", 8, False),
        ("Coughaway 2 tablets every 3 hours", 30, True),
        ("Coughaway 2 tablets every 4 to 6 hours", 30, False),  # as the label says it
        ("Nitrazol 1.5 g three times daily", 30, True),
        ("Nitrazol 500 mg three times daily", 30, False),
        ("Trimix 2 tablets every 4 hours", 30, True),
        ("Trimix 2 tablets four times daily", 30, False),
        ("Syrupal 10 mL every 4 hours", 30, True),
        ("Syrupal 10 mL every 6 hours", 30, False),
        ("甲特罗吸入液 15μg 每日4次", 60, True),
        ("甲特罗吸入液 15μg 每日2次", 60, False),
        ("乙那定片 60mg 每日3次", 30, True),
        ("乙那定片 60mg 每日2次", 30, False),
        ("戊止咳糖浆 15ml 每日3次", 5, True),
        ("戊止咳糖浆 8ml 每日3次", 5, False),
    ],
)
def test_a_dose_is_above_what_a_label_allows_however_it_says_so(
    kb: KnowledgeBase, medicine: str, age: float, above: bool
) -> None:
    assert bool(found(kb, FindingKind.DOSE, medicine, age=age)) is above


@pytest.mark.parametrize(
    ("medicine", "allergy", "speaks"),
    [
        ("Nitrazol", "tinidazole", True),
        ("Nitrazol", "penicillin", False),
        ("丙铂注射液", "顺铂", True),
        ("丁链素注射液", "阿莫西林", True),  # a relative of the one that is named
        ("丁链素注射液", "磺胺", False),
    ],
)
def test_an_allergy_reaches_the_relatives_that_a_label_means(
    kb: KnowledgeBase, medicine: str, allergy: str, speaks: bool
) -> None:
    assert bool(found(kb, FindingKind.ALLERGY, medicine, allergies=[allergy])) is speaks


@pytest.mark.parametrize(
    ("medicine", "diagnosis", "speaks"),
    [
        ("Coughaway", "phenylketonuria", True),
        ("Skinova", "ornithine carbamylase deficiency", True),
        ("Skinova", "ornithine transferase deficiency", False),
        ("丁链素注射液", "心脏病", True),
        ("丁链素注射液", "酒精中毒", True),
        ("丁链素注射液", "青光眼", False),
    ],
)
def test_a_condition_is_found_in_the_words_of_a_label(kb: KnowledgeBase, medicine: str, diagnosis: str, speaks: bool) -> None:
    assert bool(found(kb, FindingKind.DISEASE, medicine, diagnoses=[diagnosis])) is speaks


def test_a_list_is_read_with_what_heads_it(kb: KnowledgeBase) -> None:
    assert found(kb, FindingKind.INTERACTION, "Bindaway", "amlodipine") == []
    row = found(kb, FindingKind.INTERACTION, "Boostera", "simvastatin")
    assert [one.severity for one in row] == [Severity.CONTRAINDICATED]


def test_a_line_that_breaks_off_is_read_to_its_end(kb: KnowledgeBase) -> None:
    assert found(kb, FindingKind.AGE, "Coughaway", age=3)
    assert found(kb, FindingKind.AGE, "Syrupal", age=8)
    assert not found(kb, FindingKind.AGE, "Coughaway", age=30)


def test_a_member_of_a_class_is_a_medicine_that_is_known(kb: KnowledgeBase) -> None:
    assert check_medication(["麻疹疫苗"], None, kb).unknown == ()
