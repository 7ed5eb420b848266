"""The static embedder: a text's vector is the mean of its tokens' trained vectors, with numpy and tokenizers alone.

It reads the folder of a sentence-transformers `StaticEmbedding` model, and gives the vectors that
`SentenceTransformer(folder)` gives. `training/` at the top of the repository made the one that the package ships.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SHIPPED", "StaticEmbedder", "is_static"]

SHIPPED = Path(__file__).parent / "weights" / "static-zh-en-1"  # the number rises when the vectors change
REMEMBERED, REMEMBERED_CHARS = 100_000, 20  # words of Latin script whose tokens are kept: about 20 MB
AT_ONCE = 1_000  # texts encoded together: enough for every core, and little memory

_INNER = "0_StaticEmbedding"
_KEY = "embedding.weight"
_TYPES = {"F16": np.float16, "F32": np.float32}
_MAX_HEADER = 1_000_000  # bytes; ours has 80


class StaticEmbedder:
    """Trained token vectors, averaged and brought to length 1; questions and passages are encoded alike.

    Tokens are Chinese characters and n-grams, English words and pieces of words; what is none of them adds nothing.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._known: dict[str, list[int]] = {}

    @property
    def name(self) -> str:
        """`static:` and the name of what the package ships, or the folder."""
        return f"static:{self._folder.name if self._folder == SHIPPED else self._folder}"

    @property
    def dimensions(self) -> int:
        """The number of columns."""
        return int(self._stored.shape[1])

    @cached_property
    def _stored(self) -> NDArray[np.floating]:
        return _stored_vectors(self._folder / _INNER / "model.safetensors")

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        return self._stored.astype(np.float32)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        path = self._folder / _INNER / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises plain Exception
            raise KnowledgeBaseError(f"{path} is no tokenizer of a static embedder: {error}") from error
        tokenizer.no_padding()
        return tokenizer

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts; rows have length 1, or 0 for a text without known tokens."""
        encoded = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), AT_ONCE):
            encoded[start : start + AT_ONCE] = self._encode(texts[start : start + AT_ONCE])
        norms = np.linalg.norm(encoded, axis=1, keepdims=True)
        np.divide(encoded, norms, out=encoded, where=norms > 1e-9)
        return encoded

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same as for passages: it was trained without prompts."""
        return self.encode_passages(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The sums of the tokens' vectors: a matrix of counts times the vectors, which takes no memory for single tokens."""
        ids = self._ids(texts)
        if len(ids) == 1:  # a question: ten times as quick without a matrix
            return np.asarray(self._stored[ids[0]].astype(np.float32).sum(axis=0, keepdims=True), dtype=np.float32)
        from scipy.sparse import csr_array

        lengths = [len(row) for row in ids]
        columns = np.fromiter(chain.from_iterable(ids), np.int32, sum(lengths))
        counts = csr_array(
            (np.ones(len(columns), np.float32), columns, np.cumsum([0, *lengths])), shape=(len(texts), len(self._vectors))
        )
        return np.asarray(counts @ self._vectors, dtype=np.float32)

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text. No token spans white space, so what stands between is cut once and remembered."""
        known = self._known
        rows = [text.encode("utf-8", "replace").decode("utf-8").split() for text in texts]  # a lone surrogate is refused
        new = [chunk for chunk in dict.fromkeys(chain.from_iterable(rows)) if chunk not in known]
        cut = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
        found = {chunk: encoding.ids for chunk, encoding in zip(new, cut, strict=True)}
        most = int(self._tokenizer.truncation["max_length"]) if self._tokenizer.truncation else None
        ids = [
            list(chain.from_iterable([found[chunk] if chunk in found else known[chunk] for chunk in row]))[:most]
            for row in rows
        ]
        if len(known) > REMEMBERED:
            self._known = {}  # never emptied in place: other threads may be reading it
        self._known.update((chunk, numbers) for chunk, numbers in found.items() if len(chunk) <= REMEMBERED_CHARS)
        return ids


def is_static(folder: Path) -> bool:
    """Whether a folder holds a static embedder."""
    return (folder / _INNER / "model.safetensors").is_file() and (folder / _INNER / "tokenizer.json").is_file()


def _stored_vectors(path: Path) -> NDArray[np.floating]:
    """The token vectors of a safetensors file, mapped and not read: eight bytes of length, a JSON header, then the numbers."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > _MAX_HEADER:
                raise ValueError(f"a header of {size:,} bytes")
            header: dict[str, Any] = json.loads(file.read(size))
            entry = header[_KEY]
        start, end = entry["data_offsets"]
        kind = np.dtype(_TYPES[entry["dtype"]])
        mapped = np.memmap(path, kind, "r", 8 + size + start, (end - start) // kind.itemsize)
        stored: NDArray[np.floating] = np.asarray(mapped).reshape(entry["shape"])
        return stored
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KnowledgeBaseError(
            f"{path} does not hold the vectors of a static embedder ({_KEY}, float16 or float32): {type(error).__name__}: {error}"
        ) from error
