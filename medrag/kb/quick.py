"""Records made without pydantic, for fields that are all given and of the right types: a graph has millions of rows.

`model_construct` looks each field up by name and alias, which takes five times as long as what is done here: the same record.
"""

from __future__ import annotations

from typing import Any, TypeVar

from medrag.types import Document, Place, Record

__all__ = ["changed", "made_of", "place_of"]

Some = TypeVar("Some", bound=Record)

_new, _set = object.__new__, object.__setattr__
_PLACE = {"file", "record"}


def made_of(kind: type[Some], fields: dict[str, Any]) -> Some:
    """The record with these fields, which are all that it has, in the order of its class."""
    return _made(kind, fields, set(fields))


def place_of(file: str, record: str) -> Place:
    """A place in a file."""
    return _made(Place, {"file": file, "record": record}, _PLACE.copy())


def changed(document: Document, **fields: Any) -> Document:
    """The document with other values in these fields."""
    return _made(Document, {**document.__dict__, **fields}, {*document.model_fields_set, *fields})


def _made(kind: type[Some], fields: dict[str, Any], given: set[str]) -> Some:
    record = _new(kind)
    _set(record, "__dict__", fields)
    _set(record, "__pydantic_fields_set__", given)
    _set(record, "__pydantic_extra__", None)
    _set(record, "__pydantic_private__", None)
    return record
