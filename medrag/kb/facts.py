"""Names, entities and facts in the catalogue: what a name means, what is said of it, which documents are about it.

The queries are built once, with the commit and the ids as parameters: building one takes as long as running it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, or_, select, union_all

from medrag.kb import schema as t
from medrag.kb.catalogue import INFO, SHARED, AnyRow, among, current, in_batches, info_of
from medrag.kb.engines.sql import number_in, text_in, values_of
from medrag.kb.folding import fold
from medrag.kb.passages import Texts
from medrag.kb.query import Query, listed
from medrag.types import DocumentInfo, Entity, EntityKind, Fact, FactSource, digest

__all__ = [
    "MAX_SOURCES",
    "MAX_STEPS",
    "Mention",
    "about_of",
    "bare_facts_of",
    "documents_about",
    "entities_named",
    "facts_of",
    "forms_of",
    "meanings",
    "names_of",
    "norms_of",
    "numbers_of",
    "ranked",
    "spoken_of",
    "with_sources",
]

# A document about a form, a salt or a product of a drug is about the drug too, so many steps away.
LINEAGE = ("form_of", "has_ingredient")
MAX_STEPS = 3
MAX_SOURCES = 20  # of one fact; a popular edge may stand in thousands of rows
DRUGS = (EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT)

Triple = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """A known name in a text: `text[start:end]`, the folded name that is meant, and every entity that it may mean.

    `via` says how it was found: exact, traditional (characters), shipped (another name of the drug, by the table that comes
    with the package), pinyin, initials, short (its first letters), or a typing error: typing, sound, shape. `score` (0 to 1) is
    how sure that is.
    """

    start: int
    end: int
    name: str
    entities: tuple[Entity, ...]
    via: str = "exact"
    score: float = 1.0


def _entity(row: AnyRow) -> Entity:
    return _entity_of(row.code, row.kind, row.name)


@lru_cache(maxsize=SHARED)
def _entity_of(code: str, kind: str, name: str) -> Entity:
    return Entity.model_construct(id=code, kind=EntityKind(kind), name=name)


_e, _n, _s, _v = t.entities.c, t.names.c, t.statements.c, t.versions.c
# How a current version spells the entity (lower case before upper, so not in capitals where there is a choice), else its folded name.
_SPELLED = (
    select(t.spellings.c.name)
    .join(t.versions, _v.id == t.spellings.c.version_id)
    .where(t.spellings.c.entity_id == _e.id, current())
    .order_by(t.spellings.c.name.desc())
    .limit(1)
    .scalar_subquery()
)
_ENTITY = (_e.id, _e.code, _e.kind, _e.norm, func.coalesce(_SPELLED, _e.name).label("name"))


def spoken_of() -> ColumnElement[bool]:
    """The condition that some version current at `COMMIT` states something of an entity, names it, or is about it."""
    columns = (_s.subject, _s.object, _n.entity_id, t.about.c.entity_id)
    return or_(*(exists().where(c == _e.id, _v.id == c.table.c.version_id, current()) for c in columns))


_called_so = (
    select(_n.norm.label("called"), *_ENTITY)
    .select_from(t.names.join(t.entities, _e.id == _n.entity_id).join(t.versions, _v.id == _n.version_id))
    .where(among(_n.norm), current())
    .distinct()
)
# Two questions in one statement: to run one takes longer than to look a few rows up.
_MEANT = Query(union_all(select(_e.norm.label("called"), *_ENTITY).where(among(_e.norm), spoken_of()), _called_so))
_NUMBERS = Query(select(_e.id, _e.code).where(among(_e.code)).order_by(_e.code))
_CODES = Query(select(_e.code).where(among(_e.id)))
_BY_ID = Query(select(*_ENTITY).where(among(_e.id)))
_SPOKEN_OF = Query(select(*_ENTITY).where(among(_e.code), spoken_of()))
_OTHER_NAMES = Query(
    select(func.min(_n.name).label("name"), func.min(_n.kind).label("kind"))
    .join(t.versions, _v.id == _n.version_id)
    .where(among(_n.entity_id), _n.norm != bindparam("own"), current())
    .group_by(_n.norm)
    .order_by(_n.norm)
)


def _rows(connection: Connection, query: Query, values: Iterable[Any], commit: int, **more: object) -> Iterator[AnyRow]:
    """The rows of a query whose `among` parameter takes the values, in portions."""
    for some in in_batches(sorted(set(values))):
        yield from query.rows(connection, values=some, commit=commit, **more)


def meanings(connection: Connection, norms: Collection[str], commit: int) -> dict[str, list[Entity]]:
    """What each folded name stands for at the commit: entities of that name, and those that a document names so."""
    meanings: dict[str, dict[str, Entity]] = {}
    for row in _rows(connection, _MEANT, filter(None, norms), commit):
        meanings.setdefault(row.called, {})[row.code] = _entity(row)
    return {norm: [found[code] for code in sorted(found)] for norm, found in meanings.items()}


def entities_named(connection: Connection, name_or_id: str, commit: int) -> list[Entity]:
    """The entities with that name or id at the commit, by id."""
    norm = fold(name_or_id)
    return meanings(connection, {norm}, commit).get(norm) or [
        _entity(r) for r in _rows(connection, _SPOKEN_OF, [name_or_id], commit)
    ]


def names_of(connection: Connection, entity_id: str, commit: int) -> list[tuple[str, str]]:
    """All names of an entity as (name, kind), its own first; none where no current version speaks of it."""
    for own in _rows(connection, _SPOKEN_OF, [entity_id], commit):
        others = _rows(connection, _OTHER_NAMES, [own.id], commit, own=fold(own.name))
        return [(own.name, "name"), *((row.name, row.kind) for row in others)]
    return []


def numbers_of(connection: Connection, entity_ids: Sequence[str], commit: int) -> list[int]:
    """The catalogue's numbers of the entities that it has."""
    return [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]


