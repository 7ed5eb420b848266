"""Reads an answer back from the JSON that `medrag.answer.show.text.answer_json` writes, so that it can be checked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from medrag.errors import RecordError
from medrag.sections import SectionGroup
from medrag.types import (
    Answer,
    Citation,
    Claim,
    Dangling,
    DocumentInfo,
    Entity,
    EntityKind,
    Evidence,
    Fact,
    FactSource,
    Notice,
    Passage,
    SafetyReport,
    Section,
    Support,
    Writing,
)

__all__ = ["answer_from_json"]

T = TypeVar("T")
Json = Mapping[str, object]

# What the JSON leaves out is what nobody needs to check an answer: passages' numbers, the entities' ids, tags.
_UNKNOWN_PASSAGE = 0
_DOCUMENT_FIELDS = ("source", "key", "version", "effective", "title", "maker", "lang", "reader")


def answer_from_json(value: object) -> Answer:
    """The answer of a JSON object; fields that it does not have yet are empty, fields that are not known are passed over.

    Raises `RecordError`, which names the place, for anything that is no such answer.
    """
    record = _object(value, "the record")
    if "answer" not in record or "citations" not in record:
        raise RecordError("this is no answer: wanted an object with `answer` and `citations`, as `medrag ask --json` prints it")
    writing = {k: v for k, v in _object(record.get("writing", {}), "writing").items() if k in Writing.model_fields}
    return _made(
        "the record",
        lambda: Answer(
            question=record.get("question", ""),
            text=record["answer"],
            abstained=record.get("abstained", False),
            reason=record.get("reason", ""),
            confidence=record.get("confidence", 0.0),
            citations=_each(record, "citations", _citation),
            claims=_each(record, "claims", _claim),
            dangling=_each(record, "dangling", lambda one: Dangling(**_picked(one, "text", "start", "end"))),
            evidence=_each(record, "evidence", _evidence),
            notices=_each(record, "notices", lambda one: Notice.model_validate(_picked(one, "kind", "text", "rule"))),
            safety=_safety(record.get("safety")),
            writing=Writing.model_validate(writing),
            trace=record.get("trace", {}),
        ),
    )


def _safety(value: object) -> SafetyReport | None:
    return None if value is None else SafetyReport.model_validate(value)


def _each(record: Json, name: str, read: Callable[[Json], T]) -> tuple[T, ...]:
    values = record.get(name, ())
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise RecordError(f"{name}: wanted a list, not {type(values).__name__}")
    return tuple(_item(f"{name}[{number}]", value, read) for number, value in enumerate(values))


def _item(where: str, value: object, read: Callable[[Json], T]) -> T:
    return _made(where, lambda: read(_object(value, where)))


def _made(where: str, make: Callable[[], T]) -> T:
    """What is made, with errors that name the place."""
    try:
        return make()
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise RecordError(f"{where}: {field}: {first['msg']}") from None
    except KeyError as error:
        raise RecordError(f"{where}: {error.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"{where}: {error}") from None


def _object(value: object, where: str) -> Json:
    if not isinstance(value, Mapping):
        raise RecordError(f"{where}: wanted an object, not {type(value).__name__}")
    return value


def _picked(value: Json, *names: str) -> dict[str, object]:
    return {name: value[name] for name in names if name in value}


def _document(value: object) -> DocumentInfo:
    return DocumentInfo.model_validate(_picked(_object(value, "document"), *_DOCUMENT_FIELDS))


def _section(value: object, start: int, end: int) -> Section:
    """A section of which the record says what it is; its own span is not kept, so it is as long as what is cited of it."""
    fields = _object(value, "section")
    return Section.model_validate({**_picked(fields, "index", "code", "group", "heading", "path"), "start": start, "end": end})


def _fact(value: object, sources: tuple[FactSource, ...] = ()) -> Fact:
    fields = _object(value, "fact")
    subject, thing = (
        Entity.model_validate({"id": "", "kind": EntityKind.THING, "name": fields[end]}) for end in ("subject", "object")
    )
    return Fact.model_validate({"subject": subject, "relation": fields["relation"], "object": thing, "sources": sources})


def _citation(value: Json) -> Citation:
    start, end = _span(value)
    section, fact = value.get("section"), value.get("fact")
    return Citation.model_validate(
        {
            **_picked(value, "marker", "start", "end", "quote", "sha256"),
            "document": _document(value["document"]),
            "section": _section(section, start, end) if section is not None else None,
            "fact": _fact(fact) if fact is not None else None,
        }
    )


def _claim(value: Json) -> Claim:
    support = _each(value, "support", lambda one: Support.model_validate(_picked(one, "marker", "start", "end")))
    return Claim.model_validate(
        {**_picked(value, "text", "start", "end", "citations", "verdict", "statement", "reasons"), "support": support}
    )


def _source(value: Json) -> FactSource:
    return FactSource.model_validate(
        {**_picked(value, "start", "end", "quote", "sha256"), "document": _document(value["document"])}
    )


def _evidence(value: Json) -> Evidence:
    head = {**_picked(value, "rank", "score", "found_by")}
    if value.get("fact") is not None:
        return Evidence.model_validate({**head, "fact": _fact(value["fact"], _each(value, "sources", _source))})
    if value.get("document") is None:
        return Evidence.model_validate(head)
    start, end = _span(value)
    section = _section(value.get("section") or {"index": 0, "code": "", "group": SectionGroup.OTHER, "heading": ""}, start, end)
    passage = Passage(_UNKNOWN_PASSAGE, _document(value["document"]), section, start, end, str(value["text"]))
    return Evidence.model_validate({**head, "passage": passage, "also": _each(value, "also", _document)})


def _span(value: Json) -> tuple[int, int]:
    start, end = value["start"], value["end"]
    if not isinstance(start, int) or not isinstance(end, int):
        raise ValueError(f"start and end must be whole numbers, not {start!r} and {end!r}")
    return start, end
