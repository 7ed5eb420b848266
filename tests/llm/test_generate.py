"""A generation that does not come to its next token, as on a processor that reads a long prompt."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from transformers import GenerationConfig

from medrag.llm.generate import Generation
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.presets import preset_named
from medrag.llm.work import Finish, Limits, Piece

ASKED = [Message(Role.USER, "怎么吃？")]


class Reading:
    """A model that reads until it is let go, and notes how many of its generations are under way."""

    device = "cpu"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.under_way = self.most = 0

    def generate(self, **_: Any) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.go.wait(60)
        self.under_way -= 1
        raise RuntimeError("read")

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        with Generation(self, [1, 2], GenerationConfig(), stop, seed=None) as generation:  # type: ignore[no-untyped-call]
            for ids in generation:
                yield Piece(str(ids))


def test_a_model_that_still_reads_keeps_its_place_after_its_reply_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    join = threading.Thread.join

    def joined(thread: threading.Thread, timeout: float | None = None) -> None:
        """A model reads longer than any wait that has an end."""
        join(thread, None if timeout is None else 0.0)

    monkeypatch.setattr(threading.Thread, "join", joined)
    reading = Reading()
    limits = Limits(first_s=0.1, total_s=0.3, at_once=1)
    model = Model(reading, name="m", preset=preset_named("chat"), input_limit=9, count=lambda _: 1, limits=limits)
    try:
        first, second = model.complete(ASKED), model.complete(ASKED)
    finally:
        reading.go.set()
    assert first.error == "the model did not come to the first word within 0.1 seconds"
    assert (second.finish, second.error) == (Finish.TIMEOUT, "all 1 places of the model were taken for 0.3 seconds")
    assert model._places.take(float("inf"), lambda: False)
    assert (reading.most, reading.under_way) == (1, 0)
