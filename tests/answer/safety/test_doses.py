"""Medicines as they are written: the name, the dose behind it, and what is no dose."""

from __future__ import annotations

import pytest

from medrag.answer.safety.doses import dose_in, written
from medrag.errors import QuestionError


@pytest.mark.parametrize(
    ("text", "name", "once", "daily", "unit"),
    [
        ("布洛芬 800mg 每日4次", "布洛芬", 800.0, 3200.0, "mg"),
        ("对乙酰氨基酚 每次0.5g 一日4次", "对乙酰氨基酚", 500.0, 2000.0, "mg"),
        ("对乙酰氨基酚 4g/天", "对乙酰氨基酚", None, 4000.0, "mg"),
        ("泰诺林 两片 每天四次", "泰诺林", 2.0, 8.0, "piece"),
        ("ibuprofen 400 mg three times a day", "ibuprofen", 400.0, 1200.0, "mg"),
        ("aspirin 325 mg every 4 hours", "aspirin", 325.0, 1950.0, "mg"),
        ("aspirin 100mg qd", "aspirin", 100.0, 100.0, "mg"),
        ("青霉素 240万单位", "青霉素", 2_400_000.0, None, "unit"),
        ("对乙酰氨基酚 每日3g 分3次", "对乙酰氨基酚", 1000.0, 3000.0, "mg"),
        ("对乙酰氨基酚片（0.5g）每次2片 一日4次", "对乙酰氨基酚片", 1000.0, 4000.0, "mg"),
        ("Tylenol 2 x 500 mg 4 times a day", "Tylenol", 1000.0, 4000.0, "mg"),
        ("布洛芬 1-2片 每日3次", "布洛芬", 2.0, 6.0, "piece"),
        (
            "bisoprolol and hydrochlorothiazide 10/6.25 mg 3 tablets daily",
            "bisoprolol and hydrochlorothiazide",
            30.0,
            30.0,
            "mg",
        ),
        ("guaifenesin 10 mL (200 mg) every 4 hours", "guaifenesin", 10.0, 60.0, "ml"),
        ("ibuprofen 400 mg every 6 to 8 hours", "ibuprofen", 400.0, 1600.0, "mg"),  # as often as that allows
        ("levothyroxine 50 µg daily", "levothyroxine", 0.05, 0.05, "mg"),  # the micro sign, U+00B5
        ("布洛芬 400mg-800mg 每日3次", "布洛芬", 800.0, 2400.0, "mg"),
        ("potassium citrate 40 mEq three times a day", "potassium citrate", 40.0, 120.0, "meq"),
    ],
)
def test_a_dose_is_read_behind_a_name(text: str, name: str, once: float | None, daily: float | None, unit: str) -> None:
    found = written(text)
    assert found.name == name
    assert found.dose is not None
    assert (found.dose.once, found.dose.daily, found.dose.unit, found.dose.per_kg) == (once, daily, unit, False)


@pytest.mark.parametrize(
    "name",
    [
        "三七片",
        "十滴水",
        "维生素B6",
        "5%葡萄糖注射液",
        "coenzyme Q10",
        "四季感冒片",
        "vitamin b 12",
        "Necon 7/7/7",
        "Humalog Mix 75/25",
    ],
)
def test_numbers_in_a_name_are_no_dose(name: str) -> None:
    assert written(name).name == name
    assert written(name).dose is None


def test_a_dose_by_weight_is_told_apart() -> None:
    dose = written("阿莫西林 50 mg/kg/day").dose
    assert dose is not None
    assert (dose.daily, dose.per_kg) == (50.0, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aspirin 5 mg/kg/zzz", "per 'zzz'"),
        ("aspirin -3 mg", "negative"),
        ("aspirin 0 mg", "cannot be a dose"),
        ("aspirin 900 g", "cannot be a dose"),
        ("aspirin 10 blorps", "'10 blorps' is no dose"),
        ("aspirin 900 times a day", "900 times a day"),
        ("200mg", "without a medicine"),
        ("  ", "is empty"),
        ("药" * 300, "300 characters"),
    ],
)
def test_nonsense_is_refused_with_what_was_seen(text: str, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        written(text)


def test_tablets_of_a_strength_are_counted_both_ways() -> None:
    dose = written("胆茶碱片 0.1g 每次7片 每日1次").dose
    assert dose is not None
    assert dose.also is not None
    assert (dose.once, dose.unit, dose.also.once, dose.also.unit) == (700.0, "mg", 7.0, "piece")


@pytest.mark.parametrize(
    ("question", "dose"),
    [
        ("Is Tylenol 2 x 500 mg 4 times a day too much?", "2 x 500 mg 4 times a day"),
        ("二甲双胍一天吃3000mg可以吗", "每日3000mg"),
        ("我血糖 9mmol/L，二甲双胍一天吃3000mg可以吗", "每日3000mg"),
        ("My creatinine is 2 mg/dL, is metformin 3000 mg a day ok?", "3000 mg a day"),
        ("布洛芬缓释胶囊0.3g*20粒怎么吃", "0.3g"),
        ("Can I take ibuprofen 400 mg with 200 ml of cold water?", "400 mg"),
        ("我喝了500ml啤酒能吃布洛芬吗", ""),
        ("水合氯醛10ml水合氯醛怎么吃", "10ml"),
    ],
)
def test_the_dose_of_a_question_is_neither_its_package_nor_a_drink_nor_a_laboratory_value(question: str, dose: str) -> None:
    assert dose_in(question) == dose
