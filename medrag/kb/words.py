"""The word index: tantivy proposes, exact BM25 decides.

tantivy's statistics count deleted passages until their segments happen to be merged, which changes the first ten of
one question in six. So the score is worked out again for tantivy's candidates, from statistics that each commit
keeps exactly (`statistics.npz`): a knowledge base grown by updates ranks like one rebuilt from scratch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from medrag.kb.filters import Filters
from medrag.kb.tokens import token_hash, tokens

__all__ = ["WordEntry", "WordIndex", "WordWriter"]

# Title and heading say what a passage is about; their tokens count as so many of the body's.
FIELD_WEIGHTS = (1.5, 1.0, 1.0)  # title, heading, body
K1 = 1.2  # Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009
B = 0.6  # long sections are punished too much by the usual .75
MAX_QUERY_TOKENS = 48  # of a longer question the rarest are kept
CANDIDATES = 2  # candidates proposed per passage asked for
MIN_CANDIDATES = 60
MAX_CANDIDATES = 4_000
MARGIN = 0.97  # tantivy's score (stale statistics, lengths in 8 bits) is off by less than this from the exact one
HEAP_BYTES = 128 * 2**20
STATISTICS = "statistics.npz"


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A passage as the word index takes it: id, cut title, heading and body, and the fields to filter by."""

    id: int
    title: Sequence[str]
    heading: Sequence[str]
    body: Sequence[str]
    filters: tuple[tuple[str, str], ...]  # (field, value): source, lang, kind, tag

    def length(self) -> float:
        """The weighted number of tokens."""
        return sum(w * len(f) for w, f in zip(FIELD_WEIGHTS, (self.title, self.heading, self.body), strict=True))


