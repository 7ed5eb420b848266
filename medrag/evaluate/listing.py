"""How complete the answers to "list the adverse reactions of X" are: which annotated terms stand in what they cite.

A term stands in a text literally where its words follow each other there, and in parts where all its words stand within
40 words of each other: annotators join what a sentence says apart, as *swelling of the tongue* in "swelling of the lips
or tongue". The share of the terms that stand in the label's own text by the same rule is shown beside the answer's.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from medrag.answer.engine import MedRAG
from medrag.errors import EvaluationError
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape, fault
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import Answer

__all__ = [
    "FILE",
    "Annotated",
    "Line",
    "Listed",
    "Report",
    "Term",
    "evaluate_listing",
    "label_terms",
    "stands",
    "stands_in_parts",
]

FILE = "labels/en/onsides_train.json"  # in a folder of measuring data
QUESTION = "List the adverse reactions of {}."
ALL = "all sections"
WINDOW = 40  # words
_WORD = re.compile(r"\w+")


class _Event(Shape):
    text: str = Field(min_length=1)


class _Row(Shape):
    label_id: str = Field(min_length=1)
    section_name: str = Field(min_length=1)
    section_text: str
    adverse_events: tuple[_Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotated:
    """A section of a label with the terms annotated in it."""

    kind: str
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """An annotated term: whether it stands in its section, and in what the answer cites, literally and at least in parts."""

    kind: str
    text: str
    in_label: tuple[bool, bool]
    in_answer: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Listed:
    """The listing of one label: the label that is cited first, the answer's length, faults, and each annotated term.

    `invalid` counts citations that are not the document's own text and claims that quote none.
    """

    label: str
    first: str
    characters: int
    invalid: int
    terms: tuple[Term, ...]

    @property
    def right(self) -> bool:
        """Whether the answer begins with the label that was asked for."""
        return fold(self.first) == fold(self.label)


@dataclass(frozen=True, slots=True)
class Line:
    """A share of the terms of one kind of section, with intervals by resampling terms: in the label, and in the answer."""

    kind: str
    rule: str
    in_label: Estimate
    in_answer: Estimate


@dataclass(frozen=True, slots=True)
class Report:
    """The figures: the terms by kind of section, and the share of answers that begin with the right label."""

    lines: tuple[Line, ...]
    right: Estimate
    listed: tuple[Listed, ...]


def stands(term: str, text: str) -> bool:
    """Whether the words of a term follow each other in a text, the last of them perhaps longer there (headache, headaches)."""
    return f" {term}" in f" {text}"


def stands_in_parts(term: str, text: str) -> bool:
    """Whether all words of a term stand within 40 words of a text, in any order."""
    needed = Counter(term.split())
    places = [(at, word) for at, word in enumerate(text.split()) if word in needed]
    first, window = 0, Counter[str]()
    for at, word in places:
        window[word] += 1
        while at - places[first][0] >= WINDOW:
            window[places[first][1]] -= 1
            first += 1
        if all(window[word] >= count for word, count in needed.items()):
            return True
    return False


def label_terms(path: Path) -> dict[str, list[Annotated]]:
    """By label the sections of a JSON list of sections with their annotated adverse events, in the order of the file.

    `adverse_events` is a list of objects with a `text`, or the same written out as a Python literal. Raises
    `EvaluationError` for a file or row that cannot be used.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise EvaluationError(f"{path}: wanted a JSON list of sections: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise EvaluationError(f"{path}: wanted a JSON list of sections with their adverse_events")
    found: dict[str, list[Annotated]] = {}
    for number, value in enumerate(rows, start=1):
        row = _row(path, f"row {number}", value)
        terms = tuple(event.text for event in row.adverse_events)
        found.setdefault(row.label_id, []).append(Annotated(row.section_name, row.section_text, terms))
    return found


def _row(path: Path, where: str, value: Any) -> _Row:
    try:
        events = value.get("adverse_events") if isinstance(value, dict) else None
        return _Row.model_validate({**value, "adverse_events": ast.literal_eval(events)} if isinstance(events, str) else value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise fault(path, where, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (ValueError, SyntaxError, RecursionError) as error:
        raise fault(path, where, f"adverse_events: {error}") from None


def evaluate_listing(
    data: Path, kb: KnowledgeBase, progress: Callable[[str, int, int], None] = lambda _doing, _done, _of: None
) -> Report:
    """The figures for all labels of the file, or of the file in a folder of measuring data; labels are asked for by title."""
    labels = label_terms(data / FILE if data.is_dir() else data)
    rag = MedRAG(kb)
    listed = []
    for at, (label, sections) in enumerate(labels.items()):
        progress("listing", at, len(labels))
        listed.append(_listed(label, sections, rag.ask(QUESTION.format(label)), kb))
    terms = [term for one in listed for term in one.terms]
    return Report(tuple(_lines(terms)), estimate([float(one.right) for one in listed]), tuple(listed))


def _lines(terms: Sequence[Term]) -> list[Line]:
    kinds = list(dict.fromkeys(term.kind for term in terms))
    return [
        Line(
            kind,
            rule,
            estimate([float(term.in_label[by]) for term in terms if kind in {term.kind, ALL}]),
            # Of the terms that stand in the label: what a rule cannot find there no answer can hold.
            estimate([float(term.in_answer[by]) for term in terms if kind in {term.kind, ALL} and term.in_label[by]]),
        )
        for by, rule in enumerate(("literally", "in parts"))
        for kind in (*kinds, ALL)
    ]


def _listed(label: str, sections: Sequence[Annotated], answer: Answer, kb: KnowledgeBase) -> Listed:
    quotes = [_words(citation.quote) for citation in answer.citations]
    terms = []
    for section in sections:
        text = [_words(section.text)]
        for written in section.terms:
            term = _words(written)
            terms.append(Term(section.kind, written, _stands(term, text), _stands(term, quotes)))
    first = answer.citations[0].document.title if answer.citations else ""
    return Listed(label, first, len(answer.text), _invalid(answer, kb), tuple(terms))


def _stands(term: str, texts: Sequence[str]) -> tuple[bool, bool]:
    literally = any(stands(term, text) for text in texts)
    return literally, literally or any(stands_in_parts(term, text) for text in texts)


def _invalid(answer: Answer, kb: KnowledgeBase) -> int:
    texts: dict[tuple[str, str], str] = {}
    quotes: dict[str, str] = {}
    for citation in answer.citations:
        place = citation.document.source, citation.document.key
        if place not in texts:
            texts[place] = kb.document(place[1], source=place[0]).text
        if texts[place][citation.start : citation.end] == citation.quote:
            quotes[citation.marker] = citation.quote
    claims = sum(not any(claim.text in quotes.get(marker, "") for marker in claim.citations) for claim in answer.claims)
    return len(answer.citations) - len(quotes) + claims


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
