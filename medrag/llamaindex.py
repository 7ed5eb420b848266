"""The library as parts of LlamaIndex: a retriever, a query engine, a chat engine, a tool, and the graph as a store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Generator, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NoReturn

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.base.response.schema import Response
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.graph_stores.types import (
    TRIPLET_SOURCE_KEY,
    EntityNode,
    LabelledNode,
    PropertyGraphStore,
    Relation,
    Triplet,
)
from llama_index.core.schema import BaseNode, NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
from llama_index.core.tools import QueryEngineTool

from medrag.answer.engine import MedRAG
from medrag.answer.show.flat import evidence_id, flat_evidence
from medrag.answer.show.text import answer_json
from medrag.answer.stream import in_thread
from medrag.chat.session import Chat, Session
from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.kb.relations import RELATIONS
from medrag.types import Answer, Entity, EntityKind, Evidence, Fact, FactSource, StreamEvent, Turn

__all__ = [
    "EntityOfGraph",
    "as_chat_engine",
    "as_nodes",
    "as_property_graph_store",
    "as_query_engine",
    "as_retriever",
    "as_tool",
]

SHOWN = frozenset({"title", "section", "fact", "maker", "effective"})  # of the metadata: what models are shown beside the text
MOST_FACTS = 10_000  # of one look-up in the graph
TOOL = "drug_labels"
ABOUT_TOOL = (
    "Answers a question about medicines or diseases from drug labels and medical graphs, each statement with a marker such as "
    "[1] for the words that it rests on. Says so where nothing is known. Give the whole question, with the medicine's name."
)


def as_retriever(medrag: MedRAG, *, k: int | None = None) -> BaseRetriever:
    """A retriever whose nodes are the k best pieces of evidence (None: as many as the MedRAG takes), best first."""
    return _Retriever(medrag, k)


def as_query_engine(medrag: MedRAG) -> BaseQueryEngine:
    """A query engine that gives the MedRAG's answers.

    A response's nodes are the evidence; its `metadata` is the whole answer as `ask --json` prints it: what each marker stands
    for, the claims with their verdicts, whether it abstained.
    """
    return _QueryEngine(medrag)


def as_chat_engine(chat: Chat | MedRAG) -> BaseChatEngine:
    """A chat engine that is one conversation; a `chat_history` that is handed over replaces what it remembers, for that turn."""
    return _ChatEngine(chat if isinstance(chat, Chat) else Chat(chat))


def as_tool(medrag: MedRAG, *, name: str = TOOL, description: str = ABOUT_TOOL) -> QueryEngineTool:
    """A tool for agents, which answers a question."""
    return QueryEngineTool.from_defaults(as_query_engine(medrag), name=name, description=description)


def as_property_graph_store(kb: KnowledgeBase) -> PropertyGraphStore:
    """The graph of a knowledge base, to be read: it is filled by ingesting documents, of which every fact has its words."""
    return _GraphStore(kb)


def as_nodes(evidence: Sequence[Evidence]) -> list[NodeWithScore]:
    """The evidence as nodes with scores (0 to 1): their text, and in the metadata where it stands (`flat_evidence`)."""
    return [_node(item) for item in evidence]


def _node(evidence: Evidence) -> NodeWithScore:
    metadata = flat_evidence(evidence)
    hidden = sorted(set(metadata) - SHOWN)
    document = json.dumps([metadata.get(name) for name in ("source", "key", "version")], ensure_ascii=False)
    node = TextNode(
        id_=evidence_id(evidence),
        text=evidence.text,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)},
    )
    if evidence.passage is not None:  # of a fact these are the places of a row, and the text is none of it
        node.start_char_idx, node.end_char_idx = evidence.passage.start, evidence.passage.end
    return NodeWithScore(node=node, score=evidence.score)


class _Retriever(BaseRetriever):
    def __init__(self, medrag: MedRAG, k: int | None) -> None:
        super().__init__()
        self._medrag = medrag
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return as_nodes(self._medrag.search(query_bundle.query_str, self._k))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class _QueryEngine(BaseQueryEngine):
    def __init__(self, medrag: MedRAG) -> None:
        super().__init__(callback_manager=None)
        self._medrag = medrag

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}  # its prompts are the MedRAG's template

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _response(self._medrag.ask(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await self._medrag.aask(query_bundle.query_str))

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The evidence alone."""
        return as_nodes(self._medrag.search(query_bundle.query_str))


def _response(answer: Answer) -> Response:
    return Response(response=answer.text, source_nodes=as_nodes(answer.evidence), metadata=answer_json(answer))


# ---------------------------------------------------------------------- chat


