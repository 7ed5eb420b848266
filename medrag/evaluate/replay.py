"""Evaluations that others published, computed again from their own records and set beside the published figures.

No model is asked: the judges' replies, the labels that models named and the marks of consultations are on file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.battles import Battle, counts, models_of, read_battles
from medrag.evaluate.bradley_terry import bradley_terry
from medrag.evaluate.consultations import Averages, averages, read_cases, read_marks
from medrag.evaluate.elo import elo_bootstrap, rounded
from medrag.evaluate.files import checked_object
from medrag.evaluate.judgement import CRITERIA, Outcome
from medrag.evaluate.metrics import Estimate
from medrag.evaluate.pairing import Reproduced, compare_pairs, draw_pairs
from medrag.evaluate.ranks import average_ranks
from medrag.evaluate.rows import Shape
from medrag.evaluate.triage import MicroF1, read_triage, triage_scores

__all__ = ["RatedSet", "Rating", "Replay", "TriageScore", "consultations_replayed", "replay"]

PULSE, DISC = "eval/pulse", "eval/disc"
BATTLES, TRIAGE, EXPECTED = "battles", "triage/medtriage.jsonl", "expected.json"
MARKS, CASES = "cmb_clin_gpt4_scores.jsonl", "CMB-cases.json"
TRIAGE_SET = "MedTriage"
RESAMPLES = 1_000

Progress = Callable[[str, int, int], None]


class _PulseExpected(Shape):
    """What is published of PULSE-EVAL; what a file leaves out is not compared."""

    model_order_for_pairing: tuple[str, ...] = ()
    empty_answers: dict[str, dict[str, tuple[int, ...]]] = Field(default_factory=dict)
    published_elo: dict[str, dict[str, int]] = Field(default_factory=dict)
    judge_counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    published_medtriage_f1: dict[str, float] = Field(default_factory=dict)
    published_avg_rank: dict[str, float] = Field(default_factory=dict)


class _DiscExpected(Shape):
    published: dict[str, tuple[float, ...]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rating:
    """A model in one set: the median Elo of resamples and the Bradley–Terry strength, with intervals, and what is published."""

    model: str
    elo: Estimate
    bradley_terry: Estimate
    published: int | None

    @property
    def difference(self) -> int | None:
        """The Elo as it is printed, less the published one."""
        return None if self.published is None else rounded(self.elo.value) - self.published


@dataclass(frozen=True, slots=True)
class RatedSet:
    """One judged set: its models, best first, how the judge's replies were read, and how far the pairs are those drawn."""

    name: str
    ratings: tuple[Rating, ...]
    outcomes: Mapping[Outcome, int]
    published_outcomes: Mapping[str, int]
    pairs: Reproduced | None

    @property
    def largest_difference(self) -> int | None:
        """Between an Elo and the published one, without its sign; None where none is published."""
        found = [abs(one.difference) for one in self.ratings if one.difference is not None]
        return max(found, default=None)


@dataclass(frozen=True, slots=True)
class TriageScore:
    """A model's micro-averaged F1 in triage and the published one."""

    model: str
    score: MicroF1
    published: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """All that could be computed again; a part whose files are not there is empty.

    `ranks` gives each model's average rank over the sets, and the published one. `published_consultations` are rows of
    the four criteria and their average under the names that the paper's table uses.
    """

    sets: tuple[RatedSet, ...]
    triage: tuple[TriageScore, ...]
    ranks: Mapping[str, tuple[float, float | None]]
    consultations: Mapping[str, Averages]
    published_consultations: Mapping[str, tuple[float, ...]]


