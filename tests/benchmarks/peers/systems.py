"""The systems that are measured side by side: what each is called, where its wrapper is, and how much of the corpus it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

__all__ = ["GRAPHS", "OURS", "PASSAGES", "Hit", "Item", "Peer", "System", "loaded"]

Item = tuple[int, str] | tuple[str, str, str]  # a passage's id and text, or an edge: from, relation, to
Hit = int | tuple[str, str]  # a passage's id, or the two ends of an edge


class Peer(Protocol):
    """One system: built and saved, opened in another process, and asked."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        """Indexes all items and saves what `open` needs in the folder."""
        ...

    def open(self, store: Path) -> None:
        """Loads what `build` saved."""
        ...

    def search(self, question: str, k: int) -> list[Hit]:
        """The best k hits, best first."""
        ...


@dataclass(frozen=True, slots=True)
class System:
    """A system: its name in the tables, `module:class` of its wrapper, what it is made with, and the most items that it is given.

    A cap is for what would take hours with the whole corpus; the tables say the size that each ran at.
    """

    key: str
    name: str
    wrapper: str
    options: dict[str, str] = field(default_factory=dict)
    most: int = 10**9


def loaded(system: System) -> Peer:
    """The system's wrapper; importing it imports the system. Raises `ImportError` where that is not installed."""
    module, _, name = system.wrapper.partition(":")
    made: object = getattr(import_module(f"tests.benchmarks.peers.{module}"), name)(**system.options)
    return cast(Peer, made)


CAP = 20_000  # passages for stores that compare a question with every vector in Python

OURS = System("medrag", "medrag, whole", "with_medrag:Labels")

PASSAGES = (
    OURS,
    System("llama-bm25", "LlamaIndex BM25Retriever, defaults", "with_llama_index:Words", {"cut": "as it is"}),
    System("llama-bm25-jieba", "LlamaIndex BM25Retriever, jieba", "with_llama_index:Words", {"cut": "jieba"}),
    System("llama-bm25-bigrams", "LlamaIndex BM25Retriever, bigrams", "with_llama_index:Words", {"cut": "bigrams"}),
    System("llama-vectors", "LlamaIndex VectorStoreIndex", "with_llama_index:Vectors", most=CAP),
    System("llama-fusion", "LlamaIndex QueryFusionRetriever", "with_llama_index:Fusion", most=CAP),
    System("txtai-keyword", "txtai keyword, defaults", "with_txtai:Words"),
    System("txtai-vectors", "txtai vectors", "with_txtai:Vectors"),
    System("haystack-bm25", "haystack BM25, defaults", "with_haystack:Words"),
    System("haystack-vectors", "haystack vectors", "with_haystack:Vectors", most=CAP),
)

GRAPHS = (
    System("medrag-graph", "medrag, all channels", "with_medrag:Graph"),
    System("medrag-facts", "medrag `kb.facts`", "with_medrag:Facts"),
    System("llama-graph-store", "LlamaIndex SimplePropertyGraphStore", "with_llama_index:GraphStore"),
    System("llama-graph", "LlamaIndex PropertyGraphIndex", "with_llama_index:GraphIndex"),
    System("lightrag", "LightRAG insert_custom_kg", "with_lightrag:Graph"),
)
