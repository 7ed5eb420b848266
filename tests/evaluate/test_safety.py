"""Lists of checks that a reader of labels made: how they are read, and what the figures on them are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.safety import evaluate_safety, read_cases
from medrag.kb.base import KnowledgeBase
from tests.answer.safety.pharmacy import pharmacy

ROWS = [
    {"id": "1", "medicines": ["华法林", "阿司匹林"], "expected": "avoid"},
    {"id": "2", "medicines": ["华法林", "雷尼替丁"], "expected": "none"},
    {"id": "3", "medicines": ["华法林"], "patient": {"pregnant": True}, "kind": "pregnancy", "expected": "caution"},
    {"id": "4", "medicines": ["雷尼替丁", "头孢克肟"], "expected": "some"},
    {"id": "5", "medicines": ["华法林", "阿司匹林"], "expected": "caution", "label": "W2"},
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return pharmacy(tmp_path_factory.mktemp("pharmacy"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "list.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "utf-8")
    return path


def test_sensitivity_specificity_and_severity_are_counted(kb: KnowledgeBase, rows: Path) -> None:
    report = evaluate_safety(rows, kb)
    whole = report.lines[0]
    assert whole.kind == "all"
    assert whole.sensitivity is not None and (whole.sensitivity.n, whole.sensitivity.total) == (4, 3.0)
    assert whole.specificity is not None and (whole.specificity.n, whole.specificity.total) == (1, 1.0)
    assert whole.severity is not None and (whole.severity.n, whole.severity.total) == (3, 2.0)
    assert [one.case.id for one in report.checked if not one.right] == ["4"]


def test_a_named_label_counts_alone(kb: KnowledgeBase, rows: Path) -> None:
    last = evaluate_safety(rows, kb).checked[-1]
    assert (last.severity, last.quote) == ("caution", "与阿司匹林合用时应慎用。")


def test_a_csv_file_says_the_same(kb: KnowledgeBase, tmp_path: Path, rows: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        'id,medicines,patient,kind,expected\n1,华法林|阿司匹林,,,avoid\n3,华法林,"{""pregnant"": true}",pregnancy,caution\n',
        "utf-8",
    )
    assert read_cases(path) == [read_cases(rows)[0], read_cases(rows)[2]]


def test_a_folder_of_lists_is_read_and_its_frozen_rows_apart(tmp_path: Path) -> None:
    for name, part in (("a", "dev"), ("b", "frozen")):
        row = {"id": name, "medicines": ["华法林"], "expected": "none", "part": part}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row), "utf-8")
    (tmp_path / "README.md").write_text("words", "utf-8")
    assert [case.id for case in read_cases(tmp_path)] == ["a"]
    assert [case.id for case in read_cases(tmp_path, frozen=True)] == ["b"]
    with pytest.raises(EvaluationError, match="no frozen rows"):
        read_cases(tmp_path / "a.jsonl", frozen=True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"medicines": ["华法林"], "expected": "bad"}, "expected is 'bad'"),
        ({"medicines": ["华法林"], "expected": "none", "kind": "colour"}, "kind is 'colour'"),
        ({"medicines": [], "expected": "none"}, "medicines"),
        ({"medicines": ["华法林"], "expected": "none", "patient": {"age": 300}}, "patient.age"),
    ],
)
def test_a_row_that_is_none_ends_the_reading(tmp_path: Path, row: dict[str, object], said: str) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    with pytest.raises(EvaluationError, match=said):
        read_cases(path)


def test_the_command_writes_a_table_and_what_is_wrong(
    kb: KnowledgeBase, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = tmp_path / "wrong.jsonl"
    assert main(["evaluate", "safety", str(rows), "--kb", str(kb.path), "--errors", str(errors)]) == 0
    assert "5 rows, 1 row wrong" in capsys.readouterr().out
    (wrong,) = (json.loads(line) for line in errors.read_text("utf-8").splitlines())
    assert (wrong["id"], wrong["expected"], wrong["found"]) == ("4", "some", "none")
