"""Records about a central word: `{"中心词": "痛风", "class": "疾病", "相关症状": [...]}` as JSON, or the same as table columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.kinds import entity, kind_of
from medrag.ingest.readers.json_records import first_value, json_records
from medrag.ingest.readers.record import About, Field, Origin, is_cut, json_fields, one_line, row_fields, scalars, split_list
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.ingest.source import Bad, rows
from medrag.kb.prepared import EntityRef
from medrag.kb.relations import relation_of
from medrag.types import EntityKind

__all__ = ["ZhongxinciReader"]

_CENTRE = "中心词"
_CLASS = ("class", "类别", "类型")
_NO_RELATION = {_CENTRE, "来源", "source", "id", "_id", "编号", "序号", ""}
_TABLES = {".csv", ".tsv", ".xlsx", ".xlsm", ".txt"}


class ZhongxinciReader:
    """Reads 中心词 records: every list is a relation, every value of it an object, 别名 are names."""

    name = "zhongxinci"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 where records or columns have a 中心词."""
        if sample.suffix in _TABLES:
            return 0.95 if _CENTRE in sample.columns else 0.0
        first = first_value(sample)
        return 0.95 if isinstance(first, dict) and isinstance(first.get(_CENTRE), str) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each object or row."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for item in _records(path):
            if isinstance(item, Bad):
                yield origin.unreadable(item)
                continue
            where, text, fields = item
            centre = next((one_line(f.value) for f in fields if f.name == _CENTRE and isinstance(f.value, str)), "")
            if not centre:
                yield Unreadable(origin.place(where), f"no {_CENTRE}")
                continue
            about = About(_subject(centre, fields))
            for field in fields:
                _say(about, field)
            yield about.record(origin.document(where, text, centre))


def _records(path: Path) -> Iterator[tuple[str, str, list[Field]] | Bad]:
    if path.suffix.lower() in _TABLES:
        for row in rows(path):
            yield row if isinstance(row, Bad) else (row.record, *row_fields(row.cells))
        return
    for item in json_records(path):
        if isinstance(item, Bad):
            yield item
        elif isinstance(item.value, dict):
            yield item.where, item.text, json_fields(item.text)
        else:
            yield Bad(item.where, "not a JSON object")


def _subject(centre: str, fields: list[Field]) -> EntityRef | None:
    if is_cut(centre):
        return None
    printed = next((f.value for f in fields if f.name in _CLASS and isinstance(f.value, str)), "")
    return entity(kind_of(printed) or _kind_by_relations(fields), centre)


def _kind_by_relations(fields: list[Field]) -> EntityKind:
    kinds = [relation_of(f.name).subject for f in fields]
    said = [kind for kind in kinds if kind is not EntityKind.THING]
    return max(said, key=said.count) if said else EntityKind.THING


def _say(about: About, field: Field) -> None:
    if field.name in _NO_RELATION or (field.name in _CLASS and isinstance(field.value, str) and kind_of(field.value)):
        return
    values = scalars(field.value)
    if isinstance(field.value, str) and not relation_of(field.name).attribute:
        values = iter(split_list(field.value))
    about.say(field.name, values, (field.start, field.end))
