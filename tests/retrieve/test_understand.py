"""What a question is understood to ask."""

from __future__ import annotations

from time import perf_counter

import pytest

from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population, group_cues, populations
from medrag.retrieve.understand import Shape, Understanding, plain, understand
from medrag.sections import SectionGroup as G
from medrag.types import Question, Turn

SECONDS = 20  # for 9,600 characters, on a busy machine; it takes half a second


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
        ("布洛芬缓释胶囊怎么冲", G.DOSAGE),
        ("布洛芬缓释胶囊和感冒药冲不冲", G.INTERACTIONS),
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


def test_a_double_dose_that_is_only_thought_of_asks_for_the_dose_first(kb: KnowledgeBase) -> None:
    assert asked("can i take a double dose of ibuprofen", kb).groups == (G.DOSAGE, G.OVERDOSAGE)


def test_whose_mother_it_is_and_how_old_is_nothing_to_look_for(kb: KnowledgeBase) -> None:
    for text in ("my mother is 78, can she take ibuprofen?", "我妈82岁能吃布洛芬吗"):
        understood = asked(text, kb)
        assert understood.left == () and understood.terms == ()
        assert Population.ELDERLY in understood.populations


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
        ("i'm on warfarin, can i take ibuprofen?", Shape.TWO_DRUGS),
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


def test_where_a_medicine_lies_is_no_part_of_its_name(kb: KnowledgeBase) -> None:
    assert not asked("抽屉里有散利痛，头痛能吃布洛芬片吗", kb).unknown
    assert asked("抽屉里有阿无此散，能吃吗", kb).unknown == ("阿无此散",)


def test_a_fluid_that_dilutes_a_known_medicine_is_not_asked_about(kb: KnowledgeBase) -> None:
    assert not asked("华法林用复方氯化钠注射液冲配可以吗", kb).unknown
    assert asked("复方氯化钠注射液怎么用", kb).unknown


@pytest.mark.parametrize(
    ("question", "plainly"),
    [("再补点维B6", "再补点维生素b6"), ("挂两支维C，行吗", "挂两支维生素c,行吗"), ("维A酸", "维a酸"), ("维C银翘片", "维c银翘片"),
     ("维他命E", "维生素e"), ("维持", "维持")],
)  # fmt: skip
def test_a_vitamin_is_called_by_its_whole_name(question: str, plainly: str) -> None:
    assert plain(question) == plainly


def test_the_pharmacology_of_a_medicine_is_a_section_of_its_label(kb: KnowledgeBase) -> None:
    assert G.PHARMACOLOGY in asked("clinical pharmacology of ibuprofen", kb).groups


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


def test_what_was_named_before_stands_nowhere_in_the_question_and_keeps_its_form(kb: KnowledgeBase) -> None:
    history = (Turn(role="user", content="你好，布洛芬消炎片能治什么"),)
    understanding = understand(Question(text="那么一天吃几次呢", history=history), kb)
    drug = understanding.drugs[0]
    assert drug.name.endswith("片")
    assert (drug.start, drug.end) == (len(understanding.question),) * 2
    assert all((m.start, m.end) == (drug.start, drug.end) for m in understanding.mentions)


def test_a_name_said_thousands_of_times_is_read_in_bounded_time(kb: KnowledgeBase) -> None:
    started = perf_counter()
    understanding = asked("布洛芬" * 3_200, kb)
    assert perf_counter() - started < SECONDS
    assert [drug.name for drug in understanding.drugs] == ["布洛芬"]
    assert understanding.unknown == ()  # what is said again is as known as the first time


@pytest.mark.parametrize(
    ("question", "group", "asks"),
    [
        ("been taking store brand ibuprofen every day", G.STORAGE, False),
        ("got it at the store in town", G.STORAGE, False),
        ("how should i store ibuprofen", G.STORAGE, True),
        ("store it in the fridge?", G.STORAGE, True),
        ("my syrup has gone cloudy", G.STORAGE, True),
        ("can i split ibuprofen tablets", G.DOSAGE, True),
        ("open the capsule over yogurt", G.DOSAGE, True),
        ("ibuprofen w/ food", G.DOSAGE, True),
        ("ibuprofen n wine", G.INTERACTIONS, True),
        ("ibuprofen & beer", G.INTERACTIONS, True),
        ("my toddler swallowed some ibuprofen tablets", G.OVERDOSAGE, True),
        ("my dad took 30 ibuprofen tablets", G.OVERDOSAGE, True),
        ("i took 40 mg tablets of ibuprofen", G.OVERDOSAGE, False),
        ("my baby swallowed one of grandma's ibuprofen", G.OVERDOSAGE, True),
        ("i feel like killing myself since ibuprofen", G.WARNINGS, True),
        ("is there any gelatin in it", G.COMPOSITION, True),
    ],
)
def test_english_is_read_as_it_is_texted(question: str, group: G, asks: bool) -> None:
    assert (group in {cue.group for cue in group_cues(question)}) is asks


def test_nursing_is_feeding_a_child_and_a_nurse_is_somebody_else() -> None:
    assert Population.LACTATING in populations("baby wants to nurse")
    assert Population.LACTATING in populations("i'm still nursing")
    assert Population.LACTATING not in populations("the school nurse called")


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
