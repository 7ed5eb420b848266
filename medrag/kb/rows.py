"""Writing prepared documents into the catalogue: which are new, which are changed, and their rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b, sha256
from json.encoder import encode_basestring_ascii as _quoted
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, select

from medrag.kb import schema as t
from medrag.kb.engines.insert import insert, insert_new
from medrag.kb.engines.sql import among
from medrag.kb.folding import fold
from medrag.kb.identity import document_ids, is_made_up, resolve_keys
from medrag.kb.names import is_indexed
from medrag.kb.prepared import EntityRef, Prepared, entity_refs
from medrag.kb.query import Query
from medrag.kb.ready import ReadyStore
from medrag.types import Document, digest

__all__ = ["Outcome", "entity_ids", "passage_id", "write"]


class Outcome(StrEnum):
    """What became of a document that was to be added."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


_VERSIONS = Query(
    select(
        *(
            t.versions.c[name]
            for name in "id document_id version fingerprint reader file record effective until deleted".split()
        )
    )
    .where(among(t.versions.c.document_id, "ids"))
    .order_by(t.versions.c.document_id, t.versions.c.version)
)
_ENTITIES = Query(select(t.entities.c.code, t.entities.c.id).where(among(t.entities.c.code, "codes")))


@dataclass(slots=True)
class _Version:
    """What is known of a version already in the catalogue."""

    id: int
    number: int
    fingerprint: str
    reader: str
    place: tuple[str, str]
    effective: str
    is_current: bool
    document: Document | None = None  # of one that is being written

    def richness(self, connection: Connection) -> tuple[int, int]:
        """How many sections and characters it has."""
        if self.document is not None:
            return len(self.document.sections), len(self.document.text)
        sections = select(func.count()).select_from(t.sections).where(t.sections.c.version_id == self.id)
        text = select(t.versions.c.text).where(t.versions.c.id == self.id)
        return int(connection.execute(sections).scalar_one()), len(connection.execute(text).scalar_one())


