from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medrag.errors import IngestError
from medrag.ingest.readers.columns import ColumnsReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.types import DocumentKind

TABLE = (
    "药品名称,适应症,用法用量,别名,生产企业,批准文号,内部备注X\n"
    '晨露片,"<p>用于头晕&amp;耳鸣。</p>","口服。\n一次1片。",朝露片；露片,虚构药厂,国药准字H20990001,密\n'
    "暮云片,用于咳嗽。,,,虚构药厂,,\n"
    ",用于失眠。,,,,,\n"
)


def write(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(folder: Path, *records: Any) -> Path:
    return write(folder, "\n".join(json.dumps(record, ensure_ascii=False) for record in records), "t.jsonl")


def read(path: Path, **mapping: object) -> list[ReadRecord | Unreadable]:
    return list(ColumnsReader().read(path, ReadOptions(mapping=mapping)))


def bodies(record: ReadRecord | Unreadable) -> list[tuple[str, str]]:
    assert isinstance(record, ReadRecord)
    document = record.document
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


def test_columns_that_are_headings_become_sections(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    assert ColumnsReader().recognise(Sample.of(path)) == 0.7
    first, second, fault = read(path)
    assert bodies(first) == [
        ("适应症", "用于头晕&耳鸣。"),
        ("用法用量", "口服。\n一次1片。"),
        ("别名", "朝露片；露片"),
        ("生产企业", "虚构药厂"),
        ("批准文号", "国药准字H20990001"),
    ]
    assert isinstance(first, ReadRecord)
    assert (first.document.key, first.document.maker, first.document.title) == ("国药准字H20990001", "虚构药厂", "晨露片")
    assert first.unmapped == ("内部备注X",)
    assert [name.name for name in first.names] == ["朝露片", "露片"]
    assert isinstance(second, ReadRecord)
    assert second.document.key == "暮云片 · 虚构药厂"
    assert isinstance(fault, Unreadable)


def test_questions_and_answers_become_documents_about_no_drug(tmp_path: Path) -> None:
    path = write(tmp_path, "问题,回答\n晨露片能治头晕吗？,能。\n")
    assert ColumnsReader().recognise(Sample.of(path)) == 0.5
    (record,) = read(path)
    assert bodies(record) == [("回答", "能。")]
    assert isinstance(record, ReadRecord)
    assert (record.document.title, record.document.kind, record.about) == ("晨露片能治头晕吗？", DocumentKind.FILE, ())


@pytest.mark.parametrize(
    "record",
    [
        {"中心词": "晨露", "功能主治": "头晕", "药物组成": "甲"},
        {"name": "头晕病", "symptom": "头晕", "cause": "甲。", "prevent": "乙。", "treatment": "丙。"},
        {"name": "Dewax", "generic_name": "dew", "active_ingredient": "dew"},
        {"name": "晨露", "alias": "朝露", "type": "别名", "source": "自编"},
        {"question": "甲？", "answer": "乙", "evidence": "丙"},
        {"question": "甲？", "answer": {"A": "乙"}},
        {"name": "Dewax", "indications": ["a"], "warnings": ["b"]},
        {"head": "晨露", "relation": "治疗", "tail": "头晕"},
    ],
)
def test_graphs_names_and_tests_are_not_recognised(tmp_path: Path, record: dict[str, Any]) -> None:
    assert ColumnsReader().recognise(Sample.of(lines(tmp_path, record, record))) == 0.0


def test_a_mapping_reads_nested_keys_of_any_records(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        {"n": {"zh": "晨露片", "en": "Dew"}, "body": {"use": "用于头晕。", "x": None}, "id": 7, "mk": "甲厂", "d": "2020年1月"},
    )
    (record,) = read(
        path,
        title="n.zh",
        key="id",
        maker="mk",
        effective="d",
        lang="zh",
        source="own",
        sections={"body.use": "适应症", "body.x": {"heading": "Notes", "code": "medrag:notes"}},
        names={"n.en": "english"},
    )
    assert bodies(record) == [("适应症", "用于头晕。")]
    assert isinstance(record, ReadRecord)
    document = record.document
    assert (document.source, document.key, document.maker, document.effective, document.lang) == (
        "own",
        "7",
        "甲厂",
        "2020-01",
        "zh",
    )
    assert [(name.kind, name.name) for name in record.names] == [("english", "Dew")]


def test_mapped_facts_are_stated_by_the_row(tmp_path: Path) -> None:
    path = write(tmp_path, "病,表现,编号\n头晕病,眩晕 耳鸣,1\n", "t.csv")
    fact = {
        "subject": "病",
        "subject_kind": "disease",
        "relation": "症状",
        "object": "表现",
        "object_kind": "symptom",
        "separator": " ",
    }
    (record,) = read(path, facts=[fact], ignore=["编号"])
    assert isinstance(record, ReadRecord)
    document = record.document
    assert (document.kind, document.title, document.text, document.sections) == (
        DocumentKind.RECORD,
        "头晕病",
        "病: 头晕病\n表现: 眩晕 耳鸣",
        (),
    )
    assert [(s.subject.id, s.relation, s.object.id, document.text[s.start : s.end]) for s in record.statements] == [
        ("disease:头晕病", "症状", "symptom:眩晕", document.text),
        ("disease:头晕病", "症状", "symptom:耳鸣", document.text),
    ]


def test_facts_beside_sections_are_stated_by_their_section(tmp_path: Path) -> None:
    path = lines(tmp_path, {"name": "晨露片", "use": "用于头晕。", "with": ["暮云片", "夕照片"]})
    fact = {"subject": "name", "subject_kind": "drug", "relation": "相互作用", "object": "with", "object_kind": "drug"}
    (record,) = read(path, title="name", sections={"use": "适应症"}, facts=[fact])
    assert bodies(record) == [("适应症", "用于头晕。"), ("相互作用", "暮云片\n夕照片")]
    assert isinstance(record, ReadRecord)
    assert [(s.object.name, record.document.text[s.start : s.end]) for s in record.statements] == [
        ("暮云片", "暮云片\n夕照片"),
        ("夕照片", "暮云片\n夕照片"),
    ]


def test_a_mapped_column_that_is_not_there_is_one_error_with_the_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "病,表现\n头晕病,眩晕\n")
    with pytest.raises(IngestError, match=r"t\.csv: the mapping names a column '正文'; the columns there are: 病, 表现"):
        read(path, title="病", sections={"正文": "症状"})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"titel": "病"}, "unknown key 'titel'"),
        ({"title": "病"}, "wanted `title` with `sections`, or `facts`"),
        ({"title": ["病"], "sections": {"病": "x"}}, "`title` wants one name"),
        ({"title": "病", "sections": "表现"}, "`sections` wants columns"),
        ({"facts": [{"subject": "病"}]}, "a fact wants `subject`, `object`"),
        ({"facts": [{"subject": "病", "object": "表现", "relation": "r", "object_kind": "planet"}]}, "'planet' is no kind"),
    ],
)
def test_a_mapping_that_cannot_be_understood_says_why(tmp_path: Path, mapping: dict[str, object], message: str) -> None:
    with pytest.raises(IngestError, match=message):
        read(write(tmp_path, "病,表现\n头晕病,眩晕\n"), **mapping)


def test_an_object_that_holds_a_list_is_read_item_by_item(tmp_path: Path) -> None:
    value = {"made": "today", "data": [{"药品名称": "晨露片", "适应症": "头晕。", "禁忌": "无。"}]}
    path = write(tmp_path, json.dumps(value, ensure_ascii=False, indent=1), "t.json")
    assert ColumnsReader().recognise(Sample.of(path)) == 0.7
    (record,) = read(path)
    assert isinstance(record, ReadRecord)
    assert str(record.document.place) == "t.json (/data/0)"
