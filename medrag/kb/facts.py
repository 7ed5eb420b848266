"""Names, entities and facts in the catalogue: what a name means, what is said of it, which documents are about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from medrag.kb import schema as t
from medrag.kb.catalogue import INFO, AnyRow, current, in_batches, info_of
from medrag.kb.folding import fold
from medrag.kb.names import NameIndex, Occurrence
from medrag.types import DocumentInfo, Entity, EntityKind, Fact, FactSource, digest

__all__ = ["Mention", "documents_about", "entities_named", "facts_of", "link", "names_of", "spoken_of"]

# A document about a form, a salt or a product of a drug is about the drug too, so many steps away.
LINEAGE = ("form_of", "has_ingredient")
MAX_STEPS = 3
DRUGS = (EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT)
MAX_SOURCES = 20  # of one fact; a popular edge may stand in thousands of rows

Triple = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """A known name in a text: `text[start:end]`, the name as folded, and every entity that it may mean."""

    start: int
    end: int
    name: str
    entities: tuple[Entity, ...]


def _entity(row: AnyRow) -> Entity:
    return Entity.model_construct(id=row.code, kind=EntityKind(row.kind), name=row.name)


def spoken_of(commit: int) -> ColumnElement[bool]:
    """The condition that some current version states something of an entity, names it, or is about it."""
    columns = (t.statements.c.subject, t.statements.c.object, t.names.c.entity_id, t.about.c.entity_id)
    return or_(
        *(
            exists().where(column == t.entities.c.id, t.versions.c.id == column.table.c.version_id, current(commit))
            for column in columns
        )
    )


def _ids(connection: Connection, codes: Sequence[str]) -> list[int]:
    """The catalogue's ids of entities, in the order of their codes."""
    found: list[int] = []
    for some in in_batches(sorted(set(codes))):
        found += connection.scalars(select(t.entities.c.id).where(t.entities.c.code.in_(some)).order_by(t.entities.c.code))
    return found


def link(connection: Connection, index: NameIndex, text: str, commit: int) -> list[Mention]:
    """The names in a text that mean something at the commit, leftmost longest, not overlapping."""
    found = index.find(text)
    meanings = _meanings(connection, {fold(name) for _, _, name in found}, commit)
    mentions: list[Mention] = []
    end = 0
    for occurrence in found:  # in text order, longest first
        entities = meanings.get(fold(occurrence[2]))
        if entities and occurrence[0] >= end:
            mentions.append(_mention(occurrence, entities))
            end = occurrence[1]
    return mentions


def _mention(occurrence: Occurrence, entities: Sequence[Entity]) -> Mention:
    start, end, name = occurrence
    return Mention(start, end, name, tuple(entities))


def _meanings(connection: Connection, norms: Collection[str], commit: int) -> dict[str, list[Entity]]:
    """What each folded name stands for at the commit: entities of that name, and those that a document names so."""
    meanings: dict[str, dict[str, Entity]] = {}
    e = t.entities.c
    for some in in_batches(sorted(norms)):
        own = select(e.norm, e.code, e.kind, e.name).where(e.norm.in_(some), spoken_of(commit))
        given = (
            select(t.names.c.norm, e.code, e.kind, e.name)
            .select_from(t.names.join(t.entities, e.id == t.names.c.entity_id).join(t.versions))
            .where(t.names.c.norm.in_(some), current(commit))
            .distinct()
        )
        for query in (own, given):
            for row in connection.execute(query):
                meanings.setdefault(row.norm, {})[row.code] = _entity(row)
    return {norm: [found[code] for code in sorted(found)] for norm, found in meanings.items()}


def entities_named(connection: Connection, name_or_id: str, commit: int) -> list[Entity]:
    """The entities with that name or id at the commit, by id."""
    named = _meanings(connection, {fold(name_or_id)}, commit).get(fold(name_or_id), [])
    if named:
        return named
    query = select(t.entities).where(t.entities.c.code == name_or_id, spoken_of(commit))
    return [_entity(row) for row in connection.execute(query)]


def names_of(connection: Connection, entity_id: str, commit: int) -> list[tuple[str, str]]:
    """All names of an entity as (name, kind), its own first."""
    own = connection.execute(select(t.entities).where(t.entities.c.code == entity_id)).first()
    if own is None:
        return []
    query = (
        select(func.min(t.names.c.name).label("name"), func.min(t.names.c.kind).label("kind"))
        .join(t.versions)
        .where(t.names.c.entity_id == own.id, t.names.c.norm != own.norm, current(commit))
        .group_by(t.names.c.norm)
        .order_by(t.names.c.norm)
    )
    return [(own.name, "name"), *((row.name, row.kind) for row in connection.execute(query))]


def facts_of(
    connection: Connection, entity_ids: Sequence[str], relations: Collection[str] | None, limit: int, commit: int
) -> list[Fact]:
    """The facts whose subject or object is one of the entities, by relation, subject and object, with their sources."""
    triples: set[Triple] = set()
    for some in in_batches(_ids(connection, entity_ids)):
        for end in (t.statements.c.subject, t.statements.c.object):
            query = _triples(relations, commit).where(end.in_(some)).limit(limit)
            triples.update((row.subject, row.relation, row.object) for row in connection.execute(query))
    entities = _entities(connection, {e for s, _, o in triples for e in (s, o)})
    wanted = sorted(triples, key=lambda x: (x[1], entities[x[0]].id, entities[x[2]].id))[:limit]
    sources = _sources(connection, wanted, commit)
    return [
        Fact.model_construct(subject=entities[s], relation=r, object=entities[o], sources=tuple(sources[s, r, o])) for s, r, o in wanted
    ]


