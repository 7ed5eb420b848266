"""The phrasings that conversations are made of, by kind and by what they are about, one table a language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from random import Random

from medrag.errors import EvaluationError

__all__ = ["LANGUAGES", "Phrasing", "Phrasings"]

LANGUAGES = ("zh", "en")
DEV, FROZEN = "dev", "frozen"
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Phrasing:
    """Words of a message, and of the question that says the same in full; {X} and {Y} stand for medicines, {P} for a person."""

    kind: str
    about: str
    said: str
    whole: str


class Phrasings:
    """The phrasings of one language and one part: those that may be looked at, or those that are put aside for the end."""

    def __init__(self, rows: Iterable[Phrasing]) -> None:
        self._by_kind: dict[tuple[str, str], list[Phrasing]] = {}
        for row in rows:
            self._by_kind.setdefault((row.kind, row.about), []).append(row)

    @classmethod
    def load(cls, lang: str, *, frozen: bool = False) -> Phrasings:
        """The phrasings of a language that come with the package."""
        text = files("medrag.evaluate.conversations").joinpath(f"{lang}.tsv").read_text("utf-8")
        rows = [line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return cls(
            Phrasing(kind, *("" if cell == _NOTHING else cell for cell in cells))
            for kind, part, *cells in rows
            if part == (FROZEN if frozen else DEV)
        )

    def about(self, kind: str) -> list[str]:
        """What phrasings of a kind are about, in the order of the table."""
        return [about for name, about in self._by_kind if name == kind]

    def draw(self, kind: str, rng: Random, about: str = "") -> Phrasing:
        """One phrasing of a kind, drawn; raises `EvaluationError` where the table has none."""
        rows = self._by_kind.get((kind, about))
        if not rows:
            raise EvaluationError(f"the table of phrasings has none of the kind {kind!r} about {about!r}")
        return rng.choice(rows)
