"""What can be wrong with a stored answer, and where its documents are looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medrag.types import Document, DocumentInfo

__all__ = ["Fault", "Lookup", "short"]

SHOWN = 60  # characters of a quote in a message

# The documents that a citation may mean, likeliest first; none where there is no such document.
Lookup = Callable[[DocumentInfo], Sequence[Document]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold: where in the record, of what kind, and what was wanted and seen.

    The kinds are document (not there), details, reader, span, hash, marker, offsets, words, statement and verdict. A `reader` fault is a difference
    of release, not of the source: the document was read by another version of its reader, so that its offsets may have moved.
    """

    where: str
    kind: str
    message: str


def short(text: str) -> str:
    """The text on one line, its end cut off."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
