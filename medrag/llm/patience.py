"""How long a model is waited for: for its first word, for each further one, and for all of them."""

from __future__ import annotations

import time

from medrag.llm.work import Limits

__all__ = ["Patience"]

PROLONGED = 3  # times `first_s` that a model may think or search before its first word, if it gives signs of life


class Patience:
    """Told of each sign of life and each word, says when to give up. Times are those of `time.monotonic`.

    Only a word makes the wait for the next begin anew. Before the first one a sign of life does, too (a server's greeting, a
    step of beams, a thought), until `PROLONGED` times the time for a first word are over.
    """

    def __init__(self, limits: Limits, deadline: float) -> None:
        self._limits = limits
        self._deadline = deadline
        self._begun = time.monotonic()
        self._until = self._begun + limits.first_s
        self._what = f"the first word within {limits.first_s:g} seconds"
        self._spoken = False

    def heard(self, *, word: bool) -> None:
        """Takes note of a piece: a word or a sign of life."""
        now, limits = time.monotonic(), self._limits
        if word:
            self._spoken = True
            self._until = now + limits.next_s
            self._what = f"the next word within {limits.next_s:g} seconds"
        elif not self._spoken:
            most = PROLONGED * limits.first_s
            self._until = min(now + limits.first_s, self._begun + most)
            self._what = f"the first word within {most:g} seconds"

    def left(self) -> float:
        """The seconds that may still be waited; not above 0 where it is time to give up."""
        return min(self._until, self._deadline) - time.monotonic()

    def fault(self) -> str:
        """What there is to say where it is given up."""
        if self._deadline <= self._until:
            return f"the model was not done after {self._limits.total_s:g} seconds"
        return f"the model did not come to {self._what}"
