"""The drug names that ship with the package: what a name means in other words, whoever's label it stands on.

Nothing of it is stored in a knowledge base: a name of the table means what the catalogue has under another name of its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["ShippedDrug", "is_shipped", "rows_of", "shipped_names"]

_COLUMNS = 8  # Chinese generic, INN, other English, Chinese aliases, Chinese brands, English brands, abbreviations, ATC


@dataclass(frozen=True, slots=True)
class ShippedDrug:
    """A substance, or a fixed combination: its folded names in the languages, its brands, and its ATC code."""

    names: tuple[str, ...]
    brands: tuple[str, ...]
    atc: str

    @property
    def key(self) -> str:
        """What tells it from others: its first name."""
        return self.names[0]


@cache
def _rows() -> dict[str, tuple[ShippedDrug, ...]]:
    found: dict[str, list[ShippedDrug]] = {}
    for cells in table("drugs.tsv"):
        lists = [[fold(one) for one in cell.split("|") if one.strip()] for cell in cells + [""] * (_COLUMNS - len(cells))]
        chinese, english, other, aliases, brands, foreign, short, atc = lists[:_COLUMNS]
        names = tuple(dict.fromkeys([*chinese, *english, *other, *aliases, *short]))
        if names:
            drug = ShippedDrug(names, tuple(dict.fromkeys([*brands, *foreign])), atc[0] if atc else "")
            for name in dict.fromkeys([*drug.names, *drug.brands]):
                found.setdefault(name, []).append(drug)
    return {name: tuple(drugs) for name, drugs in found.items()}


def shipped_names() -> list[str]:
    """All folded names of the table, sorted."""
    return sorted(_rows())


def rows_of(name: str) -> tuple[ShippedDrug, ...]:
    """What a folded name means in the table; several drugs where a brand stands for several."""
    return _rows().get(name, ())


def is_shipped(name: str) -> bool:
    """Whether the table knows the folded name."""
    return name in _rows()
