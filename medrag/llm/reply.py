"""A reply as it is written: cleaned words, within limits of time and size, and at its end a reason instead of an exception."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Protocol, Self

from medrag.errors import MedRAGError
from medrag.llm.characters import Characters
from medrag.llm.loops import LoopWatch
from medrag.llm.patience import Patience
from medrag.llm.work import LOOK_S, Finish, Limits, Piece, Places, Worker

__all__ = ["Cleaner", "Finish", "Reply", "one_line"]

RAW_FACTOR = 4  # what is said but not shown (thoughts) may be this many times as long as the longest reply
ERROR_CHARACTERS = 300
BROKEN = "the model's server broke the reply off"
SLICE = 1_000  # characters that are looked at in one go, so that a piece of any length is cut in time
SILENT_PIECES = 100_000  # without a word; a thought in a field of its own comes as one a token


class Cleaner(Protocol):
    """What takes a model's own marks out of its reply while it streams."""

    def feed(self, text: str) -> str:
        """What can be shown now."""

    def close(self) -> str:
        """What was held back and is the reply's."""

    @property
    def done(self) -> bool:
        """Whether a mark was seen after which nothing is the reply's."""


class Reply:
    """What a model says: iterate for its words; then `finish` says why it ended and `error` what went wrong, in one line.

    `text` is all so far. Iterating never raises: a fault ends the reply. Closing or dropping it ends the model's work. Its
    words hold no control characters but tab and line feed (`medrag.llm.characters`).
    """

    def __init__(
        self,
        start: Callable[[threading.Event], Iterator[Piece]],
        cleaner: Cleaner,
        limits: Limits,
        places: Places,
        cancel: threading.Event | None = None,
    ) -> None:
        # The generator holds the course and not the reply, else a reply that is dropped would speak on until it is collected.
        self._course = _Course(start, cleaner, limits, places, cancel or threading.Event())
        self._deltas = self._course.run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self._deltas)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def text(self) -> str:
        """All that was said so far."""
        return self._course.text

    @property
    def error(self) -> str:
        """What went wrong, in one line; empty where nothing did."""
        return self._course.error

    @property
    def ended(self) -> bool:
        """Whether it has come to its end, whatever that was."""
        return self._course.finish is not None

    @property
    def finish(self) -> Finish:
        """Why it ended; while it is under way `CANCELLED`, which it would be if it were left now."""
        return self._course.finish or Finish.CANCELLED

    def close(self) -> None:
        """Ends the reply where it stands."""
        self._deltas.close()
        self._course.end(Finish.CANCELLED)


class _Course:
    """The course of one reply: what was said, why it ended, and all that bounds it."""

    def __init__(
        self,
        start: Callable[[threading.Event], Iterator[Piece]],
        cleaner: Cleaner,
        limits: Limits,
        places: Places,
        cancel: threading.Event,
    ) -> None:
        self.finish: Finish | None = None
        self.error = ""
        self.text = ""
        self._start = start
        self._cleaner = cleaner
        self._limits = limits
        self._places = places
        self._cancel = cancel
        self._characters = Characters()
        self._loops = LoopWatch()
        self._raw = 0
        self._silent = 0

    def end(self, finish: Finish, error: str = "") -> None:
        """Notes why the reply ended; the first reason stays."""
        if self.finish is None:
            self.finish, self.error = finish, error

    def run(self) -> Generator[str]:
        """The words that may be shown, as they come; afterwards `finish` is set."""
        deadline = time.monotonic() + self._limits.total_s
        try:
            if not self._places.take(deadline, self._cancel.is_set):
                self._no_place()
                return
            worker = Worker(self._start, self._limits, self._places)
            try:
                worker.start()
                yield from self._shown(worker, Patience(self._limits, deadline))
            finally:
                worker.stop()
        except Exception as error:  # nothing is raised out of a reply
            self.end(Finish.FAILED, one_line(error))
        finally:
            self.end(Finish.CANCELLED)

    def _no_place(self) -> None:
        if self._cancel.is_set():
            self.end(Finish.CANCELLED)
            return
        self.end(
            Finish.TIMEOUT, f"all {self._places.at_once} places of the model were taken for {self._limits.total_s:g} seconds"
        )

    def _shown(self, worker: Worker, patience: Patience) -> Iterator[str]:
        while self.finish is None:
            piece = self._next(worker, patience)
            if piece is None:
                break
            yield from self._read(piece.text)
            if piece.finish is not None:
                self.end(piece.finish, BROKEN if piece.finish is Finish.FAILED else "")
            patience.heard(word=bool(piece.text))
        if self.finish not in {Finish.TOO_LONG, Finish.REPEATED}:
            yield from self._add(self._cleaner.close())
        self._judge()

    def _read(self, text: str) -> Iterator[str]:
        """What is shown of a piece, which may be of any length: it is left where the reply ends within it."""
        self._silent += not text
        if self._silent > SILENT_PIECES:
            self.end(Finish.TOO_LONG, f"the model sent {SILENT_PIECES:,} pieces without a word")
        for start in range(0, len(text), SLICE):
            part = text[start : start + SLICE]
            self._raw += len(part)
            yield from self._add(self._cleaner.feed(self._characters.feed(part)))
            if self._cleaner.done:
                self.end(Finish.STOP)
            if self._raw > RAW_FACTOR * self._limits.characters:
                said = f"{RAW_FACTOR * self._limits.characters:,}"
                self.end(Finish.TOO_LONG, f"the model said more than {said} characters without coming to an end")
            if self.finish is not None:
                return

    def _add(self, delta: str) -> Iterator[str]:
        """The new words, cut at the limit of size."""
        room = self._limits.characters - len(self.text)
        if len(delta) > room:
            delta = delta[:room]
            self.end(Finish.TOO_LONG, f"the reply was cut at {self._limits.characters:,} characters")
        if not delta:
            return
        self.text += delta
        yield delta
        if self._loops.feed(delta):
            self.end(Finish.REPEATED, "the model repeated itself and was stopped")

    def _judge(self) -> None:
        """A reply of nothing is none, whatever the model said it ended for."""
        if self.finish in {None, Finish.STOP, Finish.LENGTH} and not self.text.strip():
            unseen = f" but {self._raw:,} characters of thoughts or marks" if self._raw else ""
            self.finish, self.error = Finish.EMPTY, f"the model returned nothing{unseen}"
        self.end(Finish.STOP)

    def _next(self, worker: Worker, patience: Patience) -> Piece | None:
        """The worker's next piece; None where it ended, failed, was cancelled or took too long: all but the first set `finish`."""
        while not self._cancel.is_set():
            left = patience.left()
            if left <= 0:
                self.end(Finish.TIMEOUT, patience.fault())
                return None
            try:
                item = worker.take(min(LOOK_S, left))
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                self.end(Finish.FAILED, one_line(item))
                return None
            return item
        self.end(Finish.CANCELLED)
        return None


def one_line(error: BaseException) -> str:
    """What went wrong, in one line of bounded length; foreign errors are named by their kind."""
    said = " ".join(str(error).split())
    if not isinstance(error, MedRAGError):
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return said if len(said) <= ERROR_CHARACTERS else f"{said[:ERROR_CHARACTERS]} …"
