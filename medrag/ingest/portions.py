"""Portions of records made ready to be stored: the step of ingest that knows nothing of the knowledge base and may run anywhere.

    for made in prepare_portion(Portion(records, Making(reader="spl"))): ...

It is a pure function of what it is given, so a pool of processes (`medrag.ingest.workshop`) and a cluster give the same
documents as one process does. `packed` and `unpacked` carry portions and what is made of them as bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import cast

from medrag.ingest.carried import dumps, loads
from medrag.ingest.collecting import rarely_collected
from medrag.ingest.prepare import prepare, prepare_edges
from medrag.ingest.records import Raw, RawReader, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.registry import reader
from medrag.kb.edges import Edges, faulty
from medrag.kb.embed import Embedder, embedder_from_name
from medrag.kb.prepared import Prepared, fault_of
from medrag.kb.quick import place_of
from medrag.kb.ready import ready_passages

__all__ = ["Made", "Making", "Portion", "one_line", "packed", "prepare_packed", "prepare_portion", "unpacked"]

# Renderings of the same labels are one collection, so that a set id means one document.
COLLECTIONS = {"spl-html": "spl"}


@dataclass(frozen=True, slots=True)
class Making:
    """How records become documents.

    `reader` is the name of the reader they come from, `source`, `tags` and `options` are what the user said. With the name of an
    `embedder` passages are cut for the word index and encoded too; else the writer does that.
    """

    reader: str
    source: str | None = None
    tags: tuple[str, ...] = ()
    embedder: str = ""
    options: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some records of one file, in its order, read or still raw; what could not be read stands between them."""

    records: tuple[ReadRecord | Raw | Edges | Unreadable, ...]
    making: Making


@dataclass(frozen=True, slots=True)
class Made:
    """A record ready to be stored, and what the report counts of it.

    `prepared.occurrence` is 0 still: which of its title in its file a record is, is known where all of the file come by.
    `ready` holds the cut and encoded passages (`medrag.kb.ready`), empty where none were asked for.
    """

    prepared: Prepared
    unmapped: tuple[str, ...] = ()
    rows: int = 1
    ready: bytes = b""


def prepare_portion(portion: Portion) -> list[Made | Edges | Unreadable]:
    """What became of the records, in order; one that cannot be prepared is `Unreadable` and takes no other along."""
    return [made for record in portion.records for made in _all_made(record, portion.making)]


def _all_made(record: ReadRecord | Raw | Edges | Unreadable, making: Making) -> Iterator[Made | Edges | Unreadable]:
    if isinstance(record, Edges):
        yield from _made_edges(record, making)
        return
    for one in _read(record, making):
        yield one if isinstance(one, Unreadable) else _made(one, making)


def _made_edges(edges: Edges, making: Making) -> Iterator[Edges | Unreadable]:
    faults = {id(edge): fault for edge, fault in faulty(edges)}
    for edge in edges.rows if faults else ():
        if id(edge) in faults:
            yield Unreadable(place_of(edges.file, edge.record), faults[id(edge)])
    sound = replace(edges, rows=[edge for edge in edges.rows if id(edge) not in faults]) if faults else edges
    yield prepare_edges(sound, source=making.source or COLLECTIONS.get(making.reader, making.reader), tags=making.tags)


def prepare_packed(portion: bytes) -> bytes:
    """`prepare_portion` from bytes to bytes, as processes exchange them."""
    with rarely_collected():
        return packed(prepare_portion(loads(portion)))


def packed(value: Portion | Sequence[Made | Edges | Unreadable]) -> bytes:
    """A portion, or what was made of one, as bytes for another process of the same release; never to be stored."""
    return dumps(value)


def unpacked(data: bytes) -> list[Made | Edges | Unreadable]:
    """What was made of a portion, from bytes of `packed` that a process of ours sent."""
    made: list[Made | Edges | Unreadable] = loads(data)
    return made


def _read(record: ReadRecord | Raw | Unreadable, making: Making) -> Iterator[ReadRecord | Unreadable]:
    if not isinstance(record, Raw):
        yield record
        return
    try:
        yield from cast(RawReader, reader(making.reader)).made(record, making.options)
    except Exception as error:  # it met something that it did not expect
        yield Unreadable(record.place, f"the {making.reader} reader gave up: {type(error).__name__}: {one_line(error)}")


def _made(record: ReadRecord, making: Making) -> Made | Unreadable:
    source = making.source or record.document.source or COLLECTIONS.get(making.reader, making.reader)
    try:
        prepared = prepare(record, source=source, tags=making.tags)
        fault = fault_of(prepared)
        if not fault:
            return Made(prepared, record.unmapped, record.rows, _ready(prepared, making))
    except Exception as error:  # one record must not take the rest of its file along
        fault = f"{type(error).__name__}: {one_line(error)}"
    return Unreadable(record.document.place, fault)


def _ready(prepared: Prepared, making: Making) -> bytes:
    if not making.embedder or not prepared.passages:
        return b""
    return ready_passages(prepared, _embedder(making.embedder)).packed()


@lru_cache(maxsize=1)
def _embedder(name: str) -> Embedder:
    return embedder_from_name(name)


def one_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
