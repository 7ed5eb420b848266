"""The word index: tantivy proposes, exact BM25 decides.

tantivy's statistics count deleted passages until their segments happen to be merged, which changes the first ten of
one question in six. So the score is worked out again for tantivy's candidates, from statistics that each commit
keeps exactly (`statistics.npz`): a knowledge base grown by updates ranks like one rebuilt from scratch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
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
ALL = ""  # stands for all passages where they are counted; no token is empty
COUNTED = 20_000  # tokens whose frequencies a restricted view remembers
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


def _weight(frequency: int, total: int) -> float:
    """The inverse document frequency, as tantivy has it."""
    return math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))


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
        self._only: list[Query] = []  # what every search requires besides
        self._counted: dict[str, int] = {}  # frequencies among the passages that may be seen
        self._others: tuple[WordIndex, ...] = ()  # whose passages are counted too
        self._stale = any(folder.glob("*.del"))  # deleted passages still count in tantivy's statistics

    def restricted(self, tags: Iterable[frozenset[str]]) -> WordIndex:
        """The same index with the passages alone that carry one tag of each set; it weighs words as they stand in these.

        The average length of a passage, which scores are held against, stays that of all.
        """
        view = copy(self)
        view._only = [self._any_of("tag", one) for one in tags]
        view._counted = {}
        return view

    def beside(self, others: Iterable[WordIndex]) -> WordIndex:
        """The same index, weighing words as they stand in it and in the others together, so that their scores compare."""
        view = copy(self)
        view._others = tuple(others)
        return view

    def search(self, text: str, k: int, only: Filters) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        weights = self.weights_of(text)
        if not weights or k < 1:
            return []
        query = self._query(weights, only)
        limit = max(CANDIDATES * k, MIN_CANDIDATES)
        slack = self._slack
        scored: list[tuple[int, float]] = []
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            # Boilerplate stands in hundreds of labels word for word, so a list may be cut in the middle of a tie: then
            # more are asked for, until nothing that was left out could be among the k best.
            while len(scored) < len(hits):  # a longer list begins with the shorter one, so what was scored already is kept
                # Stale statistics move single scores by more than the slack now and then: there all candidates are scored.
                if not self._stale and len(scored) >= k and float(hits[len(scored)][0]) * slack < scored[k - 1][1]:
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
        slips = 0 if token.isascii() else self._total // PASSAGES_PER_SLIP
        return self._frequency(token) > slips

    @property
    def _total(self) -> int:
        """How many passages there are that may be seen."""
        own = self._count(ALL) if self._only else self.statistics.passages
        return own + sum(other._total for other in self._others)

    def _frequency(self, token: str) -> int:
        """In how many passages that may be seen a token stands."""
        own = self._count(token) if self._only else self.statistics.frequency(token_hash(token))
        return own + sum(other._frequency(token) for other in self._others)

    @property
    def _average(self) -> float:
        """The tokens of a passage, on the average over all."""
        every = [self.statistics, *(other.statistics for other in self._others)]
        return max(sum(one.length for one in every) / max(sum(one.passages for one in every), 1), 1.0)

    @property
    def _slack(self) -> float:
        """By what factor tantivy's score of a passage may be too low. It holds lengths against the average of this index alone."""
        own = max(self.statistics.length / max(self.statistics.passages, 1), 1.0)
        return (STALE_SLACK if self._stale else SLACK) * max(own / self._average, self._average / own)

    def _count(self, token: str) -> int:
        """The passages with a token, or all, among those that may be seen; counted once."""
        found = self._counted.get(token)
        if found is None:
            asked = Query.all_query() if token == ALL else Query.term_query(self._schema, "tokens", token, index_option="freq")
            query = Query.boolean_query([(Occur.Must, Query.const_score_query(q, 0.0)) for q in (asked, *self._only)])
            found = int(self._searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]  # the stubs leave it out
            if len(self._counted) >= COUNTED:
                self._counted.clear()
            self._counted[token] = found
        return found

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage, or None where it is not in the index."""
        required = [Query.term_query(self._schema, "id", passage_id), *self._only]
        hits = self._searcher.search(Query.boolean_query([(Occur.Must, q) for q in required]), 1, count=False).hits
        return self._tokens(hits[0][1]) if hits else None

    def weights_of(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question, of the rarest where there are many."""
        total = self._total
        weights: dict[str, float] = {}
        for token in dict.fromkeys(tokens(text)):
            frequency = self._frequency(token)
            if frequency:
                weights[token] = _weight(frequency, total)
        if len(weights) > MAX_QUERY_TOKENS:
            rarest = sorted(weights, key=lambda token: (-weights[token], token))[:MAX_QUERY_TOKENS]
            weights = {token: weights[token] for token in rarest}
        return weights

    def _query(self, weights: Mapping[str, float], only: Filters) -> Query:
        query = Query.boolean_query([(Occur.Should, self._term(token, weight)) for token, weight in weights.items()])
        restrictions = self._restrictions(only)
        return Query.boolean_query([(Occur.Must, q) for q in (query, *restrictions)]) if restrictions else query

    def _term(self, token: str, weight: float) -> Query:
        """A token, which tantivy scores by its weight among all passages: that is made up for where others are counted."""
        term = Query.term_query(self._schema, "tokens", token, index_option="freq")
        among_all = _weight(self.statistics.frequency(token_hash(token)), self.statistics.passages)
        return Query.boost_query(term, weight / among_all) if self._only or self._others else term

    def _any_of(self, name: str, values: Iterable[str]) -> Query:
        return Query.boolean_query([(Occur.Should, Query.term_query(self._schema, name, v)) for v in sorted(values)])

    def _restrictions(self, only: Filters) -> list[Query]:
        """What the filters and the view require, scoring nothing."""
        required = [*self._only, *(self._any_of(name, values) for name, values in only.by_field().items())]
        days = only.days()
        if days is not None:
            required.append(Query.range_query(self._schema, "day", tantivy.FieldType.Unsigned, *days))
        return [Query.const_score_query(query, 0.0) for query in required]

    def _tokens(self, address: tantivy.DocAddress) -> list[str]:
        return bytes(self._searcher.doc(address)["text"][0]).decode("utf-8").split()

    def _score(self, words: list[str], weights: dict[str, float]) -> float:
        frequencies = Counter([word for word in words if word in weights])
        norm = K1 * (1.0 - B + B * len(words) / self._average)
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
