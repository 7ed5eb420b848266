"""Writing prepared documents into the catalogue: which are new, which are changed, and their rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b, sha256
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from medrag.kb import schema as t
from medrag.kb.catalogue import in_batches
from medrag.kb.folding import fold
from medrag.kb.identity import document_ids, is_made_up, resolve_keys
from medrag.kb.names import is_indexed
from medrag.kb.prepared import EntityRef, Prepared
from medrag.types import Document, digest

__all__ = ["Outcome", "passage_id", "write"]


class Outcome(StrEnum):
    """What became of a document that was to be added."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class _Version:
    """What is known of a version already in the catalogue."""

    id: int
    number: int
    fingerprint: str
    reader: str
    place: tuple[str, str]
    effective: str
    richness: tuple[int, int]
    is_current: bool


def passage_id(identity: tuple[str, str, str], text_sha256: str, start: int, end: int) -> int:
    """The id of a passage of a document (source, key, title), 0..2**63-1, by which ties are broken.

    It depends on content alone, so that a grown and a rebuilt knowledge base break ties alike. A key that was made up
    holds a hash of the text that came first, which is history and no content: then the title stands for it.
    """
    source, key, title = identity
    seed = "\x1f".join((source, title if is_made_up(key, title) else key, text_sha256, str(start), str(end)))
    return int.from_bytes(blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def fingerprint(document: Document) -> str:
    """A hash of what makes a document another version: its text and what is printed about it, not how it was read."""
    said = [document.text, document.title, document.maker, document.effective, document.revision, document.lang]
    return sha256(json.dumps([*said, sorted(document.tags), document.kind.value], ensure_ascii=True).encode()).hexdigest()


def write(connection: Connection, batch: Sequence[Prepared], commit: int) -> list[Outcome]:
    """Writes what is new or changed of the batch, stamped with the commit, and says what became of each."""
    resolved = resolve_keys(connection, batch, commit)
    identities = [(p.document.source, p.document.key) for p in resolved]
    ids = document_ids(connection, identities)
    known = _known_versions(connection, list(ids.values()))
    rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
    next_id = (connection.execute(select(func.max(t.versions.c.id))).scalar() or 0) + 1
    outcomes = []
    written: list[tuple[int, Prepared]] = []
    for prepared, identity in zip(resolved, identities, strict=True):
        versions = known[ids[identity]]
        fresh = _Version(
            id=next_id,
            number=max((v.number for v in versions), default=0) + 1,
            fingerprint=fingerprint(prepared.document),
            reader=_rendering(prepared.document.reader),
            place=(prepared.document.place.file, prepared.document.place.record),
            effective=prepared.document.effective,
            richness=(len(prepared.document.sections), len(prepared.document.text)),
            is_current=True,
        )
        if _is_known(fresh, versions):
            outcomes.append(Outcome.UNCHANGED)
            continue
        next_id += 1
        before = next((v for v in versions if v.is_current), None)
        outcomes.append(Outcome.UPDATED if before else Outcome.ADDED)
        _supersede(connection, rows, fresh, before, commit)
        versions.append(fresh)
        _collect(rows, prepared, fresh, ids[identity], commit)
        written.append((fresh.id, prepared))
    _insert(connection, rows)
    _write_graph(connection, written)
    return outcomes


def _rendering(reader: str) -> str:
    """The reader without its version: the same label as HTML and as SPL are two renderings of one document."""
    return reader.partition("/")[0]


def _known_versions(connection: Connection, document_ids_: Sequence[int]) -> dict[int, list[_Version]]:
    """The versions of documents that are not deleted, oldest first."""
    found: dict[int, list[_Version]] = defaultdict(list)
    v = t.versions.c
    for ids in in_batches(sorted(set(document_ids_))):
        count = select(func.count()).where(t.sections.c.version_id == v.id).scalar_subquery()
        query = select(
            v.id, v.document_id, v.version, v.fingerprint, v.reader, v.file, v.record, v.effective, v.until, v.deleted,
            func.length(v.text).label("length"), count.label("sections"),
        ).where(v.document_id.in_(ids)).order_by(v.document_id, v.version)  # fmt: skip
        for row in connection.execute(query):
            version = _Version(
                id=row.id,
                number=row.version,
                fingerprint=row.fingerprint if row.deleted is None else "",
                reader=_rendering(row.reader),
                place=(row.file, row.record),
                effective=row.effective,
                richness=(row.sections, row.length),
                is_current=row.until is None and row.deleted is None,
            )
            found[row.document_id].append(version)
    return found


def _is_known(fresh: _Version, versions: Sequence[_Version]) -> bool:
    """Whether this is the current version again, or the last one that came from the same place."""
    if any(v.is_current and v.fingerprint == fresh.fingerprint for v in versions):
        return True
    same_place = [v for v in versions if (v.reader, v.place) == (fresh.reader, fresh.place)]
    return bool(same_place) and same_place[-1].fingerprint == fresh.fingerprint


def _supersede(
    connection: Connection, rows: dict[Table, list[dict[str, Any]]], fresh: _Version, before: _Version | None, commit: int
) -> None:
    """Ends the version before, or the fresh one where it is older or a poorer rendering of the same."""
    if before is None:
        return
    older = bool(fresh.effective and before.effective) and fresh.effective < before.effective
    same_date = fresh.effective == before.effective
    if older or (same_date and fresh.reader != before.reader and fresh.richness <= before.richness):
        fresh.is_current = False
        return
    before.is_current = False
    pending = next((row for row in rows[t.versions] if row["id"] == before.id), None)
    if pending is not None:
        pending["until"] = commit
    else:
        connection.execute(t.versions.update().where(t.versions.c.id == before.id).values(until=commit))


def _collect(
    rows: dict[Table, list[dict[str, Any]]], prepared: Prepared, fresh: _Version, document_id: int, commit: int
) -> None:
    """Adds the rows of one version to those that are to be written."""
    document, sha = prepared.document, digest(prepared.document.text)
    rows[t.versions].append(
        {
            "id": fresh.id,
            "document_id": document_id,
            "version": fresh.number,
            "revision": document.revision,
            "effective": document.effective,
            "title": document.title,
            "maker": document.maker,
            "kind": document.kind.value,
            "lang": document.lang,
            "tags": json.dumps(document.tags, ensure_ascii=False),
            "reader": document.reader,
            "file": document.place.file,
            "record": document.place.record,
            "sha256": sha,
            "fingerprint": fresh.fingerprint,
            "added": commit,
            "until": None if fresh.is_current else commit,
            "deleted": None,
            "text": document.text,
        }
    )
    rows[t.sections] += [
        {
            "version_id": fresh.id,
            "number": s.index,
            "code": s.code,
            "grp": s.group.value,
            "heading": s.heading,
            "path": json.dumps(s.path, ensure_ascii=False) if s.path else "[]",
            "start": s.start,
            "stop": s.end,
        }
        for s in document.sections
    ]
    rows[t.passages] += [
        {
            "version_id": fresh.id,
            "start": p.start,
            "stop": p.end,
            "section": p.section,
            "id": passage_id((document.source, document.key, document.title), sha, p.start, p.end),
        }
        for p in prepared.passages
    ]


def _write_graph(connection: Connection, written: Sequence[tuple[int, Prepared]]) -> None:
    """Writes the names, facts and subjects of versions; what a document says twice is kept once."""
    refs: dict[str, EntityRef] = {}
    for _, prepared in written:
        said = (
            *(n.entity for n in prepared.names),
            *(e for s in prepared.statements for e in (s.subject, s.object)),
            *prepared.about,
        )
        refs.update((ref.id, ref) for ref in said if ref.id not in refs)
    ids = _entity_ids(connection, refs)
    names, statements, about = [], [], []
    for version_id, prepared in written:
        for n in prepared.names:
            norm = fold(n.name)
            if is_indexed(norm):
                names.append(
                    {"norm": norm, "entity_id": ids[n.entity.id], "version_id": version_id, "name": n.name, "kind": n.kind}
                )
        statements += [
            {
                "subject": ids[s.subject.id],
                "relation": s.relation,
                "object": ids[s.object.id],
                "version_id": version_id,
                "start": s.start,
                "stop": s.end,
            }
            for s in prepared.statements
        ]
        about += [{"entity_id": ids[ref.id], "version_id": version_id} for ref in prepared.about]
    for table, rows in ((t.names, names), (t.statements, statements), (t.about, about)):
        if rows:
            connection.execute(sqlite_insert(table).on_conflict_do_nothing(), rows)


def _entity_ids(connection: Connection, refs: dict[str, EntityRef]) -> dict[str, int]:
    """The catalogue's ids of entities by code; entities that are not there yet are added."""
    found: dict[str, int] = {}
    for codes in in_batches(sorted(refs)):
        found.update(
            (r.code, r.id)
            for r in connection.execute(select(t.entities.c.code, t.entities.c.id).where(t.entities.c.code.in_(codes)))
        )
    missing = [ref for code, ref in refs.items() if code not in found]
    if missing:
        first = (connection.execute(select(func.max(t.entities.c.id))).scalar() or 0) + 1
        found.update((ref.id, at) for at, ref in enumerate(missing, start=first))
        connection.execute(
            t.entities.insert(),
            [{"id": found[r.id], "code": r.id, "kind": r.kind.value, "name": r.name, "norm": fold(r.name)} for r in missing],
        )
    return found


def _insert(connection: Connection, rows: dict[Table, list[dict[str, Any]]]) -> None:
    for table in (t.versions, t.sections, t.passages):
        if rows[table]:
            connection.execute(table.insert(), rows[table])
