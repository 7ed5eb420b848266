"""Preparing records: in this process where there are few, by worker processes where there are many; in the order they came.

The one reading goes on while workers prepare what was read; so much may be under way that nobody waits, and no more, so that
memory stays the same however large a file is. What comes out does not depend on how many workers there are.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from medrag.errors import MedRAGError
from medrag.ingest.portions import Made, Making, Portion, one_line, packed, prepare_packed, prepare_portion, unpacked
from medrag.ingest.records import Raw, ReadRecord, Unreadable, size_of
from medrag.kb.edges import Edges
from medrag.kb.embed import Embedder, is_quick
from medrag.kb.processes import WorkerPool, can_start, cores
from medrag.types import DocumentKind

__all__ = ["Cluster", "Workshop"]

log = logging.getLogger(__name__)

Of = TypeVar("Of")  # what a record is of: whoever asks gets it back with what was made of the record
Read = ReadRecord | Raw | Edges | Unreadable

PORTION_RECORDS, PORTION_CHARS = 500, 200_000  # that a worker gets at a time: a fifth of a second of work
AHEAD = 8  # portions a worker that may be read before the first of them is taken
SMALL = 25  # portions of small files that count as one
# Starting workers takes them a second each, which this much text or this many bytes of files are worth.
WORTH_CHARS, WORTH_BYTES = 1_500_000, 6_000_000
_PREPARE = f"{prepare_packed.__module__}:{prepare_packed.__name__}"


@dataclass(slots=True)
class _Portion(Generic[Of]):
    """Records on their way, what they are of, about how many characters, and where they are being prepared."""

    of: Of
    portion: Portion
    size: int
    result: Future[bytes] | None = None

    @property
    def is_light(self) -> bool:
        """Whether all of it are rows of graphs that are read already: to send them away and back takes longer than to prepare them."""
        return not any(
            isinstance(record, Raw) or (isinstance(record, ReadRecord) and record.document.kind is not DocumentKind.RECORD)
            for record in self.portion.records
        )

    @property
    def is_done(self) -> bool:
        """Whether nobody needs to be waited for."""
        return self.result is None or self.result.done()


class Cluster(Protocol):
    """Processes on other machines, which are there already and stay when the work is done (`medrag.ingest.cluster`)."""

    @property
    def size(self) -> int:
        """How many calls it works on at once."""

    def submit(self, function: str, data: bytes) -> Future[bytes]:
        """What `module:function` makes of the bytes; the future raises `MedRAGError` where that cannot be worked out."""

    def require(self, embedder: Embedder) -> None:
        """Raises `MedRAGError` where it cannot do the work."""


class Workshop:
    """Prepares records by up to `jobs` processes (None: one a core), started once there is enough to do, or on a cluster."""

    def __init__(self, jobs: int | None, embedder: Embedder, size: int = 0, cluster: Cluster | None = None) -> None:
        self._jobs = cores() if jobs is None else jobs
        # What costs a microsecond a token is best done where the passage is cut; a transformer is loaded once, by the writer.
        self._embedder = embedder.name if is_quick(embedder) else ""
        self._bytes = size  # of the files that are to be read
        self._chars = 0
        self._pool: WorkerPool | Cluster | None = None
        self._answered = False
        if cluster is not None:
            cluster.require(embedder)
            # Transformers run there too: its machines may have GPUs.
            self._pool, self._jobs, self._embedder, self._answered = cluster, cluster.size, embedder.name, True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if isinstance(pool, WorkerPool):
            pool.close()

    def prepared(self, records: Iterable[tuple[Of, Making, Read]]) -> Iterator[tuple[Of, Made | Edges | Unreadable]]:
        """What was made of the records, in order, each with what it is of."""
        under_way: deque[_Portion[Of]] = deque()
        size = 0
        for one in self._portions(records):
            under_way.append(one)
            size += one.size
            self._begin(one)
            while under_way and (self._is_enough(len(under_way), size) or under_way[0].is_done):
                first = under_way.popleft()
                size -= first.size
                yield from self._taken(first)
        for one in under_way:
            yield from self._taken(one)

    def _portions(self, records: Iterable[tuple[Of, Making, Read]]) -> Iterator[_Portion[Of]]:
        """The records in portions of what they are of; without workers each by itself, for nothing is to wait for more."""
        some: list[Read] = []
        size = 0
        before: tuple[Of, Making] | None = None
        for of, making, record in records:
            full = self._pool is None or len(some) >= PORTION_RECORDS or size >= PORTION_CHARS
            if before is not None and (full or of is not before[0]):
                yield _Portion(before[0], Portion(tuple(some), before[1]), size)
                some, size = [], 0
            before = (of, making)
            some.append(record)
            size += size_of(record)
        if before is not None:
            yield _Portion(before[0], Portion(tuple(some), before[1]), size)

    def _is_enough(self, portions: int, size: int) -> bool:
        """Whether so much is under way that the first of it is waited for."""
        ahead = AHEAD * self._jobs
        return self._pool is None or size > ahead * PORTION_CHARS or portions > ahead * SMALL

    def _begin(self, one: _Portion[Of]) -> None:
        """Hands the portion to a worker, if there are any and it is worth it."""
        if one.is_light:
            return
        if self._jobs > 1 and self._pool is None and (self._bytes > WORTH_BYTES or self._chars > WORTH_CHARS) and can_start():
            self._pool = WorkerPool(self._jobs)
        if self._pool is not None:
            wanted = replace(one.portion, making=replace(one.portion.making, embedder=self._embedder))
            one.result = self._pool.submit(_PREPARE, packed(wanted))
        self._chars += one.size

    def _taken(self, one: _Portion[Of]) -> Iterator[tuple[Of, Made | Edges | Unreadable]]:
        made = prepare_portion(one.portion) if one.result is None else self._received(one, one.result)
        for each in made:
            yield one.of, each

    def _received(self, one: _Portion[Of], result: Future[bytes]) -> list[Made | Edges | Unreadable]:
        try:
            made = unpacked(result.result())
            self._answered = True
            return made
        except (MedRAGError, CancelledError) as error:  # the latter where the workers were given up meanwhile
            self._answered = self._answered or self._is_answered(one.portion.making)
            if not self._answered:
                if self._pool is not None:  # said once
                    log.warning("no worker processes (%s): going on with one process", error)
                self._jobs = 1
                self._close()
                return prepare_portion(one.portion)
            return [made for record in one.portion.records for made in self._alone(record, one.portion.making)]

    def _is_answered(self, making: Making) -> bool:
        """Whether a worker makes nothing of nothing: then one that was lost met a record that kills."""
        if self._pool is None:
            return False
        try:
            self._pool.submit(_PREPARE, packed(Portion((), making))).result()
        except MedRAGError:
            return False
        return True

    def _alone(self, record: Read, making: Making) -> list[Made | Edges | Unreadable]:
        """What became of one record of a portion whose worker was lost: the others must not suffer for it."""
        if isinstance(record, (Edges, Unreadable)) or self._pool is None:
            return prepare_portion(Portion((record,), making))
        portion = Portion((record,), replace(making, embedder=self._embedder))
        try:
            return unpacked(self._pool.submit(_PREPARE, packed(portion)).result())
        except MedRAGError as error:
            place = record.place if isinstance(record, Raw) else record.document.place
            return [Unreadable(place, f"it could not be prepared: {one_line(error)}")]
