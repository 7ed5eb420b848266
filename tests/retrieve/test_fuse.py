"""Reciprocal rank fusion, by hand."""

from __future__ import annotations

import pytest

from medrag.retrieve.channels import Hit
from medrag.retrieve.fuse import reciprocal_rank_fusion


def test_scores_are_the_weighted_sum_of_reciprocal_ranks_over_the_best_sum() -> None:
    fused = reciprocal_rank_fusion(
        {"label": [Hit(1, 9.0), Hit(2, 8.0)], "words": [Hit(2, 3.0), Hit("fact", 1.0)]}, {"label": 2.0, "words": 1.0}, c=60
    )
    best = 2 / 61 + 1 / 61
    assert [item.hit.ref for item in fused] == [2, 1, "fact"]
    assert [item.score for item in fused] == pytest.approx([(2 / 62 + 1 / 61) / best, (2 / 61) / best, (1 / 62) / best])
    assert [item.found_by for item in fused] == [("label", "words"), ("label",), ("words",)]


def test_ties_go_by_passage_id_and_passages_before_facts() -> None:
    fused = reciprocal_rank_fusion({"a": [Hit(7, 1.0)], "b": [Hit(3, 1.0)], "c": [Hit("b", 1.0)], "d": [Hit("a", 1.0)]}, {})
    assert [item.hit.ref for item in fused] == [3, 7, "a", "b"]


def test_first_in_every_channel_scores_one() -> None:
    (only,) = reciprocal_rank_fusion({"a": [Hit(1, 1.0)], "b": [Hit(1, 1.0)], "c": []}, {"a": 2.0})
    assert only.score == pytest.approx(1.0)


def test_nothing_found_fuses_to_nothing() -> None:
    assert reciprocal_rank_fusion({"a": [], "b": []}, {}) == []
