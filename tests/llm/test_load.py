"""What can be named as a model, what is told of what cannot, and what naming one costs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM, MockLLM
from pydantic import Field

from medrag.errors import ModelError
from medrag.llm.load import load_model
from medrag.llm.messages import EvidenceForm, Message, Role
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.llm.work import Finish, Limits
from tests.test_architecture import HEAVY, loaded_by

ASKED = [Message(Role.SYSTEM, "规则"), Message(Role.USER, "怎么吃？")]


class Foreign(CustomLLM):
    """Somebody's LLM of LlamaIndex: it knows nothing of us."""

    said: tuple[str, ...] = ("一日", "3次。")
    heard: list[Any] = Field(default_factory=list)
    max_retries: int = 0
    raises: bool = False
    streams: bool = True

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=4000, num_output=500, is_chat_model=True, model_name="theirs")

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        self.heard.append(list(messages))
        return ChatResponse(message=ChatMessage(role="assistant", content="".join(self.said)))

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Iterator[ChatResponse]:  # type: ignore[override]
        if not self.streams:
            raise NotImplementedError
        self.heard.append(list(messages))
        return self._streamed()

    def _streamed(self) -> Iterator[ChatResponse]:
        if self.raises:
            raise ConnectionError("down")
        for delta in self.said:
            yield ChatResponse(message=ChatMessage(role="assistant", content=""), delta=delta)

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="".join(self.said))

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:  # type: ignore[override]
        yield CompletionResponse(text="")


def test_reading_the_door_loads_no_model_library() -> None:
    assert loaded_by("from medrag.llm.load import load_model", (*HEAVY, "openai", "httpx", "yaml")) == []
    named = "from medrag.llm.load import load_model\ntry:\n    load_model('extractive')\nexcept Exception:\n    pass"
    assert loaded_by(named, (*HEAVY, "openai", "httpx")) == []


def test_a_server_needs_no_torch() -> None:
    asked = "from medrag.llm.load import load_model\nload_model('http:http://127.0.0.1:1#m')"
    assert loaded_by(asked, ("torch", "transformers", "sentence_transformers", "faiss")) == []


@pytest.mark.parametrize("named", ["gpt-4", "", "hf:", "http:", "openai:gpt-4", "qwen", "HF:x"])
def test_an_unknown_name_lists_what_there_is(named: str) -> None:
    with pytest.raises(
        ModelError, match=r"no model is called .*: there are hf:FOLDER_OR_NAME .* http:URL#MODEL .* as an object"
    ):
        load_model(named)


def test_writers_that_are_no_models_say_so() -> None:
    with pytest.raises(ModelError, match="quotes labels, not a language model"):
        load_model("extractive")
    with pytest.raises(ModelError, match=r"pass a medrag\.llm\.scripted\.ScriptedLLM"):
        load_model("scripted")
    with pytest.raises(ModelError, match="a dict is no model"):
        load_model({})  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="there is no preset 'x'"):
        load_model(ScriptedLLM("a"), preset="x")


def test_no_model_is_taken_from_llamaindexs_settings() -> None:
    from llama_index.core import Settings

    load_model(ScriptedLLM("a"))
    assert Settings._llm is None


def test_a_finished_model_comes_back_as_it_is() -> None:
    model = load_model(ScriptedLLM("a"))
    assert load_model(model) is model


@pytest.mark.parametrize(
    "settings",
    [
        {"preset": "nonsense"},
        {"preset": "chat"},
        {"limits": Limits()},
        {"generation": {"max_new": 5}},
        {"input_limit": 5},
        {"api_key": "k"},
        {"counter": len},
        {"dtype": "float32"},
        {"trust_remote_code": True},
        {"download": True},
    ],
)
def test_a_finished_model_takes_no_settings(settings: dict[str, Any]) -> None:
    model = load_model(ScriptedLLM("a"))
    (name,) = settings
    with pytest.raises(ModelError, match=f"scripted is a finished model, which has its settings: leave out {name}$"):
        load_model(model, **settings)


