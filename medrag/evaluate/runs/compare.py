"""Two runs side by side: how much better the second is on the questions that both were asked, and whether that may be chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medrag.errors import EvaluationError
from medrag.evaluate.metrics import Difference, Estimate, compare, estimate
from medrag.evaluate.runs.manifest import Manifest
from medrag.evaluate.runs.records import Asked

__all__ = ["Compared", "compare_runs", "randomisation"]

SEED = 42
DRAWS = 10_000
BLOCK = 1_000_000  # signs drawn at a time


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of a task in two runs, on the n questions that both scored.

    `difference` is the second less the first with its paired bootstrap interval; `p` is of the paired randomisation test.
    """

    task: str
    measure: str
    first: Estimate
    second: Estimate
    difference: Difference
    p: float


def compare_runs(first: tuple[Manifest, Sequence[Asked]], second: tuple[Manifest, Sequence[Asked]]) -> Iterator[Compared]:
    """Each measure that both runs have, task by task.

    Raises `EvaluationError` where a task of both was read from files that differ: those are other questions.
    """
    (one, left), (other, right) = first, second
    for name in one.data:
        task = name.split(":")[0]
        theirs = {key.split(":")[0]: value for key, value in other.data.items()}
        if task in theirs and theirs[task] != one.data[name]:
            raise EvaluationError(
                f"the runs asked different questions of the task {task}: their files differ, so they cannot be compared"
            )
    shared = [task for task in one.tasks if task in other.tasks]
    if not shared:
        raise EvaluationError(f"the runs have no task in common: {', '.join(one.tasks)} and {', '.join(other.tasks)}")
    for task in shared:
        a, b = _values(left, task), _values(right, task)
        for measure in a:
            questions = [name for name in a[measure] if name in b.get(measure, {})]
            if questions:
                x, y = ({name: side[measure][name] for name in questions} for side in (a, b))
                yield Compared(
                    task, measure, estimate(list(x.values())), estimate(list(y.values())), compare(x, y), randomisation(x, y)
                )


def randomisation(first: Mapping[str, float], second: Mapping[str, float], *, draws: int = DRAWS, seed: int = SEED) -> float:
    """How often chance alone makes a difference as large: the paired randomisation test, two-sided.

    Each question's two values change places with probability 1/2; the observed arrangement counts as one of the draws.
    Source: Smucker, Allan, Carterette, CIKM 2007.
    """
    gained = np.asarray([second[name] - first[name] for name in first if name in second], np.float64)
    moved = gained[gained != 0.0]  # the others stay where they are whatever is drawn
    if not moved.size:
        return 1.0
    observed = abs(moved.sum()) - 1e-12
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK // moved.size)
    as_large = 0
    for done in range(0, draws, block):
        signs = generator.integers(0, 2, (min(block, draws - done), moved.size)) * 2 - 1
        as_large += int((np.abs(signs @ moved) >= observed).sum())
    return (as_large + 1) / (draws + 1)


def _values(records: Sequence[Asked], task: str) -> dict[str, dict[str, float]]:
    """The values of a task by measure and question."""
    found: dict[str, dict[str, float]] = {}
    for one in sorted(records, key=lambda one: one.id):
        if one.task == task and one.scored:
            for measure, value in one.values.items():
                found.setdefault(measure, {})[one.id] = value
    return found
