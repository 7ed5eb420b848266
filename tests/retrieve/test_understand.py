"""What a question is understood to ask."""

from __future__ import annotations

import pytest

from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population, populations
from medrag.retrieve.understand import Shape, Understanding, plain, understand
from medrag.sections import SectionGroup as G
from medrag.types import Question, Turn


def asked(text: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=text), kb)


@pytest.mark.parametrize(
    ("question", "group"),
    [
        ("布洛芬缓释胶囊的适应病症", G.INDICATIONS),
        ("布洛芬缓释胶囊能治什么病", G.INDICATIONS),
        ("布洛芬缓释胶囊管什么用", G.INDICATIONS),
        ("布洛芬缓释胶囊有什么作用", G.INDICATIONS),
        ("布洛芬缓释胶囊怎么吃", G.DOSAGE),
        ("布洛芬缓释胶囊一天吃几粒", G.DOSAGE),
        ("布洛芬缓释胶囊饭前吃还是饭后吃", G.DOSAGE),
        ("布洛芬缓释胶囊有什么副作用", G.ADVERSE_REACTIONS),
        ("布洛芬缓释胶囊哪些人不能用", G.CONTRAINDICATIONS),
        ("布洛芬缓释胶囊孕妇能吃吗", G.PREGNANCY),
        ("布洛芬缓释胶囊宝宝能吃吗", G.PEDIATRIC),
        ("布洛芬缓释胶囊和酒能一起吃吗", G.INTERACTIONS),
        ("吃布洛芬缓释胶囊能喝酒吗", G.INTERACTIONS),
        ("布洛芬缓释胶囊吃多了怎么办", G.OVERDOSAGE),
        ("布洛芬缓释胶囊要放冰箱吗", G.STORAGE),
        ("布洛芬缓释胶囊的主要成分", G.COMPOSITION),
        ("布洛芬缓释胶囊的药理作用", G.PHARMACOLOGY),
        ("what is the dose of ibuprofen", G.DOSAGE),
        ("side effects of ibuprofen", G.ADVERSE_REACTIONS),
        ("what is ibuprofen used for", G.INDICATIONS),
        ("can I use ibuprofen during pregnancy", G.PREGNANCY),
        ("how should ibuprofen be stored", G.STORAGE),
    ],
)
def test_the_section_asked_for_is_recognised(question: str, group: G, kb: KnowledgeBase) -> None:
    understanding = asked(question, kb)
    assert understanding.groups[0] is group
    assert understanding.drugs and not understanding.unknown


def test_side_effects_are_not_taken_for_effects(kb: KnowledgeBase) -> None:
    assert asked("布洛芬片的副作用", kb).groups == (G.ADVERSE_REACTIONS,)
    assert asked("布洛芬片的相互作用", kb).groups == (G.INTERACTIONS,)


def test_a_section_word_inside_a_name_asks_for_nothing(kb: KnowledgeBase) -> None:
    assert asked("小儿化痰口服液怎么吃", kb).groups == (G.DOSAGE,)


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("布洛芬片", Shape.WHAT_IS),
        ("布洛芬片可以治头痛吗", Shape.YES_NO),
        ("布洛芬和华法林能一起吃吗", Shape.TWO_DRUGS),
        ("can I take ibuprofen with warfarin", Shape.TWO_DRUGS),
        ("高血压吃什么药", Shape.DISEASE_TO_DRUG),
        ("鼻炎吃什么药", Shape.DISEASE_TO_DRUG),
        ("what is ibuprofen", Shape.WHAT_IS),
        ("高血压有哪些症状", Shape.LIST),
    ],
)
def test_the_shape_of_the_answer_is_recognised(question: str, shape: Shape, kb: KnowledgeBase) -> None:
    assert asked(question, kb).shape is shape


@pytest.mark.parametrize(
    "question",
    [
        "阿普斯特片的适应症",
        "请问止咳糖浆灵颗粒怎么吃",  # 止咳 is a piece of it
        "复方布洛芬片怎么吃",  # a mixture of which only a part is known
        "布洛芬阿莫西林片怎么吃",
        "白贝止咳糖浆怎么吃",  # the label of 止咳丸 is another medicine's
    ],
)
def test_a_name_that_is_not_known_is_said_to_be_unknown(question: str, kb: KnowledgeBase) -> None:
    understanding = asked(question, kb)
    assert understanding.unknown
    assert not understanding.drugs


@pytest.mark.parametrize(
    "question", ["布洛芬缓释片怎么吃", "头痛吃布洛芬消炎片行吗", "速消灵有什么副作用", "一次吃几片布洛芬", "脑血栓能吃华法林吗"]
)
def test_a_known_name_in_another_dress_is_not_unknown(question: str, kb: KnowledgeBase) -> None:
    understanding = asked(question, kb)
    assert understanding.drugs and not understanding.unknown


def test_an_ailment_that_a_medicine_is_called_after_is_no_medicine(kb: KnowledgeBase) -> None:
    understanding = asked("鼻炎吃布洛芬片有用吗", kb)
    assert [drug.name for drug in understanding.drugs] == ["布洛芬片"]


def test_the_form_that_was_asked_for_comes_first(kb: KnowledgeBase) -> None:
    for form in ("布洛芬片", "布洛芬缓释胶囊"):
        assert asked(f"{form}怎么吃", kb).drugs[0].documents[0].title == form


def test_a_question_without_a_name_is_about_what_was_asked_before(kb: KnowledgeBase) -> None:
    history = (
        Turn(role="user", content="奥美拉唑肠溶胶囊怎么吃"),
        Turn(role="user", content="布洛芬缓释胶囊治什么"),
        Turn(role="assistant", content="华法林钠片"),
    )
    understanding = understand(Question(text="有什么禁忌？", history=history), kb)
    assert [drug.name for drug in understanding.drugs] == ["布洛芬缓释胶囊"]
    assert understanding.groups == (G.CONTRAINDICATIONS,)


def test_ages_say_who_the_medicine_is_for() -> None:
    assert populations("3岁能吃吗") == (Population.CHILD,)
    assert populations("六个月大能吃吗") == (Population.CHILD,)
    assert populations("我70岁了") == (Population.ELDERLY,)
    assert populations("30岁") == ()


def test_what_cannot_be_asked_is_a_question_error() -> None:
    for text in ("", "   ", "\x00\x01", "\n"):
        with pytest.raises(QuestionError, match="empty"):
            plain(text)
    with pytest.raises(QuestionError, match="10,001"):
        plain("药" * 10_001)