@dataclass(slots=True)
class _Rows:
    """What is to be inserted: versions by column, for one may still end before it is written, the others in the order of columns."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    sections: list[tuple[Any, ...]] = field(default_factory=list)
    passages: list[tuple[Any, ...]] = field(default_factory=list)


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
    said = (document.text, document.title, document.maker, document.effective, document.revision, document.lang)
    tags = ", ".join(map(_quoted, sorted(document.tags)))
    # The list of all as JSON; put together here because `json.dumps` takes several times as long about it.
    listed = f"[{', '.join(map(_quoted, said))}, [{tags}], {_quoted(document.kind.value)}]"
    return sha256(listed.encode()).hexdigest()


def write(connection: Connection, batch: Sequence[Prepared], commit: int, ready: ReadyStore | None = None) -> list[Outcome]:
    """Writes what is new or changed of the batch, stamped with the commit, and says what became of each."""
    resolved = resolve_keys(connection, batch, commit)
    identities = [(p.document.source, p.document.key) for p in resolved]
    ids, new = document_ids(connection, identities)
    known = _known_versions(connection, [at for at in ids.values() if at not in new])
    rows = _Rows()
    next_id = (connection.execute(select(func.max(t.versions.c.id))).scalar() or 0) + 1
    pending: dict[int, dict[str, Any]] = {}
    outcomes = []
    written: list[tuple[int, Prepared]] = []
    for prepared, identity in zip(resolved, identities, strict=True):
        versions = known[ids[identity]]
        fresh = _Version(
            id=next_id,
            number=max([v.number for v in versions], default=0) + 1,
            fingerprint=fingerprint(prepared.document),
            reader=_rendering(prepared.document.reader),
            place=(prepared.document.place.file, prepared.document.place.record),
            effective=prepared.document.effective,
            is_current=True,
            document=prepared.document,
        )
        if versions and _is_known(fresh, versions):
            outcomes.append(Outcome.UNCHANGED)
            continue
        next_id += 1
        before = next((v for v in versions if v.is_current), None) if versions else None
        outcomes.append(Outcome.UPDATED if before else Outcome.ADDED)
        _supersede(connection, pending, fresh, before, commit)
        versions.append(fresh)
        _collect(rows, prepared, fresh, ids[identity], commit)
        pending[fresh.id] = rows.versions[-1]
        written.append((fresh.id, prepared))
        if ready is not None:
            ready.belongs(prepared.ready, fresh.id)
    _insert(connection, rows)
    _write_graph(connection, written)
    return outcomes


def _rendering(reader: str) -> str:
    """The reader without its version: the same label as HTML and as SPL are two renderings of one document."""
    return reader.partition("/")[0]


def _known_versions(connection: Connection, document_ids_: Sequence[int]) -> dict[int, list[_Version]]:
    """The versions of documents that are not deleted, oldest first."""
    found: dict[int, list[_Version]] = defaultdict(list)
    for row in _VERSIONS.rows(connection, ids=document_ids_) if document_ids_ else ():
        version = _Version(
            id=row.id,
            number=row.version,
            fingerprint=row.fingerprint if row.deleted is None else "",
            reader=_rendering(row.reader),
            place=(row.file, row.record),
            effective=row.effective,
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
    connection: Connection, pending: dict[int, dict[str, Any]], fresh: _Version, before: _Version | None, commit: int
) -> None:
    """Ends the version before, or the fresh one where it is older or a poorer rendering of the same."""
    if before is None:
        return
    older = bool(fresh.effective and before.effective) and fresh.effective < before.effective
    rendered = fresh.effective == before.effective and fresh.reader != before.reader
    if older or (rendered and fresh.richness(connection) <= before.richness(connection)):
        fresh.is_current = False
        return
    before.is_current = False
    if before.id in pending:
        pending[before.id]["until"] = commit
    else:
        connection.execute(t.versions.update().where(t.versions.c.id == before.id).values(until=commit))


def _collect(rows: _Rows, prepared: Prepared, fresh: _Version, document_id: int, commit: int) -> None:
    """Adds the rows of one version to those that are to be written."""
    document, sha = prepared.document, digest(prepared.document.text)
    rows.versions.append(
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
            "tags": _listed(document.tags),
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
    rows.sections += [
        (fresh.id, s.index, s.code, s.group.value, s.heading, _listed(s.path), s.start, s.end) for s in document.sections
    ]
    if prepared.passages:
        identity = (document.source, document.key, document.title)
        rows.passages += [
            (fresh.id, p.start, p.end, p.section, passage_id(identity, sha, p.start, p.end)) for p in prepared.passages
        ]


def _listed(values: Sequence[str]) -> str:
    """The values as JSON; most often there are none."""
    return json.dumps(values, ensure_ascii=False) if values else "[]"


def _write_graph(connection: Connection, written: Sequence[tuple[int, Prepared]]) -> None:
    """Writes the names, facts and subjects of versions; what a document says twice is kept once."""
    ids = entity_ids(connection, dict.fromkeys(ref for _, prepared in written for ref in entity_refs(prepared)))
    rows: dict[Table, list[tuple[Any, ...]]] = defaultdict(list)
    # Each once: the same things stand in many rows. What is printed as it is folded, without a code, tells nothing of itself.
    norms = {ref: folded for ref in ids if (folded := fold(ref.name)) != ref.name or ref.code}
    for version_id, prepared in written:
        for ref in dict.fromkeys(entity_refs(prepared)) if norms else ():
            norm = norms.get(ref)
            if norm is None:
                continue
            if ref.code:
                rows[t.names].append((norm, ids[ref], version_id, ref.name, "name"))
            rows[t.spellings].append((ids[ref], ref.name, version_id))
        rows[t.names] += [(fold(n.name), ids[n.entity], version_id, n.name, n.kind) for n in prepared.names]
        rows[t.statements] += [
            (ids[s.subject], s.relation, ids[s.object], version_id, s.start, s.end) for s in prepared.statements
        ]
        rows[t.about] += [(ids[ref], version_id) for ref in prepared.about]
    rows[t.names] = [row for row in rows[t.names] if is_indexed(row[0])]
    for table, values in rows.items():
        insert_new(connection, table, values)


def entity_ids(connection: Connection, refs: Iterable[EntityRef]) -> dict[EntityRef, int]:
    """The catalogue's ids of entities; entities that are not there yet are added."""
    codes = {ref: ref.id for ref in refs}
    found: dict[str, int] = dict(_ENTITIES.rows(connection, codes=sorted(set(codes.values())))) if codes else {}
    missing = {code: ref for ref, code in codes.items() if code not in found}
    if missing:
        first = (connection.execute(select(func.max(t.entities.c.id))).scalar() or 0) + 1
        found.update((code, at) for at, code in enumerate(missing, start=first))
        insert(connection, t.entities, [_entity_row(found[code], code, ref) for code, ref in missing.items()])
    return {ref: found[code] for ref, code in codes.items()}


def _entity_row(at: int, code: str, ref: EntityRef) -> tuple[Any, ...]:
    # The same for all documents that speak of the entity, whichever comes first.
    norm = "" if ref.code else fold(ref.name)
    return at, code, ref.kind.value, norm or ref.code, norm


def _insert(connection: Connection, rows: _Rows) -> None:
    values = itemgetter(*(column.name for column in t.versions.columns))
    insert(connection, t.versions, list(map(values, rows.versions)))
    insert(connection, t.sections, rows.sections)
    insert(connection, t.passages, rows.passages)
