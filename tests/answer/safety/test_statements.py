"""What single statements of labels say of other medicines, of illnesses and of ages, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.safety.check import check_medication
from medrag.kb.base import KnowledgeBase
from medrag.types import FindingKind, Patient, Severity
from tests.making import label

LABELS = (
    label(
        "甲罗坦片",
        {
            "【适应症】": "用于风热感冒、哮喘。",
            "【用法用量】": "哮喘患者待症状减轻后逐渐减量。老年人用量酌减。",
            "【禁忌】": "禁止同时使用强效抑制药物，包括：三唑类抗真菌药；大环内酯类抗生素；HIV蛋白酶抑制剂。",
            "【注意事项】": "1.可减少左旋多巴的吸收。\n2.服药期间不宜同时服用利尿及通便药物。\n3.本品不适用于风寒感冒的患者。\n"
            "4.如出现痤疮、多毛等反应应停药。\n5.服用单胺氧化酶抑制剂及对麻黄碱过敏者禁用。\n6.不宜突然停药。",
            "【儿童用药】": "糖尿病患儿禁用。",
            "【药物相互作用】": "1.与含钙、镁的药物合用时吸收减少。\n2.与强心药、锂合用时需调整剂量。\n3.抗病毒药sorivudine与本品合用可致死亡。",
        },
        key="S1",
    ),
    label("乙可因片", {"【药物相互作用】": "与中枢抑制药合用可增加呼吸抑制。", "【药品类型】": "阿片类镇痛药"}, key="S2"),
    label("可待因片", {"【药物相互作用】": "与中枢抑制药合用可增加呼吸抑制。"}, key="S3"),
    label(
        "Quenorax - phenytoin capsule",
        {
            "Indications and Usage": "Quenorax is indicated for epilepsy.",
            "Contraindications": "Do not use in patients with a history of jaundice after a previous course of this product. "
            "Contraindicated in patients who are hypersensitive to it or on monoamine oxidase inhibitor therapy.",
            "Warnings": "Antiepileptic drugs, including Quenorax, increase the risk of depression in patients taking these drugs. "
            "It should not be discontinued abruptly in patients with epilepsy. "
            "Use with caution in patients with porphyria. Dosage adjustments of lamotrigine may be necessary. "
            "Monoamine-oxidase inhibitors should be used with caution in patients receiving Quenorax. "
            "If you are pregnant, seek the advice of a health professional. Patients should stop nursing. "
            "Do not use in a child who is taking a monoamine oxidase inhibitor.",
            "Drug Interactions": "Clarithromycin was given in separate studies and had no effect. "
            "Appropriate doses of the combination with efavirenz have not been established.",
            "Dosage and Administration": "The dose should be reduced in the elderly. "
            "Severe (Child-Pugh class C): use of Quenorax is not recommended.",
            "Pediatric Use": "Safety and effectiveness have been established for pediatric patients 6 months of age and older.",
        },
        key="S4",
        lang="en",
    ),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("statements") / "statements.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made


def worst(kb: KnowledgeBase, kind: FindingKind, *medicines: str, **patient: object) -> Severity | None:
    report = check_medication(medicines, Patient.model_validate(patient), kb)
    return next((one.severity for one in report.findings if one.kind is kind), None)


@pytest.mark.parametrize(
    ("medicine", "other", "severity"),
    [
        ("甲罗坦片", "克拉霉素", Severity.CONTRAINDICATED),  # an item of a list that runs on in its sentence
        ("甲罗坦片", "左旋多巴", Severity.NOTED),  # what is done to another, without a word of taking both
        ("甲罗坦片", "呋塞米", Severity.AVOID),  # 利尿(药)及通便药物
        ("甲罗坦片", "苯乙肼", Severity.CONTRAINDICATED),  # no allergen, though one stands behind it
        ("甲罗坦片", "碳酸钙", Severity.NOTED),
        ("甲罗坦片", "碳酸锂", Severity.MONITOR),
        ("可待因片", "地西泮", Severity.NOTED),  # both depress the nervous system
        ("Quenorax", "phenelzine", Severity.CONTRAINDICATED),
        ("Quenorax", "lamotrigine", Severity.MONITOR),
        ("Quenorax", "efavirenz", Severity.NOTED),
    ],
)
def test_another_medicine_is_found_however_it_is_put(kb: KnowledgeBase, medicine: str, other: str, severity: Severity) -> None:
    assert worst(kb, FindingKind.INTERACTION, medicine, other) is severity


@pytest.mark.parametrize(
    ("medicine", "other"),
    [
        ("甲罗坦片", "阿昔洛韦"),  # the class says what sorivudine is
        ("Quenorax", "levetiracetam"),  # its own class, itself among them
        ("Quenorax", "clarithromycin"),  # separate studies are no doses to keep apart
    ],
)
def test_what_is_said_of_no_use_beside_it_is_no_interaction(kb: KnowledgeBase, medicine: str, other: str) -> None:
    assert worst(kb, FindingKind.INTERACTION, medicine, other) is None


@pytest.mark.parametrize(
    ("medicine", "diagnosis", "severity"),
    [
        ("甲罗坦片", "风寒感冒", Severity.AVOID),
        ("甲罗坦片", "风热感冒", None),  # what it is for, whatever another cold is
        ("甲罗坦片", "哮喘", None),  # how to end a treatment
        ("甲罗坦片", "痤疮", None),  # what may come of it
        ("Quenorax", "epilepsy", None),  # a warning against stopping
        ("Quenorax", "jaundice", Severity.CONTRAINDICATED),
        ("Quenorax", "porphyria", Severity.CAUTION),
    ],
)
def test_an_illness_is_warned_of_unless_the_medicine_is_for_it_or_causes_it(
    kb: KnowledgeBase, medicine: str, diagnosis: str, severity: Severity | None
) -> None:
    assert worst(kb, FindingKind.DISEASE, medicine, diagnoses=(diagnosis,)) is severity


@pytest.mark.parametrize(
    ("medicine", "age", "severity"),
    [
        ("甲罗坦片", 7, None),  # of children with diabetes
        ("甲罗坦片", 80, Severity.MONITOR),
        ("Quenorax", 80, Severity.MONITOR),
        ("Quenorax", 3, None),  # neither Child-Pugh, nor a child who takes something else
        ("Quenorax", 0.25, Severity.NOTED),
    ],
)
def test_ages_are_those_that_are_meant(kb: KnowledgeBase, medicine: str, age: float, severity: Severity | None) -> None:
    assert worst(kb, FindingKind.AGE, medicine, age=age) is severity


def test_what_is_said_of_mothers_and_of_the_liver_is_found(kb: KnowledgeBase) -> None:
    assert worst(kb, FindingKind.PREGNANCY, "Quenorax", pregnant=True) is Severity.CAUTION
    assert worst(kb, FindingKind.LACTATION, "Quenorax", breast_feeding=True) is Severity.AVOID
    assert worst(kb, FindingKind.HEPATIC, "Quenorax", hepatic="severe hepatic impairment") is Severity.AVOID
