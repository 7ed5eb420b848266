"""The table of a run: each measure of each task with its interval, over all its questions and by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.runs.records import Asked

__all__ = ["ALL", "Line", "Table", "Tally", "as_json", "table_of"]

ALL = "all"
BY_GROUP = frozenset({"Success@1", "answered", "refused", "C1", "C2", "C3"})  # the measures that are shown group by group too
SMALLEST_GROUP = 3  # questions


@dataclass(frozen=True, slots=True)
class Line:
    """One figure."""

    task: str
    group: str
    measure: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions a task has, how many count in its figures, and why the others do not."""

    task: str
    questions: int
    scored: int
    absent: int
    faults: int


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a run and the questions behind them. It holds no times: two runs of one manifest have the same."""

    lines: tuple[Line, ...]
    tallies: tuple[Tally, ...]


def table_of(tasks: Sequence[tuple[str, Sequence[str]]], records: Sequence[Asked]) -> Table:
    """The table of the records for the tasks, each given with its measures, in their order."""
    lines: list[Line] = []
    tallies: list[Tally] = []
    for task, measures in tasks:
        # Resamples depend on the order of the values, and a run's records come in any.
        own = sorted((one for one in records if one.task == task), key=lambda one: one.id)
        scored = [one for one in own if one.scored]
        faults = sum(bool(one.fault) for one in own)
        tallies.append(Tally(task, len(own), len(scored), sum(one.absent and not one.fault for one in own), faults))
        lines += _lines(task, measures, scored)
    return Table(tuple(lines), tuple(tallies))


def _lines(task: str, measures: Sequence[str], scored: Sequence[Asked]) -> Iterator[Line]:
    groups = dict.fromkeys(group for one in scored for group in one.groups)
    for group in (ALL, *groups):
        members = [one for one in scored if group in (ALL, *one.groups)]
        if group != ALL and not SMALLEST_GROUP <= len(members) < len(scored):
            continue
        for measure in measures:
            values = [one.values[measure] for one in members if measure in one.values]
            if values and (group == ALL or measure in BY_GROUP):
                yield Line(task, group, measure, estimate(values))


def as_json(table: Table) -> dict[str, Any]:
    """The table as plain values."""
    return {
        "figures": [
            {
                "task": line.task,
                "group": line.group,
                "measure": line.measure,
                "n": line.estimate.n,
                "value": line.estimate.value,
                "low": line.estimate.low,
                "high": line.estimate.high,
            }
            for line in table.lines
        ],
        "questions": [asdict(tally) for tally in table.tallies],
    }
