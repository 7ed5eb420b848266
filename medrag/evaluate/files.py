"""The rows of evaluation files in whatever form they come (lines of JSON, a JSON list, a table), each checked against its shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from medrag.errors import EvaluationError, MedRAGError
from medrag.evaluate.rows import Shape, fault
from medrag.ingest.encodings import open_text
from medrag.ingest.json_text import Bad, load_json
from medrag.ingest.source import json_items, json_lines
from medrag.ingest.tables import rows

__all__ = ["checked_object", "checked_rows", "keyed_object", "once", "shaped"]

TABLES = (".csv", ".tsv", ".xlsx")
R = TypeVar("R", bound=Shape)
T = TypeVar("T")


def checked_rows(path: Path, shape: type[R]) -> Iterator[tuple[str, R]]:
    """The rows of a file, each with its place: a table by its suffix, a JSON list as `.json`, else one object a line.

    Other encodings than UTF-8 are recognised. A row that cannot be used, a file without rows and one that cannot be
    read raise `EvaluationError`: a row passed over in silence would be a figure that lies.
    """
    empty = True
    try:
        for where, value in _values(path):
            empty = False
            if isinstance(value, Bad):
                raise fault(path, where, value.reason)
            yield where, shaped(path, where, value, shape)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except EvaluationError:
        raise
    except (MedRAGError, ValueError) as error:
        raise EvaluationError(f"{path}: {error}") from None
    if empty:
        raise EvaluationError(f"{path}: there are no rows in it")


def checked_object(path: Path, shape: type[R]) -> R:
    """The one JSON object that a file holds; `EvaluationError` where it cannot be read or has another shape."""
    try:
        with open_text(path) as text:
            value = load_json(text.read())
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except (MedRAGError, ValueError) as error:
        raise EvaluationError(f"{path}: {error}") from None
    return shaped(path, "the whole", value, shape)


def keyed_object(path: Path) -> Any:
    """The JSON value of a file whose objects are keyed by ids; an id that stands twice in one raises `EvaluationError`.

    Reading it plainly would keep the last of the two without a word.
    """

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for key in found if sum(key == name for name, _ in pairs) > 1)
            raise EvaluationError(f"{path}: the key {twice!r} stands twice in one object")
        return found

    try:
        with open_text(path) as text:
            return json.loads(text.read(), object_pairs_hook=object_of)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except (RecursionError, ValueError) as error:
        raise EvaluationError(f"{path}: not valid JSON: {error}") from None


def once(path: Path, found: Iterable[tuple[str, T]], key: Callable[[T], Hashable], what: str = "id") -> list[T]:
    """The things found, in order; one whose key came before raises `EvaluationError` with its place."""
    places: dict[Hashable, str] = {}
    kept = []
    for where, one in found:
        name = key(one)
        if name in places:
            raise fault(path, where, f"the {what} {name!r} stands in the file a second time, first in {places[name]}")
        places[name] = where
        kept.append(one)
    return kept


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix.lower() in TABLES:
        for row in rows(path):
            yield row.record, row if isinstance(row, Bad) else row.cells
    elif path.suffix.lower() == ".json":
        yield from json_items(path)
    else:
        yield from json_lines(path)


def shaped(path: Path, where: str, value: Any, shape: type[R]) -> R:
    """The value as the shape, or `EvaluationError` with its place and what is wrong with it."""
    if not isinstance(value, dict):
        raise fault(path, where, f"wanted an object, found {str(value)[:80]!r}")
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise fault(path, where, f"{place}: {message}" if place else message) from None
