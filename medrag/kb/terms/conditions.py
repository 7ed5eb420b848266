"""Conditions of patients as labels name them: what a name means in other words, and which wider conditions it is one of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table

__all__ = ["Condition", "condition_names", "conditions_of", "wider"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition by its Chinese and English names, the usual one first, and the wider conditions by their first names."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    parents: tuple[str, ...]


@cache
def _rows() -> tuple[Condition, ...]:
    return tuple(
        Condition(*(tuple(one.strip() for one in cell.split("|") if one.strip()) for cell in (*cells, "", "")[:3]))
        for cells in table("conditions.tsv")
    )


@cache
def _by_name() -> dict[str, tuple[Condition, ...]]:
    found: dict[str, list[Condition]] = {}
    for row in _rows():
        for name in dict.fromkeys(map(fold, (*row.zh, *row.en))):
            found.setdefault(name, []).append(row)
    return {name: tuple(rows) for name, rows in found.items()}


@cache
def _by_first() -> dict[str, Condition]:
    return {row.zh[0]: row for row in reversed(_rows())}


def condition_names() -> frozenset[str]:
    """Every folded name of a condition."""
    return frozenset(_by_name())


def conditions_of(name: str) -> tuple[Condition, ...]:
    """The conditions that a folded name means."""
    return _by_name().get(name, ())


def wider(condition: Condition) -> Iterator[Condition]:
    """The wider conditions of a condition, nearest first, each once, itself left out."""
    seen = {condition.zh[0]}
    open_ = list(condition.parents)
    while open_:
        name = open_.pop(0)
        if name in seen or name not in _by_first():
            continue
        seen.add(name)
        yield _by_first()[name]
        open_ += _by_first()[name].parents
