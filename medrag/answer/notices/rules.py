"""The table of notices (`rules.yaml`), compiled: what fires, what keeps it silent, and in which words it speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from medrag.patterns import regex
from medrag.types import NoticeKind

__all__ = ["SCRIPTS", "Rule", "rules", "wordings"]

Pattern = re.Pattern[str]
SCRIPTS = ("zh", "en", "any")  # what a pattern's finds hold: a Chinese character, a letter from a to z, or neither for sure
_PAIRS = {"zh": "pairs_zh", "en": "pairs_en", "any": "pairs"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the table: `rules.yaml` says what its fields mean. Patterns and pairs stand under their script."""

    name: str
    kind: NoticeKind
    wording: str
    told: bool
    patterns: Mapping[str, tuple[Pattern, ...]]
    pairs: Mapping[str, tuple[tuple[Pattern, Pattern], ...]]
    unless: tuple[Pattern, ...] = ()
    age_below: float | None = None


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    text = files("medrag.answer.notices").joinpath("rules.yaml").read_text(encoding="utf-8")
    # The same loader in C, eight times as fast, where PyYAML was built with it.
    loaded: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
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
            patterns={script: tuple(map(_pattern, row.get(script, ()))) for script in SCRIPTS},
            pairs={script: tuple((_pattern(a), _pattern(b)) for a, b in row.get(_PAIRS[script], ())) for script in SCRIPTS},
            unless=tuple(map(_pattern, row.get("unless", ()))),
            age_below=row.get("age_below"),
        )
        for row in _table()["rules"]
    )


def _pattern(pattern: str) -> Pattern:
    return regex(pattern.replace("'", "'?"))  # who is in a hurry writes "cant"


@lru_cache(maxsize=1)
def wordings() -> Mapping[str, Mapping[str, str]]:
    """The words of each notice by its name, then by language."""
    table: Mapping[str, Mapping[str, str]] = _table()["wordings"]
    return table
