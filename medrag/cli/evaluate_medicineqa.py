"""`medrag evaluate medicineqa`: the right medicine and section found for a dialogue, and well-formed search calls."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, counted, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.cli.questions import LlmName
from medrag.cli.settings import EXTRACTIVE, Writer

if TYPE_CHECKING:
    from medrag.evaluate.medicineqa import Report

__all__ = ["medicineqa"]


def medicineqa(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A file of dialogues, or a folder with eval/medicineqa.", show_default=False)
    ],
    kb: Annotated[
        str | None,
        typer.Option("--kb", metavar="FOLDER", help="The knowledge base; without, one is made of the dialogues' own evidence."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write rankings and what is right in TREC's form.")
    ] = None,
    llm: LlmName = EXTRACTIVE,
    json: AsJson = False,
) -> None:
    """Measure retrieval for dialogues at the level of documents (medicines) and attributes (sections of their labels).

    Rows hold question, history ([{role, content}]) and evidence ([{drug, section, text}]), or are those of PULSE-EVAL's
    MedicineQA_RAG.jsonl. With --llm, also how many of the model's search calls are well formed.
    """
    from medrag.evaluate.medicineqa import FILE, evaluate_medicineqa, read_medicineqa, write_evidence
    from medrag.ingest.build import build

    dialogues = read_medicineqa(data / FILE if data.is_dir() else data)
    model = None if llm == EXTRACTIVE else Writer(llm).model()
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if kb is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="medrag-evaluate-")))
            build(write_evidence(dialogues, folder / "medicineqa.jsonl"), folder / "labels.kb")
            kb = str(folder / "labels.kb")
        base = stack.enter_context(open_kb(kb))
        tell = stack.enter_context(progress_bar())
        report = evaluate_medicineqa(dialogues, base, model=model, out=out, progress=tell)
    if json:
        write_json(_as_json(report))
    else:
        _write(report)


def _write(report: Report) -> None:
    rows = [
        (level, name, str(one.n), f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}")
        for level, measures in report.figures.items()
        for name, one in measures.items()
    ]
    write_table(("level", "measure", "n", "value", "95 % interval"), rows)
    write_lines(
        ["", f"{counted(report.dialogues, 'dialogue')}, {report.absent} left out: their evidence is not in the knowledge base"]
    )
    if report.calls is not None:
        one = report.calls
        write_lines(
            [f"well-formed search calls: {one.value:.3f} ({one.total:.0f} of {one.n}; {one.low:.3f} to {one.high:.3f})"]
        )


def _as_json(report: Report) -> dict[str, Any]:
    from dataclasses import asdict

    figures = {level: {name: asdict(one) for name, one in measures.items()} for level, measures in report.figures.items()}
    calls = None if report.calls is None else asdict(report.calls)
    return {"dialogues": report.dialogues, "absent": report.absent, "figures": figures, "calls": calls}
