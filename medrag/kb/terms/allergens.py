"""Foods, excipients and materials that people are allergic to, under all the names that labels have for them."""

from __future__ import annotations

from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["allergen_names"]


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for (cell,) in table("allergens.tsv"):
        names = tuple(dict.fromkeys(fold(one) for one in cell.split("|")))
        for name in names:
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *names)))
    return found


def allergen_names(name: str) -> tuple[str, ...]:
    """The folded names of what a folded name means; none where the table does not know it."""
    return _by_name().get(name, ())
