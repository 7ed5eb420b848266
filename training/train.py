"""Trains the static embedder and writes it as a sentence-transformers folder: `python -m training.train --data FOLDER`."""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd  # type: ignore[import-untyped]  # it ships no types
from tokenizers import Tokenizer
from torch import Tensor

from training import corpus
from training.samples import Batch, Corpus, Sampler
from training.vocabulary import make_tokenizer

log = logging.getLogger("training")

SIZE, DIMENSIONS = 28_000, 256
STEPS = 3_000
BATCHES = {"english": 256, "chinese": 256, "starter": 96, "related": 192}  # pairs of each kind a step
RATE, WARM_UP = 0.01, 200
TEMPERATURE = 0.05
NOISE = 0.6  # of a random direction beside that of co-occurrence: what tells a word from its neighbours
SVD_EVERY = 2  # of the passages, for the singular vectors: all of them take twice as long and give no better ones
ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "medrag" / "kb" / "weights" / "static-zh-en"


def read_corpus(data: Path) -> Corpus:
    """Everything that is trained on: public labels and pairs in `data`, the rest from the project."""
    starter = corpus.starter_sections(ROOT / "kb" / "labels")
    pairs = [*corpus.pairs(data / "train" / "zh_pairs.jsonl", "zh"), *corpus.pairs(data / "train" / "en_pairs.jsonl", "en")]
    return Corpus(
        labels=list(corpus.label_sections(data / "labels" / "en" / "spl_sections.jsonl")),
        starter=starter,
        pairs=pairs,
        zh=corpus.intents("zh"),
        en=corpus.intents("en"),
        phrases=corpus.phrases(),
        dictionary=corpus.dictionary(),
        names=corpus.names(ROOT / "kb" / "names"),
    )


def texts_of(source: Corpus) -> list[str]:
    """The running texts: passages with their titles, and pairs."""
    sections = [*source.labels, *source.starter]
    texts = [f"{s.title} {s.heading}\n{piece}" for s in sections for piece in s.pieces]
    return texts + [f"{pair.one}\n{pair.other}" for pair in source.pairs]


def terms_of(source: Corpus) -> list[str]:
    """The words that are tokens however rare they are."""
    tables = [
        *source.dictionary,
        *source.phrases,
        *((i.asked, i.said) for i in (*source.zh, *source.en)),
        *((pair, ()) for pair in source.names),
    ]
    return [term for one, other in tables for term in (*one, *other)]


def idf_of(documents: Sequence[Sequence[int]], size: int) -> NDArray[np.float32]:
    """ln(N / df) of each token, that of tokens in no document as if they stood in one."""
    df = np.zeros(size)
    for ids in documents:
        df[list(set(ids))] += 1
    return np.log(len(documents) / np.maximum(df, 1)).astype(np.float32)