@dataclass
class Statistics:
    """What BM25 needs of the whole collection: passages, weighted tokens, and in how many passages each token stands."""

    passages: int = 0
    length: float = 0.0
    hashes: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def load(cls, folder: Path) -> Statistics:
        """The statistics beside an index; empty where there are none yet."""
        path = folder / STATISTICS
        if not path.exists():
            return cls()
        with np.load(path, allow_pickle=False) as stored:
            return cls(int(stored["passages"]), float(stored["length"]), stored["hashes"], stored["counts"])

    def save(self, folder: Path) -> None:
        """Writes the statistics beside the index."""
        (folder / STATISTICS).unlink(missing_ok=True)  # it may be a hard link that an older generation reads
        np.savez(folder / STATISTICS, passages=self.passages, length=self.length, hashes=self.hashes, counts=self.counts)

    def frequency(self, hashed: int) -> int:
        """In how many passages the token with that hash stands."""
        at = int(np.searchsorted(self.hashes, hashed))
        return int(self.counts[at]) if at < len(self.hashes) and self.hashes[at] == hashed else 0

    def changed(self, passages: int, length: float, delta: Counter[int]) -> Statistics:
        """The statistics after so many more (or, negative, fewer) passages, tokens and frequencies."""
        hashes = np.fromiter(delta.keys(), np.uint32, len(delta))
        counts = np.fromiter(delta.values(), np.int64, len(delta))
        merged, where = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        total = np.zeros(len(merged), np.int64)
        np.add.at(total, where, np.concatenate([self.counts, counts]))
        kept = total > 0
        # Lengths are sums of halves, exact in binary floating point, so adding and removing leaves no residue.
        return Statistics(self.passages + passages, self.length + length, merged[kept], total[kept])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=False, indexed=True, fast=True)
    builder.add_text_field("tokens", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("fields", stored=True)
    for name in ("source", "lang", "kind", "tag"):
        builder.add_text_field(name, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


class WordIndex:
    """A published word index, open for searching."""

    def __init__(self, folder: Path) -> None:
        self._schema = _schema()
        self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        self._index.reload()
        self._searcher = self._index.searcher()
        self.statistics = Statistics.load(folder)

    def search(self, text: str, k: int, only: Filters) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        weights = self._query_weights(text)
        if not weights or k < 1:
            return []
        addresses = self._candidates(self._query(weights, only), k)
        scored = [(self._score(self._fields(a), weights), i) for i, a in zip(self._ids(addresses), addresses, strict=True)]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        return [(i, score) for score, i in scored[:k]]

    def _candidates(self, query: Query, k: int) -> list[tantivy.DocAddress]:
        """What tantivy ranks highest: enough that nothing left out could have been among the k best."""
        limit = max(CANDIDATES * k, MIN_CANDIDATES)
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            # Boilerplate stands in hundreds of labels word for word: a list cut inside such a tie would be cut by chance.
            if len(hits) < limit or limit >= MAX_CANDIDATES or float(hits[-1][0]) < MARGIN * float(hits[k - 1][0]):
                return [address for _, address in hits]
            limit *= 4

    def ids(self) -> set[int]:
        """The ids of all passages in the index (for verifying)."""
        found = self._searcher.search(Query.all_query(), max(self._searcher.num_docs, 1), count=False).hits
        return set(self._ids([address for _, address in found]))

    def _ids(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(i or 0) for i in self._searcher.fast_field_values("id", addresses)]

    def stored(self, passage_id: int) -> tuple[list[str], list[str], list[str]] | None:
        """The cut title, heading and body of a passage, or None where it is not in the index."""
        query = Query.term_query(self._schema, "id", passage_id)
        hits = self._searcher.search(query, 1, count=False).hits
        if not hits:
            return None
        title, heading, body = self._fields(hits[0][1])
        return title, heading, body

    def _query_weights(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question, of the rarest where there are many."""
        total = self.statistics.passages
        weights: dict[str, float] = {}
        for token in dict.fromkeys(tokens(text)):
            frequency = self.statistics.frequency(token_hash(token))
            if frequency:
                weights[token] = math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))
        if len(weights) > MAX_QUERY_TOKENS:
            rarest = sorted(weights, key=lambda token: (-weights[token], token))[:MAX_QUERY_TOKENS]
            weights = {token: weights[token] for token in rarest}
        return weights

    def _query(self, weights: Iterable[str], only: Filters) -> Query:
        terms = [(Occur.Should, Query.term_query(self._schema, "tokens", t, index_option="freq")) for t in weights]
        query = Query.boolean_query(terms)
        if not only:
            return query
        required = [(Occur.Must, query)]
        for name, values in only.by_field().items():
            allowed = Query.boolean_query([(Occur.Should, Query.term_query(self._schema, name, v)) for v in sorted(values)])
            required.append((Occur.Must, Query.const_score_query(allowed, 0.0)))
        return Query.boolean_query(required)

    def _fields(self, address: tantivy.DocAddress) -> list[list[str]]:
        stored = self._searcher.doc(address)["fields"][0]
        return [part.split(" ") if part else [] for part in bytes(stored).decode("utf-8").split("\t")]

    def _score(self, fields: list[list[str]], weights: dict[str, float]) -> float:
        frequencies: dict[str, float] = {}
        length = 0.0
        for field_weight, words in zip(FIELD_WEIGHTS, fields, strict=True):
            length += field_weight * len(words)
            for word in filter(weights.__contains__, words):
                frequencies[word] = frequencies.get(word, 0.0) + field_weight
        average = self.statistics.length / max(self.statistics.passages, 1)
        norm = K1 * (1.0 - B + B * length / max(average, 1.0))
        # Added in the question's order, so that the same question gives the same float in any process.
        return sum(weights[w] * frequencies[w] * (K1 + 1.0) / (frequencies[w] + norm) for w in weights if w in frequencies)


class WordWriter:
    """Builds the next word index in a folder that holds a clone of the last one (or nothing)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._before = WordIndex(folder)
        self._writer = self._before._index.writer(HEAP_BYTES, 1)
        self._passages = 0
        self._length = 0.0
        self._delta: Counter[int] = Counter()

    def add(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages that are not in the index."""
        for entry in entries:
            self._count(entry, 1)
            document = tantivy.Document()
            document.add_unsigned("id", entry.id)
            parts = [" ".join(words) for words in (entry.title, entry.heading, entry.body)]
            document.add_text("tokens", " ".join(parts))
            document.add_bytes("fields", "\t".join(parts).encode("utf-8", "replace"))
            for name, value in entry.filters:
                document.add_text(name, value)
            self._writer.add_document(document)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""
        for passage_id in ids:
            stored = self._before.stored(passage_id)
            if stored is not None:
                self._count(WordEntry(passage_id, *stored, ()), -1)
                self._writer.delete_documents_by_query(Query.term_query(self._before._schema, "id", passage_id))

    def _count(self, entry: WordEntry, sign: int) -> None:
        self._passages += sign
        self._length += sign * entry.length()
        for hashed in {token_hash(t) for words in (entry.title, entry.heading, entry.body) for t in words}:
            self._delta[hashed] += sign

    def publish(self) -> None:
        """Commits the index and its statistics to the folder."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._before.statistics.changed(self._passages, self._length, self._delta).save(self._folder)
