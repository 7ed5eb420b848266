"""Herbs that classical Chinese pharmacy keeps apart: 十八反 and 十九畏."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from medrag.kb.terms.tables import table

__all__ = ["HerbRule", "herb_names", "herb_rules"]


@dataclass(frozen=True, slots=True)
class HerbRule:
    """A rule by its name: none of the herbs of one side goes with one of the other."""

    name: str
    one: frozenset[str]
    other: frozenset[str]


@cache
def herb_rules() -> tuple[HerbRule, ...]:
    """All rules of the table that ships with the package, in its order."""
    return tuple(
        HerbRule(name, frozenset(one.split("|")), frozenset(other.split("|"))) for name, one, other in table("herbs.tsv")
    )


@cache
def herb_names() -> frozenset[str]:
    """Every name of a herb of the rules."""
    return frozenset(name for rule in herb_rules() for name in rule.one | rule.other)
