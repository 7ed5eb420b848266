"""`medrag evaluate`: figures with intervals on questions whose answers are known."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.evaluate_abstention import abstention
from medrag.cli.evaluate_all import every
from medrag.cli.evaluate_conversations import conversations
from medrag.cli.evaluate_exams import exams
from medrag.cli.evaluate_indications import indications
from medrag.cli.evaluate_judge import judge_app
from medrag.cli.evaluate_listing import listing
from medrag.cli.evaluate_medicineqa import medicineqa
from medrag.cli.evaluate_pointers import pointers
from medrag.cli.evaluate_predict import predict
from medrag.cli.evaluate_pubmedqa import pubmedqa
from medrag.cli.evaluate_replay import replay
from medrag.cli.evaluate_run import compare, report, run
from medrag.cli.evaluate_safety import safety
from medrag.cli.evaluate_terms import terms
from medrag.cli.evaluate_verifier import verifier
from medrag.cli.output import AsJson, counted, write_json, write_lines, write_table, write_times
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.metrics import Estimate
    from medrag.evaluate.run import Outcome

__all__ = ["evaluate_app"]

_GRADED = frozenset({"nDCG@5", "RR", "F1"})  # measures that count no questions


def evaluate_app() -> typer.Typer:
    """The commands under `medrag evaluate`."""
    app = typer.Typer(help="Measure on questions whose answers are known.", rich_markup_mode=None)
    app.callback()(_evaluate)
    app.command("all")(every)
    app.command("retrieval")(retrieval)
    app.command("run")(run)
    app.command("compare")(compare)
    app.command("report")(report)
    app.command("conversations")(conversations)
    app.command("listing")(listing)
    app.command("abstention")(abstention)
    app.command("verifier")(verifier)
    app.command("safety")(safety)
    app.command("pointers")(pointers)
    app.command("replay")(replay)
    app.command("indications")(indications)
    app.command("exams")(exams)
    app.command("medicineqa")(medicineqa)
    app.command("pubmedqa")(pubmedqa)
    app.command("predict")(predict)
    app.command("terms")(terms)
    app.add_typer(judge_app(), name="judge")
    return app


def _evaluate() -> None:
    """Measure on questions whose answers are known."""


def retrieval(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder of question files, or one file.", show_default=False)],
    kb: Annotated[
        Path | None,
        typer.Option("--kb", metavar="FOLDER", help="The knowledge base; without, one is made of DATA/labels for this run."),
    ] = None,
    task: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this task; may be repeated.")] = None,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also each channel alone, each left out, and plain BM25.")] = False,
    frozen: Annotated[bool, typer.Option("--frozen", help="Ask the questions put aside for the end, and no others.")] = False,
    profile: Annotated[Path | None, typer.Option(metavar="FILE", help="Weigh evidence by this profile.")] = None,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each missed question: asked, understood, found, wanted.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure how often the right drug and section are found first.

    A question file has one object a line:
    {"id", "question", "kind", "gold": [{"drug", "section", "grade"}], "part": "dev" or "frozen"},
    where gold may also be {"set_id", "section_index", "heading", "grade"}; grade 2 answers, 1 helps.
    """
    from medrag.evaluate.run import evaluate
    from medrag.retrieve.profile import read_profile

    chosen = None if profile is None else read_profile(profile)
    missed: list[dict[str, Any]] = []
    outcomes = []
    with progress_bar() as tell:
        for outcome in evaluate(data, kb=kb, names=task or (), profile=chosen, ablate=ablate, frozen=frozen, progress=tell):
            outcomes.append(outcome)
            missed.extend(_missed(outcome))
    if errors is not None:
        errors.write_text("".join(json_text.dumps(one, ensure_ascii=False) + "\n" for one in missed), "utf-8")
    if json:
        write_json([_as_json(outcome) for outcome in outcomes])
    else:
        _write(outcomes)


def _missed(outcome: Outcome) -> list[dict[str, Any]]:
    """The questions whose first piece of evidence is not right, or whose gold is not there."""
    first = next(name for name in ("Success@1", "exact", outcome.task.measures[0]) if name in outcome.task.measures)
    return [
        {
            "task": outcome.task.name,
            "id": one.id,
            "kind": one.groups[:1],
            "asked": one.question,
            "understood": one.understood,
            "found": one.found,
            "gold": one.wanted,
            "missed": "gold is not in the knowledge base" if one.absent else [n for n, v in one.values.items() if not v],
        }
        for one in outcome.scored
        if one.absent or not one.values[first]
    ]


def _write(outcomes: list[Outcome]) -> None:
    header = ("task", "group", "measure", "n", "value", "95 % interval")
    rows = [
        (outcome.task.name, line.group, line.measure, str(line.estimate.n), *_figures(line.measure, line.estimate))
        for outcome in outcomes
        for line in outcome.lines
    ]
    write_table(header, rows)
    ablations = [
        (
            outcome.task.name,
            one.system,
            one.measure,
            str(one.estimate.n),
            *_figures(one.measure, one.estimate),
            f"{one.difference.value:+.3f} ({one.difference.low:+.3f} to {one.difference.high:+.3f})",
        )
        for outcome in outcomes
        for one in outcome.ablations
    ]
    if ablations:
        write_lines([""])
        write_table(("task", "system", "measure", "n", "value", "95 % interval", "against all channels"), ablations)
    write_lines([""])
    for outcome in outcomes:
        asked = len(outcome.scored) - outcome.absent
        left_out = (
            f"; {counted(outcome.absent, 'question')} left out: their gold is not in the knowledge base"
            if outcome.absent
            else ""
        )
        write_lines([f"{outcome.task.name}: {counted(asked, 'question')}{left_out}"])
        write_times(outcome.task.name, outcome.p50, outcome.p95)


def _figures(measure: str, estimate: Estimate) -> tuple[str, str]:
    """The value, with the count beside it where there are few questions, and its interval."""
    count = f" ({estimate.total:.0f}/{estimate.n})" if estimate.small and measure not in _GRADED else ""
    return f"{estimate.value:.3f}{count}", f"{estimate.low:.3f} to {estimate.high:.3f}"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "task": outcome.task.name,
        "asked": len(outcome.scored) - outcome.absent,
        "absent": outcome.absent,
        "milliseconds": {"p50": round(outcome.p50, 3), "p95": round(outcome.p95, 3)},
        "figures": [{"group": line.group, "measure": line.measure, **_numbers(line.estimate)} for line in outcome.lines],
        "ablations": [
            {
                "system": one.system,
                "measure": one.measure,
                **_numbers(one.estimate),
                "difference": [one.difference.value, one.difference.low, one.difference.high],
            }
            for one in outcome.ablations
        ],
    }


def _numbers(estimate: Estimate) -> dict[str, float]:
    return {"n": estimate.n, "value": estimate.value, "low": estimate.low, "high": estimate.high}
