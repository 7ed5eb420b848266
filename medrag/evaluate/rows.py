"""Rows of question files, checked: one that cannot be used ends the reading and is named with its file and place.

A question passed over in silence would be a figure that lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from medrag.errors import EvaluationError, IngestError
from medrag.evaluate.cases import FactCase, SectionCase, TermCase
from medrag.ingest.json_text import Bad
from medrag.ingest.source import json_lines, lines

__all__ = ["Shape", "cases_of", "fault", "json_rows", "text_lines", "unique"]


class Shape(BaseModel):
    """What a row must hold; what else it holds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


R = TypeVar("R", bound=Shape)
C = TypeVar("C", SectionCase, FactCase, TermCase)


def fault(path: Path, where: str, reason: str) -> EvaluationError:
    """The error that says what is wrong in which file and row."""
    return EvaluationError(f"{path} ({where}): {reason}")


def json_rows(path: Path, shape: type[R]) -> Iterator[tuple[str, R]]:
    """The rows of a file with one JSON object a line, each with its line."""
    for where, value in json_lines(path):
        if isinstance(value, Bad):
            raise fault(path, where, value.reason)
        if not isinstance(value, dict):
            raise fault(path, where, f"wanted an object, found {str(value)[:80]!r}")
        try:
            yield where, shape.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
            raise fault(path, where, f"{'.'.join(str(part) for part in first['loc'])}: {message}") from None


def text_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a file that are not blank, each with its number."""
    for number, line in lines(path):
        where = f"line {number}"
        if isinstance(line, Bad):
            raise fault(path, where, line.reason)
        if line.strip():
            yield where, line


def cases_of(path: Path, shape: type[R], make: Callable[[R, str], C | None]) -> list[C]:
    """The cases that `make` makes of the rows and their lines; None for a row that is no case, `ValueError` for a bad one."""

    def cases() -> Iterator[tuple[str, C]]:
        for where, row in json_rows(path, shape):
            try:
                case = make(row, where)
            except ValueError as error:
                raise fault(path, where, str(error)) from None
            if case is not None:
                yield where, case

    return unique(path, cases())


def unique(path: Path, cases: Iterable[tuple[str, C]]) -> list[C]:
    """The cases, each given with its place, in order; an id that comes twice and a file that cannot be read are errors."""
    found: dict[str, C] = {}
    try:
        for where, case in cases:
            if case.id in found:
                raise fault(path, where, f"the id {case.id!r} stands in the file a second time")
            found[case.id] = case
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except IngestError as error:
        raise EvaluationError(f"{path}: {error}") from None
    return list(found.values())
