"""Graphs as two kinds of tables: nodes (id, name, kind) and edges that name their ends by the ids of node tables beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from medrag.errors import IngestError, MissingExtraError
from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, global_code, kind_in_name, kind_of
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, language, one_line, row_text, split_list
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_edges, from_raw
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Row, rows
from medrag.kb.edges import Edge
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef, NameOf
from medrag.kb.relations import Relation, label, relation_between, relation_of
from medrag.types import EntityKind

__all__ = ["EdgeReader", "NodeReader"]

_SUFFIXES = {".csv", ".tsv", ".tab"}
_MAX_SIBLINGS = 64  # node tables are looked for among so many tables of the folder
_MAX_ABBREVIATION = 5
_NAMES = ("name", "node_name", "名称", "label", "preferred_name", "title")
_IDS = ("id", "node_id", "node_index", "identifier", "编号", "code")
_ID_ENDS = ("_id", "_cui", "_code", ":id", ":id(node)")
_KINDS = (":label", "kind", "type", "node_type", "类型", "category", "label")
_SYNONYMS = ("synonyms", "synonym", "aliases", "alias", "别名")
_MORE = {"definition", "description", "desc", "source", "url", "license", "node_source", "来源", "描述"}
_PAIRS = (
    (":start_id", ":end_id"),
    ("source_id", "target_id"),
    ("head_id", "tail_id"),
    ("start_id", "end_id"),
    ("from_id", "to_id"),
    ("subject_id", "object_id"),
    ("source", "target"),
    ("from", "to"),
    ("start", "end"),
    ("x_index", "y_index"),
)
_RELATIONS = ("metaedge", "relation", ":type", "edge_type", "relationship", "关系", "predicate", "type", "label")
_IMPORT_TYPE = re.compile(r"\([^()]*\)|:(?:string|int|long|float|double|boolean|date|datetime)(?:\[\])?$")
_UNSAID = "associated_with"  # an edge table without a relation column only says that the two belong together


def _key(column: str) -> str:
    """The column's name as it is compared, without the types and id spaces of Neo4j's import headers: `name:string`, `:ID(Drug)`."""
    return _IMPORT_TYPE.sub("", fold(column).replace(" ", "_"))


@dataclass(frozen=True, slots=True)
class _NodeColumns:
    """Which columns of a node table hold id, name, kind ("" where none) and synonyms."""

    id: str
    name: str
    kind: str
    synonyms: str


def _node_columns(columns: tuple[str, ...]) -> _NodeColumns | None:
    """The parts that the columns of a node table play, or None where it is none: it may hold little else than these."""
    by_key = {_key(column): column for column in reversed(columns)}
    id_key = next((key for key in _IDS if key in by_key), "") or next((key for key in by_key if key.endswith(_ID_ENDS)), "")
    name_key = next((key for key in _NAMES if key in by_key and key != id_key), "")
    if not id_key or not name_key or any(_pair(by_key)):
        return None
    kind_key = next((key for key in _KINDS if key in by_key and key != name_key), "") or next(
        (k for k in by_key if k.endswith(":label")), ""
    )
    synonyms_key = next((key for key in _SYNONYMS if key in by_key), "")
    if set(by_key) - {id_key, name_key, kind_key, synonyms_key} - _MORE:
        return None
    return _NodeColumns(*(by_key.get(key, "") for key in (id_key, name_key, kind_key, synonyms_key)))


def _pair(by_key: dict[str, str]) -> tuple[str, str]:
    """The two columns that name an edge's ends in the usual way, or two empty strings."""
    return next(((by_key[a], by_key[b]) for a, b in _PAIRS if a in by_key and b in by_key), ("", ""))


class NodeReader:
    """Reads node tables: every row is a record about one entity."""

    name = "nodes"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.8 for id and name columns (0.9 with a kind) and nothing that a node table has not."""
        columns = _node_columns(sample.columns) if sample.columns else None
        if columns is None:
            return 0.0
        return 0.9 if columns.kind or kind_in_name(columns.id) else 0.8

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each row; running numbers are made keys with the file's name before them."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The rows, each with what the header says of their columns."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        columns: _NodeColumns | None = None
        for row in rows(path):
            if isinstance(row, Bad):
                yield origin.unreadable(row)
                continue
            columns = columns or _node_columns(tuple(row.cells))
            if columns is None:
                yield Unreadable(origin.place(row.record), "no columns of id and name")
                return
            yield Raw(origin.place(row.record), (origin, row.cells, columns))

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The record of one row."""
        origin, cells, columns = raw.value
        row = Row(raw.place.record, cells)
        node = _node(row, columns, origin.path)
        yield (
            Unreadable(raw.place, f"the column {columns.id!r} is empty")
            if node is None
            else _node_record(origin, row, columns, node)
        )


