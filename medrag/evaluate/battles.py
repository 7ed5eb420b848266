"""Battles: answers of two models to one question and what the judge said, read from the files that PULSE-EVAL's runs leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.evaluate.files import checked_rows
from medrag.evaluate.judgement import Judgement, Outcome, parse_pairwise
from medrag.evaluate.pairing import Pair
from medrag.evaluate.rows import Shape, fault

__all__ = ["Battle", "counts", "models_of", "read_battles"]


class _Row(Shape):
    question_index: int = Field(ge=0)
    model_a: str = Field(min_length=1)
    model_b: str = Field(min_length=1)
    first_line: str


@dataclass(frozen=True, slots=True)
class Battle:
    """A pair of answers and how the judge's reply was read."""

    pair: Pair
    judgement: Judgement

    @property
    def score(self) -> float:
        """What the first model won: 1, 0, or a half for a tie and, as PULSE's script has it, for a reply that does not parse."""
        return {Outcome.A: 1.0, Outcome.B: 0.0}.get(self.judgement.outcome, 0.5)


def read_battles(path: Path) -> list[Battle]:
    """The battles of a table with question_index, model_a, model_b and the first line of the judge's reply, in its order.

    The same question may stand twice for the same pair, since questions are drawn with replacement. Raises
    `EvaluationError` with the row for a missing column or cell, a number that is none, or a model set against itself.
    """

    def battles() -> Iterator[Battle]:
        for where, row in checked_rows(path, _Row):
            a, b = row.model_a.strip(), row.model_b.strip()
            if a == b:
                raise fault(path, where, f"{a!r} is compared with itself")
            yield Battle(Pair(row.question_index, a, b), parse_pairwise(row.first_line))

    return list(battles())


def models_of(battles: Sequence[Battle]) -> list[str]:
    """The models that fought, in the order in which they first appear."""
    return list(dict.fromkeys(model for battle in battles for model in (battle.pair.a, battle.pair.b)))


def counts(battles: Sequence[Battle]) -> dict[Outcome, int]:
    """How many battles ended in which way; all four are there."""
    found = Counter(battle.judgement.outcome for battle in battles)
    return {outcome: found[outcome] for outcome in Outcome}
