"""LightRAG: a graph put in by `insert_custom_kg` and asked for its context. No LLM: keywords are given, so none is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightrag import LightRAG, QueryParam
from lightrag.utils import EmbeddingFunc, Tokenizer
from numpy.typing import NDArray

from medrag.kb.static import StaticEmbedder
from tests.benchmarks.peers.systems import Hit, Item

TOKENS = 8_192  # of a text that is embedded; none here is near it
_EMBEDDER = StaticEmbedder()


class _Characters:
    """A tokenizer that counts characters; LightRAG's own would be downloaded."""

    def encode(self, content: str) -> list[int]:
        return [ord(character) for character in content]

    def decode(self, tokens: list[int]) -> str:
        return "".join(map(chr, tokens))


async def _encode(texts: list[str], **_options: Any) -> NDArray[np.float32]:
    return _EMBEDDER.encode_passages(texts)


async def _no_llm(*_prompt: Any, **_options: Any) -> str:
    raise RuntimeError("an LLM was asked")


class Graph:
    """A LightRAG working folder."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        names = list(dict.fromkeys(str(name) for item in items for name in (item[0], item[-1])))
        graph = {
            "chunks": [],
            "entities": [{"entity_name": name, "description": name, "source_id": ""} for name in names],
            "relationships": [
                {"src_id": head, "tgt_id": tail, "description": f"{head} {said} {tail}", "keywords": said, "source_id": ""}
                for head, said, tail in items  # type: ignore[misc]
                if head != tail
            ],
        }
        self.open(store)
        self._loop.run_until_complete(self._rag.ainsert_custom_kg(graph))
        self._loop.run_until_complete(self._rag.finalize_storages())

    def open(self, store: Path) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        embedding = EmbeddingFunc(embedding_dim=_EMBEDDER.dimensions, func=_encode, max_token_size=TOKENS)
        self._rag = LightRAG(
            working_dir=str(store / "graph"), embedding_func=embedding, llm_model_func=_no_llm,
            tokenizer=Tokenizer("characters", _Characters()),
        )  # fmt: skip
        self._loop.run_until_complete(self._rag.initialize_storages())

    def search(self, question: str, k: int) -> list[Hit]:
        asked = QueryParam(mode="local", top_k=k, ll_keywords=[question], hl_keywords=[question], enable_rerank=False)
        found = self._loop.run_until_complete(self._rag.aquery_data(question, asked))
        return [(edge["src_id"], edge["tgt_id"]) for edge in found.get("data", {}).get("relationships", [])[:k]]
