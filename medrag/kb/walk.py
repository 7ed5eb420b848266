"""Personalised PageRank over the facts of a commit: what is near to some entities, over all ways and not only one step.

Source: Haveliwala, *Topic-Sensitive PageRank*, WWW 2002; by power iteration over a SciPy CSR matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from medrag.kb import schema as t
from medrag.kb.catalogue import current

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Walk"]

DAMPING = 0.85
TOLERANCE = 1e-6  # of the sum of all changes in one step
STEPS = 50


@dataclass(frozen=True, slots=True)
class Walk:
    """The facts as a graph without directions: entity ids in ascending order, and the chance of each step between them."""

    ids: NDArray[np.int64]
    steps: csr_matrix[np.float64]  # column-stochastic, shape (len(ids), len(ids))

    @classmethod
    def of(cls, connection: Connection, commit: int) -> Walk:
        """The graph of the facts that are current at the commit; several facts between two entities are one edge."""
        return cls._where(t.statements.c.version_id.in_(select(t.versions.c.id).where(current())), connection, commit)

    @classmethod
    def of_whole(cls, connection: Connection, commit: int) -> Walk:
        """The same graph, sooner, on a connection that hides no version (`medrag.kb.access`): one that is hidden would count."""
        others = select(t.versions.c.id).where(~current())  # few, so that leaving them out is quicker than joining all
        return cls._where(t.statements.c.version_id.not_in(others), connection, commit)

    @classmethod
    def _where(cls, condition: ColumnElement[bool], connection: Connection, commit: int) -> Walk:
        query = select(t.statements.c.subject, t.statements.c.object).where(condition)
        ends = chain.from_iterable(connection.execute(query, {"commit": commit}))
        return cls.between(np.fromiter(ends, np.int64).reshape(-1, 2))

    @classmethod
    def between(cls, pairs: NDArray[np.int64]) -> Walk:
        """The graph of these edges, shape (n, 2), each taken in both directions."""
        ids, places = np.unique(pairs, return_inverse=True)
        one, other = places.reshape(-1, 2).T
        ends, starts = np.concatenate([one, other]), np.concatenate([other, one])
        from scipy.sparse import csr_matrix

        joined = csr_matrix((np.ones(len(ends)), (ends, starts)), shape=(len(ids), len(ids)))
        joined.data[:] = 1.0  # what was added up where an edge stands twice
        degree = np.asarray(joined.sum(axis=0)).ravel()
        joined.data /= degree[joined.indices]  # of a CSR matrix `indices` are the columns: where a step starts
        return cls(ids, joined)

    def nearest(self, start: Sequence[int], k: int) -> list[tuple[int, float]]:
        """The k entities with the highest rank from these (shares of the start equal), themselves left out; ties by id."""
        places = np.searchsorted(self.ids, np.asarray(sorted(set(start)), np.int64))
        known = [p for p, i in zip(places, sorted(set(start)), strict=True) if p < len(self.ids) and self.ids[p] == i]
        if not known or k < 1:
            return []
        home = np.zeros(len(self.ids))
        home[known] = 1.0 / len(known)
        rank = home
        for _ in range(STEPS):
            after = DAMPING * np.asarray(self.steps @ rank) + (1.0 - DAMPING) * home
            change = float(np.abs(after - rank).sum())
            rank = after
            if change < TOLERANCE:
                break
        rank[known] = 0.0
        best = np.lexsort((self.ids, -rank))[:k] if k * 20 > len(rank) else _top(rank, self.ids, k)
        return [(int(self.ids[place]), float(rank[place])) for place in best if rank[place] > 0.0]


def _top(rank: NDArray[np.float64], ids: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The places of the k highest ranks, ties by id, without sorting all."""
    bound = np.partition(rank, len(rank) - k)[len(rank) - k]
    places = np.flatnonzero(rank >= bound)
    return places[np.lexsort((ids[places], -rank[places]))][:k]
