"""What makes an LLM of LlamaIndex out of anything that speaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, MessageRole
from llama_index.core.llms import CustomLLM

from medrag.llm.foreign import from_chat
from medrag.llm.messages import Message, Role
from medrag.llm.work import Piece

__all__ = ["SpeakingLLM"]


class SpeakingLLM(CustomLLM):
    """An LLM whose every method goes through `speak`: a whole LLM of LlamaIndex, which can stand wherever one can."""

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """What it says, piece by piece; ends soon after `stop` is set."""
        raise NotImplementedError

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        """The reply to messages, whole."""
        text = "".join(piece.text for piece in self.speak(from_chat(messages), threading.Event()))
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Iterator[ChatResponse]:  # type: ignore[override]
        """The reply to messages, piece by piece."""
        text = ""
        for piece in self.speak(from_chat(messages), threading.Event()):
            text += piece.text
            yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=piece.text)

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        """The reply to one message, whole."""
        return CompletionResponse(text=self.chat([ChatMessage(content=prompt)]).message.content or "")

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:  # type: ignore[override]
        """The reply to one message, piece by piece."""
        text = ""
        for piece in self.speak([Message(Role.USER, prompt)], threading.Event()):
            text += piece.text
            yield CompletionResponse(text=text, delta=piece.text)
