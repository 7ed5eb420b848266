"""`medrag evaluate exams`: multiple choice by retrieval alone."""

from __future__ import annotations

import json as json_text
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.doctor import API_KEY
from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.choices import Exam

__all__ = ["exams"]


def exams(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A file of questions with options, or a folder with eval/exams.", show_default=False
        ),
    ],
    kb: Kb,
    rows: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="Write what was chosen for each question.")] = None,
    llm: Annotated[
        str,
        typer.Option("--llm", metavar="NAME", help="Let a model sit the exam: http:URL#MODEL, hf:PATH, recorded:FILE.jsonl."),
    ] = "",
    shots: Annotated[int, typer.Option(metavar="N", min=0, max=20, help="With --llm: the first questions as examples.")] = 0,
    replies: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="With --llm: keep its replies here.")] = None,
    json: AsJson = False,
) -> None:
    """Choose the option that the evidence supports best, without a language model: a floor for what a model adds.

    With --llm the model sits the exam twice, from memory and shown evidence, and what evidence adds is the difference.

    Files: CMExam's csv (Question, Options, Answer), one JSON object a line with question, options {"A": ...} and answer_idx,
    or with question, opa to opd, cop (1 to 4) and id.
    """
    from medrag.evaluate.choices import chosen_rows, sit_exams

    if llm:
        _sit_with_model(data, kb, llm, shots, replies, json)
        return
    with open_kb(kb) as base, progress_bar() as tell:
        found = sit_exams(data, base, tell)
    if rows is not None:
        rows.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in chosen_rows(found)), "utf-8")
    if json:
        write_json([_as_json(one) for one in found])
        return
    table = [
        (
            one.name,
            str(one.accuracy.n),
            f"{one.accuracy.value:.3f}",
            f"{one.accuracy.low:.3f} to {one.accuracy.high:.3f}",
            f"{one.chance:.3f}",
            str(one.undecided),
            str(one.several),
        )
        for one in found
    ]
    write_table(("exam", "n", "accuracy", "95 % interval", "chance", "undecided", "several right"), table)
    total = sum(one.accuracy.n for one in found)
    write_lines(
        [
            "",
            f"{counted(total, 'question')} by retrieval alone, no language model. Undecided ones count as a guess among the best;",
            "questions with several right letters are left out.",
        ]
    )


def _sit_with_model(data: Path, kb: str, llm: str, shots: int, replies: Path | None, json: bool) -> None:
    from medrag.evaluate.choices import exams_of
    from medrag.evaluate.judges.replies import replies_of
    from medrag.evaluate.sitting import as_rows, sit_with_model

    model = replies_of(llm, kept=replies, api_key=os.environ.get(API_KEY))
    with open_kb(kb) as base, progress_bar() as tell:
        sat = [sit_with_model(file.stem, read, base, model, shots=shots, progress=tell) for file, read in exams_of(data)]
    if json:
        write_json(as_rows(sat))
        return
    table = [
        (
            one.name,
            str(one.shown.n),
            f"{one.closed.value:.3f}",
            f"{one.shown.value:.3f}",
            f"{one.difference.value:+.3f}",
            f"{one.difference.low:+.3f} to {one.difference.high:+.3f}",
            f"{one.unreadable[0]} / {one.unreadable[1]}",
            f"{one.faults[0]} / {one.faults[1]}",
        )
        for one in sat
    ]
    header = ("exam", "n", "from memory", "shown evidence", "difference", "95 % interval", "unreadable", "no reply")
    write_table(header, table)
    write_lines(
        [
            "",
            f"{model.name}, {counted(shots, 'worked example')}. Unreadable replies are wrong; questions without a reply are left out.",
        ]
    )


def _as_json(one: Exam) -> dict[str, Any]:
    return {
        "exam": one.name,
        "n": one.accuracy.n,
        "accuracy": one.accuracy.value,
        "low": one.accuracy.low,
        "high": one.accuracy.high,
        "chance": one.chance,
        "undecided": one.undecided,
        "several_right": one.several,
    }
