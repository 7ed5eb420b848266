"""Whether words of a claim mean what some words of its source mean, by trained word vectors: 发烧 and 发热, itching and pruritus.

The vectors tell apart what is about something else, not what says the contrary: quantities, names and stances are compared
by rules, before and whatever the vectors say.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from medrag.kb.static import StaticEmbedder

__all__ = ["ACROSS", "ALIKE", "alike"]

ALIKE = 0.6  # cosine; 发热 and 发烧 have .68, 恶心 and 反胃 .63, unrelated words of labels less than .2
ACROSS = 0.45  # cosine of words of two languages; 头痛 and headache have .59
MAX_WORDS = 60  # characters of a phrase; longer ones are sentences, whose vectors say little about a word


def alike(words: str, others: Sequence[str], *, least: float = ALIKE) -> bool:
    """Whether one of the other phrases means what the words mean."""
    short = tuple(other for other in others if 0 < len(other) <= MAX_WORDS)
    if not short or len(words) > MAX_WORDS:
        return False
    return bool((_vectors(short) @ _vectors((words,))[0]).max() >= least)


@cache
def _embedder() -> StaticEmbedder:
    from medrag.kb.static import StaticEmbedder

    return StaticEmbedder()


@lru_cache(maxsize=512)
def _vectors(phrases: tuple[str, ...]) -> NDArray[float32]:
    return _embedder().encode_passages(phrases)