def _node(row: Row, columns: _NodeColumns, path: Path) -> EntityRef | None:
    identifier, name = one_line(row.cells.get(columns.id, "")), one_line(row.cells.get(columns.name, ""))
    if not identifier:
        return None
    name = name or identifier
    kind = kind_of(row.cells.get(columns.kind, "")) if columns.kind else None
    kind = kind or kind_of(identifier.rpartition("::")[0]) or kind_in_name(columns.id) or kind_in_name(path.stem)
    return entity(kind or EntityKind.THING, name, global_code(identifier))


def _node_record(origin: Origin, row: Row, columns: _NodeColumns, node: EntityRef) -> ReadRecord:
    text = row_text(row.cells)
    identifier = one_line(row.cells[columns.id])
    key = f"{origin.path.stem} {identifier}" if identifier.isdigit() else identifier
    document = origin.document(row.record, text, node.name, key=key)
    if is_cut(node.name) or (len(node.name) > MAX_NAME_CHARS and not node.code):
        return ReadRecord(document, unmapped=("name (cut values)",))
    synonyms = split_list(one_line(row.cells.get(columns.synonyms, "")), ";|；、") if columns.synonyms else []
    return ReadRecord(document, tuple(NameOf(node, name) for name in synonyms), (), (node,))


@dataclass(frozen=True, slots=True)
class _EdgeColumns:
    """Which columns of an edge table name its ends and its relation ("" where no column does)."""

    head: str
    tail: str
    relation: str


class _Nodes:
    """The nodes of the tables in a folder, by the name of their id column and their id."""

    def __init__(self, edges: Path) -> None:
        self._tables: list[tuple[Path, _NodeColumns]] = []
        siblings = sorted(p for p in edges.parent.iterdir() if p.suffix.lower() in _SUFFIXES and p != edges and p.is_file())
        for sibling in siblings[:_MAX_SIBLINGS]:
            try:
                columns = _node_columns(Sample.of(sibling).columns)
            except OSError:  # a table that cannot be opened is its own reader's fault to report
                continue
            if columns is not None:
                self._tables.append((sibling, columns))
        self._by_id: dict[tuple[str, str], EntityRef] = {}

    def key_columns(self) -> set[str]:
        """The id columns of the tables that are named after what they hold (drug_cui), not just `id`."""
        return {columns.id for _, columns in self._tables if _key(columns.id) not in _IDS}

    def __bool__(self) -> bool:
        return bool(self._tables)

    def load(self) -> None:
        """Reads the tables; of two nodes with the same id the first counts."""
        for path, columns in self._tables:
            for row in rows(path):
                node = _node(row, columns, path) if isinstance(row, Row) else None
                if node is not None and isinstance(row, Row):
                    identifier = one_line(row.cells[columns.id])
                    self._by_id.setdefault((columns.id, identifier), node)
                    self._by_id.setdefault(("", identifier), node)

    def find(self, column: str, identifier: str) -> EntityRef | None:
        """The node with that id, from the table with that id column first."""
        return self._by_id.get((column, identifier)) or self._by_id.get(("", identifier))


def _edge_columns(columns: tuple[str, ...], nodes: _Nodes) -> _EdgeColumns | None:
    by_key = {_key(column): column for column in reversed(columns)}
    head, tail = _pair(by_key)
    if not head:
        keys = [column for column in columns if column in nodes.key_columns()]
        if len(keys) != 2:
            return None
        head, tail = keys
    relation = next((by_key[key] for key in _RELATIONS if key in by_key and by_key[key] not in (head, tail)), "")
    return _EdgeColumns(head, tail, relation)


