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
from medrag.kb.tokens import token_hash, token_hashes, tokens

__all__ = ["WordEntry", "WordIndex", "WordWriter"]

# tantivy's own parameters, so that its ranking and the exact one differ by rounding only.
# Source: Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009.
K1 = 1.2
B = 0.75
MAX_QUERY_TOKENS = 48  # of a longer question the rarest are kept
CANDIDATES = 2  # candidates proposed per passage asked for
MIN_CANDIDATES = 60
MAX_CANDIDATES = 4_000
PORTION = 10  # candidates scored at a time, once there are enough
# tantivy keeps lengths in 8 bits, rounded down in steps of up to an eighth, so its score may be too high; and where there
# are deleted passages its statistics are stale, so that it may be too low by this much, else by single precision only.
STALE_SLACK, SLACK = 1.15, 1.001
HEAP_BYTES = 128 * 2**20
STATISTICS = "statistics.npz"
FIELDS = ("source", "lang", "kind", "tag", "maker", "group")
PASSAGES_PER_SLIP = 30_000  # that hold the same misspelling: of 97,000 passages of real labels one has 西灵, two 莫林


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A passage as the word index takes it: id, the tokens of its title, headings and text, and the fields to filter by."""

    id: int
    tokens: Sequence[str]
    filters: tuple[tuple[str, str], ...]  # (field, value): one of FIELDS
    day: int = 0  # from which its document is effective, as `medrag.kb.filters.day_number` counts


@dataclass
class Statistics:
    """What BM25 needs of the whole collection: passages, tokens, and in how many passages each token stands."""

    passages: int = 0
    length: int = 0
    hashes: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def load(cls, folder: Path) -> Statistics:
        """The statistics beside an index; empty where there are none yet."""
        path = folder / STATISTICS
        if not path.exists():
            return cls()
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return cls(int(stored["passages"]), int(stored["length"]), stored["hashes"], stored["counts"])

    def save(self, folder: Path) -> None:
        """Writes the statistics beside the index."""
        (folder / STATISTICS).unlink(missing_ok=True)  # it may be a hard link that an older generation reads
        np.savez(folder / STATISTICS, passages=self.passages, length=self.length, hashes=self.hashes, counts=self.counts)

    def frequency(self, hashed: int) -> int:
        """In how many passages the token with that hash stands."""
        at = int(self.hashes.searchsorted(np.uint32(hashed)))  # of a Python number numpy would convert the whole array
        return int(self.counts[at]) if at < len(self.hashes) and self.hashes[at] == hashed else 0

    def changed(self, passages: int, length: int, delta: Counter[int]) -> Statistics:
        """The statistics after so many more (or, negative, fewer) passages, tokens and frequencies."""
        hashes = np.fromiter(delta.keys(), np.uint32, len(delta))
        counts = np.fromiter(delta.values(), np.int64, len(delta))
        merged, where = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        total = np.zeros(len(merged), np.int64)
        np.add.at(total, where, np.concatenate([self.counts, counts]))
        kept = total > 0
        return Statistics(self.passages + passages, self.length + length, merged[kept], total[kept])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=False, indexed=True, fast=True)
    builder.add_text_field("tokens", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("text", stored=True)
    builder.add_unsigned_field("day", stored=False, indexed=True, fast=True)
    for name in FIELDS:
        builder.add_text_field(name, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _best_first(scored: tuple[int, float]) -> tuple[float, int]:
    return -scored[1], scored[0]


class WordIndex:
    """A published word index, open for searching."""

    def __init__(self, folder: Path) -> None:
        self._schema = _schema()
        self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        self._index.reload()
        self._searcher = self._index.searcher()
        self.statistics = Statistics.load(folder)
        self._stale = any(folder.glob("*.del"))  # deleted passages still count in tantivy's statistics

    def search(self, text: str, k: int, only: Filters) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        weights = self.weights_of(text)
        if not weights or k < 1:
            return []
        query = self._query(weights, only)
        limit = max(CANDIDATES * k, MIN_CANDIDATES)
        slack = STALE_SLACK if self._stale else SLACK
        scored: list[tuple[int, float]] = []
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            # Boilerplate stands in hundreds of labels word for word, so a list may be cut in the middle of a tie: then
            # more are asked for, until nothing that was left out could be among the k best.
            while len(scored) < len(hits):  # a longer list begins with the shorter one, so what was scored already is kept
                # Stale statistics move single scores by more than the slack now and then: there all candidates are scored.
                if not self._stale and len(scored) >= k and float(hits[len(scored)][0]) * SLACK < scored[k - 1][1]:
                    return scored[:k]
                portion = (
                    hits[len(scored) :] if self._stale else hits[len(scored) : len(scored) + max(k - len(scored), PORTION)]
                )
                scored = sorted(scored + self._rescored([address for _, address in portion], weights), key=_best_first)
            if len(hits) < limit or limit >= MAX_CANDIDATES or float(hits[-1][0]) * slack < scored[k - 1][1]:
                return scored[:k]
            limit *= 2

    def _rescored(self, addresses: list[tantivy.DocAddress], weights: dict[str, float]) -> list[tuple[int, float]]:
        """The passages with their exact scores."""
        return [(i, self._score(self._tokens(a), weights)) for i, a in zip(self._ids(addresses), addresses, strict=True)]

    def ids(self, only: Filters = Filters()) -> set[int]:
        """The ids of all passages in the index, or of those that pass the filters."""
        query = Query.boolean_query([(Occur.Must, q) for q in (Query.all_query(), *self._restrictions(only))])
        found = self._searcher.search(query, max(self._searcher.num_docs, 1), count=False).hits
        return set(self._ids([address for _, address in found]))

    def _ids(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(i or 0) for i in self._searcher.fast_field_values("id", addresses)]

    def knows(self, token: str) -> bool:
        """Whether a search token stands in passages; a pair of Chinese characters, in more than a slip of the pen does."""
        slips = 0 if token.isascii() else self.statistics.passages // PASSAGES_PER_SLIP
        return self.statistics.frequency(token_hash(token)) > slips

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage, or None where it is not in the index."""
        hits = self._searcher.search(Query.term_query(self._schema, "id", passage_id), 1, count=False).hits
        return self._tokens(hits[0][1]) if hits else None

    def weights_of(self, text: str) -> dict[str, float]:
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
        restrictions = self._restrictions(only)
        return Query.boolean_query([(Occur.Must, q) for q in (query, *restrictions)]) if restrictions else query

    def _restrictions(self, only: Filters) -> list[Query]:
        """What the filters require, scoring nothing."""
        required = [
            Query.boolean_query([(Occur.Should, Query.term_query(self._schema, name, v)) for v in sorted(values)])
            for name, values in only.by_field().items()
        ]
        days = only.days()
        if days is not None:
            required.append(Query.range_query(self._schema, "day", tantivy.FieldType.Unsigned, *days))
        return [Query.const_score_query(query, 0.0) for query in required]

    def _tokens(self, address: tantivy.DocAddress) -> list[str]:
        return bytes(self._searcher.doc(address)["text"][0]).decode("utf-8").split()

    def _score(self, words: list[str], weights: dict[str, float]) -> float:
        frequencies = Counter([word for word in words if word in weights])
        average = self.statistics.length / max(self.statistics.passages, 1)
        norm = K1 * (1.0 - B + B * len(words) / max(average, 1.0))
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
        self._length = 0
        self._delta: Counter[int] = Counter()

    def add(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages that are not in the index."""
        for entry in entries:
            self._count(entry.tokens, 1)
            document = tantivy.Document()
            document.add_unsigned("id", entry.id)
            document.add_unsigned("day", entry.day)
            text = " ".join(entry.tokens)
            document.add_text("tokens", text)
            document.add_bytes("text", text.encode("utf-8"))
            for name, value in entry.filters:
                document.add_text(name, value)
            self._writer.add_document(document)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""
        for passage_id in ids:
            stored = self._before.stored(passage_id)
            if stored is not None:
                self._count(stored, -1)
                self._writer.delete_documents_by_query(Query.term_query(self._before._schema, "id", passage_id))

    def _count(self, words: Sequence[str], sign: int) -> None:
        self._passages += sign
        self._length += sign * len(words)
        hashes = set(token_hashes(words))
        if sign > 0:
            self._delta.update(hashes)
        else:
            self._delta.subtract(hashes)

    def publish(self) -> None:
        """Commits the index and its statistics to the folder."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._before.statistics.changed(self._passages, self._length, self._delta).save(self._folder)