def co_occurrence(documents: Sequence[Sequence[int]], idf: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Unit vectors of the tokens from the singular vectors of the tf-idf matrix (LSA); rows of 0 for tokens never seen."""
    rows = np.repeat(np.arange(len(documents)), [len(ids) for ids in documents])
    columns = np.fromiter(chain.from_iterable(documents), np.int64, len(rows))
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(documents), len(idf)))
    matrix.sum_duplicates()
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix = csr_matrix(matrix.multiply(1 / np.maximum(norms, 1e-6)[:, None]))[::SVD_EVERY]
    _, values, right = randomized_svd(matrix, DIMENSIONS, n_iter=2, random_state=seed)
    return unit((right.T * np.sqrt(values)).astype(np.float32))


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows at length 1; rows of 0 stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-9)
    return scaled


def start(
    sampler: Sampler, texts: Sequence[str], idf: NDArray[np.float32], encoded: list[list[int]], seed: int
) -> NDArray[np.float32]:
    """The vectors that training starts from: co-occurrence and chance, as long as the token is telling (idf)."""
    bilingual = [ids + sampler.translated(sampler.lexicon.mentioned(text)) for text, ids in zip(texts, encoded, strict=True)]
    vectors = co_occurrence(bilingual, idf, seed)
    noise = unit(np.random.default_rng(seed).normal(size=vectors.shape).astype(np.float32))
    lengths: NDArray[np.float32] = (0.1 + idf / idf.max())[:, None]
    return np.asarray(unit(vectors + NOISE * noise) * lengths, dtype=np.float32)


def losses_of(vectors: Tensor, batches: Sequence[Batch], texts: list[list[int]]) -> list[Tensor]:
    """InfoNCE of each batch, in both directions; rivals that answer too are left out."""
    encoded = _encode(vectors, texts)
    losses, at = [], 0
    for batch in batches:
        size = len(batch.keys)
        questions, passages = encoded[at : at + size], encoded[at + size : at + 2 * size]
        at += 2 * size
        rivals = torch.from_numpy(batch.rivals)
        wanted = torch.arange(size)
        scores = questions @ passages.T / TEMPERATURE
        forward = torch.nn.functional.cross_entropy(scores.masked_fill(~rivals, -1e4), wanted)
        losses.append(forward + torch.nn.functional.cross_entropy(scores.T.masked_fill(~rivals.T, -1e4), wanted))
    return losses


def _encode(vectors: Tensor, texts: Sequence[Sequence[int]]) -> Tensor:
    flat = torch.from_numpy(np.fromiter(chain.from_iterable(texts), np.int64))
    offsets = torch.from_numpy(np.cumsum([0, *(len(ids) for ids in texts[:-1])]))
    return torch.nn.functional.normalize(torch.nn.functional.embedding_bag(flat, vectors, offsets, mode="mean"), dim=1)


class Adam:
    """Adam on the rows that a step touches: the others, most of 28,000, are left alone and cost nothing."""

    def __init__(self, vectors: Tensor) -> None:
        self._vectors = vectors
        self._mean, self._square = torch.zeros_like(vectors), torch.zeros_like(vectors)
        self._steps = torch.zeros(len(vectors), 1)

    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Moves the rows against their gradient. Source: Kingma, Ba, ICLR 2015, with the usual constants."""
        self._steps[rows] += 1
        self._mean[rows] = mean = 0.9 * self._mean[rows] + 0.1 * gradient
        self._square[rows] = square = 0.99 * self._square[rows] + 0.01 * gradient**2
        taken = self._steps[rows]
        self._vectors[rows] -= rate * (mean / (1 - 0.9**taken)) / ((square / (1 - 0.99**taken)).sqrt() + 1e-8)


def train(start_at: NDArray[np.float32], sampler: Sampler, steps: int) -> NDArray[np.float32]:
    """The vectors after contrastive training."""
    vectors = torch.from_numpy(start_at)
    adam = Adam(vectors)
    for step in range(steps):
        batches = [getattr(sampler, kind)(size) for kind, size in BATCHES.items()]
        texts = [ids for batch in batches for ids in (*batch.questions, *batch.passages)]
        rows = np.unique(np.fromiter(chain.from_iterable(texts), np.int64))
        place = np.zeros(len(vectors), np.int64)
        place[rows] = np.arange(len(rows))
        touched = vectors[rows].requires_grad_()
        losses = losses_of(touched, batches, [place[ids].tolist() for ids in texts])
        (gradient,) = torch.autograd.grad(torch.stack(losses).sum(), touched)
        adam.step(torch.from_numpy(rows), gradient, RATE * min(1.0, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps))
        if step % 250 == 0:
            log.info(
                "step %d: %s", step, " ".join(f"{kind} {loss.item():.3f}" for kind, loss in zip(BATCHES, losses, strict=True))
            )
    return start_at


def save(folder: Path, tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> None:
    """Writes the folder that `SentenceTransformer(folder)` and `StaticEmbedder(folder)` read."""
    inner = folder / "0_StaticEmbedding"
    inner.mkdir(parents=True, exist_ok=True)
    vectors[0] = 0.0  # [UNK] says nothing
    save_file({"embedding.weight": vectors.astype(np.float16)}, inner / "model.safetensors")
    tokenizer.save(str(inner / "tokenizer.json"), pretty=False)
    kinds = [("0", "0_StaticEmbedding", "StaticEmbedding"), ("1", "1_Normalize", "Normalize")]
    modules = [
        {"idx": int(n), "name": n, "path": path, "type": f"sentence_transformers.models.{kind}"} for n, path, kind in kinds
    ]
    (folder / "modules.json").write_text(json.dumps(modules, indent=1) + "\n", "utf-8")


def main(arguments: Iterable[str] | None = None) -> None:
    """Reads, trains and writes; the same seed and versions give the same weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with train/ and labels/en/")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(None if arguments is None else list(arguments))
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)d ms %(message)s")
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    began = time.perf_counter()
    source = read_corpus(given.data)
    texts = texts_of(source)
    tokenizer = make_tokenizer(texts, terms_of(source), size=SIZE)
    log.info("%d texts, %d tokens", len(texts), tokenizer.get_vocab_size())
    encoded = [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    idf = idf_of(encoded, tokenizer.get_vocab_size())
    sampler = Sampler(source, tokenizer, idf, seed=given.seed)
    vectors = start(sampler, texts, idf, encoded, given.seed)
    log.info("vectors to start from")
    save(given.out, tokenizer, train(vectors, sampler, given.steps))
    log.info("trained in %.0f s", time.perf_counter() - began)


if __name__ == "__main__":
    main()
