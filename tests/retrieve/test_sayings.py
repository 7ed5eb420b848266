"""What patients say: the table's form, and what is found of it in a question."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

import pytest

from medrag.retrieve.sayings import label_words, sayings
from medrag.retrieve.understand import plain

ROWS = [
    line.split("\t")
    for line in files("medrag.retrieve").joinpath("sayings.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
HAN = re.compile(r"[㐀-鿿]")
LATIN_IN_CHINESE = 3  # letters: hiv
SHORT = {"酒"}  # the only character that means enough alone
BARE = {"患者", "使用", "剂量", "用量", "patient", "patients", "dose", "doses", "drug", "medicine", "treatment"}


def test_every_row_has_a_language_what_is_said_and_the_words_of_labels() -> None:
    assert all(len(row) == 3 and row[0] in ("zh", "en") and row[1] and row[2] for row in ROWS)
    counts = Counter(row[0] for row in ROWS)
    assert counts["zh"] >= 480
    assert counts["en"] >= 420


def test_a_phrase_is_as_a_question_is_read_and_long_enough_to_mean_something() -> None:
    for lang, said, _ in ROWS:
        for phrase in said.split("|"):
            assert phrase == plain(phrase), phrase
            assert "-" not in phrase and "’" not in phrase, phrase
            assert len(phrase) >= 2 or phrase in SHORT, phrase
            assert (lang == "zh") or not HAN.search(phrase), phrase


def test_a_phrase_stands_in_one_row_of_its_language() -> None:
    counts = Counter((lang, phrase) for lang, said, _ in ROWS for phrase in said.split("|"))
    assert [phrase for phrase, times in counts.items() if times > 1] == []


def test_the_words_of_labels_are_lower_case_long_enough_and_not_bare() -> None:
    for lang, said, label in ROWS:
        words = label.split(" ")
        assert len(set(words)) == len(words), said
        for word in words:
            assert word == word.lower() and word not in BARE, word
            if HAN.search(word):
                assert lang == "zh" and (2 <= len(word) <= 12 or word in SHORT), word
            else:
                assert len(word) >= (4 if lang == "en" else LATIN_IN_CHINESE), word


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("吃了拉肚子怎么办", "腹泻"),
        ("打完耳朵嗡嗡响", "耳鸣"),
        ("孕30周能吃吗", "妊娠晚期"),
        ("75岁能吃吗", "老年"),
        ("5岁能吃吗", "儿童"),
        ("g6pd缺乏能用吗", "溶血"),
        ("能掰开吃吗", "掰开"),
        ("停了就brain-zaps", "paresthesia"),
        ("i keep throwing up", "vomit"),
        ("my ears are ringing", "tinnitus"),
        ("can’t get it up since then", "erectile"),
        ("my 5-year-old took one", "pediatric"),
        ("can i quit cold turkey", "discontinu"),
    ],
)
def test_what_patients_say_is_known_in_the_words_of_labels(asked: str, word: str) -> None:
    assert word in label_words(asked)[0]


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("75岁能吃吗", "儿童"),
        ("15岁能吃吗", "婴幼儿"),
        ("the nonstop stopwatch", "discontinu"),
        ("a unit", "infus"),
    ],
)
def test_a_phrase_in_a_longer_word_is_not_said(asked: str, word: str) -> None:
    assert word not in label_words(asked)[0]


def test_what_patients_say_is_known_in_the_words_of_labels_with_its_place() -> None:
    words, spans = label_words("吃药能喝酒吗")
    assert words == ("酒", "乙醇", "酒精", "alcohol")
    assert spans == [(4, 5)]
    assert label_words("can i miss a dose")[0] == ("missed",)


def test_the_places_are_those_in_the_text_longest_first() -> None:
    assert label_words("can i miss a dose")[1] == [(6, 10)]
    assert label_words("转氨酶高")[1] == [(0, 4)]
    assert label_words("it’s half-life, cold-turkey")[1] == [(5, 14), (16, 27)]
    assert label_words("拔智齿")[1] == [(0, 3), (1, 3)]
    assert label_words("nothing of the kind") == ((), [])


def test_the_table_is_read_by_language() -> None:
    assert set(sayings()) == {"zh", "en"}
    assert sayings()["en"]["missed"] == ("missed",)
