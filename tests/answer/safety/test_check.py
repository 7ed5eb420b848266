"""The medication check: what it finds, how severe, with which words, and what it says of what it could not check."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.answer.safety.check import MAX_MEDICINES, check_medication
from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.types import Coverage, Finding, FindingKind, Patient, SafetyReport, Severity, digest
from tests.making import label


def found(report: SafetyReport, kind: FindingKind, *medicines: str) -> list[Finding]:
    return [one for one in report.findings if one.kind is kind and set(one.medicines) == set(medicines)]


def severities(report: SafetyReport, kind: FindingKind) -> list[Severity]:
    return [one.severity for one in report.findings if one.kind is kind]


# ---------------------------------------------------------------------- pairs


def test_a_pair_is_read_from_both_labels_and_its_words_are_exact(kb: KnowledgeBase) -> None:
    report = check_medication(["华法林", "阿司匹林"], None, kb)
    (one,) = found(report, FindingKind.INTERACTION, "华法林", "阿司匹林")
    assert one.severity is Severity.AVOID
    assert {said.medicine for said in one.stated} == {"华法林", "阿司匹林"}
    for said in one.stated:
        citation = said.citation
        document = kb.document(citation.document.key, source=citation.document.source)
        assert document.text[citation.start : citation.end] == citation.quote
        assert digest(citation.quote) == citation.sha256
    by_class = next(said for said in one.stated if said.medicine == "阿司匹林")
    assert (by_class.via, by_class.severity, by_class.word) == ("抗凝药", Severity.MONITOR, "监测")


def test_the_order_of_the_list_changes_nothing_but_the_order(kb: KnowledgeBase) -> None:
    one = check_medication(["华法林", "阿司匹林"], None, kb).findings[0]
    other = check_medication(["阿司匹林", "华法林"], None, kb).findings[0]
    assert one.severity is other.severity
    assert {said.citation.quote for said in one.stated} == {said.citation.quote for said in other.stated}


def test_a_label_that_denies_an_interaction_raises_none(kb: KnowledgeBase) -> None:
    report = check_medication(["华法林", "雷尼替丁"], None, kb)
    assert found(report, FindingKind.INTERACTION, "华法林", "雷尼替丁") == []
    assert [one.coverage for one in report.checked] == [Coverage.NOTHING]


def test_what_stands_behind_a_denial_in_the_same_sentence_is_found(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["华法林", "西咪替丁"], None, kb), FindingKind.INTERACTION, "华法林", "西咪替丁")
    assert one.severity is Severity.NOTED


def test_an_english_label_that_denies_an_interaction_raises_none(kb: KnowledgeBase) -> None:
    assert (
        found(check_medication(["simvastatin", "digoxin"], None, kb), FindingKind.INTERACTION, "simvastatin", "digoxin") == []
    )


def test_a_class_that_the_label_names_holds_for_its_members(kb: KnowledgeBase) -> None:
    (one,) = found(
        check_medication(["simvastatin", "ketoconazole"], None, kb), FindingKind.INTERACTION, "simvastatin", "ketoconazole"
    )
    assert one.severity is Severity.CONTRAINDICATED
    assert one.stated[0].via == "CYP3A4抑制药"


def test_names_in_another_language_mean_the_same(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["辛伐他汀", "克拉霉素"], None, kb), FindingKind.INTERACTION, "辛伐他汀", "克拉霉素")
    assert {said.medicine for said in one.stated} == {"辛伐他汀", "克拉霉素"}


def test_labels_of_one_medicine_that_disagree_are_shown_as_a_conflict(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["华法林", "阿司匹林"], None, kb), FindingKind.INTERACTION, "华法林", "阿司匹林")
    said = {said.citation.document.maker: said.severity for said in one.stated if said.medicine == "华法林"}
    assert said == {"甲厂": Severity.AVOID, "乙厂": Severity.CAUTION}


def test_look_alikes_are_never_taken_for_each_other(kb: KnowledgeBase) -> None:
    # 维生素K is no 维生素B, and 苯丁唑酮 no 苯妥英
    assert found(check_medication(["华法林", "维生素B1"], None, kb), FindingKind.INTERACTION, "华法林", "维生素B1") == []
    report = check_medication(["华法霖"], None, kb)
    assert report.unknown == ("华法霖",)


def test_rows_of_a_graph_count_beside_labels(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["静心片", "对乙酰氨基酚"], None, kb), FindingKind.INTERACTION, "静心片", "对乙酰氨基酚")
    assert one.stated[0].citation.fact is not None
    assert "interacts_with" in one.stated[0].citation.quote


def test_a_numbered_heading_speaks_for_what_stands_under_it(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["coldrelief", "warfarin"], None, kb), FindingKind.INTERACTION, "coldrelief", "warfarin")
    assert (one.severity, one.stated[0].citation.quote) == (Severity.MONITOR, "Monitor bleeding time closely.")


def test_examples_stand_for_the_statement_before_them(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["coldrelief", "naloxone"], None, kb), FindingKind.INTERACTION, "coldrelief", "naloxone")
    assert one.stated[0].citation.quote.startswith("Withdrawal was seen when given opioid agents. Examples")


def test_the_items_under_ask_a_doctor_are_cautions(kb: KnowledgeBase) -> None:
    report = check_medication(["coldrelief"], Patient(diagnoses=("hypertension",)), kb)
    assert severities(report, FindingKind.DISEASE) == [Severity.CAUTION]


# ---------------------------------------------------------------------- coverage


def test_nothing_found_and_nothing_known_are_told_apart(kb: KnowledgeBase) -> None:
    both = check_medication(["雷尼替丁", "头孢克肟"], None, kb).checked[0]
    one = check_medication(["雷尼替丁", "氟尿嘧啶"], None, kb).checked[0]
    none = check_medication(["静心片", "氟尿嘧啶"], None, kb).checked[0]
    assert [each.coverage for each in (both, one, none)] == [Coverage.NOTHING, Coverage.PARTLY, Coverage.NOT_COVERED]


def test_an_unknown_medicine_is_said_and_the_others_are_checked(kb: KnowledgeBase) -> None:
    report = check_medication(["华法林", "乌有灵片", "阿司匹林"], None, kb)
    assert report.unknown == ("乌有灵片",)
    assert any("乌有灵片" in note for note in report.notes)
    assert found(report, FindingKind.INTERACTION, "华法林", "阿司匹林")


def test_a_medicine_without_a_label_is_said(kb: KnowledgeBase) -> None:
    report = check_medication(["氟尿嘧啶", "华法林"], None, kb)
    assert any("氟尿嘧啶" in note for note in report.notes)


# ---------------------------------------------------------------------- one ingredient twice, herbs, doses


def test_one_ingredient_in_two_medicines_is_a_duplicate(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["感冒安片", "泰诺林"], None, kb), FindingKind.DUPLICATE, "感冒安片", "泰诺林")
    assert one.about == "对乙酰氨基酚"
    assert one.stated[0].citation.quote.startswith("每片含对乙酰氨基酚")


def test_the_same_medicine_under_two_names_is_said_to_be_one(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["阿司匹林", "aspirin"], None, kb), FindingKind.DUPLICATE, "阿司匹林", "aspirin")
    assert "同一种药" in one.reason


def test_herbs_that_are_kept_apart_are_found_through_what_patent_medicines_are_made_of(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["温阳散寒丸", "化痰止咳丸"], None, kb), FindingKind.HERBS, "温阳散寒丸", "化痰止咳丸")
    assert (one.rule, one.about) == ("十八反", "制川乌 × 法半夏")
    assert {said.citation.document.title for said in one.stated} == {"温阳散寒丸", "化痰止咳丸"}


def test_a_dose_above_the_maximum_is_found_and_one_within_is_not(kb: KnowledgeBase) -> None:
    (one,) = found(check_medication(["对乙酰氨基酚 1g 每日4次"], None, kb), FindingKind.DOSE, "对乙酰氨基酚")
    assert "4000 mg" in one.reason and "2000 mg" in one.reason
    assert severities(check_medication(["对乙酰氨基酚 0.5g 每日4次"], None, kb), FindingKind.DOSE) == []
    assert severities(check_medication(["对乙酰氨基酚 0.3g 每日6次"], None, kb), FindingKind.DOSE) == [Severity.AVOID]


def test_a_single_dose_above_a_days_maximum_needs_no_word_on_how_often(kb: KnowledgeBase) -> None:
    assert severities(check_medication(["华法林 20mg"], None, kb), FindingKind.DOSE) == [Severity.AVOID]


def test_a_dose_that_cannot_be_compared_is_said(kb: KnowledgeBase) -> None:
    report = check_medication(["雷尼替丁 150mg 每日2次"], None, kb)
    assert any("雷尼替丁" in note and "150mg" in note for note in report.notes)


# ---------------------------------------------------------------------- the patient


@pytest.mark.parametrize(
    ("medicine", "patient", "kind", "severity"),
    [
        ("华法林", Patient(pregnant=True), FindingKind.PREGNANCY, Severity.CONTRAINDICATED),
        ("华法林", Patient(breast_feeding=True), FindingKind.LACTATION, Severity.CAUTION),
        ("阿司匹林", Patient(age=8), FindingKind.AGE, Severity.AVOID),
        ("阿司匹林", Patient(age=70), FindingKind.AGE, Severity.CAUTION),
        ("华法林", Patient(age=70), FindingKind.AGE, Severity.MONITOR),
        ("雷尼替丁", Patient(egfr=20), FindingKind.RENAL, Severity.CAUTION),
        ("雷尼替丁", Patient(hepatic="轻度肝功能不全"), FindingKind.HEPATIC, Severity.CAUTION),
        ("二甲双胍", Patient(egfr=30), FindingKind.RENAL, Severity.CONTRAINDICATED),
        ("二甲双胍", Patient(egfr=50), FindingKind.RENAL, Severity.MONITOR),
        ("华法林", Patient(diagnoses=("高血压",)), FindingKind.DISEASE, Severity.CONTRAINDICATED),
        ("华法林", Patient(diagnoses=("心衰",)), FindingKind.DISEASE, Severity.CAUTION),
        ("阿司匹林", Patient(diagnoses=("支气管哮喘",)), FindingKind.DISEASE, Severity.CONTRAINDICATED),
        ("头孢克肟", Patient(allergies=("青霉素",)), FindingKind.ALLERGY, Severity.CAUTION),
        ("头孢克肟", Patient(allergies=("头孢曲松",)), FindingKind.ALLERGY, Severity.CONTRAINDICATED),
        ("阿莫西林", Patient(allergies=("青霉素",)), FindingKind.ALLERGY, Severity.CONTRAINDICATED),
        ("阿司匹林", Patient(allergies=("布洛芬",)), FindingKind.ALLERGY, Severity.CONTRAINDICATED),
        ("simvastatin", Patient(pregnant=True), FindingKind.PREGNANCY, Severity.CONTRAINDICATED),
        ("simvastatin", Patient(age=7), FindingKind.AGE, Severity.NOTED),
        ("simvastatin", Patient(hepatic="cirrhosis"), FindingKind.HEPATIC, Severity.CONTRAINDICATED),
        ("digoxin", Patient(renal="moderate renal impairment"), FindingKind.RENAL, Severity.MONITOR),
    ],
)
def test_what_a_label_says_of_such_a_patient_is_found(
    kb: KnowledgeBase, medicine: str, patient: Patient, kind: FindingKind, severity: Severity
) -> None:
    assert severities(check_medication([medicine], patient, kb), kind) == [severity]


@pytest.mark.parametrize(
    ("medicine", "patient", "kind"),
    [
        ("阿司匹林", Patient(age=30), FindingKind.AGE),
        ("阿司匹林", Patient(age=12), FindingKind.AGE),
        ("阿司匹林", Patient(age=62), FindingKind.AGE),
        ("二甲双胍", Patient(egfr=95), FindingKind.RENAL),
        ("雷尼替丁", Patient(breast_feeding=True), FindingKind.LACTATION),
        ("雷尼替丁", Patient(diagnoses=("高血压",)), FindingKind.DISEASE),
        ("华法林", Patient(diagnoses=("低血压",)), FindingKind.DISEASE),
        ("阿莫西林", Patient(allergies=("磺胺",)), FindingKind.ALLERGY),
        ("simvastatin", Patient(age=15), FindingKind.AGE),
    ],
)
def test_what_a_label_says_of_other_patients_is_not(
    kb: KnowledgeBase, medicine: str, patient: Patient, kind: FindingKind
) -> None:
    report = check_medication([medicine], patient, kb)
    assert severities(report, kind) == []
    assert [one.coverage for one in report.checked if one.kind is kind] in ([], [Coverage.NOTHING])


def test_an_allergy_that_may_cross_over_is_found_where_no_label_says_so(kb: KnowledgeBase) -> None:
    report = check_medication(["阿莫西林"], Patient(allergies=("头孢曲松",)), kb)
    (one,) = [finding for finding in report.findings if finding.kind is FindingKind.ALLERGY]
    assert (one.severity, one.rule, one.stated) == (Severity.CAUTION, "cross-allergy", ())


def test_boxed_warnings_come_first_and_food_is_told(kb: KnowledgeBase) -> None:
    report = check_medication(["阿司匹林", "simvastatin"], None, kb)
    assert report.findings[0].kind is FindingKind.BOXED_WARNING
    foods = {one.about for one in report.findings if one.kind is FindingKind.FOOD}
    assert foods == {"酒", "grapefruit juice"}


def test_prescription_and_over_the_counter_are_said_where_a_label_says_it(kb: KnowledgeBase) -> None:
    report = check_medication(["华法林", "simvastatin", "静心片"], None, kb)
    assert [one.status for one in report.medicines] == ["prescription", "prescription", ""]


def test_what_the_patient_takes_already_is_checked_too(kb: KnowledgeBase) -> None:
    report = check_medication(["阿司匹林"], Patient(medicines=("华法林",)), kb)
    assert found(report, FindingKind.INTERACTION, "华法林", "阿司匹林")


# ---------------------------------------------------------------------- bad input


def test_a_list_that_is_empty_or_too_long_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(QuestionError, match="no medicine is named"):
        check_medication([], None, kb)
    with pytest.raises(QuestionError, match=f"60 medicines are named, at most {MAX_MEDICINES}"):
        check_medication([f"药{number}" for number in range(60)], None, kb)


def test_a_dose_that_is_nonsense_is_refused_with_what_was_wanted(kb: KnowledgeBase) -> None:
    with pytest.raises(QuestionError, match="per 'zzz'"):
        check_medication(["华法林 5 mg/kg/zzz"], None, kb)


def test_the_same_list_gives_the_same_report(kb: KnowledgeBase) -> None:
    patient = Patient(age=70, egfr=30, diagnoses=("高血压",), allergies=("青霉素",))
    medicines = ["华法林", "阿司匹林", "simvastatin", "感冒安片"]
    assert check_medication(medicines, patient, kb) == check_medication(medicines, patient, kb)


@pytest.mark.parametrize(("age", "found"), [(6.0, False), (1.0, True)])
def test_the_child_of_a_childrens_label_is_of_any_age(tmp_path: Path, age: float, found: bool) -> None:
    warnings = "Do not use:\n- if the child has ever had an allergic reaction to any other pain reliever\n- in children under 2 years of age"
    with KnowledgeBase.create(tmp_path / "children.kb") as kb:
        with kb.write() as writer:
            writer.add(label("Feverfall suspension", {"WARNINGS": warnings}, key="F1", lang="en"))
        findings = check_medication(["Feverfall"], Patient(age=age), kb).findings
    assert (FindingKind.AGE in {one.kind for one in findings}) is found
