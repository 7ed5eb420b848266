"""Tiny models, saved to disk and loaded by the real loading code: what they read, say, stream, and refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medrag.errors import ModelError
from medrag.llm.hf import TransformersLLM
from medrag.llm.hf_load import load_transformers
from medrag.llm.hf_name import HfName
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.presets import preset_named
from medrag.llm.spell import Speller
from medrag.llm.work import Finish
from tests.llm.taught import QUESTION, copied, taught
from tests.llm.tiny import REPLY, byte_fallback, byte_level, learn, model_of, save_with_sentencepiece_alone, tokenizer_of

ASKED = [Message(Role.USER, QUESTION)]
Tiny = Callable[..., Path]

# Each preset with a model of its architecture; InternLM and Baichuan by what their tokenizers do.
KINDS = {
    "pulse-7b": "bloom",
    "pulse-20b": "internlm",
    "normpulse": "bloom",
    "qizhen-cama-13b": "llama",
    "qizhen-llama-7b": "llama",
    "disc-medllm": "baichuan",
    "healgpt": "baichuan",
    "bentsao-bloom": "bloom",
    "bentsao-llama": "llama",
    "bentsao-literature": "llama",
    "chat": "qwen",
}
TAUGHT_AS = {"normpulse": "pulse-7b", "qizhen-llama-7b": "qizhen-cama-13b", "healgpt": "disc-medllm"}


def folder_for(tiny: Tiny, preset: str) -> Path:
    return tiny(KINDS[preset], TAUGHT_AS.get(preset, preset))


@pytest.mark.parametrize("preset", KINDS)
def test_a_loaded_model_reads_what_is_counted_and_says_what_it_was_taught(
    preset: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(f"hf:{folder_for(tiny, preset)}", preset=preset, dtype="float32")
    llm = model.speaker
    assert isinstance(llm, TransformersLLM)
    read: list[list[int]] = []
    generate = llm.model.generate

    def noted(**options: Any) -> Any:
        read.append(options["input_ids"][0].tolist())
        return generate(**options)

    monkeypatch.setattr(llm.model, "generate", noted)
    reply = model.complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == (REPLY, Finish.STOP, "")
    (ids,) = read
    assert ids == llm.ids(ASKED)
    assert len(ids) == model.count(ASKED)
    known = taught(TAUGHT_AS.get(preset, preset))(llm.tokenizer)
    assert known[: len(ids)] == ids


def test_sampling_and_greedy_models_stream_token_by_token(tiny: Tiny) -> None:
    for preset in ("pulse-7b", "chat", "disc-medllm"):
        pieces = list(load_model(f"hf:{folder_for(tiny, preset)}", preset=preset, dtype="float32").stream(ASKED))
        assert len(pieces) >= 4
        assert "".join(pieces) == REPLY
        assert "🙂" in pieces or any(piece.startswith("🙂") for piece in pieces)


def test_beams_come_whole_with_signs_of_life_and_one_beam_streams(tiny: Tiny) -> None:
    folder = folder_for(tiny, "qizhen-cama-13b")
    llm = load_transformers(f"hf:{folder}", preset_named("qizhen-cama-13b"), dtype="float32")
    pieces = list(llm.speak(ASKED, threading.Event()))
    assert sum(bool(piece.text) for piece in pieces) == 1
    assert sum(not piece.text for piece in pieces) > 5
    greedy = load_model(f"hf:{folder}", preset="qizhen-cama-13b", generation={"num_beams": 1}, dtype="float32")
    assert len(list(greedy.stream(ASKED))) >= 4


def test_a_reply_cut_at_its_greatest_length_says_so_and_ends_in_a_whole_character(tiny: Tiny) -> None:
    chat = preset_named("chat")
    loaded = load_transformers(f"hf:{folder_for(tiny, 'chat')}", chat, dtype="float32")
    texts = []
    for most in range(1, 14):
        short = replace(chat, generation={"max_new": most, "do_sample": False})
        reply = load_model(TransformersLLM(loaded.model, loaded.tokenizer, short, name="short")).complete(ASKED)
        assert reply.finish is (Finish.STOP if reply.text == REPLY and most > 12 else Finish.LENGTH)
        assert REPLY.startswith(reply.text)
        texts.append(reply.text)
    assert len({*texts} - {REPLY}) < 13 - 1  # while the bytes of 🙂 came one by one, the text stood still
    assert not any("\ufffd" in text for text in texts)


def test_the_same_seed_says_the_same(tiny: Tiny) -> None:
    folder = tiny("qwen")  # untaught, so that every word is chance
    loaded = [
        load_model(f"hf:{folder}", generation={"do_sample": True, "max_new": 12, "seed": seed}, dtype="float32")
        for seed in (5, 5, 6)
    ]
    same, again, other = (model.complete(ASKED).text for model in loaded)
    assert same == again != other


def test_cancelling_ends_the_generation(tiny: Tiny) -> None:
    endless = {"min_new": 1500, "max_new": 1500, "do_sample": False}
    model = load_model(f"hf:{folder_for(tiny, 'pulse-7b')}", preset="pulse-7b", generation=endless, dtype="float32")
    cancel = threading.Event()
    reply = model.stream(ASKED, cancel=cancel)
    next(reply)
    cancel.set()
    list(reply)
    assert reply.finish is Finish.CANCELLED
    llm = model.speaker
    assert isinstance(llm, TransformersLLM)
    assert not any(thread.name == "medrag-generate" and thread.is_alive() for thread in settled())


def settled() -> list[threading.Thread]:
    """The threads there are when those that were told to end have ended."""
    for thread in threading.enumerate():
        if thread.name in {"medrag-llm", "medrag-generate"}:
            thread.join(30)
    return threading.enumerate()


def test_a_prompt_longer_than_the_model_reads_is_refused_and_not_cut(tiny: Tiny) -> None:
    model = load_model(f"hf:{tiny('qwen')}", dtype="float32")
    assert model.input_limit == 1024 - 512
    reply = model.complete([Message(Role.USER, "阿司匹林" * 2000)])
    assert reply.finish is Finish.FAILED
    assert "tokens, and hf:" in reply.error
    assert reply.error.endswith("reads 1,024")


def test_what_the_room_of_each_model_is(tiny: Tiny) -> None:
    rooms = {
        preset: load_model(f"hf:{folder_for(tiny, preset)}", preset=preset, dtype="float32").input_limit
        for preset in ("pulse-7b", "qizhen-cama-13b", "bentsao-llama", "chat")
    }
    assert rooms == {"pulse-7b": 1536, "qizhen-cama-13b": 1536, "bentsao-llama": 1792, "chat": 512}
    less = load_model(f"hf:{tiny('qwen')}", input_limit=100, dtype="float32")
    more = load_model(f"hf:{tiny('qwen')}", input_limit=10_000, dtype="float32")
    assert (less.input_limit, more.input_limit) == (100, 512)


def test_settings_without_effect_are_not_among_those_that_count(tiny: Tiny) -> None:
    model = load_model(f"hf:{tiny('llama')}", preset="bentsao-llama", dtype="float32")
    assert model.generation == {"max_new": 256, "num_beams": 4, "do_sample": False}


def test_a_models_own_generation_settings_do_not_mix_with_the_presets(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(folder_for(tiny, "chat"), tmp_path)
    config = json.loads((folder / "generation_config.json").read_text())
    config |= {"do_sample": True, "temperature": 5.0, "repetition_penalty": 9.0, "eos_token_id": [2, 0]}
    (folder / "generation_config.json").write_text(json.dumps(config))
    llm = load_transformers(f"hf:{folder}", preset_named("chat"), dtype="float32")
    assert llm.ends() == [0, 2]
    assert "".join(piece.text for piece in llm.speak(ASKED, threading.Event())) == REPLY


def test_an_adapter_is_loaded_over_its_base(adapted: tuple[Path, Path]) -> None:
    base, adapter = adapted
    plain = load_model(f"hf:{base}", preset="bentsao-llama", dtype="float32", generation={"max_new": 30})
    tuned = load_model(f"hf:{base}+lora={adapter}", preset="bentsao-llama", dtype="float32", generation={"max_new": 30})
    assert tuned.complete(ASKED).text == REPLY
    assert plain.complete(ASKED).text != REPLY
    assert tuned.name == f"hf:{base}+lora={adapter}"


def test_an_adapter_of_another_base_is_told_in_one_line(tiny: Tiny, adapted: tuple[Path, Path]) -> None:
    _, adapter = adapted
    with pytest.raises(ModelError, match=r"the adapter .*adapter does not fit .*bloom: .*medrag doctor") as caught:
        load_model(f"hf:{tiny('bloom')}+lora={adapter}", preset="bentsao-bloom")
    assert "\n" not in str(caught.value)


def test_a_model_that_turns_in_a_circle_is_stopped(tiny: Tiny) -> None:
    endless = {"min_new": 1500, "max_new": 1500, "num_beams": 1}  # an untaught model says one thing for ever
    model = load_model(f"hf:{tiny('llama')}", preset="qizhen-llama-7b", generation=endless, dtype="float32")
    reply = model.complete(ASKED)
    assert reply.finish is Finish.REPEATED
    assert len(reply.text) < 3000


def test_a_template_that_refuses_a_system_message_has_no_system_role(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(folder_for(tiny, "chat"), tmp_path)
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    template = folder / "chat_template.jinja"
    template.write_text(refusing + template.read_text())
    model = load_model(f"hf:{folder}", dtype="float32")
    assert not model.system_role
    assert load_model(f"hf:{tiny('qwen')}", dtype="float32").system_role
    assert model.count([Message(Role.SYSTEM, "规则"), *ASKED]) > model.count(ASKED)


def test_a_preset_that_does_not_fit_is_told_when_the_model_is_loaded(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="llama has no chat template: name the preset that it was trained with"):
        load_model(f"hf:{tiny('llama')}")
    with pytest.raises(ModelError, match=r"no token '\[gMASK\]', which the preset needs"):
        load_model(f"hf:{tiny('llama')}", preset="qizhen-chatglm-6b")


def test_a_thought_that_the_template_begins_is_not_shown(tiny: Tiny, tmp_path: Path) -> None:
    tokenizer, model = tokenizer_of("qwen"), model_of("qwen", len(tokenizer_of("qwen")))
    tokenizer.chat_template = str(tokenizer.chat_template).replace("assistant\n", "assistant\n<think>\n")
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": QUESTION}], tokenize=False, add_generation_prompt=True)
    assert prompt.endswith("<think>\n")
    learn(model, tokenizer.encode(prompt + "嗯</think>\n\n" + REPLY + "<|im_end|>"))
    llm = TransformersLLM(model, tokenizer, preset_named("chat"), name="tiny")
    pieces = [piece.text for piece in llm.speak(ASKED, threading.Event())]
    assert "".join(pieces) == "<think>嗯</think>\n\n" + REPLY
    assert load_model(llm).complete(ASKED).text == REPLY


def test_it_is_a_whole_llm_of_llamaindex(tiny: Tiny) -> None:
    from llama_index.core.llms import ChatMessage

    llm = load_transformers(f"hf:{folder_for(tiny, 'chat')}", preset_named("chat"), dtype="float32")
    assert llm.complete(QUESTION).text == REPLY
    assert llm.chat([ChatMessage(content=QUESTION)]).message.content == REPLY
    assert [response.text for response in llm.stream_complete(QUESTION)][-1] == REPLY
    assert (llm.metadata.context_window, llm.metadata.num_output) == (1024, 512)


def test_a_llama_that_brings_a_sentencepiece_model_alone_is_read_as_by_sentencepiece(tmp_path: Path) -> None:
    pieces = save_with_sentencepiece_alone(tmp_path / "model")
    llm = load_transformers(f"hf:{tmp_path / 'model'}", preset_named("bentsao-llama"), dtype="float32")
    text = "下面是一个问题，运用医学知识来正确回答提问.\n### 问题:\n阿司匹林 500 mg 怎么吃？🙂\n### 回答:\n"
    assert llm.ids([Message(Role.USER, "阿司匹林 500 mg 怎么吃？🙂")]) == [1, *pieces.encode(text)]
    pulse = load_transformers(f"hf:{tmp_path / 'model'}", preset_named("pulse-20b"), dtype="float32")
    head = "Instructions: You are Helper, a large language model full of intelligence. Respond conversationally."
    assert pulse.ids(ASKED) == [1, *pieces.encode(head), 2, 1, *pieces.encode(f"User: {QUESTION}"), 2, 1]


def test_names_are_taken_apart(tmp_path: Path) -> None:
    folder = tmp_path / "a+b=c"
    folder.mkdir()
    assert HfName.parse(f"hf:{folder}") == HfName(str(folder))
    assert HfName.parse(f"hf:{folder}+lora={folder}+4bit") == HfName(str(folder), str(folder), 4)
    assert HfName.parse("hf:Qwen/Qwen2-0.5B+8bit") == HfName("Qwen/Qwen2-0.5B", bits=8)
    for missing in (f"hf:{tmp_path}/none", "hf:./none", f"hf:{folder}+lora={tmp_path}/none", "hf:a/b/c"):
        with pytest.raises(ModelError, match=r"there is no .* folder"):
            HfName.parse(missing)


def test_code_of_a_models_own_is_not_run_unless_allowed(tmp_path: Path) -> None:
    config = {"model_type": "baichuan", "auto_map": {"AutoModelForCausalLM": "modeling_baichuan.BaichuanForCausalLM"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "modeling_baichuan.py").write_text("raise SystemExit('was run')")
    with pytest.raises(ModelError, match=r"code of its own, written for transformers==4\.31\.0 .*http:URL#MODEL"):
        load_model(f"hf:{tmp_path}", preset="disc-medllm")


def test_a_broken_folder_is_told_in_one_line(tmp_path: Path, tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_model(f"hf:{tmp_path}")
    assert "\n" not in str(caught.value)
    folder = copied(tiny("qwen"), tmp_path)
    (folder / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="model cannot be loaded: "):
        load_model(f"hf:{folder}")


def test_what_is_missing_or_unknown_is_told_with_what_to_do(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medrag.llm.hf_load.installed", lambda package: package != "bitsandbytes")
    with pytest.raises(ModelError, match=r"\+4bit needs bitsandbytes.*run `pip install bitsandbytes`"):
        load_model(f"hf:{tiny('qwen')}+4bit")
    with pytest.raises(ModelError, match="no number format 'int3': there are float32, float16, bfloat16"):
        load_model(f"hf:{tiny('qwen')}", dtype="int3")


def test_the_number_format_is_the_presets_and_on_a_processor_never_float16(tiny: Tiny) -> None:
    import torch

    def format_of(preset: str, dtype: str | None = None) -> torch.dtype:
        llm = load_transformers(f"hf:{folder_for(tiny, preset)}", preset_named(preset), dtype=dtype)
        return llm._model.dtype  # type: ignore[no-any-return]

    assert format_of("chat") is torch.float32  # as it was saved
    assert format_of("pulse-7b") is torch.bfloat16
    assert format_of("pulse-7b", "float32") is torch.float32
    if not torch.cuda.is_available():
        assert format_of("disc-medllm") is torch.bfloat16


@pytest.mark.parametrize("made", [byte_level(["<x>"]), byte_fallback()])
def test_ids_are_spelt_as_they_come_and_never_half_a_character(made: Any) -> None:
    text = "每日3次 🙂👩‍⚕️ ≥0.5 μg 𠮷 naïve end"
    ids = made.encode(text, add_special_tokens=False).ids
    for size in (1, 2, 3, 7):
        speller = Speller(lambda some: made.decode(some))
        pieces = [speller.feed(ids[start : start + size]) for start in range(0, len(ids), size)]
        assert "".join([*pieces, speller.close()]) == made.decode(ids) == text
        assert not any("\ufffd" in piece for piece in pieces)
    for cut in range(len(ids)):
        speller = Speller(lambda some: made.decode(some))
        said = "".join(speller.feed([one]) for one in ids[:cut]) + speller.close()
        assert "\ufffd" not in said
        assert text.startswith(said)


def test_what_is_no_character_at_all_does_not_hold_the_rest_back() -> None:
    speller = Speller(lambda ids: "".join("\ufffd" if one else "好" for one in ids))
    said = "".join(speller.feed([one]) for one in [1] * 8 + [0])
    assert said.endswith("好")


def test_a_preset_record_can_be_given(tiny: Tiny) -> None:
    short = replace(preset_named("chat"), name="short", generation={"max_new": 3, "do_sample": False})
    model = load_model(f"hf:{folder_for(tiny, 'chat')}", preset=short, dtype="float32")
    assert (model.preset, model.generation["max_new"]) == ("short", 3)
    assert model.complete(ASKED).finish is Finish.LENGTH


def test_a_program_that_ends_in_the_middle_of_a_reply_ends_in_order(tiny: Tiny) -> None:
    program = (
        "import sys\nfrom medrag.llm.load import load_model\nfrom medrag.llm.messages import Message, Role\n"
        "endless = {'min_new': 1000, 'max_new': 1000, 'do_sample': False}\n"
        "reply = load_model(sys.argv[1], preset='pulse-7b', generation=endless).stream([Message(Role.USER, '?')])\n"
        "next(reply)\n"
    )
    command = [sys.executable, "-c", program, f"hf:{folder_for(tiny, 'pulse-7b')}"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env=one_thread)
    assert (run.returncode, run.stderr) == (0, "")
