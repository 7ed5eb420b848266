"""Deriving a generation's indexes from the catalogue: the changes of one commit, or everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from medrag.kb import schema as t
from medrag.kb.catalogue import among, current, in_batches, passage_rows, to_passages
from medrag.kb.contract import Edition, VectorsWriter, WordsWriter
from medrag.kb.embed import Embedder
from medrag.kb.entries import cut_entry, entry_of, to_encode
from medrag.kb.names import NameWriter
from medrag.kb.query import Query
from medrag.kb.ready import ReadyStore, encoded
from medrag.kb.remembered import from_codes
from medrag.kb.shelves import IN_FOLDER, Building
from medrag.kb.tokens import TOKENIZER
from medrag.kb.vectors import VectorIndex
from medrag.kb.walked import forget_walk, note_changes
from medrag.kb.words import WordEntry, WordIndex, WordWriter
from medrag.types import DocumentKind, Passage

__all__ = ["Progress", "derive_all", "derive_changes", "derive_exchanged", "derive_rest", "norms_of", "quiet"]

PORTION = 2_000  # passages cut, encoded and added at a time
VERSIONS_AT_ONCE = 10_000
CHARS_AT_ONCE = 4_000_000
FETCHED = 20  # versions read at a time: a label may have a megabyte of text

_PASSAGES = passage_rows(among(t.passages.c.version_id))
_SAID = [
    select(column).where(among(column.table.c.version_id, "ids"))
    for column in (t.statements.c.subject, t.statements.c.object, t.about.c.entity_id)
]
_NORMS = (
    Query(select(t.names.c.norm).where(among(t.names.c.version_id, "ids")).distinct()),
    *(Query(select(t.entities.c.norm).where(t.entities.c.id.in_(said))) for said in _SAID),
)

_IDS = Query(
    select(t.passages.c.version_id, t.passages.c.id)
    .where(among(t.passages.c.version_id, "ids"))
    .order_by(t.passages.c.version_id, t.passages.c.start)
)

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


@dataclass(frozen=True, slots=True)
class _Writers:
    words: WordsWriter | None  # None where another machine wrote the index that all share
    vectors: VectorsWriter | None
    names: NameWriter

    @property
    def cut(self) -> bool:
        """Whether anybody wants passages."""
        return self.words is not None or self.vectors is not None

    def add(self, entries: Sequence[WordEntry], vectors: Callable[[], NDArray[np.float32]]) -> None:
        if self.words is not None:
            self.words.add(entries)
        if self.vectors is not None:
            self.vectors.add(entries, vectors())

    def remove(self, ids: Sequence[int]) -> None:
        for writer in (self.words, self.vectors):
            if writer is not None:
                writer.remove(ids)

    def publish(self) -> None:
        for writer in (self.words, self.vectors, self.names):
            if writer is not None:
                writer.publish()


def derive_changes(
    connection: Connection,
    folder: Path,
    commit: int,
    embedder: Embedder,
    progress: Progress,
    ready: ReadyStore | None = None,
    *,
    since: int | None = None,
    building: Building = IN_FOLDER,
) -> None:
    """Brings a clone of the last generation in `folder`, or of that of commit `since`, to the commit."""
    before = commit - 1 if since is None else since
    writers = _Writers(*building.writers(folder, before, commit, embedder.dimensions, connection), NameWriter(folder / "names"))
    left = _left(connection, before, commit)
    come = and_(t.versions.c.added > before, current())
    writers.remove(_passages_in(connection, left))
    _add(connection, writers, come, commit, embedder, progress, ready)
    writers.publish()
    if since is None:
        note_changes(folder, connection, [*left, *connection.scalars(select(t.versions.c.id).where(come), {"commit": commit})])
    else:  # what was purged since cannot be told any more
        forget_walk(folder)
    _write_manifest(folder, commit, embedder, building.stamp)


def _left(connection: Connection, before: int, commit: int) -> list[int]:
    """The versions that were current at the commit `before` and are not any more."""
    v = t.versions.c
    was = and_(v.added <= before, or_(v.until.is_(None), v.until > before), or_(v.deleted.is_(None), v.deleted > before))
    gone = and_(was, or_(v.until.between(before + 1, commit), v.deleted.between(before + 1, commit)))
    return list(connection.scalars(select(v.id).where(gone)))


def _passages_in(connection: Connection, versions: Sequence[int]) -> list[int]:
    """The passages of some versions."""
    return [
        int(passage)
        for ids in in_batches(list(versions))
        for passage in connection.scalars(select(t.passages.c.id).where(t.passages.c.version_id.in_(ids)))
    ]


def derive_exchanged(
    connection: Connection, folder: Path, commit: int, embedder: Embedder, *, gone: Sequence[int], come: Sequence[int]
) -> None:
    """Brings a clone of the commit's generation in `folder` to other versions: those that are `gone` out, those that `come` in."""
    forget_walk(folder)
    # Whatever engines the commit's own indexes are on, those of a day are this machine's.
    writers = _Writers(
        *IN_FOLDER.writers(folder, commit, commit, embedder.dimensions, connection), NameWriter(folder / "names")
    )
    writers.remove(_passages_in(connection, gone))
    for ids in in_batches(list(come)):
        _add(connection, writers, t.versions.c.id.in_(ids), commit, embedder, quiet)
    writers.publish()
    _write_manifest(folder, commit, embedder)


