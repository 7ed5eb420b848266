"""Records about a central word: `{"中心词": "痛风", "class": "疾病", "相关症状": [...]}` as JSON, or the same as table columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity, kind_of
from medrag.ingest.readers.json_records import first_value, printed_records
from medrag.ingest.readers.record import About, Field, Origin, is_cut, one_line, scalars, split_list
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.prepared import EntityRef
from medrag.kb.relations import relation_of
from medrag.types import EntityKind

__all__ = ["ZhongxinciReader"]

_CENTRE = "中心词"
_CLASS = ("class", "类别", "类型")
_NO_RELATION = {_CENTRE, "name", "来源", "source", "id", "_id", "编号", "序号", ""}


class ZhongxinciReader:
    """Reads 中心词 records: every list is a relation, every value of it an object, 别名 are names."""

    name = "zhongxinci"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 where records or columns have a 中心词, 0.8 for a name and nothing but lists under known relations."""
        if sample.columns:
            return 0.95 if _CENTRE in sample.columns else 0.0
        first = first_value(sample)
        if not isinstance(first, dict):
            return 0.0
        if isinstance(first.get(_CENTRE), str):
            return 0.95
        return 0.8 if _is_named(first) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each object or row."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for item in printed_records(path):
            if isinstance(item, Bad):
                yield origin.unreadable(item)
                continue
            where, text, fields = item
            by_name = {f.name: one_line(f.value) for f in fields if f.name in (_CENTRE, "name") and isinstance(f.value, str)}
            centre = by_name.get(_CENTRE) or by_name.get("name", "")
            if not centre:
                yield Unreadable(origin.place(where), f"no {_CENTRE}")
                continue
            about = About(_subject(centre, fields))
            for field in fields:
                _say(about, field)
            yield about.record(origin.document(where, text, centre))


def _is_named(record: dict[str, object]) -> bool:
    """Whether a record is a 中心词 record whose word is called `name`: most of the rest are lists under known relations."""
    lists = [name for name, value in record.items() if isinstance(value, list)]
    rest = record.keys() - set(lists) - set(_CLASS) - {"name"}
    known = sum(relation_of(name).known for name in lists)
    return isinstance(record.get("name"), str) and bool(lists) and not rest and known * 2 >= len(lists)


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
