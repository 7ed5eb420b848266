"""Reading passages from the catalogue: of a document, by place, by id. The queries are built once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, bindparam, select

from medrag.errors import NotFoundError
from medrag.kb import schema as t
from medrag.kb.catalogue import (
    INFO,
    PASSAGE_TEXT,
    AnyRow,
    among,
    current,
    in_batches,
    info_of,
    passage_rows,
    section_of,
    to_passages,
)
from medrag.kb.engines.sql import number_in, text_in, values_of
from medrag.kb.query import Query, listed
from medrag.types import Document, DocumentInfo, Passage, Section

__all__ = ["Texts", "documents_of", "neighbours", "passages_at", "passages_by_id", "passages_of"]

K = TypeVar("K")
V = TypeVar("V")
MAX_CHARS = 24 * 2**20  # of texts that are kept; two bytes each where they are Chinese
AROUND = 8_192  # sections, and documents, that are kept
DOCUMENTS = 8  # whole ones that are kept; their texts are, mostly, kept anyway
WHOLE = 8  # sections wanted of a document, from which reading all of it is quicker than finding each
_p, _s = t.passages.c, t.sections.c


_versioned = t.passages.join(t.versions, t.versions.c.id == _p.version_id)


def _placed(joined: FromClause, condition: ColumnElement[bool]) -> Query:
    """A query of where current passages stand, in document and text order. What they stand in is mostly known already."""
    query = select(_p.id, _p.version_id, _p.section, _p.start, _p.stop).select_from(joined)
    return Query(query.where(condition, current()).order_by(_p.version_id, _p.start))


_BY_ID = _placed(_versioned, among(_p.id))
_OF_DOCUMENT = _placed(
    _versioned.join(t.documents), (t.documents.c.source == bindparam("source")) & (t.documents.c.key == bindparam("key"))
)
_VERSIONS = Query(select(_p.id, _p.version_id).select_from(_versioned).where(among(_p.id), current()))
_INFOS = Query(select(*INFO).join(t.documents).where(among(t.versions.c.id)))
_TEXTS = Query(select(t.versions.c.id, t.versions.c.text).where(among(t.versions.c.id)))
_places = values_of("places").table_valued("value")
_sections = select(_s.version_id, _s.number, _s.code, _s.grp, _s.heading, _s.path, _s.start, _s.stop)
_SECTIONS = Query(_sections.where(_s.version_id == number_in(_places.c.value, 0), _s.number == number_in(_places.c.value, 1)))
_SECTIONS_OF = Query(_sections.where(among(_s.version_id)).order_by(_s.version_id, _s.number))
_source, _key = (text_in(_places.c.value, at) for at in range(2))
_place = number_in(_places.c.value, 2)
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
    """The versions that were read last: their texts, up to so many characters, and what stands around their passages.

    Cutting passages out in SQL takes longer, and so does reading a document's title and a section's heading for each of them.
    """

    def __init__(self, most: int = MAX_CHARS) -> None:
        self._most = most
        self._held = 0
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._lock = Lock()
        self._infos: dict[int, DocumentInfo] = {}
        self._sections: dict[tuple[int, int], Section] = {}
        self._documents: OrderedDict[int, Document] = OrderedDict()

    def document(self, connection: Connection, version: int) -> Document:
        """A version that the connection may see as a whole document: a few are kept, for what is cited is read again.

        Raises `NotFoundError` where it was purged since the connection saw it.
        """
        with self._lock:
            found = self._documents.get(version)
            if found is not None:
                self._documents.move_to_end(version)
                return found
        sections = tuple(section_of(*row[1:]) for row in _SECTIONS_OF.tuples(connection, values=[version]))
        info, text = self.infos(connection, [version]).get(version), self.of(connection, [version]).get(version)
        # Of one without sections what is remembered of it proves nothing.
        if info is None or text is None or not (sections or _INFOS.tuples(connection, values=[version])):
            raise NotFoundError("the document is not there any more: it was purged just now")
        made = Document.model_construct(
            **{name: getattr(info, name) for name in DocumentInfo.model_fields},
            text=text,
            sections=sections,
        )
        with self._lock:
            self._documents[version] = made
            while len(self._documents) > DOCUMENTS:
                self._documents.popitem(last=False)
        return made

    def infos(self, connection: Connection, versions: Collection[int]) -> dict[int, DocumentInfo]:
        """The document of each of some versions that the connection may see, by number."""
        known = self._infos
        found = {number: known[number] for number in versions if number in known}
        for some in in_batches(sorted(set(versions) - found.keys())):
            found.update((row[0], info_of(row)) for row in _INFOS.tuples(connection, values=some))
        self._infos = _kept(known, found)
        return found

    def sections(self, connection: Connection, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], Section]:
        """Some sections of versions that the connection may see, by the version and their numbers in it."""
        known = self._sections
        found = {place: known[place] for place in places if place in known}
        missing = set(places) - found.keys()
        versions = {version for version, _ in missing}
        if len(missing) >= WHOLE * len(versions):  # nearly all that a document has
            for some in in_batches(sorted(versions)):
                found.update(_by_place(_SECTIONS_OF.tuples(connection, values=some)))
        else:
            for few in in_batches(sorted(missing)):
                found.update(_by_place(_SECTIONS.tuples(connection, places=listed(few))))
        self._sections = _kept(known, found)
        return found

    def of(self, connection: Connection, versions: Collection[int]) -> dict[int, str]:
        """The text of each of some versions that the connection may see, by number."""
        with self._lock:
            found = {number: text for number in versions if (text := self._texts.get(number)) is not None}
            for number in found:
                self._texts.move_to_end(number)
        for some in in_batches(sorted(set(versions) - found.keys())):
            read: dict[int, str] = dict(_TEXTS.tuples(connection, values=some))
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


def _by_place(rows: Iterable[AnyRow]) -> Iterator[tuple[tuple[int, int], Section]]:
    return (((row[0], row[1]), section_of(*row[1:])) for row in rows)


def _kept(known: dict[K, V], found: Mapping[K, V]) -> dict[K, V]:
    """What is known from now on; begun anew where it is too much, never emptied in place: other threads may be reading it."""
    if len(known) > AROUND:
        known = {}
    known.update(found)
    return known


def _read(connection: Connection, rows: Sequence[AnyRow], texts: Texts) -> Iterator[Passage]:
    """The passages that stand at some places, rows of `_placed`; those of a document purged since these were read are left out."""
    whole = texts.of(connection, {row[1] for row in rows})
    infos = texts.infos(connection, whole.keys())
    sections = texts.sections(connection, {(row[1], row[2]) for row in rows})
    for number, version, section, start, end in rows:
        if version in infos and (version, section) in sections:
            yield Passage(number, infos[version], sections[version, section], start, end, whole[version][start:end])


def passages_of(connection: Connection, document: DocumentInfo, commit: int, texts: Texts) -> Iterator[Passage]:
    """The passages of a current document, in text order; its text is read once and cut here."""
    rows = _OF_DOCUMENT.tuples(connection, source=document.source, key=document.key, commit=commit)
    return _read(connection, rows, texts)


def passages_at(connection: Connection, places: Sequence[tuple[DocumentInfo, int]], commit: int) -> list[Passage]:
    """The passages in which places of current documents lie, in their order; a place in none is left out."""
    wanted = {(document.source, document.key, start): None for document, start in places}
    found: dict[tuple[str, str, int], Passage] = {}
    for some in in_batches(list(wanted)):
        rows = _AT_PLACES.rows(connection, commit=commit, places=listed(some))
        passages = to_passages(rows)
        found.update(((p.document.source, p.document.key, row.place), p) for row, p in zip(rows, passages, strict=True))
    return [found[place] for place in wanted if place in found]


def documents_of(connection: Connection, ids: Sequence[int], commit: int, texts: Texts) -> dict[int, DocumentInfo]:
    """The documents of the passages with those ids, by these; ids that are not current are left out."""
    versions: dict[int, int] = {}
    for some in in_batches(list(ids)):
        versions.update(_VERSIONS.tuples(connection, commit=commit, values=some))
    infos = texts.infos(connection, set(versions.values()))
    return {passage: infos[version] for passage, version in versions.items() if version in infos}


def passages_by_id(connection: Connection, ids: Sequence[int], commit: int, texts: Texts) -> list[Passage]:
    """The passages with those ids, in their order; ids that are not current are left out."""
    found: dict[int, Passage] = {}
    for some in in_batches(list(ids)):
        rows = _BY_ID.tuples(connection, commit=commit, values=some)
        found.update((passage.id, passage) for passage in _read(connection, rows, texts))
    return [found[i] for i in ids if i in found]


def neighbours(passage: Passage, every: Sequence[Passage]) -> tuple[Passage | None, Passage | None]:
    """Of all passages of a document those before and after one in the same section."""
    same = [p for p in every if p.section.index == passage.section.index]
    at = next((i for i, p in enumerate(same) if p.id == passage.id), None)
    if at is None:
        return None, None
    return (same[at - 1] if at else None), (same[at + 1] if at + 1 < len(same) else None)
