"""Sentences with triples: CMeIE's spo_list (`"object": {"@value": …}`), and CMeKG-style lists of [subject, relation, object]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import clean
from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, kind_of
from medrag.ingest.readers.json_records import JsonRecord, first_value, json_records
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, one_line
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.kb.relations import relation_of

__all__ = ["SpoReader"]

_LISTS = ("spo_list", "triples", "spo", "triple_list", "relations", "relationMentions")
_SUBJECT = ("subject", "head", "h", "s", "em1Text")
_RELATION = ("predicate", "relation", "rel", "p", "r", "label")
_OBJECT = ("object", "tail", "t", "o", "em2Text")
_TEXT = ("text", "sentence", "sentText", "content", "context")
_SENTENCE_END = re.compile(r"[。！？!?]+[”’」』）)]*|\n|(?<=[a-z)])\.(?=\s+[A-Z])")


@dataclass(frozen=True, slots=True)
class _Triple:
    """A triple as its source prints it; types are "" where the source gives none."""

    subject: str
    relation: str
    object: str
    subject_type: str = ""
    object_type: str = ""


class SpoReader:
    """Reads sentences with triples; every triple's span is the first sentence in which it stands."""

    name = "spo"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 for objects with a list of triples, 0.8 for bare triples."""
        value = first_value(sample)
        found, bad = _triples(value)
        if not found or bad:
            return 0.0
        return 0.95 if isinstance(value, dict) and _listed(value) is not None else 0.8

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each sentence (or bare triple)."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for item in json_records(path):
            if isinstance(item, Bad):
                yield origin.unreadable(item)
                continue
            triples, bad = _triples(item.value)
            if triples or (isinstance(item.value, dict) and _text(item.value) and not bad):
                yield _record(origin, item, triples, bad)
            else:
                yield Unreadable(origin.place(item.where), "no triple: wanted a subject, a relation and an object")


def _listed(value: dict[str, Any]) -> list[Any] | None:
    return next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)


def _triples(value: Any) -> tuple[list[_Triple], int]:
    """The triples of a record, and how many of its items are none."""
    if isinstance(value, dict):
        listed = _listed(value)
        items = [value] if listed is None else listed
    elif isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        items = value
    else:
        items = [value]
    found = [triple for item in items if (triple := _triple(item)) is not None]
    return found, len(items) - len(found)


def _triple(item: Any) -> _Triple | None:
    if isinstance(item, list):
        parts = [_name(part) for part in item] if len(item) == 3 else []
        return _Triple(*parts) if parts and all(parts) else None
    if not isinstance(item, dict):
        return None
    subject, relation, object_ = (_first(item, keys) for keys in (_SUBJECT, _RELATION, _OBJECT))
    if not (subject and relation and object_):
        return None
    types = [_first(item, tuple(f"{key}_type" for key in keys)) for keys in (_SUBJECT, _OBJECT)]
    return _Triple(subject, relation, object_, *types)


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((name for key in keys if (name := _name(item.get(key)))), "")


def _name(value: Any) -> str:
    if isinstance(value, dict):
        value = next((value[key] for key in ("@value", "name", "text", "word") if key in value), "")
    return one_line(value) if isinstance(value, str) else ""


def _text(value: dict[str, Any]) -> str:
    text = next((value[key] for key in _TEXT if isinstance(value.get(key), str)), "")
    return re.sub("[\ud800-\udfff]", "�", clean(text))


def _record(origin: Origin, item: JsonRecord, triples: list[_Triple], bad: int) -> ReadRecord:
    text = (_text(item.value) if isinstance(item.value, dict) else "") or item.text
    names: dict[NameOf, None] = {}
    statements: dict[Statement, None] = {}
    unmapped = {"(no triple)": None} if bad else {}
    subjects: list[EntityRef] = []
    ends = _sentence_ends(text)
    for triple in triples:
        relation = relation_of(triple.relation)
        if not relation.known:
            unmapped[triple.relation] = None
        if not all(_names_something(name) for name in (triple.subject, triple.object)):
            unmapped[f"{relation.name} (cut values)"] = None
            continue
        subject = entity(kind_of(triple.subject_type) or relation.subject, triple.subject)
        subjects.append(subject)
        if relation.is_name:
            names[NameOf(subject, triple.object)] = None
        else:
            object_ = entity(kind_of(triple.object_type) or relation.object, triple.object)
            statements[Statement(subject, relation.name, object_, *_span(text, ends, triple))] = None
    central = max(subjects, key=subjects.count) if subjects else None
    title = central.name if central else text[:40]
    if len(triples) == 1 and text == item.text:
        title = f"{triples[0].subject} {triples[0].relation} {triples[0].object}"
    document = origin.document(item.where, text, title, key=title if text == item.text and len(triples) == 1 else "")
    return ReadRecord(document, tuple(names), tuple(statements), (central,) if central else (), tuple(unmapped))


def _names_something(name: str) -> bool:
    return not is_cut(name) and len(name) <= MAX_NAME_CHARS


def _sentence_ends(text: str) -> list[int]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]


def _span(text: str, ends: list[int], triple: _Triple) -> tuple[int, int]:
    """The first sentence with both names, else the first with the object, else the first with the subject, else all."""
    best, span = 0, (0, len(text))
    start = 0
    for end in ends:
        sentence = text[start:end]
        score = 2 * (triple.object in sentence) + (triple.subject in sentence)
        if score > best:
            best, span = score, _trimmed(text, start, end)
        start = end
    return span


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    body = text[start:end]
    return start + len(body) - len(body.lstrip()), end - (len(body) - len(body.rstrip()))
