from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from medrag.ingest.readers.kg_objects import KgObjectsReader
from medrag.types import DocumentKind

OBJECT = {
    "_id": {"$oid": "5bb578b6831b973a137e0000"},
    "name": "晨咳",
    "desc": "晨咳是早晨的咳嗽。",
    "category": ["疾病百科", "内科"],
    "cause": "一、受凉。\n二、粉尘。",
    "symptom": ["咳嗽", "胸闷"],
    "yibao_status": "否",
    "easy_get": None,
    "cure_department": ["内科"],
    "cured_prob": "约90%",
    "drug_detail": ["晨露堂暮云片(暮云片)", "无括号片"],
    "colour": "blue",
}


def test_an_object_is_a_page_with_sections_and_facts(read: Callable[..., Any]) -> None:
    found = read(KgObjectsReader(), "a.jsonl", json.dumps(OBJECT, ensure_ascii=False) + "\n{}\n")
    assert found.sure == 0.95
    document = found.records[0].document
    assert (document.kind, document.key, document.title) == (DocumentKind.FILE, "5bb578b6831b973a137e0000", "晨咳")
    assert [(s.heading, document.text[s.start : s.end]) for s in document.sections] == [
        ("疾病简介", "晨咳是早晨的咳嗽。"),
        ("病因", "一、受凉。\n二、粉尘。"),
        ("症状", "咳嗽、胸闷"),
        ("所属科室", "内科"),
        ("在售药品", "晨露堂暮云片(暮云片)、无括号片"),
        ("分类", "疾病百科、内科"),
        ("基本信息", "医保：否\n治愈率：约90%"),
    ]
    assert {s.heading: s.code for s in document.sections}["病因"] == "medrag:causes"
    assert found.said() == [
        ("disease:晨咳", "has_symptom", "symptom:咳嗽", "咳嗽、胸闷"),
        ("disease:晨咳", "has_symptom", "symptom:胸闷", "咳嗽、胸闷"),
        ("disease:晨咳", "department", "department:内科", "内科"),
        ("disease:晨咳", "treated_with", "preparation:暮云片", "晨露堂暮云片(暮云片)、无括号片"),
        ("disease:晨咳", "insurance", "thing:否", "医保：否"),
        ("disease:晨咳", "cure_rate", "thing:约90%", "治愈率：约90%"),
    ]
    assert found.names() == [("preparation:暮云片", "晨露堂暮云片", "brand")]
    assert found.records[0].unmapped == ("colour",)
    assert [fault.reason for fault in found.faults] == ["no name"]


def test_pretty_printed_objects_one_after_the_other_are_read(read: Callable[..., Any]) -> None:
    text = json.dumps(OBJECT, ensure_ascii=False, indent=2)
    found = read(KgObjectsReader(), "a.json", text + "\n" + text)
    assert (found.sure, len(found.records)) == (0.95, 2)
