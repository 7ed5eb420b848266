"""Elo, Bradley–Terry, pairing and ranks: the arithmetic by hand, and what the order of battles changes."""

from __future__ import annotations

from math import log10
from pathlib import Path

import pytest

from medrag.errors import EvaluationError
from medrag.evaluate.battles import Battle, counts, read_battles
from medrag.evaluate.bradley_terry import bradley_terry
from medrag.evaluate.elo import elo, elo_bootstrap, rounded
from medrag.evaluate.judgement import Outcome, parse_pairwise
from medrag.evaluate.pairing import Pair, compare_pairs, draw_pairs
from medrag.evaluate.ranks import average_ranks, ranks


def battle(a: str, b: str, marks: str) -> Battle:
    return Battle(Pair(0, a, b), parse_pairwise(marks))


def test_elo_moves_both_models_by_what_was_not_expected() -> None:
    # Equal models: expected .5, so the winner gains 4 x .5 = 2.
    assert elo([battle("a", "b", "9 1")]) == {"a": 1002.0, "b": 998.0}
    # Then b, 4 points behind, wins: expected of a is 1 / (1 + 10^(-4/400)).
    expected = 1 / (1 + 10 ** (-4 / 400))
    after = elo([battle("a", "b", "9 1"), battle("a", "b", "1 9")])
    assert after["a"] == pytest.approx(1002 - 4 * expected) and after["a"] + after["b"] == pytest.approx(2000)


def test_a_tie_between_equals_and_a_reply_that_does_not_parse_move_nothing() -> None:
    assert elo([battle("a", "b", "5 5"), battle("a", "b", "both are good")]) == {"a": 1000.0, "b": 1000.0}


def test_elo_depends_on_the_order_of_battles_and_bradley_terry_does_not() -> None:
    battles = [battle("a", "b", "9 1"), battle("b", "c", "9 1"), battle("c", "a", "9 1"), battle("a", "c", "9 1")]
    assert elo(battles) != pytest.approx(elo(battles[::-1]))
    first, second = bradley_terry(battles, resamples=2), bradley_terry(battles[::-1], resamples=2)
    assert all(first[model].value == pytest.approx(second[model].value) for model in first)


def test_the_bootstrap_is_the_same_twice_and_wide_where_battles_are_few() -> None:
    battles = [battle("a", "b", "9 1")] * 6 + [battle("a", "b", "1 9")] * 2
    once, again = elo_bootstrap(battles, resamples=200), elo_bootstrap(battles, resamples=200)
    assert once == again and elo_bootstrap(battles, resamples=200, seed=1) != once
    assert once["a"].low < once["a"].value < once["a"].high and once["a"].n == 8


def test_bradley_terry_of_two_models_is_the_odds_of_their_wins() -> None:
    # 30 wins to 10: odds of three, 400 x log10(3) points apart, a little less for the tenth of a win and defeat that all have.
    found = bradley_terry([battle("a", "b", "9 1")] * 30 + [battle("a", "b", "1 9")] * 10, resamples=50)
    assert found["a"].value - found["b"].value == pytest.approx(400 * log10(3), abs=1.0)
    assert found["a"].value + found["b"].value == pytest.approx(2000) and found["a"].total == 30


def test_bradley_terry_of_a_model_that_always_wins_is_finite() -> None:
    found = bradley_terry([battle("a", "b", "9 1"), battle("b", "c", "9 1")], resamples=20)
    assert found["a"].value > found["b"].value > found["c"].value and found["a"].high < 10_000


def test_there_is_no_rating_without_battles() -> None:
    with pytest.raises(EvaluationError, match="no battles"):
        elo([])


def test_ratings_are_printed_with_halves_up() -> None:
    assert (rounded(1000.5), rounded(1000.49)) == (1001, 1000)


def test_each_pair_of_models_gets_its_rounds_and_seats_follow_the_numbers() -> None:
    pairs = draw_pairs(["x", "y", "z"], questions=20, rounds=4)
    assert [frozenset((p.a, p.b)) for p in pairs] == [frozenset(two) for two in ("yx", "zx", "zy") for _ in range(4)]
    places = {"x": 0, "y": 1, "z": 2}
    assert all((places[p.a] > places[p.b]) is ((places[p.a] + places[p.b] + p.question) % 2 == 0) for p in pairs)
    assert pairs == draw_pairs(["x", "y", "z"], questions=20, rounds=4) != draw_pairs(["z", "y", "x"], questions=20, rounds=4)


def test_questions_with_an_empty_answer_are_drawn_again() -> None:
    pairs = draw_pairs(["x", "y"], {"y": range(19)}, questions=20, rounds=3)
    assert [pair.question for pair in pairs] == [19, 19, 19]
    with pytest.raises(EvaluationError, match="no question that both"):
        draw_pairs(["x", "y"], {"y": range(20)}, questions=20)
    with pytest.raises(EvaluationError, match="twice"):
        draw_pairs(["x", "x"])


def test_pairs_under_another_number_are_told_from_other_pairs() -> None:
    drawn = [Pair(1, "x", "y"), Pair(2, "x", "y"), Pair(3, "y", "x")]
    same_text = compare_pairs([Pair(1, "x", "y"), Pair(1, "x", "y"), Pair(3, "y", "x")], drawn)
    assert (same_text.equal, same_text.under_another_number, same_text.renumbered) == (2, 1, {2: 1}) and same_text.all
    assert not compare_pairs([Pair(1, "x", "y"), Pair(2, "y", "x"), Pair(3, "y", "x")], drawn).all
    assert not compare_pairs(drawn[:2], drawn).all


def test_equals_share_the_mean_of_their_ranks() -> None:
    assert ranks({"a": 3.0, "b": 1.0, "c": 3.0, "d": 2.0}) == {"a": 1.5, "b": 4.0, "c": 1.5, "d": 3.0}
    assert average_ranks({"one": {"a": 2.0, "b": 1.0}, "two": {"a": 1.0, "b": 1.0}}) == {"a": 1.25, "b": 1.75}
    with pytest.raises(EvaluationError, match="two: there is no value for b"):
        average_ranks({"one": {"a": 2.0, "b": 1.0}, "two": {"a": 1.0}})


HEADER = "question_index,model_a,model_b,first_line\n"


def test_battles_are_read_and_counted_by_how_they_ended(tmp_path: Path) -> None:
    file = tmp_path / "set.csv"
    file.write_text(HEADER + '3,a,b,8 7\n3,a,b,"7, 8"\n1,b,c,6 6\n0,c,a,Assistant 1: 9\n', "utf-8")
    battles = read_battles(file)
    assert [one.score for one in battles] == [1.0, 0.0, 0.5, 0.5] and battles[1].pair == Pair(3, "a", "b")
    assert counts(battles) == {Outcome.A: 1, Outcome.B: 1, Outcome.TIE: 1, Outcome.UNPARSABLE: 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "1,a,b,8 7\nx,a,b,8 7\n", r"line 3\): question_index"),
        (HEADER + "1,a,a,8 7\n", r"line 2\): 'a' is compared with itself"),
        ("question_index,model_a,first_line\n1,a,8 7\n", r"line 2\): model_b: field required"),
        (HEADER + "1,a,,8 7\n", r"line 2\): model_b"),
        (HEADER, "no rows"),
    ],
)
def test_battles_that_cannot_be_used_are_named_with_their_row(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "set.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_battles(file)


def test_a_file_of_battles_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No such file"):
        read_battles(tmp_path / "none.csv")
