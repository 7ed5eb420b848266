"""The word index: tantivy proposes, exact BM25 decides.

tantivy's statistics count deleted passages until their segments happen to be merged, which changes the first ten of
one question in six. So the score is worked out again for tantivy's candidates, from statistics that each commit
keeps exactly (`statistics.npz`): a knowledge base grown by updates ranks like one rebuilt from scratch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from threading import Lock

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from medrag.kb.bm25 import (
    MAX_CANDIDATES,
    MIN_CANDIDATES,
    Best,
    Scorer,
    Statistics,
    average_of,
    is_no_slip,
    rarer_words,
    weight,
    weights_of,
)
from medrag.kb.contract import Counting, WordEntry
from medrag.kb.filters import Filters
from medrag.kb.tokens import token_hash, token_hashes

__all__ = ["WordEntry", "WordIndex", "WordWriter"]

# tantivy keeps lengths in 8 bits, rounded down in steps of up to an eighth, so its score may be too high; too low by single
# precision only, but for what it takes for the average length (`WordIndex._slack`).
SLACK = 1.001
AVERAGE = "avgdl"  # what tantivy calls it where it explains a score
HEAP_BYTES = 128 * 2**20
FIELDS = ("source", "lang", "kind", "tag", "maker", "group")
MANY = 200_000  # passages of words left out, from which that is quicker: tantivy looks through them in a millisecond
FEW = 60  # passages asked for; of more the last is seldom good enough
LOOKED_AT = 400  # passages by the rarer words
PROPOSED, LARGE = 400, 200_000  # at once, from so many passages on: tantivy needs hardly longer for them there than for ten
REMEMBERED = 4  # texts of which what was found is kept: where evidence folds together, more is asked for a moment later
ALL = ""  # stands for all passages where they are counted; no token is empty
COUNTED_AT_ONCE = 4_000_000  # hashes of tokens, 16 MB
COUNTED = 20_000  # tokens whose frequencies are remembered: questions share most of their words


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=False, indexed=True, fast=True)
    builder.add_text_field("tokens", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("text", stored=True)
    builder.add_unsigned_field("day", stored=False, indexed=True, fast=True)
    for name in FIELDS:
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
        self._only: list[Query] = []  # what every search requires besides
        self._counted: dict[str, int] = {}  # frequencies among the passages that may be seen
        self._others: tuple[Counting, ...] = ()  # whose passages are counted too
        self._searches: dict[tuple[str, Filters], _Search] = {}
        self._believed = 0.0  # tantivy's average length of a passage, once a token of a question has told it
        self._held = _passages_held(folder) or self._searcher.num_docs  # deleted ones too, which tantivy's statistics count

    def restricted(self, tags: Iterable[frozenset[str]]) -> WordIndex:
        """The same index with the passages alone that carry one tag of each set; it weighs words as they stand in these.

        The average length of a passage, which scores are held against, stays that of all.
        """
        view = copy(self)
        view._only = [self._any_of("tag", one) for one in tags]
        view._counted, view._searches = {}, {}
        return view

    def beside(self, others: Iterable[Counting]) -> WordIndex:
        """The same index, weighing words as they stand in it and in the others together, so that their scores compare."""
        view = copy(self)
        view._others, view._searches = tuple(others), {}
        return view

    def search(self, text: str, k: int, only: Filters) -> list[tuple[int, float]]:
        """The k best passages by BM25 as (id, score > 0), best first, ties by id."""
        return self._search(text, only).best(k) if k > 0 else []

    def _search(self, text: str, only: Filters) -> _Search:
        """What was found for a text so far; of the last ones."""
        found = self._searches.get((text, only))
        if found is None:
            if len(self._searches) >= REMEMBERED:
                self._searches = {}  # never emptied in place: other threads may be reading it
            found = self._searches[text, only] = _Search(self, self.weights_of(text), only)
        return found

    def ids(self, only: Filters = Filters()) -> set[int]:
        """The ids of all passages in the index, or of those that pass the filters."""
        return set(self._found(self._passing(only)))

    def split(self, only: Filters) -> tuple[NDArray[np.int64], bool]:
        """The ids of the passages that pass the filters and True or, where most pass, of those that do not and False."""
        passing = self._passing(only)
        if 2 * self._counted_by(passing) <= self._searcher.num_docs:
            return np.array(self._found(passing), np.int64), True
        others = Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, passing)])
        return np.array(self._found(others), np.int64), False

    def _passing(self, only: Filters) -> Query:
        """What finds the passages that may be seen and pass the filters."""
        return Query.boolean_query([(Occur.Must, q) for q in self._restrictions(only) or [Query.all_query()]])

    def _found(self, query: Query) -> list[int]:
        """The ids of all passages that a query finds."""
        found = self._searcher.search(query, max(self._searcher.num_docs, 1), count=False).hits
        return self._ids([address for _, address in found])

    def _counted_by(self, query: Query) -> int:
        """How many passages a query finds."""
        return int(self._searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]  # the stubs leave it out

    def _ids(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(i or 0) for i in self._searcher.fast_field_values("id", addresses)]

    def knows(self, token: str) -> bool:
        """Whether a search token stands in passages; a pair of Chinese characters, in more than a slip of the pen does."""
        return is_no_slip(token, self.frequency(token), self.total)

    @property
    def total(self) -> int:
        """How many passages there are that may be seen, those of the others included."""
        return self._own(ALL) + sum(other.total for other in self._others)

    def frequency(self, token: str) -> int:
        """In how many passages that may be seen a token stands, those of the others included."""
        return self._own(token) + sum(other.frequency(token) for other in self._others)

    @property
    def _average(self) -> float:
        """The tokens of a passage, on the average over all."""
        return average_of([self.statistics, *(other.statistics for other in self._others)])

    def _slack(self, tokens: Iterable[str]) -> float:
        """By what factor tantivy's score of a passage may be too low: it holds lengths against an average of its own, in which
        deleted passages count, and those of merged segments as they are rounded.
        """
        self._believed = self._believed or next(filter(None, map(self._average_by, tokens)), 0.0)
        return SLACK * max(1.0, self._average / self._believed) if self._believed else SLACK

    def _average_by(self, token: str) -> float:
        """The average length of a passage that tantivy tells where it explains a token's score; 0 for one that is in none."""
        query = Query.term_query(self._schema, "tokens", token, index_option="freq")
        hits = self._searcher.search(query, 1, count=False).hits
        return next((v for _, at in hits for v in _values_of(AVERAGE, query.explain(self._searcher, at).to_json())), 0.0)

    def _own(self, token: str) -> int:
        """The passages of this index with a token, or all, among those that may be seen; remembered."""
        found = self._counted.get(token)
        if found is None:
            found = self._count(token) if self._only else self._stated(token)
            if len(self._counted) >= COUNTED:
                self._counted.clear()
            self._counted[token] = found
        return found

    def _stated(self, token: str) -> int:
        return self.statistics.passages if token == ALL else self.statistics.frequency(token_hash(token))

    def _count(self, token: str) -> int:
        asked = Query.all_query() if token == ALL else Query.term_query(self._schema, "tokens", token, index_option="freq")
        query = Query.boolean_query([(Occur.Must, Query.const_score_query(q, 0.0)) for q in (asked, *self._only)])
        return self._counted_by(query)

    def stored(self, passage_id: int) -> list[str] | None:
        """The tokens of a passage, or None where it is not in the index."""
        required = [Query.term_query(self._schema, "id", passage_id), *self._only]
        hits = self._searcher.search(Query.boolean_query([(Occur.Must, q) for q in required]), 1, count=False).hits
        return self.words_at(hits[0][1]).split() if hits else None

    def tokens_of(self, ids: Iterable[int]) -> Iterator[list[str]]:
        """The tokens of each of some passages; of those that are not there none."""
        return (found for passage_id in ids if (found := self.stored(passage_id)) is not None)

    def addresses(self, ids: Sequence[int]) -> dict[int, tantivy.DocAddress]:
        """Where each of these passages lies in the index, by id; those that it does not hold are left out."""
        found = self._searcher.search(Query.term_set_query(self._schema, "id", list(ids)), len(ids), count=False).hits
        places = [address for _, address in found]
        return dict(zip(self._ids(places), places, strict=True))

    def words_at(self, address: tantivy.DocAddress) -> str:
        """The tokens of the passage that lies there, with a blank between."""
        return self._text(address).decode("utf-8")

    def weights_of(self, text: str) -> dict[str, float]:
        """The inverse document frequency of each known token of a question, of the rarest where there are many."""
        return weights_of(text, self.frequency, self.total)

    def _query(self, weights: Mapping[str, float], only: Filters) -> Query:
        query = Query.boolean_query([(Occur.Should, self._term(token, weighs)) for token, weighs in weights.items()])
        restrictions = self._restrictions(only)
        return Query.boolean_query([(Occur.Must, q) for q in (query, *restrictions)]) if restrictions else query

    def _term(self, token: str, weighs: float) -> Query:
        """A token, which tantivy scores by its weight among all passages, deleted ones too: made up for where others are counted."""
        term = Query.term_query(self._schema, "tokens", token, index_option="freq")
        if not (self._only or self._others or self._held > self._searcher.num_docs):
            return term
        return Query.boost_query(term, weighs / weight(self._searcher.doc_freq("tokens", token), self._held))

    def _any_of(self, name: str, values: Iterable[str]) -> Query:
        return Query.boolean_query([(Occur.Should, Query.term_query(self._schema, name, v)) for v in sorted(values)])

    def _restrictions(self, only: Filters) -> list[Query]:
        """What the filters and the view require, scoring nothing."""
        required = [*self._only, *(self._any_of(name, values) for name, values in only.by_field().items())]
        days = only.days()
        if days is not None:
            required.append(Query.range_query(self._schema, "day", tantivy.FieldType.Unsigned, *days))
        return [Query.const_score_query(query, 0.0) for query in required]

    def _text(self, address: tantivy.DocAddress) -> bytes:
        """The tokens of a passage, joined by spaces."""
        return bytes(self._searcher.doc(address)["text"][0])


