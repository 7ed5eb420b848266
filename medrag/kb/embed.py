"""Turning text into vectors: the protocol, an embedder that needs nothing, and any sentence-transformers model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError, MissingExtraError
from medrag.kb.tokens import token_hash, tokens

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["Embedder", "HashedEmbedder", "SentenceTransformerEmbedder", "embedder_from_name"]

Vectors = NDArray[np.float32]
MIN_DIMENSIONS, MAX_DIMENSIONS = 8, 65_536


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
        self._columns: dict[str, int] = {}  # token -> column, or ~column for a negative sign

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
        for row, words in zip(matrix, token_lists, strict=True):
            self._add(row, words)
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        np.divide(matrix, norms, out=matrix, where=norms > 0)
        return matrix

    def _add(self, row: Vectors, words: Sequence[str]) -> None:
        known = self._columns
        if len(known) > 1_000_000:
            known.clear()  # a bound on memory; the columns are worked out again
        signed = np.fromiter((known[w] if w in known else self._column(w) for w in words), np.int64, len(words))
        columns, counts = np.unique(signed, return_counts=True)
        values = 1.0 + np.log(counts)
        negative = columns < 0
        np.add.at(row, np.where(negative, ~columns, columns), np.where(negative, -values, values).astype(np.float32))

    def _column(self, word: str) -> int:
        hashed = token_hash(word)
        column = (hashed >> 1) % self._dimensions
        self._columns[word] = column if hashed & 1 else ~column
        return self._columns[word]


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by local folder or name, on the GPU where there is one.

    The model's own `query` and `passage`/`document` prompts are used where it has them.
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
        return SentenceTransformer(self._path, device=self._device, trust_remote_code=False)

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        size = self._model.get_embedding_dimension()
        return int(size or 0)

    def _encode(self, texts: Sequence[str], prompts: tuple[str, ...]) -> Vectors:
        prompt = next((name for name in prompts if name in self._model.prompts), None)
        options: dict[str, Any] = {"prompt_name": prompt} if prompt else {}
        encoded = self._model.encode(
            list(texts),
            batch_size=self._batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
            **options,
        )
        return np.asarray(encoded, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, with the model's passage prompt where it has one."""
        return self._encode(texts, ("passage", "document"))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, with the model's query prompt where it has one."""
        return self._encode(texts, ("query",))


def embedder_from_name(name: str) -> Embedder:
    """The embedder that a name stands for: `hashed`, `hashed:DIMENSIONS`, `st:FOLDER_OR_MODEL`, or an existing folder.

    Only `st:` with a model's name may fetch it from a hub; a mistyped name is an error and asks nobody.
    """
    kind, _, rest = name.partition(":")
    if kind == "hashed" and (not rest or (rest.isdecimal() and MIN_DIMENSIONS <= int(rest) <= MAX_DIMENSIONS)):
        return HashedEmbedder(int(rest)) if rest else HashedEmbedder()
    if kind == "st" and rest:
        return SentenceTransformerEmbedder(rest)
    if name and Path(name).is_dir():
        return SentenceTransformerEmbedder(name)
    raise KnowledgeBaseError(
        f"there is no embedder {name!r}: it may be `hashed`, `hashed:{MIN_DIMENSIONS}` to `hashed:{MAX_DIMENSIONS}` (dimensions), "
        "`st:` with the folder or name of a sentence-transformers model, or an existing folder"
    )
