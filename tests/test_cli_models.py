"""`medrag ask --llm` against a real server on loopback, and `medrag check` of what it printed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.ingest.build import build
from tests.conftest import ROOT
from tests.llm.servers import DONE, Asked, OddServer, event, serving

ASKED = "阿司匹林肠溶片的禁忌是什么？"
LABEL = ROOT / "kb" / "labels" / "zh" / "asipilin-changrongpian.txt"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "labels.kb"
    build(LABEL, folder)
    return folder


REPLY = "对阿司匹林过敏者禁用[1]。活动性消化性溃疡患者可用[1]。"


def says(asked: Asked) -> None:
    """Answers any chat with the reply, streamed where that is asked for."""
    if asked.path.endswith("completions"):
        asked.stream(event(REPLY), event("", "stop"), DONE)
    else:
        asked.reply(
            200, "application/json", json.dumps({"object": "list", "data": [{"id": "tiny", "object": "model"}]}).encode()
        )


@pytest.fixture
def server() -> Iterator[OddServer]:
    with serving(says) as running:
        yield running


def ask(capsys: pytest.CaptureFixture[str], server: OddServer, made: Path, *options: str) -> str:
    assert main(["ask", ASKED, "--kb", str(made), "--llm", f"http:{server.url}#tiny", *options]) == 0
    return capsys.readouterr().out


def test_a_model_on_a_server_writes_and_its_fault_is_told(
    capsys: pytest.CaptureFixture[str], server: OddServer, made: Path
) -> None:
    out = ask(capsys, server, made)
    assert out.startswith("对阿司匹林过敏者禁用[1]。活动性消化性溃疡患者可用[1]。")
    assert "[1] 阿司匹林肠溶片 › 禁忌" in out
    assert "? “活动性消化性溃疡患者可用" in out


def test_dropping_leaves_the_fault_out(capsys: pytest.CaptureFixture[str], server: OddServer, made: Path) -> None:
    assert "可用" not in ask(capsys, server, made, "--policy", "drop").splitlines()[0]


def test_the_key_comes_from_the_environment_and_goes_to_the_server(
    capsys: pytest.CaptureFixture[str], server: OddServer, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDRAG_API_KEY", "secret-7")
    out = ask(capsys, server, made, "--json")
    assert {headers.get("Authorization") for _, headers, body in server.requests if body} == {"Bearer secret-7"}
    assert "secret-7" not in out


def test_the_printed_record_checks_and_a_changed_one_does_not(
    capsys: pytest.CaptureFixture[str], server: OddServer, made: Path, tmp_path: Path
) -> None:
    record = tmp_path / "answer.json"
    record.write_text(ask(capsys, server, made, "--json"), "utf-8")
    for against in (["--kb", str(made)], ["--source", str(LABEL)]):
        assert main(["check", str(record), *against]) == 0
        assert "all hold" in capsys.readouterr().out
    changed = json.loads(record.read_text("utf-8"))
    changed["citations"][0]["quote"] += "。"
    record.write_text(json.dumps(changed), "utf-8")
    assert main(["check", str(record), "--source", str(LABEL)]) == 1
    assert "the record was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "is empty"), ("{", "answer.json"), ("[1, 2]", "answer.json"), ('{"question": "x"}', "answer.json")],
)
def test_what_is_no_record_is_one_line(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path, text: str, told: str
) -> None:
    record = tmp_path / "answer.json"
    record.write_text(text, "utf-8")
    assert main(["check", str(record), "--kb", str(made)]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_model_that_nobody_knows_is_one_line(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    assert main(["ask", ASKED, "--kb", str(made), "--llm", "gpt-4"]) == 1
    assert "hf:" in capsys.readouterr().err


def test_a_server_that_is_not_there_leaves_the_evidence(capsys: pytest.CaptureFixture[str], made: Path) -> None:
    assert main(["ask", ASKED, "--kb", str(made), "--llm", "http:http://127.0.0.1:9/v1#tiny"]) in {0, 1}
    said = capsys.readouterr()
    assert "127.0.0.1:9" in said.out + said.err


@pytest.mark.parametrize(
    ("option", "shows"),
    [
        ("--html", "<sup"),
        ("--footnotes", "[^1]:"),
        ("--markdown", "> \\[1\\]"),
        ("--cards", '<aside class="card" id="qizhen-entity-1"><h4>'),
    ],
)
def test_the_forms_of_an_answer(
    capsys: pytest.CaptureFixture[str], server: OddServer, made: Path, option: str, shows: str
) -> None:
    assert shows in ask(capsys, server, made, option)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command line that is refused before anything is read."""
    assert main([*arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    "option",
    [
        ["--preset", "pulse-7b"],
        ["--policy", "drop"],
        ["--no-evidence", "fallback_marked"],
        ["--template", "t.yaml"],
        ["--entailment", "folder"],
        ["--dtype", "float32"],
        ["--trust-remote-code"],
        ["--download"],
        ["--set", "num_beams=1"],
    ],
)
def test_what_only_a_model_heeds_is_refused_without_one(
    capsys: pytest.CaptureFixture[str], made: Path, option: list[str]
) -> None:
    assert f"{option[0]}: only for a model that writes" in refused(capsys, "ask", ASKED, "--kb", str(made), *option)


@pytest.mark.parametrize("option", [["--dtype", "float32"], ["--trust-remote-code"], ["--download"]])
def test_what_only_a_model_in_this_process_heeds_is_refused_for_a_server(
    capsys: pytest.CaptureFixture[str], made: Path, option: list[str]
) -> None:
    error = refused(capsys, "ask", ASKED, "--kb", str(made), "--llm", "http:http://127.0.0.1:9/v1#tiny", *option)
    assert f"{option[0]}: only for models that run in this process" in error


def test_an_answer_is_printed_in_one_form(capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path) -> None:
    told = refused(capsys, "ask", ASKED, "--kb", str(made), "--markdown", "--html", "--json")
    assert "--markdown, --html, --json: an answer is printed in one form" in told
    told = refused(capsys, "ask", "--questions", str(tmp_path / "q.jsonl"), "--kb", str(made), "--cards")
    assert "--cards: --questions prints JSON" in told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("num_beams", "wanted a number, true or false"),
        ("beams=1", "wanted NAME=VALUE, where the names are max_new,"),
        ("max_new=many", "wanted a number, true or false"),
    ],
)
def test_a_setting_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], made: Path, written: str, told: str) -> None:
    error = refused(capsys, "ask", ASKED, "--kb", str(made), "--llm", "hf:any", "--set", written)
    assert f"--set {written}: {told}" in error


