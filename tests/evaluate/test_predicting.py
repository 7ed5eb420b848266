"""A model's answers to files of questions, and PULSE-EVAL's eight sets judged from them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.judges.replies import KeptReplies
from medrag.evaluate.judges.sets import ORDER, judge_sets, read_sets
from medrag.evaluate.open_questions import OpenQuestion, read_open
from medrag.evaluate.pairing import draw_pairs
from medrag.evaluate.predicting import predict
from medrag.llm.load import load_model
from medrag.llm.messages import Message
from medrag.llm.scripted import ScriptedLLM
from tests.shelf import shelf


def lines(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


# ------------------------------------------------------------------ questions


def test_questions_of_each_benchmark_are_read_as_they_stand(tmp_path: Path) -> None:
    pulse = lines(tmp_path / "webMedQA.jsonl", [{"type": "外科", "question": "疼怎么办", "reference_answer": ""}])
    assert read_open(pulse) == [OpenQuestion("line 1", "疼怎么办", "", "外科")]
    (tmp_path / "question.json").write_text(json.dumps([{"question": "为何发热", "ICD-10": "某些传染病"}]), "utf-8")
    assert [(one.question, one.group) for one in read_open(tmp_path / "question.json")] == [("为何发热", "某些传染病")]
    (tmp_path / "knowledge.txt").write_text("input\n请问甲药怎么吃？\n\n乙病怎么治\n", "utf-8")
    assert [one.question for one in read_open(tmp_path / "knowledge.txt")] == ["请问甲药怎么吃？", "乙病怎么治"]
    (tmp_path / "own.csv").write_bytes("id,问题,答案\n7,几点吃,早上\n".encode("gb18030"))
    assert read_open(tmp_path / "own.csv") == [OpenQuestion("7", "几点吃", "早上")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"question": "q"}\n{"type": "x"}\n', r"line 2\): question: field required"),
        ("a.jsonl", '{"id": "1", "question": "q"}\n{"id": "1", "question": "p"}\n', "'1' stands in the file a second time"),
        ("a.txt", "input\n", "there are no questions"),
    ],
)
def test_questions_that_cannot_be_asked_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_open(tmp_path / name)
    with pytest.raises(EvaluationError, match="No such file"):
        read_open(tmp_path / f"no-{name}")


# ------------------------------------------------------------------ answers

ASKED = [OpenQuestion("1", "甲", "一"), OpenQuestion("2", "乙"), OpenQuestion("3", "丙")]


def test_answers_are_kept_and_a_run_that_stopped_goes_on_to_the_same_file(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    predict(ASKED, "m", lambda question: (f"答{question}", ""), whole)
    heard: list[str] = []

    def stops(question: str) -> tuple[str, str]:
        heard.append(question)
        if heard == ["甲", "乙"]:
            raise KeyboardInterrupt
        return f"答{question}", ""

    part = tmp_path / "part.jsonl"
    with pytest.raises(KeyboardInterrupt):
        predict(ASKED, "m", stops, part)
    part.write_bytes(part.read_bytes() + b'{"id": "2", "ques')  # as a kill leaves it
    predict(ASKED, "m", stops, part)
    assert heard.count("甲") == 1 and part.read_bytes() == whole.read_bytes()


def test_what_failed_is_asked_again_and_is_no_answer(tmp_path: Path) -> None:
    out = tmp_path / "m.jsonl"
    rows = predict(ASKED, "m", lambda question: ("", "down") if question == "乙" else ("x", ""), out)
    assert [row.fault for row in rows] == ["", "down", ""]
    heard: list[str] = []
    rows = predict(ASKED, "m", lambda question: (heard.append(question) or "y", ""), out)  # type: ignore[func-returns-value]
    assert heard == ["乙"] and [row.predict_answer for row in rows] == ["x", "y", "x"]


def test_a_file_holds_one_models_answers_to_one_file_of_questions(tmp_path: Path) -> None:
    out = tmp_path / "m.jsonl"
    predict(ASKED, "m", lambda _question: ("x", ""), out)
    with pytest.raises(EvaluationError, match=r"line 1\): holds the answers of m, not of n: write into another file"):
        predict(ASKED, "n", lambda _question: ("x", ""), out)
    with pytest.raises(EvaluationError, match=r"line 2\): holds an answer to another question '2'"):
        predict([ASKED[0], OpenQuestion("2", "别的")], "m", lambda _question: ("x", ""), out)
    with out.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(EvaluationError, match="another run is writing there"):
            predict(ASKED, "m", lambda _question: ("x", ""), out)


def test_the_command_answers_from_a_knowledge_base_and_refuses_to_answer_by_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf(tmp_path).close()
    prompt = "文档：\n[1]甲药片\n适应症:发热。\n\n聊天记录:\n用户：布洛芬缓释胶囊好吗\nHelper：好\n用户：治什么"
    asked = lines(tmp_path / "asked.jsonl", [{"question": "布洛芬缓释胶囊治什么"}, {"question": prompt}])
    call = ["evaluate", "predict", str(asked), "--out", str(tmp_path / "out" / "own.jsonl")]
    assert main([*call, "--kb", str(tmp_path / "shelf.kb")]) == 0
    row, other = map(json.loads, (tmp_path / "out" / "own.jsonl").read_text("utf-8").splitlines())
    assert (
        "头痛" in row["predict_answer"]
        and "头痛" in other["predict_answer"]
        and row["model"].startswith("extractive, k 10, shelf.kb at commit")
    )
    assert main(call) == 1 and "name a model with --llm" in capsys.readouterr().err


# ------------------------------------------------------------------ PULSE-EVAL's sets


def folder_of(path: Path, models: Sequence[str]) -> Path:
    for at, model in enumerate(models):
        rows = [{"question": q, "reference_answer": "对", "predict_answer": q * (at + 1)} for q in ("甲", "乙")]
        lines(path / model / "MedicineQA_RAG.jsonl", rows)
        lines(path / model / "EMRHG.jsonl", rows)
        named = ["骨科|外科", "儿科"] if at else ["骨科", "内科"]
        triage = [
            {"question": q, "reference_answer": r, "predict_answer": p}
            for q, r, p in zip("甲乙", ("骨科|外科", "儿科"), named, strict=True)
        ]
        lines(path / model / "MedTriage.jsonl", triage)
    return path


def longer_wins(messages: Sequence[Message]) -> str:
    parts = messages[-1].content.split("'s Answer]\n")
    first, second = (parts[at].split("\n[The End")[0] for at in (1, 3))
    return f"{len(first)} {len(second)}"


def test_sets_are_found_by_either_name_and_a_model_of_ones_own_comes_last(tmp_path: Path) -> None:
    sets = read_sets(folder_of(tmp_path, ("Aown", "PULSE-Pro", "ChatGPT")))
    assert list(sets) == ["MedicineQA", "DialogSumm", "MedTriage"]
    assert list(sets["MedicineQA"].models) == ["ChatGPT", "PULSE-Pro", "Aown"]
    assert list(read_sets(tmp_path, ["medicineqa"])) == ["MedicineQA"] and len(ORDER) == 12
    with pytest.raises(EvaluationError, match="there is no set 'none': choose among MedQA-USMLE"):
        read_sets(tmp_path, ["none"])
    (tmp_path / "Aown" / "EMRHG.jsonl").unlink()
    with pytest.raises(EvaluationError, match="there is no DialogSumm of Aown"):
        read_sets(tmp_path)
    with pytest.raises(EvaluationError, match="two models or more"):
        read_sets(tmp_path / "Aown")


def test_a_model_of_ones_own_leaves_the_published_pairs_as_they_are() -> None:
    published = draw_pairs(ORDER)
    assert len(published) == 660 and draw_pairs([*ORDER, "mine"])[:660] == published


def test_sets_are_judged_in_pairs_triage_by_labels_and_all_are_ranked(tmp_path: Path) -> None:
    llm = ScriptedLLM(longer_wins)
    found = judge_sets(
        read_sets(folder_of(tmp_path, ("ChatGPT", "PULSE-Pro"))), KeptReplies(load_model(llm)), rounds=2, resamples=20
    )
    assert [one.name for one in found.sets] == ["MedicineQA", "DialogSumm"]
    assert [one.model for one in found.sets[0].rated.models] == ["PULSE-Pro", "ChatGPT"]
    shown = ["[Reference Answer]" in call[-1].content for call in llm.calls]
    assert shown.count(True) == len({call[-1].content for call in llm.calls if "[Reference Answer]" in call[-1].content}) > 0
    assert not all(shown)  # DialogSumm alone
    one = found.triage["ChatGPT"]
    assert (one.hits, one.named, one.right) == (1, 2, 3) and found.triage["PULSE-Pro"].f1 == 1.0
    assert found.ranks == {"ChatGPT": 2.0, "PULSE-Pro": 1.0}


def test_the_command_judges_the_sets_again_from_recorded_replies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, recorded = folder_of(tmp_path / "predicted", ("ChatGPT", "own")), tmp_path / "recorded.jsonl"
    judge_sets(read_sets(folder), KeptReplies(load_model(ScriptedLLM(longer_wins)), recorded), rounds=2, resamples=20)
    call = ["evaluate", "judge", "sets", str(folder), "--judge", f"recorded:{recorded}", "--rounds", "2"]
    assert main([*call, "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "average rank" in shown and "over 3 sets" in shown and "MedTriage" in shown
    assert (tmp_path / "out" / "DialogSumm" / "battles.csv").is_file()
    with (tmp_path / "out" / "run.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert main([*call, "--out", str(tmp_path / "out")]) == 1
    assert "another run is writing there" in capsys.readouterr().err
