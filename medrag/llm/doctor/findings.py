"""What an examination finds: one thing looked at, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Level"]


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"  # works, but perhaps not as one thinks
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was seen, in one line."""

    level: Level
    what: str
    text: str
