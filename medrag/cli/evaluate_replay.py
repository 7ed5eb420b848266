"""`medrag evaluate replay`: published evaluations computed again from their own records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, counted, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.metrics import Estimate
    from medrag.evaluate.replay import RatedSet, Replay

__all__ = ["replay"]


def replay(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder with eval/pulse or eval/disc.", show_default=False)],
    resamples: Annotated[int, typer.Option(metavar="N", min=10, help="Bootstrap resamples of the battles.")] = 1_000,
    json: AsJson = False,
) -> None:
    """Compute published tables again from the judges' replies: ratings of models, triage and consultations.

    A folder eval/pulse holds battles/SET.csv (question_index, model_a, model_b, first_line), triage/medtriage.jsonl and
    expected.json with the published figures; eval/disc holds cmb_clin_gpt4_scores.jsonl and CMB-cases.json.
    """
    from medrag.evaluate.replay import replay as replayed

    with progress_bar() as tell:
        found = replayed(data, resamples=resamples, progress=tell)
    if json:
        write_json(_as_json(found))
    else:
        _write(found)


def _write(found: Replay) -> None:
    for one in found.sets:
        _write_set(one)
    if found.sets:
        write_lines(
            [
                "Elo: the median of the resamples with their 95 % interval; it depends on the order of the battles, which is",
                "why it is taken over resamples in random order. Bradley-Terry (BT), on the same scale, has no order.",
                "",
            ]
        )
    if found.triage:
        rows = [
            (
                one.model,
                str(one.score.hits),
                str(one.score.named),
                str(one.score.right),
                f"{one.score.f1:.2f}",
                _two(one.published),
            )
            for one in found.triage
        ]
        write_table(("triage", "hits", "named", "right", "micro F1", "published"), rows)
        write_lines([""])
    if found.ranks:
        write_table(
            ("model", "average rank", "published"),
            [(model, f"{rank:.2f}", _two(published)) for model, (rank, published) in found.ranks.items()],
        )
        write_lines([f"over {counted(len(found.sets) + bool(found.triage), 'set')}, equals share the mean of their ranks", ""])
    if found.consultations:
        _write_consultations(found)


def _write_set(one: RatedSet) -> None:
    rows = [
        (
            rating.model,
            f"{rating.elo.value:.0f}",
            _interval(rating.elo),
            "" if rating.published is None else str(rating.published),
            "" if rating.difference is None else f"{rating.difference:+d}",
            f"{rating.bradley_terry.value:.0f}",
            _interval(rating.bradley_terry),
        )
        for rating in one.ratings
    ]
    write_table((one.name, "Elo", "95 % interval", "published", "difference", "BT", "95 % interval"), rows)
    write_lines([*_remarks(one), ""])


def _remarks(one: RatedSet) -> Iterator[str]:
    if one.largest_difference is not None:
        yield f"largest difference from the published Elo: {one.largest_difference}"
    said = ", ".join(f"{outcome} {count}" for outcome, count in one.outcomes.items())
    if one.published_outcomes:
        same = all(one.published_outcomes.get(outcome, 0) == count for outcome, count in one.outcomes.items())
        said += "; as published" if same else f"; published: {', '.join(f'{k} {v}' for k, v in one.published_outcomes.items())}"
    yield f"judge: {said} (what does not parse counts as a tie in the ratings)"
    if one.pairs is not None:
        reproduced = one.pairs.equal + one.pairs.under_another_number
        under = "".join(f", question {q} written as {n}" for q, n in one.pairs.renumbered.items())
        yield f"pairs drawn again: {reproduced} of {one.pairs.pairs}{under}"


def _write_consultations(found: Replay) -> None:
    columns = next(iter(found.consultations.values())).values
    rows = [
        (model, str(one.n), *(f"{one.values[name]:.2f}" for name in columns), str(one.missing), str(one.stray + one.unparsable))
        for model, one in found.consultations.items()
    ]
    write_table(("consultations", "n", *columns, "missing", "left out"), rows)
    if found.published_consultations:
        write_lines([""])
        published = found.published_consultations.items()
        write_table(("published", *columns), [(name, *(f"{mark:.2f}" for mark in marks)) for name, marks in published])


def _interval(estimate: Estimate) -> str:
    return f"{estimate.low:.0f} to {estimate.high:.0f}"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _as_json(found: Replay) -> dict[str, Any]:
    value = asdict(found)
    for plain, one in zip(value["sets"], found.sets, strict=True):
        plain["largest_difference"] = one.largest_difference
        for row, rating in zip(plain["ratings"], one.ratings, strict=True):
            row["difference"] = rating.difference
    for plain, scored in zip(value["triage"], found.triage, strict=True):
        plain["f1"] = scored.score.f1
    return value
