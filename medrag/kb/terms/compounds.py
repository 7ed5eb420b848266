"""What medicines hold whose names do not say it, from the table that ships with the package: 感冒灵 holds paracetamol."""

from __future__ import annotations

from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["ingredients_of", "names_of_sole"]


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    return {fold(name): tuple(held.split("|")) for names, held in table("compounds.tsv") for name in names.split("|")}


@cache
def _by_sole() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for names, held in table("compounds.tsv"):
        if "|" not in held:
            found[fold(held)] = (*found.get(fold(held), ()), *map(fold, names.split("|")))
    return found


def ingredients_of(name: str) -> tuple[str, ...]:
    """The ingredients of a medicine by a folded name of it; none where the table does not know it."""
    return _by_name().get(name, ())


def names_of_sole(ingredient: str) -> tuple[str, ...]:
    """The folded names under which a folded ingredient is sold alone: Intelence is etravirine."""
    return _by_sole().get(ingredient, ())
