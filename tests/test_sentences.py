"""Sentences: what ends one and what does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medrag.sentences import sentences, table_header

# Pieces that make every hard case likely: numbers beside units, abbreviations, markers, blanks and full stops side by side.
PIECES = st.sampled_from(
    [
        *"0.2 5 12 1,000 mg g ml 毫克 片 % . 。 ； ; ， , 、 ： : ( ) （ ） ① ② 1. 2、 （1） e.g. i.v. Dr. No. vs. ! ？ - ~ / | •".split(),
        " ",
        "\n",
        " | ",
        "\n- ",
        "口服",
        "成人",
        "Take",
        "tablet",
        "daily.",
        "Do not",
        "x" * 60,
        "服" * 60,
        "́",
        "𠮷",
    ]
)
TEXTS = st.lists(PIECES, max_size=80).map("".join)
DOSE = re.compile(r"\d+(?:\.\d+)?\s?(?:mg|ml|毫克|片|%)(?![A-Za-z])")


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("口服。一次0.2 g，一日3次。", ["口服。", "一次0.2 g，一日3次。"]),
        ("1. 过敏者禁用；2. 孕妇禁用；3、儿童慎用。", ["1. 过敏者禁用；", "2. 孕妇禁用；", "3、儿童慎用。"]),
        ("不良反应：①头痛；②恶心③呕吐。", ["不良反应：①头痛；", "②恶心", "③呕吐。"]),
        ("（1）成人：5mg；（2）儿童：2.5mg/kg。", ["（1）成人：5mg；", "（2）儿童：2.5mg/kg。"]),
        ("1 溃疡患者。2 过敏者。", ["1 溃疡患者。", "2 过敏者。"]),
        ("禁用 2.孕妇禁用 3.儿童慎用", ["禁用", "2.孕妇禁用", "3.儿童慎用"]),
        ("禁用.孕妇慎用.", ["禁用.", "孕妇慎用."]),
        ("他说：“不可。”然后停药。", ["他说：“不可。”", "然后停药。"]),
        ("Give 5 mg i.v. over 0.5 h. Then stop.", ["Give 5 mg i.v. over 0.5 h.", "Then stop."]),
        ("See No. 5 and Dr. Smith vs. placebo. Done.", ["See No. 5 and Dr. Smith vs. placebo.", "Done."]),
        ("Infection with E. coli. Vitamin K. Patients", ["Infection with E. coli.", "Vitamin K.", "Patients"]),
        ("1. Take it. 2. Stop. A dose of 5. Take it", ["1. Take it.", "2. Stop.", "A dose of 5.", "Take it"]),
        ("As follows: 1. Take one. 2. Wait.", ["As follows: 1. Take one.", "2. Wait."]),
        ("Take one tablet.Do not chew.", ["Take one tablet.", "Do not chew."]),
        ("Is it safe? Yes! (Mostly.) Good", ["Is it safe?", "Yes!", "(Mostly.)", "Good"]),
        ("• one • two", ["• one", "• two"]),
        ("- one\n- two\n\nthree", ["- one", "- two", "three"]),
        ("Dose | Effect. And more\n5 mg | none", ["Dose | Effect. And more", "5 mg | none"]),
        ("take 200\nmg daily", ["take 200\nmg daily"]),
        (
            "a line of prose that the file has wrapped after some\nwords. End",
            ["a line of prose that the file has wrapped after some\nwords.", "End"],
        ),
        ("rash\nitching", ["rash", "itching"]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_a_text_is_cut_at_its_sentences_items_and_rows(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@given(TEXTS)
def test_spans_are_ordered_stripped_and_cover_all_that_is_not_blank(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert not text[at:start].strip()
        assert start < end
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(TEXTS)
def test_no_number_is_parted_from_its_unit(text: str) -> None:
    edges = {edge for span in sentences(text) for edge in span}
    for dose in DOSE.finditer(text):
        assert not edges & set(range(dose.start() + 1, dose.end())), dose.group()


def test_the_header_of_a_table_is_its_first_row() -> None:
    text = "Caption\nDose | Effect\n5 mg | none\n10 mg | some\nAfter"
    assert text[slice(*table_header(text, text.index("10 mg")) or ())] == "Dose | Effect"
    assert table_header(text, text.index("Dose")) is None
    assert table_header(text, text.index("After")) is None
    assert table_header(text, 0) is None


@pytest.mark.parametrize("flood", ["." * 20_000, "!?" * 10_000, "x" + "." * 20_000 + "一", "目录" + "." * 5_000 + " 5"])
def test_leaders_and_floods_of_stops_take_no_longer_than_their_length(flood: str) -> None:
    spans = sentences(flood)
    assert "".join(flood[start:end] for start, end in spans).replace(" ", "") == flood.replace(" ", "")
