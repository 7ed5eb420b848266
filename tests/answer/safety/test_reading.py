"""What reading labels of a random sample showed that the check must read right: item numbers run into ages, bare leads, names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.safety.check import check_medication
from medrag.kb.base import KnowledgeBase
from medrag.types import Finding, FindingKind, Patient, Severity
from tests.making import label

K = FindingKind
LABELS = (
    label("Pilocarpine drops", {"Warnings": "Keep out of reach."}, key="O1", lang="en"),
    label(
        "Pilocarpine tablet, film coated",
        {"Contraindications": "Contraindicated in patients with uncontrolled asthma."},
        key="O2",
        lang="en",
    ),
    label(
        "扎鲁司特片",
        {
            "【禁忌】": "1.对本药过敏者；2.12岁以下儿童。",
            "【注意事项】": "1.慎用(1)出血性疾病患者。(2)肾功能不全，尤其是终末期肾病需透析治疗者。",
            "【用法用量】": "剂量可逐步增加至最大量，每次40mg，每天2次。",
            "【药物相互作用】": "可与抗生素、糖皮质激素等合并使用。",
        },
        key="Z1",
    ),
    label("卡莫司汀注射液", {"【注意事项】": "1.孕妇及哺乳期妇女、老年人、感染者慎用。"}, key="C1"),
    label("阿莫西林胶囊", {"【药物相互作用】": "尚不明确。"}, key="A1"),
    label("复方氨酚片", {"【剂型】": "片剂：每片含对乙酰氨基酚250mg、咖啡因15mg。", "【注意事项】": "饭后服。"}, key="F1"),
    label("对乙酰氨基酚片", {"【注意事项】": "饭后服。"}, key="P1"),
    label("健身感冒片", {"【药品类型】": "中成药，防治感冒药", "【注意事项】": "2.不宜同时服用滋补性中成药。"}, key="G1"),
    label("益寿大补丸", {"【药品类型】": "中成药", "【适应证】": "益气养血。", "【注意事项】": "饭前服。"}, key="T1"),
    label(
        "NIGHTREST Z DIPHENHYDRAMINE HCL - diphenhydramine hydrochloride capsule, gelatin coated",
        {"Do not use": "- for children under 12 years of age\n- with other drugs that cause drowsiness such as antihistamines"},
        key="N1",
        lang="en",
    ),
    label(
        "CHILDRENS BESTKID COUGH - dextromethorphan hydrobromide liquid",
        {"Do not use": "in a child who is taking a monoamine oxidase inhibitor (MAOI)"},
        key="B1",
        lang="en",
    ),
    label("SHOPMART PAIN - acetaminophen tablet", {"Warnings": "Ask a doctor if you have liver disease."}, key="S1", lang="en"),
    label("SHOPMART SLEEP - doxylamine succinate tablet", {"Warnings": "Avoid alcohol."}, key="S2", lang="en"),
    label(
        "CLOTAWAY - anisindione tablet",
        {
            "Geriatric Use": "Clotaway is contraindicated in any patient with senility. Lower doses are recommended.",
            "Do not use": "- if your child is allergic to dyes\n- another syringe or dropper for your child",
        },
        key="L1",
        lang="en",
    ),
    label(
        "STATIMAX - rosuvastatin calcium tablet",
        {"Warnings": "Use with caution in patients with renal impairment."},
        key="R1",
        lang="en",
    ),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("reading") / "read.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made


def found(kb: KnowledgeBase, kind: FindingKind, *medicines: str, **patient: object) -> list[Finding]:
    report = check_medication(medicines, Patient.model_validate(patient) if patient else None, kb)
    return [one for one in report.findings if one.kind is kind]


def test_the_number_of_an_item_is_no_part_of_the_age_behind_it(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.AGE, "扎鲁司特", age=9)
    assert one.severity is Severity.CONTRAINDICATED
    assert not found(kb, K.AGE, "扎鲁司特", age=13)


def test_the_old_are_found_beside_mothers(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.AGE, "卡莫司汀注射液", age=75)
    assert one.severity is Severity.CAUTION
    assert not found(kb, K.AGE, "卡莫司汀注射液", age=30)


def test_what_holds_for_some_of_the_old_or_for_allergic_children_is_not_of_their_age(kb: KnowledgeBase) -> None:
    assert not [one for one in found(kb, FindingKind.AGE, "clotaway", age=82) if one.severity is Severity.CONTRAINDICATED]
    assert not found(kb, FindingKind.AGE, "clotaway", age=0.5)


def test_a_lead_without_a_colon_leads_its_items_in(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.RENAL, "扎鲁司特", renal="肾功能不全")
    assert one.severity is Severity.CAUTION


def test_a_dose_and_how_often_make_a_daily_maximum(kb: KnowledgeBase) -> None:
    assert found(kb, K.DOSE, "扎鲁司特片 60mg 每天2次")
    assert not found(kb, K.DOSE, "扎鲁司特片 40mg 每天2次")


def test_what_may_be_combined_is_no_interaction(kb: KnowledgeBase) -> None:
    assert not found(kb, K.INTERACTION, "扎鲁司特", "阿莫西林")


@pytest.mark.parametrize(("egfr", "count"), [(75, 0), (45, 1)])
def test_filtering_above_sixty_is_no_renal_impairment(kb: KnowledgeBase, egfr: float, count: int) -> None:
    assert len(found(kb, K.RENAL, "Statimax", egfr=egfr)) == count


def test_a_compound_is_made_of_what_its_label_says_each_tablet_holds(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.DUPLICATE, "复方氨酚片", "对乙酰氨基酚")
    assert one.about == "对乙酰氨基酚"


def test_cold_medicines_and_tonics_are_known_by_their_labels(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.INTERACTION, "健身感冒片", "益寿大补丸")
    assert one.severity is Severity.AVOID


def test_a_name_that_begins_one_products_title_is_its_name(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.AGE, "Nightrest Z", age=8)
    assert one.severity is Severity.CONTRAINDICATED
    assert found(kb, K.INTERACTION, "Nightrest Z", "chlorpheniramine")
    assert found(kb, K.DUPLICATE, "Nightrest Z", "diphenhydramine")
    assert found(kb, K.INTERACTION, "Children's Bestkid Cough", "phenelzine")


def test_a_shops_name_is_no_medicine(kb: KnowledgeBase) -> None:
    assert check_medication(["Shopmart"], None, kb).unknown == ("Shopmart",)


def test_the_comma_of_a_dosage_form_makes_no_compound(kb: KnowledgeBase) -> None:
    (one,) = found(kb, K.DISEASE, "pilocarpine", diagnoses=["asthma"])
    assert one.severity is Severity.CONTRAINDICATED