class EdgeReader:
    """Reads edge tables; the ends are looked up in the node tables of the same folder, an end that no table has is reported."""

    name = "edges"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 where the ends are ids of node tables in the folder, 0.6 for columns of ids without such tables."""
        if len(sample.columns) < 2 or _node_columns(sample.columns) is not None:
            return 0.0
        try:
            nodes = _Nodes(sample.path)
        except OSError:
            return 0.0
        columns = _edge_columns(sample.columns, nodes)
        if columns is None:
            return 0.0
        by_id = all(_key(name).endswith(_ID_ENDS) or name in nodes.key_columns() for name in (columns.head, columns.tail))
        if nodes:
            return 0.95 if by_id or _resolves(sample.path, columns, nodes) else 0.0
        return 0.6 if by_id and not any(key in _NAMES or key.endswith("_name") for key in map(_key, sample.columns)) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each edge; its text shows the names beside the ids."""
        return from_edges(self, path, options)

    def edges(self, path: Path, options: ReadOptions) -> Iterator[Edge | Unreadable]:
        """One edge for each row."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        nodes = _Nodes(path)
        nodes.load()
        columns: _EdgeColumns | None = None
        for row in rows(path):
            if isinstance(row, Bad):
                yield origin.unreadable(row)
                continue
            columns = columns or _edge_columns(tuple(row.cells), nodes)
            if columns is None:
                yield Unreadable(origin.place(row.record), "no columns that name the ends of an edge")
                return
            yield _edge(origin, row, columns, nodes)


def _resolves(path: Path, columns: _EdgeColumns, nodes: _Nodes) -> bool:
    """Whether an end of the first edge is a node of the folder (source, target may as well be names)."""
    try:
        first = next((row for row in rows(path) if isinstance(row, Row)), None)
        nodes.load()
    except (IngestError, MissingExtraError):
        return False
    return first is not None and any(nodes.find(c, one_line(first.cells.get(c, ""))) for c in (columns.head, columns.tail))


def _edge(origin: Origin, row: Row, columns: _EdgeColumns, nodes: _Nodes) -> Edge | Unreadable:
    ends: list[EntityRef] = []
    identifiers: list[str] = []
    shown = dict(row.cells)
    for column in (columns.head, columns.tail):
        identifier = one_line(row.cells.get(column, ""))
        node = nodes.find(column, identifier)
        if node is None:
            return Unreadable(origin.place(row.record), f"{column} {identifier!r} is in no node table of the folder")
        ends.append(node)
        identifiers.append(identifier)
        shown[column] = f"{identifier} ({node.name})"  # an id alone reads badly, and proves nothing to a reader
    printed = one_line(row.cells.get(columns.relation, "")) if columns.relation else ""
    relation = relation_between(printed, ends[0].kind, ends[1].kind) if printed else relation_of(_UNSAID)
    spoken = _spoken(printed, relation)
    if printed and spoken != printed:
        shown[columns.relation] = f"{printed} ({spoken})"
    text = row_text(shown)
    subject, object_ = _ordered(ends[0], ends[1], relation)
    title = f"{ends[0].name} {spoken} {ends[1].name}"
    keys = [identifier if node.code else node.name for identifier, node in zip(identifiers, ends, strict=True)]
    key = f"{keys[0]} {printed or spoken} {keys[1]}"
    lang = origin.options.lang or language(text[:400])
    return Edge(row.record, key, title, lang, text, (subject, relation.name, object_), () if relation.known else (printed,))


@lru_cache(maxsize=1024)
def _spoken(printed: str, relation: Relation) -> str:
    """The relation as it is read."""
    return label(relation.name, "en") if relation.known and (not printed or _is_abbreviation(printed)) else printed


def _is_abbreviation(printed: str) -> bool:
    """Whether a relation is printed like hetionet's metaedges (CtD), which nobody can read."""
    return printed.isascii() and printed.isalpha() and printed != printed.lower() and len(printed) <= _MAX_ABBREVIATION


def _ordered(head: EntityRef, tail: EntityRef, relation: Relation) -> tuple[EntityRef, EntityRef]:
    one, other = _base(head.kind), _base(tail.kind)
    turned = one is not other and one is relation.object and other is relation.subject
    return (tail, head) if turned else (head, tail)


def _base(kind: EntityKind) -> EntityKind:
    return EntityKind.SUBSTANCE if kind is EntityKind.PREPARATION else kind
