from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.ingest.readers.monographs import MonographReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

STRINGS = [
    "晨露素\r\n药品类型:虚构药物\r\n英文名:Morning Dew\r\n别名:朝露素；露素(《虚书》)、1,3-二露\r\n适应证:1.用于头晕。\r\n2.用于耳鸣。\r\n专家按语:好。",
    "暮云素\n适应证:参见：晨露素\n用法用量:口服：一次1片。\n儿童：减半。\n专家按语:尚可。",
    "夕照素\n参见：晨露素",
    "【别名】星子素\n适应证:用于咳嗽。\n专家按语:无。",
]


def write(folder: Path, value: object) -> Path:
    path = folder / "handbook.json"
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def read(path: Path) -> list[ReadRecord | Unreadable]:
    return list(MonographReader().read(path, ReadOptions()))


def documents(path: Path) -> list[ReadRecord]:
    found = read(path)
    assert all(isinstance(record, ReadRecord) for record in found)
    return [record for record in found if isinstance(record, ReadRecord)]


def bodies(record: ReadRecord) -> list[tuple[str, str]]:
    document = record.document
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


def test_each_string_is_a_document_whose_first_line_is_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, STRINGS)
    assert MonographReader().recognise(Sample.of(path)) == 0.9
    found = documents(path)
    assert [record.document.title for record in found] == ["晨露素", "暮云素", "夕照素", "星子素"]
    assert [record.document.place.record for record in found] == ["/0", "/1", "/2", "/3"]
    assert bodies(found[0]) == [
        ("药品类型", "虚构药物"),
        ("英文名", "Morning Dew"),
        ("别名", "朝露素；露素(《虚书》)、1,3-二露"),
        ("适应证", "1.用于头晕。\n2.用于耳鸣。"),
        ("专家按语", "好。"),
    ]


def test_an_unknown_heading_that_recurs_is_a_section_and_counted(tmp_path: Path) -> None:
    found = documents(write(tmp_path, STRINGS))
    assert found[0].unmapped == ("专家按语",)
    once = documents(write(tmp_path, STRINGS[:1]))
    assert bodies(once[0])[-1] == ("适应证", "1.用于头晕。\n2.用于耳鸣。\n专家按语:好。")


def test_lines_about_who_takes_it_stay_in_the_dosage(tmp_path: Path) -> None:
    second = documents(write(tmp_path, STRINGS))[1]
    assert bodies(second)[1] == ("用法用量", "口服：一次1片。\n儿童：减半。")


def test_aliases_and_english_names_are_names_of_the_drug(tmp_path: Path) -> None:
    first = documents(write(tmp_path, STRINGS))[0]
    assert [(name.kind, name.name) for name in first.names] == [
        ("english", "Morning Dew"),
        ("alias", "朝露素"),
        ("alias", "露素"),
        ("alias", "1,3-二露"),
    ]
    assert {name.entity for name in first.names} == set(first.about)


def test_a_string_that_only_refers_gives_its_name_to_the_other_drug(tmp_path: Path) -> None:
    third = documents(write(tmp_path, STRINGS))[2]
    assert [(name.name, name.entity.name) for name in third.names] == [("夕照素", "晨露素")]


def test_texts_without_name_keep_their_words_and_get_no_name_in_the_text(tmp_path: Path) -> None:
    items = [
        {"id": 7, "text": " 口服。一次1片。  尚不明确。 用于头晕 ", "labels": []},
        {"id": 8, "text": "【适应症】用于耳鸣。【禁忌】无。"},
    ]
    path = write(tmp_path, items)
    assert MonographReader().recognise(Sample.of(path)) == 0.5
    spliced, headed = documents(path)
    assert (spliced.document.title, spliced.about) == ("handbook 7", ())
    assert bodies(spliced) == [("", "口服。一次1片。\n尚不明确。 用于头晕")]
    assert spliced.document.text == "口服。一次1片。\n尚不明确。 用于头晕\n"
    assert bodies(headed) == [("适应症", "用于耳鸣。"), ("禁忌", "无。")]


def test_items_that_are_no_monographs_are_reported_with_their_pointer(tmp_path: Path) -> None:
    found = read(write(tmp_path, ["甲素\n适应证:头晕。", 5, "", {"name": "乙"}, "丙素\n适应证:耳鸣。"]))
    assert [str(record.place) for record in found if isinstance(record, Unreadable)] == [
        "handbook.json (/1)",
        "handbook.json (/2)",
        "handbook.json (/3)",
    ]
    assert sum(isinstance(record, ReadRecord) for record in found) == 2


def test_a_truncated_list_keeps_what_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "handbook.json"
    path.write_text('["甲素\\n适应证:头晕。", "乙素', encoding="utf-8")
    first, fault = read(path)
    assert isinstance(first, ReadRecord)
    assert isinstance(fault, Unreadable)
    assert fault.place.record == "/1"


@pytest.mark.parametrize(
    "value",
    [
        ["头痛", "发热"],
        [{"question": "甲？", "text": "乙适应症是头晕"}],
        [{"text": "头晕见于高血压", "spo_list": []}],
        [{"drug": "甲片", "section": "适应症", "text": "用于头晕"}],
        {"心梗": ["心肌梗死"]},
        [],
    ],
)
def test_other_lists_are_not_recognised(tmp_path: Path, value: object) -> None:
    assert MonographReader().recognise(Sample.of(write(tmp_path, value))) == 0.0


def test_the_handbook_gives_every_string(shared: Path) -> None:
    path = shared / "labels/zh/monographs.json"
    found = documents(path)
    assert len(found) == 1472
    assert all(bodies(record) for record in found)


def test_the_spliced_texts_give_one_document_each(shared: Path) -> None:
    assert len(documents(shared / "labels/zh/tcm_texts.json")) == 200
