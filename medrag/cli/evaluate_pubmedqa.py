"""`medrag evaluate pubmedqa`: yes, no or maybe from an abstract, by a language model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from medrag.cli.doctor import API_KEY
from medrag.cli.output import AsJson, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

__all__ = ["pubmedqa"]


def pubmedqa(
    data: Annotated[Path, typer.Argument(metavar="FILE.json", help="PubMedQA's file of questions.", show_default=False)],
    llm: Annotated[
        str, typer.Option("--llm", metavar="NAME", help="Who decides: http:URL#MODEL, hf:PATH or recorded:FILE.jsonl.")
    ],
    kept: Annotated[
        Path | None,
        typer.Option("--replies", metavar="FILE.jsonl", help="Keep the replies here; what is there is not asked again."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Let a model decide yes, no or maybe for each question of PubMedQA from its abstract.

    The file is one object: {"PMID": {"QUESTION", "CONTEXTS", "final_decision"}}.
    """
    from dataclasses import asdict

    from medrag.evaluate.judges.replies import replies_of
    from medrag.evaluate.pubmedqa import decide, read_pubmedqa, report

    questions = read_pubmedqa(data)
    with progress_bar() as tell:
        found = report(decide(questions, replies_of(llm, kept=kept, api_key=os.environ.get(API_KEY)), tell))
    if json:
        write_json(asdict(found))
        return
    one = found.accuracy
    rows = [
        ("accuracy", str(one.n), f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}"),
        ("macro F1", str(one.n), f"{found.macro_f1:.3f}", ""),
        ("always the commonest", str(one.n), f"{found.commonest:.3f}", ""),
    ]
    write_table(("measure", "n", "value", "95 % interval"), rows)
    write_lines(
        [
            "",
            f"{found.unreadable} replies decide nothing and count as wrong; {found.faults} questions without a reply are left out",
        ]
    )
