"""txtai: its keyword index by its defaults, and its vector index with vectors that are made here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txtai import Embeddings

from medrag.kb.static import StaticEmbedder
from tests.benchmarks.peers.systems import Hit, Item

os.environ["ALLOW_RESOLVE_TRANSFORM"] = "True"  # txtai takes a function by its name only where this says so
_EMBEDDER = StaticEmbedder()


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of texts, as txtai calls for them by name."""
    return _EMBEDDER.encode_passages(list(texts))


class Words:
    """`Embeddings(keyword=True)`."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        index = Embeddings(keyword=True)
        index.index((item[0], item[1], None) for item in items)
        index.save(str(store / "index"))

    def open(self, store: Path) -> None:
        self._index = Embeddings()
        self._index.load(str(store / "index"))

    def search(self, question: str, k: int) -> list[Hit]:
        return [int(found) for found, _ in self._index.search(question, k)]


class Vectors(Words):
    """`Embeddings` with an external function for vectors and the index that it chooses (FAISS, approximate at this size)."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        index = Embeddings(method="external", transform="tests.benchmarks.peers.with_txtai.encode")
        index.index((item[0], item[1], None) for item in items)
        index.save(str(store / "index"))
