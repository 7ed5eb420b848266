from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from medrag.ingest.readers.code_lists import CodeListReader

TREE = (
    '{"c1": {"code": "c1", "term_name": "晨章", "father": null, "child": ["00"], "level": 1, "level_name": "章"},'
    ' "00": {"code": "00", "term_name": "晨手术", "father": "c1", "child": null, "level": 2, "level_name": "手术操作"}, "x": 3}'
)


def test_a_node_of_a_tree_is_a_kind_of_its_father(read: Callable[..., Any]) -> None:
    found = read(CodeListReader(), "tree.json", TREE.replace(', "x": 3', ""))
    assert found.sure == 0.9
    assert found.facts() == [("operation:00", "is_a", "operation:c1")]
    assert [(r.document.key, r.document.title) for r in found.records] == [("c1", "晨章"), ("00", "晨手术")]
    assert len(read(CodeListReader(), "tree.json", TREE).faults) == 1


def test_a_title_above_the_header_of_a_sheet_is_passed_over(read_file: Callable[..., Any], tmp_path: Path) -> None:
    for title in ([], ["某版诊断编码（ICD-10）", None]):
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (title, ["疾病诊断编码", "疾病诊断名称"], ["A00.000", "晨咳"], ["A00.001", None]):
            if row:
                sheet.append(row)
        book.save(tmp_path / "codes.xlsx")
        found = read_file(CodeListReader(), tmp_path / "codes.xlsx")
        assert found.sure == 0.9
        assert [(r.document.key, r.about[0].id, r.document.text) for r in found.records] == [
            ("A00.000", "disease:A00.000", "疾病诊断编码: A00.000\n疾病诊断名称: 晨咳")
        ]
        assert [fault.reason for fault in found.faults] == ["the column '疾病诊断名称' is empty"]


def test_tables_with_text_beside_the_code_are_not_claimed(read: Callable[..., Any]) -> None:
    assert read(CodeListReader(), "a.csv", "药品编码,名称,适应症\n1,晨露片,咳嗽\n").sure == 0.0
