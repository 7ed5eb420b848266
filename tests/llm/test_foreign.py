"""Somebody's LLMs of LlamaIndex: how each says why it ended, and those that stream oddly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum, IntEnum
from types import SimpleNamespace
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata, MessageRole
from llama_index.core.llms import CustomLLM

from medrag.llm.ended import finish_named
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.work import Finish

ASKED = [Message(Role.SYSTEM, "规则"), Message(Role.USER, "怎么吃？")]
Streamed = Callable[[], Iterator[CompletionResponse]]


class Google(IntEnum):
    STOP = 1
    MAX_TOKENS = 2


class Said(Enum):
    END = "end_turn"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"choices": [{"finish_reason": "length"}]}, Finish.LENGTH),
        ({"choices": [{"finish_reason": "stop", "stop_reason": None}]}, Finish.STOP),
        ({"choices": [{"finish_reason": None}]}, None),
        ({"choices": []}, None),
        (SimpleNamespace(choices=[SimpleNamespace(finish_reason="length")]), Finish.LENGTH),
        ({"done_reason": "length", "done": True, "message": {"content": "x"}}, Finish.LENGTH),
        (SimpleNamespace(done_reason="stop"), Finish.STOP),
        (SimpleNamespace(type="message_delta", delta=SimpleNamespace(stop_reason="max_tokens")), Finish.LENGTH),
        ({"stop_reason": "end_turn"}, Finish.STOP),
        ({"message": {"stop_reason": None}}, None),
        ({"messageStop": {"stopReason": "max_tokens"}}, Finish.LENGTH),
        ({"candidates": [{"finishReason": "MAX_TOKENS"}]}, Finish.LENGTH),
        ({"finish_reason": Google.MAX_TOKENS}, Finish.LENGTH),
        ({"finish_reason": Google.STOP}, Finish.STOP),
        ({"finish_reason": "FinishReason.MAX_TOKENS"}, Finish.LENGTH),
        ({"finish_reason": "FINISH_REASON_UNSPECIFIED"}, None),
        ({"stop_reason": Said.END}, Finish.STOP),
        ({"stop_type": "limit"}, Finish.LENGTH),
        ({"stop_type": "none"}, None),
        ({"details": {"finish_reason": "length"}}, Finish.LENGTH),
        ({"choices": [{"finish_reason": "content_filter"}]}, Finish.FAILED),
        ({"finish_reason": "SAFETY"}, Finish.FAILED),
        ({"choices": [{"finish_reason": "length", "stop_reason": "</s>"}]}, Finish.LENGTH),
        ("length", None),
        (None, None),
        (7, None),
        ({"done_reason": 3}, None),
    ],
)
def test_why_a_model_ended_is_read_from_whatever_says_it(raw: object, wanted: Finish | None) -> None:
    assert finish_named(raw) is wanted
    assert finish_named(None, {}, raw) is wanted


class Odd(CustomLLM):
    """An LLM whose streaming is one function."""

    streamed: Any = None
    whole: Any = "一日3次。"
    chats: bool = True

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=4000, num_output=500)

    def chat(self, messages: Sequence[ChatMessage], **options: Any) -> ChatResponse:
        if not self.chats:
            raise NotImplementedError
        return super().chat(messages, **options)  # type: ignore[no-any-return]  # theirs is wrapped without types

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=self.whole, raw={"done_reason": "length"}, additional_kwargs={"prompt": prompt})

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:  # type: ignore[override]
        return self.streamed()  # type: ignore[no-any-return]


def at_once() -> Iterator[CompletionResponse]:
    raise NotImplementedError


def when_asked() -> Iterator[CompletionResponse]:
    raise NotImplementedError
    yield


@pytest.mark.parametrize("streamed", [at_once, when_asked])
@pytest.mark.parametrize("chats", [True, False])
def test_an_llm_that_does_not_stream_is_asked_whole_whenever_it_says_so(streamed: Streamed, chats: bool) -> None:
    reply = load_model(Odd(streamed=streamed, chats=chats)).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("一日3次。", Finish.LENGTH, "")


def test_what_is_not_implemented_in_the_middle_of_a_reply_is_a_fault_and_nothing_is_said_twice() -> None:
    def streamed() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="一日", delta="一日")
        raise NotImplementedError

    reply = load_model(Odd(streamed=streamed)).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("一日", Finish.FAILED, "NotImplementedError")


def test_a_reply_that_ollama_cut_is_not_taken_for_whole() -> None:
    def streamed() -> Iterator[CompletionResponse]:
        text = ""
        for delta, raw in (("儿童一次5", {"done": False}), ("ml，24小时内不超过4", {"done": True, "done_reason": "length"})):
            text += delta
            yield CompletionResponse(text=text, delta=delta, raw=raw)

    reply = load_model(Odd(streamed=streamed)).complete(ASKED)
    assert (reply.text, reply.finish) == ("儿童一次5ml，24小时内不超过4", Finish.LENGTH)


def test_why_it_ended_may_stand_beside_the_response() -> None:
    def streamed() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="一日", delta="一日", additional_kwargs={"finish_reason": "max_tokens"})

    assert load_model(Odd(streamed=streamed)).complete(ASKED).finish is Finish.LENGTH


@pytest.mark.parametrize(
    "said",
    [
        [("一日", "一日"), ("一日3次。", "3次。")],  # as LlamaIndex has it
        [("一日", None), ("一日", None), ("一日3次。", None)],  # only what was said so far
        [("", "一日"), ("", "3次。")],  # only what is new
        [("一日", "一日"), ("一日3次。", "3次。"), ("一日3次。", None)],  # and at the end the whole again
        [("", ""), ("一日", ""), ("一日3次。", "")],
    ],
)
def test_words_are_taken_from_what_is_new_or_from_what_was_said_so_far(said: list[tuple[str, str | None]]) -> None:
    def streamed() -> Iterator[CompletionResponse]:
        for text, delta in said:
            yield CompletionResponse(text=text, delta=delta)

    reply = load_model(Odd(streamed=streamed)).complete(ASKED)
    assert (reply.text, reply.finish) == ("一日3次。", Finish.STOP)


def test_an_llm_that_only_completes_reads_the_messages_as_one_text() -> None:
    heard: list[str] = []

    class Completing(Odd):
        def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
            heard.append(prompt)
            return CompletionResponse(text="好")

    assert load_model(Completing(streamed=when_asked, chats=False)).complete(ASKED).text == "好"
    (prompt,) = heard
    assert "规则" in prompt
    assert "怎么吃？" in prompt
    assert MessageRole.SYSTEM.value in prompt
