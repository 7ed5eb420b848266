"""BM25 worked out exactly over what an engine proposes, from the statistics of one commit.

Every engine's own statistics count passages of other commits, deleted ones or one shard's alone. So an engine only proposes
passages, best first by its own scores, and the score is worked out again here, the same for all engines.
Source: Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from medrag.kb.tokens import tokens

__all__ = ["Best", "Scorer", "Statistics", "average_of", "best_first", "is_no_slip", "rarer_words", "weight", "weights_of"]

# tantivy's own parameters, so that its ranking and the exact one differ by rounding only.
K1 = 1.2
B = 0.75
MAX_QUERY_TOKENS = 48  # of a longer question the rarest are kept
CANDIDATES = 2  # candidates proposed per passage asked for
MIN_CANDIDATES = 60
MAX_CANDIDATES = 4_000
MORE = 4  # times as many are proposed where those are not enough
LEFT_OUT = 0.05  # of the weight of a question's words, the most common of them together
PORTION = 10  # candidates scored at a time, once there are enough
PASSAGES_PER_SLIP = 30_000  # that hold the same misspelling: of 97,000 passages of real labels one has 西灵, two 莫林
STATISTICS = "statistics.npz"
Address = TypeVar("Address")  # where an engine finds a passage that it proposed


@dataclass
class Statistics:
    """What BM25 needs of the whole collection: passages, tokens, and in how many passages each token stands."""

    passages: int = 0
    length: int = 0
    hashes: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def load(cls, folder: Path) -> Statistics:
        """The statistics beside an index; empty where there are none yet."""
        path = folder / STATISTICS
        if not path.exists():
            return cls()
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return cls(int(stored["passages"]), int(stored["length"]), stored["hashes"], stored["counts"])

    def save(self, folder: Path) -> None:
        """Writes the statistics beside the index."""
        (folder / STATISTICS).unlink(missing_ok=True)  # it may be a hard link that an older generation reads
        np.savez(folder / STATISTICS, passages=self.passages, length=self.length, hashes=self.hashes, counts=self.counts)

    def frequency(self, hashed: int) -> int:
        """In how many passages the token with that hash stands."""
        hashes = self.hashes.data  # numpy would let go of the interpreter each time, and other threads take it
        at = bisect_left(hashes, hashed)
        return int(self.counts[at]) if at < len(hashes) and hashes[at] == hashed else 0

    def changed(self, passages: int, length: int, delta: Mapping[int, int]) -> Statistics:
        """The statistics after so many more (or, negative, fewer) passages, tokens and frequencies."""
        hashes = np.fromiter(delta.keys(), np.uint32, len(delta))
        counts = np.fromiter(delta.values(), np.int64, len(delta))
        merged, where = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        total = np.zeros(len(merged), np.int64)
        np.add.at(total, where, np.concatenate([self.counts, counts]))
        kept = total > 0
        return Statistics(self.passages + passages, self.length + length, merged[kept], total[kept])


def weight(frequency: int, total: int) -> float:
    """The inverse document frequency, as tantivy has it."""
    return math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))


def weights_of(text: str, frequency: Callable[[str], int], total: int) -> dict[str, float]:
    """The inverse document frequency of each known token of a question, of the rarest where there are many."""
    weights: dict[str, float] = {}
    for token in dict.fromkeys(tokens(text)):
        stands_in = frequency(token)
        if stands_in:
            weights[token] = weight(stands_in, total)
    if len(weights) > MAX_QUERY_TOKENS:
        rarest = sorted(weights, key=lambda token: (-weights[token], token))[:MAX_QUERY_TOKENS]
        weights = {token: weights[token] for token in rarest}
    return weights


def is_no_slip(token: str, frequency: int, total: int) -> bool:
    """Whether a token that stands in so many passages is a word; a pair of Chinese characters may be a slip of the pen."""
    return frequency > (0 if token.isascii() else total // PASSAGES_PER_SLIP)


def average_of(every: Iterable[Statistics]) -> float:
    """The tokens of a passage, on the average over all of several collections."""
    listed = list(every)
    return max(sum(one.length for one in listed) / max(sum(one.passages for one in listed), 1), 1.0)


def rarer_words(weights: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """The words without those that matter least, and the most that these can add to a score; 0 where none are left out."""
    most = LEFT_OUT * sum(weights.values())
    left, added = dict(weights), 0.0
    for token in sorted(weights, key=lambda token: (weights[token], token)):
        if added + weights[token] > most:
            break
        added += left.pop(token)
    return left, added * (K1 + 1.0)


class Scorer:
    """The exact scores of passages for one question; a text that hundreds of labels have word for word is scored once."""

    def __init__(self, weights: Mapping[str, float], average: float) -> None:
        self._weights = {token.encode("utf-8", "surrogatepass"): weighs for token, weighs in weights.items()}
        self._average = average
        self._scored: dict[bytes, float] = {}

    def of(self, text: bytes) -> float:
        """The score of a passage whose tokens these are, joined by spaces."""
        found = self._scored.get(text)
        if found is None:
            found = self._scored[text] = self._score(text)
        return found

    def _score(self, text: bytes) -> float:
        tokens = text.split(b" ")
        asked = list(filter(self._weights.__contains__, tokens))
        norm = K1 * (1.0 - B + B * len(tokens) / self._average)
        total = 0.0
        for token, weighs in self._weights.items():  # in the question's order, so that it gives the same float in any process
            frequency = asked.count(token)
            if frequency:
                total += weighs * frequency * (K1 + 1.0) / (frequency + norm)
        return total


def best_first(scored: tuple[int, float]) -> tuple[float, int]:
    """The key that sorts (id, score) best first, ties by id."""
    return -scored[1], scored[0]


class Best(Generic[Address]):
    """The best passages of a question by their exact scores, worked out as far as they are asked for.

    `propose` lists so many passages as (the engine's score, address), best first; a longer list begins with the shorter one.
    `slack` is the factor by which an engine's score may be too low, `added` the most that words which it did not look at may
    add, `first` and `most` how many are proposed at first and at most.
    """

    def __init__(
        self,
        propose: Callable[[int], Sequence[tuple[float, Address]]],
        rescored: Callable[[list[Address]], list[tuple[int, float]]],
        *,
        slack: float,
        added: float = 0.0,
        first: int = MIN_CANDIDATES,
        most: int = MAX_CANDIDATES,
    ) -> None:
        self._propose, self._rescored = propose, rescored
        self._slack, self._added = slack, added
        self._limit, self._most = first, most
        # Two lists and no pairs: of what stays, the garbage collector would look at each pair time and again.
        self._scores: list[float] = []
        self._addresses: list[Address] = []
        self._proposed = 0  # how many were asked for
        self._read = 0  # hits that were scored
        self._scored: list[tuple[float, int]] = []  # the score negated and the id, ascending: best first, ties by id

    def best(self, k: int) -> list[tuple[int, float]] | None:
        """The k best passages as (id, score), best first, ties by id; None where words that were not looked at may change them."""
        most = max(self._most, CANDIDATES * k)
        self._limit = min(max(self._limit, CANDIDATES * k), most)
        # Boilerplate stands in hundreds of labels word for word, so a list may be cut in the middle of a tie: then
        # more are asked for, until nothing that was left out could be among the k best.
        while True:
            if self._proposed < self._limit:
                hits, self._proposed = self._propose(self._limit), self._limit
                self._scores = [float(score) for score, _ in hits]
                self._addresses = [address for _, address in hits]
            while self._read < len(
                self._scores
            ):  # a longer list begins with the shorter one, so what was scored already is kept
                if self._is_settled(k, self._scores[self._read]):
                    return self._first(k)
                self._score(max(k - len(self._scored), PORTION))
            if len(self._scores) < self._proposed:
                return self._first(k) if self._added == 0.0 or self._is_settled(k, 0.0) else None
            if self._is_settled(k, self._scores[-1]):
                return self._first(k)
            if self._limit == most:
                return self._first(k) if self._added == 0.0 else None
            self._limit = min(MORE * self._limit, most)

    def _is_settled(self, k: int, score: float) -> bool:
        """Whether no passage to which the engine gives that score or a lower one is among the k best."""
        return len(self._scored) >= k and score * self._slack + self._added < -self._scored[k - 1][0]

    def _score(self, many: int) -> None:
        portion = self._addresses[self._read : self._read + many]
        self._read += len(portion)
        self._scored += [(-score, number) for number, score in self._rescored(portion)]
        self._scored.sort()

    def _first(self, k: int) -> list[tuple[int, float]]:
        return [(number, -negated) for negated, number in self._scored[:k]]
