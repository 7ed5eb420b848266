"""Wide disease tables: one disease a row, a column for each relation, lists separated by blanks (GB18030 or any other encoding)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity
from medrag.ingest.readers.record import About, Field, Origin, is_cut, row_fields, split_list
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.ingest.tables import rows
from medrag.kb.folding import fold
from medrag.kb.relations import Relation, relation_of
from medrag.types import EntityKind

__all__ = ["DiseaseTableReader"]

_NAMES = ("name", "疾病", "疾病名称", "疾病名", "病名", "名称", "disease", "disease_name")
# Column names too plain to mean a relation anywhere else.
_COLUMNS = {
    "alias": "别名",
    "part": "发病部位",
    "age": "多发群体",
    "infection": "传染性",
    "insurance": "医保",
    "checklist": "检查",
    "drug": "药物治疗",
    "period": "治疗周期",
    "rate": "治愈率",
    "money": "治疗费用",
}
_MORE = "[详细]"  # the site's link to more of a list
_LINK = ">>"  # a question of the site's, where no drug is listed
_MIN_RELATIONS = 4
_BLANKS = " \t　"
_COMMAS = {"alias": ",，、;；", "therapy": " 、，,;；"}  # the columns whose lists are not separated by blanks alone


class DiseaseTableReader:
    """Reads a row as a disease with its names and facts; values cut off with "..." are counted and left out of the facts."""

    name = "disease-table"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 where at least four columns are relations of a disease and one is its name, 0.85 where all others are, however few."""
        if not sample.columns:
            return 0.0
        known = {relation.name for name in sample.columns if (relation := _relation(name)).subject is EntityKind.DISEASE}
        name = _name_column(sample.columns)
        plain = name != "name" and all(
            column == name or _relation(column).subject is EntityKind.DISEASE for column in sample.columns
        )
        return 0.9 if name and len(known) >= _MIN_RELATIONS else 0.85 if name and known and plain else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each row."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The rows."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for row in rows(path):
            if isinstance(row, Bad):
                yield origin.unreadable(row)
            else:
                yield Raw(origin.place(row.record), (origin, row.cells))

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The record of one row."""
        origin, cells = raw.value
        name_column = _name_column(tuple(cells))
        text, fields = row_fields(cells)
        name = next((f.value for f in fields if f.name == name_column), "")
        if not name:
            yield Unreadable(raw.place, f"the column {name_column or 'name'!r} is empty")
            return
        about = About(None if is_cut(name) else entity(EntityKind.DISEASE, name))
        if is_cut(name):
            about.unmapped.append("name (cut values)")
        _say(about, fields, name_column)
        yield about.record(origin.document(raw.place.record, text, name))


def _relation(column: str) -> Relation:
    return relation_of(_COLUMNS.get(column.casefold(), column))


def _name_column(columns: tuple[str, ...]) -> str:
    by_name = {fold(column): column for column in reversed(columns)}
    return next((by_name[name] for name in _NAMES if name in by_name), "")


def _say(about: About, fields: list[Field], name_column: str) -> None:
    if any(field.name.startswith("column ") for field in fields):
        # A value under a column without a name: the row's cells have slipped, and so have the relations.
        about.unmapped.append("(cells in the wrong columns)")
        return
    for field in fields:
        if field.name == name_column:
            continue
        relation = _relation(field.name)
        if not relation.known:
            about.unmapped.append(field.name)
            continue
        about.add(relation, _values(field.value, relation), (field.start, field.end))


def _values(cell: str, relation: Relation) -> list[str]:
    cell = cell.replace(_MORE, " ").partition(_LINK)[0].strip()
    if relation.attribute:
        return [cell] if cell else []
    return split_list(cell, _COMMAS.get(relation.name, _BLANKS))
