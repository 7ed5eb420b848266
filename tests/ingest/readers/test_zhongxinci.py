from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from medrag.ingest.readers.zhongxinci import ZhongxinciReader
from medrag.types import DocumentKind

LINES = (
    '{"中心词": "晨咳", "class": "疾病", "别名": ["早咳", "长期的..."], "相关症状": ["咳嗽", "胸闷"], "治愈率": ["约80%，多数"], "颜色": ["蓝"]}\n'
    "not json\n"
    '{"class": "疾病"}\n'
    '{"中心词": "暮云胶囊", "class": "中成药", "药物组成": ["甘草"], "来源": "自编"}\n'
)


def test_every_list_is_a_relation_and_its_member_is_the_quote(read: Callable[..., Any]) -> None:
    found = read(ZhongxinciReader(), "a.jsonl", LINES)
    assert found.sure == 0.95
    assert found.said() == [
        ("disease:晨咳", "has_symptom", "symptom:咳嗽", '"相关症状": ["咳嗽", "胸闷"]'),
        ("disease:晨咳", "has_symptom", "symptom:胸闷", '"相关症状": ["咳嗽", "胸闷"]'),
        ("disease:晨咳", "cure_rate", "thing:约80%,多数", '"治愈率": ["约80%，多数"]'),
        ("disease:晨咳", "颜色", "thing:蓝", '"颜色": ["蓝"]'),
        ("preparation:暮云胶囊", "has_ingredient", "substance:甘草", '"药物组成": ["甘草"]'),
    ]
    assert found.names() == [("disease:晨咳", "早咳", "alias")]
    assert found.records[0].unmapped == ("alias (cut values)", "颜色")
    document = found.records[0].document
    assert (document.kind, document.title, document.key, document.lang) == (DocumentKind.RECORD, "晨咳", "", "zh")
    assert document.text == LINES.splitlines()[0]
    assert [str(fault.place) for fault in found.faults] == ["a.jsonl (line 2)", "a.jsonl (line 3)"]


def test_escaped_json_is_quoted_as_people_read_it(read: Callable[..., Any]) -> None:
    found = read(ZhongxinciReader(), "a.jsonl", '{"\\u4e2d\\u5fc3\\u8bcd": "晨咳", "\\u75c7\\u72b6": ["\\u54b3\\u55fd"]}\n')
    assert found.said() == [("disease:晨咳", "has_symptom", "symptom:咳嗽", '"症状": ["咳嗽"]')]


def test_the_same_records_are_read_from_a_workbook_and_from_gb18030(
    read: Callable[..., Any], read_file: Callable[..., Any], tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["中心词", "class", "药物组成", "适应证"])
    sheet.append(["暮云片", "中成药", "甘草,石膏（煅,研）", None])
    book.save(tmp_path / "a.xlsx")
    want = [
        ("preparation:暮云片", "has_ingredient", "substance:甘草", "药物组成: 甘草,石膏（煅,研）"),
        ("preparation:暮云片", "has_ingredient", "substance:石膏(煅,研)", "药物组成: 甘草,石膏（煅,研）"),
    ]
    assert read_file(ZhongxinciReader(), tmp_path / "a.xlsx").said() == want
    text = '中心词,class,药物组成\n暮云片,中成药,"甘草,石膏（煅,研）"\n'
    assert read(ZhongxinciReader(), "a.csv", text, "gb18030").said() == want
