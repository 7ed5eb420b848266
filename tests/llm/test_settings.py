"""One answer with other settings than the model's own: obeyed, bounded by them, and nothing loaded twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medrag.llm.count import estimated
from medrag.llm.hf import TransformersLLM
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.scripted import ScriptedLLM
from medrag.llm.work import Finish
from tests.llm.servers import DONE, Asked, event, serving
from tests.llm.taught import QUESTION
from tests.llm.tiny import REPLY

ASKED = [Message(Role.USER, QUESTION)]


def test_a_server_is_sent_the_settings_that_an_answer_asks_for() -> None:
    def answer(asked: Asked) -> None:
        asked.stream(event("好", "stop"), DONE)

    with serving(answer) as server:
        model = load_model(f"http:{server.url}#m", input_limit=2000, generation={"max_new": 50, "top_k": 5, "do_sample": True})
        model.with_settings({"temperature": 0.7, "max_new": 20, "seed": 3}).complete(ASKED)
        model.with_settings({"temperature": 0, "max_new": 900}).complete(ASKED)
        model.with_settings({"max_new": 5}).as_loaded.complete(ASKED)
        asked = server.chats()
    assert [(one["temperature"], one["max_tokens"]) for one in asked[:2]] == [(0.7, 20), (0.0, 50)]
    assert (asked[0]["seed"], asked[0]["top_k"], "top_k" in asked[1]) == (3, 5, False)
    assert asked[2]["max_tokens"] == 50


def test_a_setting_that_the_server_refused_once_is_not_sent_again() -> None:
    def answer(asked: Asked) -> None:
        if "top_k" in asked.server.chats()[-1]:
            asked.reply(400, "application/json", b'{"error": {"message": "unknown field top_k"}}')
        else:
            asked.stream(event("好", "stop"), DONE)

    with serving(answer) as server:
        model = load_model(f"http:{server.url}#m", input_limit=2000, generation={"top_k": 5, "do_sample": True})
        model.complete(ASKED)
        assert model.with_settings({"temperature": 0.5}).complete(ASKED).text == "好"
        assert ["top_k" in one for one in server.chats()] == [True, False, False]


def test_a_model_in_this_process_says_no_more_than_is_asked_for(tiny: Callable[..., Path]) -> None:
    model = load_model(f"hf:{tiny('qwen', 'chat')}")
    cut = model.with_settings({"max_new": 3, "temperature": 0.0})
    reply = cut.complete(ASKED)
    assert (reply.finish, cut.generation["max_new"]) == (Finish.LENGTH, 3)
    assert REPLY.startswith(reply.text)
    assert model.complete(ASKED).text == REPLY
    assert isinstance(model.speaker, TransformersLLM)
    assert isinstance(cut.speaker, TransformersLLM)
    assert cut.speaker.model is model.speaker.model
    assert model.count_text(REPLY) == len(model.speaker.tokenizer.encode(REPLY, add_special_tokens=False))


def test_a_temperature_samples_and_zero_does_not(tiny: Callable[..., Path]) -> None:
    model = load_model(f"hf:{tiny('qwen', 'chat')}")
    assert model.with_settings({"temperature": 1.5, "seed": 1}).generation["temperature"] == 1.5
    assert "temperature" not in model.with_settings({"temperature": 0}).generation


@pytest.mark.parametrize("temperature", [1e-300, 1e-45, 0.009])
def test_a_temperature_that_leaves_nothing_to_sample_is_zero(tiny: Callable[..., Path], temperature: float) -> None:
    model = load_model(f"hf:{tiny('qwen', 'chat')}")
    reply = model.with_settings({"temperature": temperature}).complete(ASKED)
    assert (reply.text, reply.error) == (REPLY, "")


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.3}])
def test_a_model_that_takes_no_settings_keeps_its_own(settings: dict[str, float]) -> None:
    model = load_model(ScriptedLLM("好的。"))
    assert model.with_settings(settings) is model
    assert model.count_text("好的。") == estimated("好的。")
