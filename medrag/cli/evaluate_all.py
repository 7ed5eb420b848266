"""`medrag evaluate all`: every evaluation that needs no model and whose data are there, several at a time, and one report."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from medrag.cli.output import Kb, counted, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.errors import EvaluationError

__all__ = ["every"]

RUN = "run"  # the folder of the run of all questions


@dataclass(frozen=True, slots=True)
class _Part:
    """A command of `medrag evaluate`, and of what one must be in the folder of data for it to say something."""

    name: str
    needs: tuple[str, ...]
    arguments: tuple[str, ...] = ("DATA", "--kb", "KB")


QUESTIONS = tuple(f"eval/{name}/dev.jsonl" for name in ("user_questions_zh", "medicineqa", "medicationqa_en"))
# The longest first, so that the last to end is a short one.
PARTS = (
    _Part("pointers", ("labels",), ("--kb", "KB", "--source", "DATA/labels")),
    _Part("conversations", QUESTIONS),
    _Part("retrieval", QUESTIONS),
    _Part("exams", ("eval/exams",)),
    _Part("abstention", ("eval/absent_drug",)),
    _Part(
        RUN,
        (*QUESTIONS, "eval/absent_drug", "eval/qizhen/indications.csv"),
        ("DATA", "--kb", "KB", "--out", "OUT/run", "--workers", "1"),
    ),
    _Part("listing", ("labels/en/onsides_train.json",)),
    _Part("medicineqa", ("eval/medicineqa/dev.jsonl",), ("DATA", "--out", "OUT/trec")),
    _Part("indications", ("eval/qizhen/indications.csv",)),
    _Part("replay", ("eval/pulse", "eval/disc"), ("DATA",)),
)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a part ended: its exit code, and how long it took in seconds, waiting included."""

    part: _Part
    code: int
    seconds: float


def every(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder with eval/ and labels/.", show_default=False)],
    kb: Kb,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where each table, the run and the report go.")],
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=16, help="Evaluations under way at once.")] = 2,
) -> None:
    """Run every evaluation of a folder of data that needs no language model, the extractive writer answering.

    Each is a command of `medrag evaluate` in a process of its own; what it prints is in FOLDER/NAME.txt, and report.html shows the run.
    """
    parts = [part for part in PARTS if any((data / name).exists() for name in part.needs)]
    if not parts:
        raise EvaluationError(f"{data}: wanted a folder with {QUESTIONS[0]} or the like, found none")
    out.mkdir(parents=True, exist_ok=True)
    started = perf_counter()
    with progress_bar() as tell:
        ended = []
        for one in _ended(parts, data, kb, out, workers):
            ended.append(one)
            tell(one.part.name, len(ended), len(parts))
    write_table(
        ("evaluation", "seconds", "exit", "table"),
        [(one.part.name, f"{one.seconds:.0f}", str(one.code), f"{out / one.part.name}.txt") for one in ended],
    )
    write_lines(["", f"{counted(len(ended), 'evaluation')} in {perf_counter() - started:.0f} s, {workers} at once"])
    if any(one.part.name == RUN and one.code == 0 for one in ended):
        from medrag.evaluate.report.page import write_report

        write_lines([f"{path}" for path in write_report([out / RUN], out / "report.html")])
    failed = [one for one in ended if one.code]
    if failed:
        said = (out / f"{failed[0].part.name}.err").read_text("utf-8", "replace").strip().splitlines()
        raise EvaluationError(f"{failed[0].part.name} did not end well: {said[-1] if said else f'exit code {failed[0].code}'}")


def _ended(parts: list[_Part], data: Path, kb: str, out: Path, workers: int) -> Iterator[_Ended]:
    def ended(part: _Part) -> _Ended:
        values = {"DATA": str(data), "KB": kb, "OUT": str(out)}
        arguments = [values.get(one) or _within(one, values) for one in part.arguments]
        started = perf_counter()
        with (out / f"{part.name}.txt").open("wb") as table, (out / f"{part.name}.err").open("wb") as errors:
            command = [sys.executable, "-m", "medrag", "evaluate", part.name, *arguments]
            code = subprocess.run(
                command, stdout=table, stderr=errors, env={**os.environ, "PYTHONUTF8": "1"}, check=False
            ).returncode
        return _Ended(part, code, perf_counter() - started)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(ended, parts)


def _within(argument: str, values: dict[str, str]) -> str:
    """An argument that is a path within one of the folders, or stands as it is."""
    first, slash, rest = argument.partition("/")
    return f"{values[first]}/{rest}" if slash and first in values else argument
