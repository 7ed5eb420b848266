"""Names: tables of names and aliases, product tables (product, brand, generic), names in several languages, synonym groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from medrag.errors import IngestError
from medrag.ingest.encodings import read_text
from medrag.ingest.json_text import Bad, load_json
from medrag.ingest.kinds import entity, kind_in_name, kind_of
from medrag.ingest.readers.json_records import first_value, is_one_object, printed_records
from medrag.ingest.readers.record import Origin, is_cut, one_line, says_nothing, scalars, split_list
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.sections import SectionGroup, classify_heading
from medrag.types import EntityKind, Place

__all__ = ["NameGroupsReader", "NameTableReader"]

# Columns that hold the name of what the row is about, the most specific first.
_CENTRAL = (
    "product_name",
    "药品名称",
    "产品名称",
    "name",
    "名称",
    "标准名",
    "标准名称",
    "标准词",
    "standard",
    "standard_name",
    "preferred_name",
    "chinese",
    "中文名",
    "中文名称",
    "药名",
    "drug_name",
)
_GENERIC = ("generic_name", "通用名", "通用名称", "generic")
_OTHER: dict[str, str] = {
    **dict.fromkeys(("trad_name", "trade_name", "brand_name", "brand", "商品名", "商品名称"), "brand"),
    **dict.fromkeys(
        (
            "alias",
            "aliases",
            "别名",
            "synonym",
            "synonyms",
            "同义词",
            "俗名",
            "原词",
            "原始词",
            "mention",
            "variant",
            "又名",
            "异名",
            "korean",
            "latin",
            "拉丁名",
        ),
        "alias",
    ),
    **dict.fromkeys(("english", "english_name", "英文名", "英文名称", "en_name"), "english"),
    **dict.fromkeys(("pinyin", "拼音", "汉语拼音", "拼音名"), "pinyin"),
    **dict.fromkeys(("abbreviation", "缩写", "简称", "abbr"), "abbreviation"),
    **dict.fromkeys(("former_name", "曾用名"), "former"),
}
_KIND = ("kind", "entity_type", "实体类型", "category", "类别")
_NAME_TYPE = ("type", "alias_type", "name_type", "类型", "别名类型")
_NAME_TYPES = {
    "英文名": "english",
    "商品名": "brand",
    "拼音": "pinyin",
    "汉语拼音": "pinyin",
    "缩写": "abbreviation",
    "简称": "abbreviation",
    "曾用名": "former",
    "通用名": "generic",
    "编码": "code",
    "国际非专利名": "generic",
    "inn": "generic",
}
_NAME_KINDS = {*_NAME_TYPES.values(), "alias"}
_IGNORED = re.compile(
    r"column_\d+|index|id|.*_id|序号|编号|source|来源|part|korean|备注|.*level|.*flag|.*unit|comments|remark|count|lang|语言"
)
_DRUG_COLUMNS = {
    "product_name",
    "trad_name",
    "trade_name",
    "generic_name",
    "通用名",
    "通用名称",
    "商品名",
    "药品名称",
    "药名",
    "drug_name",
}
# The pharmacopoeia lists its test methods and general chapters among the drugs.
_NO_DRUG = re.compile(r"法[（(]|法$|通则|原则|总论|试剂|试验|方法")
_NAMES_ONLY = {
    SectionGroup.NAMES,
    SectionGroup.CLASSIFICATION,
    SectionGroup.FORMS,
    SectionGroup.APPROVAL,
    SectionGroup.SOURCE,
    SectionGroup.OTHER,
}
_SAYS = re.compile(r"[。；：【】\n]")
_HAN = re.compile("[一-鿿]")
_MAX_GROUPED = 80  # a longer text in a group of names is no name
_CONTAINERS = {"docs", "data", "results", "items", "records", "documents", "rows", "labels", "entities", "meta"}


def _key(column: str) -> str:
    return fold(column).replace(" ", "_")


class NameTableReader:
    """Reads tables (or JSON objects) whose fields are names of one thing: its name, aliases, brands, other languages."""

    name = "name-tables"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.85 where all columns are names or nothing to read, 0.55 for product and brand among others; never with label text."""
        columns = sample.columns
        if not columns:
            first = first_value(sample)
            if not isinstance(first, dict) or not all(map(_is_names, first.values())):
                return 0.0
            columns = tuple(first)
        return _sureness([_key(column) for column in columns])

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each row."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for item in printed_records(path):
            if isinstance(item, Bad):
                yield origin.unreadable(item)
                continue
            where, text, fields = item
            by_key = {_key(field.name): "、".join(scalars(field.value)) for field in fields}
            central = next((key for key in (*_CENTRAL, *_GENERIC) if by_key.get(key)), "")
            if central:
                yield _record(origin, where, text, by_key, central)
            else:
                yield Unreadable(origin.place(where), "no name in the row")


