from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.ingest.readers.pulse import PulseDocsReader, split_entry
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

LINES = [
    {
        "docs": [
            "晨露 分散 片 英文名\nMorning Dew",
            "晨露 分散 片 适应症\n用于头晕。\n也用于耳鸣。",
            "晨露 分散 片 生产企业\n甲药厂",
        ]
    },
    {"docs": ["暮云颗粒 适应症\n用于咳嗽。", "暮云颗粒 生产企业\n乙药厂"]},
    {"docs": ["暮云颗粒 适应症\n用于咽痛。", "暮云颗粒 生产企业\n丙药厂"]},
    {
        "docs": [
            "夕照片 禁忌症\n孕妇禁用。",
            "星子片 禁忌症\n尚不明确。",
            "夕照片 禁忌症\n儿童禁用。",
            "星子片 禁忌症\n尚不明确。",
        ]
    },
]


def write(folder: Path, lines: list[object]) -> Path:
    path = folder / "kb.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def read(path: Path) -> list[ReadRecord | Unreadable]:
    return list(PulseDocsReader().read(path, ReadOptions()))


def documents(path: Path) -> list[ReadRecord]:
    return [record for record in read(path) if isinstance(record, ReadRecord)]


def bodies(record: ReadRecord) -> list[tuple[str, str]]:
    document = record.document
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


def test_the_section_is_what_follows_the_last_blank_of_the_first_line(tmp_path: Path) -> None:
    path = write(tmp_path, [*LINES])
    assert PulseDocsReader().recognise(Sample.of(path)) == 0.95
    first = documents(path)[0]
    assert first.document.title == "晨露 分散 片"
    assert bodies(first) == [("英文名", "Morning Dew"), ("适应症", "用于头晕。\n也用于耳鸣。"), ("生产企业", "甲药厂")]


def test_two_makers_of_one_drug_stay_two_documents(tmp_path: Path) -> None:
    found = documents(write(tmp_path, [*LINES]))
    assert [record.document.key for record in found[1:3]] == ["暮云颗粒 · 乙药厂", "暮云颗粒 · 丙药厂"]
    assert [record.document.place.record for record in found[1:3]] == ["line 2", "line 3"]


def test_a_section_that_comes_again_with_other_words_begins_another_document(tmp_path: Path) -> None:
    found = documents(write(tmp_path, [LINES[3]]))
    assert [(record.document.title, bodies(record)) for record in found] == [
        ("夕照片", [("禁忌症", "孕妇禁用。")]),
        ("星子片", [("禁忌症", "尚不明确。")]),
        ("夕照片", [("禁忌症", "儿童禁用。")]),
    ]


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        ("甲 片 适应症\n用于头晕", ("甲 片", "适应症", "用于头晕")),
        ("甲 片 适应症：用于头晕 和耳鸣", ("甲 片", "适应症", "用于头晕 和耳鸣")),
        ("甲 片 适应症 用于头晕", ("甲 片", "适应症", "用于头晕")),
        ("甲片 适应症", ("甲片", "适应症", "")),
        ("甲片 用于头晕", ("甲片", "", "用于头晕")),
        ("甲片\n用于头晕", ("甲片", "", "用于头晕")),
    ],
)
def test_an_entry_is_cut_into_drug_section_and_content(entry: str, parts: tuple[str, str, str]) -> None:
    assert split_entry(entry) == parts


def test_faults_are_reported_alone(tmp_path: Path) -> None:
    path = write(tmp_path, [LINES[1], {"docs": "甲"}, {"docs": [3, "甲片 适应症\n头晕"]}])
    path.write_text(path.read_text(encoding="utf-8") + "\n{broken\n", encoding="utf-8")
    found = read(path)
    assert [record.place.record for record in found if isinstance(record, Unreadable)] == ["line 2", "line 3 /docs/0", "line 4"]
    assert sum(isinstance(record, ReadRecord) for record in found) == 2


@pytest.mark.parametrize(
    "line", [{"docs": ["hello world"]}, {"docs": [1]}, {"text": "甲片 适应症\n头晕"}, ["甲片 适应症\n头晕"]]
)
def test_other_lines_are_not_recognised(tmp_path: Path, line: object) -> None:
    assert PulseDocsReader().recognise(Sample.of(write(tmp_path, [line]))) == 0.0


def test_the_demo_knowledge_base_gives_its_drugs_and_sections(shared: Path) -> None:
    found = documents(shared / "labels/zh/pulse_kb_demo.jsonl")
    assert len(found) == 15
    assert sum(len(record.document.sections) for record in found) == 162