def ranked(connection: Connection, scored: Sequence[tuple[int, float]], commit: int) -> list[tuple[Entity, float]]:
    """The entities with these numbers and their scores, in the same order."""
    found = {row.id: _entity(row) for row in _rows(connection, _BY_ID, [number for number, _ in scored], commit)}
    return [(found[number], score) for number, score in scored if number in found]


def _triples(end: ColumnElement[int], *, of_relations: bool) -> Query:
    """Distinct triples with an end among the values, in an order that does not depend on when they came."""
    subject, object_ = t.entities.alias(), t.entities.alias()
    joined = (
        t.statements.join(t.versions, _v.id == _s.version_id)
        .join(subject, subject.c.id == _s.subject)
        .join(object_, object_.c.id == _s.object)
    )
    query = select(_s.subject, _s.relation, _s.object).select_from(joined).where(among(end), current())
    query = query.group_by(_s.subject, _s.relation, _s.object, subject.c.code, object_.c.code)
    if of_relations:
        query = query.where(among(_s.relation, "relations"))
    return Query(query.order_by(_s.relation, subject.c.code, object_.c.code).limit(bindparam("most")))


_ENDS = (_s.subject, _s.object)
_TRIPLES = tuple(_triples(end, of_relations=False) for end in _ENDS)
_TRIPLES_OF = tuple(_triples(end, of_relations=True) for end in _ENDS)
# Numbered before any text is read: what hundreds of repackagers' labels say alike would be read out of each, for twenty of them.
_wanted = values_of("triples").table_valued("value")
_said = (
    select(
        _s.subject, _s.relation, _s.object, _s.version_id, _s.start, _s.stop,
        func.row_number().over(
            partition_by=(_s.subject, _s.relation, _s.object),
            order_by=(t.documents.c.source, t.documents.c.key, _s.start),
        ).label("place"),
    )
    .select_from(t.statements)
    .join(t.versions, _v.id == _s.version_id)
    .join(t.documents, t.documents.c.id == _v.document_id)
    .where(
        _s.subject == number_in(_wanted.c.value, 0),
        _s.relation == text_in(_wanted.c.value, 1),
        _s.object == number_in(_wanted.c.value, 2),
        current(),
    )
    .subquery()
)  # fmt: skip
_SOURCES = Query(
    select(
        *INFO, _said.c.subject, _said.c.relation, _said.c.object, _said.c.start, _said.c.stop,
        func.substr(_v.text, _said.c.start + 1, _said.c.stop - _said.c.start).label("quote"),
    )
    .select_from(_said)
    .join(t.versions, _v.id == _said.c.version_id)
    .join(t.documents, t.documents.c.id == _v.document_id)
    .where(_said.c.place <= MAX_SOURCES)
    .order_by(t.documents.c.source, t.documents.c.key, _said.c.start)
)  # fmt: skip


