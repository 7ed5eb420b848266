"""Reading passages from the catalogue: of a document, by place, by id. The queries are built once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from threading import Lock

from sqlalchemy import Connection, bindparam, func, select, true

from medrag.kb import schema as t
from medrag.kb.catalogue import PASSAGE_TEXT, among, in_batches, passage_rows, to_passages
from medrag.kb.query import Query
from medrag.types import DocumentInfo, Passage

__all__ = ["Texts", "passages_at", "passages_by_id", "passages_of"]

MAX_CHARS = 24 * 2**20  # of texts that are kept; two bytes each where they are Chinese
_BY_ID = Query(passage_rows(true()).where(among(t.passages.c.id)))
_OF_DOCUMENT = Query(passage_rows((t.documents.c.source == bindparam("source")) & (t.documents.c.key == bindparam("key"))))
_TEXTS = Query(select(t.versions.c.id, t.versions.c.text).where(among(t.versions.c.id)))
_places = func.json_each(bindparam("places")).table_valued("value")
_source, _key, _place = (func.json_extract(_places.c.value, f"$[{at}]") for at in range(3))
_AT_PLACES = Query(
    passage_rows(
        (t.documents.c.source == _source)
        & (t.documents.c.key == _key)
        & (t.passages.c.start <= _place)
        & (t.passages.c.stop > _place),
        PASSAGE_TEXT,
        _place.label("place"),
    )
)


class Texts:
    """The texts of versions that were read last, up to so many characters: cutting passages out in SQL takes longer."""

    def __init__(self, most: int = MAX_CHARS) -> None:
        self._most = most
        self._held = 0
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._lock = Lock()

    def of(self, connection: Connection, versions: Collection[int]) -> dict[int, str]:
        """The text of each of some versions that the connection may see, by number."""
        with self._lock:
            found = {number: text for number in versions if (text := self._texts.get(number)) is not None}
            for number in found:
                self._texts.move_to_end(number)
        for some in in_batches(sorted(set(versions) - found.keys())):
            read = {row.id: row.text for row in _TEXTS.rows(connection, values=some)}
            found.update(read)
            self._keep(read)
        return found

    def _keep(self, read: dict[int, str]) -> None:
        with self._lock:
            for number, text in read.items():
                if number not in self._texts:
                    self._held += len(text)
                self._texts[number] = text
            while self._held > self._most:
                self._held -= len(self._texts.popitem(last=False)[1])


def passages_of(connection: Connection, document: DocumentInfo, commit: int, texts: Texts) -> Iterator[Passage]:
    """The passages of a current document, in text order; its text is read once and cut here."""
    rows = _OF_DOCUMENT.rows(connection, source=document.source, key=document.key, commit=commit)
    return to_passages(rows, texts.of(connection, {row.id for row in rows}))


def passages_at(connection: Connection, places: Sequence[tuple[DocumentInfo, int]], commit: int) -> list[Passage]:
    """The passages in which places of current documents lie, in their order; a place in none is left out."""
    wanted = {(document.source, document.key, start): None for document, start in places}
    found: dict[tuple[str, str, int], Passage] = {}
    for some in in_batches(list(wanted)):
        rows = _AT_PLACES.rows(connection, commit=commit, places=some)
        passages = to_passages(rows)
        found.update(((p.document.source, p.document.key, row.place), p) for row, p in zip(rows, passages, strict=True))
    return [found[place] for place in wanted if place in found]


def passages_by_id(connection: Connection, ids: Sequence[int], commit: int, texts: Texts) -> list[Passage]:
    """The passages with those ids, in their order; ids that are not current are left out."""
    found: dict[int, Passage] = {}
    for some in in_batches(list(ids)):
        rows = _BY_ID.rows(connection, commit=commit, values=some)
        whole = texts.of(connection, {row.id for row in rows})
        found.update((passage.id, passage) for passage in to_passages(rows, whole))
    return [found[i] for i in ids if i in found]
