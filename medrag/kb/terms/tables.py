"""The tables that ship with the package, as rows of cells: drug names, classes, look-alike names, look-alike characters."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from pathlib import Path

__all__ = ["MADE_OF", "NEAR", "digest_of", "made_near", "table"]

NEAR = "near"  # the folder of the index that is made of `_SOURCES` (`medrag.kb.terms.made`)
MADE_OF = "made_of"  # the file in it that says of which state of them
_SOURCES = ("drugs.tsv", "lookalikes.tsv", "shapes.tsv", "simplified.tsv", "syllables.tsv")


def table(name: str) -> list[list[str]]:
    """The rows of a table of this folder, each as its cells; lines that begin with # and empty ones are left out."""
    text = files("medrag.kb.terms").joinpath(name).read_text("utf-8")
    return [
        [cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip() and not line.startswith("#")
    ]


def digest_of() -> str:
    """The SHA-256 of the tables that the index of shipped names is made of."""
    found = sha256()
    for name in _SOURCES:
        found.update(files("medrag.kb.terms").joinpath(name).read_bytes())
    return found.hexdigest()


def made_near() -> Path | None:
    """The folder of the index of shipped names; None where a table was edited since it was made, or the package is no folder."""
    folder = files("medrag.kb.terms").joinpath(NEAR)
    made_of = folder.joinpath(MADE_OF)
    if not isinstance(folder, Path) or not made_of.is_file() or made_of.read_text("utf-8").strip() != digest_of():
        return None
    return folder
