"""Questions that name no medicine: the conditions they speak of, in the words of labels, and how passages speak of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Shape, Understanding, understand
from medrag.retrieve.wanted import WORDED, condition_features, condition_words
from medrag.types import Question
from tests.making import label


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """Labels that speak of motion sickness more and less."""
    with KnowledgeBase.create(tmp_path_factory.mktemp("wanted") / "kb") as made:
        with made.write() as writer:
            writer.add_many(
                [
                    label(
                        "Sailorine tablets",
                        {"INDICATIONS": "For motion sickness with nausea and vomiting."},
                        key="1",
                        lang="en",
                    ),
                    label(
                        "Steadix tablets",
                        {"WARNINGS": "Do not give to boats or on cruises. Motion sickness was reported."},
                        key="2",
                        lang="en",
                    ),
                    label(
                        "Calmol tablets",
                        {"INDICATIONS": "For anxiety of people who cruise on boats with two weeks of work."},
                        key="3",
                        lang="en",
                    ),
                    label("止吐平片", {"【适应症】": "用于晕动病引起的恶心、呕吐。"}, key="4"),
                    label("安静片", {"【适应症】": "用于焦虑。"}, key="5"),
                ]
            )
        yield made


def asked(text: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=text), kb)


def test_what_a_patient_says_in_many_words_is_looked_for_in_those_of_labels(kb: KnowledgeBase) -> None:
    words = condition_words(asked("cruise in two weeks, i get seasick on boats, what works?", kb))
    assert any({"motion", "sickness"} <= set(group) for group in words)
    found = retrieve("cruise in two weeks, i get seasick on boats, what works?", kb).evidence
    assert found[0].passage is not None and found[0].passage.document.title == "Sailorine tablets"


def test_labels_in_the_language_of_the_question_are_looked_at(kb: KnowledgeBase) -> None:
    found = retrieve("晕车想吐，吃点什么好", kb).evidence
    assert found[0].passage is not None and found[0].passage.document.title == "止吐平片"


def test_words_for_the_patient_are_no_condition(kb: KnowledgeBase) -> None:
    words = condition_words(asked("my kid is throwing up, what can i give", kb))
    assert words and not any("child" in word or "pediatric" in word for group in words for word in group)


def test_a_passage_that_begins_with_the_condition_speaks_of_it_most(kb: KnowledgeBase) -> None:
    understanding = asked("i get seasick, what can i take", kb)
    passages = [p for d in kb.documents() if d.lang == "en" for p in kb.passages_of(d)]
    told = condition_features(understanding, passages, [p.text.lower() for p in passages], kb)
    by_title = {p.document.title: at for at, p in enumerate(passages)}
    sailorine, steadix, calmol = (by_title[f"{name} tablets"] for name in ("Sailorine", "Steadix", "Calmol"))
    assert told["conditions"][sailorine] == told["conditions"][steadix] == pytest.approx(1.0)
    assert told["conditions"][calmol] == 0.0
    assert told["conditions, sought"][sailorine] == pytest.approx(1.0) and told["conditions, sought"][steadix] == 0.0


def test_where_a_medicine_is_named_nothing_is_worked_out(kb: KnowledgeBase) -> None:
    passages = [p for d in kb.documents() for p in kb.passages_of(d)]
    told = condition_features(asked("is sailorine good when i feel sick", kb), passages, [p.text for p in passages], kb)
    assert set(told) == set(WORDED) and not np.any(list(told.values()))


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("what can i take for a cough", Shape.DISEASE_TO_DRUG),
        ("anything for itching that works", Shape.DISEASE_TO_DRUG),
        ("which antibiotics make it worse", Shape.DISEASE_AVOIDS),
        ("what meds should i stay far away from with glaucoma", Shape.DISEASE_AVOIDS),
        ("嗓子哑了吃点啥好", Shape.DISEASE_TO_DRUG),
        ("推荐个治咳嗽的药", Shape.DISEASE_TO_DRUG),
        ("青光眼哪些感冒药不能碰", Shape.DISEASE_AVOIDS),
    ],
)
def test_it_is_read_whether_a_medicine_is_sought_or_to_be_left_alone(kb: KnowledgeBase, question: str, shape: Shape) -> None:
    assert asked(question, kb).shape is shape
