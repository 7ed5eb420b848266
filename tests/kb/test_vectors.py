"""The vector index against numpy, through additions, removals and compaction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medrag.kb import sketch, vectors
from medrag.kb.arrays import save_array
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
    assert not (folder / "late.faiss").exists()
    check(write(folder, list(range(5))), [*range(5), *range(90, 300)])


def test_a_restriction_holds_inside_the_search(tmp_path: Path) -> None:
    index = write(tmp_path / "v", list(range(300)))
    check(index, list(range(300)), allowed=list(range(0, 300, 7)))
    assert index.search(VECTORS[0], 10, index.masks(np.array([], np.int64))) == []


def test_what_is_left_out_is_not_found_nor_what_was_removed(tmp_path: Path) -> None:
    write(tmp_path / "v", list(range(300)))
    index = write(tmp_path / "v", [], [7, 8])
    masks = index.masks_without(np.array([3, 1, 2, 999]))
    assert {i for i, _ in index.search(VECTORS[3], 300, masks)} == set(range(300)) - {1, 2, 3, 7, 8}


def test_equal_vectors_are_ordered_by_id(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path / "v", 32)
    ids = list(range(500, 0, -1))
    writer.add(ids, np.repeat(VECTORS[:1], len(ids), axis=0))
    writer.publish()
    assert [i for i, _ in VectorIndex(tmp_path / "v", 32).search(VECTORS[0], 3, None)] == [1, 2, 3]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert write(tmp_path / "v", []).search(VECTORS[0], 3, None) == []


def _clustered(count: int, seed: int = 7) -> np.ndarray:
    """Vectors around some dozens of centres, as passages are around subjects."""
    drawn = np.random.default_rng(seed)
    centres = drawn.standard_normal((60, 32))
    found = centres[drawn.integers(0, 60, count)] + 0.5 * drawn.standard_normal((count, 32))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


CLUSTERED = _clustered(3_000)
IDS = np.random.default_rng(8).permutation(10**6)[: len(CLUSTERED)].astype(np.int64)


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sketches from so few passages on that a test may make them, and few that are proposed."""
    monkeypatch.setattr(sketch, "EXACT_UP_TO", 500)
    monkeypatch.setattr(sketch, "PROPOSED", 200)
    monkeypatch.setattr(sketch, "ROWS_PER_PROPOSED", 1)
    monkeypatch.setattr(sketch, "ROWS_PER_REMEMBERED", 4)
    monkeypatch.setattr(sketch, "WORTH_IT", 2)
    monkeypatch.setattr(vectors, "LATE", 50)


def _grown(folder: Path, rows: list[int], remove: list[int] | None = None) -> VectorIndex:
    writer = VectorWriter(folder, 32)
    writer.remove(IDS[remove or []].tolist())
    writer.add(IDS[rows].tolist(), CLUSTERED[rows])
    writer.publish()
    return VectorIndex(folder, 32)


def _recall(index: VectorIndex, there: list[int], allowed: list[int] | None = None) -> float:
    """The share of the ten nearest, by brute force over the same eight bits, that the index finds; its scores are those."""
    pool = np.array(sorted(set(there) & set(there if allowed is None else allowed)))
    codes = np.clip(np.rint(CLUSTERED[pool] * 127), -128, 127)
    masks = None if allowed is None else index.masks(IDS[allowed])
    shares = []
    for query in _clustered(40, seed=9):
        exact = codes @ np.clip(np.rint(query * 127), -128, 127) / 127**2
        best = sorted(zip(IDS[pool].tolist(), exact.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))[:10]
        found = index.search(query, 10, masks)
        assert len(found) == len(best)
        known = dict(zip(IDS[pool].tolist(), exact.tolist(), strict=True))
        assert all(score == pytest.approx(known[i], abs=1e-6) for i, score in found)
        assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
        shares.append(len({i for i, _ in found} & {i for i, _ in best}) / len(best))
    return float(np.mean(shares))


@pytest.mark.usefixtures("sketched")
def test_sketches_find_what_brute_force_finds(tmp_path: Path) -> None:
    every = list(range(2_000))
    index = _grown(tmp_path / "v", every)
    assert index.parts[0].sketches is not None
    assert _recall(index, every) >= 0.98
    few, half = every[::50], every[::2]
    assert _recall(index, every, few) == 1.0  # so few are looked through one by one
    assert _recall(index, every, half) >= 0.98
    view = index.restricted(IDS[half])
    assert view.ids() == set(IDS[half].tolist())
    assert _recall(view, half) >= 0.98


