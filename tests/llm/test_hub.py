"""Nothing is fetched from the Hugging Face Hub unless it may be; what was fetched before is taken from the cache."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from medrag.cli import main
from medrag.errors import ModelError
from medrag.llm.doctor.examine import examine
from medrag.llm.doctor.findings import Finding, Level
from medrag.llm.hf_name import HfName, cached, located
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from tests.llm.taught import QUESTION
from tests.llm.tiny import REPLY

ASKED = [Message(Role.USER, QUESTION)]
NOT_HERE = (
    r"there is no (model|adapter) folder '.*' and none of that name in the Hugging Face cache: give its folder, "
    r"or allow it to be fetched from the Hub with download=True \(--download\)$"
)
Tiny = Callable[..., Path]


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The addresses that were called; none answers. The cache is empty."""
    called: list[Any] = []

    def refused(*address: Any, **_: Any) -> NoReturn:
        called.append(address)
        raise ConnectionRefusedError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr("time.sleep", lambda _: None)  # the Hub's client asks five times, with pauses that double
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return called


def fetched(folder: Path, name: str, hub: Path) -> Path:
    """Puts a folder into the cache as the Hub's client does."""
    kept = hub / f"models--{name.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    snapshot = kept / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for file in folder.iterdir():
        (snapshot / file.name).write_bytes(file.read_bytes())
    return snapshot


@pytest.mark.parametrize("named", ["hf:models/nonexist", "hf:nobody/nothing", "hf:nothing", "hf:bad name!"])
def test_a_mistyped_folder_is_told_without_asking_the_hub(named: str, calls: list[Any]) -> None:
    with pytest.raises(ModelError, match=NOT_HERE):
        load_model(named)
    assert calls == []


def test_an_adapter_that_is_not_here_is_told_without_asking_the_hub(tiny: Tiny, calls: list[Any]) -> None:
    with pytest.raises(ModelError, match=NOT_HERE):
        load_model(f"hf:{tiny('llama')}+lora=models/adapter", preset="bentsao-llama")
    assert calls == []


def test_an_adapters_folder_without_weights_is_not_looked_for_on_the_hub(
    tiny: Tiny, tmp_path: Path, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    adapter = tmp_path / "some" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text(
        '{"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"]}'
    )
    with pytest.raises(ModelError, match=r"the adapter .*some/adapter does not fit"):
        load_model(f"hf:{tiny('llama')}+lora=some/adapter", preset="bentsao-llama")
    assert calls == []


def test_a_model_and_an_adapter_of_the_cache_are_loaded_by_their_names(
    tiny: Tiny, adapted: tuple[Path, Path], tmp_path: Path, calls: list[Any]
) -> None:
    base, adapter = adapted
    at = fetched(base, "somebody/model", tmp_path / "hub")
    over = fetched(adapter, "somebody/adapter", tmp_path / "hub")
    named = "hf:somebody/model+lora=somebody/adapter"
    assert located(HfName.parse(named), download=False) == HfName(str(at), str(over))
    model = load_model(named, preset="bentsao-llama", dtype="float32", generation={"max_new": 30})
    assert (model.name, model.complete(ASKED).text) == (named, REPLY)
    assert calls == []


def test_with_download_names_stay_names_for_what_is_in_the_cache_may_be_half_a_model(tiny: Tiny, tmp_path: Path) -> None:
    at = fetched(tiny("llama"), "somebody/model", tmp_path / "hub")
    assert cached("somebody/model") == at
    assert located(HfName("somebody/model"), download=True) == HfName("somebody/model")
    assert located(HfName(str(at)), download=True) == HfName(str(at))


def test_a_model_in_a_folder_is_never_looked_for(tiny: Tiny, calls: list[Any]) -> None:
    assert load_model(f"hf:{tiny('qwen', 'chat')}", dtype="float32", download=True).complete(ASKED).text == REPLY
    assert calls == []


def test_the_doctor_asks_the_hub_only_where_it_may(calls: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = examine("hf:nobody/nothing")
    assert (first.level, first.what) == (Level.WRONG, "model")
    assert first.text.endswith("with download=True (--download)")
    assert second == Finding(Level.NOTE, "reply", "not tried, as it would fail")
    assert calls == []
    assert main(["doctor", "--llm", "hf:nobody/nothing", "--download"]) == 1
    note, wrong = capsys.readouterr().out.splitlines()
    assert note == "note  model: nobody/nothing is not on this machine: the Hugging Face Hub is asked for it, unseen"
    assert wrong.startswith("wrong loading: the tokenizer of nobody/nothing cannot be loaded")
    assert calls != []
