"""Names of drugs are compared by what they mean."""

from __future__ import annotations

from itertools import pairwise

import pytest

from medrag.answer.verify.names import names_in, same_name, shipped_mentions


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("布洛芬", "ibuprofen", True), ("对乙酰氨基酚", "acetaminophen", True), ("扑热息痛", "paracetamol", True), ("Tylenol", "acetaminophen", True),
        ("布洛芬", "萘普生", False), ("clonidine", "clonazepam", False), ("阿莫西林", "阿奇霉素", False), ("prednisone", "prednisolone", False),
    ],
)  # fmt: skip
def test_names_are_the_same_where_they_mean_the_same(one: str, other: str, same: bool) -> None:
    (first,), (second,) = names_in(one, shipped_mentions), names_in(other, shipped_mentions)
    assert same_name(first, second) is same


def test_shipped_mentions_stand_where_the_names_stand_and_do_not_overlap() -> None:
    text = "Take ibuprofen, 不与阿司匹林同服。"
    found = shipped_mentions(text)
    assert [text[m.start : m.end] for m in found] == ["ibuprofen", "阿司匹林"]
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(m.entities for m in found)