class _Search:
    """A question's search: the passages that were scored already, by the rarer words alone and by all of them."""

    def __init__(self, index: WordIndex, weights: Mapping[str, float], only: Filters) -> None:
        self._index = index
        self._scorer = Scorer(weights, index._average)
        self._scored: dict[int, tuple[int, float]] = {}  # by where they lie
        self._lock = Lock()
        self._slack = index._slack(weights)
        self._all = self._best_by(weights, only) if weights else None
        rarer, added = rarer_words(weights)
        many = added > 0.0 and sum(map(index._own, weights.keys() - rarer.keys())) >= MANY
        self._rarer = self._best_by(rarer, only, added=added, most=LOOKED_AT) if many else None

    def best(self, k: int) -> list[tuple[int, float]]:
        """The k best passages.

        tantivy looks at every passage that has any of the words. What the words left out add to a score has a bound, so no passage
        that was not scored is among the best once even with that it would stand behind them.
        """
        with self._lock:
            found = self._rarer.best(k) if self._rarer is not None and k <= FEW else None
            return found if found is not None else (self._all.best(k) or [] if self._all is not None else [])

    def _best_by(
        self, words: Mapping[str, float], only: Filters, *, added: float = 0.0, most: int = MAX_CANDIDATES
    ) -> Best[tantivy.DocAddress]:
        proposals = _Proposals(self._index._searcher, self._index._query(words, only))
        first = PROPOSED if self._index.total >= LARGE else MIN_CANDIDATES
        return Best(proposals.first, self._rescored, slack=self._slack, added=added, first=first, most=most)

    def _rescored(self, addresses: list[tantivy.DocAddress]) -> list[tuple[int, float]]:
        """The passages with their exact scores."""
        places = {_place(address): address for address in addresses}
        new = {place: address for place, address in places.items() if place not in self._scored}
        for (place, address), number in zip(new.items(), self._index._ids(list(new.values())), strict=True):
            self._scored[place] = number, self._scorer.of(self._index._text(address))
        return [self._scored[place] for place in places]


