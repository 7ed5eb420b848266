"""`medrag evaluate abstention`: how well answers are withheld where the knowledge base does not answer."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.abstention import Report
    from medrag.evaluate.metrics import Estimate

__all__ = ["abstention"]

_COUNTED = frozenset({"refused", "false refusals", "unsupported answers"})


def abstention(
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...", help="Folders of question files, with absent_zh.jsonl or absent_en.jsonl.", show_default=False
        ),
    ],
    kb: Kb,
    frozen: Annotated[bool, typer.Option("--frozen", help="Ask the questions put aside for the end, and no others.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="SCORE", min=0.0, max=1.0, help="Answer from this score on; default: the model's own."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Score by this model instead of the package's own.")
    ] = None,
    fit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Fit a model to the questions, write it, and show its figures.")
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each question that is answered or refused wrongly.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure what is refused, rightly and wrongly, and how many of the answers given are unsupported.

    A question that nothing answers is a line {"id", "question", "kind", "part"} of absent_zh.jsonl or absent_en.jsonl, where
    kind is absent-drug, absent-section, absent-point, look-alike, class-or-herb or outside. The figures of a model that was
    fitted to the same questions flatter it: its curve, which `threshold_for` goes by, is of models that had not seen them.
    """
    from medrag.answer.confidence import default_model, read_model
    from medrag.evaluate.abstention import asked, report
    from medrag.evaluate.abstention_fit import fit_confidence

    chosen = default_model() if model is None else read_model(model)
    with progress_bar() as tell:
        questions = asked(data, kb=Path(kb), frozen=frozen, progress=tell)
    if fit is not None:
        chosen = fit_confidence(questions, threshold=chosen.threshold if threshold is None else threshold)
        chosen.save(fit)
    found = report(questions, chosen, threshold)
    if errors is not None:
        errors.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in _wrong(found)), "utf-8")
    if json:
        write_json(_as_json(found))
    else:
        _write(found)
    if fit is not None and not json:
        write_table(
            ("held out: threshold", "risk", "coverage"),
            [(f"{point.threshold:.2f}", f"{point.risk:.3f}", f"{point.coverage:.3f}") for point in chosen.curve[::5]],
        )


def _wrong(found: Report) -> list[dict[str, Any]]:
    rows = []
    for question, score in found.scored:
        given = question.features.quoted and score >= found.threshold
        fault = ("unsupported" if not question.supported else "") if given else ("refused" if question.answerable else "")
        if fault:
            rows.append(
                {
                    "id": question.id,
                    "group": question.group,
                    "asked": question.text,
                    "fault": fault,
                    "score": score,
                    "quoted": question.quoted,
                    "features": {name: value for name, value in question.features.values.items() if value},
                }
            )
    return rows


def _write(found: Report) -> None:
    write_table(
        ("measure", "questions", "n", "value", "95 % interval"),
        [(line.measure, line.group, str(line.estimate.n), *_figures(line.measure, line.estimate)) for line in found.lines],
    )
    write_lines([""])
    write_table(
        ("language", "coverage", "threshold", "unsupported answers", "refused of the absent"),
        [
            (point.lang, f"{point.coverage:.3f}", f"{point.threshold:.3f}", f"{point.risk:.3f}", f"{point.refused:.3f}")
            for point in found.points
        ],
    )
    answerable = sum(question.answerable for question, _ in found.scored)
    absent = len(found.scored) - answerable
    write_lines(
        ["", f"{counted(answerable, 'answerable question')}, {absent:,} that nothing answers; threshold {found.threshold:.2f}"]
    )


def _figures(measure: str, value: Estimate) -> tuple[str, str]:
    count = f" ({value.total:.0f}/{value.n})" if measure in _COUNTED else ""
    return f"{value.value:.3f}{count}", f"{value.low:.3f} to {value.high:.3f}"


def _as_json(found: Report) -> dict[str, Any]:
    return {
        "threshold": found.threshold,
        "figures": [
            {
                "measure": line.measure,
                "group": line.group,
                "n": line.estimate.n,
                "value": line.estimate.value,
                "low": line.estimate.low,
                "high": line.estimate.high,
            }
            for line in found.lines
        ],
        "points": [
            {
                "language": point.lang,
                "coverage": point.coverage,
                "threshold": point.threshold,
                "unsupported": point.risk,
                "refused": point.refused,
            }
            for point in found.points
        ],
    }
