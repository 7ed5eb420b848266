"""The command line: what each command prints, its JSON, its exit codes, and one clear line for what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medrag.cli import main

LABEL = """示例洛尔片
【药品名称】
通用名称：示例洛尔片
【适应症】用于治疗示例病。
【用法用量】口服。一次5mg，一日2次。
【禁忌】对本品过敏者禁用。
"""
OTHER = LABEL.replace("示例洛尔片", "样本西林胶囊").replace("示例病", "样本炎")
TRIPLES = "head,relation,tail\n示例病,症状,头痛\n示例病,药物治疗,示例洛尔片\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base with two labels and two facts, made through the command line."""
    folder = tmp_path_factory.mktemp("cli")
    files = folder / "files"
    files.mkdir()
    (files / "a.txt").write_text(LABEL, encoding="utf-8")
    (files / "b.txt").write_text(OTHER, encoding="utf-8")
    (files / "graph.csv").write_text(TRIPLES, encoding="utf-8")
    assert main(["ingest", str(files), "--kb", str(folder / "x.kb"), "--source", "test", "--tag", "small"]) == 0
    return folder / "x.kb"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == code
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> Any:
    return json.loads(printed(capsys, *arguments, "--json", code=code))


def failed(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int) -> str:
    """The one line on standard error of a command that fails."""
    assert main([str(argument) for argument in arguments]) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.count("\n") == 1, caught.err
    assert caught.err.startswith("medrag: ")
    return caught.err


def test_ingest_reports_every_file_and_twice_adds_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(LABEL, encoding="utf-8")
    (tmp_path / "bad.bin").write_bytes(bytes(range(1, 200)) + b"\0" * 100)
    first = as_json(
        capsys, "ingest", tmp_path / "a.txt", tmp_path / "bad.bin", tmp_path / "none", "--kb", tmp_path / "k", code=1
    )
    assert {name: first[name] for name in ("ok", "read", "added", "failed")} == {
        "ok": False,
        "read": 1,
        "added": 1,
        "failed": 2,
    }
    by_name = {Path(found["path"]).name: found for found in first["files"]}
    assert by_name["a.txt"]["reader"] == "zh-label"
    assert "no reader recognises it" in by_name["bad.bin"]["problems"][0]["reason"]
    again = printed(capsys, "ingest", file, "--kb", tmp_path / "k")
    assert "1 files: 1 read, 0 added, 0 updated, 1 unchanged, 0 failed" in again


def test_ingest_with_a_mapping_reads_any_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Medicine,What for\nExamplin,Hay fever.\n")
    (tmp_path / "m.yaml").write_text("title: Medicine\nsections:\n  What for: indications\n")
    found = as_json(capsys, "ingest", tmp_path / "t.csv", "--map", tmp_path / "m.yaml", "--kb", tmp_path / "k")
    assert (found["added"], found["files"][0]["reader"]) == (1, "columns")
    (tmp_path / "m.yaml").write_text("[1, 2]\n")
    assert "m.yaml: wanted" in failed(
        capsys, "ingest", tmp_path / "t.csv", "--map", tmp_path / "m.yaml", "--kb", tmp_path / "k", code=2
    )


def test_ingest_with_an_unknown_format_makes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "there is no reader 'nope'; there are: spl" in failed(
        capsys, "ingest", tmp_path, "--kb", tmp_path / "k", "--format", "nope", code=1
    )
    assert not (tmp_path / "k").exists()


