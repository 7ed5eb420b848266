"""Foods and drinks that labels name beside medicines, by any of their names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["Food", "food_named", "food_names", "foods"]


@dataclass(frozen=True, slots=True)
class Food:
    """A food, drink or habit; the first name of a language is the usual one. A `remedy` is taken as a medicine too: ginkgo."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    remedy: bool = False


@cache
def foods() -> tuple[Food, ...]:
    """All foods of the table that ships with the package, in its order."""
    return tuple(Food(tuple(zh.split("|")), tuple(en.split("|")), bool(more)) for zh, en, *more in table("foods.tsv"))


@cache
def _by_name() -> dict[str, Food]:
    return {fold(name): food for food in reversed(foods()) for name in (*food.zh, *food.en)}


def food_names() -> frozenset[str]:
    """Every folded name of a food."""
    return frozenset(_by_name())


def food_named(name: str) -> Food | None:
    """The food that a printed name means, else None."""
    return _by_name().get(fold(name))
