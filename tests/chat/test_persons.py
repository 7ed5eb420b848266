"""What the user's words say of a person."""

from __future__ import annotations

from typing import Any

import pytest

from medrag.chat.persons import merged, said_of_person
from medrag.chat.reading import Reader
from medrag.chat.slots import Person, Slots
from medrag.retrieve.cues import Population


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("我怀孕5个月了", {"pregnant": True, "trimester": 2, "sex": "female"}),
        ("孕32周", {"pregnant": True, "trimester": 3, "sex": "female"}),
        ("我老婆怀孕两个月", {"pregnant": True, "trimester": 1, "sex": "female"}),
        ("没有怀孕", {"pregnant": False}),
        ("我在备孕", {}),
        ("孕妇能吃吗", {}),
        ("I'm 20 weeks pregnant", {"pregnant": True, "trimester": 2, "sex": "female"}),
        ("I am not pregnant", {"pregnant": False}),
        ("我在哺乳期", {"breast_feeding": True, "sex": "female"}),
        ("I'm breastfeeding", {"breast_feeding": True, "sex": "female"}),
        ("我儿子3岁，体重15公斤", {"age": 3.0, "weight": 15.0, "sex": "male"}),
        ("我家宝宝8个月", {"age": 8 / 12}),
        ("my daughter is 6", {"age": 6.0, "sex": "female"}),
        ("my son weighs 30 kg and is 9 years old", {"age": 9.0, "weight": 30.0, "sex": "male"}),
        ("my baby is 8 months", {"age": 8 / 12}),
        ("my wife is 8 months pregnant", {"sex": "female", "pregnant": True, "trimester": 3}),
        ("我爸75岁", {"age": 75.0, "sex": "male"}),
        ("我重度肾功能不全，肌酐清除率25", {"renal": "重度肾功能不全", "egfr": 25.0}),
        ("my eGFR is 28", {"egfr": 28.0}),
        ("肾功能不全患者能用吗", {}),
        ("我对青霉素过敏", {"allergies": ("青霉素",)}),
        ("对青霉素不过敏", {}),
        ("I'm allergic to penicillin", {"allergies": ("penicillin",)}),
        ("我有高血压", {"diagnoses": ("高血压",)}),
        ("我在吃华法林", {"medicines": ("华法林",)}),
        ("I'm taking warfarin", {"medicines": ("warfarin",)}),
        ("can I take warfarin?", {}),
        ("我吃华法林已经一年了", {"medicines": ("华法林",)}),
        ("我吃华法林行吗", {}),
        ("高血压患者能用吗", {}),
        ("still giving my daughter breast milk", {"breast_feeding": True, "sex": "female"}),
        ("pregnant, 20 weeks", {"pregnant": True, "sex": "female"}),
        ("my liver isn't great", {"hepatic": "liver problems"}),
        ("in pregnancy", {}),
        ("医生让我查肝功能", {}),
        ("我今年72岁，女儿给我买了华法林", {"age": 72.0}),
    ],
)
def test_facts_of_a_person_are_read(reader: Reader, text: str, facts: dict[str, Any]) -> None:
    said = said_of_person(reader.read(text)).patient.model_dump(exclude_defaults=True)
    assert said == {name: pytest.approx(value) if isinstance(value, float) else value for name, value in facts.items()}


def heard(reader: Reader, *turns: str) -> Slots:
    slots = Slots()
    for turn in turns:
        slots = merged(slots, said_of_person(reader.read(turn)))
    return slots


def test_facts_of_one_person_add_up_and_are_corrected(reader: Reader) -> None:
    patient = heard(reader, "我怀孕5个月了", "我对青霉素过敏", "我肾功能不全").patient
    assert (patient.pregnant, patient.allergies, patient.renal) == (True, ("青霉素",), "肾功能不全")
    assert heard(reader, "我怀孕5个月了", "我没有怀孕").patient.pregnant is False


def test_another_person_begins_anew_and_the_first_is_not_forgotten(reader: Reader) -> None:
    slots = heard(reader, "我怀孕5个月了", "我儿子3岁")
    assert (slots.person, slots.patient.age, slots.patient.pregnant) == (Person.CHILD, 3.0, None)
    back = merged(slots, said_of_person(reader.read("那我能吃华法林吗")))
    assert (back.person, back.patient.pregnant, back.others[Person.CHILD].age) == (Person.SELF, True, 3.0)


def test_another_childs_age_is_another_child(reader: Reader) -> None:
    patient = heard(reader, "孩子3岁，对青霉素过敏", "孩子10岁").patient
    assert (patient.age, patient.allergies) == (10.0, ())


def test_patients_in_general_are_nobody(reader: Reader) -> None:
    slots = heard(reader, "孕妇能吃华法林吗")
    assert (slots.patient.pregnant, slots.populations) == (None, (Population.PREGNANT,))


def test_who_only_bought_or_advised_is_not_who_takes_it(reader: Reader) -> None:
    assert heard(reader, "我今年72岁，女儿给我买了华法林").person is Person.SELF
    assert heard(reader, "my daughter told me to take ibuprofen, I'm 72").person is Person.SELF
    assert heard(reader, "女儿3岁，我给她买了布洛芬混悬液").person is Person.CHILD


def test_whose_pain_it_is_says_who_is_spoken_of(reader: Reader) -> None:
    slots = heard(reader, "孩子5岁", "我胸口剧痛，喘不上气")
    assert (slots.person, slots.patient.age) == (Person.SELF, None)
    assert heard(reader, "孩子5岁", "他肚子疼").person is Person.CHILD


def test_i_who_give_a_medicine_am_not_the_one_who_takes_it(reader: Reader) -> None:
    assert heard(reader, "my son is 3", "how much should I give him?").person is Person.CHILD
    assert heard(reader, "我儿子3岁", "我给他吃多少").person is Person.CHILD
