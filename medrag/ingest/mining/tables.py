"""The tables that mining reads, as rows of cells: how names of conditions end."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["table"]


def table(name: str) -> list[list[str]]:
    """The rows of a table of this folder, each as its cells; lines that begin with # and empty ones are left out."""
    text = files("medrag.ingest.mining").joinpath(name).read_text("utf-8")
    return [
        [cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip() and not line.startswith("#")
    ]