def test_ask_prints_the_answer_with_its_citation(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    text = printed(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made)
    assert "用于治疗示例病" in text
    assert "用于治疗示例病" in printed(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made, "--markdown")


def test_ask_as_json_has_the_keys_that_others_build_on(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    found = as_json(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made)
    assert list(found) == ["question", "answer", "abstained", "reason", "citations", "claims", "evidence", "notices", "trace"]
    assert not found["abstained"]
    citation = found["citations"][0]
    assert set(citation) == {"marker", "document", "section", "fact", "start", "end", "quote", "sha256"}
    shown = as_json(capsys, "show", citation["document"]["key"], "--kb", made)
    assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_an_abstention_is_no_failure(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    found = as_json(capsys, "ask", "司美格鲁肽的用法用量是什么？", "--kb", made)
    assert found["abstained"]
    assert found["reason"]
    assert found["citations"] == []


def test_search_as_json_has_the_keys_that_others_build_on(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    found = as_json(capsys, "search", "示例洛尔片的用法用量", "--kb", made, "--k", "3")
    assert list(found) == ["question", "evidence"]
    assert 1 <= len(found["evidence"]) <= 3
    first = found["evidence"][0]
    assert set(first) == {"rank", "score", "found_by", "document", "section", "start", "end", "text"}
    assert set(first["document"]) == {"source", "key", "version", "effective", "title", "maker", "lang"}
    assert set(first["section"]) == {"index", "code", "group", "heading", "path"}
    assert "5mg" in printed(capsys, "search", "示例洛尔片的用法用量", "--kb", made)


def test_a_file_of_questions_gives_an_object_a_line_with_its_id(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path
) -> None:
    history = [{"role": "user", "content": "示例洛尔片的适应症"}, {"role": "assistant", "content": "用于治疗示例病。"}]
    lines = [
        {"id": 7, "question": "示例洛尔片的适应症是什么？", "more": 1},
        {"id": "b", "question": "它的用法用量呢？", "history": history},
        {"id": "c", "question": 3},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n", encoding="utf-8")
    for command, key in (("ask", "answer"), ("search", "evidence")):
        assert main([command, "--questions", str(file), "--kb", str(made)]) == 1
        caught = capsys.readouterr()
        found = [json.loads(line) for line in caught.out.splitlines()]
        assert [line["id"] for line in found] == [7, "b", "c", None]
        assert "用于治疗示例病" in str(found[0][key])
        assert "5mg" in str(found[1][key])
        assert 'wanted {"id", "question"' in found[2]["error"]
        assert "line 4" in found[3]["error"]
        assert caught.err.count("\n") == 1


def test_show_prints_a_document_or_an_entity(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    document = next(found for found in listed(capsys, made) if found["title"] == "示例洛尔片")
    text = printed(capsys, "show", document["key"], "--kb", made)
    assert "适应症" in text and "用于治疗示例病。" in text
    card = as_json(capsys, "show", "示例病", "--kb", made)["entities"][0]
    assert card["entity"]["name"] == "示例病"
    assert {(fact["relation"], fact["object"]["name"]) for fact in card["facts"]} >= {("has_symptom", "头痛")}
    assert "头痛" in printed(capsys, "show", "示例病", "--kb", made)
    assert "there is no document 'nobody'" in failed(capsys, "show", "nobody", "--kb", made, code=1)


def listed(capsys: pytest.CaptureFixture[str], kb: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed(capsys, "list", "--kb", kb, "--json").splitlines()]


def test_list_and_stats_say_what_is_there(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    labels = [found for found in listed(capsys, made) if found["kind"] == "label"]
    assert {(found["source"], found["title"], *found["tags"]) for found in labels} == {
        ("test", "示例洛尔片", "small"),
        ("test", "样本西林胶囊", "small"),
    }
    assert "样本西林胶囊" in printed(capsys, "list", "--kb", made)
    assert as_json(capsys, "stats", "--kb", made)["labels"] == 2
    assert "labels" in printed(capsys, "stats", "--kb", made)


def test_delete_verify_and_reindex(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LABEL, encoding="utf-8")
    (tmp_path / "b.txt").write_text(OTHER, encoding="utf-8")
    kb = tmp_path / "k"
    main(["ingest", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--kb", str(kb)])
    capsys.readouterr()
    first, second = listed(capsys, kb)
    assert "no document 'nobody'" in failed(capsys, "delete", first["key"], "nobody", "--kb", kb, code=1)
    assert len(listed(capsys, kb)) == 2, "all or none"
    assert as_json(capsys, "delete", first["key"], "--kb", kb)["deleted"] == [first["key"]]
    assert [found["key"] for found in listed(capsys, kb)] == [second["key"]]
    assert as_json(capsys, "verify", "--kb", kb) == {"ok": True, "commit": 2, "faults": []}
    assert as_json(capsys, "reindex", "--kb", kb)["commit"] == 3
    assert "erased 1" in printed(capsys, "delete", second["key"], "--purge", "--kb", kb)
    assert "nothing wrong" in printed(capsys, "verify", "--kb", kb)
    assert listed(capsys, kb) == []


def test_verify_fails_where_something_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LABEL, encoding="utf-8")
    main(["ingest", str(tmp_path / "a.txt"), "--kb", str(tmp_path / "k")])
    capsys.readouterr()
    import sqlite3

    with sqlite3.connect(tmp_path / "k" / "catalogue.sqlite") as catalogue:
        catalogue.execute("update versions set text = replace(text, '5mg', '50mg')")
    catalogue.close()
    found = as_json(capsys, "verify", "--kb", tmp_path / "k", code=1)
    assert not found["ok"]
    assert found["faults"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "--kb", "x"],
        ["ask", "what?", "--questions", "f.jsonl", "--kb", "x"],
        ["ask", "what?"],
        ["ask", "what?", "--kb", "x", "--k", "0"],
        ["bogus"],
        ["stats", "--kb", "x", "--bogus"],
    ],
)
def test_a_usage_mistake_is_one_line_and_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "--help" in failed(capsys, *arguments, code=2)


def test_what_is_not_there_is_one_line_and_code_1(capsys: pytest.CaptureFixture[str], tmp_path: Path, made: Path) -> None:
    for command in (
        ["ask", "what?"],
        ["search", "what?"],
        ["show", "x"],
        ["list"],
        ["delete", "x"],
        ["stats"],
        ["verify"],
        ["reindex"],
    ):
        assert "no knowledge base at" in failed(capsys, *command, "--kb", tmp_path / "none.kb", code=1)
    assert "none.jsonl" in failed(capsys, "ask", "--questions", tmp_path / "none.jsonl", "--kb", made, code=1)
    assert failed(capsys, "ask", " ", "--kb", made, code=1)


def test_it_runs_as_a_module_and_a_closed_pipe_is_no_trace(made: Path) -> None:
    command = f"{sys.executable} -m medrag list --kb {made} --json | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout == "{"
