"""The static embedder: a text's vector is the mean of its tokens' trained vectors, with numpy and tokenizers alone.

It reads the folder of a sentence-transformers `StaticEmbedding` model, and gives the vectors that
`SentenceTransformer(folder)` gives. `training/` at the top of the repository made the one that the package ships.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
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
ID_BYTES = array("i").itemsize
AT_ONCE = 1_000  # texts encoded together: enough for every core, and little memory

_INNER = "0_StaticEmbedding"
_KEY = "embedding.weight"
_TYPES = {"F16": np.float16, "F32": np.float32}
_MAX_HEADER = 1_000_000  # bytes; ours has 80
# What our tokenizers say of themselves (`training.vocabulary`), and how such a one parts ASCII text.
_PARTS_RUNS = [
    {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
    {"type": "Split", "pattern": {"Regex": r"\p{Han}+|\p{N}+|[^\P{L}\p{Han}]+"}, "behavior": "Removed", "invert": True},
]
_RUN = re.compile("[a-z]+|[0-9]+")


class StaticEmbedder:
    """Trained token vectors, averaged and brought to length 1; questions and passages are encoded alike.

    Tokens are Chinese characters and n-grams, English words and pieces of words; what is none of them adds nothing.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}

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
        rows = self._ids(texts)
        columns = np.frombuffer(b"".join(rows), np.int32)
        if len(rows) == 1:  # a question: ten times as quick without a matrix
            return np.asarray(self._stored[columns].astype(np.float32).sum(axis=0, keepdims=True), dtype=np.float32)
        from scipy.sparse import csr_array

        starts = np.cumsum([0, *map(len, rows)]) // ID_BYTES
        counts = csr_array((np.ones(len(columns), np.float32), columns, starts), shape=(len(texts), len(self._vectors)))
        return np.asarray(counts @ self._vectors, dtype=np.float32)

    def _ids(self, texts: Sequence[str]) -> list[bytes]:
        """The token ids of each text. No token spans white space, so what stands between is cut once and remembered."""
        known = self._known
        rows = [text.split() for text in texts]
        new = set(chain.from_iterable(rows)).difference(known)
        found = self._cut(new, known) if new else {}
        if len(known) > REMEMBERED:
            known = self._known = {}  # never emptied in place: other threads may be reading it
            found = self._cut(set(chain.from_iterable(rows)), known)
        known.update((chunk, ids) for chunk, ids in found.items() if len(chunk) <= REMEMBERED_CHARS)
        most = ID_BYTES * int(self._tokenizer.truncation["max_length"]) if self._tokenizer.truncation else None
        return [_joined(row, known, found)[:most] for row in rows]

    def _cut(self, chunks: Collection[str], known: Mapping[str, bytes]) -> dict[str, bytes]:
        """The token ids of pieces of text without white space, and of the runs of letters or digits in them that were new."""
        runs = {chunk: _RUN.findall(chunk.lower()) for chunk in chunks if chunk.isascii()} if self._parts_runs else {}
        new = [run for run in dict.fromkeys(chain.from_iterable(runs.values())) if run not in known]
        new += [chunk for chunk in chunks if chunk not in runs]
        said = [chunk if chunk.isascii() else chunk.encode("utf-8", "replace").decode() for chunk in new]  # no half surrogates
        cut = self._tokenizer.encode_batch_fast(said, add_special_tokens=False)
        found = {chunk: array("i", encoding.ids).tobytes() for chunk, encoding in zip(new, cut, strict=True)}
        found.update((chunk, _joined(parts, known, found)) for chunk, parts in runs.items())
        return found

    @cached_property
    def _parts_runs(self) -> bool:
        """Whether no token spans letters and digits, so that a word is cut once however it is written, and whatever is beside it."""
        parts = self._tokenizer.normalizer, self._tokenizer.pre_tokenizer
        return all(parts) and [json.loads(part.__getstate__()) for part in parts] == _PARTS_RUNS


def _joined(pieces: Iterable[str], known: Mapping[str, bytes], found: Mapping[str, bytes]) -> bytes:
    """The ids of all pieces, each of which was found just now or is known."""
    try:
        return b"".join(map(known.__getitem__, pieces))
    except KeyError:
        return b"".join([found[piece] if piece in found else known[piece] for piece in pieces])


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
