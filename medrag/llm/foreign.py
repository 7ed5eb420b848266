"""Any LLM of LlamaIndex as a speaker: streamed where it can, asked whole where it cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from llama_index.core.base.llms.generic_utils import messages_to_prompt
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, MessageRole
from llama_index.core.llms import LLM

from medrag.llm.ended import finish_named
from medrag.llm.form import disarmed, fitted
from medrag.llm.messages import Message, Role
from medrag.llm.work import Finish, Piece

__all__ = ["ForeignSpeaker", "as_chat", "from_chat", "pieces"]


class ForeignSpeaker:
    """Speaks through an LLM's own methods, with messages of the roles that it reads: streamed, else whole, else as one text."""

    def __init__(self, llm: LLM, *, system_role: bool = True, multi_turn: bool = True) -> None:
        self.llm = llm
        self._system_role = system_role
        self._multi_turn = multi_turn

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """What the LLM says, piece by piece."""
        chat = as_chat(disarmed(fitted(messages, system_role=self._system_role, multi_turn=self._multi_turn)))
        spoken = False
        try:
            for piece in pieces(self.llm.stream_chat(chat), stop):
                spoken = True
                yield piece
        except NotImplementedError:  # raised at once, or by a generator when it is asked for its first response
            if spoken:
                raise
            response = self._whole(chat)
            yield Piece(_words(response), _finish(response) or Finish.STOP)

    def _whole(self, chat: list[ChatMessage]) -> ChatResponse | CompletionResponse:
        try:
            return self.llm.chat(chat)
        except NotImplementedError:
            return self.llm.complete((self.llm.messages_to_prompt or messages_to_prompt)(chat))


def pieces(responses: Iterator[ChatResponse] | Iterator[CompletionResponse], stop: threading.Event) -> Iterator[Piece]:
    """The pieces of a streamed response; where it brings no words yet (a thought, a role), a sign of life."""
    finish, deltas, said = None, False, ""
    try:
        for response in responses:
            if stop.is_set():
                return
            finish = _finish(response) or finish
            delta = response.delta or ""
            deltas = deltas or bool(delta)
            if not deltas:  # some fill in only what was said so far
                whole = _words(response)
                delta, said = whole.removeprefix(said), whole or said
            yield Piece(delta)
    finally:
        close = getattr(responses, "close", None)
        if close is not None:
            close()
    yield Piece("", finish or Finish.STOP)


def as_chat(messages: Sequence[Message]) -> list[ChatMessage]:
    """The messages as LlamaIndex has them."""
    return [ChatMessage(role=MessageRole(message.role.value), content=message.content) for message in messages]


def from_chat(messages: Sequence[ChatMessage]) -> list[Message]:
    """LlamaIndex's messages as ours; roles that we do not have are the user's."""
    roles = {role.value: role for role in Role}
    return [Message(roles.get(message.role.value, Role.USER), message.content or "") for message in messages]


def _words(response: ChatResponse | CompletionResponse) -> str:
    """All that was said so far."""
    return (response.message.content if isinstance(response, ChatResponse) else response.text) or ""


def _finish(response: ChatResponse | CompletionResponse) -> Finish | None:
    beside = response.message.additional_kwargs if isinstance(response, ChatResponse) else None
    return finish_named(response.raw, response.additional_kwargs, beside)
