"""The vector index on Milvus: the quantised vectors of every other engine, searched by inner product.

Components are whole numbers of -128..127 as floats, so that inner products are exact in single precision, whatever the server
adds first. Up to 200,000 passages every one is compared; beyond, a graph of neighbours (HNSW) is walked: then a passage may
be missed, but none has another score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medrag.kb.codes import SCALE, quantised
from medrag.kb.filters import Filters
from medrag.kb.milvus.expressions import allowed
from medrag.kb.milvus.rows import Rows, passage_row

if TYPE_CHECKING:
    from medrag.kb.contract import Hit
    from medrag.kb.words import WordEntry

__all__ = ["EXACT_UP_TO", "MilvusVectors", "MilvusVectorsWriter", "make_vectors"]

Row = dict[str, Any]
EXACT_UP_TO = 200_000  # passages
NEIGHBOURS = 32  # of each passage in the graph (HNSW's M)
EF_BUILT = 200  # candidates looked at to find these
EF = 8  # candidates kept while the graph is walked, for each passage asked for
EF_LEAST, EF_MOST = 256, 32_768  # the latter is Milvus' limit
MOST_FOUND = 16_384  # rows that Milvus returns of one search
EXACT = {"index_type": "FLAT", "params": {}}
NEAR = {"index_type": "HNSW", "params": {"M": NEIGHBOURS, "efConstruction": EF_BUILT}}


def make_vectors(server: Any, name: str, dimensions: int, *, is_near: bool) -> Rows:
    """An empty vector index: one that is walked (`is_near`), or one that compares all."""
    codes = {"field_name": "codes", "datatype": "FLOAT_VECTOR", "dim": dimensions}
    index = {"field_name": "codes", "metric_type": "IP", **(NEAR if is_near else EXACT)}
    return Rows.make(server, name, [codes], index)


class MilvusVectors:
    """The vector index at a commit."""

    def __init__(self, rows: Rows, commit: int, dimensions: int, *, is_near: bool) -> None:
        self.dimensions = dimensions
        self._rows = rows
        self._commit = commit
        self._is_near = is_near
        self._access: tuple[frozenset[str], ...] = ()

    def restricted(self, tags: Iterable[frozenset[str]]) -> MilvusVectors:
        """The same index with the passages alone that carry one tag of each set."""
        view = copy(self)
        view._access = tuple(tags)
        return view

    def search(self, query: NDArray[np.float32], k: int, only: Filters = Filters()) -> list[Hit]:
        """The k nearest passages as (id, cosine), nearest first, ties by id."""
        if k < 1:
            return []
        where, codes = allowed(self._commit, self._access, only), quantised(query.reshape(-1)).tolist()
        wanted = min(2 * k, MOST_FOUND)
        while True:
            found = self._found(codes, wanted, where)
            # All that tie with the last one are needed: the server would cut them in an order of its own.
            if len(found) < wanted or found[-1][0] < found[min(k, wanted) - 1][0] or wanted == MOST_FOUND:
                break
            wanted = min(4 * wanted, MOST_FOUND)
        hits = sorted((-product, passage_id) for product, passage_id in found)
        return [(passage_id, max(-1.0, min(1.0, -product / SCALE**2))) for product, passage_id in hits[:k]]

    def _found(self, codes: list[float], wanted: int, where: str) -> list[tuple[float, int]]:
        """The rows of the greatest inner products, with these."""
        ef = {"ef": min(max(EF_LEAST, EF * wanted), EF_MOST)} if self._is_near else {}
        found = self._rows.server.search(self._rows.name, "codes", codes, where, wanted, ["id"], ef)
        return [(product, int(row["id"])) for product, row in found]

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of the query with each of the passages, shape (len(ids),); 0 for one that is not there or may not be seen."""
        codes = quantised(query.reshape(-1))
        rows = self._rows.of_passages(dict.fromkeys(ids.tolist()), allowed(self._commit, self._access), ["id", "codes"])
        known = {int(row["id"]): float(np.asarray(row["codes"], np.float32) @ codes) / SCALE**2 for row in rows}
        return np.array([known.get(i, 0.0) for i in ids.tolist()], np.float32)

    def ids(self) -> set[int]:
        """The ids of all passages that may be seen (for verifying)."""
        return self._rows.ids(self._commit, self._access)


class MilvusVectorsWriter:
    """Writes the vector index of the next commit.

    `grow` makes a walked index of the collection once the commit shows more than `exact_up_to` passages; None where it is one.
    """

    def __init__(
        self, rows: Rows, before: int | None, commit: int, *, exact_up_to: int, grow: Callable[[Rows], None] | None
    ) -> None:
        self._rows = rows
        self._before = before
        self._commit = commit
        self._exact_up_to = exact_up_to
        self._grow = grow
        self._added = 0

    def add(self, entries: Sequence[WordEntry], vectors: NDArray[np.float32]) -> None:
        """Adds passages that are not in the index, or are removed by this writer; one row of `vectors` each, of length 1 or 0."""
        rows = [
            {**passage_row(entry), "codes": codes} for entry, codes in zip(entries, quantised(vectors).tolist(), strict=True)
        ]
        self._added += self._rows.add(rows, self._commit)

    def remove(self, ids: Iterable[int]) -> None:
        """Removes passages of the last commit; ids that are not there change nothing."""
        if self._before is not None:
            for _ in self._rows.remove(ids, self._before, self._commit):
                pass

    def publish(self) -> None:
        """Makes all of it durable and readable at the commit; nobody reads it before the catalogue's number moves."""
        self._rows.settle(self._added)
        if self._grow is not None and self._rows.count(self._commit) > self._exact_up_to:
            self._grow(self._rows)
