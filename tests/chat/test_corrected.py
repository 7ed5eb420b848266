"""A turn is read as it was meant: what is taken back while writing is not asked, and ages in words are ages."""

from __future__ import annotations

import pytest

from medrag.chat.corrected import as_meant
from medrag.chat.persons import said_of_person
from medrag.chat.reading import Reader


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ("my son is five", 5.0),
        ("My daughter is six, can she take ibuprofen?", 6.0),
        ("she is two", 2.0),
        ("my seven-year-old", 7.0),
        ("我婆婆八十二了", 82.0),
        ("我爸八十多了", 80.0),
        ("my gran is eighty-two", 82.0),
        ("my father-in-law, 79", 79.0),
        ("she's in her late seventies", 75.0),
    ],
)
def test_an_age_in_words_is_an_age(said: str, age: float, reader: Reader) -> None:
    assert said_of_person(as_meant(said, reader)).patient.age == age


@pytest.mark.parametrize("said", ["the ratio is one, or two", "take one or two a day", "他已经吃了三十多了"])
def test_a_number_of_nobody_stays_as_it_is(said: str, reader: Reader) -> None:
    assert as_meant(said, reader).text == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("布洛芬，不对，阿莫西林", "阿莫西林"),
        ("can I take ibuprofen, sorry, I mean amoxicillin", "can I take amoxicillin"),
        ("not ibuprofen, I meant amoxicillin", "amoxicillin"),
        ("我说错了，不是布洛芬，是阿莫西林，怎么吃", "阿莫西林，怎么吃"),
    ],
)
def test_what_was_taken_back_is_not_asked(said: str, meant: str, reader: Reader) -> None:
    assert as_meant(said, reader).text.lower() == meant.lower()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("I'm a type 2 diabetic", "I have type 2 diabetes"),
        ("gout sufferer here", "I have gout"),
        ("warfarin user", "I take warfarin"),
        ("forgot yesterday's", "forgot a dose"),
        ("what if I just quit", "what if I just stop taking it"),
        ("still feeding my baby myself", "still breastfeeding"),
        ("我爸肾不太好", "我爸肾功能不好"),
    ],
)
def test_what_somebody_is_called_or_does_is_put_plainly(said: str, meant: str, reader: Reader) -> None:
    assert as_meant(said, reader).text == meant
