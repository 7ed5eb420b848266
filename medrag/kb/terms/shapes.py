"""Chinese characters that look alike."""

from __future__ import annotations

from functools import cache

from medrag.kb.terms.tables import table

__all__ = ["same_shape", "shape_key"]


def shape_key(name: str) -> str:
    """The name with each character of a look-alike group as the group's first: equal for names that look alike."""
    return name.translate(_groups())


def same_shape(one: str, other: str) -> bool:
    """Whether two characters look alike."""
    groups = _groups()
    return ord(one) in groups and groups[ord(one)] == groups.get(ord(other))


@cache
def _groups() -> dict[int, str]:
    groups: dict[int, str] = {}
    for (group,) in table("shapes.tsv"):
        for character in group:
            groups.setdefault(ord(character), group[0])
    return groups
