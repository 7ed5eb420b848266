"""`medrag doctor` on tiny models that are right, and on ones that are broken each in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medrag.cli import main
from medrag.errors import ModelError
from medrag.llm.doctor import files, machine
from medrag.llm.doctor.checkpoint import Adapter, Checkpoint, header
from medrag.llm.doctor.examine import PATIENCE, examine
from medrag.llm.doctor.examine import QUESTION as ASKED
from medrag.llm.doctor.files import needed_bytes
from medrag.llm.doctor.findings import Finding, Level
from medrag.llm.doctor.machine import examine_machine, gigabytes
from medrag.llm.load import load_model
from medrag.llm.presets import preset_named
from tests.llm.servers import DONE, Asked, event, free_port, serving
from tests.llm.taught import copied
from tests.llm.tiny import learn, model_of, quiet, tokenizer_of

Tiny = Callable[..., Path]


def wrongs(findings: list[Finding]) -> list[str]:
    return [f"{finding.what}: {finding.text}" for finding in findings if finding.level is Level.WRONG]


def examined(named: str, **options: Any) -> list[Finding]:
    return list(examine(named, **{"dtype": "float32", "limits": replace(PATIENCE, characters=60), **options}))


def test_a_sound_model_is_found_sound_and_speaks(tiny: Tiny) -> None:
    folder = tiny("qwen", "chat")
    findings = examined(f"hf:{folder}")
    assert wrongs(findings) == []
    assert [finding.what for finding in findings] == ["files", "memory", "preset", "model", "reply"]
    assert findings[0].text == f"{folder}: qwen2, 147,264 parameters, float32"
    assert findings[-1].text.startswith("“")


def test_another_models_preset_is_found_by_architecture_and_by_tokens(tiny: Tiny) -> None:
    found = wrongs(examined(f"hf:{tiny('llama')}", preset="disc-medllm"))
    assert "preset: disc-medllm is for baichuan (Flmc/DISC-MedLLM), and this is llama" in found
    assert any("token 195 is '<0xC0>' here and <reserved_102> in the model of this preset" in fault for fault in found)
    baichuan = wrongs(examined(f"hf:{tiny('baichuan', 'disc-medllm')}", preset="disc-medllm"))
    assert baichuan == ["preset: disc-medllm is for baichuan (Flmc/DISC-MedLLM), and this is llama"]
    found = wrongs(examined(f"hf:{tiny('qwen')}", preset="bentsao-llama"))
    assert found[0].startswith("preset: bentsao-llama is for llama")


def test_ids_that_differ_between_preset_and_tokenizer_are_told(tiny: Tiny, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("own:\n  like: bentsao-llama\n  ids: {bos: 1, eos: 5}\n  generation: {max_new: 8}\n")
    findings = examined(f"hf:{tiny('llama')}", preset=str(own))
    assert Finding(Level.NOTE, "preset", "eos is 5 in the preset and 2 (</s>) in the tokenizer") in findings
    own.write_text("own:\n  like: bentsao-llama\n  ids: {}\n  architectures: []\n")
    found = wrongs(examined(f"hf:{tiny('qwen')}", preset=str(own)))
    assert "loading: the tokenizer has no token 'bos', which the preset needs: is it another model's preset?" in found
    own.write_text("own:\n  like: qizhen-chatglm-6b\n  architectures: []\n")
    found = wrongs(examined(f"hf:{tiny('llama')}", preset=str(own)))
    assert "loading: the tokenizer has no token '[gMASK]', which the preset needs: is it another model's preset?" in found


def test_a_model_without_a_template_is_told_which_presets_there_are(tiny: Tiny) -> None:
    (fault,) = wrongs(examined(f"hf:{tiny('bloom')}"))
    assert fault == (
        "template: it has no chat template, so name the preset that it was trained with: presets for bloom are "
        "bentsao-bloom, normpulse, pulse-7b"
    )


def test_an_adapter_of_its_base_and_one_of_another(tiny: Tiny, adapted: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = adapted
    findings = examined(f"hf:{base}+lora={adapter}", preset="bentsao-llama")
    # What it says to a question that it was not taught is chance.
    assert [fault for fault in wrongs(findings) if not fault.startswith("reply")] == []
    assert "LORA over 14 layers, trained on this base" in [finding.text for finding in findings if finding.what == "adapter"]
    moved = copied(base, tmp_path)
    notes = [
        finding.text for finding in examined(f"hf:{moved}+lora={adapter}", preset="bentsao-llama") if finding.what == "adapter"
    ]
    assert notes == [f"it was trained on {base}, and the base is {moved}: are they the same weights?"]
    (fault,) = wrongs(examined(f"hf:{tiny('bloom')}+lora={adapter}", preset="bentsao-bloom"))
    assert fault.startswith(
        f"adapter: it does not fit the base: it was trained on {base}; the base has no layer model.layers.0"
    )
    assert fault.endswith("and 11 more")


def test_an_adapter_of_another_width_is_found() -> None:
    base = Checkpoint(Path(), {}, {"model.layers.0.q.weight": (32, 64), "h.0.q.weight": (32, 64)}, frozenset(), 1)
    fits = Adapter(Path(), "b", "LORA", {"model.layers.0.q": (64, 32), "transformer.h.0.q": (64, 32)})
    wide = Adapter(Path(), "b", "LORA", {"model.layers.0.q": (128, 32)})
    assert fits.faults(base) == []
    assert wide.faults(base) == ["model.layers.0.q is 32 x 128 in the adapter and 32 x 64 in the base"]


@pytest.mark.parametrize(
    ("files_there", "fault"),
    [
        ({}, "holds no model: there is no config.json"),
        ({"config.json": "not json"}, "holds no model: there is no config.json"),
        ({"config.json": '{"model_type": "llama"}'}, "holds no weights"),
        ({"config.json": '{"model_type": "llama"}', "model.safetensors": "torn"}, "is no whole safetensors file"),
    ],
)
def test_a_folder_that_holds_no_whole_model(tmp_path: Path, files_there: dict[str, str], fault: str) -> None:
    for name, text in files_there.items():
        (tmp_path / name).write_text(text)
    (found,) = wrongs(examined(f"hf:{tmp_path}"))
    assert fault in found


def test_a_download_that_was_not_finished_is_found(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(tiny("qwen", "chat"), tmp_path)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "files: 1 of the files are missing, as after a broken download: model-00002-of-00002.safetensors" in wrongs(
        examined(f"hf:{folder}")
    )


def test_an_adapters_folder_that_holds_none(tiny: Tiny, tmp_path: Path) -> None:
    (fault,) = wrongs(examined(f"hf:{tiny('llama')}+lora={tmp_path}", preset="bentsao-llama"))
    assert "holds no adapter: there is no adapter_config.json" in fault
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    (fault,) = wrongs(examined(f"hf:{tiny('llama')}+lora={tmp_path}", preset="bentsao-llama"))
    assert "holds no adapter's weights" in fault


def test_an_adapter_of_the_hub_is_noted(tiny: Tiny) -> None:
    named = f"hf:{tiny('llama')}+lora=somebody/adapter"
    findings = list(
        files.examined_files(named, preset_named("bentsao-llama"), dtype=None, trust_remote_code=False, download=True)
    )
    assert any(finding.text.startswith("somebody/adapter is no folder here") for finding in findings)


def test_a_preset_that_wants_an_adapter_says_so(tiny: Tiny) -> None:
    findings = list(
        files.examined_files(f"hf:{tiny('bloom')}", preset_named("bentsao-bloom"), dtype=None, trust_remote_code=False)
    )
    assert any(finding.what == "adapter" and "none is given: +lora=FOLDER" in finding.text for finding in findings)
    assert any(finding.what == "numbers" and "float16" in finding.text for finding in findings)


def test_too_little_memory_is_told_before_loading(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "free_memory", lambda: 100_000)
    (fault,) = wrongs(examined(f"hf:{tiny('qwen', 'chat')}"))
    assert fault.startswith("memory: about ")
    assert "needed and 0.1 MB free in memory" in fault


def test_the_memory_of_a_known_model() -> None:
    """LLaMA-7B: 6.74 billion parameters, 32 layers of 32 heads of 128: 13.5 GB, and 1.07 GB for 2,048 tokens at 16 bits."""
    config = {"num_hidden_layers": 32, "num_attention_heads": 32, "hidden_size": 4096, "max_position_embeddings": 2048}
    seven = Checkpoint(Path(), {**config, "dtype": "float16"}, {}, frozenset(), 6_738_000_000)
    assert seven.cache_bytes(2048) == 2 * 2 * 32 * 32 * 128 * 2048 == 1_073_741_824
    preset = preset_named("bentsao-llama")
    assert needed_bytes(seven, preset, 16, None) == pytest.approx(1.15 * (13.476e9 + 1.0737e9), rel=1e-3)
    assert needed_bytes(seven, preset, 4, None) == pytest.approx(1.15 * (3.773e9 + 1.0737e9), rel=1e-3)
    assert needed_bytes(seven, preset, 16, "float32") == pytest.approx(1.15 * (26.952e9 + 1.0737e9), rel=1e-3)
    assert [gigabytes(size) for size in (13.476e9, 2.2e8, 3e6, 10)] == ["13.5 GB", "0.2 GB", "3.0 MB", "0.1 MB"]


def test_the_memory_of_packed_weights_is_what_they_are_stored_in() -> None:
    packed = Checkpoint(Path(), {}, {}, frozenset({"I32", "F16"}), 1_000, 4_000)
    assert needed_bytes(packed, preset_named("chat"), 16, None) == pytest.approx(1.15 * 4_000)


def test_a_models_shapes_are_read_without_loading_it(tiny: Tiny) -> None:
    read = Checkpoint.read(tiny("llama"))
    assert read.shapes["model.layers.0.self_attn.q_proj.weight"] == (64, 64)
    assert read.shapes["model.layers.1.self_attn.k_proj.weight"] == (32, 64)
    assert (read.kind, read.dtype) == ("llama", "float32")
    assert header(tiny("llama") / "model.safetensors")["model.norm.weight"] == ("F32", (64,))


def test_a_tokenizer_with_more_tokens_than_the_model_has_rows(tmp_path: Path) -> None:
    tokenizer, model = tokenizer_of("qwen"), model_of("qwen", 300)
    tokenizer.save_pretrained(tmp_path)
    with quiet():
        model.save_pretrained(tmp_path)
    assert any("tokens and the model 300 rows: it is another model's" in fault for fault in wrongs(examined(f"hf:{tmp_path}")))


def test_a_model_that_repeats_itself_or_says_nothing_is_found(tmp_path: Path) -> None:
    for name, said, fault in [
        ("loop", "一次" * 300, "reply: it repeats itself"),
        ("mute", "", "reply: the model returned nothing"),
    ]:
        tokenizer = tokenizer_of("qwen")
        model = model_of("qwen", len(tokenizer))
        prompt = tokenizer.apply_chat_template([{"role": "user", "content": ASKED}], tokenize=False, add_generation_prompt=True)
        learn(model, tokenizer.encode(prompt + said + "<|im_end|>")[:200])
        tokenizer.save_pretrained(tmp_path / name)
        with quiet():
            model.save_pretrained(tmp_path / name)
        (found,) = wrongs(examined(f"hf:{tmp_path / name}", limits=PATIENCE))
        assert found.startswith(fault)
        assert found.endswith("is chat its preset?")


def listing(*models: str) -> Callable[[Asked], None]:
    """A server that lists these models and says a short thing."""

    def answer(asked: Asked) -> None:
        if asked.path.endswith("/models"):
            rows = [{"id": model} for model in models]
            asked.reply(200, "application/json", json.dumps({"data": rows}).encode())
        else:
            asked.stream(event("您好，我是助手。", "stop"), DONE)

    return answer


def test_a_server_is_asked_what_it_has_and_for_one_reply() -> None:
    with serving(listing("m", "n")) as server:
        findings = list(examine(f"http:{server.url}#m"))
        assert wrongs(findings) == []
        assert findings[0].text == f"{server.url} answers and has the models m, n"
        assert findings[-1] == Finding(Level.OK, "reply", "“您好，我是助手。”")
        assert len(server.chats()) == 1
        assert wrongs(list(examine(f"http:{server.url}"))) == [f"model: none is named: http:{server.url}#MODEL"]
        other = list(examine(f"http:{server.url}#o", preset="pulse-7b"))
        assert any(finding.level is Level.NOTE and "o is none of these" in finding.text for finding in other)
        assert any(finding.what == "preset" and "are sent as text" in finding.text for finding in other)


def test_a_server_that_is_not_there_or_is_none() -> None:
    (fault,) = wrongs(list(examine(f"http:http://127.0.0.1:{free_port()}#m")))
    assert "cannot be reached" in fault
    with serving(lambda asked: asked.reply(200, "text/html", b"<html></html>")) as server:
        (fault,) = wrongs(list(examine(f"http:{server.url}#m")))
        assert "answered with a web page" in fault
    with serving(lambda asked: asked.reply(200, "application/json", b'{"models": []}')) as server:
        (fault,) = wrongs(list(examine(f"http:{server.url}#m")))
        assert "does not list models as OpenAI's protocol has them" in fault


def test_names_that_need_no_model_or_are_none() -> None:
    assert wrongs(list(examine("extractive"))) == []
    assert wrongs(list(examine("gpt-4")))[0].startswith("loading: no model is called 'gpt-4'")
    assert wrongs(list(examine("extractive", preset="x")))[0].startswith("preset: there is no preset 'x'")


@pytest.mark.parametrize("prefix", ["http:", ""])
def test_the_doctor_and_the_door_take_the_same_names_of_servers(prefix: str) -> None:
    for url in ("http://127.0.0.1:1/v1", "https://127.0.0.1:1/v1"):
        assert load_model(f"{prefix}{url}#m", input_limit=100).name == f"http:{url}#m"
        (fault,) = wrongs(list(examine(f"{prefix}{url}#m")))
        assert fault.startswith(f"server: the server at {url} cannot be reached")
    for named in ("https:", "http:", "hf:", "https"):
        (fault,) = wrongs(list(examine(named)))
        assert fault.startswith(f"loading: no model is called {named!r}")
        with pytest.raises(ModelError, match="no model is called"):
            load_model(named)


@pytest.mark.parametrize("option", [["--preset", "chat"], ["--dtype", "float32"], ["--trust-remote-code"], ["--download"]])
def test_options_about_a_model_want_one(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *option]) == 2
    assert "name it with --llm" in " ".join(capsys.readouterr().err.split())


def test_what_this_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = {finding.what: finding for finding in examine_machine()}
    assert findings["torch"].level is Level.OK
    assert findings["memory"].text.endswith(" free")
    assert "graphics processor" in findings
    monkeypatch.setattr(machine, "_version", lambda package: "1.0" if package.startswith("faiss") else "")
    findings = {finding.what: finding for finding in examine_machine()}
    assert findings["faiss"].level is Level.WRONG
    assert findings["torch"].text == 'not installed: pip install "medrag[models]"'


def test_the_command_prints_lines_or_json_and_exits_by_what_it_found(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny("qwen", "chat")
    assert main(["doctor", "--llm", f"hf:{folder}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ok    files: {folder}: qwen2, 147,264 parameters, float32"
    assert all(line.startswith(("ok ", "note ")) for line in lines)
    assert main(["doctor", "--llm", f"hf:{folder}", "--preset", "pulse-7b", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {"level": "wrong", "what": "preset"}.items() <= rows[1].items()
    assert main(["doctor"]) == 0
    assert "ok    python: " in capsys.readouterr().out
