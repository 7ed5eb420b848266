"""`medrag evaluate listing`: how many annotated adverse reactions stand in what a listing cites."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.listing import Report
    from medrag.evaluate.metrics import Estimate

__all__ = ["listing"]


def listing(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A JSON list of annotated sections, or a folder that holds one.", show_default=False
        ),
    ],
    kb: Kb,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each label of which terms are missing, with the terms.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure how many annotated adverse reactions of a label an answer that lists them cites.

    The file is a JSON list of {"label_id", "section_name", "section_text", "adverse_events": [{"text"}]}. Each label is asked
    for by its label_id, which must be the title of a label in the knowledge base.
    """
    from medrag.evaluate.listing import evaluate_listing

    with open_kb(kb) as base, progress_bar() as tell:
        report = evaluate_listing(data, base, tell)
    if errors is not None:
        errors.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in _missed(report)), "utf-8")
    if json:
        write_json(_as_json(report))
    else:
        _write(report)


def _missed(report: Report) -> list[dict[str, Any]]:
    rows = []
    for one in report.listed:
        missing = [{"kind": t.kind, "text": t.text} for t in one.terms if t.in_label[1] and not t.in_answer[1]]
        if missing or not one.right or one.invalid:
            rows.append({"label": one.label, "first": one.first, "invalid": one.invalid, "missing": missing})
    return rows


def _write(report: Report) -> None:
    header = ("section", "terms stand", "n", "in the label", "cited, of these", "95 % interval")
    rows = [
        (
            line.kind,
            line.rule,
            str(line.in_label.n),
            f"{line.in_label.value:.3f}",
            f"{line.in_answer.value:.4f}",
            f"{line.in_answer.low:.4f} to {line.in_answer.high:.4f}",
        )
        for line in report.lines
    ]
    write_table(header, rows)
    right = report.right
    invalid = sum(one.invalid for one in report.listed)
    lengths = sorted(one.characters for one in report.listed)
    write_lines(
        [
            "",
            f"{counted(right.n, 'label')}: right label first {right.value:.3f} ({right.total:.0f}/{right.n}; "
            f"{right.low:.3f} to {right.high:.3f}), {counted(invalid, 'citation')} or claims that are not the label's own words, "
            f"answers of {lengths[len(lengths) // 2]:,} characters (median), {lengths[-1]:,} at most",
        ]
    )


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "terms": [
            {"section": line.kind, "rule": line.rule, "in_label": _numbers(line.in_label), "cited": _numbers(line.in_answer)}
            for line in report.lines
        ],
        "right": _numbers(report.right),
        "invalid": sum(one.invalid for one in report.listed),
    }


def _numbers(estimate: Estimate) -> dict[str, float]:
    return {"n": estimate.n, "value": estimate.value, "low": estimate.low, "high": estimate.high}
