"""Tables of head, relation and tail: the usual column names, PrimeKG's, joins such as drug–indication tables, and bare triples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, global_code, kind_in_name, kind_of
from medrag.ingest.readers.record import MAX_NAME_CHARS, Origin, is_cut, one_line, row_text
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Row, rows
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.kb.relations import Relation, label, relation_between, relation_of
from medrag.types import EntityKind, Place

__all__ = ["TriplesReader"]

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
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The rows, each with what the header says of their columns."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        columns: _Columns | None = None
        for row in _rows(path):
            if isinstance(row, Bad):
                yield origin.unreadable(row)
                continue
            if columns is None:
                columns = _columns(tuple(row.cells))
                if columns is None:
                    yield Unreadable(origin.place(row.record), "no columns of head, relation and tail")
                    return
            yield Raw(origin.place(row.record), (origin, row.cells, columns))

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The record of one row."""
        origin, cells, columns = raw.value
        yield _record(origin, raw.place, cells, columns)


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


def _rows(path: Path) -> Iterator[Row | Bad]:
    """The rows with a header made up where there is none; then the first line, taken for one, comes back as a row."""
    sample = Sample.of(path)
    if _columns(sample.columns) is not None or len(sample.columns) != 3 or not _bare(sample):
        yield from rows(path)
        return
    names = ("head", "relation", "tail")
    yield Row("line 1", dict(zip(names, sample.columns, strict=True)))
    for row in rows(path):
        yield row if isinstance(row, Bad) else Row(row.record, dict(zip(names, row.cells.values(), strict=False)))


def _record(origin: Origin, place: Place, cells: dict[str, str], columns: _Columns) -> ReadRecord | Unreadable:
    head, tail = one_line(cells.get(columns.head.name, "")), one_line(cells.get(columns.tail.name, ""))
    said = one_line(cells.get(columns.relation, ""))
    parts = ((columns.head.name, head), (columns.relation, columns.implied or said), (columns.tail.name, tail))
    missing = next((name for name, value in parts if not value), "")
    printed = (
        label(relation_of(columns.implied).name, "en" if columns.head.name.isascii() else "zh") if columns.implied else said
    )
    if missing:
        return Unreadable(place, f"the column {missing!r} is empty")
    kinds = _kind(cells, columns.head), _kind(cells, columns.tail)
    relation = relation_between(printed, *kinds)
    text = row_text(cells)
    codes = _code(cells, columns.head), _code(cells, columns.tail)
    subject, object_ = _ends((head, tail), kinds, codes, relation)
    key = f"{codes[0] or head} {printed} {codes[1] or tail}"
    told = [one_line(cells.get(name, "")) for name in columns.qualifiers] + ([said] if columns.implied else [])
    key += "".join(f" ({value})" for value in told if value)
    document = origin.document(place, text, f"{head} {printed} {tail}", key=key[:500])
    unmapped = () if relation.known else (printed,)
    if _is_no_name(subject) or _is_no_name(object_):
        return ReadRecord(document, unmapped=(*unmapped, f"{relation.name} (cut values)"))
    if relation.is_name:
        return ReadRecord(document, (NameOf(subject, tail),), (), (subject,), unmapped)
    return ReadRecord(document, (), (Statement(subject, relation.name, object_, 0, len(text)),), (subject,), unmapped)


def _is_no_name(ref: EntityRef) -> bool:
    return is_cut(ref.name) or (len(ref.name) > MAX_NAME_CHARS and not ref.code)


def _id(cells: dict[str, str], end: _End) -> str:
    return cells.get(end.id, "").strip() if end.id else ""


def _ends(
    names: tuple[str, str], kinds: tuple[EntityKind | None, EntityKind | None], codes: tuple[str, str], relation: Relation
) -> tuple[EntityRef, EntityRef]:
    """Subject and object, turned round where the source's types say that the row is written the other way."""
    turned = kinds[0] != kinds[1] and kinds == (relation.object, relation.subject)
    first = entity(kinds[0] or relation.subject, names[0], codes[0])
    second = entity(kinds[1] or relation.object, names[1], codes[1])
    return (second, first) if turned else (first, second)


def _kind(cells: dict[str, str], end: _End) -> EntityKind | None:
    return kind_of(cells.get(end.type, "")) if end.type else _kind_of_column(end.name)


@lru_cache(maxsize=1024)
def _kind_of_column(name: str) -> EntityKind | None:
    return kind_in_name(name) if name.casefold().startswith(("drug", "disease", "药")) else kind_of(name)


def _code(cells: dict[str, str], end: _End) -> str:
    if not end.id and not end.set:
        return ""
    identifier = _id(cells, end)
    source = cells.get(end.set, "").strip() if end.set else ""
    if source in _PADDED and identifier.isdigit():
        return f"{_PADDED[source]}:{identifier.zfill(7)}"
    if source and not global_code(identifier):
        return f"{source}:{identifier}"
    return global_code(identifier)
