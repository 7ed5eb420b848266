"""Deriving a generation's indexes from the catalogue: the changes of one commit, or everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from medrag.kb import schema as t
from medrag.kb.catalogue import among, current, in_batches, passage_rows, to_passages
from medrag.kb.embed import Embedder, HashedEmbedder
from medrag.kb.names import NameWriter
from medrag.kb.tokens import TOKENIZER, tokens
from medrag.kb.vectors import VectorWriter
from medrag.kb.words import WordEntry, WordWriter
from medrag.types import Passage

__all__ = ["Progress", "derive_all", "derive_changes", "norms_of"]

PORTION = 2_000  # passages cut, encoded and added at a time
VERSIONS_AT_ONCE = 200

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


def derive_all(connection: Connection, folder: Path, commit: int, embedder: Embedder, progress: Progress) -> None:
    """Builds a generation in an empty `folder` from everything that is current at the commit."""
    writers = _Writers.at(folder, embedder.dimensions)
    _add(connection, writers, current(), commit, embedder, progress)
    writers.publish()
    _write_manifest(folder, commit, embedder)


def _add(
    connection: Connection, writers: _Writers, wanted: ColumnElement[bool], commit: int, embedder: Embedder, progress: Progress
) -> None:
    query = select(t.versions.c.id).where(wanted).order_by(t.versions.c.id)
    versions = list(connection.scalars(query, {"commit": commit}))
    for done, ids in enumerate(_portions(versions)):
        for passages in _passages(connection, ids, commit):
            _add_passages(writers, passages, embedder)
        writers.names.add(norms_of(connection, ids))
        progress("indexing", min((done + 1) * VERSIONS_AT_ONCE, len(versions)), len(versions))


def norms_of(connection: Connection, version_ids: Sequence[int]) -> Iterator[str]:
    """The folded names that stand for something because of these versions, some of them more than once."""
    yield from connection.scalars(select(t.names.c.norm).where(t.names.c.version_id.in_(version_ids)).distinct())
    for column in (t.statements.c.subject, t.statements.c.object, t.about.c.entity_id):
        said = select(column).where(column.table.c.version_id.in_(version_ids))
        yield from connection.scalars(select(t.entities.c.norm).where(t.entities.c.id.in_(said)))


def _portions(versions: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(versions), VERSIONS_AT_ONCE):
        yield versions[start : start + VERSIONS_AT_ONCE]


def _passages(connection: Connection, version_ids: Sequence[int], commit: int) -> Iterator[list[Passage]]:
    query = select(t.versions.c.id, t.versions.c.text).where(t.versions.c.id.in_(version_ids), t.versions.c.kind != "record")
    texts = {row.id: row.text for row in connection.execute(query)}
    rows = connection.execute(_PASSAGES, {"values": list(texts), "commit": commit}) if texts else ()
    passages = list(to_passages(rows, texts))
    for start in range(0, len(passages), PORTION):
        yield passages[start : start + PORTION]


def _add_passages(writers: _Writers, passages: list[Passage], embedder: Embedder) -> None:
    entries = [_entry(passage) for passage in passages]
    writers.words.add(entries)
    ids = [passage.id for passage in passages]
    if isinstance(embedder, HashedEmbedder):  # takes the tokens as they are, so that each passage is cut once
        writers.vectors.add(ids, embedder.encode_tokens([entry.tokens for entry in entries]))
    else:
        writers.vectors.add(
            ids, embedder.encode_passages([f"{p.document.title} {p.section.heading}\n{p.text}" for p in passages])
        )


def _entry(passage: Passage) -> WordEntry:
    document, section = passage.document, passage.section
    filters = [("source", document.source), ("lang", document.lang), ("kind", document.kind.value)]
    filters += [("tag", tag) for tag in document.tags]
    headings = " ".join((*section.path, section.heading))
    return WordEntry(passage.id, [*tokens(document.title), *tokens(headings), *tokens(passage.text)], tuple(filters))


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
