from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medrag.ingest.readers.disease_table import DiseaseTableReader

TABLE = (
    "name,alias,part,department,symptom,treatment,drug,rate,,\n"
    ' 晨咳,"早咳，朝咳",胸,内科  呼吸内科,咳嗽 无痰，无血的咳 [详细],药物治疗、休息 [详细],晨露片 枸橼酸某... [详细],约80%(多数 病人),,\n'
    "很长的名字...,,,外科,疼痛,,,,,\n"
    "错位,,,,,,,,90%,错位病\n"
    "暮热,,,,暂无相关资料,,>> 用什么药？ [详细],,,\n"
)


def test_lists_are_cut_as_each_column_writes_them(read: Callable[..., Any]) -> None:
    found = read(DiseaseTableReader(), "d.csv", TABLE, "gb18030")
    assert found.sure == 0.9
    assert found.said() == [
        ("disease:晨咳", "body_part", "body_part:胸", "part: 胸"),
        ("disease:晨咳", "department", "department:内科", "department: 内科 呼吸内科"),
        ("disease:晨咳", "department", "department:呼吸内科", "department: 内科 呼吸内科"),
        ("disease:晨咳", "has_symptom", "symptom:咳嗽", "symptom: 咳嗽 无痰，无血的咳 [详细]"),
        ("disease:晨咳", "has_symptom", "symptom:无痰,无血的咳", "symptom: 咳嗽 无痰，无血的咳 [详细]"),
        ("disease:晨咳", "therapy", "thing:药物治疗", "treatment: 药物治疗、休息 [详细]"),
        ("disease:晨咳", "therapy", "thing:休息", "treatment: 药物治疗、休息 [详细]"),
        ("disease:晨咳", "treated_with", "preparation:晨露片", "drug: 晨露片 枸橼酸某... [详细]"),
        ("disease:晨咳", "cure_rate", "thing:约80%(多数病人)", "rate: 约80%(多数 病人)"),
    ]
    assert [name for _, name, _ in found.names()] == ["早咳", "朝咳"]


def test_cut_names_and_slipped_rows_are_kept_without_facts_and_counted(read: Callable[..., Any]) -> None:
    found = read(DiseaseTableReader(), "d.csv", TABLE)
    assert [(r.document.title, r.unmapped) for r in found.records] == [
        ("晨咳", ("treated_with (cut values)",)),
        ("很长的名字...", ("name (cut values)",)),
        ("错位", ("(cells in the wrong columns)",)),
        ("暮热", ()),
    ]
    assert [len(r.statements) for r in found.records] == [9, 0, 0, 0]
    assert found.records[1].about == ()


def test_a_byte_outside_the_encoding_costs_nothing_but_itself(read_file: Callable[..., Any], tmp_path: Path) -> None:
    data = (TABLE + "夜汗,,,内科,出汗,,,,,\n" * 40).encode("gb18030").replace("错位病".encode("gb18030"), b"\xff\xff")
    (tmp_path / "d.csv").write_bytes(data)
    found = read_file(DiseaseTableReader(), tmp_path / "d.csv")
    assert (len(found.records), found.faults) == (44, [])
    assert "�" in found.records[2].document.text


def test_a_drug_table_is_not_claimed(read: Callable[..., Any]) -> None:
    text = "名称,适应症,不良反应,禁忌,用法用量\n晨露片,咳嗽,无,无,口服\n"
    assert read(DiseaseTableReader(), "d.csv", text).sure == 0.0
