"""Tables of head, relation and tail: the usual column names, PrimeKG's, joins such as drug–indication tables, and bare triples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, global_code, kind_in_name, kind_of
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, language, one_line
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable, from_edges
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Line, lines
from medrag.kb.edges import Edge
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.kb.relations import Relation, label, relation_between, relation_of
from medrag.types import EntityKind

__all__ = ["TriplesReader"]

REMEMBERED = 2**16  # cells, names and meanings of a table
MAX_KEY = 500  # characters
_MIN_BARE_ROWS = 3  # a table without a header needs more than one row to be told from anything else


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_HEAD = _words(
    "head subject entity1 x_name 头实体 主体 主语 实体1 源实体 起始实体 head_name subject_name source_name node1 head_entity from_name drug_1 drug1 drug_a drug_1_name drug1_name drug1_id 药物1 药品1 source from start drugbank_name drug_name"
)
_RELATION = _words(
    "relation predicate 关系 rel relation_type 谓语 关系类型 relationship edge_type edge label 属性 metaedge display_relation type"
)
_TAIL = _words(
    "tail object entity2 y_name 尾实体 客体 宾语 实体2 目标实体 结束实体 tail_name object_name target_name node2 tail_entity to_name drug_2 drug2 drug_b drug_2_name drug2_name drug2_id 药物2 药品2 target to end meddra_name value 属性值"
)
_INTERACTION = _words("interaction interaction_type ddi ddi_type event description level severity 相互作用 相互作用描述")
_UNSAID = "associated_with"  # two columns only say that the two belong together
_HEAD_ID = _words("x_id head_id subject_id source_id entity1_id drugbank_id")
_TAIL_ID = _words("y_id tail_id object_id target_id entity2_id umls_cui meddra_id")
_HEAD_TYPE = _words("x_type head_type subject_type source_type entity1_type 头实体类型 主体类型 head_label 头类型")
_TAIL_TYPE = _words("y_type tail_type object_type target_type entity2_type 尾实体类型 客体类型 tail_label 尾类型")
_HEAD_SET = _words("x_source")
_TAIL_SET = _words("y_source")
_QUALIFIERS = _words("method evidence pmid reference")  # the same triple once for each
# PrimeKG leaves the zeros and the prefix out; with them the codes are those of every other source.
_PADDED = {"MONDO": "MONDO", "HPO": "HP", "GO": "GO", "UBERON": "UBERON"}


@dataclass(frozen=True, slots=True)
class _End:
    """The columns that describe one end of an edge; "" where the table has none."""

    name: str
    id: str
    type: str
    set: str


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column of a table plays which part."""

    head: _End
    relation: str
    tail: _End
    qualifiers: tuple[str, ...] = ()
    implied: str = ""  # the relation that the columns themselves mean, where no cell names it


