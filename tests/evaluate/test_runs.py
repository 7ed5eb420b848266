"""Runs: kept as they go, gone on with after being killed, compared and reported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.answer.engine import MedRAG
from medrag.errors import EvaluationError
from medrag.evaluate.runs.compare import compare_runs, randomisation
from medrag.evaluate.runs.folder import RECORDS, read_run, writing
from medrag.evaluate.runs.manifest import differences, manifest_of, source_commit
from medrag.evaluate.runs.records import Asked
from medrag.evaluate.runs.run import run
from medrag.evaluate.runs.tasks import run_tasks
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from tests.evaluate.running import asked, done, manifest, own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the knowledge base `shelf.kb` and questions."""
    return asked(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def kb(folder: Path) -> Iterator[KnowledgeBase]:
    """The knowledge base, opened."""
    with KnowledgeBase.open(folder / "shelf.kb") as opened:
        yield opened


def test_a_run_asks_every_question_once_and_its_table_says_what_does_not_count(
    folder: Path, kb: KnowledgeBase, tmp_path: Path
) -> None:
    found = done(folder, kb, tmp_path / "run")
    values = {(line.task, line.measure): line.estimate for line in found.table.lines if line.group == "all"}
    assert values["own-zh", "drug@1"].n == 4 and values["own-zh", "drug@1"].value == 1.0
    assert values["own-zh", "Success@1"].total == 3 and values["own-zh", "supported"].total == 3
    assert values["own-zh", "citation recall"].value == 1.0 and values["absent-zh", "refused"].value == 1.0
    assert [(one.task, one.questions, one.scored, one.absent, one.faults) for one in found.table.tallies] == [
        ("own-zh", 5, 4, 1, 0),
        ("absent-zh", 1, 1, 0, 0),
    ]
    assert (found.kept, found.asked) == (0, 6)
    record = {one.id: one for one in read_run(tmp_path / "run")[1]}["b"]
    assert (
        record.found[0].title == "鼻炎丸" and "鼻塞" in record.found[0].text and record.quoted[0].quote in record.found[0].text
    )


def test_the_same_run_twice_gives_the_same_bytes_whatever_the_number_of_workers(
    folder: Path, kb: KnowledgeBase, tmp_path: Path
) -> None:
    done(folder, kb, tmp_path / "one")
    done(folder, kb, tmp_path / "two", workers=4)
    assert (tmp_path / "one" / "table.json").read_bytes() == (tmp_path / "two" / "table.json").read_bytes()


def test_a_run_that_stopped_goes_on_where_it_was_and_gives_the_same_table(
    folder: Path, kb: KnowledgeBase, tmp_path: Path
) -> None:
    done(folder, kb, tmp_path / "whole")
    lines = (tmp_path / "whole" / RECORDS).read_bytes().splitlines(keepends=True)
    for kept in range(len(lines)):
        broken = tmp_path / f"broken {kept}"
        broken.mkdir()
        (broken / "manifest.json").write_bytes((tmp_path / "whole" / "manifest.json").read_bytes())
        (broken / RECORDS).write_bytes(b"".join(lines[:kept]) + lines[kept][: len(lines[kept]) // 2])
        found = done(folder, kb, broken)
        assert (found.kept, found.asked) == (kept, len(lines) - kept)
        assert (broken / "table.json").read_bytes() == (tmp_path / "whole" / "table.json").read_bytes()


KILLED = """
import sys, time
from pathlib import Path
from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from tests.evaluate.test_runs import done

class Slow(MedRAG):
    def ask(self, *a, **b):
        time.sleep(0.3)
        return super().ask(*a, **b)

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
with KnowledgeBase.open(folder / "shelf.kb") as kb:
    done(folder, kb, out, rag=Slow(kb))
"""


def test_a_killed_process_loses_nothing_that_it_kept(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder), str(out)], cwd=Path(__file__).parents[2])
    try:
        while not (out / RECORDS).exists() or (out / RECORDS).read_bytes().count(b"\n") < 2:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    found = done(folder, kb, out)
    assert found.kept >= 2 and found.kept + found.asked == 6
    done(folder, kb, tmp_path / "whole")
    assert (out / "table.json").read_bytes() == (tmp_path / "whole" / "table.json").read_bytes()


def test_a_folder_holds_one_run(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    done(folder, kb, tmp_path / "run")
    with pytest.raises(EvaluationError, match=r"holds another run, which differs in settings\.k: 10 and 5"):
        done(folder, kb, tmp_path / "run", k=5)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x", "utf-8")
    with pytest.raises(EvaluationError, match="not empty and holds no run"):
        done(folder, kb, tmp_path / "full")


def test_two_runs_at_once_do_not_write_into_one_folder(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    with writing(tmp_path / "run", manifest(folder, kb)), pytest.raises(EvaluationError, match="another run is writing there"):
        done(folder, kb, tmp_path / "run")


@pytest.mark.parametrize("text", ["{}\n", "not json\n"])
def test_a_record_that_is_none_is_named_with_its_line(folder: Path, kb: KnowledgeBase, tmp_path: Path, text: str) -> None:
    done(folder, kb, tmp_path / "run")
    with (tmp_path / "run" / RECORDS).open("a", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(EvaluationError, match=r"line 7\): this is no record"):
        read_run(tmp_path / "run")
    with pytest.raises(EvaluationError, match="there is no run"):
        read_run(tmp_path)


def test_a_model_that_fails_is_counted_and_asked_again(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    broken = MedRAG(kb, llm=ScriptedLLM(Script(error=RuntimeError("down"))))
    found = done(folder, kb, tmp_path / "run", rag=broken)
    tally = found.table.tallies[0]
    assert tally.faults >= 3 and tally.scored + tally.absent + tally.faults == 5
    assert all("gave no answer" in one.fault for one in read_run(tmp_path / "run")[1] if one.fault)
    again = done(folder, kb, tmp_path / "run", rag=MedRAG(kb, llm=ScriptedLLM("用于鼻塞、流涕[1]。")))
    assert again.asked == tally.faults and again.table.tallies[0].faults == 0


def record(task: str, name: str, value: float, **more: float) -> Asked:
    return Asked(task=task, id=name, question="?", values={"Success@1": value, **more})


def test_runs_are_compared_on_the_questions_that_both_scored(folder: Path, kb: KnowledgeBase) -> None:
    one = manifest(folder, kb)
    first = [record("own-zh", str(at), 0.0) for at in range(8)]
    second = [record("own-zh", str(at), float(at < 6)) for at in range(1, 9)]
    (line,) = compare_runs((one, first), (one, second))
    assert (line.difference.n, line.difference.wins) == (7, 5) and line.difference.value == pytest.approx(5 / 7)
    other = one.model_copy(update={"data": {**one.data, "own-zh: zh.jsonl": "0" * 64}})
    with pytest.raises(EvaluationError, match="asked different questions of the task own-zh"):
        list(compare_runs((one, first), (other, second)))
    with pytest.raises(EvaluationError, match="no task in common"):
        list(compare_runs((one, first), (one.model_copy(update={"tasks": ("qizhen",), "data": {}}), second)))


def test_the_randomisation_test_counts_sign_changes() -> None:
    better = {str(at): 1.0 for at in range(5)}
    worse = dict.fromkeys(better, 0.0)
    assert randomisation(worse, better) == pytest.approx(2 / 2**5, abs=0.01)  # all five the same way, two-sided
    assert randomisation(better, better) == 1.0
    assert randomisation({"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 0.0}) == pytest.approx(1.0)


def test_a_manifest_says_what_differs(folder: Path, kb: KnowledgeBase) -> None:
    one = manifest(folder, kb)
    assert differences(one, one) == [] and differences(one, manifest(folder, kb, k=3)) == ["settings.k: 10 and 3"]
    assert one.commit == kb.commit and len(one.data["own-zh: zh.jsonl"]) == 64 and "numpy" in one.packages


def test_the_commit_of_a_working_copy_is_read_loose_packed_and_detached(tmp_path: Path) -> None:
    git, inside = tmp_path / ".git", tmp_path / "medrag" / "a" / "b.py"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (git / "packed-refs").write_text("# pack-refs\nfeed refs/heads/main\n", "utf-8")
    assert source_commit(inside) == "feed"
    (git / "refs" / "heads" / "main").write_text("beef\n", "utf-8")
    assert source_commit(inside) == "beef"
    (git / "HEAD").write_text("cafe\n", "utf-8")
    assert source_commit(inside) == "cafe"
    assert source_commit(tmp_path / ".venv" / "site-packages" / "medrag" / "b.py") == ""  # somebody's project, not medrag's


def test_the_commit_of_a_further_working_tree_is_its_own(tmp_path: Path) -> None:
    tree, git = tmp_path / "tree", tmp_path / "repository" / ".git"
    (git / "worktrees" / "tree").mkdir(parents=True)
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {git}/worktrees/tree\n", "utf-8")
    (git / "worktrees" / "tree" / "HEAD").write_text("ref: refs/heads/side\n", "utf-8")
    (git / "worktrees" / "tree" / "commondir").write_text("../..\n", "utf-8")
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "refs" / "heads" / "side").write_text("face\n", "utf-8")
    assert source_commit(tree / "medrag" / "b.py") == "face"


# ------------------------------------------------------------------ a user's own questions


def test_a_users_own_questions_have_sections_an_answer_or_choices(kb: KnowledgeBase, tmp_path: Path) -> None:
    text = (
        "question,document,section,answer,choices\n"
        "鼻炎丸怎么吃,鼻炎丸,用法用量,,\n"
        "止咳丸一次几丸,,,6丸,\n"
        "鼻炎丸治什么,,,B,骨折|鼻炎引起的鼻塞|高血压\n"
    )
    tasks = run_tasks(own(tmp_path, text))
    found = run(tasks, MedRAG(kb), tmp_path / "run", manifest_of(kb, {"mine": tasks[0][1]}, {}))
    values = {line.measure: line.estimate for line in found.table.lines if line.group == "all"}
    assert values["Success@1"].n == 1 and values["contains"].value == 1.0 and values["accuracy"].value == 1.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("怎么吃,,,,", r"row 2|line 2"),
        ("怎么吃,,,D,甲|乙", "the right one as answer, found 'D'"),
        ("怎么吃,,,A,甲", "wanted two choices or more"),
        (",鼻炎丸,用法用量,,", "question"),
    ],
)
def test_a_row_without_what_is_right_is_named(tmp_path: Path, row: str, message: str) -> None:
    tasks = run_tasks(own(tmp_path, f"question,document,section,answer,choices\n{row}\n"))
    with pytest.raises(EvaluationError, match=message):
        tasks[0][0].read(tasks[0][1], False)


def test_labels_that_the_questions_bring_along_are_asked_and_refusals_are_scored(kb: KnowledgeBase, tmp_path: Path) -> None:
    rows = [
        {
            "qid": "1",
            "task": "factual",
            "question": "What is Examplexin used for?",
            "set_id": "one",
            "drug_name": "Examplexin",
            "context": [
                {"section_title": "1 INDICATIONS", "section_code": "34067-9", "text": "Examplexin is used for gout."},
                {"section_title": "2 DOSAGE", "section_code": "34068-7", "text": "Take one tablet a day."},
            ],
        },
        {
            "qid": "2",
            "task": "refusal",
            "question": "Which dose of Otherexin do dogs get?",
            "set_id": "two",
            "drug_name": "Otherexin",
        },
    ]
    file = tmp_path / "dev.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    tasks = run_tasks(file, ["fdarxbench"])
    before = kb.stats().documents
    found = run(tasks, MedRAG(kb), tmp_path / "run", manifest_of(kb, {"fdarxbench": file}, {}))
    values = {line.measure: line.estimate for line in found.table.lines if line.group == "all"}
    assert (values["Success@1"].value, values["answered"].value, values["refused"].value) == (1.0, 1.0, 1.0)
    assert values["answered"].n == values["refused"].n == 1 and kb.stats().documents == before


def test_questions_without_gold_are_measured_by_what_is_answered_and_cited(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "question.json").write_text(json.dumps([{"question": "鼻炎丸治什么", "ICD-10": "呼吸系统疾病"}]), "utf-8")
    (tmp_path / "sample.txt").write_text("input\n鼻炎丸的用法用量是怎么样的？\n今天星期几\n", "utf-8")
    values = {}
    for name, file in (("cmcoqa", "question.json"), ("knowledge-tuning", "sample.txt")):
        tasks = run_tasks(tmp_path / file, [name])
        found = run(tasks, MedRAG(kb), tmp_path / name, manifest_of(kb, {name: tasks[0][1]}, {}))
        values |= {(name, line.measure): line.estimate for line in found.table.lines if line.group == "all"}
    assert values["cmcoqa", "answered"].value == values["cmcoqa", "citation recall"].value == 1.0
    assert values["knowledge-tuning", "entity"].total == values["knowledge-tuning", "entity and attribute"].total == 1.0
    assert values["knowledge-tuning", "answered"].n == 2


def test_one_file_is_read_in_the_form_of_the_task_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"question": "甲治什么"}\n', "utf-8")
    ((task, file),) = run_tasks(tmp_path / "a.jsonl", ["open"])
    assert task.name == "open" and file.name == "a.jsonl" and len(task.read(file, False)) == 1
    with pytest.raises(EvaluationError, match="one file has the form of one task"):
        run_tasks(tmp_path / "a.jsonl", ["open", "qizhen"])


def test_unknown_and_missing_tasks_are_errors(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="there is no task 'sung'"):
        run_tasks(folder, ["sung"])
    with pytest.raises(EvaluationError, match=r"there is no en\.jsonl for the task own-en"):
        run_tasks(folder, ["own-en"])
    with pytest.raises(EvaluationError, match="wanted a file of questions"):
        run_tasks(tmp_path)
