"""Turning text into vectors: the protocol, an embedder that needs nothing, any sentence-transformers model, and names for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError, MissingExtraError
from medrag.kb.static import SHIPPED, StaticEmbedder, is_static
from medrag.kb.tokens import token_hashes, tokens

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = [
    "Embedder",
    "HashedEmbedder",
    "SentenceTransformerEmbedder",
    "default_embedder",
    "embedder_from_name",
    "embedder_named",
    "is_quick",
]

Vectors = NDArray[np.float32]
MIN_DIMENSIONS, MAX_DIMENSIONS = 8, 65_536
AT_ONCE = 64  # texts hashed together: their counts still lie in the processor's cache

# What goes before a question and before a passage, for models that were trained with it and do not ship it as prompts
# (as their model cards say); the first pattern that the name holds counts. Most others want none: bge-m3, m3e, text2vec, gte.
_PROMPTS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"bge-(?:small|base|large)-zh"), "为这个句子生成表示以用于检索相关文章：", ""),
    (re.compile(r"bge-(?:small|base|large)-en"), "Represent this sentence for searching relevant passages: ", ""),
    (
        re.compile(r"qwen3-embedding|e5-.*instruct"),
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
        "",
    ),
    (re.compile(r"(?:^|[/_-])e5-"), "query: ", "passage: "),
    (re.compile(r"nomic-embed"), "search_query: ", "search_document: "),
)


class Embedder(Protocol):
    """Text to vectors: float32, one row a text, `dimensions` columns, rows of length 1 (0 for a text without tokens).

    `name` is written into the knowledge base; `embedder_from_name(name)` makes the same embedder again.
    """

    @property
    def name(self) -> str:
        """What the embedder is called in manifests and error messages."""
        ...

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts that are to be found, shape (len(texts), dimensions)."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts to search with, shape (len(texts), dimensions)."""
        ...


class HashedEmbedder:
    """Signed feature hashing of search tokens: no training, no download, the same everywhere.

    Each token adds ±(1 + ln tf) to one of `dimensions` columns; texts that share tokens point the same way. It is a
    coarse second opinion beside BM25 and no semantic model.
    Source: Weinberger et al., *Feature Hashing for Large Scale Multitask Learning*, ICML 2009.
    """

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    @property
    def name(self) -> str:
        """`hashed:256`."""
        return f"hashed:{self._dimensions}"

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        return self._dimensions

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts; rows have length 1."""
        return self.encode_tokens([tokens(text) for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The same as for passages: hashing knows no prompts."""
        return self.encode_passages(texts)

    def encode_tokens(self, token_lists: Sequence[Sequence[str]]) -> Vectors:
        """The vectors of texts that are cut already (ingest cuts each passage once, for words and vectors alike)."""
        matrix = np.zeros((len(token_lists), self._dimensions), dtype=np.float32)
        for start in range(0, len(token_lists), AT_ONCE):
            some = token_lists[start : start + AT_ONCE]
            matrix[start : start + len(some)] = self._added(some)
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        np.divide(matrix, norms, out=matrix, where=norms > 0)
        return matrix

    def _added(self, token_lists: Sequence[Sequence[str]]) -> Vectors:
        """The sums of the tokens' values: how often each column got either sign is counted for all texts at once."""
        lengths = [len(words) for words in token_lists]
        hashes = np.fromiter(token_hashes(chain.from_iterable(token_lists)), np.int64, sum(lengths))
        cells = (hashes >> 1) % self._dimensions * 2 + (hashes & 1)
        cells += np.repeat(np.arange(len(token_lists)) * (2 * self._dimensions), lengths)
        counts = np.bincount(cells, minlength=len(token_lists) * 2 * self._dimensions)
        seen = np.flatnonzero(counts)
        values = np.zeros(len(counts), dtype=np.float32)
        values[seen] = 1.0 + np.log(counts[seen])
        signed = values.reshape(len(token_lists), self._dimensions, 2)
        return signed[:, :, 1] - signed[:, :, 0]


class SentenceTransformerEmbedder:
    """A sentence-transformers model, by folder or by name, loaded when it is first used.

    Its own query and passage prompts are used, or those known to belong to models of its name. It runs on a GPU where
    torch sees one, in half precision there.
    """

    def __init__(self, model: str, *, batch_size: int = 64, device: str | None = None) -> None:
        self._path = model
        self._batch_size = batch_size
        self._device = device

    @property
    def name(self) -> str:
        """`st:` and the folder or model name."""
        return f"st:{self._path}"

    @cached_property
    def _model(self) -> SentenceTransformer:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise MissingExtraError("sentence-transformers", "models") from None
        model = SentenceTransformer(self._path, device=self._device, trust_remote_code=False)
        return model.half() if model.device.type == "cuda" else model

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        size = self._model.get_embedding_dimension()
        return int(size or 0)

    @cached_property
    def _prompts(self) -> tuple[str, str]:
        """What goes before a question, and before a passage."""
        shipped = self._model.prompts  # with empty ones where the model has none
        query, passage = shipped.get("query") or "", shipped.get("passage") or shipped.get("document") or ""
        if query or passage:
            return query, passage
        name = self._path.rstrip("/").lower()
        return next(((query, passage) for pattern, query, passage in _PROMPTS if pattern.search(name)), ("", ""))

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        encoded = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(encoded, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, with the model's passage prompt where it has one."""
        return self._encode(texts, self._prompts[1])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, with the model's query prompt where it has one."""
        return self._encode(texts, self._prompts[0])


def is_quick(embedder: Embedder) -> bool:
    """Whether encoding a passage takes microseconds, as cutting it does, and any process can load what it takes."""
    return isinstance(embedder, (StaticEmbedder, HashedEmbedder))


def default_embedder() -> Embedder:
    """The embedder of a knowledge base for which none is named."""
    return StaticEmbedder()


def embedder_from_name(name: str) -> Embedder:
    """The embedder that a name stands for: `static`, `hashed`, `hashed:DIMENSIONS`, `st:FOLDER_OR_MODEL`, or an existing folder.

    Only `st:` with a model's name may fetch it from a hub; a mistyped name is an error and asks nobody.
    """
    kind, _, rest = name.partition(":")
    if kind == "hashed" and (not rest or (rest.isdecimal() and MIN_DIMENSIONS <= int(rest) <= MAX_DIMENSIONS)):
        return HashedEmbedder(int(rest)) if rest else HashedEmbedder()
    if kind == "static" and rest in ("", SHIPPED.name):
        return StaticEmbedder()
    if kind == "static" and is_static(Path(rest)):
        return StaticEmbedder(Path(rest))
    if kind == "st" and rest:
        return SentenceTransformerEmbedder(rest)
    if name and Path(name).is_dir():
        return StaticEmbedder(Path(name)) if is_static(Path(name)) else SentenceTransformerEmbedder(name)
    raise KnowledgeBaseError(
        f"there is no embedder {name!r}: it may be `static`, `static:` with a folder, `hashed`, `hashed:{MIN_DIMENSIONS}` to "
        f"`hashed:{MAX_DIMENSIONS}` (dimensions), `st:` with the folder or name of a sentence-transformers model, or an existing folder"
    )


@lru_cache(maxsize=4)
def embedder_named(name: str) -> Embedder:
    """The same, made once for all knowledge bases that were built with it."""
    return embedder_from_name(name)
