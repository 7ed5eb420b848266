"""The generation of transformers in a thread of its own, as an iterator over token ids that can be stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Self

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

__all__ = ["Generation"]

LOOK_S = 0.05  # how often it is looked whether to stop, while no token comes


class Generation:
    """Iterates over the new ids: one at a time, or, where beams are searched, empty lists at each step and all at the end.

    Within `with`; leaving it, or setting `stop`, ends the generation at its next token. Leaving waits for that, however long the
    model still reads its prompt, so that whoever holds a place for it holds it until the place is free indeed.
    """

    def __init__(
        self, model: Any, prompt: Sequence[int], config: GenerationConfig, stop: threading.Event, *, seed: int | None
    ) -> None:
        self._model = model
        self._prompt = list(prompt)
        self._config = config
        self._outer = stop
        self._left = threading.Event()
        self._seed = seed
        self._out: queue.Queue[list[int] | BaseException | None] = queue.Queue()
        # No daemon: Python would end it within torch's code at exit, which aborts. It ends by itself when the program does.
        self._thread = threading.Thread(target=self._work, name="medrag-generate", daemon=False)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def __iter__(self) -> Iterator[list[int]]:
        while not self._outer.is_set():
            try:
                item = self._out.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def _stopped(self) -> bool:
        return self._left.is_set() or self._outer.is_set() or not threading.main_thread().is_alive()

    def _work(self) -> None:
        try:
            self._generate()
            self._out.put(None)
        except BaseException as error:  # the thread's last door: the reader raises it
            self._out.put(error)

    def _generate(self) -> None:
        ids = torch.tensor([self._prompt], device=self._model.device)
        beams = (self._config.num_beams or 1) > 1
        with torch.inference_mode(), torch.random.fork_rng(enabled=self._seed is not None):
            if self._seed is not None:
                torch.manual_seed(self._seed)
            out = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=self._config,
                stopping_criteria=StoppingCriteriaList([_Watch(self, alive=beams)]),
                streamer=None if beams else _Streamer(self._out),
            )
        if beams:
            self._out.put(out[0, len(self._prompt) :].tolist())


class _Watch(StoppingCriteria):
    """Asked after each token: stops the generation that was told to, and says that one of beams is alive."""

    def __init__(self, generation: Generation, *, alive: bool) -> None:
        self._generation = generation
        self._alive = alive

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        if self._alive:
            self._generation._out.put([])
        return torch.full((input_ids.shape[0],), self._generation._stopped(), dtype=torch.bool, device=input_ids.device)


class _Streamer(BaseStreamer):
    """Puts each new id into a queue; the first that generation hands it is the prompt."""

    def __init__(self, out: queue.Queue[list[int] | BaseException | None]) -> None:
        self._out = out
        self._prompt_seen = False

    def put(self, value: torch.Tensor) -> None:
        """Takes the prompt or the next ids."""
        if self._prompt_seen:
            self._out.put(value.flatten().tolist())
        self._prompt_seen = True

    def end(self) -> None:
        """Takes note of nothing: the end is put where the generation returns."""