class TriplesReader:
    """Reads one edge a row; codes and types are used where the table has them, PrimeKG's mirrored rows are turned round."""

    name = "triples"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 for distinctive column names, 0.7 for vague ones (source, target), 0.55 for bare triples."""
        if not sample.columns:
            return 0.0
        columns = _columns(sample.columns)
        if columns is not None:
            vague = {"source", "from", "start", "value", "属性值", "to", "end", "type", "label"}
            return 0.7 if fold(columns.head.name) in vague or fold(columns.tail.name) in vague else 0.9
        return 0.55 if len(sample.columns) == 3 and _bare(sample) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each row."""
        return from_edges(self, path, options)

    def edges(self, path: Path, options: ReadOptions) -> Iterator[Edge | Unreadable]:
        """One edge for each row."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        columns: _Columns | None = None
        table: _Table | None = None
        for line in _lines(path):
            if isinstance(line, Bad):
                yield origin.unreadable(line)
                continue
            where, header, cells = line
            columns = columns or _columns(tuple(header[: len(cells)]))
            if columns is None:
                yield Unreadable(origin.place(where), "no columns of head, relation and tail")
                return
            if table is None or table.header is not header:
                table = _Table(header, columns, origin)
            yield table.edge(where, cells)


def _columns(header: tuple[str, ...]) -> _Columns | None:
    by_name = {fold(name).replace(" ", "_"): name for name in reversed(header)}

    def pick(names: tuple[str, ...]) -> str:
        return next((by_name[name] for name in names if name in by_name), "")

    head = _End(pick(_HEAD), pick(_HEAD_ID), pick(_HEAD_TYPE), pick(_HEAD_SET))
    tail = _End(pick(_TAIL), pick(_TAIL_ID), pick(_TAIL_TYPE), pick(_TAIL_SET))
    relation = pick(_RELATION)
    interaction = pick(_INTERACTION)
    if head.name and tail.name and _drugs(head.name, tail.name) and (interaction or not relation):
        return _Columns(head, interaction, tail, implied="药物相互作用")
    if len(header) == 2 and not relation:
        return _implied(header)
    if not (head.name and relation and tail.name) or len({head.name, relation, tail.name}) < 3:
        return None
    return _Columns(head, relation, tail, tuple(by_name[name] for name in _QUALIFIERS if name in by_name))


def _drugs(head: str, tail: str) -> bool:
    """Whether two columns are called drug 1 and drug 2."""
    return all(re.match(r"drug|药", fold(name)) and re.search(r"[12ab]", fold(name)) for name in (head, tail))


def _implied(header: tuple[str, ...]) -> _Columns | None:
    """The parts of a table of two columns that are called after kinds of things: 疾病 and 症状, drug and disease."""
    head, tail = (kind_of(name) for name in header)
    if head is None or tail is None or head is tail:
        return None
    relation = relation_of(header[1])
    said = header[1] if relation.known and relation.subject is head else _UNSAID
    return _Columns(_End(header[0], "", "", ""), "", _End(header[1], "", "", ""), implied=said)


def _bare(sample: Sample) -> bool:
    """Whether the table has no header: its middle column repeats itself and holds relations that are known."""
    found = [tuple(sample.columns), *(tuple(cells.values()) for cells in sample.rows)]
    if len(found) < _MIN_BARE_ROWS or any(len(row) != 3 or not all(cell.strip() for cell in row) for row in found):
        return False
    known = sum(relation_of(row[1]).known for row in found)
    return known * 2 >= len(found)


def _lines(path: Path) -> Iterator[Line | Bad]:
    """The rows with a header made up where there is none; then the first line, taken for one, comes back as a row."""
    sample = Sample.of(path)
    if _columns(sample.columns) is not None or len(sample.columns) != 3 or not _bare(sample):
        yield from lines(path)
        return
    names = ["head", "relation", "tail"]
    yield "line 1", names, list(sample.columns)
    for line in lines(path):
        yield line if isinstance(line, Bad) else (line[0], names, line[2][:3])


class _Clean(dict[str, str]):
    """Cells as they are stored on one line, remembered: a graph's names and relations come again and again."""

    def __missing__(self, cell: str) -> str:
        clean = one_line(cell)
        if len(cell) <= MAX_NAME_CHARS:
            _make_room(self)
            self[cell] = clean
        return clean


class _Named(dict[str, tuple[EntityRef, bool]]):
    """The entities of a kind by name, and whether that is a name, remembered."""

    def __init__(self, kind: EntityKind) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, name: str) -> tuple[EntityRef, bool]:
        _make_room(self)
        ref = entity(self._kind, name)
        found = self[name] = ref, not _is_no_name(ref)
        return found


def _make_room(remembered: dict[str, Any]) -> None:
    if len(remembered) >= REMEMBERED:
        remembered.clear()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a printed relation between two types of things means: its ends' kinds and names, and whether the tail is its subject."""

    relation: Relation
    kinds: tuple[EntityKind, EntityKind]
    heads: _Named
    tails: _Named
    turned: bool


