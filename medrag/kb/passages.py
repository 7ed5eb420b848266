"""Reading passages from the catalogue: of a document, by place, by id. The queries are built once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, bindparam, func, select, true

from medrag.kb import schema as t
from medrag.kb.catalogue import PASSAGE_TEXT, among, in_batches, passage_rows, to_passages
from medrag.types import DocumentInfo, Passage

__all__ = ["passages_at", "passages_by_id", "passages_of"]

_BY_ID = passage_rows(true(), PASSAGE_TEXT).where(among(t.passages.c.id))
_OF_DOCUMENT = passage_rows((t.documents.c.source == bindparam("source")) & (t.documents.c.key == bindparam("key")))
_TEXT = select(t.versions.c.text).where(t.versions.c.id == bindparam("version"))
_places = func.json_each(bindparam("places")).table_valued("value")
_source, _key, _place = (func.json_extract(_places.c.value, f"$[{at}]") for at in range(3))
_AT_PLACES = passage_rows(
    (t.documents.c.source == _source)
    & (t.documents.c.key == _key)
    & (t.passages.c.start <= _place)
    & (t.passages.c.stop > _place),
    PASSAGE_TEXT,
    _place.label("place"),
)


def passages_of(connection: Connection, document: DocumentInfo, commit: int) -> Iterator[Passage]:
    """The passages of a current document, in text order; its text is read once and cut here."""
    which = {"source": document.source, "key": document.key, "commit": commit}
    rows = connection.execute(_OF_DOCUMENT, which).all()
    texts = {number: connection.execute(_TEXT, {"version": number}).scalar_one() for number in {row.id for row in rows}}
    return to_passages(rows, texts)


def passages_at(connection: Connection, places: Sequence[tuple[DocumentInfo, int]], commit: int) -> list[Passage]:
    """The passages in which places of current documents lie, in their order; a place in none is left out."""
    wanted = {(document.source, document.key, start): None for document, start in places}
    found: dict[tuple[str, str, int], Passage] = {}
    for some in in_batches(list(wanted)):
        rows = connection.execute(_AT_PLACES, {"commit": commit, "places": json.dumps(some)}).all()
        passages = to_passages(rows)
        found.update(((p.document.source, p.document.key, row.place), p) for row, p in zip(rows, passages, strict=True))
    return [found[place] for place in wanted if place in found]


def passages_by_id(connection: Connection, ids: Sequence[int], commit: int) -> list[Passage]:
    """The passages with those ids, in their order; ids that are not current are left out."""
    found: dict[int, Passage] = {}
    for some in in_batches(list(ids)):
        rows = connection.execute(_BY_ID, {"commit": commit, "values": some})
        found.update((passage.id, passage) for passage in to_passages(rows))
    return [found[i] for i in ids if i in found]
