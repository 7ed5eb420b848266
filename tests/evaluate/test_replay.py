"""Published evaluations computed again: small files by hand, and the real records against the published tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.consultations import AVERAGE, averages, read_cases, read_marks
from medrag.evaluate.judgement import CRITERIA
from medrag.evaluate.replay import Replay, replay
from medrag.evaluate.triage import labels_of, micro_f1, read_triage, triage_scores


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def marks(*four: int) -> str:
    return "\n".join(f"{name}: {mark}" for name, mark in zip(CRITERIA, four, strict=True))


def test_micro_f1_counts_labels_over_all_patients() -> None:
    # Right: 2 + 1; named: 3 + 1; both: 1 + 1. P = 2/4, R = 2/3, F1 = 4/7.
    found = micro_f1([("外科", "内科"), ("眼科",)], [("外科", "儿科", "外科"), ("眼科",)])
    assert (found.hits, found.named, found.right) == (2, 4, 3)
    assert (found.precision, found.recall, found.f1) == (0.5, 2 / 3, 4 / 7)
    assert micro_f1([], []).f1 == 0.0
    with pytest.raises(EvaluationError, match="2 patients, but labels for 1"):
        micro_f1([("a",), ("b",)], [("a",)])


def test_labels_lose_spaces_and_keep_line_breaks() -> None:
    assert labels_of("外科 | 内科") == ("外科", "内科") and labels_of("\n外科") == ("\n外科",)


def test_triage_needs_the_same_models_for_each_patient_and_each_patient_once(tmp_path: Path) -> None:
    good = {"id": 1, "gold": "眼科", "predicted": {"m": "眼科|外科"}}
    assert triage_scores(read_triage(lines(tmp_path / "a.jsonl", [good])))["m"].f1 == pytest.approx(2 / 3)
    for second, message in (
        (good, r"line 2\): the id '1' stands in the file a second time, first in line 1"),
        ({**good, "id": 2, "predicted": {"n": "眼科"}}, r"line 2\): predicted: not the models of the first row: m, n"),
        ({**good, "id": 2, "gold": ""}, r"line 2\): gold"),
        ({"id": 2, "gold": "眼科"}, r"line 2\): predicted: field required"),
    ):
        with pytest.raises(EvaluationError, match=message):
            read_triage(lines(tmp_path / "b.jsonl", [good, second]))


def test_consultations_are_joined_by_case_and_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text(json.dumps([{"id": str(n), "case": "x"} for n in range(4)]), "utf-8")
    rows = [
        {"id": "0", "model": "m", "scores": marks(5, 4, 3, 4)},
        {"id": "1", "model": "m", "scores": marks(3, 4, 5, 5)},
        {"id": "2", "model": "m", "scores": "All very good!"},
        {"id": "0-77", "model": "m", "scores": marks(1, 1, 1, 1)},
    ]
    found = averages(read_marks(lines(tmp_path / "marks.jsonl", rows)), read_cases(tmp_path / "cases.json"))["m"]
    assert [found.values[name] for name in CRITERIA] == [4.0, 4.0, 4.0, 4.5] and found.values[AVERAGE] == 4.125
    assert (found.n, found.missing, found.stray, found.unparsable) == (2, 1, 1, 1)
    with pytest.raises(EvaluationError, match=r"line 2\): the model and id \('m', '0'\) stands in the file a second time"):
        read_marks(lines(tmp_path / "twice.jsonl", [rows[0], rows[0]]))


def small(folder: Path) -> Path:
    battles = folder / "eval/pulse/battles"
    battles.mkdir(parents=True)
    (battles / "One.csv").write_text("question_index,model_a,model_b,first_line\n0,a,b,9 1\n1,b,a,2 8\n2,a,b,x\n", "utf-8")
    expected = {"published_elo": {"a": {"One": 1004}, "b": {"One": 990}}, "judge_counts": {"One": {"model_a": 1}}}
    (folder / "eval/pulse/expected.json").write_text(json.dumps(expected), "utf-8")
    return folder


def test_replies_that_do_not_parse_are_shown_beside_the_published_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "replay", str(small(tmp_path)), "--resamples", "50"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "model_a 1, model_b 1, tie 0, unparsable 1; published: model_a 1" in shown
    assert "depends on the order of the battles" in shown
    assert main([*command, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["sets"]
    assert one["outcomes"]["unparsable"] == 1 and one["largest_difference"] >= 5 and one["pairs"] is None


def test_a_folder_without_records_is_an_error_that_says_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="wanted eval/pulse/battles"):
        replay(tmp_path)
    with pytest.raises(EvaluationError, match="no such folder"):
        replay(tmp_path / "none")


@pytest.fixture(scope="module")
def replayed(shared: Path) -> Replay:
    return replay(shared, resamples=1_000)


def test_elo_is_within_three_of_the_published_table_on_all_seven_sets(replayed: Replay) -> None:
    assert len(replayed.sets) == 7 and all(len(one.ratings) == 12 for one in replayed.sets)
    assert {one.name: one.largest_difference for one in replayed.sets if (one.largest_difference or 0) > 3} == {}
    assert all(rating.published is not None for one in replayed.sets for rating in one.ratings)


def test_every_pairing_of_every_set_is_drawn_again(replayed: Replay) -> None:
    assert [(one.pairs.pairs, one.pairs.all) for one in replayed.sets if one.pairs] == [(660, True)] * 7
    # Two questions of one set have the same words; its file has the number of the first for both.
    assert {one.name: one.pairs.under_another_number for one in replayed.sets if one.pairs and one.pairs.renumbered} == {
        "DialogSumm": 3
    }


def test_the_judge_is_counted_as_published(replayed: Replay) -> None:
    assert all(dict(one.outcomes) == dict(one.published_outcomes) for one in replayed.sets)
    assert list({one.name: one for one in replayed.sets}["MedicineQA"].outcomes.values()) == [245, 298, 117, 0]
    assert list({one.name: one for one in replayed.sets}["WebMedQA"].outcomes.values()) == [288, 287, 83, 2]


def test_triage_has_the_published_f1_and_the_counts_behind_it(replayed: Replay, shared: Path) -> None:
    assert {one.model: round(one.score.f1, 2) for one in replayed.triage} == {
        one.model: one.published for one in replayed.triage
    }
    published = json.loads((shared / "eval/pulse/expected.json").read_text("utf-8"))["medtriage_counts"]
    for one in replayed.triage:
        wanted = published[one.model]
        assert [one.score.hits, one.score.named, one.score.right] == [
            wanted["true_positive"],
            wanted["predicted"],
            wanted["gold"],
        ]


def test_consultations_have_the_published_averages(replayed: Replay) -> None:
    computed = sorted(tuple(round(value, 2) for value in one.values.values()) for one in replayed.consultations.values())
    assert computed == sorted(replayed.published_consultations.values()) and len(computed) == 6
    assert all((one.n, one.missing, one.stray, one.unparsable) == (73, 0, 0, 0) for one in replayed.consultations.values())


def test_average_ranks_are_the_published_ones_but_for_models_with_equal_scores(replayed: Replay) -> None:
    # Three models have a triage F1 of nothing at all; the published table ranks two of them apart by something it does not say.
    apart = {model for model, (rank, published) in replayed.ranks.items() if abs(rank - (published or 0)) > 0.01}
    assert apart <= {"QiZhenGPT", "DoctorGLM"} and len(replayed.ranks) == 12


def test_cases_of_the_three_consultation_sets_are_read(shared: Path) -> None:
    folder = shared / "eval/disc"
    counts = [len(read_cases(folder / name)) for name in ("CMB-cases.json", "cmd_samples.json", "cmid_samples.json")]
    assert counts == [73, 120, 118]
