"""Claims that a reader wrote by hand about sentences of labels: one that says what the sentence says, one with an error in it.

The files hold no text of a label: a row names its document, the section's heading, the first characters and the SHA-256
of the sentence, and the sentence is looked up in the knowledge base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from medrag.errors import EvaluationError
from medrag.evaluate.changes.cases import ClaimCase, Expected
from medrag.evaluate.rows import Shape, json_rows
from medrag.kb.base import KnowledgeBase
from medrag.sentences import sentences
from medrag.types import DocumentInfo, Passage, digest

__all__ = ["read_written"]


class _Row(Shape):
    """One sentence of a label and what was written about it; `fault` says what is wrong with `wrong`."""

    id: str
    source: str
    key: str
    heading: str
    begins: str
    sha256: str
    right: str
    wrong: str
    fault: str


def read_written(folder: Path, kb: KnowledgeBase, lang: str) -> tuple[list[ClaimCase], int]:
    """The claims written in a language, two a row, and how many rows name a sentence that is not in the knowledge base.

    Raises `EvaluationError` where the file is not there, cannot be read, or none of its sentences is in the knowledge base.
    """
    path = folder / f"{lang}.jsonl"
    if not path.is_file():
        raise EvaluationError(f"{path}: there is no such file of claims written by hand")
    documents = {(d.source, d.key): d for d in kb.documents()}
    rows = [row for _, row in json_rows(path, _Row)]
    found = [(row, place) for row in rows for place in [_place(row, kb, documents)] if place is not None]
    if rows and not found:
        raise EvaluationError(f"{path}: the knowledge base holds none of the {len(rows)} sentences that the claims are about")
    return [case for row, place in found for case in _cases(row, place, lang)], len(rows) - len(found)


def _place(row: _Row, kb: KnowledgeBase, documents: Mapping[tuple[str, str], DocumentInfo]) -> tuple[Passage, int, int] | None:
    """The passage of a row's sentence and its span in the passage's text."""
    document = documents.get((row.source, row.key))
    return None if document is None else next(_places(row, kb.passages_of(document)), None)


def _places(row: _Row, passages: Sequence[Passage]) -> Iterator[tuple[Passage, int, int]]:
    for passage in passages:
        if passage.section.heading == row.heading and row.begins in passage.text:
            for start, end in sentences(passage.text):
                if digest(passage.text[start:end]) == row.sha256:
                    yield passage, start, end


def _cases(row: _Row, place: tuple[Passage, int, int], lang: str) -> Iterator[ClaimCase]:
    passage, start, end = place
    said = (("right", Expected.PARAPHRASED, row.right), (row.fault, Expected.CHANGED, row.wrong))
    for kind, expected, claim in said:
        name = f"{row.id}-{expected.value}"
        span = passage.start + start, passage.start + end
        yield ClaimCase(name, lang, kind, expected, claim, passage, *span, written=True)