@pytest.mark.parametrize("setting", [{"dtype": "float32"}, {"trust_remote_code": True}, {"download": True}])
def test_settings_of_a_model_in_this_process_are_not_taken_for_another(setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(ModelError, match=f"a ScriptedLLM is loaded already: leave out {name}$"):
        load_model(ScriptedLLM("a"), **setting)
    with pytest.raises(ModelError, match=f"http://127.0.0.1:1#m runs elsewhere: leave out {name}$"):
        load_model("http://127.0.0.1:1#m", **setting)


def test_any_llm_of_llamaindex_speaks() -> None:
    llm = Foreign()
    model = load_model(llm)
    reply = model.complete(ASKED)
    assert (reply.text, reply.finish) == ("一日3次。", Finish.STOP)
    ((system, user),) = llm.heard
    assert (system.role.value, system.content, user.content) == ("system", "规则", "怎么吃？")
    assert (model.name, model.preset, model.input_limit, model.generation) == ("theirs", "chat", 3500, {"max_new": 500})
    assert load_model(MockLLM()).complete(ASKED).finish is Finish.STOP


def test_an_llm_that_cannot_stream_is_asked_whole() -> None:
    reply = load_model(Foreign(streams=False)).complete(ASKED)
    assert (reply.text, reply.finish) == ("一日3次。", Finish.STOP)


def test_an_llm_that_asks_again_by_itself_is_asked_once() -> None:
    quick = Limits(pause_s=0.0)
    alone = Foreign(raises=True)
    by_itself = Foreign(raises=True, max_retries=3)
    for llm in (alone, by_itself):
        assert load_model(llm, limits=quick).complete(ASKED).error == "ConnectionError: down"
    assert (len(alone.heard), len(by_itself.heard)) == (3, 1)


def test_a_preset_forms_what_a_foreign_llm_hears() -> None:
    llm = Foreign(said=("<s>", "Helper: 一日", "3次。"))
    model = load_model(llm, preset="pulse-7b")
    assert model.complete(ASKED).text == "一日3次。"
    ((only,),) = llm.heard
    assert only.content == "规则\n\n怎么吃？"
    assert (model.system_role, model.multi_turn, model.evidence_form) == (False, True, EvidenceForm.PULSE)
    assert model.input_limit == 1536


def test_tokens_are_estimated_or_counted_by_the_user() -> None:
    llm = ScriptedLLM("a")
    assert load_model(llm).count(ASKED) > load_model(llm, counter=len).count(ASKED) > 6
    assert load_model(llm, input_limit=77).input_limit == 77


def test_a_scripted_llm_is_a_whole_llm_of_llamaindex() -> None:
    llm = ScriptedLLM(["一日3次，饭后。", Script(["好"])])
    assert llm.complete("?").text == "一日3次，饭后。"
    assert [response.delta for response in llm.stream_chat([ChatMessage(content="?")])] == ["好", ""]
    assert [response.text for response in llm.stream_complete("?")] == ["好", "好"]
    assert [call[0].content for call in llm.calls] == ["?", "?", "?"]


def test_a_models_own_speaker_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    pieces = ScriptedLLM(Script(["a", "b"], hangs=True)).speak(ASKED, stop)
    assert [next(pieces).text, next(pieces).text] == ["a", "b"]
    stop.set()
    assert list(pieces) == []


def test_a_model_in_this_process_speaks_one_reply_at_a_time_and_others_four(tiny: Callable[..., Path]) -> None:
    here = load_model(f"hf:{tiny('qwen')}", dtype="float32", limits=Limits(first_s=9.0))
    assert (here._places.at_once, here.limits.first_s) == (1, 9.0)
    assert load_model(f"hf:{tiny('qwen')}", dtype="float32", limits=Limits(at_once=2))._places.at_once == 2
    assert load_model(ScriptedLLM("a"))._places.at_once == 4
