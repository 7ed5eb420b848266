"""How names sound and look, and the index of names by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medrag.kb.folding import fold
from medrag.kb.near import NearIndex, keys_of, latin_sound, save_near
from medrag.kb.terms.pinyin import alike, initials, is_pinyin, spellings, syllable
from medrag.kb.terms.shapes import same_shape, shape_key
from medrag.kb.tokens import tokens
from medrag.kb.traditional import simplified


def test_characters_sound_as_in_names_of_medicines() -> None:
    assert [syllable(c) for c in "布洛芬绿参x"] == ["bu", "luo", "fen", "lu", "shen", ""]
    assert alike("林") == alike("灵") and alike("知") == alike("滋") and alike("奈") == alike("莱")
    assert spellings("白术")[0][0] == "bai" and {way[1] for way in spellings("白术")} == {"shu", "zhu"}
    assert spellings("维生素B") == []
    assert initials(("bu", "luo", "fen")) == "blf"


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("buluofen", True), ("amoxilin", True), ("amoxicillin", False), ("xian", True), ("", True), ("zhx", False)],
)
def test_pinyin_is_told_from_other_words(word: str, is_one: bool) -> None:
    assert is_pinyin(word) is is_one


def test_characters_of_one_group_look_alike() -> None:
    assert same_shape("唑", "挫") and not same_shape("唑", "布") and not same_shape("布", "不")
    assert shape_key("奥美拉挫") == shape_key("奥美拉唑")


def test_a_traditional_question_is_cut_like_a_simplified_label() -> None:
    assert tokens("鹽酸普萘洛爾片的用法用量") == tokens("盐酸普萘洛尔片的用法用量")
    assert fold("頭孢氨苄膠囊") == "头孢氨苄胶囊"
    assert simplified("plain ASCII") == "plain ASCII"


@given(st.text(max_size=40))
def test_simplifying_keeps_every_offset(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert simplified(simplified(text)) == simplified(text)


NAMES = ["布洛芬", "布洛芬缓释胶囊", "阿莫西林", "fluoxetine", "simvastatin", "维生素b12", "x" * 300, "高血压"]


def test_names_are_found_by_each_of_their_keys_and_saved_as_they_are(tmp_path: Path) -> None:
    made = NearIndex.of(reversed(NAMES))
    save_near(NAMES, tmp_path)
    for index in (made, NearIndex.open(tmp_path)):
        for name in NAMES:
            keys = list(keys_of(name))
            assert {at for at, found in index.find(keys) if found == name} == set(range(len(keys)))
        assert list(index.find(["s" + "no such key"])) == []
    assert list(NearIndex.open(tmp_path / "nowhere").find(["sbu'luo'fen"])) == []


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("pottasium", "potassium"),
        ("siprofloxasin", "ciprofloxacin"),
        ("worferin", "warfarin"),
        ("kolestyramin", "cholestyramine"),
    ],
)
def test_latin_names_that_sound_alike_have_one_sound(heard: str, name: str) -> None:
    assert latin_sound(heard) == latin_sound(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hydroxyzine", "hydralazine"), ("prednisone", "prednisolone"), ("clonidine", "klonopin"), ("celexa", "cialis")],
)
def test_medicines_that_are_mixed_up_do_not_sound_alike(one: str, other: str) -> None:
    assert latin_sound(one) != latin_sound(other)
