"""How well a model's search calls came out."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

__all__ = ["Counts"]


@dataclass
class Counts:
    """How many calls a model was asked for, how many kept to the schema, and how many said no more than the user had."""

    asked: int = 0
    well_formed: int = 0
    sound: int = 0

    def __post_init__(self) -> None:
        self._lock = Lock()

    def add(self, *, well_formed: bool, sound: bool) -> None:
        """Counts one call."""
        with self._lock:
            self.asked += 1
            self.well_formed += well_formed
            self.sound += sound
