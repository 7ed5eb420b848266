"""How the completeness of listings is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.errors import EvaluationError
from medrag.evaluate.listing import evaluate_listing, label_terms, stands, stands_in_parts
from medrag.kb.base import KnowledgeBase
from tests.making import label


def section(name: str, text: str, *terms: str, label_id: str = "HICCUPEX") -> dict[str, object]:
    return {
        "label_id": label_id,
        "section_name": name,
        "section_text": text,
        "adverse_events": str([{"text": term, "meddra_pt": term} for term in terms]),
    }


def written(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_a_term_stands_where_its_words_follow_each_other() -> None:
    assert stands("chest pain", "severe chest pain and headaches") and stands("headache", "severe chest pain and headaches")
    assert not stands("ache", "headaches") and not stands("pain chest", "chest pain")


def test_a_term_in_parts_needs_all_its_words_within_forty() -> None:
    assert stands_in_parts("swelling of tongue", "swelling of the lips or tongue")
    assert not stands_in_parts("swelling of throat", "swelling of the lips or tongue")
    assert stands_in_parts("a b", "a " + "x " * 38 + "b") and not stands_in_parts("a b", "a " + "x " * 39 + "b")
    assert not stands_in_parts("pain pain", "one pain only")


def test_terms_that_the_answer_cites_are_counted_among_those_that_the_label_has(tmp_path: Path) -> None:
    text = "Hiccups and swelling of the lips or tongue were seen."
    terms = ("hiccups", "swelling of the tongue", "invisible term")
    file = written(tmp_path / "rows.json", [section("adverse reactions", text, *terms)])
    with KnowledgeBase.create(tmp_path / "labels.kb") as kb:
        with kb.write() as writer:
            writer.add(label("HICCUPEX", {"ADVERSE REACTIONS": text, "DOSAGE": "One a day."}, lang="en"))
        report = evaluate_listing(file, kb)
    by_rule = {(line.kind, line.rule): line for line in report.lines}
    literally, parts = by_rule["adverse reactions", "literally"], by_rule["adverse reactions", "in parts"]
    assert (literally.in_label.total, literally.in_label.n) == (1, 3)
    assert (parts.in_label.total, parts.in_answer.n, parts.in_answer.value) == (2, 2, 1.0)
    assert report.right.value == 1.0 and report.listed[0].invalid == 0


def test_a_label_that_is_not_there_counts_against_the_answers(tmp_path: Path) -> None:
    file = written(tmp_path / "rows.json", [section("adverse reactions", "Hiccups.", "hiccups")])
    with KnowledgeBase.create(tmp_path / "labels.kb") as kb:
        with kb.write() as writer:
            writer.add(label("OTHEREX", {"ADVERSE REACTIONS": "Hiccups."}, lang="en"))
        report = evaluate_listing(file, kb)
    assert report.right.value == 0.0 and report.lines[0].in_answer.value == 0.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "wanted a JSON list"),
        ([{"label_id": "X"}], "row 1"),
        ([section("a", "b"), {**section("a", "b"), "adverse_events": "["}], r"row 2.*adverse_events"),
    ],
)
def test_a_bad_file_is_an_error_that_names_the_row(rows: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=message):
        label_terms(written(tmp_path / "rows.json", rows))
