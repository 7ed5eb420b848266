"""`medrag evaluate pointers`: whether citations stand where they say, with and without the knowledge base."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.answer.record.check import Fault

__all__ = ["pointers"]

_SHOWN = 10  # faults that are printed


def pointers(
    kb: Kb,
    n: Annotated[int, typer.Option("--n", metavar="N", min=1, help="How many citations to draw.")] = 10_000,
    source: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Check again with the labels' own files and nothing else; may be repeated."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Draw citations over all labels, always the same ones, and check that each stands where it says."""
    from medrag.evaluate.pointers import check_pointers

    with open_kb(kb) as base, progress_bar() as tell:
        checked = check_pointers(base, n=n, sources=source or (), progress=tell)
    if json:
        write_json(asdict(checked))
        return
    write_lines([f"{counted(checked.citations, 'citation')} of {counted(checked.labels, 'label')}: {_held(checked.wrong)}"])
    write_lines(f"  {count:,} {kind}" for kind, count in sorted(checked.kinds.items()))
    if source:
        write_lines([f"again without the knowledge base, from the files: {_held(checked.wrong_in_files)}"])
    write_lines(
        f"  {fault.where} ({fault.kind}): {fault.message}" for fault in (*checked.wrong, *checked.wrong_in_files)[:_SHOWN]
    )


def _held(faults: tuple[Fault, ...]) -> str:
    return counted(len(faults), "fault") if faults else "all stand where they say"
