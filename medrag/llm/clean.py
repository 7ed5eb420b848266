"""Taking a model's own marks out of its reply while it streams: what it was primed with, what ends it, what it thinks."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["ReplyCleaner"]


class ReplyCleaner:
    """Fed with a reply piece by piece, gives back what may be shown.

    `lead` marks are taken from the beginning, in that order, each once, with the white space around them; `stop` marks end the
    reply; what stands between a pair of `thoughts` is left out. Text that may yet become a mark, and white space that may be
    the last, wait until more has come.
    """

    def __init__(self, *, lead: Sequence[str] = (), stop: Sequence[str] = (), thoughts: Sequence[tuple[str, str]] = ()) -> None:
        self._lead = list(lead)
        self._stop = tuple(stop)
        self._thoughts = tuple(thoughts)
        self._until = ""  # the mark that ends the thought we are in
        self._held = ""
        self._space: list[str] = []
        self._begun = False
        self._done = False

    @property
    def done(self) -> bool:
        """Whether a mark was seen after which nothing is the reply's."""
        return self._done

    def feed(self, text: str) -> str:
        """What can be shown now."""
        return self._shown(text, last=False)

    def close(self) -> str:
        """What was held back and is the reply's."""
        return self._shown("", last=True)

    def _shown(self, text: str, *, last: bool) -> str:
        if self._done:
            return ""
        self._held += text
        out = []
        while not self._done:
            piece, again = self._take(last)
            out.append(self._trimmed(piece))
            if not again:
                break
        return "".join(out)

    def _take(self, last: bool) -> tuple[str, bool]:
        """The text up to the next mark, and whether there may be more to take."""
        if self._until:
            return "", self._skip_thought()
        if not self._begun and not self._begin(last):
            return "", False
        at, mark, end = self._first_mark()
        if mark:
            piece, self._held = self._held[:at], self._held[at + len(mark) :]
            self._until, self._done = end, not end
            return piece, True
        keep = 0 if last else _half_mark(self._held, [*self._stop, *(begin for begin, _ in self._thoughts)])
        piece = self._held[: len(self._held) - keep]
        self._held = self._held[len(piece) :]
        return piece, False

    def _skip_thought(self) -> bool:
        """Whether the thought ended in what there is."""
        _, mark, rest = self._held.partition(self._until)
        if not mark:
            keep = _half_mark(self._held, [self._until])
            self._held = self._held[len(self._held) - keep :]
            return False
        self._held, self._until = rest, ""
        return True

    def _begin(self, last: bool) -> bool:
        """Takes lead marks away; whether the reply proper has begun."""
        while True:
            self._held = self._held.lstrip()
            mark = next((mark for mark in self._lead if self._held.startswith(mark)), None)
            if mark is not None:
                del self._lead[: self._lead.index(mark) + 1]
                self._held = self._held[len(mark) :]
                continue
            marks = [*self._lead, *(begin for begin, _ in self._thoughts)]
            if not last and any(mark.startswith(self._held) for mark in marks):
                return False
            if any(self._held.startswith(begin) for begin, _ in self._thoughts):
                return True  # a thought before the reply: marks may follow it
            self._begun = bool(self._held)
            return self._begun

    def _first_mark(self) -> tuple[int, str, str]:
        """Where the next mark stands, the mark, and for a thought the mark that ends it."""
        found = [(self._held.find(mark), -len(mark), mark, "") for mark in self._stop]
        found += [(self._held.find(begin), -len(begin), begin, end) for begin, end in self._thoughts]
        at, _, mark, end = min((each for each in found if each[0] >= 0), default=(-1, 0, "", ""))
        return at, mark, end

    def _trimmed(self, text: str) -> str:
        """The text, behind the white space that waited, without the white space at its own end, which waits."""
        kept = text.rstrip()
        if not kept:
            if self._begun:
                self._space.append(text)
            return ""
        kept = "".join([*self._space, kept])
        self._space = [text[len(text.rstrip()) :]]
        return kept


def _half_mark(text: str, marks: Sequence[str]) -> int:
    """How many characters at the end of the text may be the beginning of a mark."""
    longest = max((len(mark) for mark in marks), default=1) - 1
    for size in range(min(longest, len(text)), 0, -1):
        if any(mark.startswith(text[-size:]) for mark in marks if len(mark) > size):
            return size
    return 0
