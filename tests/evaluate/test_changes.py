"""Sentences changed and said in other words: each kind on sentences of our own, and the changes that would still be true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

import pytest

from medrag.evaluate.changes import quantities, swaps_en, swaps_zh
from medrag.evaluate.changes.amounts import Measure, amounts, han_value, numbers_in
from medrag.evaluate.changes.cases import is_frozen
from medrag.evaluate.changes.drugs import DrugNames, read_english
from medrag.evaluate.changes.frequencies import change_frequency, frequencies
from medrag.evaluate.changes.invented import invent
from medrag.evaluate.changes.paraphrase import paraphrase
from medrag.evaluate.changes.swaps import Swap, swapped

Reworded = Callable[[str, str, Random], Iterator[str]]


def every(change: Reworded, sentence: str, passage: str = "") -> set[str]:
    """All that a change makes of a sentence, by several seeds; the passage is the sentence where none is given."""
    return {claim for seed in range(5) for claim in change(sentence, passage or sentence, Random(seed))}


def table(swaps: tuple[Swap, ...]) -> Reworded:
    return lambda sentence, passage, rng: swapped(swaps, sentence, passage, rng)


# ---------------------------------------------------------------- amounts and frequencies


def test_amounts_are_read_with_their_unit_in_both_languages() -> None:
    found = amounts("口服，一次2～4片，每日0.5mg/kg，连服两周。")
    assert [(a.measure, a.low, a.high, a.per) for a in found[:1]] == [(Measure.COUNT, 2.0, 4.0, "")]
    assert (Measure.MASS, 0.5, "/kg") in {(a.measure, a.low, a.per) for a in found}
    assert (Measure.TIME, 2.0, 168.0) in {(a.measure, a.low, a.factor) for a in found}
    english = amounts("Adults: 1,000 mg. Children under 12 years of age: two tablets for 5 to 7 days.")
    assert [(a.measure, a.low, a.high) for a in english] == [
        (Measure.MASS, 1000.0, 1000.0),
        (Measure.AGE, 12.0, 12.0),
        (Measure.COUNT, 2.0, 2.0),
        (Measure.TIME, 5.0, 7.0),
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("半", 0.5), ("两", 2), ("十", 10), ("十二", 12), ("三十", 30), ("四十五", 45), ("般", None)]
)
def test_chinese_numerals_have_a_value(text: str, value: float | None) -> None:
    assert han_value(text) == value


def test_numbers_are_found_in_digits_and_in_words() -> None:
    assert numbers_in("一次2片，共三日，1,200 mg, twelve hours") >= {1.0, 2.0, 3.0, 1200.0, 12.0}


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("一日3次", 3.0),
        ("每8小时一次", 3.0),
        ("twice daily", 2.0),
        ("every 6 hours", 4.0),
        ("q12h", 2.0),
        ("tid", 3.0),
        ("qid", 4.0),
        ("分2次服", 2.0),
        ("in three divided doses", 3.0),
        ("every 6 to 8 hours", 3.0),
    ],
)
def test_a_frequency_is_so_many_times_a_day(text: str, rate: float) -> None:
    assert frequencies(text)[0].low == pytest.approx(rate)


# ---------------------------------------------------------------- numbers

CHANGES = [
    (quantities.change_dose, "口服，一次2片，一日3次。", "口服，一次4片，一日3次。"),
    (quantities.change_dose, "Take 250 mg with a glass of water.", "Take 500 mg with a glass of water."),
    (quantities.change_unit, "每日不超过500mg。", "每日不超过500g。"),
    (quantities.change_unit, "静脉注射，0.5mg/kg，缓慢注入。", "静脉注射，0.5mg，缓慢注入。"),
    (quantities.change_unit, "Stop after 7 days of treatment.", "Stop after 7 weeks of treatment."),
    (change_frequency, "每次1片，一日2次。", "每次1片，一日3次。"),
    (change_frequency, "Apply twice daily to the skin.", "Apply three times daily to the skin."),
    (change_frequency, "Take 20 mg every 8 hours.", "Take 20 mg every 4 hours."),
    (quantities.change_duration, "疗程为7天。", "疗程为14天。"),
    (quantities.change_age, "12岁以下儿童禁用。", "14岁以下儿童禁用。"),
    (quantities.change_age, "Not for children under 6 years of age.", "Not for children under 8 years of age."),
    (quantities.change_percent, "头痛的发生率约为10%。", "头痛的发生率约为20%。"),
    (quantities.exchange, "成人一次2片；儿童一次1片。", "成人一次1片；儿童一次2片。"),
    (
        quantities.exchange,
        "Food lowered the peak and the area by 16% and 10%, respectively.",
        "Food lowered the peak and the area by 10% and 16%, respectively.",
    ),
]


@pytest.mark.parametrize(("change", "sentence", "changed"), CHANGES)
def test_a_number_is_changed(change: Reworded, sentence: str, changed: str) -> None:
    made = every(change, sentence)
    assert changed in made
    assert sentence not in made


def test_no_dose_is_made_that_the_passage_gives_elsewhere() -> None:
    passage = "成人一次2片，儿童一次4片，重症一次5～9片。"
    made = every(quantities.change_dose, "成人一次2片。", passage)
    assert made
    assert {amounts(claim)[0].low for claim in made}.isdisjoint({4.0, 5.0, 6.0, 9.0})


def test_an_equal_amount_in_another_unit_is_no_change() -> None:
    assert not any("10g" in claim for claim in every(quantities.change_dose, "每次1g。", "每次1g，每日不超过10000mg。"))
    assert "1000 mg" not in every(quantities.change_unit, "Give 1000 g.", "Give 1000 g, that is 1 kg or 1000 mg.")


def test_a_limit_is_never_narrowed_since_the_claim_would_hold() -> None:
    ages = {amounts(claim)[0].low for claim in every(quantities.change_age, "12岁以下儿童禁用。")}
    assert ages and min(ages) > 12
    ages = {amounts(claim)[0].low for claim in every(quantities.change_age, "Adults aged 65 years and older need less.")}
    assert ages and max(ages) < 65
    assert not any("months" in claim for claim in every(quantities.change_unit, "Not for use under 6 years."))
    assert not every(quantities.change_percent, "发生率低于1%。")


def test_the_most_is_raised_and_never_lowered() -> None:
    doses = {amounts(claim)[0].low for claim in every(quantities.change_dose, "每日不超过4片。")}
    assert doses and min(doses) > 4


def test_a_range_is_widened_or_moved_but_never_narrowed() -> None:
    for claim in every(quantities.change_dose, "一次2～4片。"):
        amount = amounts(claim)[0]
        assert not (amount.low >= 2 and amount.high <= 4), claim


def test_twice_daily_is_not_said_otherwise_by_every_twelve_hours() -> None:
    made = every(
        change_frequency, "Take one tablet every 6 hours.", "Take one tablet every 6 hours, in mild cases twice daily."
    )
    assert made and not any("every 12 hours" in claim for claim in made)


def test_how_often_is_no_duration() -> None:
    assert not every(quantities.change_duration, "一日3次，口服。")


def test_equal_numbers_are_not_exchanged() -> None:
    assert not every(quantities.exchange, "成人一次2片；儿童一次2片。")
    assert not every(quantities.exchange, "浓度分别为1%、5%和10%。")  # a list without a partner: its order says nothing


# ---------------------------------------------------------------- words

SWAPS = [
    (swaps_zh.POLARITY, "孕妇禁用。", "孕妇可用。"),
    (swaps_zh.POLARITY, "老年人慎用。", "老年人禁用。"),
    (swaps_zh.POLARITY, "不宜与感冒药同服。", "宜与感冒药同服。"),
    (swaps_en.POLARITY, "It should not be used in children.", "It should be used in children."),
    (swaps_en.POLARITY, "Avoid use with alcohol.", "There is no need to avoid use with alcohol."),
    (swaps_en.POLARITY, "It may increase blood pressure.", "It will not increase blood pressure."),
    (swaps_en.POLARITY, "It is contraindicated in glaucoma.", "It should be used with caution in glaucoma."),
    (swaps_zh.COMPARISON, "每日不超过3g。", "每日超过3g。"),
    (swaps_en.COMPARISON, "Wait at least 30 minutes.", "Wait at most 30 minutes."),
    (swaps_zh.POPULATION, "孕妇禁用。", "哺乳期妇女禁用。"),
    (swaps_zh.POPULATION, "肾功能不全者减量。", "肝功能不全者减量。"),
    (swaps_en.POPULATION, "Use with care in renal impairment.", "Use with care in hepatic impairment."),
    (swaps_en.POPULATION, "The usual dose for adults is 5 mg.", "The usual dose for children is 5 mg."),
    (swaps_zh.ROUTE, "饭前服用。", "饭后服用。"),
    (swaps_en.ROUTE, "Take it with food.", "Take it on an empty stomach."),
]


@pytest.mark.parametrize(("swaps", "sentence", "changed"), SWAPS)
def test_a_word_is_swapped(swaps: tuple[Swap, ...], sentence: str, changed: str) -> None:
    assert changed in every(table(swaps), sentence)


STILL_TRUE = [
    (swaps_zh.POPULATION, "孕妇禁用。", "孕妇禁用。哺乳期妇女禁用。", "哺乳期妇女"),
    (swaps_zh.POPULATION, "小儿须遵医嘱。", "小儿须遵医嘱。年老体弱者须遵医嘱。", "老年"),
    (swaps_en.POPULATION, "Caution in renal impairment.", "Caution in renal impairment. Caution in liver disease.", "hepatic"),
    (swaps_en.POPULATION, "Adults take two.", "Adults take two. Children take two.", "children"),
    (swaps_zh.ROUTE, "饭前服用。", "饭前服用，或饭后服用。", "饭后"),
    (swaps_en.ROUTE, "For oral use.", "For oral use. May be injected.", "intravenous"),
    (swaps_zh.COMPARISON, "3岁以上一次1片。", "3岁以上一次1片，3岁以下一次1片。", "以下"),
    (
        swaps_en.POLARITY,
        "It may cause decreased appetite.",
        "It may cause decreased appetite or increased appetite.",
        "increased",
    ),
    (swaps_en.POLARITY, "No deaths have been reported.", "No deaths have been reported.", "never"),
]


@pytest.mark.parametrize(("swaps", "sentence", "passage", "word"), STILL_TRUE)
def test_what_the_passage_says_too_is_no_change(swaps: tuple[Swap, ...], sentence: str, passage: str, word: str) -> None:
    assert not any(word in claim.lower() for claim in every(table(swaps), sentence, passage))


def test_a_swapped_word_keeps_the_case_of_the_old_one() -> None:
    assert "DO NOT USE IN CHILDREN." not in every(table(swaps_en.POLARITY), "DO NOT USE IN CHILDREN.")
    assert "YOU MAY USE IN CHILDREN." in every(table(swaps_en.POLARITY), "DO NOT USE IN CHILDREN.")


# ---------------------------------------------------------------- drugs and inventions


def chinese_names() -> DrugNames:
    names = {"安定平": "镇静药", "安宁平": "降压药", "止痛灵": "镇痛药", "痛息灵": "镇痛药"}
    about = {**dict.fromkeys(names, ""), "安宁平": "别名：舒压平"}
    return DrugNames(names, about, re.compile("|".join(names)), {"安定平": ["安宁平"]})


def test_a_drug_is_swapped_for_one_that_sounds_alike() -> None:
    assert "与安宁平合用时减量。" in every(chinese_names().change, "与安定平合用时减量。")
    assert any("metronidazole" in claim for claim in every(read_english().change, "Do not combine with metformin."))


def test_a_drug_is_not_swapped_for_one_of_its_class_of_its_names_or_of_the_passage() -> None:
    made = every(chinese_names().change, "与止痛灵合用时减量。", "与止痛灵合用时减量，安定平亦同。")
    assert made and not any("痛息灵" in claim or "安定平" in claim for claim in made)
    english = every(read_english().change, "Prednisolone and prednisone are alike.")
    assert english and not any(claim.startswith("Prednisone") for claim in english)


def test_a_name_inside_a_longer_one_is_left_alone() -> None:
    assert not every(chinese_names().change, "与盐酸安定平合用，或与安定平钠合用。")


def test_this_product_becomes_another_drug() -> None:
    made = set(chinese_names().change_subject("本品应避光保存。", "本品应避光保存。", Random(1), "安定平"))
    assert "安宁平应避光保存。" in made


def test_an_invention_is_added_that_the_passage_says_nothing_of() -> None:
    made = every(invent, "可见恶心、头痛、皮疹。")
    assert made and all(len(claim) > len("可见恶心、头痛、皮疹。") for claim in made)
    assert not any("孕妇" in claim for claim in every(invent, "可见恶心。", "可见恶心。孕妇禁用。"))
    listed = every(invent, "Patients had nausea, vomiting, rash and fever.")
    assert any(re.search(r"nausea, [a-z\- ]+, vomiting", claim) for claim in listed)


# ---------------------------------------------------------------- other words


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("一次2片，一日3次。", "三次"),
        ("每粒含0.1g。", "100mg"),
        ("孕妇禁用。", "禁用于孕妇"),
        ("Take it every 12 hours.", "twice a day"),
        ("It is contraindicated in patients with gout.", "must not be used"),
        ("Rest for 2 weeks.", "14 days"),
        ("Take it at night [see Warnings (5.1)].", "at night."),
    ],
)
def test_a_sentence_is_said_in_other_words(sentence: str, said: str) -> None:
    assert any(said in claim for seed in range(12) for _, claim in paraphrase(sentence, "退热灵", Random(seed)))


def test_other_words_leave_every_amount_and_frequency_as_it_is() -> None:
    sentence = "口服，一次0.5g，一日3次，连服2周，饭后服。"
    for seed in range(20):
        for _, claim in paraphrase(sentence, "退热灵", Random(seed)):
            assert [f.low for f in frequencies(claim)] == [3.0], claim
            times = [a.low * a.factor for a in amounts(claim) if a.measure is Measure.MASS]
            assert times == [500.0], claim


def test_a_bracket_that_limits_is_not_left_out() -> None:
    claims = [c for seed in range(9) for _, c in paraphrase("Do not use (except in emergencies) at all.", "x", Random(seed))]
    assert all("except in emergencies" in claim for claim in claims)


def test_a_third_of_labels_is_put_aside_by_their_key_alone() -> None:
    share = sum(is_frozen(f"label {number}") for number in range(3000)) / 3000
    assert 0.30 < share < 0.37
    assert [is_frozen(key) for key in ("Z1", "Z2", "Z3", "Z4")] == [is_frozen(key) for key in ("Z1", "Z2", "Z3", "Z4")]
