"""Conversations that people wrote: each turn beside its question in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.conversations.figures import DRUG, SECTION
from medrag.evaluate.conversations.written import evaluate_written, written_files
from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup
from tests.chat.pharmacy import pharmacy

OWN = Path(__file__).parents[1] / "data" / "conversations"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with pharmacy(tmp_path_factory.mktemp("written")) as base:
        yield base


def turn(said: str, whole: str = "", drugs: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> dict[str, object]:
    return {"said": said, "whole": whole, "drugs": drugs, "groups": groups}


ROWS = [
    {
        "id": "a",
        "turns": [
            turn("布洛芬混悬液怎么吃"),
            turn("有什么副作用", "布洛芬混悬液有什么副作用", ("布洛芬混悬液",), ("adverse_reactions",)),
            turn("换成华法林呢", "华法林有什么副作用", ("华法林",), ("adverse_reactions",)),
        ],
    },
    {
        "id": "b",
        "turns": [
            turn("ibuprofen uses"),
            turn("with warfarin?", "Can I take ibuprofen with warfarin?", ("ibuprofen", "warfarin"), ("interactions",)),
            turn("that other one", "Does absentol help?", ("absentol",), ("indications",)),
        ],
    },
    {
        "id": "c",
        "part": "frozen",
        "turns": [turn("华法林怎么吃"), turn("禁忌", "华法林的禁忌", ("华法林",), ("contraindications",))],
    },
]


def written(folder: Path, rows: list[dict[str, object]]) -> Path:
    file = folder / "zh.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def test_each_turn_is_measured_beside_its_question_in_full(tmp_path: Path, kb: KnowledgeBase) -> None:
    found = evaluate_written([written(tmp_path, ROWS)], kb)
    assert (found.conversations, found.absent, [one.id for one in found.told]) == (2, 1, ["a.2", "a.3", "b.2"])
    first = found.told[0]
    assert (first.standalone, first.agreement.exact, first.same) == ("布洛芬混悬液有什么副作用", True, True)
    assert first.whole == first.talked == {DRUG: 1.0, SECTION: 1.0}
    row = next(row for row in found.rows() if (row.group, row.measure) == ("zh", SECTION))
    assert (row.whole.n, row.talked.value, row.difference.value) == (2, 1.0, 0.0)


def test_frozen_conversations_are_held_apart(tmp_path: Path, kb: KnowledgeBase) -> None:
    found = evaluate_written([written(tmp_path, ROWS)], kb, frozen=True)
    assert [one.id for one in found.told] == ["c.2"]
    with pytest.raises(EvaluationError, match="no conversation that is frozen"):
        evaluate_written([written(tmp_path, ROWS[:2])], kb, frozen=True)


def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, kb: KnowledgeBase) -> None:
    with pytest.raises(EvaluationError, match=r"line 1.*groups"):
        evaluate_written([written(tmp_path, [{"id": "a", "turns": [turn("x"), turn("y", "z", ("w",), ("nonsense",))]}])], kb)
    with pytest.raises(EvaluationError, match="second time"):
        evaluate_written([written(tmp_path, [ROWS[0], ROWS[0]])], kb)


def test_the_command_holds_written_conversations_as_they_are(
    tmp_path: Path, kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]
) -> None:
    file, errors = written(tmp_path, ROWS), tmp_path / "errors.jsonl"
    assert main(["evaluate", "conversations", str(file), "--kb", str(kb.path), "--errors", str(errors)]) == 0
    said = capsys.readouterr().out
    assert "3 turns of 2 conversations; 1 turn left out" in said
    assert all(json.loads(line)["missed"] for line in errors.read_text("utf-8").splitlines())
    assert main(["evaluate", "conversations", str(tmp_path), "--kb", str(kb.path), "--frozen", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["understood"]["all"] == {"n": 1, "medicines": 1, "sections": 1, "patients": 1, "all": 1, "same": 1}


def test_the_projects_own_conversations_are_whole() -> None:
    files = written_files(OWN)
    assert [file.name for file in files] == ["zh.jsonl", "en.jsonl"]
    groups = {group.value for group in SectionGroup}
    for file in files:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert len({row["id"] for row in rows}) == len(rows) >= 60
        assert {row["part"] for row in rows} == {"dev"}  # opened: newer lists decide
        for row in rows:
            assert all(one["whole"] and one["drugs"] and set(one["groups"]) <= groups for one in row["turns"][1:])
    assert written_files(OWN.parent / "questions") == []
