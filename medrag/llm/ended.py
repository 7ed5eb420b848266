"""Why a model ended its reply, read from what the many servers and libraries call it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from medrag.llm.work import Finish

__all__ = ["finish_named"]

# What the reason is called: by OpenAI, Google and Cohere `finish_reason`, by Ollama `done_reason`, by Anthropic `stop_reason`, by
# Bedrock `stopReason`, by llama.cpp's own server `stop_type`. In this order: beside OpenAI's, vLLM has a `stop_reason` of its own.
_NAMES = ("finish_reason", "done_reason", "stop_reason", "finishReason", "stopReason", "stop_type")
# What holds it, where it does not stand at the top.
_WITHIN = ("choices", "candidates", "delta", "message", "messageStop", "details")
# A reply that was cut at its greatest length.
_LENGTH = frozenset(
    "length max_tokens max_output_tokens model_length limit max_new_tokens max_length model_context_window_exceeded".split()
)
# One that something else than the model broke off: it is not all that the model wanted to say.
_BROKEN = frozenset(
    "content_filter content_filtered safety recitation blocklist prohibited_content spii refusal guardrail_intervened error"
    " abort aborted cancelled canceled error_toxic error_limit other network_error".split()
)
_JOINT = re.compile(r"[\s-]+")


def finish_named(*said: object) -> Finish | None:
    """Why the model ended, from its raw response and what stands beside it (tables or objects); None where neither says."""
    for one in said:
        for place in (one, *_within(one)):
            for name in _NAMES:
                reason = _word(_got(place, name))
                if reason:
                    return Finish.LENGTH if reason in _LENGTH else Finish.FAILED if reason in _BROKEN else Finish.STOP
    return None


def _within(holder: object) -> Iterator[object]:
    for name in _WITHIN:
        inner = _got(holder, name)
        if isinstance(inner, Sequence) and not isinstance(inner, str):
            inner = inner[0] if inner else None
        if inner is not None:
            yield inner


def _got(holder: object, name: str) -> object:
    if isinstance(holder, Mapping):
        return holder.get(name)
    return None if holder is None or isinstance(holder, str | int | float | bytes) else getattr(holder, name, None)


def _word(reason: object) -> str:
    """The reason as the tables have it; empty where it is none, as Google's FINISH_REASON_UNSPECIFIED."""
    if isinstance(reason, Enum):
        reason = reason.name
    if not isinstance(reason, str):
        return ""
    word = _JOINT.sub("_", reason.rpartition(".")[2].strip().casefold())
    return "" if word in {"null", "none", "finish_reason_unspecified"} else word
