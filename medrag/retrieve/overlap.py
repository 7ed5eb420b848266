"""Which words of a question stand in which passages, and how much that tells among passages of one medicine.

A word that stands in every passage of a label tells nothing there, however rare it is in the whole knowledge base; one
that a single section has points at that section. So words are weighed by how rare they are here, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from medrag.patterns import regex
from medrag.retrieve.bodies import Bodies
from medrag.retrieve.words import STOP_WORDS
from medrag.types import Passage

__all__ = ["asks_for_number", "covered", "has_number", "local_weights", "phrases", "sections_of", "together_by_section"]

TINY = 1e-9
_WORD = regex(r"[a-z0-9]+")
_NUMBER = regex(r"\d")
_ASKS_NUMBER = regex(
    r"\bhow (?:many|much|long|often|old|far|soon|high)\b|\bwhat (?:percent\w*|share|age|temperature|dos(?:e|es|age)|strengths?)\b|\bhalf-life\b"
    r"|多少|几[次片粒天岁个周月]|多[久长大高]|剂量|用量"
)


def local_weights(there: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of words, each times the logarithm of how rare it is among these texts; 0 for one that is in none."""
    found = there.sum(axis=0)
    rarity: NDArray[np.float64] = np.log1p(len(there) / np.maximum(found, 1))
    return np.where(found > 0, rarity, 0.0) * weights


def covered(there: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of all weight that the words in each text have; of the best text's share, so that the best has 1."""
    share: NDArray[np.float64] = there @ weights
    return share / max(float(share.max(initial=0.0)), TINY)


def sections_of(passages: Sequence[Passage]) -> NDArray[np.intp]:
    """A number for the section of a document that each passage is of, from 0 on in the order in which they come."""
    numbers: dict[tuple[str, str, int], int] = {}
    of, number = [], 0
    document, section = None, None
    for passage in passages:
        if passage.section is not section or passage.document is not document:  # neighbours share their records
            document, section = passage.document, passage.section
            number = numbers.setdefault((document.source, document.key, section.index), len(numbers))
        of.append(number)
    return np.array(of, np.intp)


def together_by_section(there: NDArray[np.bool_], of: NDArray[np.intp]) -> NDArray[np.bool_]:
    """The same for the whole section that each passage is of: a question may take words from several passages of one."""
    whole = np.zeros((int(of.max(initial=-1)) + 1, there.shape[1]), np.bool_)
    rows, columns = np.nonzero(there)
    whole[of[rows], columns] = True
    together: NDArray[np.bool_] = whole[of]
    return together


def phrases(bodies: Bodies, question: str) -> NDArray[np.float64]:
    """The share of the pairs of telling English words side by side in a question that stand so in each text; 0 without pairs."""
    words = _WORD.findall(question)
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a not in STOP_WORDS and b not in STOP_WORDS]
    found = np.zeros(len(bodies))
    for pair in pairs:
        found[bodies.having(pair)] += 1.0
    return found / max(len(pairs), 1)


def asks_for_number(question: str) -> bool:
    """Whether a plain question wants a number: how much, how long, what share."""
    return _ASKS_NUMBER.search(question) is not None


def has_number(text: str) -> bool:
    """Whether a text has a figure in it."""
    return _NUMBER.search(text) is not None
