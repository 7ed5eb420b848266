"""Whether citations stand where they say: spans drawn by a seed over all labels, checked with and without the knowledge base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from medrag.answer.record.check import Fault, Lookup, check_record
from medrag.answer.verify.names import shipped_mentions
from medrag.errors import EvaluationError, IngestError
from medrag.ingest import registry
from medrag.ingest.documents import read_documents
from medrag.kb.base import KnowledgeBase
from medrag.sentences import sentences
from medrag.types import Answer, Citation, Document, DocumentInfo, DocumentKind, Passage, digest

__all__ = ["Pointers", "check_pointers", "draw_citations"]

SEED = 4
WHOLE = 0.25  # share of citations that are a whole passage
MOST_SENTENCES = 3  # of the others

_FULL_WIDTH = range(0xFF01, 0xFF61)
_BEYOND = 0x10000  # from here characters take two units of UTF-16, and four bytes

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Pointers:
    """How many citations of how many labels were checked and what was wrong with them.

    `kinds` counts those that are whole passages, that stand several times in their label, and that hold full-width
    characters or characters beyond the first plane. `in_files` were checked again from the labels' own files only.
    """

    labels: int
    citations: int
    kinds: Mapping[str, int]
    wrong: tuple[Fault, ...]
    in_files: int = 0
    wrong_in_files: tuple[Fault, ...] = ()


def check_pointers(
    kb: KnowledgeBase,
    *,
    n: int,
    sources: Sequence[Path] = (),
    seed: int = SEED,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Pointers:
    """n citations checked against the documents of the knowledge base and, where files are given, against those alone.

    Raises `EvaluationError` where the knowledge base holds no label.
    """
    labels = [(d, kb.passages_of(d)) for d in kb.documents(kinds=[DocumentKind.LABEL])]
    labels = sorted(((d, some) for d, some in labels if some), key=lambda one: digest(f"{seed} {one[0].source} {one[0].key}"))
    if not labels:
        raise EvaluationError(f"{kb.path}: the knowledge base holds no label, so there is nothing to cite")
    in_files = _in_files(sources) if sources else None
    kinds: Counter[str] = Counter()
    wrong: list[Fault] = []
    wrong_in_files: list[Fault] = []
    checked = 0
    for at, (info, passages) in enumerate(labels):
        progress("citations", at, len(labels))
        number = n // len(labels) + (at < n % len(labels))
        document = kb.document(info.key, source=info.source)
        citations = list(draw_citations(document, passages, number, Random(f"{seed} {info.source} {info.key}")))
        answer = Answer(question="", text="", citations=tuple(citations))
        checked += len(citations)
        kinds.update(kind for citation in citations for kind in _kinds(citation, document, passages))
        wrong += _faults(answer, lambda _info, document=document: [document])  # type: ignore[misc]  # mypy cannot type a lambda's default
        if in_files is not None:
            wrong_in_files += _faults(answer, in_files)
    again = checked if in_files is not None else 0
    return Pointers(min(n, len(labels)), checked, dict(kinds), tuple(wrong), again, tuple(wrong_in_files))


def draw_citations(document: Document, passages: Sequence[Passage], number: int, rng: Random) -> Iterator[Citation]:
    """So many citations of a label's passages; the first is of a passage with unusual characters, if there is one.

    The quotes are the passages' words, as search finds them; that the document has them at the same place is what is
    to be shown.
    """
    unusual = [p for p in passages if _has(p.text, _is_astral)] or [p for p in passages if _has(p.text, _is_full_width)]
    for at in range(number):
        passage = rng.choice(unusual if unusual and at == 0 else passages)
        start, end = _span(passage.text, rng)
        quote = passage.text[start:end]
        yield Citation(
            marker=str(at + 1),
            document=document.info(),
            section=passage.section,
            start=passage.start + start,
            end=passage.start + end,
            quote=quote,
            sha256=digest(quote),
        )


def _span(text: str, rng: Random) -> tuple[int, int]:
    """The span of a whole passage, or of one or more sentences of it."""
    spans = sentences(text)
    if rng.random() < WHOLE:
        return 0, len(text)
    first = rng.randrange(len(spans))
    last = min(len(spans) - 1, first + rng.randrange(MOST_SENTENCES))
    return spans[first][0], spans[last][1]


def _kinds(citation: Citation, document: Document, passages: Sequence[Passage]) -> Iterator[str]:
    if any((citation.start, citation.end) == (passage.start, passage.end) for passage in passages):
        yield "whole passages"
    if document.text.find(citation.quote) != document.text.rfind(citation.quote):
        yield "repeated in their label"
    if _has(citation.quote, _is_full_width):
        yield "with full-width characters"
    if _has(citation.quote, _is_astral):
        yield "with astral characters"


def _has(text: str, kind: Callable[[str], bool]) -> bool:
    return any(map(kind, text))


def _is_full_width(character: str) -> bool:
    return ord(character) in _FULL_WIDTH


def _is_astral(character: str) -> bool:
    return ord(character) >= _BEYOND


def _faults(answer: Answer, lookup: Lookup) -> list[Fault]:
    """The faults of the record's citations; that it has no words besides is as it should be."""
    return [fault for fault in check_record(answer, lookup, shipped_mentions).faults if fault.where.startswith("citation")]


def _in_files(paths: Sequence[Path]) -> Lookup:
    """Documents as the files hold them: by key, or by title where the file gives none."""
    keyed: dict[str, list[Document]] = {}
    titled: dict[str, list[Document]] = {}
    for document in _documents(paths):
        (keyed.setdefault(document.key, []) if document.key else titled.setdefault(document.title, [])).append(document)

    def lookup(info: DocumentInfo) -> list[Document]:
        return keyed.get(info.key) or titled.get(info.title, [])

    return lookup


def _documents(paths: Sequence[Path]) -> Iterator[Document]:
    """The documents of files and folders; a file of a folder that holds none, such as an index of labels, is passed over."""
    for path in registry.sources(paths):
        try:
            yield from read_documents([path])
        except IngestError:
            if path in paths:
                raise
