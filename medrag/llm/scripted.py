"""An LLM that says what it is given: for tests, examples and demonstrations, without a model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import LLMMetadata
from pydantic import PrivateAttr

from medrag.llm.messages import Message
from medrag.llm.speaking import SpeakingLLM
from medrag.llm.work import Finish, Piece

__all__ = ["Script", "ScriptedLLM"]

PIECE = 4  # characters of a piece, where a reply is given as one text


@dataclass(frozen=True, slots=True)
class Script:
    """One reply: its pieces, and how they come.

    `pieces` may be endless. `before_s` passes before the first piece, `between_s` before each other. After the pieces it
    raises `error`, or says nothing more but does not end (`hangs`), or ends for the reason `finish`.
    """

    pieces: Iterable[str] = ()
    before_s: float = 0.0
    between_s: float = 0.0
    error: Exception | None = None
    hangs: bool = False
    finish: Finish = Finish.STOP


Said = str | Script


class ScriptedLLM(SpeakingLLM):
    """Gives the replies in order, the last one again and again, or whatever a function makes of the messages.

    `calls` are the messages of each call so far.
    """

    context_window: int = 8192
    num_output: int = 1024
    _replies: list[Said] | Callable[[Sequence[Message]], Said] = PrivateAttr()
    _calls: list[tuple[Message, ...]] = PrivateAttr(default_factory=list)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, replies: Said | Sequence[Said] | Callable[[Sequence[Message]], Said], **settings: Any) -> None:
        super().__init__(**settings)
        if callable(replies):
            self._replies = replies
        else:
            self._replies = [replies] if isinstance(replies, str | Script) else list(replies)

    @classmethod
    def class_name(cls) -> str:
        """Its name among LlamaIndex's classes."""
        return "ScriptedLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """Its size; it reads messages."""
        return LLMMetadata(
            context_window=self.context_window, num_output=self.num_output, is_chat_model=True, model_name="scripted"
        )

    @property
    def calls(self) -> list[tuple[Message, ...]]:
        """The messages of each call so far."""
        with self._lock:
            return list(self._calls)

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """The next reply, as its script says."""
        script = self._next(tuple(messages))
        wait = script.before_s
        for piece in script.pieces:
            if stop.wait(wait) if wait else stop.is_set():
                return
            yield Piece(piece)
            wait = script.between_s
        if script.error is not None:
            raise script.error
        if script.hangs:
            stop.wait()
            return
        yield Piece("", script.finish)

    def _next(self, messages: tuple[Message, ...]) -> Script:
        with self._lock:
            self._calls.append(messages)
            if callable(self._replies):
                said = self._replies(messages)
            else:
                said = self._replies[min(len(self._calls), len(self._replies)) - 1] if self._replies else ""
        if isinstance(said, Script):
            return said
        return Script([said[start : start + PIECE] for start in range(0, len(said), PIECE)])