def facts_of(
    connection: Connection, entity_ids: Sequence[str], relations: Collection[str] | None, limit: int, commit: int
) -> list[Fact]:
    """The facts whose subject or object is one of the entities, by relation, subject and object, with their sources.

    Where there are more than the limit, what is said of the entities goes before what is said of others with them. What is purged
    between two statements is left out.
    """
    return _with_sources(connection, _stated(connection, entity_ids, relations, limit, commit), commit)


def bare_facts_of(
    connection: Connection, entity_ids: Sequence[str], relations: Collection[str] | None, limit: int, commit: int
) -> list[Fact]:
    """The same facts without their sources, which take most of the time to read."""
    return [fact for _, fact in _stated(connection, entity_ids, relations, limit, commit)]


def with_sources(connection: Connection, facts: Sequence[Fact], commit: int) -> list[Fact]:
    """Facts of `bare_facts_of` with their sources; one that has none any more is left out."""
    codes = {entity.id for fact in facts for entity in (fact.subject, fact.object)}
    numbers = {row.code: row.id for row in _rows(connection, _NUMBERS, codes, commit)}
    there = [fact for fact in facts if fact.subject.id in numbers and fact.object.id in numbers]
    return _with_sources(connection, [((numbers[f.subject.id], f.relation, numbers[f.object.id]), f) for f in there], commit)


def _stated(
    connection: Connection, entity_ids: Sequence[str], relations: Collection[str] | None, limit: int, commit: int
) -> list[tuple[Triple, Fact]]:
    """The facts of `facts_of`, without sources, each with what it is in the catalogue's numbers."""
    ids = [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]
    more: dict[str, object] = {"most": limit} if relations is None else {"most": limit, "relations": sorted(relations)}
    triples: dict[Triple, int] = {}  # and at which end the entity stands
    for end, query in enumerate(_TRIPLES if relations is None else _TRIPLES_OF):
        for row in _rows(connection, query, ids, commit, **more):
            triples.setdefault((row.subject, row.relation, row.object), end)
    entities = {row.id: _entity(row) for row in _rows(connection, _BY_ID, {e for s, _, o in triples for e in (s, o)}, commit)}
    there = (triple for triple in triples if triple[0] in entities and triple[2] in entities)
    ordered = sorted(there, key=lambda x: (x[1], entities[x[0]].id, entities[x[2]].id))
    kept = set(sorted(ordered, key=triples.__getitem__)[:limit])
    return [
        ((s, r, o), Fact.model_construct(subject=entities[s], relation=r, object=entities[o], sources=()))
        for s, r, o in ordered
        if (s, r, o) in kept
    ]


def _with_sources(connection: Connection, stated: Sequence[tuple[Triple, Fact]], commit: int) -> list[Fact]:
    sources = _sources_of(connection, [triple for triple, _ in stated], commit)
    return [
        Fact.model_construct(subject=fact.subject, relation=fact.relation, object=fact.object, sources=tuple(sources[triple]))
        for triple, fact in stated
        if sources[triple]
    ]


def _sources_of(connection: Connection, triples: Sequence[Triple], commit: int) -> dict[Triple, list[FactSource]]:
    sources: dict[Triple, list[FactSource]] = {triple: [] for triple in triples}
    infos: dict[int, DocumentInfo] = {}
    for some in in_batches(triples):
        for row in _SOURCES.rows(connection, triples=listed(some), commit=commit):
            infos.setdefault(row.id, info_of(row))
            sources[row.subject, row.relation, row.object].append(_source(infos[row.id], row))
    return sources


