"""Writing edges of a graph into the catalogue, a thousand rows at a time: the same rows as `medrag.kb.rows` writes of each."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from sqlalchemy import Connection, func, select

from medrag.kb import schema as t
from medrag.kb.edges import Edge, Edges, prepared_of
from medrag.kb.engines.insert import insert, insert_new
from medrag.kb.folding import fold
from medrag.kb.identity import new_document_ids
from medrag.kb.names import is_indexed
from medrag.kb.prepared import EntityRef
from medrag.kb.relations import ALIAS
from medrag.kb.rows import Outcome, entity_ids, write
from medrag.types import DocumentKind, digest

__all__ = ["EntityIds", "write_edges"]

REMEMBERED = 200_000  # entities: those of a large graph

_RECORD = DocumentKind.RECORD.value


class EntityIds:
    """The catalogue's ids of entities that edges speak of, remembered while a writer adds; with each its folded name where that tells."""

    def __init__(self) -> None:
        self._known: dict[EntityRef, tuple[int, str]] = {}

    def of(self, connection: Connection, refs: Collection[EntityRef]) -> dict[EntityRef, tuple[int, str]]:
        """The ids of these entities at least; those that are not there yet are added.

        The folded name is empty where the entity is printed as it is folded and has no code: then its name tells nothing of itself.
        """
        new = [ref for ref in refs if ref not in self._known]
        if new:
            if len(self._known) + len(new) > REMEMBERED:
                self._known = {}
                new = list(refs)
            for ref, at in entity_ids(connection, new).items():
                folded = fold(ref.name)
                self._known[ref] = at, folded if folded != ref.name or ref.code else ""
        return self._known

    def clear(self) -> None:
        """Forgets them."""
        self._known = {}


def write_edges(connection: Connection, edges: Edges, commit: int, entities: EntityIds) -> list[Outcome]:
    """Writes the rows that are new or changed, stamped with the commit, and says what became of each."""
    behind = f"[{', '.join(map(_quoted, edges.tags))}], {_quoted(_RECORD)}]"
    prints: dict[str, str] = {}
    fresh: list[tuple[Edge, str]] = []
    outcomes: list[Outcome] = []
    for edge in edges.rows:
        print_ = _fingerprint(edge, behind)
        known = prints.setdefault(edge.key, print_)
        if known != print_:
            return _one_by_one(connection, edges, commit)
        is_new = len(prints) > len(fresh)
        if is_new:
            fresh.append((edge, print_))
        outcomes.append(Outcome.ADDED if is_new else Outcome.UNCHANGED)
    documents = new_document_ids(connection, edges.source, list(prints))
    if len(documents) < len(prints):
        return _one_by_one(connection, edges, commit)
    first = (connection.execute(select(func.max(t.versions.c.id))).scalar() or 0) + 1
    insert(connection, t.versions, list(_versions(edges, fresh, first, documents, commit)))
    _write_graph(connection, [edge for edge, _ in fresh], first, entities)
    return outcomes


def _one_by_one(connection: Connection, edges: Edges, commit: int) -> list[Outcome]:
    """The same where some rows may be known, or change what another said: each is compared with what there is."""
    return write(connection, [prepared_of(edges, edge) for edge in edges.rows], commit)


def _fingerprint(edge: Edge, behind: str) -> str:
    """What `medrag.kb.rows.fingerprint` makes of the row as a document."""
    said = f'[{_quoted(edge.text)}, {_quoted(edge.title)}, "", "", "", {_quoted(edge.lang)}, {behind}'
    return sha256(said.encode()).hexdigest()


def _versions(
    edges: Edges, fresh: Sequence[tuple[Edge, str]], first: int, documents: Sequence[int], commit: int
) -> Iterator[tuple[Any, ...]]:
    """The rows of `versions`, in the order of its columns."""
    tags = json.dumps(edges.tags, ensure_ascii=False) if edges.tags else "[]"
    for at, ((edge, print_), document) in enumerate(zip(fresh, documents, strict=True), start=first):
        yield (
            at, document, 1, "", "", edge.title, "", _RECORD, edge.lang, tags, edges.reader, edges.file, edge.record,
            digest(edge.text), print_, commit, None, None, edge.text,
        )  # fmt: skip


def _write_graph(connection: Connection, rows: Sequence[Edge], first: int, entities: EntityIds) -> None:
    """Writes the names, facts and subjects of versions, the first of which has that number."""
    # By what they are in memory, for readers give the same ones again and again: to hash an entity takes many times as long.
    spoken = {id(ref): ref for edge in rows for ref in _refs(edge)}
    known = entities.of(connection, spoken.values())
    ids = {at: known[ref] for at, ref in spoken.items()}
    names: list[tuple[Any, ...]] = []
    spellings: list[tuple[Any, ...]] = []
    statements: list[tuple[Any, ...]] = []
    about: list[tuple[Any, ...]] = []
    for version, edge in enumerate(rows, start=first):
        if edge.states is None:
            continue
        subject, relation, object_ = edge.states
        at, telling = ids[id(subject)]
        if relation != ALIAS:
            to, also = ids[id(object_)]
            telling = telling or also
            statements.append((at, relation, to, version, 0, len(edge.text)))
        for one in edge.lineage:
            statements.append((ids[id(one.subject)][0], one.relation, ids[id(one.object)][0], version, one.start, one.end))
        about.append((at, version))
        for ref in _refs(edge) if telling or edge.lineage else ():
            own, norm = ids[id(ref)]
            if norm:
                spellings.append((own, ref.name, version))
                if ref.code:
                    names.append((norm, own, version, ref.name, "name"))
        if relation == ALIAS:
            names.append((fold(object_.name), at, version, object_.name, "alias"))
    insert_new(connection, t.names, [row for row in names if is_indexed(row[0])])
    insert_new(connection, t.spellings, spellings)
    insert_new(connection, t.statements, statements)
    insert_new(connection, t.about, about)


def _refs(edge: Edge) -> list[EntityRef]:
    """The entities of an edge that states something, in its order."""
    if edge.states is None:
        return []
    subject, relation, object_ = edge.states
    found = [subject] if relation == ALIAS else [subject, object_]
    for one in edge.lineage:
        found += (one.subject, one.object)
    return found
