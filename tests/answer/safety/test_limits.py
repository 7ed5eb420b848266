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
    label("辛那新片", {"【用法用量】": "推荐剂量为每次20mg，每日一次。根据疗效可增至每日40mg。"}, key="Z8"),
    label("壬平片", {"【用法用量】": "从小剂量开始，初始每日25mg，每周增加25mg，直至有效。"}, key="Z9"),
    label(
        "癸林颗粒",
        {"【用法用量】": "1～3岁儿童每次2.5ml；4～6岁儿童每次5ml，每日3次；成人和12岁以上儿童每次15ml，每日3次。"},
        key="Z10",
    ),
    label("子林片", {"【用法用量】": "儿童按体重每次5mg/kg，每6小时1次，24小时不超过4次。"}, key="Z11"),
    label(
        "辰芬片",
        {"【用法用量】": "1～12岁儿童：推荐剂量为每日每公斤体重30mg，分三次服用。成人一次0.2～0.4g，一日3次。"},
        key="Z15",
    ),
    label("巳溴片", {"【用法用量】": "成人及10岁以上少年儿童每次30mg，每天3次；5～10岁儿童每次15mg，每天3次。"}, key="Z16"),
    label("丑酶", {"【用法用量】": "按体重给药，建议总剂量不超过50mg。"}, key="Z12"),
    label("寅那非片", {"【用法用量】": "一天1次10mg，最大推荐剂量为一天20mg。极量，一次15mg。"}, key="Z13"),
    label("卯罗气雾剂", {"【用法用量】": "每次吸2～3揿(400μg)，每天3次。每天吸入不应超过16次。"}, key="Z14"),
    label(
        "Wellaxin - wellaxine tablet",
        {"Dosage and Administration": "Adults: one or two Wellaxin tablets three times a day."},
        key="E5",
        lang="en",
    ),
    label(
        "Dornaline - dornaline solution",
        {
            "Directions": "Adults: 2 teaspoonfuls (10 mL)\nevery 4 hours, not to exceed\n8 teaspoonfuls in 24 hours\n"
            "Children: 15 mg/kg every 6 hours; the daily dose should not exceed 20 mg/kg or 1 gram, whichever is less."
        },
        key="E6",
        lang="en",
    ),
    label(
        "Prochloran - prochloran tablet",
        {
            "Dosage and Administration": "Usually 10 mg is taken 3 or 4 times daily. "
            "When it is used for anxiety, do not give more than 20 mg per day."
        },
        key="E8",
        lang="en",
    ),
    label(
        "Sildavan - sildavan tablet",
        {
            "Dosage and Administration": "The recommended starting dose is 25 mg. A single dose of 50 mg is usual. "
            "The maximum recommended dosing frequency is once per day. Mild hepatic impairment (Child-Pugh A): 50 mg."
        },
        key="E7",
        lang="en",
    ),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("limits") / "limits.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made


def test_adults_named_beside_older_children_are_adults(kb: KnowledgeBase) -> None:
    assert not reasons(kb, "巳溴片 30mg 每日3次", age=40)
    assert reasons(kb, "巳溴片 60mg 每日3次", age=40)


def test_a_dose_by_weight_that_is_said_before_it_is_no_dose_of_a_time(kb: KnowledgeBase) -> None:
    assert not reasons(kb, "辰芬片 150mg 每日3次", age=5, weight=18)
    assert "540 mg" in "".join(reasons(kb, "辰芬片 300mg 每日3次", age=5, weight=18))


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
        ("辛那新片 80mg 每日1次", {}),
        ("癸林颗粒 10ml 每日3次", {"age": 5.0}),
        ("癸林颗粒 30ml 每日3次", {"age": 30.0}),
        ("子林片 200mg 每6小时一次", {"age": 6.0, "weight": 20.0}),
        ("丑酶 60mg 一次", {}),
        ("寅那非片 20mg 每日2次", {}),
        ("卯罗气雾剂 3揿 每日6次", {}),
        ("Wellaxin 3 tablets four times a day", {}),
        ("Dornaline 10 mL six times a day", {}),
        ("Dornaline 600 mg twice a day", {"age": 12.0, "weight": 60.0}),
        ("Sildavan 50 mg twice daily", {}),
        ("Prochloran 20 mg four times a day", {}),
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
        ("辛那新片 40mg 每日1次", {}),
        ("壬平片 150mg 每日1次", {}),  # directions that leave it open how far to go
        ("癸林颗粒 5ml 每日3次", {"age": 5.0}),
        ("癸林颗粒 15ml 每日3次", {"age": 30.0}),
        ("子林片 100mg 每6小时一次", {"age": 6.0, "weight": 20.0}),
        ("寅那非片 15mg 每日1次", {}),
        ("卯罗气雾剂 3揿 每日3次", {}),
        ("Wellaxin 2 tablets three times a day", {}),
        ("Dornaline 10 mL four times a day", {}),
        ("Sildavan 50 mg once daily", {}),
        ("Prochloran 10 mg four times a day", {}),  # the limit is of one use
    ],
)
def test_a_dose_within_what_the_label_allows_this_patient_is_none(
    kb: KnowledgeBase, medicine: str, patient: dict[str, float]
) -> None:
    assert reasons(kb, medicine, **patient) == []


def test_a_limit_by_weight_is_told_for_the_patients_weight(kb: KnowledgeBase) -> None:
    assert "500" in reasons(kb, "戊隆片 0.5g 每日2次", weight=50.0)[0]


def test_a_dose_above_all_that_are_told_of_says_that_no_maximum_is_printed(kb: KnowledgeBase) -> None:
    assert "说明书未写明最大量" in reasons(kb, "辛那新片 80mg 每日1次")[0]
