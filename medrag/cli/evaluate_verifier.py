"""`medrag evaluate verifier`: how many changed claims are caught, and how many true ones are flagged."""

from __future__ import annotations

import json as json_text
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table, write_times
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.changes.run import Figure, Judged, Outcome

__all__ = ["verifier"]

_FLAGGED = {"changed": "caught", "untouched": "flagged", "paraphrased": "flagged"}


def verifier(
    kb: Kb,
    written: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also claims written by hand: a folder with zh.jsonl and en.jsonl."),
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(metavar="KIND", help="Only claims of this kind; may be repeated.")] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Check the claims put aside for the end, and no others.")] = False,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each misjudged claim: passage, sentence, verdict, reasons.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure how well claims are checked: on sentences of the labels that were changed, left alone, or said otherwise.

    The claims are drawn from the knowledge base's labels, always the same ones. Caught and flagged are verdicts other
    than supported. A third of the labels is put aside for the end.
    """
    from medrag.evaluate.changes.run import check_claims

    with open_kb(kb) as base, progress_bar() as tell:
        outcomes = list(check_claims(base, frozen=frozen, kinds=kind or (), written=written, progress=tell))
    if errors is not None:
        missed = [_as_error(one) for outcome in outcomes for one in outcome.judged if one.misjudged]
        errors.write_text("".join(json_text.dumps(one, ensure_ascii=False) + "\n" for one in missed), "utf-8")
    if json:
        write_json([_as_json(outcome) for outcome in outcomes])
    else:
        _write(outcomes)


def _write(outcomes: Sequence[Outcome]) -> None:
    header = ("lang", "claims", "kind", "n", "measure", "value", "95 % interval", "contradicted")
    write_table(header, [_row(figure) for outcome in outcomes for figure in outcome.figures])
    write_lines([""])
    for outcome in outcomes:
        absent = f"; {counted(outcome.absent, 'sentence')} of claims written by hand not found" if outcome.absent else ""
        write_lines([f"{outcome.lang}: {counted(len(outcome.judged), 'claim')}{absent}"])
        write_times(f"{outcome.lang}, a claim", outcome.p50, outcome.p95)


def _row(figure: Figure) -> tuple[str, ...]:
    measured = figure.flagged
    count = f" ({measured.total:.0f}/{measured.n})" if measured.small else ""
    claims = f"{figure.expected}, by hand" if figure.written else figure.expected.value
    interval = f"{measured.low:.3f} to {measured.high:.3f}"
    return (
        figure.lang, claims, figure.kind, str(measured.n), _FLAGGED[figure.expected],
        f"{measured.value:.3f}{count}", interval, f"{figure.contradicted:.3f}",
    )  # fmt: skip


def _as_error(one: Judged) -> dict[str, Any]:
    case = one.case
    start, end = case.start - case.passage.start, case.end - case.passage.start
    return {
        **case.record(),
        "title": case.passage.document.title,
        "heading": case.passage.section.heading,
        "verdict": one.verdict.value,
        "reasons": list(one.reasons),
        "said": case.passage.text[start:end],
        "text": case.passage.text,
    }


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "lang": outcome.lang,
        "claims": len(outcome.judged),
        "absent": outcome.absent,
        "milliseconds": {"p50": round(outcome.p50, 3), "p95": round(outcome.p95, 3)},
        "figures": [
            {
                "claims": figure.expected.value,
                "by_hand": figure.written,
                "kind": figure.kind,
                "n": figure.flagged.n,
                _FLAGGED[figure.expected]: figure.flagged.value,
                "low": figure.flagged.low,
                "high": figure.flagged.high,
                "contradicted": figure.contradicted,
            }
            for figure in outcome.figures
        ],
    }
