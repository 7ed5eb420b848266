"""The word index on Milvus: a sparse vector of each passage proposes, exact BM25 decides.

A passage's vector holds what BM25 makes of each token's frequency at the average length of its build; a question's holds the
weights of its tokens among all passages that the reader may see. Their inner product is the exact score but for the average
length of a passage, which moves a little with each commit: by so much, and no more, may the server's score be too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medrag.errors import KnowledgeBaseError
from medrag.kb.bm25 import K1, B, Best, Scorer, Statistics, average_of, is_no_slip, weights_of
from medrag.kb.filters import Filters
from medrag.kb.milvus.counts import Counts, Kept
from medrag.kb.milvus.expressions import allowed
from medrag.kb.milvus.rows import LONGEST, MOST, Rows, passage_row
from medrag.kb.tokens import token_hash, token_hashes

if TYPE_CHECKING:
    from medrag.kb.contract import Counting, Hit
    from medrag.kb.words import WordEntry

__all__ = ["MilvusWords", "MilvusWordsWriter", "make_words"]

Row = dict[str, Any]
DIMENSIONS = 2**32 - 2  # Milvus numbers them to 2**32 - 2
NO_TOKEN = DIMENSIONS  # the dimension of a passage without tokens, for which Milvus has no vector; no question asks for it
SLACK = 1.001  # single precision
COUNTED = 20_000  # tokens whose frequencies a restricted view remembers


def make_words(server: Any, name: str) -> Rows:
    """An empty word index."""
    fields: list[Row] = [
        {"field_name": "tokens", "datatype": "VARCHAR", "max_length": LONGEST},
        # For counting passages in a restricted view; a search has no way to count.
        {"field_name": "terms", "datatype": "ARRAY", "element_type": "INT64", "max_capacity": MOST},
        {"field_name": "weights", "datatype": "SPARSE_FLOAT_VECTOR"},
    ]
    index = {"field_name": "weights", "index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP"}
    return Rows.make(server, name, fields, index, filtered=["terms"])


def _dimension(token: str) -> int:
    return token_hash(token) % DIMENSIONS


class MilvusWords:
    """The word index at a commit."""

    def __init__(self, rows: Rows, commit: int, kept: Kept) -> None:
        self.statistics: Statistics = kept.statistics
        self._rows = rows
        self._commit = commit
        self._made_with = kept.average
        self._access: tuple[frozenset[str], ...] = ()
        self._counted: dict[str, int] = {}
        self._others: tuple[Counting, ...] = ()

    def restricted(self, tags: Iterable[frozenset[str]]) -> MilvusWords:
        """The same index with the passages alone that carry one tag of each set; it weighs words as they stand in these.

        The average length of a passage (`statistics`) stays that of all.
        """
        view = copy(self)
        view._access, view._counted = tuple(tags), {}
        return view

    def beside(self, others: Iterable[Counting]) -> MilvusWords:
        """The same index, weighing words as they stand in it and in the others together, so that their scores compare."""
        view = copy(self)
        view._others = tuple(others)
        return view

    # ------------------------------------------------------------------ counting

    @property
    def total(self) -> int:
        """How many passages there are that may be seen, those of the others included."""
        own = self._count("") if self._access else self.statistics.passages
        return own + sum(other.total for other in self._others)

    def frequency(self, token: str) -> int:
        """In how many passages that may be seen a token stands, those of the others included."""
        own = self.statistics.frequency(token_hash(token))
        if own and self._access:  # what stands in none stands in none that may be seen
            own = self._count(token)
        return own + sum(other.frequency(token) for other in self._others)

    def _count(self, token: str) -> int:
        """The passages with a token, or all, among those that may be seen; counted once."""
        found = self._counted.get(token)
        if found is None:
            where = allowed(self._commit, self._access)
            if token:
                where += f" and array_contains(terms, {token_hash(token)})"
            found = self._rows.server.count(self._rows.name, where)
            if len(self._counted) >= COUNTED:
                self._counted = {}  # never emptied in place: other threads may be reading it
            self._counted[token] = found
        return found

    def knows(self, token: str) -> bool:
        """Whether a search token stands in passages; a pair of Chinese characters, in more than a slip of the pen does."""
        return is_no_slip(token, self.frequency(token), self.total)

    def weights_of(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question, of the rarest where there are many."""
        return weights_of(text, self.frequency, self.total)

    # ------------------------------------------------------------------ searching

    def search(self, text: str, k: int, only: Filters) -> list[Hit]:
        """The k best passages by exact BM25 as (id, score > 0), best first, ties by id."""
        weights = self.weights_of(text)
        if not weights or k < 1 or not self.statistics.passages:
            return []
        average = average_of([self.statistics, *(other.statistics for other in self._others)])
        found, scorer = (
            _Proposals(self._rows, _query(weights), allowed(self._commit, self._access, only)),
            Scorer(weights, average),
        )
        best = Best(
            found.first,
            lambda proposed: [(i, scorer.of(text)) for i, text in proposed],
            slack=SLACK * max(1.0, average / self._made_with),
        )
        return best.best(k) or []

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage, or None where it is not there or may not be seen."""
        return next(self.tokens_of([passage_id]), None)

    def tokens_of(self, ids: Iterable[int]) -> Iterator[list[str]]:
        """The tokens of each of some passages, in no order; of those that are not there or may not be seen none."""
        where = allowed(self._commit, self._access)
        return (str(row["tokens"]).split() for row in self._rows.of_passages(ids, where, ["tokens"]))

    def ids(self, only: Filters = Filters()) -> set[int]:
        """The ids of all passages that may be seen and pass the filters."""
        return self._rows.ids(self._commit, self._access, only)

    def split(self, only: Filters) -> tuple[NDArray[np.int64], bool]:
        """The ids of the passages that pass the filters, and True."""
        return np.fromiter(self.ids(only), np.int64), True


def _query(weights: Mapping[str, float]) -> dict[int, float]:
    """A question as a sparse vector."""
    query: dict[int, float] = {}
    for token, weighs in weights.items():
        if weighs > 0.0:  # what Milvus takes
            query[_dimension(token)] = query.get(_dimension(token), 0.0) + weighs
    return query


class _Proposals:
    """What the server proposes, asked for more and more. A longer list begins with the shorter one, however it orders ties."""

    def __init__(self, rows: Rows, query: dict[int, float], where: str) -> None:
        self._rows = rows
        self._query = query
        self._where = where
        self._seen: dict[int, tuple[float, tuple[int, bytes]]] = {}

    def first(self, limit: int) -> list[tuple[float, tuple[int, bytes]]]:
        """The first so many as (the server's score, (id, tokens joined by spaces))."""
        server, name = self._rows.server, self._rows.name
        for found, row in server.search(name, "weights", self._query, self._where, limit, ["id", "tokens"], {}):
            self._seen.setdefault(int(row["id"]), (found, (int(row["id"]), row["tokens"].encode("utf-8"))))
        return list(self._seen.values())


class MilvusWordsWriter:
    """Writes the word index of the next commit."""

    def __init__(self, rows: Rows, counts: Counts, before: tuple[int, Kept] | None, commit: int) -> None:
        self._rows = rows
        self._counts = counts
        self._commit = commit
        self._before = before
        self._average = before[1].average if before else 0.0
        self._passages = self._length = self._added = 0
        self._delta: Counter[int] = Counter()

    def add(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages that are not in the index, or are removed by this writer."""
        listed = list(entries)
        if listed and not self._average:
            self._average = max(sum(len(entry.tokens) for entry in listed) / len(listed), 1.0)
        self._added += self._rows.add(self._made(listed), self._commit)

    def _made(self, entries: Sequence[WordEntry]) -> Iterator[Row]:
        for entry in entries:
            self._count(entry.tokens, 1)
            yield _row(entry, self._average)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""
        if self._before is not None:
            for row in self._rows.remove(ids, self._before[0], self._commit):
                self._count(row["tokens"].split(), -1)

    def _count(self, words: Sequence[str], sign: int) -> None:
        self._passages += sign
        self._length += sign * len(words)
        (self._delta.update if sign > 0 else self._delta.subtract)(set(token_hashes(words)))

    def publish(self) -> None:
        """Makes all of it durable and readable at the commit; nobody reads it before the catalogue's number moves."""
        if self._before is None:
            self._counts.write_whole(
                self._commit, Statistics().changed(self._passages, self._length, self._delta), self._average
            )
        elif self._delta or self._passages:
            changes = self._passages, self._length, self._delta, self._average
            self._counts.write(self._commit, self._before[1], *changes)
        self._rows.settle(self._added)


def _row(entry: WordEntry, average: float) -> Row:
    """A passage as the word index keeps it."""
    words = entry.tokens
    text, frequencies = " ".join(words), Counter(words)
    if len(text.encode("utf-8")) > LONGEST or len(frequencies) > MOST:
        raise KnowledgeBaseError(
            f"passage {entry.id} has {len(words):,} tokens with its title and headings: Milvus keeps {LONGEST:,} bytes of text "
            f"and {MOST:,} different tokens of one: shorten its title or headings"
        )
    norm = K1 * (1.0 - B + B * len(words) / average)
    weights: dict[int, float] = {}
    for token, frequency in frequencies.items():
        at = _dimension(token)
        weights[at] = weights.get(at, 0.0) + frequency * (K1 + 1.0) / (frequency + norm)
    return {
        **passage_row(entry),
        "tokens": text,
        "terms": list(dict.fromkeys(token_hashes(words))),
        "weights": weights or {NO_TOKEN: 1.0},
    }
