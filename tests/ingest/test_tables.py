"""Tables as they are exported: titles above the header, stray quotation marks, wrong suffixes, notes on the first sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.ingest.json_text import Bad
from medrag.ingest.sample import Sample
from medrag.ingest.tables import Row, rows

HEADER = "药品名称,适应症,用法用量\n"


def read(path: Path, text: str) -> list[list[str] | str]:
    path.write_bytes(text.encode())
    return [list(row.cells.values()) if isinstance(row, Row) else row.reason for row in rows(path)]


def test_a_quotation_mark_that_is_never_closed_costs_no_other_row(tmp_path: Path) -> None:
    text = HEADER + '甲,"咳嗽,\n口干",口服\n乙,"发热,口服\n丙,头痛,"饭后\n服"\n'
    assert read(tmp_path / "a.csv", text) == [
        ["甲", "咳嗽,\n口干", "口服"],
        ["乙", '"发热', "口服"],
        ["丙", "头痛", "饭后\n服"],
    ]


def test_a_file_that_ends_inside_a_cell_says_so(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", HEADER + '甲,咳嗽,口服\n乙,"发热')
    assert found == [["甲", "咳嗽", "口服"], "a quotation mark opens a cell here and is not closed"]


@pytest.mark.parametrize("above", ["药品目录,,\n", "药品目录\n\n更新：2024,,\n", "sep=,\n", "\ufeff"])
def test_what_stands_above_the_header_is_no_header(tmp_path: Path, above: str) -> None:
    path = tmp_path / "a.csv"
    assert read(path, above + HEADER + "甲,咳嗽,口服\n") == [["甲", "咳嗽", "口服"]]
    assert Sample.of(path).columns == ("药品名称", "适应症", "用法用量")


def test_a_table_of_one_column_has_a_header_too(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", "名称\n甲\n乙\n") == [["甲"], ["乙"]]


def test_a_workbook_is_known_by_its_bytes_and_notes_before_its_table_are_passed_over(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["本表为示例"])
    sheet = book.create_sheet("药品")
    for cells in (["示例药品目录"], ["药品名称", "适应症"], ["甲", "咳嗽"]):
        sheet.append(cells)
    path = tmp_path / "a.csv"
    book.save(path)
    assert list(rows(path)) == [Row("药品 row 3", {"药品名称": "甲", "适应症": "咳嗽"})]
    assert Sample.of(path).columns == ("药品名称", "适应症")


def test_text_called_xlsx_or_json_is_read_as_the_table_that_it_is(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.json"):
        path = tmp_path / name
        path.write_text(HEADER + "甲,咳嗽,口服\n乙,发热,口服\n", encoding="utf-8")
        assert Sample.of(path).columns == ("药品名称", "适应症", "用法用量")
        assert sum(isinstance(row, Row) for row in rows(path)) == 2


def test_a_line_over_the_bound_is_one_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medrag.ingest.tables.MAX_RECORD_CHARS", 100)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3," + "x" * 500 + "\n5,6\n", encoding="utf-8")
    found = list(rows(path))
    assert [isinstance(row, Bad) for row in found] == [False, True, False]