def quiet(_doing: str, _done: int, _of: int) -> None:
    """No progress shown."""


def derive_all(
    connection: Connection,
    folder: Path,
    commit: int,
    embedder: Embedder,
    progress: Progress,
    ready: ReadyStore | None = None,
    *,
    building: Building = IN_FOLDER,
) -> None:
    """Builds a generation in an empty `folder` from everything that is current at the commit."""
    writers = _Writers(*building.writers(folder, None, commit, embedder.dimensions, connection), NameWriter(folder / "names"))
    _add(connection, writers, current(), commit, embedder, progress, ready)
    writers.publish()
    _write_manifest(folder, commit, embedder, building.stamp)


def derive_rest(
    connection: Connection,
    before: Path,
    folder: Path,
    commit: int,
    embedder: Embedder,
    progress: Progress,
    ready: ReadyStore | None = None,
) -> None:
    """Builds a generation in an empty `folder` from everything that is current at the commit, what the last one holds taken from there.

    It takes a quarter of the time of `derive_all`, and what went is in no file of it: an index that is told to leave something out
    holds it on. The last one is in the folder `before`, of the same embedder, which is a quick one.
    """
    rest = _Rest(connection, before, folder, commit, embedder)
    v = t.versions.c
    stays = and_(v.added < commit, current())
    total = connection.execute(select(func.count()).select_from(t.versions).where(stays), {"commit": commit}).scalar_one()
    done = 0
    for texts in _portions(connection, stays, commit):
        for passages in _passages(connection, texts, commit):
            rest.carry(passages, embedder)
        rest.writers.names.add(norms_of(connection, list(texts)))
        done += len(texts)
        progress("indexing", done, total)
    rest.leave(_passages_in(connection, _left(connection, commit - 1, commit)))
    _add(connection, rest.writers, and_(v.added == commit, current()), commit, embedder, progress, ready)
    rest.writers.publish()
    _write_manifest(folder, commit, embedder)


