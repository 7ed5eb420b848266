"""Mixtures are found by the substances that a question names, and medicines that are taken together stay two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Shape, Understanding, understand
from medrag.types import Question
from tests.making import label, stored

LABELS = (
    label("Tramadol and acetaminophen tablets", {"Warnings": "Seizures were reported."}, key="A", lang="en"),
    label("Tramadol tablets", {"Warnings": "May be habit forming. Tramadol and acetaminophen."}, key="B", lang="en"),
    label("Acetaminophen tablets", {"Directions": "Two tablets every six hours."}, key="C", lang="en"),
    label("Captopril and hydrochlorothiazide tablets", {"Warnings": "Cough was reported."}, key="D", lang="en"),
    label("Hydrochlorothiazide tablets", {"Uses": "Treats swelling."}, key="E", lang="en"),
    label("WINDLE EYES TRAVELERS RELIEF- tetrahydrozoline liquid", {"Directions": "One drop."}, key="F", lang="en"),
    label("华法林钠片", {"【药物相互作用】": "与多种药物有相互作用。"}, key="G"),
    label("地西泮片", {"【禁忌】": "对本品过敏者禁用。"}, key="H"),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with stored(tmp_path_factory.mktemp("mixtures") / "labels.kb", LABELS) as made:
        yield made


def understood(text: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=text), kb)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("does tramadol acetaminophen cause seizures", "A"),
        ("tramadol/acetaminophen dose", "A"),
        ("acetaminophen and tramadol side effects", "A"),
        ("tramadol with tylenol side effects", "A"),
        ("captopril hctz cough", "D"),
        ("captopril hydrochlorothiazide cough", "D"),
    ],
)
def test_neighbouring_names_that_a_label_is_of_mean_that_label(question: str, key: str, kb: KnowledgeBase) -> None:
    (drug,) = understood(question, kb).drugs
    assert drug.documents[0].key == key
    first = retrieve(question, kb).evidence[0].passage
    assert first is not None and first.document.key == key


@pytest.mark.parametrize(
    "question",
    [
        "can i take acetaminophen with tramadol",
        "is it safe to use acetaminophen and tramadol together",
        "should i take acetaminophen with tramadol",
        "do acetaminophen with tramadol clash",
    ],
)
def test_medicines_that_are_taken_together_stay_two(question: str, kb: KnowledgeBase) -> None:
    assert [drug.documents[0].key for drug in understood(question, kb).drugs] in (["B", "C"], ["C", "B"])


def test_one_name_alone_is_not_the_mixture(kb: KnowledgeBase) -> None:
    assert [drug.documents[0].key for drug in understood("tramadol side effects", kb).drugs] == ["B"]


@pytest.mark.parametrize(
    "question", ["windle eyes travelers with tramadol", "on tramadol, can i use windle eyes travelers too"]
)
def test_a_shortened_brand_is_found_beside_another_medicine(question: str, kb: KnowledgeBase) -> None:
    assert {drug.documents[0].key for drug in understood(question, kb).drugs} == {"B", "F"}


def test_two_medicines_in_one_question_are_asked_about_together(kb: KnowledgeBase) -> None:
    assert understood("吃着华法林能用地西泮吗", kb).shape is Shape.TWO_DRUGS


def test_a_number_before_a_form_is_how_many_and_no_medicine(tmp_path: Path) -> None:
    labels = [label("10", {"【适应症】": "用于口渴。"}, key="I"), label("布洛芬片", {"【用法用量】": "一次1片。"}, key="J")]
    with KnowledgeBase.create(tmp_path / "numbers.kb") as made:
        with made.write() as writer:
            writer.add_many(labels)
        assert [drug.name for drug in understood("布洛芬一次吃10片可以吗", made).drugs] == ["布洛芬"]


def test_surgery_is_no_medicine(kb: KnowledgeBase) -> None:
    assert not understood("tramadol after surgery", kb).unknown
