"""`medrag evaluate exams`: multiple choice by retrieval alone, or by a model from memory and shown evidence."""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.doctor import API_KEY
from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.errors import EvaluationError

if TYPE_CHECKING:
    from medrag.evaluate.choices import Exam
    from medrag.evaluate.sitting import Sat

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
    shots: Annotated[int, typer.Option(metavar="N", min=0, max=20, help="With --llm: so many worked examples.")] = 0,
    examples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --shots: take the examples from here, not from the exam's first questions."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The answers (id, answer), where a file holds only the questions.")
    ] = None,
    question_only: Annotated[
        bool,
        typer.Option("--question-only", help="With --llm: find passages by the question without its options, as MIRAGE does."),
    ] = False,
    replies: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="With --llm: keep its replies here.")] = None,
    json: AsJson = False,
) -> None:
    """Choose the option that the evidence supports best, without a language model: a floor for what a model adds.

    With --llm the model sits the exam twice, from memory and shown evidence, and what evidence adds is the difference.

    Files as they are found: CMExam (csv), MedQA and MMedBench, MedMCQA, MLEC-QA, CMB (its answers by --key), MIRAGE's
    benchmark.json; or a csv, xlsx, json or jsonl of your own (NEEP-306 and the like) with question, answer and options, or
    with a column for each letter.
    """
    if llm:
        _sit_with_model(data, kb, llm, _Sitting(shots, examples, key, question_only, replies), json)
        return
    if shots or examples is not None or question_only or replies is not None:
        raise EvaluationError("--shots, --examples, --question-only and --replies are for a model: name one with --llm")
    _by_retrieval(data, kb, key, rows, json)


def _by_retrieval(data: Path, kb: str, key: Path | None, rows: Path | None, json: bool) -> None:
    from medrag.evaluate.choices import chosen_rows, sit_exams

    with open_kb(kb) as base, progress_bar() as tell:
        found = sit_exams(data, base, tell, key=key)
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


@dataclass(frozen=True, slots=True)
class _Sitting:
    """How a model sits an exam."""

    shots: int
    examples: Path | None
    key: Path | None
    question_only: bool
    replies: Path | None


def _sit_with_model(data: Path, kb: str, llm: str, how: _Sitting, json: bool) -> None:
    from medrag.evaluate.exams import exams_of, read_exam
    from medrag.evaluate.judges.replies import replies_of
    from medrag.evaluate.sitting import as_rows, sit_with_model

    exams, worked = exams_of(data, key=how.key), [] if how.examples is None else read_exam(how.examples)
    model = replies_of(llm, kept=how.replies, api_key=os.environ.get(API_KEY))
    with open_kb(kb) as base, progress_bar() as tell:
        sat = [
            sit_with_model(
                name,
                questions,
                base,
                model,
                shots=how.shots,
                examples=worked,
                by_question_alone=how.question_only,
                progress=tell,
            )
            for name, questions in exams.items()
        ]
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
    _write_classes(sat)
    write_lines(
        [
            "",
            f"{model.name}, {counted(how.shots, 'worked example')}. Unreadable replies are wrong; questions without a reply are left out.",
        ]
    )


def _write_classes(sat: Sequence[Sat]) -> None:
    """Each class of an exam that has such and their plain mean; over several exams the mean of all."""
    rows = []
    for one in sat:
        rows += [(one.name, name, str(n), f"{a:.3f}", f"{b:.3f}") for name, (a, b, n) in one.classes.items()]
        if one.macro is not None:
            rows.append((one.name, "mean of classes", "", f"{one.macro[0]:.3f}", f"{one.macro[1]:.3f}"))
    if len(sat) > 1:
        closed, shown = (
            sum(values) / len(sat) for values in zip(*((one.closed.value, one.shown.value) for one in sat), strict=True)
        )
        rows.append(("all", "mean of exams", "", f"{closed:.3f}", f"{shown:.3f}"))
    if rows:
        write_lines([""])
        write_table(("exam", "class", "n", "from memory", "shown evidence"), rows)


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