def replay(data: Path, *, resamples: int = RESAMPLES, progress: Progress = lambda _doing, _done, _of: None) -> Replay:
    """The published evaluations under a folder of measuring data, or under its eval/pulse or eval/disc, computed again.

    Raises `EvaluationError` where there is neither, and for files that cannot be used.
    """
    if not data.is_dir():
        raise EvaluationError(f"{data}: wanted a folder with {PULSE} or {DISC}, there is no such folder")
    pulse = next((path for path in (data / PULSE, data) if (path / BATTLES).is_dir() or (path / TRIAGE).is_file()), None)
    disc = next((path for path in (data / DISC, data) if (path / MARKS).is_file()), None)
    if pulse is None and disc is None:
        raise EvaluationError(f"{data}: wanted {PULSE}/{BATTLES}, {PULSE}/{TRIAGE} or {DISC}/{MARKS}, found none")
    sets, triage, ranks = _pulse(pulse, resamples, progress) if pulse is not None else ((), (), {})
    consultations, published = consultations_replayed(disc) if disc is not None else ({}, {})
    return Replay(sets, triage, ranks, consultations, published)


def consultations_replayed(folder: Path) -> tuple[dict[str, Averages], dict[str, tuple[float, ...]]]:
    """The averages of CMB-Clin by model, joined with its cases, and the published rows by the names there."""
    found = averages(read_marks(folder / MARKS), read_cases(folder / CASES))
    expected = folder / EXPECTED
    published = checked_object(expected, _DiscExpected).published if expected.is_file() else {}
    for name, row in published.items():
        if len(row) != len(CRITERIA) + 1:
            raise EvaluationError(f"{expected}: {name}: wanted {len(CRITERIA)} marks and their average, found {len(row)}")
    return found, published


def _pulse(
    folder: Path, resamples: int, progress: Progress
) -> tuple[tuple[RatedSet, ...], tuple[TriageScore, ...], dict[str, tuple[float, float | None]]]:
    published = folder / EXPECTED
    expected = checked_object(published, _PulseExpected) if published.is_file() else _PulseExpected()
    files = sorted((folder / BATTLES).glob("*.csv"))
    read = [(file, read_battles(file)) for file in files]  # faults come first
    patients = read_triage(folder / TRIAGE) if (folder / TRIAGE).is_file() else []
    sets = []
    for at, (file, battles) in enumerate(read):
        progress(file.stem, at, len(read))
        sets.append(_rated(file.stem, battles, expected, resamples))
    triage = tuple(
        TriageScore(model, score, expected.published_medtriage_f1.get(model))
        for model, score in triage_scores(patients).items()
    )
    return tuple(sets), triage, _ranks(sets, triage, expected)


def _rated(name: str, battles: Sequence[Battle], expected: _PulseExpected, resamples: int) -> RatedSet:
    elo, strengths = elo_bootstrap(battles, resamples=resamples), bradley_terry(battles, resamples=resamples)
    ratings = [
        Rating(model, elo[model], strengths[model], expected.published_elo.get(model, {}).get(name))
        for model in models_of(battles)
    ]
    ratings.sort(key=lambda one: -one.elo.value)
    return RatedSet(name, tuple(ratings), counts(battles), expected.judge_counts.get(name, {}), _pairs(name, battles, expected))


def _pairs(name: str, battles: Sequence[Battle], expected: _PulseExpected) -> Reproduced | None:
    """How far the pairs are those drawn; None where the order of the models or the empty answers are not known."""
    if not expected.model_order_for_pairing or name not in expected.empty_answers:
        return None
    drawn = draw_pairs(expected.model_order_for_pairing, expected.empty_answers[name])
    return compare_pairs([battle.pair for battle in battles], drawn)


def _ranks(
    sets: Sequence[RatedSet], triage: Sequence[TriageScore], expected: _PulseExpected
) -> dict[str, tuple[float, float | None]]:
    values = {one.name: {rating.model: rating.elo.value for rating in one.ratings} for one in sets}
    if triage:
        values[TRIAGE_SET] = {one.model: one.score.f1 for one in triage}
    found = average_ranks(values) if values else {}
    best_first = sorted(found, key=lambda model: found[model])
    return {model: (found[model], expected.published_avg_rank.get(model)) for model in best_first}
