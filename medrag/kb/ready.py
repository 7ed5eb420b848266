"""Passages that were cut and encoded while their document was prepared, kept until the indexes of their commit are built.

What the indexes take of a passage depends on its document alone, so a worker can make it before the document has a key or an
id. It waits in a file without a name, which goes with its process. Nothing depends on it: what is not there, or was cut or
encoded otherwise, is made again from the catalogue.
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from medrag.kb.embed import Embedder, HashedEmbedder
from medrag.kb.entries import entry_of, to_encode
from medrag.kb.prepared import Kept, Prepared
from medrag.kb.remembered import to_codes
from medrag.kb.tokens import TOKENIZER, token_hashes
from medrag.kb.words import WordEntry

__all__ = ["ReadyPassages", "ReadyStore", "encoded", "ready_passages"]

_SIZES = struct.Struct("<III")  # bytes of the header, of the words, and how many different tokens there are


@dataclass(frozen=True, slots=True)
class ReadyPassages:
    """The entries of a document's passages in text order, their ids left 0, and their vectors.

    `vectors` has shape (passages, dimensions), in 8 bits as the indexes keep them; `embedder` is the name of what encoded them.
    """

    entries: tuple[WordEntry, ...]
    embedder: str
    vectors: NDArray[np.int8]

    def packed(self) -> bytes:
        """As bytes, for this release alone."""
        distinct = list(map(_distinct, self.entries))
        sizes = list(map(len, distinct))
        header = {
            "tokenizer": TOKENIZER,
            "embedder": self.embedder,
            "shared": self.entries[0].filters[:-1] if self.entries else (),  # those of the document
            "own": [entry.filters[-1] for entry in self.entries],
            "day": self.entries[0].day if self.entries else 0,
            "distinct": sizes,
        }
        head = json.dumps(header).encode()
        words = "\n".join([entry.words for entry in self.entries]).encode("utf-8", "surrogatepass")
        hashes = np.fromiter(chain.from_iterable(distinct), np.uint32, sum(sizes))
        return b"".join(
            (_SIZES.pack(len(head), len(words), len(hashes)), head, words, hashes.tobytes(), self.vectors.tobytes())
        )

    @classmethod
    def unpacked(cls, data: bytes, ids: Sequence[int]) -> ReadyPassages | None:
        """From bytes of `packed`, under the ids that the catalogue gave the passages.

        None where the words were cut by other rules, or there are not as many passages.
        """
        head_size, words_size, distinct = _SIZES.unpack_from(data)
        at = _SIZES.size
        header = json.loads(data[at : at + head_size])
        shared, own = tuple(map(tuple, header["shared"])), header["own"]
        if header["tokenizer"] != TOKENIZER or len(own) != len(ids):
            return None
        at += head_size
        lines = data[at : at + words_size].decode("utf-8", "surrogatepass").split("\n")
        at += words_size
        hashes = np.frombuffer(data, np.uint32, distinct, at)
        at += hashes.nbytes
        vectors = np.frombuffer(data, np.int8, offset=at).reshape(len(own), -1 if own else 0)
        ends = list(accumulate(header["distinct"]))
        entries = tuple(
            [
                WordEntry(number, line, (*shared, tuple(last)), header["day"], hashes[start:end])
                for number, line, last, start, end in zip(ids, lines, own, [0, *ends], ends, strict=False)
            ]
        )
        return cls(entries, header["embedder"], vectors)


def _distinct(entry: WordEntry) -> Collection[int]:
    return set(token_hashes(entry.tokens)) if entry.hashes is None else entry.hashes.tolist()


def ready_passages(prepared: Prepared, embedder: Embedder) -> ReadyPassages:
    """The entries of a document's passages, and their vectors."""
    document = prepared.document
    sections = {section.index: section for section in document.sections}
    passages = sorted(prepared.passages, key=lambda passage: passage.start)
    placed = [(sections[passage.section], document.text[passage.start : passage.end]) for passage in passages]
    entries = tuple(entry_of(0, document, section, text) for section, text in placed)
    vectors = encoded(embedder, entries, [to_encode(document, section, text) for section, text in placed])
    return ReadyPassages(entries, embedder.name, to_codes(vectors))


def encoded(embedder: Embedder, entries: Sequence[WordEntry], texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of passages, one row each."""
    if isinstance(embedder, HashedEmbedder):  # takes the tokens as they are, so that each passage is cut once
        return embedder.encode_tokens([entry.tokens for entry in entries])
    return embedder.encode_passages(texts)


class ReadyStore:
    """The ready passages of one commit in a file without a name, by document until that is written, then by version."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder  # where the file lies; None: where the system keeps such files
        self._file: IO[bytes] | None = None
        self._end = 0
        self._of: dict[int, Kept] = {}

    def keep(self, data: bytes) -> Kept | None:
        """Keeps the bytes of `ReadyPassages.packed`; None where there is no room, and then they are made again later."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 (it outlives this call)
            self._file.seek(self._end)
            written = 0
            while written < len(data):
                written += self._file.write(memoryview(data)[written:])
        except OSError:
            return None
        kept = Kept(self._end, len(data))
        self._end += len(data)
        return kept

    def belongs(self, kept: Kept | None, version_id: int) -> None:
        """Says which version the passages became; None: a version without ready ones."""
        self._of.pop(version_id, None)
        if kept is not None:
            self._of[version_id] = kept

    def of(self, version_id: int, embedder: str, ids: Sequence[int]) -> ReadyPassages | None:
        """The passages of a version under these ids, if they are there and encoded by the embedder of that name."""
        kept = self._of.get(version_id)
        if kept is None or self._file is None:
            return None
        try:
            self._file.seek(kept.at)
            data = self._file.read(kept.size)
        except OSError:
            return None
        passages = ReadyPassages.unpacked(data, ids) if len(data) == kept.size else None
        return passages if passages is not None and passages.embedder == embedder else None

    def clear(self) -> None:
        """Lets go of everything."""
        self._of.clear()
        self._end = 0
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
