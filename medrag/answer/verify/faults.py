"""A difference between a claim and its source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A difference: its name in the table of reasons, both sides' words, and whether the source says otherwise."""

    name: str
    stated: str
    claimed: str
    against: bool
