"""Measures against arithmetic by hand, and bootstrap intervals."""

from __future__ import annotations

import subprocess
import sys
from math import log2

import pytest

from medrag.evaluate.metrics import compare, estimate, measured

ROOT_PROGRAM = "import sys, medrag.evaluate.run; print('ir_measures' in sys.modules)"


def test_the_measures_are_those_of_the_textbook() -> None:
    rankings = {"q": ["wrong", "second", "first"], "r": ["first"], "s": ["wrong"]}
    right = {"q": {"first": 2, "second": 1}, "r": {"first": 1}, "s": {"first": 1}}
    values = measured(rankings, right)
    assert values["Success@1"] == {"q": 0.0, "r": 1.0, "s": 0.0}
    assert values["Success@5"] == {"q": 1.0, "r": 1.0, "s": 0.0}
    assert values["RR"] == {"q": 0.5, "r": 1.0, "s": 0.0}
    gained = 1 / log2(3) + 2 / log2(4)  # grade 1 in the second place, grade 2 in the third
    best = 2 / log2(2) + 1 / log2(3)
    assert values["nDCG@5"]["q"] == pytest.approx(gained / best)
    assert values["nDCG@5"]["r"] == 1.0


def test_what_is_right_beyond_the_fifth_place_counts_only_in_ten() -> None:
    values = measured({"q": [*"abcde", "right"]}, {"q": {"right": 1}})
    assert (values["Success@5"]["q"], values["Success@10"]["q"]) == (0.0, 1.0)
    assert values["RR"]["q"] == pytest.approx(1 / 6)


def test_a_thing_found_twice_is_rewarded_once() -> None:
    once = measured({"q": ["right", "wrong"]}, {"q": {"right": 1, "other": 1}})
    twice = measured({"q": ["right", "right"]}, {"q": {"right": 1, "other": 1}})
    assert once["nDCG@5"] == twice["nDCG@5"]


def test_a_question_for_which_nothing_was_found_counts_as_missed() -> None:
    values = measured({"q": [], "r": ["right"]}, {"q": {"right": 1}, "r": {"right": 1}})
    assert values["Success@1"] == {"q": 0.0, "r": 1.0}
    assert measured({"q": []}, {"q": {"right": 1}})["RR"] == {"q": 0.0}


def test_the_interval_of_an_estimate_holds_its_value_and_is_the_same_in_every_run() -> None:
    found = estimate([1.0] * 30 + [0.0] * 10)
    assert (found.n, found.value, found.total) == (40, 0.75, 30.0)
    # Of a share of .75 in 40, the normal approximation gives .75 ± 1.96 * sqrt(.75 * .25 / 40) = .616 to .884.
    assert found.low == pytest.approx(0.616, abs=0.03)
    assert found.high == pytest.approx(0.884, abs=0.03)
    assert estimate([1.0] * 30 + [0.0] * 10) == found
    assert estimate([1.0] * 30 + [0.0] * 10, seed=1) != found


def test_values_that_are_all_the_same_leave_nothing_to_chance() -> None:
    found = estimate([1.0] * 5)
    assert (found.low, found.high) == (1.0, 1.0)


def test_a_count_stands_beside_the_share_of_less_than_fifty() -> None:
    assert estimate([1.0] * 49).small
    assert not estimate([1.0] * 50).small


def test_no_questions_give_an_estimate_of_nothing() -> None:
    assert estimate([]).n == 0


def test_two_systems_are_compared_question_by_question() -> None:
    first = {f"q{n}": float(n % 2) for n in range(100)}
    better = {f"q{n}": 1.0 for n in range(100)}
    found = compare(first, better)
    assert (found.n, found.value, found.wins, found.losses) == (100, 0.5, 50, 0)
    assert 0.39 < found.low < 0.5 < found.high < 0.61
    assert found.p == 0.0
    back = compare(better, first)
    assert (back.value, back.wins, back.losses) == (-0.5, 0, 50)


def test_a_system_is_not_better_than_itself() -> None:
    values = {"a": 1.0, "b": 0.0}
    found = compare(values, values)
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_only_questions_that_both_were_asked_are_compared() -> None:
    assert compare({"a": 0.0, "b": 1.0}, {"a": 1.0, "c": 0.0}).n == 1
    assert compare({"a": 0.0}, {"b": 1.0}).n == 0


def test_the_measures_are_loaded_only_when_something_is_measured() -> None:
    done = subprocess.run([sys.executable, "-c", ROOT_PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
