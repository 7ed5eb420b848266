"""The vector index against numpy, through additions, removals and compaction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medrag.kb.vectors import VectorIndex, VectorWriter

rng = np.random.default_rng(5)
VECTORS = rng.standard_normal((300, 32)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def write(folder: Path, add: list[int], remove: list[int] | None = None) -> VectorIndex:
    writer = VectorWriter(folder, 32)
    writer.remove(remove or [])
    writer.add(add, VECTORS[add] if add else VECTORS[:0])
    writer.publish()
    return VectorIndex(folder, 32)


def nearest(query: np.ndarray, ids: list[int], k: int) -> list[int]:
    return [ids[i] for i in np.argsort(-(VECTORS[ids] @ query), kind="stable")[:k]]


def check(index: VectorIndex, ids: list[int], allowed: list[int] | None = None) -> None:
    assert index.ids() == set(ids)
    pool = ids if allowed is None else sorted(set(ids) & set(allowed))
    overlap = []
    for query in VECTORS[:20] + 0.1 * rng.standard_normal((20, 32)).astype(np.float32):
        query /= np.linalg.norm(query)
        found = index.search(query, 10, None if allowed is None else index.masks(np.array(allowed)))
        assert [s for _, s in found] == pytest.approx([float(VECTORS[i] @ query) for i, _ in found], abs=0.02)
        overlap.append(len({i for i, _ in found} & set(nearest(query, pool, 10))) / min(10, len(pool)))
    assert np.mean(overlap) >= 0.95  # eight bits a component


def test_search_equals_numpy_through_additions_removals_and_compaction(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    check(write(folder, list(range(200))), list(range(200)))
    check(write(folder, list(range(200, 220))), list(range(220)))  # beside the base
    check(write(folder, [], list(range(10))), list(range(10, 220)))  # in the bitmap
    check(write(folder, list(range(220, 300)), list(range(10, 90))), list(range(90, 300)))  # a new base
    assert (folder / "more.faiss").exists()
    check(write(folder, list(range(5))), [*range(5), *range(90, 300)])


def test_a_restriction_holds_inside_the_search(tmp_path: Path) -> None:
    index = write(tmp_path / "v", list(range(300)))
    check(index, list(range(300)), allowed=list(range(0, 300, 7)))
    assert index.search(VECTORS[0], 10, index.masks(np.array([], np.int64))) == []


def test_equal_vectors_are_ordered_by_id(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path / "v", 32)
    ids = list(range(500, 0, -1))
    writer.add(ids, np.repeat(VECTORS[:1], len(ids), axis=0))
    writer.publish()
    assert [i for i, _ in VectorIndex(tmp_path / "v", 32).search(VECTORS[0], 3, None)] == [1, 2, 3]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert write(tmp_path / "v", []).search(VECTORS[0], 3, None) == []
