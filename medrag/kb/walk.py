"""Personalised PageRank over the facts of a commit: what is near to some entities, over all ways and not only one step.

Source: Haveliwala, *Topic-Sensitive PageRank*, WWW 2002. Without directions the ranks solve a symmetric system, which the method
of conjugate gradients does in a quarter of the steps of power iteration: Hestenes, Stiefel, 1952; Saad, *Iterative Methods*, 6.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from medrag.kb import schema as t
from medrag.kb.catalogue import current

__all__ = ["TOLERANCE", "Walk"]

DAMPING = 0.85
TOLERANCE = 1e-6  # of all ranks' errors together; the ranks add up to 1
STEPS = 100
READ_AT_ONCE = 100_000  # rows

Numbers = NDArray[np.int64]
Ranks = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Walk:
    """The facts as a graph without directions: entity ids in ascending order, and the places of each one's neighbours.

    Those of the entity at a place are `ends[starts[place] : starts[place + 1]]`, in ascending order; none is without.
    """

    ids: Numbers
    starts: Numbers
    ends: Numbers

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
        with connection.execute(query, {"commit": commit}) as found:
            ends = chain.from_iterable(chain.from_iterable(_portions(found.cursor)))
            return cls.between(np.fromiter(ends, np.int64).reshape(-1, 2))

    @classmethod
    def between(cls, pairs: Numbers) -> Walk:
        """The graph of these edges, shape (n, 2), each taken in both directions."""
        there = np.zeros(pairs.max(initial=-1) + 1, np.bool_)  # a catalogue numbers its entities one after another
        there[pairs] = True
        places = np.cumsum(there) - 1
        ids = np.flatnonzero(there)
        return cls._of_edges(ids, _edges(places[pairs], len(ids)))

    def changed(self, pairs: Numbers, are_edges: NDArray[np.bool_]) -> Walk:
        """The graph in which these pairs, shape (n, 2), are edges or none, as it is said of each."""
        ids = np.union1d(self.ids, pairs)
        moved, places = np.searchsorted(ids, self.ids), np.searchsorted(ids, pairs)
        known = np.repeat(moved * len(ids), np.diff(self.starts)) + moved[self.ends]
        gone, come = _edges(places, len(ids)), _edges(places[are_edges], len(ids))
        at = np.searchsorted(known, gone)
        left = np.delete(known, at[np.take(known, at, mode="clip") == gone])
        return self._of_edges(ids, np.insert(left, np.searchsorted(left, come), come))

    @classmethod
    def _of_edges(cls, ids: Numbers, edges: Numbers) -> Walk:
        """The graph of some edges as `_edges` has them."""
        one, other = np.divmod(edges, max(len(ids), 1))
        counts = np.bincount(one, minlength=len(ids))
        joined = counts > 0
        places = np.cumsum(joined) - 1  # without those that have no edge any more
        return cls(ids[joined], np.concatenate([[0], np.cumsum(counts[joined])]), places[other])

    def nearest(self, start: Sequence[int], k: int, *, tolerance: float = TOLERANCE) -> list[tuple[int, float]]:
        """The k entities with the highest rank from these (shares of the start equal), themselves left out; ties by id.

        `tolerance` bounds the errors of all ranks together.
        """
        wanted = np.unique(np.asarray(start, np.int64))
        known = np.flatnonzero(np.isin(self.ids, wanted))
        if not len(known) or k < 1:
            return []
        rank = self._ranks(known, tolerance)
        rank[known] = 0.0
        best = np.lexsort((self.ids, -rank))[:k] if k * 20 > len(rank) else _top(rank, self.ids, k)
        return [(int(self.ids[place]), float(rank[place])) for place in best if rank[place] > 0.0]

    def _ranks(self, known: Numbers, tolerance: float) -> Ranks:
        """The rank of every entity from those at some places.

        With A the edges and D the degrees, the ranks p = d A D^-1 p + (1 - d) h are D^1/2 z, of which
        (I - d D^-1/2 A D^-1/2) z = (1 - d) D^-1/2 h. What is left over of it, r, bounds the error of p: |D^1/2 r| / (1 - d).
        """
        root = np.sqrt(np.diff(self.starts).astype(np.float64))
        gathered = np.empty(len(self.ends))
        left = np.zeros(len(self.ids))
        left[known] = (1.0 - DAMPING) / len(known) / root[known]
        solved, way, square = np.zeros(len(left)), left.copy(), _product(left, left)
        for _ in range(STEPS):
            np.take(way / root, self.ends, out=gathered, mode="clip")  # in another mode numpy makes a copy beside
            after = way - DAMPING * np.add.reduceat(gathered, self.starts[:-1]) / root
            step = square / _product(way, after)
            solved += step * way
            left -= step * after
            if _product(np.abs(left), root) < tolerance * (1.0 - DAMPING):
                break
            before, square = square, _product(left, left)
            way = left + square / before * way
        return np.maximum(solved * root, 0.0)


def _portions(cursor: Any) -> Iterator[list[tuple[int, int]]]:
    """The rows of the driver's own cursor: what SQLAlchemy makes of each would take twice as long as all else."""
    while rows := cursor.fetchmany(READ_AT_ONCE):
        yield rows


def _edges(places: Numbers, count: int) -> Numbers:
    """Pairs of `count` places in both directions, each once as a number (one place times `count`, and the other), ascending."""
    one, other = places.reshape(-1, 2).T
    found = np.sort(np.concatenate([one * count + other, other * count + one]))
    return found[np.diff(found, prepend=-1) > 0]  # numpy's own `unique` took 14 s for eight million, this takes .6


def _product(one: Ranks, other: Ranks) -> float:
    """The inner product, added in the same order wherever it is: BLAS divides it among the processors there are."""
    return float((one * other).sum())


def _top(rank: Ranks, ids: Numbers, k: int) -> Numbers:
    """The places of the k highest ranks, ties by id, without sorting all."""
    bound = np.partition(rank, len(rank) - k)[len(rank) - k]
    places = np.flatnonzero(rank >= bound)
    return places[np.lexsort((ids[places], -rank[places]))][:k]