class _ChatEngine(BaseChatEngine):
    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._session = chat.open()

    def reset(self) -> None:
        """Begins a new conversation."""
        self._session = self._chat.open()

    @property
    def chat_history(self) -> list[ChatMessage]:
        """What was said and answered in this conversation."""
        said = ((e.text, e.answer.text) for e in self._session.exchanges)
        roles = (MessageRole.USER, MessageRole.ASSISTANT)
        return [ChatMessage(role=role, content=text) for pair in said for role, text in zip(roles, pair, strict=True)]

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The answer to what is said next."""
        return _chat_response(self._of(chat_history).ask(message))

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """`chat` for asyncio; cancelling the task stops the model."""
        answer: Answer | None = None
        async for event in self._events(message, chat_history):
            answer = event.answer or answer
        if answer is None:
            raise asyncio.CancelledError
        return _chat_response(answer)

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """The same answer as `chat`, each claim when it has been checked; the nodes are there from the beginning."""
        events = self._of(chat_history).stream(message)
        first = next(events)
        nodes = as_nodes(first.evidence)
        return StreamingAgentChatResponse(
            chat_stream=_spoken(chain([first], events)), source_nodes=nodes, is_writing_to_memory=False
        )

    async def astream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """`stream_chat` for asyncio; leaving the loop stops the model."""
        events = self._events(message, chat_history)
        first = await anext(events)
        nodes = as_nodes(first.evidence)
        return StreamingAgentChatResponse(achat_stream=_aspoken(first, events), source_nodes=nodes, is_writing_to_memory=False)

    def _of(self, history: list[ChatMessage] | None) -> Session:
        if history is None:
            return self._session
        return self._chat.of_turns([Turn(role=said.role.value, content=said.content or "") for said in history])

    def _events(self, message: str, history: list[ChatMessage] | None) -> AsyncIterator[StreamEvent]:
        session = self._of(history)
        return in_thread(lambda cancel: session.stream(message, cancel=cancel))


def _chat_response(answer: Answer) -> AgentChatResponse:
    return AgentChatResponse(response=answer.text, source_nodes=as_nodes(answer.evidence), metadata=answer_json(answer))


def _spoken(events: Iterator[StreamEvent]) -> Generator[ChatResponse, None, None]:
    said = ""
    for event in events:
        if event.text:
            said += event.text
            yield _said(said, event.text)


async def _aspoken(first: StreamEvent, events: AsyncIterator[StreamEvent]) -> AsyncGenerator[ChatResponse, None]:
    said = first.text
    if said:
        yield _said(said, said)
    async for event in events:
        if event.text:
            said += event.text
            yield _said(said, event.text)


def _said(text: str, delta: str) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=delta)


# ---------------------------------------------------------------------- the graph


class EntityOfGraph(EntityNode):
    """An entity, known by its id: two things of one name are two. `label` is its kind."""

    entity_id: str

    @property
    def id(self) -> str:
        """The entity's id, such as `disease:高血压`."""
        return self.entity_id


