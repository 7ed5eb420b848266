"""Questions for what is not to be taken are never answered with what treats, and what forbids comes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, NameOf, Prepared
from medrag.retrieve.understand import Shape, understand
from medrag.types import Document, DocumentKind, EntityKind, Question
from tests.making import label

SUBSTANCE = EntityRef(EntityKind.SUBSTANCE, "甲硝唑")
NAMES = Document(
    source="n", key="n", title="甲硝唑", kind=DocumentKind.RECORD, lang="zh", text="甲硝唑 metronidazole", reader="t/1"
)
LABELS = (
    label("降酸灵片", {"【适应症】": "用于痛风。", "【注意事项】": "痛风可能在用药初期发作。"}, key="1"),
    label("利水灵片", {"【适应症】": "用于水肿。", "【注意事项】": "1.痛风患者慎用。\n2.定期查血。"}, key="2"),
    label("心慢灵片", {"【适应症】": "1.高血压。\n2.心绞痛。", "【禁忌】": "1.支气管哮喘。\n2.心动过缓。"}, key="3"),
    label("甲硝唑片", {"【适应症】": "用于厌氧菌感染。", "【注意事项】": "用药期间不得饮酒。"}, key="4"),
    label("Gasprin", {"USES": "For asthma.", "WARNINGS": "Stop if wheezing."}, key="5", lang="en"),
    label("Betaslow", {"USES": "For angina.", "CONTRAINDICATIONS": "Asthma."}, key="6", lang="en"),
    Prepared(NAMES, names=(NameOf(SUBSTANCE, "metronidazole", "english"),)),
)


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedRAG]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("polarity") / "a.kb") as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        yield MedRAG(kb)


@pytest.mark.parametrize(
    "question",
    ["痛风不能吃什么药", "痛风患者禁用哪些药", "痛风病人应避免用什么药", "痛风慎用的药物有哪些", "痛风不可以吃哪些药？"],
)
def test_what_is_not_to_be_taken_is_never_what_treats(rag: MedRAG, question: str) -> None:
    assert understand(Question(text=question), rag.kb).shape is Shape.DISEASE_AVOIDS
    cited = {(c.document.title, c.quote) for c in rag.ask(question).citations}
    assert cited == {("利水灵片", "1.痛风患者慎用。")}


def test_the_same_in_english(rag: MedRAG) -> None:
    assert [c.quote for c in rag.ask("Which medicines should be avoided in asthma?").citations] == ["Asthma."]
    assert [c.quote for c in rag.ask("Which medicines are there for asthma?").citations] == ["For asthma."]


def test_what_treats_is_still_found(rag: MedRAG) -> None:
    assert {c.document.title for c in rag.ask("痛风吃什么药").citations} == {"降酸灵片"}


def test_what_forbids_a_drug_for_a_patient_stands_alone_and_first(rag: MedRAG) -> None:
    assert [c.quote for c in rag.ask("支气管哮喘病人能吃心慢灵片吗").citations] == ["1.支气管哮喘。"]
    assert next(c.quote for c in rag.ask("高血压能吃心慢灵片吗").citations) == "1.高血压。"


def test_a_label_in_another_language_is_found_by_a_name_that_a_table_gives(rag: MedRAG) -> None:
    answer = rag.ask("What is metronidazole used for?")
    assert [c.quote for c in answer.citations] == ["用于厌氧菌感染。"]
    assert "Only documents in Chinese were found" in answer.text
    assert "Only documents" not in rag.ask("What is Gasprin used for?").text
    assert "None of this mentions" not in rag.ask("Can I drink alcohol with metronidazole?").text
