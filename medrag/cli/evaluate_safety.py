"""`medrag evaluate safety`: how much of what readers found in labels the medication check finds."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table

if TYPE_CHECKING:
    from medrag.evaluate.metrics import Estimate
    from medrag.evaluate.safety import Checked, Report

__all__ = ["safety"]


def safety(
    data: Annotated[
        Path,
        typer.Argument(metavar="LIST", help="A list of checks, JSON lines or CSV, or a folder of them.", show_default=False),
    ],
    kb: Kb,
    frozen: Annotated[bool, typer.Option("--frozen", help="The rows kept back (part: frozen) instead of the others.")] = False,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each row that is missed or raised wrongly.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure the sensitivity and the specificity of the medication check on a list that somebody read from labels.

    A row is {"medicines", "patient", "expected", "kind", "label"}: expected is none, some, contraindicated, avoid, caution,
    monitor or noted; kind (interaction, pregnancy, …) and label (a document's key or title) narrow what counts.
    """
    from medrag.evaluate.safety import evaluate_safety

    with open_kb(kb) as base:
        report = evaluate_safety(data, base, frozen=frozen)
    wrong = [one for one in report.checked if not one.right]
    if errors is not None:
        errors.write_text("".join(json_text.dumps(_row(one), ensure_ascii=False) + "\n" for one in wrong), "utf-8")
    if json:
        write_json(_as_json(report))
        return
    header = (
        "rows",
        "positive",
        "sensitivity",
        "95 % interval",
        "negative",
        "specificity",
        "95 % interval",
        "severity as expected",
    )
    write_table(
        header,
        [[line.kind, *_cells(line.sensitivity), *_cells(line.specificity), _share(line.severity)] for line in report.lines],
    )
    write_lines(["", f"{counted(len(report.checked), 'row')}, {counted(len(wrong), 'row')} wrong"])


def _cells(found: Estimate | None) -> list[str]:
    if found is None:
        return ["0", "-", "-"]
    return [str(found.n), f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}"]


def _share(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.3f} ({found.total:.0f}/{found.n})"


def _row(one: Checked) -> dict[str, object]:
    case = one.case
    patient = case.patient.model_dump(mode="json", exclude_defaults=True) if case.patient is not None else None
    return {
        "id": case.id, "medicines": list(case.medicines), "patient": patient, "kind": case.kind, "label": case.label,
        "expected": case.expected, "found": one.severity or "none", "quote": one.quote,
    }  # fmt: skip


def _as_json(report: Report) -> dict[str, object]:
    return {
        "lines": [
            {
                "kind": line.kind,
                "sensitivity": _dict(line.sensitivity),
                "specificity": _dict(line.specificity),
                "severity": _dict(line.severity),
            }
            for line in report.lines
        ],
        "wrong": [_row(one) for one in report.checked if not one.right],
    }


def _dict(found: Estimate | None) -> dict[str, float] | None:
    return None if found is None else {"n": found.n, "value": found.value, "low": found.low, "high": found.high}
