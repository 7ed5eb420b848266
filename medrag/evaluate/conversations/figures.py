"""Three ways to ask, compared: the question in full, the conversation, and its last message alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from medrag.evaluate.metrics import Difference, Estimate, compare, estimate

__all__ = ["ALL", "DRUG", "SECTION", "Figure", "Measured", "figures"]

ALL = "all"
DRUG, SECTION = "drug@1", "Success@1"  # at first rank: a label of a right drug; a section that answers, of such a label


class Measured(Protocol):
    """A message with each measure of the question in full, of the conversation, and of the message by itself."""

    @property
    def id(self) -> str:
        """What names it among all."""

    @property
    def whole(self) -> Mapping[str, float]:
        """The measures of the question in full."""

    @property
    def talked(self) -> Mapping[str, float]:
        """The measures of the conversation."""

    @property
    def last(self) -> Mapping[str, float]:
        """The measures of the message by itself."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a group: in full, in the conversation, the last message alone, and conversation less full."""

    group: str
    measure: str
    whole: Estimate
    talked: Estimate
    last: Estimate
    difference: Difference


def figures(groups: Mapping[str, Sequence[Measured]]) -> Iterator[Figure]:
    """Both measures of every group, in their order."""
    for group, members in groups.items():
        for measure in (DRUG, SECTION):
            whole = {one.id: one.whole[measure] for one in members}
            talked = {one.id: one.talked[measure] for one in members}
            last = [one.last[measure] for one in members]
            means = estimate(list(whole.values())), estimate(list(talked.values())), estimate(last)
            yield Figure(group, measure, *means, compare(whole, talked))