@pytest.mark.usefixtures("sketched")
def test_what_is_found_does_not_depend_on_what_was_asked_before(tmp_path: Path) -> None:
    rows = list(range(2_000))
    index, fresh = _grown(tmp_path / "v", rows), VectorIndex(tmp_path / "v", 32)
    for query in _clustered(sketch.REMEMBERED + 4, seed=11):
        wide = index.search(query, 40)
        assert len(wide) == 40
        assert index.search(query, 10) == index.search(query, 10) == fresh.search(query, 10)
        assert fresh.search(query, 40) == wide


@pytest.mark.usefixtures("sketched")
def test_sketches_hold_through_additions_and_removals(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    there = set(range(2_000))
    _grown(folder, sorted(there))
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for first, gone in ((2_000, range(0, 30)), (2_030, range(30, 60)), (2_060, range(60, 90))):
        there = (there | set(range(first, first + 30))) - set(gone)
        index = _grown(folder, list(range(first, first + 30)), list(gone))
        assert index.ids() == set(IDS[sorted(there)].tolist())
        assert _recall(index, sorted(there)) >= 0.98
    assert [len(part) for part in index.parts] == [2_000, 60, 30]  # the second commit was one too many for the last tier
    base = [name for name in before if name.startswith("base")]
    assert len(base) == 3
    assert all((folder / name).stat().st_mtime_ns == before[name] for name in base)  # never written again
    index = _grown(folder, list(range(2_090, 3_000)))
    there |= set(range(2_090, 3_000))
    assert [len(part) > 0 for part in index.parts] == [True, False, False]
    assert _recall(index, sorted(there)) >= 0.98
    rebuilt = _grown(tmp_path / "again", sorted(there))
    for query in _clustered(20, seed=10):
        grown, anew = index.search(query, 10), rebuilt.search(query, 10)
        assert len({i for i, _ in grown} & {i for i, _ in anew}) >= 8
        shared = dict(anew)
        assert all(score == shared[i] for i, score in grown if i in shared)


@pytest.mark.usefixtures("sketched")
def test_a_passage_that_comes_back_is_found_once_and_nothing_else_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    _grown(folder, list(range(1_000)))
    stamp = (folder / "base.faiss").stat().st_mtime_ns
    _grown(folder, [], [3, 4])
    index = _grown(folder, [3])
    assert (folder / "base.faiss").stat().st_mtime_ns == stamp
    assert index.ids() == set(IDS[[*range(4), *range(5, 1_000)]].tolist())
    assert index.search(CLUSTERED[3], 1)[0][0] == IDS[3]
    assert index.scores(CLUSTERED[3], IDS[[3, 4]])[1] == 0.0


@pytest.mark.usefixtures("sketched")
def test_a_passage_that_comes_back_otherwise_is_found_as_it_is_now(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    _grown(folder, list(range(1_000)))
    writer = VectorWriter(folder, 32)
    writer.remove([int(IDS[3])])
    writer.add([int(IDS[3])], CLUSTERED[2_999:])
    writer.publish()
    index = VectorIndex(folder, 32)
    assert len(index.ids()) == 1_000
    assert index.search(CLUSTERED[2_999], 1)[0][0] == IDS[3]


@pytest.mark.usefixtures("sketched")
def test_ties_among_sketches_are_ordered_by_id(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path / "v", 32)
    ids = list(range(900, 0, -1))
    writer.add(ids, np.repeat(VECTORS[:1], len(ids), axis=0))
    writer.publish()
    assert [i for i, _ in VectorIndex(tmp_path / "v", 32).search(VECTORS[0], 3, None)] == [1, 2, 3]


@pytest.mark.usefixtures("sketched")
def test_the_same_passages_make_the_same_sketches_in_whatever_order_they_come(tmp_path: Path) -> None:
    rows = list(range(1_000))
    _grown(tmp_path / "one", rows)
    _grown(tmp_path / "other", rows[::-1])
    for name in ("base.faiss", "base.npy", "base.sketch.faiss"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_the_last_bytes_that_find_no_room_are_told(tmp_path: Path) -> None:
    """FAISS and numpy write through streams of C, whose last bytes are written on closing, where neither looks for an error."""
    (tmp_path / "a.npy").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        save_array(tmp_path / "a.npy", np.arange(3))
    whole = tmp_path / "b.npy"
    for array in (np.arange(3), np.empty(0, np.int64), np.arange(12, dtype=np.float32).reshape(3, 4).T):
        save_array(whole, array)
        assert np.array_equal(np.load(whole), array) and np.load(whole).dtype == array.dtype
    (tmp_path / "base.faiss").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        vectors._Part(8).save(tmp_path, "base")