def _triples(relations: Collection[str] | None, commit: int) -> Select[Any]:
    """Distinct triples at the commit, in an order that does not depend on when they came."""
    s = t.statements.c
    subject, object_ = t.entities.alias(), t.entities.alias()
    joined = (
        t.statements.join(t.versions, t.versions.c.id == s.version_id)
        .join(subject, subject.c.id == s.subject)
        .join(object_, object_.c.id == s.object)
    )
    query = select(s.subject, s.relation, s.object).select_from(joined).where(current(commit)).distinct()
    query = query.order_by(s.relation, subject.c.code, object_.c.code)
    return query if relations is None else query.where(s.relation.in_(sorted(relations)))


def _sources(connection: Connection, triples: Sequence[Triple], commit: int) -> dict[Triple, list[FactSource]]:
    s = t.statements.c
    quote = func.substr(t.versions.c.text, s.start + 1, s.stop - s.start).label("quote")
    sources: dict[Triple, list[FactSource]] = {triple: [] for triple in triples}
    infos: dict[int, DocumentInfo] = {}
    for some in in_batches(sorted({subject for subject, _, _ in triples})):
        query = (
            select(*INFO, s.subject, s.relation, s.object, s.start, s.stop, quote)
            .select_from(t.statements)
            .join(t.versions, t.versions.c.id == s.version_id)
            .join(t.documents, t.documents.c.id == t.versions.c.document_id)
            .where(s.subject.in_(some), s.object.in_(sorted({o for _, _, o in triples})), current(commit))
            .order_by(t.documents.c.source, t.documents.c.key, s.start)
        )
        for row in connection.execute(query):
            found = sources.get((row.subject, row.relation, row.object))
            if found is not None and len(found) < MAX_SOURCES:
                infos.setdefault(row.id, info_of(row))
                found.append(_source(infos[row.id], row))
    return sources


def _source(document: DocumentInfo, row: AnyRow) -> FactSource:
    return FactSource.model_construct(document=document, start=row.start, end=row.stop, quote=row.quote, sha256=digest(row.quote))


def _entities(connection: Connection, ids: Iterable[int]) -> dict[int, Entity]:
    found: dict[int, Entity] = {}
    for some in in_batches(sorted(ids)):
        for row in connection.execute(select(t.entities).where(t.entities.c.id.in_(some))):
            found[row.id] = _entity(row)
    return found


def documents_about(connection: Connection, entity_ids: Sequence[str], commit: int) -> list[tuple[DocumentInfo, int, str]]:
    """The documents about one of the entities, another of the same name, or a form of it, nearest first."""
    frontier = _ids(connection, entity_ids)
    steps: dict[int, int] = dict.fromkeys(frontier, 0)
    for step in range(1, MAX_STEPS + 1):
        reached = _forms_of(connection, frontier, commit)
        if step == 1:
            reached |= _namesakes(connection, frontier, commit)
        frontier = sorted(reached - steps.keys())
        steps.update(dict.fromkeys(frontier, step))
        if not frontier:
            break
    found: dict[int, tuple[DocumentInfo, int, str]] = {}
    for some in in_batches(list(steps)):
        query = (
            select(*INFO, t.about.c.entity_id, t.entities.c.code)
            .select_from(t.about)
            .join(t.entities, t.entities.c.id == t.about.c.entity_id)
            .join(t.versions, t.versions.c.id == t.about.c.version_id)
            .join(t.documents, t.documents.c.id == t.versions.c.document_id)
            .where(t.about.c.entity_id.in_(some), t.versions.c.kind != "record", current(commit))
        )
        for row in connection.execute(query):
            hit = (info_of(row), steps[row.entity_id], row.code)
            if row.id not in found or hit[1:] < found[row.id][1:]:
                found[row.id] = hit
    return sorted(found.values(), key=lambda hit: (hit[1], hit[0].source, hit[0].key))


def _forms_of(connection: Connection, entity_ids: Sequence[int], commit: int) -> set[int]:
    """The entities that are a form, a salt or a product of one of these."""
    found: set[int] = set()
    s = t.statements.c
    for some in in_batches(list(entity_ids)):
        query = select(s.subject).join(t.versions, t.versions.c.id == s.version_id)
        found.update(connection.scalars(query.where(s.object.in_(some), s.relation.in_(LINEAGE), current(commit)).distinct()))
    return found


def _namesakes(connection: Connection, entity_ids: Sequence[int], commit: int) -> set[int]:
    """The drugs that share a name with one of these (阿司匹林 and aspirin, where a table says so)."""
    e = t.entities.c
    drugs = e.kind.in_([kind.value for kind in DRUGS])
    found: set[int] = set()
    for some in in_batches(list(entity_ids)):
        given = select(t.names.c.norm).join(t.versions).where(t.names.c.entity_id.in_(some), current(commit))
        own = select(e.norm).where(e.id.in_(some), drugs)
        shared = list(connection.scalars(given.union(own)))
        for norms in in_batches(shared):
            named = select(t.names.c.entity_id).join(t.versions).where(t.names.c.norm.in_(norms), current(commit))
            found.update(connection.scalars(select(e.id).where(e.id.in_(named), drugs)))
            found.update(connection.scalars(select(e.id).where(e.norm.in_(norms), drugs)))
    return found
