"""Ages and amounts, in digits and in Chinese numerals."""

from __future__ import annotations

import pytest

from medrag.retrieve.cues import Population, populations
from medrag.retrieve.quantities import ages, chinese_number, quantities


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("3", 3), ("0.5", 0.5), ("1,200", 1200), ("十", 10), ("十二", 12), ("两百四十", 240), ("一百零五", 105)],
)
def test_numerals_have_their_value(numeral: str, value: float) -> None:
    assert chinese_number(numeral) == value


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("3岁孩子", (3,)),
        ("两岁半的娃", (2.5,)),
        ("8月龄宝宝", (8 / 12,)),
        ("八个月大", (8 / 12,)),
        ("吃了三个月", ()),  # how long, not how old
        ("老人七十二岁", (72,)),
        ("72 years old", (72,)),
        ("my 9 yr old", (9,)),
        ("age 72, male", (72,)),
        ("a 14 month old", (14 / 12,)),
        ("83yo on dialysis", (83,)),
        ("for 5 years", ()),
        ("my mother is 78, can she", (78,)),
        ("she's 6 and coughing", (6,)),
        ("i'm 38 weeks along", ()),
        ("he is 101.5 and hot", ()),
        ("my dad is 90 kg", ()),
        ("my sugar is 80, is that low", ()),
        ("活到130岁", ()),
    ],
)
def test_ages_are_read_in_years(text: str, years: tuple[float, ...]) -> None:
    assert ages(text) == pytest.approx(years)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("青霉素240万单位", 2_400_000, "unit"),
        ("一次0.5g", 500, "mg"),
        ("吃两片", 2, "piece"),
        ("孩子20公斤", 20, "kg"),
        ("孩子30斤", 15, "kg"),
        ("400 mcg daily", 0.4, "mg"),
        ("十毫升", 10, "ml"),
    ],
)
def test_amounts_are_read_in_one_unit(text: str, value: float, unit: str) -> None:
    (found,) = quantities(text)
    assert (found.value, found.unit) == (pytest.approx(value), unit)
    assert found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("孕6周能吃吗", Population.PREGNANT),
        ("喂着奶能用么", Population.LACTATING),
        ("8月龄", Population.CHILD),
        ("爷爷八十了", Population.ELDERLY),
        ("crcl 22", Population.RENAL),
        ("about 7 weeks along", Population.PREGNANT),
    ],
)
def test_persons_are_recognised_by_what_people_say(text: str, who: Population) -> None:
    assert who in populations(text)