class _Proposals:
    """What tantivy proposes, asked for more and more. A longer list begins with the shorter one, however it orders ties."""

    def __init__(self, searcher: tantivy.Searcher, query: Query) -> None:
        self._searcher = searcher
        self._query = query
        self._scores: list[float] = []
        self._addresses: list[tantivy.DocAddress] = []

    def first(self, limit: int) -> list[tuple[float, tantivy.DocAddress]]:
        """The first so many as (tantivy's score, address)."""
        seen = set(map(_place, self._addresses))
        for score, address in self._searcher.search(self._query, limit, count=False).hits:
            if not seen or _place(address) not in seen:
                self._scores.append(float(score))
                self._addresses.append(address)
        return list(zip(self._scores, self._addresses, strict=True))


def _place(address: tantivy.DocAddress) -> int:
    """Where a passage lies, as one number."""
    return (int(address.segment_ord) << 32) | int(address.doc)


def _values_of(name: str, explanation: str) -> Iterator[float]:
    """The values of that name in tantivy's explanation of a score."""
    left = [json.loads(explanation)]
    while left:
        one = left.pop()
        left += one.get("details") or ()
        if one["description"].startswith(name):
            yield float(one["value"])


def _passages_held(folder: Path) -> int:
    """How many passages tantivy's files hold, deleted ones included."""
    path = folder / "meta.json"
    return sum(segment["max_doc"] for segment in json.loads(path.read_bytes())["segments"]) if path.exists() else 0


