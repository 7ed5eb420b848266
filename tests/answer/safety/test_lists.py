"""Which labels a name of a list means, and what foods, class words and compound medicines are checked as."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.safety.check import check_medication
from medrag.answer.safety.medicines import taken
from medrag.answer.show.safety import safety_lines
from medrag.kb.base import KnowledgeBase
from medrag.types import FindingKind, Patient, Severity
from tests.making import label

K = FindingKind
LABELS = (
    label("氯雷他定/伪麻黄碱片", {"【禁忌】": "12岁以下儿童禁用。"}, key="L1"),
    label("氯雷他定片", {"【注意事项】": "饭后服。"}, key="L2"),
    label("Multaq", {"Contraindications": "Contraindicated in patients with cardiogenic shock."}, key="M1", lang="en"),
    label(
        "ROXIBU - oxycodone hydrochloride and ibuprofen tablet",
        {"Warnings": "Avoid use in patients with asthma."},
        key="O1",
        lang="en",
    ),
    label("ADVANIL - ibuprofen tablet", {"Warnings": "Take with food."}, key="O2", lang="en"),
    label("甲硝唑片", {"【注意事项】": "用药期间不应饮用含酒精的饮料，因可引起双硫仑样反应。"}, key="Q1"),
    label("HANDRUB - alcohol gel", {"Warnings": "For external use only."}, key="H1", lang="en"),
    label("感冒灵颗粒", {"【注意事项】": "不宜在服药期间同时服用滋补性中药。"}, key="G1"),
    label("对乙酰氨基酚片", {"【注意事项】": "肝病患者慎用。"}, key="G2"),
    label("克拉霉素片", {"【药物相互作用】": "禁止与他汀类药物合用。"}, key="C1"),
    label("AZOPTAL - brinzolamide suspension", {
        "Drug Interactions": "The concomitant administration of Azoptal and oral carbonic anhydrase inhibitors is not recommended."
    }, key="B1", lang="en"),
    label("可待新片", {"【注意事项】": "慎用：1.支气管哮喘；2.腹痛而原因还不清楚的人：用药后病情不易看出；3.癫痫患者；"}, key="D1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("lists") / "lists.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made.pinned()


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("氯雷他定伪麻黄碱", {"L1"}),
        ("氯雷他定", {"L2"}),
        ("dronedarone", {"M1"}),
        ("ibuprofen and oxycodone", {"O1"}),
        ("alcohol", set()),
    ],
)
def test_a_name_means_the_labels_that_are_of_just_that(kb: KnowledgeBase, name: str, keys: set[str]) -> None:
    assert {one.info.key for one in taken(name, kb).labels} == keys


@pytest.mark.parametrize("drink", ["酒", "alcohol", "啤酒"])
def test_a_drink_beside_a_medicine_is_what_its_label_says_of_it_and_shown_once(kb: KnowledgeBase, drink: str) -> None:
    report = check_medication(["甲硝唑", drink], None, kb)
    assert {one.severity for one in report.findings} == {Severity.AVOID}
    assert {one.kind for one in report.findings} == {K.INTERACTION, K.FOOD}
    assert sum("甲硝唑" in line and "[" in line for line in safety_lines(report)) == 1


def test_a_compound_medicine_holds_what_the_table_says_it_holds(kb: KnowledgeBase) -> None:
    (one,) = [one for one in check_medication(["感冒灵颗粒", "扑热息痛"], None, kb).findings if one.kind is K.DUPLICATE]
    assert "对乙酰氨基酚" in one.about


def test_the_stem_of_a_class_means_the_class(kb: KnowledgeBase) -> None:
    (one,) = check_medication(["他汀", "克拉霉素"], None, kb).findings
    assert (one.kind, one.severity) == (K.INTERACTION, Severity.CONTRAINDICATED)


def test_a_class_named_beside_the_labels_own_medicine_is_of_another(kb: KnowledgeBase) -> None:
    (one,) = check_medication(["Azoptal", "acetazolamide"], None, kb).findings
    assert (one.kind, one.severity) == (K.INTERACTION, Severity.AVOID)


def test_an_item_with_a_colon_of_its_own_does_not_end_a_list(kb: KnowledgeBase) -> None:
    found = check_medication(["可待新片"], Patient(diagnoses=("癫痫",)), kb).findings
    assert [(one.kind, one.severity) for one in found] == [(K.DISEASE, Severity.CAUTION)]
