"""A model that writes, whatever it is made of: streamed by a worker, and bounded in time, in size and in number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import Protocol, Self, runtime_checkable

from medrag.llm.count import estimated
from medrag.llm.messages import EvidenceForm, Message
from medrag.llm.presets import Preset, Setting
from medrag.llm.reply import Reply
from medrag.llm.work import Finish, Limits, Piece, Places

__all__ = ["Finish", "Limits", "Model", "Piece", "Reply", "Speaker", "Tunable"]


COLDEST = 0.01  # a temperature below it leaves nothing to sample, and logits divided by it overflow: no GPU survives that
AT_ONCE = 4  # replies under way, where nothing else is said


@runtime_checkable
class Speaker(Protocol):
    """Whatever says something to messages: the contract between a model and what runs it."""

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """What it says, piece by piece; ends soon after `stop` is set. Raises what went wrong."""


@runtime_checkable
class Tunable(Protocol):
    """A speaker that can say one reply with other settings than its own."""

    def with_settings(self, settings: Mapping[str, Setting]) -> Self:
        """The same speaker with these settings over its own; nothing is loaded twice."""

    @property
    def generation(self) -> Mapping[str, Setting]:
        """The settings that count."""


class Model:
    """A language model with its preset, its settings and its limits; several threads may use one at once.

    `count`, of messages, and `count_text`, of what it says, are exact where the model's own tokens are at hand, else an estimate
    that is not below them (`medrag.llm.count`). `generation` are the settings it samples with. It implements `medrag.llm.messages.Room`.
    """

    def __init__(
        self,
        speaker: Speaker,
        *,
        name: str,
        preset: Preset,
        input_limit: int,
        count: Callable[[Sequence[Message]], int],
        count_text: Callable[[str], int] = estimated,
        generation: dict[str, float | int | bool | str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.speaker = speaker
        self.name = name
        self.form = preset
        self.generation = dict(generation or {})
        self.limits = limits or Limits()
        self._input_limit = input_limit
        self._count = count
        self._count_text = count_text
        self._loaded: Model | None = None
        self._places = Places(self.limits.at_once or AT_ONCE)

    def __repr__(self) -> str:
        return f"Model({self.name!r}, preset={self.preset!r}, input_limit={self.input_limit})"

    @property
    def preset(self) -> str:
        """The preset's name."""
        return self.form.name

    @property
    def input_limit(self) -> int:
        """The tokens that a prompt may have."""
        return self._input_limit

    @property
    def system_role(self) -> bool:
        """Whether the model was trained with a system message."""
        return self.form.system_role

    @property
    def evidence_form(self) -> EvidenceForm:
        """How the model was shown evidence in training."""
        return self.form.evidence_form

    @property
    def multi_turn(self) -> bool:
        """Whether the model reads earlier turns as messages."""
        return self.form.multi_turn

    def count(self, messages: Sequence[Message]) -> int:
        """The tokens that the messages take as the model gets them, or an estimate that is not below it."""
        return self._count(messages)

    def count_text(self, text: str) -> int:
        """The tokens of what it said, or an estimate that is not below them."""
        return self._count_text(text)

    @property
    def as_loaded(self) -> Model:
        """The model with its own settings."""
        return self._loaded or self

    def with_settings(self, settings: Mapping[str, Setting]) -> Model:
        """The same model, for an answer with other settings; it still says no more tokens than its own `max_new`.

        A temperature of 0, or near it, samples nothing, any other does. A speaker that takes no settings (an LLM of LlamaIndex) keeps its own.
        """
        speaker = self.as_loaded.speaker
        if not settings or not isinstance(speaker, Tunable):
            return self.as_loaded
        wanted = dict(settings)
        if "max_new" in wanted and "max_new" in speaker.generation:
            wanted["max_new"] = min(int(wanted["max_new"]), int(speaker.generation["max_new"]))
        if "temperature" in wanted:
            warm = float(wanted["temperature"]) >= COLDEST
            wanted |= {"do_sample": warm, "temperature": wanted["temperature"] if warm else 0.0}
        tuned, said = copy(self.as_loaded), speaker.with_settings(wanted)
        tuned.speaker, tuned.generation = said, dict(said.generation)
        tuned._loaded = self.as_loaded
        return tuned

    def stream(self, messages: Sequence[Message], *, cancel: threading.Event | None = None) -> Reply:
        """What the model says, as it says it. Nothing starts before the first piece is asked for; iterating never raises."""
        return Reply(lambda stop: self.speaker.speak(messages, stop), self.form.cleaner(), self.limits, self._places, cancel)

    def complete(self, messages: Sequence[Message], *, cancel: threading.Event | None = None) -> Reply:
        """The reply when all of it is there: its `text`, why it ended, and what went wrong."""
        reply = self.stream(messages, cancel=cancel)
        for _ in reply:
            pass
        return reply
