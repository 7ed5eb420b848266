"""Token ids as text, as they come: never half a character."""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["Speller"]

HALF = "\ufffd"
MOST_HALVES = 8  # tokens that may wait for the rest of a character of at most four bytes; more were no character at all


class Speller:
    """Fed with ids, gives the text that has become certain.

    Each time the last ids are decoded once without and once with the new ones, and the difference is the new text: so a
    tokenizer puts its spaces where it would in the whole. What ends in half a character waits.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._context = 0  # the ids before this one say nothing about the space before the next
        self._read = 0

    def feed(self, ids: Iterable[int]) -> str:
        """The new text."""
        said = []
        for (
            one
        ) in ids:  # one at a time: a decoder that falls back to bytes makes nothing of a run that ends in half a character
            self._ids.append(one)
            said.append(self._new(last=False))
        return "".join(said)

    def close(self) -> str:
        """What still waited, without half a character."""
        return self._new(last=True).rstrip(HALF)

    def _new(self, *, last: bool) -> str:
        before = self._decode(self._ids[self._context : self._read])
        now = self._decode(self._ids[self._context :])
        waits = now.endswith(HALF) and len(self._ids) - self._read < MOST_HALVES
        if len(now) <= len(before) or (waits and not last):
            return ""
        self._context, self._read = self._read, len(self._ids)
        return now[len(before) :]
