"""haystack: its in-memory store by BM25 and by vectors that are made here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # read when haystack is imported

from haystack import Document
from haystack.document_stores.in_memory import InMemoryDocumentStore

from medrag.kb.static import StaticEmbedder
from tests.benchmarks.peers.systems import Hit, Item

_EMBEDDER = StaticEmbedder()


class Words:
    """`InMemoryDocumentStore` and its BM25 (BM25L) by its defaults."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        documents = InMemoryDocumentStore()
        documents.write_documents(self._documents(items))
        documents.save_to_disk(str(store / "store.json"))

    def open(self, store: Path) -> None:
        self._store = InMemoryDocumentStore.load_from_disk(str(store / "store.json"))

    def search(self, question: str, k: int) -> list[Hit]:
        return [int(found.id) for found in self._store.bm25_retrieval(question, top_k=k)]

    def _documents(self, items: Sequence[Item]) -> list[Document]:
        return [Document(id=str(item[0]), content=str(item[1])) for item in items]


class Vectors(Words):
    """The same store, asked by vectors."""

    def search(self, question: str, k: int) -> list[Hit]:
        query = _EMBEDDER.encode_queries([question])[0].tolist()
        return [int(found.id) for found in self._store.embedding_retrieval(query, top_k=k, return_embedding=False)]

    def _documents(self, items: Sequence[Item]) -> list[Document]:
        vectors = _EMBEDDER.encode_passages([str(item[1]) for item in items])
        pairs = zip(items, vectors, strict=True)
        return [Document(id=str(item[0]), content=str(item[1]), embedding=vector.tolist()) for item, vector in pairs]
