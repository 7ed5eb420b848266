"""How much a question reads like an emergency that no rule foresaw: a logistic model over its n-grams.

Made by `training/danger.py`. It only ever adds a notice; the rules of `rules.yaml` come first, and say what kind of danger it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIZE", "SURE", "THRESHOLD", "danger", "places"]

SIZE = 1 << 16  # weights, by the hash of an n-gram; the constant stands behind them
READ = 400  # characters from the beginning and from the end: who is in danger does not write long
# Cross-validated on what it was trained on, with the rules: see `training/README.md`.
THRESHOLD = 0.65
SURE = 0.85  # of a complaint for which a rule has milder words
_WORD = re.compile(r"[a-z']+|\d+")
_HAN = re.compile(r"[㐀-鿿]")


def danger(text: str) -> float:
    """How likely (0 to 1) a question in plain form (`medrag.retrieve.understand.plain`) tells of an emergency."""
    found = places(text)
    if not len(found):
        return 0.0
    weights = _weights()
    score = float(weights[found].sum()) / math.sqrt(len(found)) + float(weights[SIZE])
    return 1.0 / (1.0 + math.exp(-score))


def places(text: str) -> NDArray[np.int64]:
    """The places of a text's n-grams in the table, each once, ascending."""
    read = text if len(text) <= 2 * READ else f"{text[:READ]} {text[-READ:]}"
    found = {crc32(gram.encode()) % SIZE for gram in _grams(read)}
    return np.fromiter(sorted(found), np.int64, len(found))  # `np.unique` would load numpy's masked arrays for it


def _grams(text: str) -> Iterator[str]:
    """Runs of one to three characters where there is Chinese; words, pairs of words and pieces of words."""
    if _HAN.search(text):
        for size in (1, 2, 3):
            yield from (text[at : at + size] for at in range(len(text) - size + 1))
    words = _WORD.findall(text)
    yield from (f"_{word}_" for word in words)
    yield from (f"_{one}_{other}_" for one, other in pairwise(words))
    for word in words:
        padded = f" {word} "
        for size in (3, 4, 5):
            yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


@lru_cache(maxsize=1)
def _weights() -> NDArray[np.float32]:
    with files("medrag.answer.notices").joinpath("danger.npy").open("rb") as file:
        stored: NDArray[np.float32] = np.load(file, allow_pickle=False).astype(np.float32)
    return stored
