"""`/v1/chat/completions`: OpenAI's protocol, with what the answer cites on the message and all the rest in a `medrag` object."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from medrag.answer.show.words import place, short
from medrag.chat.assistant import CitationStyle
from medrag.server.annotations import annotations_of
from medrag.server.conversation import Talk, answer_record, claim_record, talk_of
from medrag.server.desk import Desk, Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller
from medrag.server.metrics import outcome_of
from medrag.server.openai_wire import ChatCompletion, CompletionRequest, usage_of
from medrag.server.streams import STREAM, streamed
from medrag.server.wire import json_bytes
from medrag.server.work import Work
from medrag.types import Answer, StreamEvent

__all__ = ["completions_router"]

DONE = b"data: [DONE]\n\n"


def completions_router(work: Work) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["OpenAI"], responses=ERRORS)

    @router.post(
        "/chat/completions", response_model=ChatCompletion, responses={200: {"content": STREAM, "description": "The answer."}}
    )
    async def complete(
        body: CompletionRequest,
        request: Request,
        served: Annotated[Desks, Depends(desks)],
        who: Annotated[Caller, Depends(caller(Role.ASK))],
    ) -> Response:
        """Answers the last message of a conversation from the knowledge base; retrieval follows the whole conversation.

        `annotations` of the message are its citations, `medrag` is the answer's record with evidence, claims and verdicts.
        In a stream each piece of text comes with its claim, and the last one with all of them. System messages are
        accepted and not obeyed. `temperature`, `top_p`, `seed` and `max_tokens` are, where a language model writes: up to the
        assistant's own longest reply. The extractive writer, which quotes labels, has no use for them.
        """
        completion = _Completion(served.of(body.model), who, body, str(request.base_url))
        if body.stream:
            return await streamed(work, request, completion.desk, completion.events, completion.written, _failed, end=DONE)
        whole = await work.run(request, completion.answered, waits=completion.desk.waits)
        return Response(whole, media_type="application/json")

    return router


@dataclass
class _Completion:
    """One completion under way."""

    desk: Desk
    who: Caller
    body: CompletionRequest
    base_url: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))
    talk: Talk | None = None
    spoken: bool = False

    def begun(self) -> Talk:
        """The turn of the conversation. Blocks: the knowledge base is looked after."""
        extra = self.body.medrag
        chat = self.desk.chat_for(self.who, filters=extra.filters, k=extra.k, settings=self.body.settings())
        self.talk = talk_of(chat, self.desk.name, owner=self.who.id, history=self.body.turns(), patient=extra.patient)
        return self.talk

    def head(self, kind: str) -> dict[str, Any]:
        """What every object of the completion begins with."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.desk.name}

    def answered(self, cancel: Event) -> bytes:
        """The completion as one object."""
        talk = self.begun()
        answer = talk.ask(self.body.question(), cancel)
        self.desk.count(outcome_of(answer))
        message = {
            "role": "assistant",
            "content": answer.text + self._notes(answer),
            "refusal": None,
            "annotations": annotations_of(answer, self.base_url),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
        whole = {"choices": [choice], "usage": usage_of(answer), "medrag": answer_record(answer, talk)}
        return json_bytes({**self.head("chat.completion"), **whole})

    def events(self, cancel: Event) -> Iterator[StreamEvent]:
        """The answer's events."""
        return self.begun().stream(self.body.question(), cancel)

    def written(self, one: StreamEvent) -> bytes:
        """An event as chunks of the stream, the first of which says whose words they are."""
        head = b"" if self.spoken else self._chunk([_delta({"role": "assistant", "content": ""})], {})
        self.spoken = True
        if one.answer is not None:
            return head + self._last(one.answer)
        if not one.text:
            return head
        claim = {} if one.claim is None else {"medrag": {"claim": claim_record(one.claim)}}
        return head + self._chunk([_delta({"content": one.text})], claim)

    def _last(self, answer: Answer) -> bytes:
        notes = self._notes(answer)
        delta = _delta({"annotations": annotations_of(answer, self.base_url)}, _finish(answer))
        talk = self.talk
        self.desk.count(outcome_of(answer))
        out = self._chunk([_delta({"content": notes})], {}) if notes else b""
        out += self._chunk([delta], {"medrag": answer_record(answer, talk) if talk is not None else {}})
        if self.body.stream_options is not None and self.body.stream_options.include_usage:
            out += self._chunk([], {"usage": usage_of(answer)})
        return out

    def _notes(self, answer: Answer) -> str:
        """What stands behind the answer's text: the words cited, where the assistant shows them there."""
        if self.desk.assistant.citations is not CitationStyle.FOOTNOTES or not answer.citations:
            return ""
        notes = (f"{one.marker} {place(one)}: “{short(one.quote)}”" for one in answer.citations)
        return "\n\n" + "\n\n".join(notes)

    def _chunk(self, choices: Sequence[dict[str, Any]], more: dict[str, Any]) -> bytes:
        return b"data: " + json_bytes({**self.head("chat.completion.chunk"), "choices": choices, **more}) + b"\n\n"


def _failed(body: dict[str, Any]) -> bytes:
    return b"data: " + json_bytes(body) + b"\n\n"


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _finish(answer: Answer) -> str:
    return "length" if answer.writing.finish == "length" else "stop"
