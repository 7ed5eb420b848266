"""Records as bytes, for processes of one run: what travels between a reader, the workers and the writer.

Pickle, with short forms for the records that documents hold by the hundred: pydantic's own take ten times the bytes and time.
Such bytes are never stored and never taken from anybody but a process that this one started.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from medrag.kb.prepared import EntityRef, NameOf, Span, Statement
from medrag.kb.quick import made_of, place_of
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentKind, EntityKind, Place, Section

__all__ = ["dumps", "loads"]

_SECTION = ("index", "code", "group", "heading", "path", "start", "end")
_DOCUMENT = tuple(Document.model_fields)
_VALUES = itemgetter(*_DOCUMENT)


def _section(*values: Any) -> Section:
    return made_of(Section, dict(zip(_SECTION, values, strict=True)))


def _document(*values: Any) -> Document:
    return made_of(Document, dict(zip(_DOCUMENT, values, strict=True)))


_SHORT: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Section: lambda s: (_section, (s.index, s.code, s.group, s.heading, s.path, s.start, s.end)),
    Place: lambda p: (place_of, (p.file, p.record)),
    Document: lambda d: (_document, _VALUES(d.__dict__)),
    Span: lambda s: (Span, (s.section, s.start, s.end)),
    EntityRef: lambda e: (EntityRef, (e.kind, e.name, e.code)),
    NameOf: lambda n: (NameOf, (n.entity, n.name, n.kind)),
    Statement: lambda s: (Statement, (s.subject, s.relation, s.object, s.start, s.end)),
    SectionGroup: lambda g: (SectionGroup, (g.value,)),
    DocumentKind: lambda k: (DocumentKind, (k.value,)),
    EntityKind: lambda k: (EntityKind, (k.value,)),
}


def dumps(value: object) -> bytes:
    """The value as bytes; what occurs in it twice is there once."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_SHORT}
    pickler.dump(value)
    return out.getvalue()


def loads(data: bytes) -> Any:
    """The value that a process of this run made the bytes of."""
    return pickle.loads(data)  # noqa: S301 (only ever bytes from a pipe to a process of ours)
