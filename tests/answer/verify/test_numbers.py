"""Quantities are read in one scale, however they are written."""

from __future__ import annotations

import pytest

from medrag.answer.verify import reading
from medrag.answer.verify.amounts import Amount, Fit, fit
from medrag.answer.verify.numbers import amounts
from medrag.kb.folding import fold_with_map


def read(text: str) -> list[Amount]:
    return amounts(fold_with_map(text).text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.1g", "100 mg"), ("100毫克", "0.1克"), ("500μg", "0.5mg"), ("１００ｍｇ", "100mg"), ("㎎ 5", "mg 5"),
        ("每日两次", "一日2次"), ("每日2次", "bid"), ("每日2次", "b.i.d."), ("twice daily", "q12h"), ("每12小时1次", "2 times a day"),
        ("每8小时1次", "three times daily"), ("tid", "每天三次"), ("q6-8h", "每6～8小时一次"), ("隔日1次", "every other day"),
        ("once weekly", "每周1次"), ("每晚1次", "once daily"), ("早晚各1次", "每日2次"), ("3次/日", "每日3次"), ("分3次服用", "in three divided doses"),
        ("1～2片", "1-2 tablets"), ("一至两片", "1 to 2 tablets"), ("半片", "1/2片"), ("½ tablet", "half tablet"), ("1½ tablets", "1 1/2 tablets"),
        ("240万单位", "2400000 units"), ("5 million units", "500万单位"), ("2周", "14天"), ("24小时", "1 day"), ("2年", "24个月"),
        ("12岁以下", "under 12 years"), ("65岁以上", "65 years and older"), ("不超过4g", "at most 4 g"), ("最多8片", "no more than 8 tablets"),
        ("不少于60分钟", "at least 1 hour"), ("5%", "百分之五"), ("200mg/5ml", "40 mg/mL"), ("10mg/kg", "每公斤体重10mg"), ("25℃", "77°F"),
        ("1,200 mg", "1.2 g"), ("two ingredients", "2 ingredients"), ("三种药", "3种药"), ("half a tablet", "1/2 tablet"),
        ("15 mg per kilo", "15mg/kg"), ("3/d", "每日3次"), ("四到六个礼拜", "4～6周"), ("一周一针", "每周1次"), ("周岁以内", "1岁以下"), ("a child of six to twelve", "6～12岁"),
    ],
)  # fmt: skip
def test_two_ways_to_write_a_quantity_are_equal(one: str, other: str) -> None:
    (first,), (second,) = read(one), read(other)
    assert fit(first, second) is Fit.SAME
    assert fit(second, first) is Fit.SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.1g", "10mg"), ("100mg", "101mg"), ("5mg", "5ml"), ("1片", "1粒"), ("每日2次", "每日3次"), ("每周2次", "每日2次"), ("q12h", "q8h"),
        ("1～2片", "2～3片"), ("12岁以下", "12岁以上"), ("不超过4g", "超过4g"), ("no more than 8 tablets", "more than 8 tablets"),
        ("no less than 1 mg", "no more than 1 mg"), ("10mg/kg", "10mg"), ("5%", "5‰"), ("7天", "7周"), ("2～8℃", "2～18℃"),
    ],
)  # fmt: skip
def test_what_differs_is_not_equal(one: str, other: str) -> None:
    (first,), (second,) = read(one), read(other)
    assert fit(first, second) is Fit.OTHER


def test_degrees_are_those_of_the_label() -> None:
    (said,), (celsius,), (other,) = read("2到8度"), read("2～8℃"), read("2～18℃")
    assert fit(said, celsius) is Fit.SAME
    assert fit(said, other) is Fit.OTHER


def test_a_value_inside_a_range_and_a_bound_on_one_side_are_told_apart() -> None:
    (value,), (span,), (bounded,), (plain,) = read("1片"), read("1～2片"), read("最多8片"), read("8片")
    assert fit(value, span) is Fit.INSIDE
    assert fit(span, value) is Fit.OTHER
    assert fit(plain, bounded) is Fit.BOUND


def test_an_age_is_a_case_of_a_range_of_ages_and_a_duration_is_none_of_a_bound() -> None:
    assert fit(read("8岁")[0], read("6～12岁")[0]) is Fit.INSIDE
    assert fit(read("70岁")[0], read("65岁以上")[0]) is Fit.INSIDE
    assert fit(read("70 days")[0], read("more than 7 days")[0]) is Fit.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "1.孕妇禁用。2.儿童慎用",
        "①头痛②恶心",
        "见表3",
        "see Warnings (5.1)",
        "CYP3A4",
        "维生素B12",
        "一般十分安全",
        "一次",
        "每日",
        "第一",
    ],
)
def test_the_numbers_of_lists_names_and_idioms_are_no_quantities(text: str) -> None:
    assert [t for t in reading.read(reading.readable(text), ()).tokens if t.amount] == []


def test_numbers_listed_before_a_unit_share_it() -> None:
    assert [(a.dimension, a.low) for a in read("5、10和20mg")] == [("mg", 5.0), ("mg", 10.0), ("mg", 20.0)]


def test_what_looks_like_a_range_may_be_two_quantities() -> None:
    assert [(a.dimension, a.low) for a in read("100 mg-18%")] == [("mg", 100.0), ("%", 18.0)]


def test_a_frequency_does_not_swallow_what_stands_between() -> None:
    assert [a.dimension for a in read("每月不应进行一次检查")] == []
    assert [(a.low, a.bound) for a in read("每日不超过4次")] == [(4.0, "le")]


def test_an_amount_per_a_thousand_of_something_is_read() -> None:
    (one,), (other,) = read("40 mEq per 1,000 mL"), read("40 mEq per 1000 mL")
    assert fit(one, other) is Fit.SAME
    assert one.low == 0.04
