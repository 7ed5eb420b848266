"""The tables that ship with the package, as rows of cells: drug names, classes, look-alike names, look-alike characters."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["table"]


def table(name: str) -> list[list[str]]:
    """The rows of a table of this folder, each as its cells; lines that begin with # and empty ones are left out."""
    text = files("medrag.kb.terms").joinpath(name).read_text("utf-8")
    return [
        [cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip() and not line.startswith("#")
    ]
