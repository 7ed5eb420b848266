"""Which document a record is: found by its key, else by its text, else by the place where it was seen before.

A record without a key is known again by exact text first, so that records may be moved about in a file; then by place
(the n-th record of its title in its file), so that a changed one becomes a version; else it is new and gets
`title#hash`, the hash being of the text it came with first. Two makers' 板蓝根颗粒 stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from medrag.kb import schema as t
from medrag.kb.catalogue import in_batches
from medrag.kb.prepared import Prepared
from medrag.types import digest

__all__ = ["document_ids", "is_made_up", "resolve_keys"]

HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class _Known:
    document_id: int
    key: str
    file: str
    occurrence: int


def resolve_keys(connection: Connection, batch: Sequence[Prepared], commit: int) -> list[Prepared]:
    """The batch with every empty key filled in; places of new records are remembered under the commit."""
    if all(prepared.document.key for prepared in batch):
        return list(batch)
    weak: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, prepared in enumerate(batch):
        if not prepared.document.key:
            weak[prepared.document.source, prepared.document.title].append(at)
    known = _known(connection, set(weak))
    texts = _texts(connection, [k.document_id for group in known.values() for k in group])
    keys: dict[int, str] = {}
    for name, members in weak.items():
        keys.update(_resolve_group([(at, batch[at]) for at in members], known.get(name, []), texts))
    resolved = [_with_key(p, keys[at]) if at in keys else p for at, p in enumerate(batch)]
    _remember(connection, [resolved[at] for at in keys], known, commit)
    return resolved


def _with_key(prepared: Prepared, key: str) -> Prepared:
    return Prepared(
        document=prepared.document.model_copy(update={"key": key}),
        passages=prepared.passages,
        names=prepared.names,
        statements=prepared.statements,
        about=prepared.about,
        occurrence=prepared.occurrence,
    )


def _known(connection: Connection, names: set[tuple[str, str]]) -> dict[tuple[str, str], list[_Known]]:
    found: dict[tuple[str, str], list[_Known]] = defaultdict(list)
    for titles in in_batches(sorted({title for _, title in names})):
        query = select(t.places, t.documents.c.key).join(t.documents).where(t.places.c.title.in_(titles))
        for row in connection.execute(query):
            if (row.source, row.title) in names:
                found[row.source, row.title].append(_Known(row.document_id, row.key, row.file, row.occurrence))
    return found


def _texts(connection: Connection, document_ids: Sequence[int]) -> dict[int, set[str]]:
    """The hashes of all texts that each document has had."""
    hashes: dict[int, set[str]] = defaultdict(set)
    for ids in in_batches(document_ids):
        query = select(t.versions.c.document_id, t.versions.c.sha256).where(t.versions.c.document_id.in_(ids))
        for row in connection.execute(query):
            hashes[row.document_id].add(row.sha256)
    return hashes


def _resolve_group(members: list[tuple[int, Prepared]], known: list[_Known], texts: dict[int, set[str]]) -> dict[int, str]:
    """Keys for records of one title: exact texts first, so that no place is given away that a record still holds."""
    keys: dict[int, str] = {}
    by_text = {sha: k for k in known for sha in texts.get(k.document_id, ())}
    for at, prepared in members:
        same = by_text.get(digest(prepared.document.text))
        if same is not None:
            keys[at] = same.key
    claimed = set(keys.values())
    by_place = {(k.file, k.occurrence): k.key for k in known}
    given: dict[str, str] = {}  # a record that is repeated word for word is one document
    for at, prepared in members:
        if at in keys:
            continue
        document = prepared.document
        sha = digest(document.text)
        key = given.get(sha) or by_place.get((document.place.file, prepared.occurrence), "")
        if not key or (key in claimed and sha not in given):
            key = f"{document.title}#{sha[:HASH_DIGITS]}"
        claimed.add(key)
        given[sha] = keys[at] = key
    return keys


def is_made_up(key: str, title: str) -> bool:
    """Whether a key was made here, of the title and a hash, and not by a regulator."""
    return key.startswith(f"{title}#") and len(key) == len(title) + 1 + HASH_DIGITS


def _remember(
    connection: Connection, resolved: Sequence[Prepared], known: dict[tuple[str, str], list[_Known]], commit: int
) -> None:
    held = {(source, title, k.file, k.occurrence) for (source, title), group in known.items() for k in group}
    fresh: dict[tuple[str, str, str, int], str] = {}
    for prepared in resolved:
        document = prepared.document
        place = (document.source, document.title, document.place.file, prepared.occurrence)
        if place not in held:
            fresh[place] = document.key
    if not fresh:
        return
    ids = document_ids(connection, [(source, key) for (source, _, _, _), key in fresh.items()])
    connection.execute(
        t.places.insert(),
        [
            {"source": s, "title": n, "file": f, "occurrence": o, "document_id": ids[s, key], "added": commit}
            for (s, n, f, o), key in fresh.items()
        ],
    )


def document_ids(connection: Connection, identities: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The catalogue's ids of documents by (source, key); documents that are not there yet are added."""
    wanted = dict.fromkeys(identities)
    found: dict[tuple[str, str], int] = {}
    for keys in in_batches(sorted({key for _, key in wanted})):
        for row in connection.execute(select(t.documents).where(t.documents.c.key.in_(keys))):
            if (row.source, row.key) in wanted:
                found[row.source, row.key] = row.id
    missing = [identity for identity in wanted if identity not in found]
    if missing:
        connection.execute(t.documents.insert(), [{"source": s, "key": k} for s, k in missing])
        found.update(document_ids(connection, missing))
    return found