def test_settings_reach_the_model_or_are_refused(capsys: pytest.CaptureFixture[str], server: OddServer, made: Path) -> None:
    written = json.loads(
        ask(capsys, server, made, "--json", "--set", "max_new=77", "--set", "do_sample=true", "--set", "top_p=0.5")
    )["writing"]
    assert (written["generation"]["max_new"], written["generation"]["top_p"]) == (77, 0.5)
    (body,) = [body for _, _, body in server.requests if body]
    assert (body["max_tokens"], body["top_p"]) == (77, 0.5)
    for setting in ("num_beams=2", "temperature=0.7"):
        named = ("ask", ASKED, "--kb", str(made), "--llm", f"http:{server.url}#tiny", "--set", setting)
        assert f"--set {setting}: http:{server.url}#tiny does not heed it" in refused(capsys, *named)


def test_the_settings_are_those_of_presets() -> None:
    from medrag.cli.settings import SETTINGS
    from medrag.llm import presets

    assert set(SETTINGS) == set(presets._Generation.model_fields)


def test_many_questions_are_asked_at_once_and_answered_in_their_order(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path
) -> None:
    together = threading.Barrier(4)  # which no request passes before four of them are there

    def waits(asked: Asked) -> None:
        if asked.path.endswith("completions"):
            together.wait(timeout=30)
        says(asked)

    lines = [{"id": at, "question": f"{ASKED}{'？' * at}"} for at in range(8)]
    lines.insert(3, {"id": "bad", "question": 3})
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with serving(waits) as server:
        assert main(["ask", "--questions", str(file), "--kb", str(made), "--llm", f"http:{server.url}#tiny"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in found] == [0, 1, 2, "bad", 3, 4, 5, 6, 7]
    assert "error" in found[3]
    assert [line["question"] for line in found if "question" in line] == [f"{ASKED}{'？' * at}" for at in range(8)]
    assert {line["answer"] for line in found if "answer" in line} == {REPLY}


def test_what_a_file_of_questions_gave_is_checked_and_its_errors_are_counted(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path
) -> None:
    questions, record = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    questions.write_text(json.dumps({"id": 1, "question": 3}) + "\n" + json.dumps({"id": 2, "question": ASKED}), "utf-8")
    assert main(["ask", "--questions", str(questions), "--kb", str(made)]) == 1
    record.write_text(capsys.readouterr().out, "utf-8")
    assert main(["check", str(record), "--kb", str(made)]) == 0
    said = capsys.readouterr()
    assert "all hold" in said.out
    assert said.err == "medrag: answers.jsonl: 1 line held no answer but an error\n"
    record.write_text(json.dumps({"id": 1, "error": "x"}), "utf-8")
    assert main(["check", str(record), "--kb", str(made)]) == 1
    assert "holds 1 error and no answer" in capsys.readouterr().err


def test_a_folder_of_labels_may_hold_other_files_and_a_named_file_may_not_be_one(
    capsys: pytest.CaptureFixture[str], made: Path, tmp_path: Path
) -> None:
    record, folder = tmp_path / "answer.json", tmp_path / "labels"
    assert main(["ask", ASKED, "--kb", str(made), "--json"]) == 0
    record.write_text(capsys.readouterr().out, "utf-8")
    folder.mkdir()
    (folder / "README.md").write_text("# Labels\n\nWhere they come from.\n", "utf-8")
    (folder / "noise.bin").write_bytes(bytes(range(1, 200)) + b"\0" * 100)
    (folder / LABEL.name).write_bytes(LABEL.read_bytes())
    assert main(["check", str(record), "--source", str(folder)]) == 0
    assert "all hold" in capsys.readouterr().out
    assert main(["check", str(record), "--source", str(folder / "README.md")]) == 1
    assert "README.md" in capsys.readouterr().err
