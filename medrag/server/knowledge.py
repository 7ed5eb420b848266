"""`/v1/entities`, `/v1/facts` and `/v1/normalise`: what is known of a thing, its surroundings, and the standard terms of a text."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.kb.normalise import MAX_TERM
from medrag.kb.relations import label
from medrag.server.desk import Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller
from medrag.server.wire import In, json_bytes
from medrag.server.work import Work
from medrag.types import DocumentInfo, DocumentKind, Entity, EntityKind, Fact, Record

__all__ = ["knowledge_router"]

MAX_HOPS = 2
MAX_NODES = 500
MAX_FACTS = 500
MAX_NAMES = 500

Served = Annotated[Desks, Depends(desks)]
Reader = Annotated[Caller, Depends(caller(Role.ASK))]
Model = Annotated[str | None, Query(max_length=200, description="The assistant whose knowledge base it is; else the first.")]
Named = Annotated[str, Path(max_length=500, description="An id, such as `substance:布洛芬`, or a name.")]
Limit = Annotated[int, Query(ge=1, le=MAX_FACTS)]


class Name(Record):
    """A name of an entity and which kind of name it is: name, generic, brand, alias, english, pinyin, code."""

    name: str
    kind: str


class About(Record):
    """A document about an entity, or about a form of it so many steps away."""

    document: DocumentInfo
    steps: int


class EntityCard(Record):
    """What is known of an entity. `others` are the entities that have the same name, where a name was asked for."""

    entity: Entity
    names: tuple[Name, ...]
    facts: tuple[Fact, ...]
    documents: tuple[About, ...]
    others: tuple[Entity, ...] = ()
    relations: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="The facts' relations as printed, by language."
    )


class Edge(Record):
    """A fact of the graph: from which entity to which, and how many places say so."""

    subject: str
    relation: str
    object: str
    label: dict[str, str] = Field(description="The relation as it is printed, by language.")
    sources: int


class Graph(Record):
    """The surroundings of an entity, nearest first; `truncated` where there is more than is shown."""

    nodes: tuple[Entity, ...]
    edges: tuple[Edge, ...]
    truncated: bool = False


class FactList(Record):
    """Facts about the entities that a name or id means, each with every place that says so."""

    entities: tuple[Entity, ...]
    facts: tuple[Fact, ...]


class NormaliseRequest(In):
    """A text of which the standard terms are wanted."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TERM)] = Field(
        description="One term as somebody wrote it."
    )
    kind: EntityKind | Literal["drug"] | None = Field(default=None, description="Of this kind alone; `drug` is three of them.")
    k: int = Field(default=10, ge=1, le=100, description="How many at most.")
    model: str | None = Field(default=None, max_length=200, description="The assistant whose knowledge base it is.")


class Term(Record):
    """A standard term: the entity, the name of it that was matched, how sure that is (0 to 1), and why."""

    entity: Entity
    name: str
    score: float
    via: str


class Terms(Record):
    """The terms that a text means, best first."""

    terms: tuple[Term, ...]


def knowledge_router(work: Work) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["knowledge"], responses=ERRORS)
    _add_entities(router, work)
    _add_facts(router, work)
    return router


def _add_entities(router: APIRouter, work: Work) -> None:
    @router.get("/entities/{id:path}/graph", response_model=Graph)
    async def show_graph(
        request: Request,
        served: Served,
        who: Reader,
        id: Named,
        model: Model = None,
        hops: Annotated[int, Query(ge=0, le=MAX_HOPS)] = 1,
        limit: Annotated[int, Query(ge=1, le=MAX_NODES, description="How many entities at most.")] = 60,
    ) -> Response:
        """Shows the facts around an entity as a graph."""
        desk = served.of(model)
        return _json(await work.run(request, lambda _: json_bytes(_graph(desk.kb_for(who), id, hops, limit))))

    @router.get("/entities/{id:path}", response_model=EntityCard)
    async def show_entity(
        request: Request, served: Served, who: Reader, id: Named, model: Model = None, limit: Limit = 100
    ) -> Response:
        """Shows what is known of an entity: names, kind, facts with their sources, and the documents about it."""
        desk = served.of(model)
        return _json(await work.run(request, lambda _: json_bytes(_card(desk.kb_for(who), id, limit))))


def _add_facts(router: APIRouter, work: Work) -> None:
    @router.get("/facts", response_model=FactList)
    async def list_facts(
        request: Request,
        served: Served,
        who: Reader,
        entity: Annotated[str, Query(min_length=1, max_length=500, description="An id or a name.")],
        relation: Annotated[list[str] | None, Query(max_length=50, description="Of these relations alone.")] = None,
        limit: Limit = 100,
        model: Model = None,
    ) -> Response:
        """Lists the facts about an entity, each with every row or sentence that says so."""
        desk = served.of(model)

        def found(_: object) -> bytes:
            kb = desk.kb_for(who)
            entities = _entities(kb, entity)
            facts = kb.facts_of([one.id for one in entities], relation or None, limit)
            return json_bytes(FactList(entities=tuple(entities), facts=tuple(facts)))

        return _json(await work.run(request, found))

    @router.post("/normalise", response_model=Terms)
    async def normalise(body: NormaliseRequest, request: Request, served: Served, who: Reader) -> Response:
        """Finds the standard terms that a text means, in whatever words, with typing errors too."""
        desk = served.of(body.model)

        def found(_: object) -> bytes:
            terms = desk.kb_for(who).normalise(body.text, kind=body.kind, k=body.k)
            return json_bytes(Terms(terms=tuple(Term(entity=t.entity, name=t.name, score=t.score, via=t.via) for t in terms)))

        return _json(await work.run(request, found))


def _entities(kb: KnowledgeBase, name_or_id: str) -> list[Entity]:
    found = kb.entity(name_or_id)
    if not found:
        raise NotFoundError("nothing is known by that name or id: `POST /v1/normalise` finds what is written otherwise")
    return found


def _card(kb: KnowledgeBase, name_or_id: str, limit: int) -> EntityCard:
    entity, *others = _entities(kb, name_or_id)
    about = [one for one in kb.documents_about([entity.id]) if one[0].kind is not DocumentKind.RECORD]
    facts = tuple(kb.facts_of([entity.id], limit=limit))
    return EntityCard(
        entity=entity,
        names=tuple(Name(name=name, kind=kind) for name, kind in kb.names(entity.id)[:MAX_NAMES]),
        facts=facts,
        documents=tuple(About(document=document, steps=steps) for document, steps, _ in about[:limit]),
        others=tuple(others),
        relations={fact.relation: _printed(fact.relation) for fact in facts},
    )


def _graph(kb: KnowledgeBase, name_or_id: str, hops: int, limit: int) -> Graph:
    whole = kb.graph(_entities(kb, name_or_id)[0].id, hops=hops)
    kept = list(islice(whole.nodes(data=True), limit))  # in the order in which they were reached
    shown = {name for name, _ in kept}
    edges = [
        _edge(subject, object_, data)
        for subject, object_, data in whole.edges(data=True)
        if subject in shown and object_ in shown
    ]
    return Graph(
        nodes=tuple(Entity(id=name, kind=EntityKind(data["kind"]), name=data["name"]) for name, data in kept),
        edges=tuple(edges),
        truncated=whole.number_of_nodes() > limit,
    )


def _edge(subject: str, object_: str, data: dict[str, Any]) -> Edge:
    relation = data["relation"]
    return Edge(subject=subject, relation=relation, object=object_, label=_printed(relation), sources=len(data["sources"]))


def _printed(relation: str) -> dict[str, str]:
    return {lang: label(relation, lang) for lang in ("zh", "en")}


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
