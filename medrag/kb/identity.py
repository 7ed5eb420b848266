"""Which document a record is: found by its key, else by its text, else by the place where it was seen before.

A record without a key is known again by exact text first, so that records may be moved about in a file; then by place
(the n-th record of its title in its file), so that a changed one becomes a version; else it is new and gets
`title#hash`, the hash being of the text it came with first. Two makers' 板蓝根颗粒 stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, func, select

from medrag.kb import schema as t
from medrag.kb.engines.insert import insert, insert_all_new
from medrag.kb.engines.sql import among
from medrag.kb.prepared import Prepared
from medrag.kb.query import Query
from medrag.types import digest

__all__ = ["document_ids", "is_made_up", "new_document_ids", "resolve_keys"]

HASH_DIGITS = 8

# Both by source first, as the indexes have it: by key or title alone every row of the table would be looked at.
_DOCUMENTS = Query(
    select(t.documents.c.key, t.documents.c.id).where(
        t.documents.c.source == bindparam("source"), among(t.documents.c.key, "keys")
    )
)
_PLACES = Query(
    select(t.places.c.title, t.places.c.document_id, t.documents.c.key, t.places.c.file, t.places.c.occurrence)
    .join(t.documents)
    .where(t.places.c.source == bindparam("source"), among(t.places.c.title, "titles"))
    .order_by(t.places.c.added, t.places.c.document_id)
)
_TEXTS = Query(select(t.versions.c.document_id, t.versions.c.sha256).where(among(t.versions.c.document_id, "ids")))
_LAST = Query(select(func.max(t.documents.c.id).label("id")))


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
    return replace(prepared, document=prepared.document.model_copy(update={"key": key}))


def _known(connection: Connection, names: set[tuple[str, str]]) -> dict[tuple[str, str], list[_Known]]:
    found: dict[tuple[str, str], list[_Known]] = defaultdict(list)
    for source, titles in _by_source(names).items():
        for row in _PLACES.rows(connection, source=source, titles=titles):
            found[source, row.title].append(_Known(row.document_id, row.key, row.file, row.occurrence))
    return found


def _by_source(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The keys or titles of each source."""
    listed: dict[str, list[str]] = defaultdict(list)
    for source, name in names:
        listed[source].append(name)
    return listed


def _texts(connection: Connection, document_ids: Sequence[int]) -> dict[int, set[str]]:
    """The hashes of all texts that each document has had."""
    hashes: dict[int, set[str]] = defaultdict(set)
    for row in _TEXTS.rows(connection, ids=document_ids) if document_ids else ():
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
    ids, _ = document_ids(connection, [(source, key) for (source, _, _, _), key in fresh.items()])
    insert(connection, t.places, [(s, n, f, o, ids[s, key], commit) for (s, n, f, o), key in fresh.items()])


def document_ids(connection: Connection, identities: Sequence[tuple[str, str]]) -> tuple[dict[tuple[str, str], int], set[int]]:
    """The catalogue's ids of documents by (source, key), and which of them are new: those are added."""
    wanted = dict.fromkeys(identities)
    found: dict[tuple[str, str], int] = {}
    for source, keys in _by_source(wanted).items():
        found.update(((source, key), at) for key, at in _DOCUMENTS.rows(connection, source=source, keys=keys))
    missing = [identity for identity in wanted if identity not in found]
    if not missing:
        return found, set()
    first = (_LAST.rows(connection)[0].id or 0) + 1
    rows = [(at, source, key) for at, (source, key) in enumerate(missing, start=first)]
    insert(connection, t.documents, rows)
    found.update(((source, key), at) for at, source, key in rows)
    return found, {at for at, _, _ in rows}


def new_document_ids(connection: Connection, source: str, keys: Sequence[str]) -> list[int]:
    """The ids of documents of a source that are added, where all of these different keys are new; else nothing is, and there are none."""
    first = (_LAST.rows(connection)[0].id or 0) + 1
    rows = [(at, source, key) for at, key in enumerate(keys, start=first)]
    if connection.dialect.name == "sqlite":
        return list(range(first, first + len(rows))) if insert_all_new(connection, t.documents, rows) else []
    if _DOCUMENTS.rows(connection, source=source, keys=list(keys)):
        return []
    insert(connection, t.documents, rows)
    return list(range(first, first + len(rows)))
