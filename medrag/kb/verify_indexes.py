"""Checking the indexes to the bottom: what they hold of every passage against what the catalogue says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection

from medrag.kb.catalogue import in_batches
from medrag.kb.entries import entry_of, to_encode
from medrag.kb.passages import passages_by_id
from medrag.kb.ready import encoded
from medrag.kb.snapshot import Snapshot
from medrag.kb.tokens import token_hash
from medrag.types import Passage

__all__ = ["deep_faults"]

ALIKE = 0.98  # the cosine of a passage's vector with one that is made anew: eight bits a component lose less
_REINDEX = "run `medrag reindex`"


def deep_faults(connection: Connection, snapshot: Snapshot, stored: set[int]) -> Iterator[str]:
    """The passages whose tokens or vectors are others than their text gives, and counts that are not those of the tokens."""
    other_tokens = other_vectors = length = 0
    frequencies: Counter[int] = Counter()
    for ids in in_batches(sorted(stored)):
        passages = passages_by_id(connection, ids, snapshot.commit, snapshot.texts)
        for passage in passages:
            found = snapshot.words.stored(passage.id)
            other_tokens += found != entry_of(passage.id, passage.document, passage.section, passage.text).tokens
            length += len(found or ())
            frequencies.update({token_hash(token) for token in found or ()})
        other_vectors += _other_vectors(snapshot, passages)
    if other_tokens:
        yield f"words: {other_tokens} passages have other tokens than their text gives: {_REINDEX}"
    if other_vectors:
        yield f"vectors: {other_vectors} passages have other vectors than their text gives: {_REINDEX}"
    counted = snapshot.words.statistics
    said = dict(zip(map(int, counted.hashes), map(int, counted.counts), strict=True))
    if counted.length != length or {hashed: count for hashed, count in said.items() if count} != frequencies:
        yield f"words: the statistics are not those of the passages' tokens ({counted.length} in all of {length}): {_REINDEX}"


def _other_vectors(snapshot: Snapshot, passages: Sequence[Passage]) -> int:
    """How many passages have vectors that are not like those that the embedder gives now."""
    entries = [entry_of(p.id, p.document, p.section, p.text) for p in passages]
    texts = [to_encode(p.document, p.section, p.text) for p in passages]
    vectors = encoded(snapshot.embedder, entries, texts)
    lengths = np.linalg.norm(vectors, axis=1)
    return sum(
        bool(length) and float(snapshot.vectors.scores(vector / length, np.asarray([passage.id], np.int64))[0]) < ALIKE
        for passage, vector, length in zip(passages, vectors, lengths, strict=True)
    )
