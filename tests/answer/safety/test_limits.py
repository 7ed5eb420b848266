"""The most that a label allows, as labels print it, for whom, and whether a dose is above it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.safety.check import check_medication
from medrag.kb.base import KnowledgeBase
from medrag.types import FindingKind, Patient
from tests.making import label

LABELS = (
    label("甲平片", {"【用法用量】": "口服：每次10mg，每天3次；最大极量每次为100mg，每天为250mg。"}, key="Z1"),
    label("乙那非片", {"【用法用量】": "推荐起始剂量50mg，最大剂量100mg；最大给药频率，1次/d。"}, key="Z2"),
    label("丙星颗粒", {"【用法用量】": "每日服4次，每天最大量8袋(40g)。"}, key="Z3"),
    label("丁碱片", {"【用法用量】": "成人每次2片，24h不超过7片。6～12岁儿童每次1片，24h不超过3.5片。"}, key="Z4"),
    label("戊隆片", {"【用法用量】": "口服，每次0.3g，一般每天不超过10mg/kg。"}, key="Z5"),
    label("己那新片", {"【用法用量】": "一日5～10mg。\n严重肾功能损伤患者(肌酐清除率＜30ml/min)，每日不得超过5mg。"}, key="Z6"),
    label("庚胺片", {"【用法用量】": "静脉滴注，浓度不宜超过2g/h，起始剂量不超过1mg。"}, key="Z7"),
    label(
        "COLDFREE - loratadine solution",
        {
            "Directions": "adults and children\n6 years and over | 2 teaspoonfuls daily; do not take\nmore than 2 teaspoonfuls in 24 hours\n"
            "children 2 to under\n6 years of age | 1 teaspoonful daily; do not take more\nthan 1 teaspoonful in 24 hours"
        },
        key="E1",
        lang="en",
    ),
    label(
        "Bloctensa - bisoprolol and hydrochlorothiazide tablet",
        {"Dosage and Administration": "Titrate up to the maximum recommended dose 20/12.5 mg once daily."},
        key="E2",
        lang="en",
    ),
    label(
        "Citrakal - potassium citrate tablet",
        {
            "Dosage and Administration": "Doses of Citrakal tablets greater than 100 mEq/day have not been studied and should be avoided."
        },
        key="E3",
        lang="en",
    ),
    label(
        "Labemax - labetalol tablet",
        {
            "Dosage and Administration": "Titration increments should not exceed 200 mg twice daily. The maximum dose is 2,400 mg per day."
        },
        key="E4",
        lang="en",
    ),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("limits") / "limits.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made


def reasons(kb: KnowledgeBase, medicine: str, **patient: float) -> list[str]:
    report = check_medication([medicine], Patient.model_validate(patient), kb)
    return [one.reason for one in report.findings if one.kind is FindingKind.DOSE]


@pytest.mark.parametrize(
    ("medicine", "patient"),
    [
        ("甲平片 120mg 一次", {}),
        ("甲平片 60mg 每日6次", {}),
        ("乙那非片 150mg 每日1次", {}),
        ("乙那非片 50mg 每日2次", {}),
        ("丙星颗粒 15g 每日4次", {}),
        ("丁碱片 3片 每日3次", {}),
        ("丁碱片 2片 每日3次", {"age": 8.0}),
        ("戊隆片 0.5g 每日2次", {"weight": 50.0}),
        ("己那新片 10mg 每日1次", {"egfr": 20.0}),
        ("Coldfree 3 teaspoonfuls daily", {}),
        ("Coldfree 2 teaspoonfuls daily", {"age": 3.0}),
        ("Bloctensa 10/6.25 mg 3 tablets daily", {}),
        ("Citrakal 40 mEq three times a day", {}),
        ("Labemax 1,300 mg twice daily", {}),
    ],
)
def test_a_dose_above_what_the_label_allows_this_patient_is_found(
    kb: KnowledgeBase, medicine: str, patient: dict[str, float]
) -> None:
    assert len(reasons(kb, medicine, **patient)) == 1


@pytest.mark.parametrize(
    ("medicine", "patient"),
    [
        ("甲平片 30mg 每日3次", {}),
        ("乙那非片 100mg 每日1次", {}),
        ("丙星颗粒 5g 每日4次", {}),
        ("丁碱片 2片 每日3次", {"age": 40.0}),
        ("丁碱片 1片 每日3次", {"age": 8.0}),
        ("戊隆片 0.5g 每日1次", {"weight": 70.0}),
        ("己那新片 10mg 每日1次", {"egfr": 100.0}),
        ("己那新片 10mg 每日1次", {}),
        ("庚胺片 5g 每日1次", {}),
        ("Coldfree 2 teaspoonfuls daily", {"age": 30.0}),
        ("Coldfree 1 teaspoonful daily", {"age": 3.0}),
        ("Bloctensa 10/6.25 mg 2 tablets daily", {}),
        ("Citrakal 15 mEq twice a day", {}),
        ("Labemax 300 mg twice daily", {}),
    ],
)
def test_a_dose_within_what_the_label_allows_this_patient_is_none(
    kb: KnowledgeBase, medicine: str, patient: dict[str, float]
) -> None:
    assert reasons(kb, medicine, **patient) == []


def test_a_limit_by_weight_is_told_for_the_patients_weight(kb: KnowledgeBase) -> None:
    assert "500" in reasons(kb, "戊隆片 0.5g 每日2次", weight=50.0)[0]
