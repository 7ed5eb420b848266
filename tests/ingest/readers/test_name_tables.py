from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medrag.ingest.readers.names import NameGroupsReader, NameTableReader


def test_an_alias_table_says_what_kind_of_name_each_is(read: Callable[..., Any]) -> None:
    text = "kind,name,alias,type,source\ndrug,晨露,examplin,英文名,own\ndrug,晨露,晨露通,商品名,own\ndisease,晨咳,早咳,别名,own\ndisease,,x,别名,own\n"
    found = read(NameTableReader(), "n.csv", text)
    assert found.sure == 0.85
    assert found.names() == [
        ("substance:晨露", "examplin", "english"),
        ("substance:晨露", "晨露通", "brand"),
        ("disease:晨咳", "早咳", "alias"),
    ]
    assert [fault.reason for fault in found.faults] == ["no name in the row"]


def test_a_product_is_a_form_of_its_generic_and_has_its_brand(read: Callable[..., Any]) -> None:
    text = '"   ","PRODUCT_NAME","TRAD_NAME","GENERIC_NAME","CHILD_USE_LEVEL","COMMENTS"\n"1","盐酸晨露片","晨露通","盐酸晨露","",""\n"2","晨露","晨露","晨露","",""\n'
    found = read(NameTableReader(), "p.csv", text, "gbk")
    assert found.sure == 0.85
    assert found.facts() == [("preparation:盐酸晨露片", "form_of", "preparation:盐酸晨露")]
    assert found.names() == [("preparation:盐酸晨露片", "晨露通", "brand")]


def test_test_methods_of_the_pharmacopoeia_are_no_drugs(read: Callable[..., Any]) -> None:
    text = '[{"chinese":"晨露","korean":"x","english":"Morning","category":"약재","part":"1부"},{"chinese":"某测定法","english":"Y","category":"其他测定法(z)","part":"4부"}]'
    found = read(NameTableReader(), "pharmacopoeia.json", text)
    assert [record.about[0].id for record in found.records] == ["substance:晨露", "thing:某测定法"]
    assert ("substance:晨露", "Morning", "english") in found.names()


def test_tables_with_label_text_are_not_claimed(read: Callable[..., Any]) -> None:
    for header in (
        "name,alias,indications",
        "product_name,trad_name,适应症",
        "name,english_name,text",
        "通用名,商品名,用法用量",
    ):
        assert read(NameTableReader(), "n.csv", header + "\na,b,c\n").sure == 0.0, header


def test_a_synonym_group_is_a_record(read: Callable[..., Any]) -> None:
    found = read(NameGroupsReader(), "disease_groups.json", '{\n "晨咳": ["早咳", "晨咳"],\n "暮热": [],\n "x": 3\n}')
    assert found.names() == [("disease:晨咳", "早咳", "alias")]
    assert found.records[0].document.text == '"晨咳": ["早咳", "晨咳"]'
    assert (len(found.records), len(found.faults)) == (2, 1)
    assert read(NameGroupsReader(), "g.json", '{"晨咳": ["早咳"], "暮热": ["晚热"]}').sure == 0.85


def test_other_objects_of_lists_are_not_claimed(read: Callable[..., Any]) -> None:
    for text in (
        '{"docs": ["a"], "b": ["c"]}',
        '{"a": ["b"]}',
        '{"a": ["b"], "c": {"d": 1}}',
        '{"a": ["' + "x" * 90 + '"], "b": []}',
    ):
        assert read(NameGroupsReader(), "g.json", text).sure == 0.0, text