class _Rest:
    """The passages of a generation on their way into one that is built anew."""

    def __init__(self, connection: Connection, before: Path, folder: Path, commit: int, embedder: Embedder) -> None:
        self._words = WordIndex(before / "words")
        self._vectors = VectorIndex(before / "vectors", embedder.dimensions)
        self._to = WordWriter(folder / "words", carried=self._words)
        edition = Edition(commit, commit, embedder.dimensions)
        self._vectors_to = IN_FOLDER.shelves.vectors.writer(folder / "vectors", None, edition, connection)
        self.writers = _Writers(self._to, self._vectors_to, NameWriter(folder / "names"))

    def carry(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        """Adds passages as the last generation has them, anew those that it lacks."""
        ids = [passage.id for passage in passages]
        vectors, known = self._vectors.stored(np.array(ids, np.int64))
        places = self._words.addresses(ids)
        held = [at for at, i in enumerate(ids) if known[at] and i in places]
        entries = [
            cut_entry(p.id, p.document, p.section, self._words.words_at(places[p.id])) for p in (passages[at] for at in held)
        ]
        self._to.carry(entries)
        self._vectors_to.add(entries, vectors[held])
        if len(held) < len(ids):
            lacking = [p for at, p in enumerate(passages) if not (known[at] and p.id in places)]
            self.leave([passage.id for passage in lacking])
            _add_passages(self.writers, lacking, embedder)

    def leave(self, ids: Sequence[int]) -> None:
        """Says that passages of the last generation are not carried."""
        for some in in_batches(ids):
            self._to.leave(map(self._words.words_at, self._words.addresses(some).values()))


def _add(
    connection: Connection,
    writers: _Writers,
    wanted: ColumnElement[bool],
    commit: int,
    embedder: Embedder,
    progress: Progress,
    ready: ReadyStore | None = None,
) -> None:
    done, count = 0, select(func.count()).select_from(t.versions).where(wanted)
    total = connection.execute(count, {"commit": commit}).scalar_one()
    for texts in _portions(connection, wanted, commit):
        left = texts if writers.cut else {}
        if left and ready is not None:
            left = _add_ready(connection, writers, left, embedder, ready)
        for passages in _passages(connection, left, commit):
            _add_passages(writers, passages, embedder)
        writers.names.add(norms_of(connection, list(texts)))
        done += len(texts)
        progress("indexing", done, total)


def norms_of(connection: Connection, version_ids: Sequence[int]) -> Iterator[str]:
    """The folded names that stand for something because of these versions, some of them more than once."""
    for query in _NORMS:
        yield from (norm for (norm,) in query.rows(connection, ids=version_ids))


def _portions(connection: Connection, wanted: ColumnElement[bool], commit: int) -> Iterator[dict[int, str]]:
    """The versions with their texts (those of records are not needed), so many at once as memory allows."""
    v = t.versions.c
    text = case((v.kind != DocumentKind.RECORD.value, v.text), else_="").label("text")
    query = Query(select(v.id, text).where(wanted).order_by(v.id))
    portion: dict[int, str] = {}
    size = 0
    for version_id, said in query.stream(connection, FETCHED, commit=commit):
        portion[version_id] = said
        size += len(said)
        if len(portion) >= VERSIONS_AT_ONCE or size >= CHARS_AT_ONCE:
            yield portion
            portion, size = {}, 0
    if portion:
        yield portion


def _passages(connection: Connection, texts: dict[int, str], commit: int) -> Iterator[list[Passage]]:
    """The passages of the versions, in portions."""
    wanted = [version_id for version_id, text in texts.items() if text]
    for ids in in_batches(wanted):
        passages = list(to_passages(connection.execute(_PASSAGES, {"values": ids, "commit": commit}), texts))
        for start in range(0, len(passages), PORTION):
            yield passages[start : start + PORTION]


def _add_ready(
    connection: Connection, writers: _Writers, texts: dict[int, str], embedder: Embedder, ready: ReadyStore
) -> dict[int, str]:
    """Adds the passages of the versions that were cut and encoded when they were prepared; returns the other versions."""
    ids: dict[int, list[int]] = {i: [] for i, text in texts.items() if text}
    for version_id, passage_id in _IDS.rows(connection, ids=list(ids)):
        ids[version_id].append(passage_id)
    found = {i: passages for i, own in ids.items() if (passages := ready.of(i, embedder.name, own)) is not None}
    for some in in_batches(list(found)):
        entries = [entry for i in some for entry in found[i].entries]
        writers.add(entries, partial(from_codes, np.concatenate([found[i].vectors for i in some])))
    return {i: text for i, text in texts.items() if i not in found}


def _add_passages(writers: _Writers, passages: list[Passage], embedder: Embedder) -> None:
    entries = [entry_of(p.id, p.document, p.section, p.text) for p in passages]
    writers.add(entries, lambda: encoded(embedder, entries, [to_encode(p.document, p.section, p.text) for p in passages]))


def _write_manifest(folder: Path, commit: int, embedder: Embedder, stamp: str = "") -> None:
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = {
        "commit": commit,
        "stamp": stamp,
        "tokenizer": TOKENIZER,
        "embedder": embedder.name,
        "dimensions": embedder.dimensions,
        "files": {name: size for name, size in sizes.items() if not name.endswith(".lock")},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    (folder / "lock").touch()
