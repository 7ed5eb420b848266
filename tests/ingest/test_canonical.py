"""Canonical text: what becomes of blanks, and how large a record is taken to be before it is one."""

from __future__ import annotations

import re

import pytest

from medrag.ingest.canonical import clean
from medrag.ingest.readers.cells import html_text
from medrag.ingest.records import Raw
from medrag.types import Place

BLANKS = (" ", "\t", "\u00a0", "\u3000", "\u2009")


@pytest.mark.parametrize("first", BLANKS)
@pytest.mark.parametrize("second", ("", *BLANKS))
@pytest.mark.parametrize("third", ("", " ", "\t"))
def test_a_run_of_blanks_becomes_one_space(first: str, second: str, third: str) -> None:
    run = first + second + third
    assert clean(f"片剂{run}口服\n每日 一次{run}\n") == "片剂 口服\n每日 一次"
    written = re.sub(r"\s+", " ", f"每日 一次{run}饭后")  # in a page a line end is a blank too
    assert html_text(f"<p>每日 一次{run}饭后</p>") == written


def test_a_line_end_in_a_page_is_a_blank() -> None:
    assert html_text("<p>one \n two\n\tthree four</p>") == "one two three four"


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"name": "ab", "text": "cde"}, 5),
        ({"name": "ab", "text": ["cde", {"more": b"fg"}], "number": 7, "none": None}, 7),
        ((object(), {"head": "ab", "tail": "c"}, object()), 3),
        ("abc", 3),
    ],
)
def test_the_size_of_a_raw_record_is_what_is_written_in_it(value: object, size: int) -> None:
    assert Raw(Place(file="f", record="1"), value).size == size
