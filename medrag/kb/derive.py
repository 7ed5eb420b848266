"""Deriving a generation's indexes from the catalogue: the changes of one commit, or everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from medrag.errors import QuestionError
from medrag.kb import schema as t
from medrag.kb.catalogue import among, current, in_batches, passage_rows, to_passages
from medrag.kb.embed import Embedder, HashedEmbedder
from medrag.kb.filters import day_number
from medrag.kb.folding import fold
from medrag.kb.names import NameWriter
from medrag.kb.tokens import TOKENIZER, tokens
from medrag.kb.vectors import VectorWriter
from medrag.kb.words import WordEntry, WordWriter
from medrag.types import DocumentKind, Passage

__all__ = ["Progress", "derive_all", "derive_changes", "derive_exchanged", "norms_of", "quiet"]

PORTION = 2_000  # passages cut, encoded and added at a time
VERSIONS_AT_ONCE = 1_000
CHARS_AT_ONCE = 4_000_000

_PASSAGES = passage_rows(among(t.passages.c.version_id))

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


@dataclass(frozen=True, slots=True)
class _Writers:
    words: WordWriter
    vectors: VectorWriter
    names: NameWriter

    @classmethod
    def at(cls, folder: Path, dimensions: int) -> _Writers:
        return cls(WordWriter(folder / "words"), VectorWriter(folder / "vectors", dimensions), NameWriter(folder / "names"))

    def publish(self) -> None:
        self.words.publish()
        self.vectors.publish()
        self.names.publish()


def derive_changes(connection: Connection, folder: Path, commit: int, embedder: Embedder, progress: Progress) -> None:
    """Brings a clone of the last generation in `folder` to the commit."""
    writers = _Writers.at(folder, embedder.dimensions)
    v = t.versions.c
    gone = and_(v.added < commit, or_(v.until == commit, and_(v.deleted == commit, v.until.is_(None))))
    removed = [
        int(row[0])
        for ids in in_batches(list(connection.scalars(select(v.id).where(gone))))
        for row in connection.execute(select(t.passages.c.id).where(t.passages.c.version_id.in_(ids)))
    ]
    writers.words.remove(removed)
    writers.vectors.remove(removed)
    _add(connection, writers, and_(v.added == commit, current()), commit, embedder, progress)
    writers.publish()
    _write_manifest(folder, commit, embedder)


def derive_exchanged(
    connection: Connection, folder: Path, commit: int, embedder: Embedder, *, gone: Sequence[int], come: Sequence[int]
) -> None:
    """Brings a clone of the commit's generation in `folder` to other versions: those that are `gone` out, those that `come` in."""
    writers = _Writers.at(folder, embedder.dimensions)
    removed = [
        int(i)
        for ids in in_batches(list(gone))
        for i in connection.scalars(select(t.passages.c.id).where(t.passages.c.version_id.in_(ids)))
    ]
    writers.words.remove(removed)
    writers.vectors.remove(removed)
    for ids in in_batches(list(come)):
        _add(connection, writers, t.versions.c.id.in_(ids), commit, embedder, quiet)
    writers.publish()
    _write_manifest(folder, commit, embedder)


def quiet(_doing: str, _done: int, _of: int) -> None:
    """No progress shown."""


def derive_all(connection: Connection, folder: Path, commit: int, embedder: Embedder, progress: Progress) -> None:
    """Builds a generation in an empty `folder` from everything that is current at the commit."""
    writers = _Writers.at(folder, embedder.dimensions)
    _add(connection, writers, current(), commit, embedder, progress)
    writers.publish()
    _write_manifest(folder, commit, embedder)


def _add(
    connection: Connection, writers: _Writers, wanted: ColumnElement[bool], commit: int, embedder: Embedder, progress: Progress
) -> None:
    done, count = 0, select(func.count()).select_from(t.versions).where(wanted)
    total = connection.execute(count, {"commit": commit}).scalar_one()
    for texts in _portions(connection, wanted, commit):
        for passages in _passages(connection, texts, commit):
            _add_passages(writers, passages, embedder)
        writers.names.add(norms_of(connection, list(texts)))
        done += len(texts)
        progress("indexing", done, total)


def norms_of(connection: Connection, version_ids: Sequence[int]) -> Iterator[str]:
    """The folded names that stand for something because of these versions, some of them more than once."""
    yield from connection.scalars(select(t.names.c.norm).where(t.names.c.version_id.in_(version_ids)).distinct())
    for column in (t.statements.c.subject, t.statements.c.object, t.about.c.entity_id):
        said = select(column).where(column.table.c.version_id.in_(version_ids))
        yield from connection.scalars(select(t.entities.c.norm).where(t.entities.c.id.in_(said)))


def _portions(connection: Connection, wanted: ColumnElement[bool], commit: int) -> Iterator[dict[int, str]]:
    """The versions with their texts (those of records are not needed), so many at once as memory allows."""
    v = t.versions.c
    text = case((v.kind != DocumentKind.RECORD.value, v.text), else_="").label("text")
    query = select(v.id, text).where(wanted).order_by(v.id)
    portion: dict[int, str] = {}
    size = 0
    for row in connection.execute(query, {"commit": commit}, execution_options={"yield_per": 20}):
        portion[row.id] = row.text
        size += len(row.text)
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


def _add_passages(writers: _Writers, passages: list[Passage], embedder: Embedder) -> None:
    entries = [_entry(passage) for passage in passages]
    writers.words.add(entries)
    ids = [passage.id for passage in passages]
    if isinstance(embedder, HashedEmbedder):  # takes the tokens as they are, so that each passage is cut once
        writers.vectors.add(ids, embedder.encode_tokens([entry.tokens for entry in entries]))
    else:
        writers.vectors.add(ids, embedder.encode_passages([_to_encode(passage) for passage in passages]))


def _to_encode(passage: Passage) -> str:
    """The passage under its title and all its headings, which say what it is about."""
    return f"{passage.document.title} {_headings(passage)}\n{passage.text}"


def _headings(passage: Passage) -> str:
    return " ".join((*passage.section.path, passage.section.heading))


def _entry(passage: Passage) -> WordEntry:
    document, section = passage.document, passage.section
    filters = [("source", document.source), ("lang", document.lang), ("kind", document.kind.value)]
    filters += [("tag", tag) for tag in document.tags]
    filters += [("maker", fold(document.maker)), ("group", section.group.value)]
    words = [*_printed(document.title), *_printed(_headings(passage)), *tokens(passage.text)]
    return WordEntry(passage.id, words, tuple(filters), _day(document.effective))


@lru_cache(maxsize=1024)
def _printed(text: str) -> tuple[str, ...]:
    """The tokens of a title or of headings, which stand over many passages."""
    return tuple(tokens(text))


@lru_cache(maxsize=1024)
def _day(effective: str) -> int:
    """The day from which a document is effective; 0 for one that its source writes in no way we know."""
    try:
        return day_number(effective)
    except QuestionError:
        return 0


def _write_manifest(folder: Path, commit: int, embedder: Embedder) -> None:
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = {
        "commit": commit,
        "tokenizer": TOKENIZER,
        "embedder": embedder.name,
        "dimensions": embedder.dimensions,
        "files": {name: size for name, size in sizes.items() if not name.endswith(".lock")},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    (folder / "lock").touch()