def _source(document: DocumentInfo, row: AnyRow) -> FactSource:
    return FactSource.model_construct(
        document=document, start=row.start, end=row.stop, quote=row.quote, sha256=digest(row.quote)
    )


_about = (
    select(_v.id, t.about.c.entity_id, _e.code)
    .select_from(t.about)
    .join(t.entities, _e.id == t.about.c.entity_id)
    .join(t.versions, _v.id == t.about.c.version_id)
    .where(among(t.about.c.entity_id), _v.kind != "record", current())
)
_ABOUT = Query(_about)
_INFOS_ABOUT = Query(_about.with_only_columns(*INFO, _e.code).join(t.documents, t.documents.c.id == _v.document_id))
_FORMS = Query(
    select(_s.subject.label("id"))
    .join(t.versions, _v.id == _s.version_id)
    .where(among(_s.object), _s.relation.in_(LINEAGE), current())
    .distinct()
)
_drugs = _e.kind.in_([kind.value for kind in DRUGS])
_norms_given = select(_n.norm).join(t.versions, _v.id == _n.version_id).where(among(_n.entity_id), current()).distinct()
_NORMS = Query(union_all(_norms_given, select(_e.norm).where(among(_e.id), _e.norm != "", _drugs)))
_drugs_called = (
    select(_e.id)
    .select_from(t.names.join(t.entities, _e.id == _n.entity_id).join(t.versions, _v.id == _n.version_id))
    .where(among(_n.norm), _drugs, current())
    .distinct()
)
_DRUGS = Query(union_all(_drugs_called, select(_e.id).where(among(_e.norm), _drugs)))


def documents_about(
    connection: Connection, entity_ids: Sequence[str], commit: int, texts: Texts
) -> list[tuple[DocumentInfo, int, str]]:
    """The documents about one of the entities, another of the same name, or a form of it, nearest first."""
    frontier = [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]
    steps: dict[int, int] = dict.fromkeys(frontier, 0)
    for step in range(1, MAX_STEPS + 1):
        reached = {row.id for row in _rows(connection, _FORMS, frontier, commit)}
        if step == 1:
            reached |= _namesakes(connection, frontier, commit)
        frontier = sorted(reached - steps.keys())
        steps.update(dict.fromkeys(frontier, step))
        if not frontier:
            break
    nearest: dict[int, tuple[int, str]] = {}  # of each version the fewest steps
    for row in _rows(connection, _ABOUT, steps, commit):
        way = (steps[row.entity_id], row.code)
        nearest[row.id] = min(way, nearest.get(row.id, way))
    infos = texts.infos(connection, nearest.keys())
    found = [(infos[version], *way) for version, way in nearest.items() if version in infos]
    return sorted(found, key=lambda hit: (hit[1], hit[0].source, hit[0].key))


def forms_of(connection: Connection, entity_ids: Sequence[str], commit: int) -> set[str]:
    """The ids of what is a form of one of the entities, or holds one as an ingredient: one step of `documents_about`."""
    numbers = [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]
    reached = {row.id for row in _rows(connection, _FORMS, numbers, commit)}
    return {row.code for row in _rows(connection, _CODES, reached, commit)}


def about_of(connection: Connection, entity_ids: Sequence[str], commit: int) -> list[tuple[DocumentInfo, str]]:
    """The documents that are about one of the entities themselves, each with that entity's id."""
    numbers = [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]
    return [(info_of(row), row.code) for row in _rows(connection, _INFOS_ABOUT, numbers, commit)]


def norms_of(connection: Connection, entity_ids: Sequence[str], commit: int) -> set[str]:
    """The folded names of the entities: those that documents give them, and drugs' own."""
    numbers = [row.id for row in _rows(connection, _NUMBERS, entity_ids, commit)]
    return {row.norm for row in _rows(connection, _NORMS, numbers, commit)}


def _namesakes(connection: Connection, ids: Sequence[int], commit: int) -> set[int]:
    """The drugs that share a name with one of these (阿司匹林 and aspirin, where a table says so)."""
    norms = {row.norm for row in _rows(connection, _NORMS, ids, commit)}
    return {row.id for row in _rows(connection, _DRUGS, norms, commit)}
