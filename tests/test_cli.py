"""The command line: what each command prints, its JSON, its exit codes, and one clear line for what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medrag import __version__
from medrag.cli import contents, main

LABEL = """示例洛尔片
【药品名称】
通用名称：示例洛尔片
【适应症】用于治疗示例病。
【用法用量】口服。一次5mg，一日2次。
【禁忌】对本品过敏者禁用。
"""
OTHER = LABEL.replace("示例洛尔片", "样本西林胶囊").replace("示例病", "样本炎")
ANSWER_KEYS = (
    "question answer abstained reason confidence citations claims dangling evidence notices safety writing trace".split()
)
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
    assert "1 file: 1 read, 0 added, 0 updated, 1 unchanged, 0 failed" in again


def test_ingest_with_a_mapping_reads_any_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Medicine,What for\nExamplin,Hay fever.\n")
    (tmp_path / "m.yaml").write_text("title: Medicine\nsections:\n  What for: indications\n")
    found = as_json(capsys, "ingest", tmp_path / "t.csv", "--map", tmp_path / "m.yaml", "--kb", tmp_path / "k")
    assert (found["added"], found["files"][0]["reader"]) == (1, "columns")
    (tmp_path / "m.yaml").write_text("[1, 2]\n")
    assert "m.yaml: wanted" in failed(
        capsys, "ingest", tmp_path / "t.csv", "--map", tmp_path / "m.yaml", "--kb", tmp_path / "k", code=1
    )


def test_ingest_with_an_unknown_format_makes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "there is no reader 'nope'; there are: spl" in failed(
        capsys, "ingest", tmp_path, "--kb", tmp_path / "k", "--format", "nope", code=1
    )
    assert not (tmp_path / "k").exists()


def test_a_folder_with_nothing_in_it_is_said_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = printed(capsys, "ingest", tmp_path / "empty", "--kb", tmp_path / "k")
    assert "0 files: 0 read" in found
    assert f"there is no file to read in {tmp_path / 'empty'}" in found


def test_a_file_whose_reader_is_not_installed_stops_no_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openpyxl import Workbook

    files = tmp_path / "files"
    files.mkdir()
    Workbook().save(files / "a.xlsx")
    (files / "b.pdf").write_bytes(b"%PDF-1.4\n")
    (files / "c.txt").write_text(LABEL, encoding="utf-8")
    for package in ("openpyxl", "pypdfium2"):
        monkeypatch.setitem(sys.modules, package, None)
    found = as_json(capsys, "ingest", files, "--kb", tmp_path / "k", code=1)
    assert (found["added"], found["failed"]) == (1, 2)
    for file, package in zip(found["files"], ("openpyxl", "pypdfium2"), strict=False):
        assert file["problems"][0]["reason"] == f'{package} is not installed: run `pip install "medrag[documents]"`'


def test_without_faiss_the_command_that_installs_it_is_named(
    capsys: pytest.CaptureFixture[str], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert 'run `pip install "medrag[cpu]"`' in failed(capsys, "ask", "示例洛尔片的适应症", "--kb", made, code=1)
    anew = failed(capsys, "ingest", made, "--kb", made.with_name("other.kb"), code=1)  # before anything is read
    assert 'run `pip install "medrag[cpu]"`' in anew


def test_an_ingest_that_is_stopped_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LABEL, encoding="utf-8")
    (tmp_path / "b.txt").write_text(OTHER, encoding="utf-8")
    os.mkfifo(tmp_path / "never-ends.txt")
    kb = tmp_path / "k"
    printed(capsys, "ingest", tmp_path / "a.txt", "--kb", kb)
    command = [sys.executable, "-m", "medrag", "ingest", f"{tmp_path}/b.txt", f"{tmp_path}/never-ends.txt", "--kb", str(kb)]
    with (
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Tests that a script runs in the background ignore the signal, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as ingest,
        (tmp_path / "never-ends.txt").open("wb"),  # waits until the ingest has opened it
    ):
        ingest.send_signal(signal.SIGINT)
        out, error = ingest.communicate(timeout=60)
    assert (ingest.returncode, out, error.count("\n")) == (130, "", 1), error
    assert error.startswith("medrag: stopped")
    assert as_json(capsys, "verify", "--kb", kb) == {"ok": True, "commit": 1, "faults": []}
    assert [found["title"] for found in listed(capsys, kb)] == ["示例洛尔片"]


def test_ask_prints_the_answer_with_its_citation(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    text = printed(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made)
    assert "用于治疗示例病" in text
    assert "用于治疗示例病" in printed(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made, "--markdown")


def test_ask_as_json_has_the_keys_that_others_build_on(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    found = as_json(capsys, "ask", "示例洛尔片的适应症是什么？", "--kb", made)
    assert list(found) == ANSWER_KEYS
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
    assert set(first) == {"rank", "score", "found_by", "document", "section", "start", "end", "text", "also"}
    assert set(first["document"]) == {"source", "key", "version", "effective", "title", "maker", "lang", "reader"}
    assert set(first["section"]) == {"index", "code", "group", "heading", "path"}
    assert "5mg" in printed(capsys, "search", "示例洛尔片的用法用量", "--kb", made)


def test_a_search_can_be_explained(capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path) -> None:
    text = printed(capsys, "search", "3岁孩子示例洛尔片怎么吃", "--kb", made, "--explain")
    assert "示例洛尔片 (medicine)" in text and "patient    child, 3 years" in text and "because of" in text
    found = as_json(capsys, "search", "示例洛尔片怎么吃", "--kb", made, "--explain")
    assert {"names", "sections", "channels", "evidence"} <= set(found) and found["asked"][0]["group"] == "dosage"
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": 1, "question": "示例洛尔片怎么吃"}\n', encoding="utf-8")
    line = json.loads(printed(capsys, "search", "--questions", file, "--kb", made, "--explain"))
    assert (line.pop("id"), line["names"]) == (1, found["names"])


def test_a_fact_that_is_found_carries_its_sources_instead_of_a_section(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    fact = next(item for item in as_json(capsys, "search", "示例病有什么症状？", "--kb", made)["evidence"] if "fact" in item)
    assert set(fact) == {"rank", "score", "found_by", "fact", "sources", "text"}
    assert fact["fact"] == {"subject": "示例病", "relation": "has_symptom", "object": "头痛"}
    source = fact["sources"][0]
    assert set(source) == {"document", "start", "end", "quote", "sha256"}
    cited = as_json(capsys, "ask", "示例病有什么症状？", "--kb", made)["citations"][0]
    assert (cited["fact"], cited["section"], cited["quote"]) == (fact["fact"], None, source["quote"])


def test_a_file_of_questions_gives_an_object_a_line_with_its_id(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path
) -> None:
    history = [{"role": "user", "content": "示例洛尔片的适应症"}, {"role": "assistant", "content": "用于治疗示例病。"}]
    lines = [
        {"id": 7, "question": "示例洛尔片的适应症是什么？", "more": 1},
        {"id": "b", "question": "它的用法用量呢？", "history": history},
        {"id": "c", "question": 3},
        {"id": "d", "question": "禁忌呢？", "history": [{"role": "user"}]},
        {"id": "d", "question": "示例洛尔片的禁忌"},
        {"question": "示例洛尔片的禁忌"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n", encoding="utf-8")
    for command, key in (("ask", "answer"), ("search", "evidence")):
        assert main([command, "--questions", str(file), "--kb", str(made)]) == 1
        caught = capsys.readouterr()
        found = [json.loads(line) for line in caught.out.splitlines()]
        assert [line["id"] for line in found] == [7, "b", "c", "d", "d", None, None]
        assert "用于治疗示例病" in str(found[0][key])
        assert "5mg" in str(found[1][key])
        assert 'wanted {"id", "question"' in found[2]["error"]
        assert "line 4" in found[3]["error"]
        assert "对本品过敏者" in str(found[4][key])
        assert "对本品过敏者" in str(found[5][key])
        assert "line 7" in found[6]["error"]
        assert caught.err == "medrag: questions.jsonl: 3 lines could not be asked; the output says why\n"


def test_a_file_of_questions_may_be_empty_or_in_gb18030(capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"")
    assert printed(capsys, "ask", "--questions", file, "--kb", made) == ""
    file.write_bytes(json.dumps({"id": "一", "question": "示例洛尔片的禁忌"}, ensure_ascii=False).encode("gb18030"))
    found = json.loads(printed(capsys, "ask", "--questions", file, "--kb", made))
    assert found["id"] == "一"
    assert "对本品过敏者" in found["answer"]


def test_show_prints_a_document_or_an_entity(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    document = next(found for found in listed(capsys, made) if found["title"] == "示例洛尔片")
    text = printed(capsys, "show", document["key"], "--kb", made)
    assert "适应症" in text and "用于治疗示例病。" in text
    card = as_json(capsys, "show", "示例病", "--kb", made)["entities"][0]
    assert card["entity"]["name"] == "示例病"
    assert {(fact["relation"], fact["object"]["name"]) for fact in card["facts"]} >= {("has_symptom", "头痛")}
    assert "头痛" in printed(capsys, "show", "示例病", "--kb", made)
    assert document["key"] in printed(capsys, "show", "示例洛尔片", "--kb", made), "from the name to the labels about it"
    drug = as_json(capsys, "show", "示例洛尔片", "--kb", made)["entities"][0]
    assert [found["key"] for found in drug["documents"]] == [document["key"]]
    old = printed(capsys, "show", document["key"], "--kb", made, "--version", "1", "--source", "test")
    assert old == text
    assert "has no version 2" in failed(capsys, "show", document["key"], "--kb", made, "--version", "2", code=1)
    assert "there is no document or entity 'nobody'" in failed(capsys, "show", "nobody", "--kb", made, code=1)


def listed(capsys: pytest.CaptureFixture[str], kb: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed(capsys, "list", "--kb", kb, "--json").splitlines()]


def test_list_and_stats_say_what_is_there(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    assert {(found["source"], found["title"], *found["tags"]) for found in listed(capsys, made)} == {
        ("test", "示例洛尔片", "small"),
        ("test", "样本西林胶囊", "small"),
    }
    assert "样本西林胶囊" in printed(capsys, "list", "--kb", made)
    assert "示例病" in printed(capsys, "list", "--kb", made, "--records")
    assert printed(capsys, "list", "--kb", made, "--source", "other", "--json") == ""
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


def test_a_fault_of_our_own_is_one_line_too(
    capsys: pytest.CaptureFixture[str], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(contents, "open_kb")
    assert "a fault of medrag itself, NameError" in failed(capsys, "stats", "--kb", made, code=1)
    monkeypatch.setenv("MEDRAG_DEBUG", "1")
    with pytest.raises(NameError):
        main(["stats", "--kb", str(made)])


def test_it_says_its_version_and_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"medrag {__version__}\n"
    assert printed(capsys, "--help") == printed(capsys, code=2)
    assert "..." not in printed(capsys, "--help").partition("Commands:")[2], "no line is cut"


def run_module(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "medrag", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False)


def test_its_json_is_json_on_a_terminal_that_is_not_utf8(made: Path) -> None:
    done = run_module("ask", "示例洛尔片的禁忌", "--kb", made, "--json", PYTHONIOENCODING="latin-1")
    assert "对本品过敏者" in json.loads(done.stdout.decode("latin-1"))["answer"]
    done = run_module("ask", "示例洛尔片的禁忌", "--kb", made, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(run_module("stats", "--kb", made, "--json", LC_ALL="C").stdout)["labels"] == 2


def test_it_runs_as_a_module_and_a_closed_pipe_is_no_trace(made: Path) -> None:
    command = f"{sys.executable} -m medrag list --kb {made} --json | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout == "{"