class _GraphStore(PropertyGraphStore):
    """The facts of a knowledge base by LlamaIndex's contract.

    Entities are asked for by id or by any of their names; the graph is not listed whole, for it may hold millions of facts.
    Relations carry the rows and spans that say so, and `get_llama_nodes` gives their words.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    @property
    def client(self) -> KnowledgeBase:
        """The knowledge base."""
        return self._kb

    def get(self, properties: dict[str, Any] | None = None, ids: list[str] | None = None) -> list[LabelledNode]:
        """The entities of these ids or names, whose properties have these values."""
        wanted = [*(ids or ()), *(str(value) for name, value in (properties or {}).items() if name in ("id", "name"))]
        if not wanted and ids is None:
            raise KnowledgeBaseError("the graph is not listed whole: say which entities, by `ids` or by properties={'name': …}")
        nodes = (_entity_node(entity) for entity in self._entities(wanted))
        return [node for node in nodes if _has(node, properties)]

    def get_triplets(
        self,
        entity_names: list[str] | None = None,
        relation_names: list[str] | None = None,
        properties: dict[str, Any] | None = None,
        ids: list[str] | None = None,
    ) -> list[Triplet]:
        """The facts about the entities of these names or ids, of these relations; an end has the properties."""
        wanted = [*(entity_names or ()), *(ids or ())]
        if not wanted and entity_names is ids is None:
            raise KnowledgeBaseError("the graph is not listed whole: say which entities, by `entity_names` or `ids`")
        facts = self._kb.facts_of([e.id for e in self._entities(wanted)], relation_names, limit=MOST_FACTS)
        triplets = [_triplet(fact) for fact in facts]
        return [(one, relation, other) for one, relation, other in triplets if _has(one, properties) or _has(other, properties)]

    def get_rel_map(
        self,
        graph_nodes: list[LabelledNode],
        depth: int = 2,
        limit: int = 30,
        ignore_rels: list[str] | None = None,
    ) -> list[Triplet]:
        """The facts within `depth` steps of the entities, nearest first, so many at most."""
        found: dict[tuple[str, str, str], Fact] = {}
        frontier = [entity.id for entity in self._entities([node.id for node in graph_nodes])]
        known = set(frontier)
        for _ in range(depth):
            if not frontier or len(found) >= limit:
                break
            facts = [f for f in self._kb.facts_of(frontier, limit=MOST_FACTS) if f.relation not in (ignore_rels or ())]
            found.update(((f.subject.id, f.relation, f.object.id), f) for f in facts)
            frontier = sorted({end.id for f in facts for end in (f.subject, f.object)} - known)
            known.update(frontier)
        return [_triplet(fact) for fact in list(found.values())[:limit]]

    def get_llama_nodes(self, node_ids: list[str]) -> list[BaseNode]:
        """The words that state facts, by the ids that triplets carry as their source; ids of nothing are left out."""
        nodes: list[BaseNode] = []
        for node_id in node_ids:
            try:
                source, key, version, start, end = json.loads(node_id)
                document = self._kb.document(key, source=source, version=version)
            except (ValueError, NotFoundError):
                continue
            metadata = {"source": source, "key": key, "version": version, "title": document.title, "start": start, "end": end}
            nodes.append(TextNode(id_=node_id, text=document.text[start:end], metadata=metadata))
        return nodes

    async def aget_llama_nodes(self, node_ids: list[str]) -> list[BaseNode]:
        """`get_llama_nodes` for asyncio."""
        return await asyncio.to_thread(self.get_llama_nodes, node_ids)

    def get_schema(self, refresh: bool = False) -> dict[str, list[str]]:
        """The kinds of entities and the relations that there may be; a source's own relations come beside these."""
        return {"entities": [kind.value for kind in EntityKind], "relations": sorted({row.name for row in RELATIONS})}

    def upsert_nodes(self, nodes: Sequence[LabelledNode]) -> None:
        """Refused: what is in the graph stands in some document."""
        _refuse()

    def upsert_relations(self, relations: list[Relation]) -> None:
        """Refused, as nodes are."""
        _refuse()

    def delete(
        self,
        entity_names: list[str] | None = None,
        relation_names: list[str] | None = None,
        properties: dict[str, Any] | None = None,
        ids: list[str] | None = None,
    ) -> None:
        """Refused, as nodes are."""
        _refuse()

    def structured_query(self, query: str, param_map: dict[str, Any] | None = None) -> Any:
        """Refused: there is no query language."""
        raise KnowledgeBaseError(
            "the graph speaks no query language: use get_triplets or get_rel_map, or kb.graph() for networkx"
        )

    def vector_query(self, query: Any, **kwargs: Any) -> tuple[list[LabelledNode], list[float]]:
        """Refused: entities have no vectors."""
        raise KnowledgeBaseError("entities have no vectors: use as_retriever for passages, or kb.normalise for names")

    def _entities(self, names: Collection[str]) -> list[Entity]:
        found = (entity for name in dict.fromkeys(names) for entity in self._kb.entity(name))
        return list({entity.id: entity for entity in found}.values())


def _refuse() -> NoReturn:
    raise KnowledgeBaseError(
        "the graph of a knowledge base is read only: `build` files that state the facts, or delete documents"
    )


def _entity_node(entity: Entity, **more: Any) -> EntityOfGraph:
    properties = {"id": entity.id, "kind": entity.kind.value, "name": entity.name, **more}
    return EntityOfGraph(entity_id=entity.id, name=entity.name, label=entity.kind.value, properties=properties)


def _triplet(fact: Fact) -> Triplet:
    """The fact; LlamaIndex looks for its source at the subject."""
    sources = [_source_id(source) for source in fact.sources]
    relation = Relation(
        label=fact.relation,
        source_id=fact.subject.id,
        target_id=fact.object.id,
        properties={"sources": sources, "quotes": [source.quote for source in fact.sources]},
    )
    subject = _entity_node(fact.subject, **({TRIPLET_SOURCE_KEY: sources[0]} if sources else {}))
    return subject, relation, _entity_node(fact.object)


def _source_id(source: FactSource) -> str:
    document = source.document
    return json.dumps([document.source, document.key, document.version, source.start, source.end], ensure_ascii=False)


def _has(node: LabelledNode, properties: Mapping[str, Any] | None) -> bool:
    return all(node.properties.get(name) == value for name, value in (properties or {}).items())
