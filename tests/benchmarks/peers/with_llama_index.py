"""LlamaIndex: its BM25 retriever, its vector index, both fused, and its property graph. No LLM: `MockLLM` is never asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jieba
from llama_index.core import PropertyGraphIndex, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.graph_stores import SimplePropertyGraphStore
from llama_index.core.graph_stores.types import KG_NODES_KEY, KG_RELATIONS_KEY, EntityNode, Relation
from llama_index.core.indices.property_graph import VectorContextRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import BaseNode, TextNode, TransformComponent
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.retrievers.bm25 import BM25Retriever

from medrag.kb.static import StaticEmbedder
from tests.benchmarks.peers.systems import Hit, Item

ANY_WORD = r"(?u)\S+"  # of text that is cut already
BATCH = 1_000  # texts embedded at a time
EDGES = 500  # in a node that is given to the graph index
K = 10
_BIGRAMS = re.compile(r"[㐀-鿿]+|[^\W_㐀-鿿]+")
_EMBEDDER = StaticEmbedder()


class _Embedding(BaseEmbedding):
    """This library's static embedder, as LlamaIndex takes one."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return _encoded([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return _encoded([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _encoded(texts)


def _encoded(texts: Sequence[str]) -> list[list[float]]:
    found: list[list[float]] = _EMBEDDER.encode_passages(texts).tolist()
    return found


def _embedding() -> _Embedding:
    return _Embedding(embed_batch_size=BATCH, model_name="static")


def bigrams(text: str) -> str:
    """Words, and for a run of Chinese its pairs of characters, with blanks between."""
    found: list[str] = []
    for run in _BIGRAMS.findall(text.lower()):
        chinese = len(run) > 1 and run[0] >= "㐀"
        found += [run[at : at + 2] for at in range(len(run) - 1)] if chinese else [run]
    return " ".join(found)


def _by_jieba(text: str) -> str:
    return " ".join(word for word in jieba.cut(text.lower()) if word.strip())


_CUTS: dict[str, Callable[[str], str] | None] = {"as it is": None, "jieba": _by_jieba, "bigrams": bigrams}


def _nodes(items: Sequence[Item], cut: Callable[[str], str] = str) -> list[BaseNode]:
    return [TextNode(id_=str(item[0]), text=cut(str(item[1]))) for item in items]


def _ids(retriever: BaseRetriever, question: str) -> list[Hit]:
    return [int(found.node.node_id) for found in retriever.retrieve(question)]


class Words:
    """`BM25Retriever`, by its defaults or on text that is cut before it is given."""

    def __init__(self, cut: str) -> None:
        self._cut = _CUTS[cut]

    def build(self, items: Sequence[Item], store: Path) -> None:
        if self._cut is None:
            retriever = BM25Retriever.from_defaults(nodes=_nodes(items), similarity_top_k=K)
        else:
            nodes = _nodes(items, self._cut)
            retriever = BM25Retriever(nodes, similarity_top_k=K, skip_stemming=True, token_pattern=ANY_WORD)
        retriever.persist(str(store / "bm25"))

    def open(self, store: Path) -> None:
        self._retriever = BM25Retriever.from_persist_dir(str(store / "bm25"))
        if self._cut is not None:  # these two are not among what is saved
            self._retriever.skip_stemming, self._retriever.token_pattern = True, ANY_WORD

    def search(self, question: str, k: int) -> list[Hit]:
        return _ids(self._retriever, self._cut(question) if self._cut else question)


class Vectors:
    """`VectorStoreIndex` with its own store, which compares a question with every vector."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        index = VectorStoreIndex(_nodes(items), embed_model=_embedding())
        index.storage_context.persist(str(store / "vectors"))

    def open(self, store: Path) -> None:
        context = StorageContext.from_defaults(persist_dir=str(store / "vectors"))
        index: Any = load_index_from_storage(context, embed_model=_embedding())
        self.retriever: BaseRetriever = index.as_retriever(similarity_top_k=K)

    def search(self, question: str, k: int) -> list[Hit]:
        return _ids(self.retriever, question)


class Fusion:
    """`QueryFusionRetriever` of the two by reciprocal ranks, with one query each."""

    def __init__(self) -> None:
        self._words, self._vectors = BM25Retriever, Vectors()

    def build(self, items: Sequence[Item], store: Path) -> None:
        self._words.from_defaults(nodes=_nodes(items), similarity_top_k=K).persist(str(store / "bm25"))
        self._vectors.build(items, store)

    def open(self, store: Path) -> None:
        self._vectors.open(store)
        words = self._words.from_persist_dir(str(store / "bm25"))
        both: list[BaseRetriever] = [self._vectors.retriever, words]
        self._fused = QueryFusionRetriever(
            both, llm=MockLLM(), mode="reciprocal_rerank", num_queries=1, similarity_top_k=K, use_async=False
        )  # type: ignore[arg-type]

    def search(self, question: str, k: int) -> list[Hit]:
        return _ids(self._fused, question)


class GraphStore:
    """`SimplePropertyGraphStore`, asked for an entity's triplets."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        graph = SimplePropertyGraphStore()
        graph.upsert_nodes([EntityNode(name=name) for name in _names(items)])
        graph.upsert_relations([_relation(item) for item in items])
        graph.persist(str(store / "graph.json"))

    def open(self, store: Path) -> None:
        self._graph = SimplePropertyGraphStore.from_persist_path(str(store / "graph.json"))

    def search(self, question: str, k: int) -> list[Hit]:
        return [(triplet[0].id, triplet[2].id) for triplet in self._graph.get_triplets(entity_names=[question])[:k]]


class _AsGiven(TransformComponent):
    """An extractor that leaves the nodes and relations that a node brings along."""

    def __call__(self, nodes: Sequence[BaseNode], **_kwargs: Any) -> Sequence[BaseNode]:
        return nodes


class GraphIndex:
    """`PropertyGraphIndex` with embedded entities, asked through its vector retriever."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        graph, nodes = SimplePropertyGraphStore(), []
        seen: set[str] = set()
        for at in range(0, len(items), EDGES):
            edges = items[at : at + EDGES]
            new = [name for name in _names(edges) if name not in seen]
            seen.update(new)
            given = {
                KG_NODES_KEY: [EntityNode(name=name) for name in new],
                KG_RELATIONS_KEY: [_relation(edge) for edge in edges],
            }
            nodes.append(TextNode(id_=f"edges {at}", text=f"edges {at}", metadata=given))
        index = PropertyGraphIndex(
            nodes, kg_extractors=[_AsGiven()], property_graph_store=graph, vector_store=SimpleVectorStore(),
            embed_model=_embedding(), llm=MockLLM(), use_async=False,
        )  # fmt: skip
        index.storage_context.persist(str(store / "graph"))

    def open(self, store: Path) -> None:
        graph = SimplePropertyGraphStore.from_persist_dir(str(store / "graph"))
        vectors = SimpleVectorStore.from_persist_dir(str(store / "graph"))
        self._retriever = VectorContextRetriever(
            graph, vector_store=vectors, embed_model=_embedding(), include_text=False, similarity_top_k=K, path_depth=1
        )

    def search(self, question: str, k: int) -> list[Hit]:
        found = (node.node.text.split(" -> ") for node in self._retriever.retrieve(question)[:k])  # type: ignore[attr-defined]
        return [(parts[0], parts[-1]) for parts in found]


def _names(items: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(str(name) for item in items for name in (item[0], item[-1])))


def _relation(item: Item) -> Relation:
    return Relation(label=str(item[1]), source_id=str(item[0]), target_id=str(item[-1]))
