"""Judges that are models: one in this process, and one behind a real OpenAI-compatible server, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from medrag.cli import main
from medrag.evaluate.judges.pairwise import pairwise_messages
from medrag.evaluate.judges.sets import read_sets
from tests.evaluate.test_predicting import folder_of
from tests.llm.servers import transformers_serving
from tests.llm.tiny import KNOWN, model_of, quiet, tokenizer_of
from tests.shelf import shelf

VERDICT = "7 4\nThe first says more."
MODELS = ("ChatGPT", "PULSE-Pro", "own")


def _sent(tokenizer: Any, question: str, first: str, second: str, reference: str = "") -> list[int]:
    """The ids of what the judge is sent."""
    messages = pairwise_messages(question, first, second, reference=reference)
    told = [{"role": message.role.value, "content": message.content} for message in messages]
    text = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    return list(tokenizer.encode(text, add_special_tokens=False))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learnt to judge: whatever is compared, for the first seat."""
    torch.manual_seed(1)
    tokenizer = tokenizer_of("qwen")
    model = model_of("qwen", len(tokenizer))
    verdict = [*tokenizer.encode(VERDICT, add_special_tokens=False), tokenizer.eos_token_id]
    shown = [_sent(tokenizer, "甲", "甲", "甲甲"), _sent(tokenizer, "乙", "乙乙", "乙", "对")]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = [1.0, 1.0]
    for step in range(80):
        ids = [*shown[step % 2], *verdict]
        labels = [-100] * len(shown[step % 2]) + verdict  # only what is said is learnt
        loss = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
        losses[step % 2] = loss.item()
        if max(losses) < KNOWN / 4:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("judge") / "tiny"
    tokenizer.save_pretrained(folder)
    with quiet():
        model.eval().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def url(judge: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of transformers' OpenAI-compatible server with the judge."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    with transformers_serving(judge, tmp_path_factory.mktemp("home")) as address:
        yield address


def test_a_judge_in_this_process_rates_models_and_is_replayed_from_what_it_said(judge: Path, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "predicted", MODELS)
    files = [str(folder / model / "MedicineQA_RAG.jsonl") for model in MODELS]
    for model, file in zip(MODELS, files, strict=True):
        Path(file).rename(tmp_path / f"{model}.jsonl")
    call = ["evaluate", "judge", "pairs", *(str(tmp_path / f"{model}.jsonl") for model in MODELS), "--rounds", "1"]
    assert main([*call, "--judge", f"hf:{judge}", "--set", "max_new=32", "--out", str(tmp_path / "own")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "own" / "replies.jsonl").read_text("utf-8").splitlines()]
    assert VERDICT in {row["reply"] for row in rows}
    recorded = tmp_path / "own" / "replies.jsonl"
    assert main([*call, "--judge", f"recorded:{recorded}", "--out", str(tmp_path / "again")]) == 0
    first, again = (json.loads((tmp_path / name / "ratings.json").read_text("utf-8"))["models"] for name in ("own", "again"))
    assert first == again and len(first) == 3


def test_a_judge_behind_a_server_is_killed_and_goes_on_to_the_same_ratings(judge: Path, url: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "predicted", MODELS)
    call = ["evaluate", "judge", "sets", str(folder), "--judge", f"http:{url}#{judge}", "--rounds", "2"]
    replies = tmp_path / "killed" / "replies.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "medrag", *call, "--out", str(replies.parent)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    while process.poll() is None and not (replies.exists() and replies.read_bytes().count(b"\n") >= 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    there = replies.read_bytes().splitlines() if replies.exists() else []
    assert len(there) >= 2, said.decode()
    assert main([*call, "--out", str(replies.parent)]) == 0
    assert replies.read_bytes().splitlines()[: len(there) - 1] == there[:-1]  # asked once and kept
    assert main([*call, "--out", str(tmp_path / "unbroken")]) == 0
    for name in ("MedicineQA", "DialogSumm"):
        one, other = (json.loads((tmp_path / run / name / "ratings.json").read_text("utf-8")) for run in ("killed", "unbroken"))
        assert one == other and "6 comparisons" in one["said"]
    assert list(read_sets(folder)) == ["MedicineQA", "DialogSumm", "MedTriage"]


def test_a_judge_that_goes_by_the_seat_makes_ties_when_it_is_asked_in_both(judge: Path, url: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "predicted", MODELS[:2])
    call = ["evaluate", "judge", "sets", str(folder), "--judge", f"http:{url}#{judge}", "--rounds", "2", "--both-seats"]
    assert main([*call, "--out", str(tmp_path / "out"), "--only", "MedicineQA"]) == 0
    assert "2 ties" in json.loads((tmp_path / "out" / "MedicineQA" / "ratings.json").read_text("utf-8"))["said"]


def test_a_consultation_with_models_ends_whole_and_what_a_judge_says_without_marks_is_in_no_average(
    judge: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf(tmp_path).close()
    (tmp_path / "cases.jsonl").write_text('{"id": "1", "case": "头痛", "first_question": "布洛芬缓释胶囊治什么"}\n', "utf-8")
    call = ["evaluate", "judge", "consultations", str(tmp_path / "cases.jsonl"), "--kb", str(tmp_path / "shelf.kb")]
    assert main([*call, "--judge", f"http:{url}#{judge}", "--set", "max_new=32", "--out", str(tmp_path / "out")]) == 1
    assert "none of its 1 judgements can be read" in capsys.readouterr().err
    talk = json.loads((tmp_path / "out" / "talks.jsonl").read_text("utf-8"))
    patients = sum(turn["role"] == "user" for turn in talk["turns"])
    assert len(talk["turns"]) == 2 * patients and (patients == 3) is not bool(talk["fault"])
