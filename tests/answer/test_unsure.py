"""Questions that a passage answers though their words tell too little, too much or the wrong thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.outside import dose_is_foreign, other_forms
from medrag.answer.quote.best import numbered_group
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Understanding, understand
from medrag.sections import SectionGroup
from medrag.types import Question, Section
from tests.making import label

LABELS = (
    label("清泡宁泡腾散", {"【用法用量】": "倒入半杯温开水中溶化，即可饮用。", "【禁忌】": "活动性溃疡者禁用。"}, key="A"),
    label(
        "西沙必利片",
        {"【禁忌】": "1.对本品过敏者禁用。\n2.正在使用唑类抗真菌药者禁用。", "【用法用量】": "一次1片，一日3次。"},
        key="B",
    ),
    label("声宁散结丸", {"【适应症】": "用于热毒蓄结所致的声音嘶哑、声带充血。"}, key="C"),
    label("环孢素胶囊", {"【用法用量】": "一次3粒，一日2次。"}, key="D"),
    label(
        "Everolimus tablets",
        {"DOSAGE AND ADMINISTRATION": "Reduced doses of cyclosporine are recommended with everolimus in kidney transplant."},
        key="E",
        lang="en",
    ),
    label(
        "Trospium chloride tablet",
        {"DOSAGE AND ADMINISTRATION": "One tablet twice daily, at least one hour before meals."},
        key="F",
        lang="en",
    ),
    label("Plecanex", {"5.2 Diarrhea": "Severe diarrhea was reported in two percent of patients."}, key="G", lang="en"),
    label(
        "Sotalol tablets",
        {
            "DRUG INTERACTIONS": "Administration within two hours of antacids containing aluminum should be avoided.",
            "INDICATIONS AND USAGE": "For arrhythmia.",
        },
        key="H",
        lang="en",
    ),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("unsure") / "labels.kb") as made:
        with made.write() as writer:
            writer.add_many(list(LABELS))
        yield made


def asked(question: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=question), kb)


def drafted(question: str, kb: KnowledgeBase) -> Draft:
    found = retrieve(question, kb)
    return write(found.understanding, found.evidence, kb)


def quoted(question: str, kb: KnowledgeBase) -> str:
    return "\n".join(citation.quote for citation in drafted(question, kb).citations)


def test_a_section_that_says_it_in_the_words_of_labels_stands_in_for_one_that_is_missing(kb: KnowledgeBase) -> None:
    assert "温开水" in quoted("清泡宁泡腾散拿凉水冲行不行", kb)
    assert not quoted("清泡宁泡腾散的药物相互作用", kb)


def test_a_label_that_names_the_class_of_an_unknown_medicine_is_heard(kb: KnowledgeBase) -> None:
    assert quoted("伊曲康唑和西沙必利片能一起吃吗", kb) == "2.正在使用唑类抗真菌药者禁用。"
    assert not quoted("未收录素片和西沙必利片能一起吃吗", kb)


def test_a_mixture_is_of_the_classes_of_its_parts(kb: KnowledgeBase) -> None:
    assert "antacids" in quoted("how far apart maalox and sotalol", kb)


def test_a_complaint_is_found_by_what_labels_call_it(kb: KnowledgeBase) -> None:
    assert "声音嘶哑" in quoted("喊了一礼拜嗓子全哑了，有啥中成药能买", kb)


def test_a_salt_in_an_english_name_is_no_dosage_form(kb: KnowledgeBase) -> None:
    understanding = asked("what is the dose of trospium chloride", kb)
    assert understanding.drugs and not other_forms(understanding, kb)
    assert "twice daily" in quoted("what is the dose of trospium chloride", kb)


def test_a_dose_is_told_of_the_medicine_that_has_a_label_here_and_of_no_other(kb: KnowledgeBase) -> None:
    question = "what dose of everolimus with ciclosporin"
    assert not dose_is_foreign(asked(question, kb))
    assert "Reduced doses" in quoted(question, kb) and "3粒" not in quoted(question, kb)
    assert dose_is_foreign(asked("what dose of ciclosporin", kb))


def test_a_section_is_known_by_its_number_where_its_heading_tells_nothing(kb: KnowledgeBase) -> None:
    def group(heading: str, of: SectionGroup = SectionGroup.OTHER) -> SectionGroup:
        return numbered_group(Section(index=0, code="", group=of, heading=heading, start=0, end=1))

    assert group("5.2 Diarrhea") is SectionGroup.WARNINGS and group("17.1 Advice") is SectionGroup.PATIENT
    assert group("8.4 Pediatric Use", SectionGroup.PEDIATRIC) is SectionGroup.PEDIATRIC
    assert group("2.5 mg daily") is SectionGroup.OTHER and group("Diarrhea") is SectionGroup.OTHER
    assert "Severe diarrhea" in quoted("What safety risks are listed for Plecanex?", kb)
