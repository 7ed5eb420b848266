"""What the commands share in writing: JSON, lines, tables, and opening the knowledge base they are called for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medrag.kb.base import KnowledgeBase

__all__ = ["AsJson", "Kb", "counted", "open_kb", "wide", "write_json", "write_lines", "write_table", "write_times"]

Kb = Annotated[str, typer.Option("--kb", metavar="FOLDER|URL", help="The knowledge base: a folder, or a database.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def open_kb(kb: str, *, outdated: bool = False) -> KnowledgeBase:
    """The knowledge base at a path; `NotFoundError` where there is none. `outdated` opens it for reindexing."""
    from medrag.kb.base import KnowledgeBase

    return KnowledgeBase.open(kb, outdated=outdated)


def write_json(value: object) -> None:
    """Writes the value as one line of JSON: characters as they are where the stream is UTF-8, else escaped as JSON does."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not utf8) + "\n")


def counted(count: int, noun: str) -> str:
    """`1 file`, `1,200 files`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def write_lines(lines: Iterable[str]) -> None:
    """Writes lines of text."""
    for line in lines:
        sys.stdout.write(line + "\n")


def write_times(what: str, p50: float, p95: float) -> None:
    """Writes milliseconds to the error stream: of an evaluation that is run twice, all else is the same to the byte."""
    sys.stderr.write(f"{what}: p50 {p50:.1f} ms, p95 {p95:.1f} ms\n")


def wide(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Writes rows under a header, columns aligned: numbers to the right, text to the left."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(wide(row[at]) for row in cells) for at in range(len(header))]
    numeric = [all(row[at].replace(",", "").isdigit() for row in rows) for at in range(len(header))]
    for row in cells:
        padded = (
            " " * (width - wide(cell)) + cell if right else cell + " " * (width - wide(cell))
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        sys.stdout.write("  ".join(padded).rstrip() + "\n")
