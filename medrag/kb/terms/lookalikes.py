"""Pairs of names that are mistaken for each other and mean different medicines."""

from __future__ import annotations

from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["is_lookalike", "lookalikes"]


@cache
def lookalikes() -> dict[str, frozenset[str]]:
    """Each folded name of lookalikes.tsv with the names that it must not be taken for."""
    rivals: dict[str, set[str]] = {}
    for one, other, *_ in table("lookalikes.tsv"):
        rivals.setdefault(fold(one), set()).add(fold(other))
        rivals.setdefault(fold(other), set()).add(fold(one))
    return {name: frozenset(others) for name, others in rivals.items()}


def is_lookalike(one: str, other: str) -> bool:
    """Whether the table says that two folded names are of different medicines."""
    return other in lookalikes().get(one, ())
