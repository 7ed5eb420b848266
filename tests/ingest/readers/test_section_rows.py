from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medrag.ingest.readers.section_rows import SectionRowsReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

ROWS = [
    {"药品名称": "晨露片", "栏目": "不良反应", "内容": "不良反应:1 头晕。\n2 耳鸣。"},
    {"药品名称": "暮云片", "栏目": "适应症", "内容": "用于咳嗽。"},
    {"药品名称": "晨露片", "栏目": "适应症", "内容": "【适应症】用于失眠。"},
    {"药品名称": "晨露片", "栏目": "适应症", "内容": "【适应症】用于失眠。"},
]


def save_json(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def save_jsonl(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def save_csv(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "rows.csv"
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def save_tsv(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "rows.tsv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    return path


def save_xlsx(folder: Path, rows: list[dict[str, str]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    path = folder / "rows.xlsx"
    book.save(path)
    return path


def read(path: Path) -> list[ReadRecord | Unreadable]:
    return list(SectionRowsReader().read(path, ReadOptions()))


def documents(path: Path) -> list[ReadRecord]:
    return [record for record in read(path) if isinstance(record, ReadRecord)]


def bodies(record: ReadRecord) -> list[tuple[str, str]]:
    document = record.document
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


@pytest.mark.parametrize("save", [save_json, save_jsonl, save_csv, save_tsv, save_xlsx])
def test_all_rows_of_a_drug_make_one_document_in_every_format(tmp_path: Path, save) -> None:  # type: ignore[no-untyped-def]
    path = save(tmp_path, ROWS)
    assert SectionRowsReader().recognise(Sample.of(path)) == 0.9
    first, second = documents(path)
    assert (first.document.title, bodies(first)) == ("晨露片", [("不良反应", "1 头晕。\n2 耳鸣。"), ("适应症", "用于失眠。")])
    assert (second.document.title, bodies(second)) == ("暮云片", [("适应症", "用于咳嗽。")])


def test_annotations_are_never_stored(tmp_path: Path) -> None:
    rows = [
        {
            "label_id": "DEWAX",
            "section_name": "adverse reactions",
            "section_text": "  6 ADVERSE REACTIONS\n\n * Headache",
            "adverse_events": "GOLD",
        }
    ]
    (record,) = documents(save_json(tmp_path, rows))
    assert (record.document.title, record.document.key, record.document.lang) == ("DEWAX", "", "en")
    assert bodies(record) == [("adverse reactions", "* Headache")]
    assert "GOLD" not in record.document.text


def test_key_maker_date_and_source_columns_are_used(tmp_path: Path) -> None:
    row = {
        "set_id": "s-1",
        "drug": "Dewax",
        "section": "Uses",
        "text": "for headache",
        "manufacturer": "Acme",
        "effective": "20200131",
        "source": "own",
    }
    (record,) = documents(save_json(tmp_path, [row]))
    document = record.document
    assert (document.key, document.maker, document.effective) == ("s-1", "Acme", "2020-01-31")
    assert bodies(record) == [("Source", "own"), ("Uses", "for headache")]


def test_two_makers_of_one_drug_are_two_documents(tmp_path: Path) -> None:
    rows = [
        {"drug": "晨露片", "section": "适应症", "text": f"用于{what}", "maker": maker}
        for what, maker in (("头晕", "甲厂"), ("耳鸣", "乙厂"))
    ]
    assert [record.document.key for record in documents(save_json(tmp_path, rows))] == ["晨露片 · 甲厂", "晨露片 · 乙厂"]


def test_rows_without_drug_or_text_are_reported(tmp_path: Path) -> None:
    path = save_jsonl(tmp_path, [*ROWS[:1], {"药品名称": "", "栏目": "适应症", "内容": ""}, ROWS[1]])
    found = read(path)
    (fault,) = [record for record in found if isinstance(record, Unreadable)]
    assert (str(fault.place), fault.reason) == ("rows.jsonl (line 2)", "no 药品名称 and no 内容")
    assert len(found) == 3


@pytest.mark.parametrize(
    "row",
    [
        {"drug": "甲片", "text": "用于头晕"},
        {"question": "甲片的适应症？", "drug": "甲片", "section": "适应症", "text": "用于头晕"},
        {"head": "甲片", "relation": "适应症", "tail": "头晕"},
        {"name": "甲片", "kind": "drug"},
    ],
)
def test_other_tables_are_not_recognised(tmp_path: Path, row: dict[str, str]) -> None:
    assert SectionRowsReader().recognise(Sample.of(save_json(tmp_path, [row]))) == 0.0


@pytest.mark.parametrize(
    ("file", "count", "sections"),
    [("zh/medicineqa_sections.jsonl", 63, 65), ("en/openfda.json", 20, 115), ("en/onsides_train.json", 101, 239)],
)
def test_the_measuring_tables_give_their_documents(shared: Path, file: str, count: int, sections: int) -> None:
    found = documents(shared / "labels" / file)
    assert len(found) == count
    assert sum(len(record.document.sections) for record in found) == sections
