"""Personalised PageRank against networkx's."""

from __future__ import annotations

import networkx
import numpy as np
import pytest

from medrag.kb.walk import Walk


def test_ranks_are_those_of_networkx() -> None:
    rng = np.random.default_rng(7)
    pairs = rng.integers(0, 60, (150, 2)) * 3 + 5  # numbers with gaps, some edges twice
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    start = [int(pairs[0, 0]), int(pairs[1, 0])]
    graph = networkx.Graph([tuple(map(int, pair)) for pair in pairs])
    personal = dict.fromkeys(start, 1.0)
    wanted = networkx.pagerank(graph, alpha=0.85, personalization=personal, tol=1e-13, max_iter=1000)
    found = Walk.between(pairs).nearest(start, 10)
    expected = sorted(((n, s) for n, s in wanted.items() if n not in start), key=lambda pair: (-pair[1], pair[0]))[:10]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)
    assert {node for node, _ in found} == {node for node, _ in expected}


def test_a_rough_walk_errs_by_no_more_than_it_may() -> None:
    pairs = np.unique(np.sort(np.random.default_rng(5).integers(0, 3_000, (20_000, 2)), axis=1), axis=0)
    walk, count = Walk.between(pairs), 3_000
    exact = dict(walk.nearest([7, 11], count, tolerance=1e-12))
    for tolerance in (1e-1, 1e-2, 1e-3):
        rough = dict(walk.nearest([7, 11], count, tolerance=tolerance))
        assert 1e-9 < sum(abs(share - rough.get(node, 0.0)) for node, share in exact.items()) <= tolerance


def test_only_what_can_be_reached_is_near() -> None:
    walk = Walk.between(np.array([[1, 2], [2, 3], [8, 9]]))
    assert [node for node, _ in walk.nearest([1], 10)] == [2, 3]
    assert walk.nearest([77], 10) == [] and Walk.between(np.empty((0, 2), np.int64)).nearest([1], 3) == []


def test_edges_that_come_and_go_make_the_graph_of_those_that_are_left() -> None:
    rng = np.random.default_rng(11)
    pairs = np.unique(np.sort(rng.integers(0, 40, (120, 2)) * 2 + 1, axis=1), axis=0)
    gone, come = pairs[::9], np.array([[2, 4], [4, 4], [90, 1], [1, 90]])
    kept = np.array([pair for pair in pairs.tolist() if pair not in gone.tolist()])
    changes = np.concatenate([gone, come, kept[:5]])
    are_edges = np.array([*[False] * len(gone), *[True] * (len(come) + 5)])
    found, wanted = Walk.between(pairs).changed(changes, are_edges), Walk.between(np.concatenate([kept, come]))
    for name in ("ids", "starts", "ends"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name))
    alone = Walk.between(np.array([[1, 2], [3, 4]])).changed(np.array([[1, 2]]), np.array([False]))
    assert alone.ids.tolist() == [3, 4] and alone.nearest([1], 3) == [] and alone.nearest([3], 3)[0][0] == 4
    empty = alone.changed(np.array([[4, 3]]), np.array([False]))
    assert len(empty.ids) == 0 and empty.nearest([3], 3) == []
