"""`medrag evaluate terms`: diagnoses and operations as somebody wrote them, and the standard terms that are ranked for them."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table
from medrag.errors import EvaluationError

__all__ = ["terms"]


def terms(
    data: Annotated[
        Path, typer.Argument(metavar="FILE", help="CHIP-CDN's or Yidu-N7K's file, or your own.", show_default=False)
    ],
    kb: Kb,
    kind: Annotated[str, typer.Option(metavar="KIND", help="disease or operation.")] = "disease",
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write each term whose first standard term is not right.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure how written terms are brought to standard ones: right first, among five, and all of several.

    Rows hold text and normalized_result (CHIP-CDN), or 原始词 and 标准词 (Yidu-N7K); ## stands between several. The knowledge base is
    made of the list of standard terms: `medrag ingest codes.xlsx --kb codes.kb`.
    """
    from medrag.evaluate.metrics import estimate
    from medrag.evaluate.readers import written_terms
    from medrag.evaluate.terms import score_terms
    from medrag.types import EntityKind

    if kind not in (EntityKind.DISEASE, EntityKind.OPERATION):
        raise EvaluationError(f"--kind {kind}: wanted {EntityKind.DISEASE} or {EntityKind.OPERATION}")
    cases = written_terms(data)
    with open_kb(kb) as base:
        scored = score_terms(cases, base, EntityKind(kind))
    there = [one for one in scored if not one.absent]
    if not there:
        raise EvaluationError(f"{kb}: none of the standard terms is in it: ingest their list first, and see --kind")
    if errors is not None:
        rows: list[dict[str, Any]] = [
            {"id": one.id, "written": one.question, "found": one.found, "wanted": one.wanted}
            for one in there
            if not one.values["Success@1"]
        ]
        errors.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    figures = {name: estimate([one.values[name] for one in there]) for name in there[0].values}
    if json:
        write_json(
            {
                "terms": len(scored),
                "absent": len(scored) - len(there),
                "figures": {name: {"n": e.n, "value": e.value, "low": e.low, "high": e.high} for name, e in figures.items()},
            }
        )
        return
    table = [(name, str(e.n), f"{e.value:.3f}", f"{e.low:.3f} to {e.high:.3f}") for name, e in figures.items()]
    write_table(("measure", "n", "value", "95 % interval"), table)
    absent = len(scored) - len(there)
    write_lines(
        ["", f"{counted(len(scored), 'term')}, {absent:,} left out: no standard term of theirs is in the knowledge base"]
    )