def _sureness(columns: list[str]) -> float:
    central = next((key for key in (*_CENTRAL, *_GENERIC) if key in columns), "")
    others = [key for key in columns if key != central and (key in _OTHER or key in _GENERIC)]
    if not central or not others:
        return 0.0
    known = {central, *others, *_KIND, *_NAME_TYPE}
    unknown = [key for key in columns if key and key not in known and not _IGNORED.fullmatch(key)]
    if not unknown:
        return 0.85
    product = "product_name" in columns and ({"trad_name", "trade_name", "generic_name"} & set(columns))
    return 0.55 if product and all(_is_no_text(key) for key in unknown) else 0.0


def _is_names(value: object) -> bool:
    """Whether a value is a name, a list of names, or nothing."""
    return isinstance(value, (str, int, type(None))) or (
        isinstance(value, list) and all(isinstance(name, str) for name in value)
    )


def _is_no_text(key: str) -> bool:
    known = classify_heading(key.replace("_", " "))
    return key not in {"text", "content", "section", "question", "answer"} and (known is None or known.group in _NAMES_ONLY)


def _record(origin: Origin, where: str, text: str, by_key: dict[str, str], central: str) -> ReadRecord:
    name = by_key[central]
    document = origin.document(where, text, name)
    if is_cut(name):
        return ReadRecord(document, unmapped=("name (cut values)",))
    about = entity(_kind(origin, by_key, central), name)
    names: dict[NameOf, None] = {}
    said = _name_type(by_key)
    for key, kind in _OTHER.items():
        cell = by_key.get(key, "")
        for alias in split_list(cell) if kind == "alias" and not said else [cell]:
            if alias and alias != name and not is_cut(alias) and not says_nothing(alias):
                names[NameOf(about, alias, said if said and kind == "alias" else kind)] = None
    generic = next((by_key[key] for key in _GENERIC if key != central and by_key.get(key)), "")
    statements: tuple[Statement, ...] = ()
    if generic and fold(generic) != fold(name):
        statements = (Statement(about, "form_of", entity(EntityKind.SUBSTANCE, generic), 0, len(text)),)
    return ReadRecord(document, tuple(names), statements, (about,))


def _kind(origin: Origin, by_key: dict[str, str], central: str) -> EntityKind:
    if _NO_DRUG.search(by_key.get("category", "")):
        return EntityKind.THING
    printed = next((kind for key in _KIND if (kind := kind_of(by_key.get(key, ""))) is not None), None)
    if printed is not None:
        return printed
    if _DRUG_COLUMNS & by_key.keys():
        return EntityKind.SUBSTANCE
    return kind_in_name(origin.path.stem) or EntityKind.THING


def _name_type(by_key: dict[str, str]) -> str:
    """The kind of name that the row's type column says, "" without one."""
    printed = next((by_key[key] for key in _NAME_TYPE if by_key.get(key)), "")
    return _NAME_TYPES.get(fold(printed), fold(printed) if fold(printed) in _NAME_KINDS else "alias" if printed else "")


class NameGroupsReader:
    """Reads one JSON object of synonym groups, `{"name": ["other name", …]}`; every group is a record."""

    name = "name-groups"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.85 where every value that can be seen is a list of short texts."""
        if sample.suffix != ".json" or not is_one_object(sample):
            return 0.0
        groups = sample.json_object
        seen = list(groups.items()) if sample.whole else list(groups.items())[:-1]
        if len(seen) < 2 or any(key.casefold() in _CONTAINERS for key, _ in seen):
            return 0.0
        return 0.85 if all(_is_group(names) for _, names in seen) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each group, its text the group as the file has it."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        try:
            groups = load_json(read_text(path).lstrip("﻿"))
        except ValueError as error:
            raise IngestError(f"{path.name}: not valid JSON: {error}") from None
        if not isinstance(groups, dict):
            raise IngestError(f"{path.name}: not one JSON object of groups of names")
        kind = kind_in_name(path.stem) or EntityKind.THING
        for name, names in groups.items():
            yield _group(origin, one_line(name), names, kind)


def _is_group(names: object) -> bool:
    if isinstance(names, str):
        return len(names) <= _MAX_GROUPED and _HAN.search(names) is not None and not _SAYS.search(names)
    return isinstance(names, list) and all(
        isinstance(name, str) and len(name) <= _MAX_GROUPED and "\n" not in name for name in names
    )


def _group(origin: Origin, name: str, names: object, kind: EntityKind) -> ReadRecord | Unreadable:
    place: Place = origin.place(f"/{name}")
    if isinstance(names, str):  # {"other name": "name"}
        name, names = one_line(names), [name]
    if not name or not isinstance(names, list):
        return Unreadable(place, "not a name with a list of names")
    about: EntityRef = entity(kind, name)
    aliases = [alias for alias in scalars(names) if alias != name and not is_cut(alias)]
    text = one_line(json.dumps({name: names}, ensure_ascii=False)[1:-1])
    document = origin.document(place.record, text, name)
    return ReadRecord(document, tuple(NameOf(about, alias) for alias in dict.fromkeys(aliases)), (), (about,))
