"""A GPU finds what the processor finds. These run where there is one; elsewhere they skip, and say why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medrag.kb import gpu
from medrag.kb.embed import SentenceTransformerEmbedder
from medrag.kb.vectors import VectorIndex, VectorWriter
from tests.kb.test_embed import tiny_model

__all__ = ["tiny_model"]  # a fixture

PASSAGES, DIMENSIONS, QUERIES = 5_000, 256, 50
HALF = 0.002  # of a cosine: what half precision may change in a vector of length 1


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def written(folder: Path) -> VectorIndex:
    writer = VectorWriter(folder, DIMENSIONS)
    vectors = unit(PASSAGES, 1)
    vectors[100:120] = vectors[100]  # ties
    writer.add(list(range(PASSAGES)), vectors)
    writer.publish()
    return VectorIndex(folder, DIMENSIONS)


class OnThisMachine:
    """What `OnGpu` is, on the processor: whole numbers times whole numbers, added in single precision."""

    def __init__(self, _: Any, codes: np.ndarray) -> None:
        self.codes = codes.astype(np.float16) - np.float16(128)
        self.asked = 0

    def search(self, row: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        self.asked += 1
        scores = self.codes.astype(np.float32) @ row[0]
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], best


class SeesGpu:
    """FAISS as it is where there is a GPU, as far as `on_gpu` asks."""

    @staticmethod
    def get_num_gpus() -> int:
        return 1


def same_as_processor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    """The index that asks a GPU, after comparing it with one that does not."""
    plain = written(folder)
    monkeypatch.setattr(gpu, "WORTH_IT", 1)
    with_gpu = VectorIndex(folder, DIMENSIONS)
    assert with_gpu.parts[0]._on_gpu is not None
    for query in [*unit(QUERIES, 2), *unit(PASSAGES, 1)[95:105]]:
        assert with_gpu.search(query, 10) == plain.search(query, 10)  # to the last digit, ties by id
        few = np.arange(0, PASSAGES, 7)
        assert with_gpu.search(query, 10, with_gpu.masks(few)) == plain.search(query, 10, plain.masks(few))
    return with_gpu


def test_faiss_on_a_gpu_finds_what_the_processor_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faiss = pytest.importorskip("faiss")
    if faiss.get_num_gpus() == 0:
        pytest.skip("FAISS sees no GPU here (medrag[gpu] on a machine that has one)")
    same_as_processor(tmp_path / "v", monkeypatch)


def test_what_is_searched_in_half_precision_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "OnGpu", OnThisMachine)
    monkeypatch.setattr("medrag.kb.vectors.on_gpu", lambda _, codes: gpu.on_gpu(SeesGpu, codes))
    found = same_as_processor(tmp_path / "v", monkeypatch)
    part = found.parts[0]._on_gpu
    assert isinstance(part, OnThisMachine)
    assert part.asked >= QUERIES


def test_few_rows_and_long_vectors_stay_on_the_processor() -> None:
    assert gpu.on_gpu(SeesGpu, np.zeros((gpu.WORTH_IT - 1, 8), np.uint8)) is None
    assert gpu.on_gpu(SeesGpu, np.zeros((gpu.WORTH_IT, gpu.MAX_DIMENSIONS + 1), np.uint8)) is None
    assert (gpu.MAX_DIMENSIONS * 128 * 128) < 2**24  # exact in single precision


def nearly_the_same(whole: SentenceTransformerEmbedder, half: SentenceTransformerEmbedder) -> None:
    texts = [f"for the treatment of {chr(97 + n % 26)} {chr(97 + n * 7 % 26)} {chr(97 + n // 26)}" for n in range(200)]
    first, second = whole.encode_passages(texts), half.encode_passages(texts)
    assert {str(p.dtype) for p in whole._model.parameters()} == {"torch.float32"}
    assert {str(p.dtype) for p in half._model.parameters()} == {"torch.float16"}
    assert np.sum(first * second, axis=1) == pytest.approx(1.0, abs=HALF)
    for query in range(20):
        scores, others = first @ first[query], second @ second[query]
        assert others == pytest.approx(scores, abs=2 * HALF)
        swapped = set(np.argsort(-scores)[:10]) ^ set(np.argsort(-others)[:10])
        assert all(abs(scores[i] - np.sort(scores)[-10]) < 4 * HALF for i in swapped)  # only what nearly ties


def test_a_model_in_half_precision_on_a_gpu_gives_nearly_the_same_vectors(tiny_model: Path) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    nearly_the_same(SentenceTransformerEmbedder(str(tiny_model), device="cpu"), SentenceTransformerEmbedder(str(tiny_model)))


def test_half_precision_changes_vectors_as_little_as_is_said(tiny_model: Path) -> None:
    half = SentenceTransformerEmbedder(str(tiny_model), device="cpu")
    half._model.half()  # which on a processor nobody wants
    nearly_the_same(SentenceTransformerEmbedder(str(tiny_model), device="cpu"), half)
