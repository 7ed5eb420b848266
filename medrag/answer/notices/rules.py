"""The table of notices (`rules.yaml`), compiled: what fires, what keeps it silent, and in which words it speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from medrag.types import NoticeKind

__all__ = ["Rule", "rules", "wordings"]

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the table: `rules.yaml` says what its fields mean."""

    name: str
    kind: NoticeKind
    wording: str
    told: bool
    patterns: tuple[Pattern, ...]
    pairs: tuple[tuple[Pattern, Pattern], ...] = ()
    unless: tuple[Pattern, ...] = ()
    age_below: float | None = None


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    text = files("medrag.answer.notices").joinpath("rules.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The rules in the order of the table, which is that of urgency."""
    return tuple(
        Rule(
            name=row["rule"],
            kind=NoticeKind(row["kind"]),
            wording=row["wording"],
            told=row["told"],
            patterns=tuple(map(_compiled, (*row["zh"], *row["en"]))),
            pairs=tuple((_compiled(first), _compiled(second)) for first, second in row.get("pairs", ())),
            unless=tuple(map(_compiled, row.get("unless", ()))),
            age_below=row.get("age_below"),
        )
        for row in _table()["rules"]
    )


def _compiled(pattern: str) -> Pattern:
    return re.compile(pattern.replace("'", "'?"))  # who is in a hurry writes "cant"


@lru_cache(maxsize=1)
def wordings() -> Mapping[str, Mapping[str, str]]:
    """The words of each notice by its name, then by language."""
    table: Mapping[str, Mapping[str, str]] = _table()["wordings"]
    return table
