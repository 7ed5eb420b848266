"""The check that runs on questions by themselves: when it does, for whom, and when it keeps out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.quote.extract import write
from medrag.answer.safety.asked import report_for
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.understand import understand
from medrag.types import Finding, FindingKind, Patient, Question, SafetyReport, Severity


def asked(kb: KnowledgeBase, text: str, patient: Patient | None = None) -> SafetyReport | None:
    return report_for(understand(Question(text=text), kb), patient, kb)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("华法林钠片和阿司匹林肠溶片能一起吃吗？", FindingKind.INTERACTION),
        ("孕妇能吃华法林吗？", FindingKind.PREGNANCY),
        ("8岁孩子可以吃阿司匹林肠溶片吗", FindingKind.AGE),
        ("肾功能不全的人能用雷尼替丁胶囊吗", FindingKind.RENAL),
        ("哮喘病人能吃阿司匹林肠溶片吗", FindingKind.DISEASE),
        ("青霉素过敏能吃头孢克肟分散片吗", FindingKind.ALLERGY),
        ("吃阿司匹林肠溶片能喝酒吗", FindingKind.FOOD),
        ("阿司匹林肠溶片能用红酒送服吗", FindingKind.FOOD),
        ("喝3瓶啤酒后能吃阿司匹林肠溶片吗", FindingKind.FOOD),
        ("Can I take simvastatin with clarithromycin?", FindingKind.INTERACTION),
        ("Is simvastatin safe in pregnancy?", FindingKind.PREGNANCY),
        ("孩子能吃阿司匹林肠溶片吗", FindingKind.AGE),
    ],
)
def test_a_question_with_a_pair_or_a_patient_is_checked(kb: KnowledgeBase, text: str, kind: FindingKind) -> None:
    report = asked(kb, text)
    assert report is not None
    assert kind in {one.kind for one in report.findings}


@pytest.mark.parametrize("text", ["华法林的用法用量是什么？", "What is simvastatin for?", "血栓吃什么药？"])
def test_other_questions_are_left_alone(kb: KnowledgeBase, text: str) -> None:
    assert asked(kb, text) is None


def test_the_patient_of_the_conversation_counts(kb: KnowledgeBase) -> None:
    report = asked(kb, "华法林的用法用量是什么？", Patient(pregnant=True))
    assert report is not None
    assert [one.kind for one in report.findings] == [FindingKind.PREGNANCY]


def test_what_the_patient_takes_already_makes_a_pair(kb: KnowledgeBase) -> None:
    report = asked(kb, "阿司匹林肠溶片怎么吃？", Patient(medicines=("华法林",)))
    assert report is not None
    assert FindingKind.INTERACTION in {one.kind for one in report.findings}


def test_food_is_told_only_where_somebody_asks(kb: KnowledgeBase) -> None:
    report = asked(kb, "哮喘病人能吃阿司匹林肠溶片吗")
    assert report is not None
    assert FindingKind.FOOD not in {one.kind for one in report.findings}


def test_what_was_asked_about_stands_before_a_boxed_warning(kb: KnowledgeBase) -> None:
    report = asked(kb, "Can I take simvastatin with clarithromycin?")
    assert report is not None
    kinds = [one.kind for one in report.findings]
    assert FindingKind.BOXED_WARNING not in kinds[: kinds.index(FindingKind.INTERACTION) + 1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("甘草和海藻可以一起煎吗", FindingKind.HERBS),
        ("华法林钠片一天吃20mg可以吗", FindingKind.DOSE),
        ("哮喘病人吃阿司匹林肠溶片行不行", FindingKind.DISEASE),
    ],
)
def test_herbs_and_doses_and_patients_of_a_question_are_checked(kb: KnowledgeBase, text: str, kind: FindingKind) -> None:
    report = asked(kb, text)
    assert report is not None
    assert report.findings[0].kind is kind


def test_a_dose_within_the_maximum_needs_no_block(kb: KnowledgeBase) -> None:
    assert asked(kb, "华法林钠片一天吃5mg可以吗") is None


@pytest.mark.parametrize(
    "text",
    [
        "我没有哮喘，能吃阿司匹林肠溶片吗",
        "I don't have glaucoma, can I take Coldrelief tablets?",
        "对青霉素不过敏，能吃头孢克肟分散片吗",
        "华法林钠片2.5mg*60片怎么吃",
    ],
)
def test_what_somebody_has_not_and_the_size_of_a_package_find_nothing(kb: KnowledgeBase, text: str) -> None:
    report = asked(kb, text)
    kinds = {FindingKind.DISEASE, FindingKind.ALLERGY, FindingKind.DOSE}
    assert report is None or kinds.isdisjoint(one.kind for one in report.findings)


def test_one_illness_denied_leaves_the_other(kb: KnowledgeBase) -> None:
    report = asked(kb, "我有哮喘没有高血压，能吃阿司匹林肠溶片吗")
    assert report is not None
    assert [one.about for one in report.findings if one.kind is FindingKind.DISEASE] == ["哮喘"]


def test_a_salt_whose_name_begins_with_a_herb_is_no_herb(kb: KnowledgeBase) -> None:
    report = asked(kb, "海藻酸钠和甘草片能一起吃吗")
    assert report is None or FindingKind.HERBS not in {one.kind for one in report.findings}


@pytest.mark.parametrize(("tail", "apart"), [("together", True), ("daily", False)])
def test_a_mixture_asked_about_as_two_medicines_is_checked_as_two(kb: KnowledgeBase, tail: str, apart: bool) -> None:
    understanding = understand(Question(text="Can I take simvastatin?"), kb)
    text = f"Can I take simvastatin and clarithromycin {tail}?"
    mixture = replace(understanding.drugs[0], name="simvastatin and clarithromycin")
    report = report_for(replace(understanding, question=text, drugs=(mixture,)), None, kb)
    kinds = {one.kind for one in report.findings} if report is not None else set()
    assert (FindingKind.INTERACTION in kinds) is apart


def test_an_abstention_beside_a_finding_points_to_it(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("丁香和郁金能一起用吗")
    assert answer.safety is not None and answer.safety.findings[0].kind is FindingKind.HERBS
    assert answer.abstained and answer.reason == "nothing-relevant" and "请以检查结果为准" in answer.text


@pytest.mark.parametrize("text", ["阿司匹林肠溶片和酒一起会怎样", "吃阿司匹林肠溶片能不能沾酒"])
def test_alcohol_is_asked_about_in_other_words_than_drinking(kb: KnowledgeBase, text: str) -> None:
    report = asked(kb, text)
    assert report is not None and FindingKind.FOOD in {one.kind for one in report.findings}


def test_a_label_that_names_the_others_class_names_the_other(kb: KnowledgeBase) -> None:
    text = MedRAG(kb).ask("阿司匹林肠溶片和华法林钠片能一起吃吗").text
    assert "与抗凝药同用，出血的危险增加" in text and "水杨酸类药物不宜合用" not in text
    assert "没有提到" not in text


def test_a_pair_that_no_text_names_points_to_what_the_check_found(kb: KnowledgeBase) -> None:
    understood = understand(Question(text="华法林钠片和二甲双胍片能一起吃吗"), kb)
    evidence = MedRAG(kb).search(understood.question)
    finding = Finding(kind=FindingKind.INTERACTION, severity=Severity.CAUTION, medicines=("华法林钠片", "二甲双胍片"))
    found = SafetyReport(medicines=(), findings=(finding,), lang="zh")
    assert "请以检查结果为准" in write(understood, evidence, kb, safety=found).text
    assert "请以检查结果为准" not in write(understood, evidence, kb).text


def test_what_rules_the_patient_out_is_quoted_first(kb: KnowledgeBase) -> None:
    assert MedRAG(kb).ask("孕晚期血栓能吃华法林钠片吗").text.startswith("华法林钠片 (甲厂)【禁忌】\n1.孕妇禁用。")
    assert not MedRAG(kb).ask("过敏性鼻炎能吃华法林钠片吗").text.startswith("华法林钠片 (甲厂)【禁忌】")


def test_what_medicines_are_for_is_no_leave_for_a_pregnant_woman(kb: KnowledgeBase) -> None:
    assert "没有说明孕妇能否使用，不等于可以使用" in MedRAG(kb).ask("怀孕了预防血栓吃什么药").text
    assert "能否使用" not in MedRAG(kb).ask("预防血栓吃什么药").text


def test_a_drink_that_no_quoted_text_names_is_said_to_be_missing(kb: KnowledgeBase) -> None:
    assert "没有提到“酒”，不等于可以同用" in MedRAG(kb).ask("吃完雷尼替丁胶囊多久能喝酒").text


def test_what_it_is_for_is_no_word_on_a_child_whom_the_label_does_not_mention(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("16岁能吃华法林钠片吗")
    assert "用于防治血栓" not in answer.text


@pytest.mark.parametrize(
    ("text", "organ"),
    [
        ("Is simvastatin safe? I don't have liver disease", False),
        ("Is simvastatin safe with liver disease?", True),
        ("我没有肝病，能吃华法林钠片吗", False),
        ("肝功能不全能吃华法林钠片吗", True),
    ],
)
def test_an_organ_that_is_said_to_be_well_is_not_taken_for_ill(kb: KnowledgeBase, text: str, organ: bool) -> None:
    report = asked(kb, text)
    assert bool(report is not None and report.patient is not None and report.patient.hepatic) is organ


def test_a_medicine_that_is_not_taken_is_not_checked(kb: KnowledgeBase) -> None:
    report = asked(kb, "Can I take simvastatin? I am on clarithromycin, not warfarin")
    assert report is not None and [one.name for one in report.medicines] == ["simvastatin", "clarithromycin"]
