"""One run of `medrag evaluate retrieval`: every task asked of every system, as lines of a table, times and misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medrag.evaluate.cases import Case
from medrag.evaluate.metrics import Difference, Estimate, compare, estimate
from medrag.evaluate.scoring import Finder, Scored, bm25, finder
from medrag.evaluate.tasks import Judge, Task, tasks_of
from medrag.evaluate.texts import texts
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.profile import CHANNELS, Profile, default_profile

__all__ = ["ALL", "Ablation", "Line", "Outcome", "evaluate"]

ALL = "all"  # the group of all questions of a task
BY_GROUP = frozenset({"drug@1", "Success@1", "Success@5", "exact"})  # the measures that are shown group by group too
SMALLEST_GROUP = 3  # questions; smaller groups are counted in the whole only

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: a measure of a task over all its questions or one group of them."""

    measure: str
    group: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Ablation:
    """What a system with channels left out comes to, and how that differs from the whole on the same questions."""

    system: str
    measure: str
    estimate: Estimate
    difference: Difference


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one task: figures, ablations, the time per question in milliseconds, and each question as judged."""

    task: Task
    lines: tuple[Line, ...]
    ablations: tuple[Ablation, ...]
    p50: float
    p95: float
    scored: tuple[Scored, ...]
    absent: int


def evaluate(
    data: Path,
    *,
    kb: Path | None = None,
    names: Sequence[str] = (),
    profile: Profile | None = None,
    ablate: bool = False,
    frozen: bool = False,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Iterator[Outcome]:
    """The outcome of each task in the data, one after the other.

    `frozen` asks the questions that were put aside for the end, otherwise those are left out. Raises `EvaluationError`
    for files that cannot be used.
    """
    chosen = tasks_of(data, names)
    read = [(task, file, _part(task.read(file), frozen) if task.read else []) for task, file in chosen]  # faults come first
    with texts(data, kb, progress) as of:
        for at, (task, file, cases) in enumerate(read):
            progress(task.name, at, len(read))
            if task.made or cases:
                base = of.of(task, file)
                cases = cases or _part(task.made(base) if task.made else [], frozen)
                if cases:
                    yield _outcome(task, cases, base, profile or default_profile(), ablate and task.channels)


def _part(cases: Sequence[Case], frozen: bool) -> list[Case]:
    return [case for case in cases if case.frozen is frozen]


def _outcome(task: Task, cases: Sequence[Case], kb: KnowledgeBase, profile: Profile, ablate: bool) -> Outcome:
    judge = task.score(cases, kb)
    finder(profile)(cases[0].question, kb)  # what is loaded with the first question is no part of the time of any
    scored = judge(finder(profile))
    asked = [one for one in scored if not one.absent]
    times = np.asarray([one.milliseconds for one in asked] or [0.0])
    p50, p95 = (float(value) for value in np.percentile(times, [50, 95]))
    ablations = tuple(_ablations(task, judge, asked, profile)) if ablate else ()
    return Outcome(task, tuple(_lines(task, asked)), ablations, p50, p95, tuple(scored), len(scored) - len(asked))


def _lines(task: Task, asked: Sequence[Scored]) -> Iterator[Line]:
    groups = dict.fromkeys(group for one in asked for group in one.groups)
    sizes = {group: sum(group in one.groups for one in asked) for group in groups}
    shown = [group for group in groups if SMALLEST_GROUP <= sizes[group] < len(asked)]
    for group in (ALL, *shown) if asked else ():
        members = [one for one in asked if group in (ALL, *one.groups)]
        for measure in task.measures:
            if group == ALL or measure in BY_GROUP:
                yield Line(measure, group, estimate([one.values[measure] for one in members]))


def _ablations(task: Task, judge: Judge, whole: Sequence[Scored], profile: Profile) -> Iterator[Ablation]:
    for system, find in _systems(profile).items():
        part = [one for one in judge(find) if not one.absent]
        for measure in task.measures:
            values = _by_id(part, measure)
            difference = compare(_by_id(whole, measure), values)
            yield Ablation(system, measure, estimate(list(values.values())), difference)


def _systems(profile: Profile) -> dict[str, Finder]:
    asked = [channel for channel in CHANNELS if profile.asks(channel)]
    return {
        **{f"only {channel}": finder(profile.alone(channel)) for channel in asked},
        **{f"without {channel}": finder(profile.without(channel)) for channel in asked},
        "plain BM25": bm25,
    }


def _by_id(scored: Sequence[Scored], measure: str) -> Mapping[str, float]:
    return {one.id: one.values[measure] for one in scored}
