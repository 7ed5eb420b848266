"""`medrag ingest`: files and folders into a knowledge base, and the report of what came of each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.ingest.build import FileReport, Report

__all__ = ["ingest"]

_SHOWN = 20  # files, faults and headings of each kind that are printed; --json has all
_COUNTS = ("read", "added", "updated", "unchanged", "failed")


def ingest(
    kb: Kb,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders to read.", show_default=False)
    ] = None,
    names: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A table of names, aliases or codes; may be repeated.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="The collection they belong to.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A tag for every document; may be repeated.")] = None,
    format: Annotated[str | None, typer.Option(metavar="NAME", help="Read every file with this reader.")] = None,
    map: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="How the columns are to be read.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes that prepare what is read.", show_default="one a core")
    ] = None,
    json: AsJson = False,
) -> None:
    """Read files and folders into a knowledge base.

    What each file is (labels, a graph, names, a text) is found out; the knowledge base is made if it is not there.
    """
    from medrag.ingest.build import build
    from medrag.ingest.mapping import read_mapping
    from medrag.ingest.registry import reader

    if not paths and not names:
        raise typer.BadParameter("there is nothing to read: name files or folders, or a table of names (--names FILE)")
    if format is not None:
        reader(format)  # a wrong name is said before anything is made
    mapping = None if map is None else read_mapping(map)
    began = perf_counter()
    with progress_bar() as tell:
        report = build(
            paths or (), kb, source=source, tags=tag or (), format=format, mapping=mapping, names=names or (), progress=tell, jobs=jobs
        )  # fmt: skip
    if json:
        write_json(_as_json(report))
    else:
        _write_report(report, perf_counter() - began)
        if not report.files:
            write_lines(["there is no file to read in " + ", ".join(str(path) for path in [*(paths or ()), *(names or ())])])
    if not report.ok:
        raise typer.Exit(1)


def _as_json(report: Report) -> dict[str, Any]:
    totals = {name: getattr(report, name) for name in _COUNTS}
    return {"ok": report.ok, "commit": report.commit, **totals, "files": [_file_as_json(file) for file in report.files]}


def _file_as_json(file: FileReport) -> dict[str, Any]:
    return {
        "path": file.path,
        "reader": file.reader,
        **{name: getattr(file, name) for name in _COUNTS},
        "skipped_reason": file.skipped_reason,
        "unmapped": dict(file.unmapped),
        "problems": [
            {"file": problem.place.file, "record": problem.place.record, "reason": problem.reason} for problem in file.problems
        ],
    }


def _write_report(report: Report, seconds: float) -> None:
    read = [file for file in report.files if not file.skipped_reason]
    if read:
        rows = [[file.path, file.reader or "-", *(f"{getattr(file, name):,}" for name in _COUNTS)] for file in read]
        write_table(("file", "reader", *_COUNTS), rows[:_SHOWN])
        if len(rows) > _SHOWN:
            write_lines([f"… and {counted(len(rows) - _SHOWN, 'more file')} (--json lists all)"])
    unmapped: Counter[str] = Counter()
    for file in report.files:
        unmapped.update(file.unmapped)
    _write_some("heading", "without a section code", [f"{heading} ({n:,})" for heading, n in unmapped.most_common()])
    skipped = [f"{file.path}: {file.skipped_reason}" for file in report.files if file.skipped_reason]
    _write_some("file", "passed over, being no document", skipped)
    unread = [f"{problem.place}: {problem.reason}" for file in report.files for problem in file.problems]
    _write_some("record or file", "that could not be read", unread)
    totals = ", ".join(f"{getattr(report, name):,} {name}" for name in _COUNTS)
    write_lines([f"{counted(len(report.files), 'file')}: {totals}; commit {report.commit}, {seconds:.1f} s"])


def _write_some(noun: str, what: str, lines: list[str]) -> None:
    """Writes the first lines of a list and how many more there are."""
    if lines:
        more = [f"  … and {len(lines) - _SHOWN:,} more (--json lists all)"] if len(lines) > _SHOWN else []
        write_lines([f"{counted(len(lines), noun)} {what}:", *(f"  {line}" for line in lines[:_SHOWN]), *more])