class _Table:
    """The rows under one header as edges: what they share is looked up once."""

    def __init__(self, header: list[str], columns: _Columns, origin: Origin) -> None:
        self.header = header
        self._columns, self._origin = columns, origin
        self._at = {name: at for at, name in enumerate(header)}
        self._shown = [f"{one_line(name)}: " for name in header]
        self._ends = (self._place(columns.head.name), self._place(columns.relation), self._place(columns.tail.name))
        self._types = self._place(columns.head.type), self._place(columns.tail.type)
        self._coded = any((columns.head.id, columns.head.set, columns.tail.id, columns.tail.set))
        self._told = [self._place(name) for name in columns.qualifiers] + ([self._ends[1]] if columns.implied else [])
        self._implied = ""
        if columns.implied:
            self._implied = label(relation_of(columns.implied).name, "en" if columns.head.name.isascii() else "zh")
        self._clean = _Clean()
        self._named: dict[EntityKind, _Named] = {}
        self._meanings: dict[tuple[str, str, str], _Meaning] = {}

    def _place(self, column: str) -> int:
        """Where a column's cell stands; behind all others, where an empty one is put, if there is no such column."""
        return self._at.get(column, len(self.header)) if column else len(self.header)

    def edge(self, where: str, cells: list[str]) -> Edge | Unreadable:
        """The edge of one row."""
        cells = cells[: len(self.header)]
        cells += [""] * (len(self.header) + 1 - len(cells))
        values = list(map(self._clean.__getitem__, cells))
        head, said, tail = [values[at] for at in self._ends]
        if not (head and tail and (self._implied or said)):
            return Unreadable(self._origin.place(where), f"the column {self._missing(head, said)!r} is empty")
        printed = self._implied or said
        typed = printed, cells[self._types[0]], cells[self._types[1]]
        meaning = self._meanings.get(typed) or self._meaning(*typed)
        text = "\n".join([name + value for name, value in zip(self._shown, values, strict=False) if value])
        key = f"{head} {printed} {tail}"
        title = key
        if self._coded:
            codes = self._code(cells, self._columns.head), self._code(cells, self._columns.tail)
            ends = [_end(*one) for one in zip(meaning.kinds, (head, tail), codes, (meaning.heads, meaning.tails), strict=True)]
            key = f"{codes[0] or head} {printed} {codes[1] or tail}"
        else:
            ends = [meaning.heads[head], meaning.tails[tail]]
        if self._told:
            key += "".join([f" ({values[at]})" for at in self._told if values[at]])
        lang = self._origin.options.lang or language(text[:400])
        relation = meaning.relation
        unmapped = () if relation.known else (printed,)
        (first, named), (second, also) = reversed(ends) if meaning.turned else ends
        if not (named and also):
            return Edge(where, key[:MAX_KEY], title, lang, text, None, (*unmapped, f"{relation.name} (cut values)"))
        return Edge(where, key[:MAX_KEY], title, lang, text, (first, relation.name, second), unmapped)

    def _missing(self, head: str, said: str) -> str:
        columns = self._columns
        if not head:
            return columns.head.name
        return columns.relation if not (said or self._implied) else columns.tail.name

    def _meaning(self, printed: str, head_type: str, tail_type: str) -> _Meaning:
        """What the printed relation means between the types, remembered."""
        kinds = _kind(self._columns.head, head_type), _kind(self._columns.tail, tail_type)
        relation = relation_between(printed, *kinds)
        # Turned round where the source's types say that the row is written the other way.
        turned = kinds[0] != kinds[1] and kinds == (relation.object, relation.subject)
        ends = kinds[0] or relation.subject, kinds[1] or relation.object
        heads, tails = (self._named.setdefault(kind, _Named(kind)) for kind in ends)
        if len(self._meanings) >= REMEMBERED:
            self._meanings.clear()
        meaning = self._meanings[printed, head_type, tail_type] = _Meaning(relation, ends, heads, tails, turned)
        return meaning

    def _code(self, cells: list[str], end: _End) -> str:
        identifier = cells[self._place(end.id)].strip()
        source = cells[self._place(end.set)].strip()
        if source in _PADDED and identifier.isdigit():
            return f"{_PADDED[source]}:{identifier.zfill(7)}"
        if source and not global_code(identifier):
            return f"{source}:{identifier}"
        return global_code(identifier)


def _end(kind: EntityKind, name: str, code: str, named: _Named) -> tuple[EntityRef, bool]:
    """An end of an edge, and whether it is named; one without a code is its name alone."""
    if not code:
        return named[name]
    ref = entity(kind, name, code)
    return ref, not _is_no_name(ref)


def _is_no_name(ref: EntityRef) -> bool:
    return is_cut(ref.name) or (len(ref.name) > MAX_NAME_CHARS and not ref.code)


def _kind(end: _End, printed: str) -> EntityKind | None:
    return kind_of(printed) if end.type else _kind_of_column(end.name)


@lru_cache(maxsize=1024)
def _kind_of_column(name: str) -> EntityKind | None:
    return kind_in_name(name) if name.casefold().startswith(("drug", "disease", "药")) else kind_of(name)
