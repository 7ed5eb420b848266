"""Code systems: trees `{code: {code, term_name, father, …}}` as ICD-9-CM-3 has, and tables of code and name as ICD-10 has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.errors import IngestError
from medrag.ingest.encodings import read_text
from medrag.ingest.json_text import Bad, load_json
from medrag.ingest.kinds import entity, kind_in_name
from medrag.ingest.readers.json_records import is_one_object
from medrag.ingest.readers.record import Origin, one_line, row_fields
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Row, rows
from medrag.kb.folding import fold
from medrag.kb.prepared import Statement
from medrag.types import EntityKind

__all__ = ["CodeListReader"]

_CODES = ("code", "编码", "代码", "icd_code", "icd10", "icd10_code", "icd9", "icd编码")
_NAMES = ("term_name", "name", "名称", "term", "title", "label", "疾病名称", "手术名称", "诊断名称")
_FATHERS = ("father", "parent", "parent_code", "pid", "父编码", "上级编码")
_CODE_ENDS = ("编码", "代码")
_NAME_ENDS = ("名称",)
_MORE = re.compile(r"column \d+|level|level_name|序号|备注|拼音码?|五笔码?|类别|type|状态|remark|pinyin|版本")


class CodeListReader:
    """Reads the codes of a classification: every code is a record about the entity it names, and is_a its father."""

    name = "code-lists"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 for trees and for tables of nothing but code and name (0.85 where the code column is only called so)."""
        if sample.columns:
            columns = _columns(sample.columns)
            plain = columns is not None and fold(columns[0]) == "code"
            return 0.0 if columns is None else 0.85 if plain else 0.9
        if not is_one_object(sample):
            return 0.0
        nodes = list(sample.json_object.values())[:5]
        nodes = nodes if sample.whole or len(nodes) == 5 else nodes[:-1]
        return 0.9 if nodes and all(_is_node(node) for node in nodes) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One record for each code."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        yield from _table(origin) if Sample.of(path).is_table else _tree(origin)


def _columns(header: tuple[str, ...]) -> tuple[str, str] | None:
    """The columns of code and name where the table holds little else, or None."""
    code = next((c for c in header if fold(c) in _CODES or fold(c).endswith(_CODE_ENDS)), "")
    name = next((c for c in header if c != code and (fold(c) in _NAMES or fold(c).endswith(_NAME_ENDS))), "")
    others = [c for c in header if c not in (code, name) and not _MORE.fullmatch(fold(c)) and fold(c) not in _FATHERS]
    return (code, name) if code and name and not others else None


def _is_node(value: object) -> bool:
    return isinstance(value, dict) and "code" in value and any(isinstance(value.get(key), str) for key in _NAMES)


def _table(origin: Origin) -> Iterator[ReadRecord | Unreadable]:
    columns: tuple[str, str] | None = None
    for row in rows(origin.path):
        if isinstance(row, Bad):
            yield origin.unreadable(row)
            continue
        columns = columns or _columns(tuple(row.cells))
        if columns is None:
            yield Unreadable(origin.place(row.record), "no columns of code and name")
            return
        yield _of_row(origin, row, columns)


def _of_row(origin: Origin, row: Row, columns: tuple[str, str]) -> ReadRecord | Unreadable:
    code, name = (one_line(row.cells.get(column, "")) for column in columns)
    if not code or not name:
        return Unreadable(origin.place(row.record), f"the column {columns[0 if not code else 1]!r} is empty")
    text, _ = row_fields(row.cells)
    kind = kind_in_name(columns[0]) or kind_in_name(row.record) or kind_in_name(origin.path.stem) or EntityKind.THING
    about = entity(kind, name, code)
    return ReadRecord(origin.document(row.record, text, name, key=code), about=(about,))


def _tree(origin: Origin) -> Iterator[ReadRecord | Unreadable]:
    """The tree's nodes; it is held whole, because a father may stand behind his children."""
    try:
        nodes = load_json(read_text(origin.path).lstrip("﻿"))
    except ValueError as error:
        raise IngestError(f"{origin.path.name}: not valid JSON: {error}") from None
    if not isinstance(nodes, dict):
        raise IngestError(f"{origin.path.name}: not one JSON object of codes")
    kind = kind_in_name(origin.path.stem) or _kind_of_levels(nodes)
    for code, node in nodes.items():
        if not _is_node(node):
            yield Unreadable(origin.place(f"/{code}"), "not a node: wanted a code and a name")
        else:
            yield _of_node(origin, str(code), node, nodes, kind)


def _kind_of_levels(nodes: dict[str, Any]) -> EntityKind:
    levels = {str(node.get("level_name", "")) for node in nodes.values() if isinstance(node, dict)}
    return next((kind for level in sorted(levels) if (kind := kind_in_name(level)) is not None), EntityKind.THING)


def _name(node: dict[str, Any]) -> str:
    return next((one_line(node[key]) for key in _NAMES if isinstance(node.get(key), str)), "")


def _of_node(
    origin: Origin, code: str, node: dict[str, Any], nodes: dict[str, Any], kind: EntityKind
) -> ReadRecord | Unreadable:
    name = _name(node)
    if not name:
        return Unreadable(origin.place(f"/{code}"), "the node has no name")
    text = one_line(json.dumps(node, ensure_ascii=False))
    about = entity(kind, name, code)
    father = next((str(node[key]) for key in _FATHERS if node.get(key)), "")
    statements: tuple[Statement, ...] = ()
    if _is_node(nodes.get(father)) and father != code:
        statements = (Statement(about, "is_a", entity(kind, _name(nodes[father]), father), 0, len(text)),)
    return ReadRecord(origin.document(f"/{code}", text, name, key=code), (), statements, (about,))