class WordWriter:
    """Builds the next word index in a folder that holds a clone of the last one (or nothing).

    Into nothing, passages of an index elsewhere may be `carried`: as they were cut and are counted there.
    """

    def __init__(self, folder: Path, *, carried: WordIndex | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._before = WordIndex(folder)
        self._writer = self._before._index.writer(HEAP_BYTES, 1)
        self._statistics = (self._before if carried is None else carried).statistics
        self._passages = 0
        self._length = 0
        self._delta: Counter[int] = Counter()
        self._counted: list[NDArray[np.uint32]] = []  # the hashes of passages that `_delta` does not count yet
        self._uncounted = 0

    def add(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages that are not in the index."""
        for entry in entries:
            self._count(entry.words, 1, entry.hashes)
            self._write(entry)

    def carry(self, entries: Iterable[WordEntry]) -> None:
        """Adds passages of the index that is carried."""
        for entry in entries:
            self._write(entry)

    def leave(self, passages: Iterable[str]) -> None:
        """Says the tokens of each passage of the index that is carried which is left behind."""
        for words in passages:
            self._count(words, -1)

    def _write(self, entry: WordEntry) -> None:
        document = tantivy.Document()
        document.add_unsigned("id", entry.id)
        document.add_unsigned("day", entry.day)
        document.add_text("tokens", entry.words)
        document.add_bytes("text", entry.words.encode("utf-8"))
        for name, value in entry.filters:
            document.add_text(name, value)
        self._writer.add_document(document)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""
        for passage_id in ids:
            stored = self._before.stored(passage_id)
            if stored is not None:
                self._count(" ".join(stored), -1)
                self._writer.delete_documents_by_query(Query.term_query(self._before._schema, "id", passage_id))

    def _count(self, words: str, sign: int, hashes: NDArray[np.uint32] | None = None) -> None:
        self._passages += sign
        self._length += sign * (words.count(" ") + 1 if words else 0)
        if hashes is not None and sign > 0:
            self._counted.append(hashes)
            self._uncounted += len(hashes)
            if self._uncounted > COUNTED_AT_ONCE:
                self._count_up()
            return
        distinct = set(token_hashes(words.split()))
        if sign > 0:
            self._delta.update(distinct)
        else:
            self._delta.subtract(distinct)

    def _count_up(self) -> None:
        """Adds the frequencies of passages whose tokens came as hashes, which numpy counts ten times as fast."""
        if self._counted:
            hashes, counts = np.unique(np.concatenate(self._counted), return_counts=True)
            self._delta.update(dict(zip(hashes.tolist(), counts.tolist(), strict=True)))
            self._counted, self._uncounted = [], 0

    def publish(self) -> None:
        """Commits the index and its statistics to the folder."""
        self._count_up()
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._statistics.changed(self._passages, self._length, self._delta).save(self._folder)
