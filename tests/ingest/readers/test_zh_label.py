from __future__ import annotations

from pathlib import Path

import pytest

from medrag.ingest.readers.headings import bracket_sections, colon_sections
from medrag.ingest.readers.zh_label import ChineseLabelReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.sections import SectionGroup
from medrag.types import EntityKind

LEAFLET = """核准日期：2008年3月5日
修订日期：2021年11月02日
晨露片说明书
请仔细阅读说明书并在医师指导下使用

【药品名称】
通用名称：晨露片
商品名称：朝华
英文名称：Morning Dew Tablets
汉语拼音：Chenlu Pian
【适 应 症】用于虚构的头晕。
【用法用量】
口服。
儿童：一次半片，详见【注意事项】项下。
【注意事项】孕妇慎用；饮酒者参见【禁忌】。
[禁忌] 对本品过敏者禁用。
【贮　　藏】密封。
【批准文号】国药准字 H20990001
【生产企业】
企业名称：虚构制药有限公司
生产地址：云上路1号
"""


def read(path: Path, lang: str = "") -> list[ReadRecord]:
    found = list(ChineseLabelReader().read(path, ReadOptions(lang=lang)))
    assert not [record for record in found if isinstance(record, Unreadable)]
    return [record for record in found if isinstance(record, ReadRecord)]


def bodies(record: ReadRecord) -> dict[str, str]:
    document = record.document
    return {section.heading: document.text[section.start : section.end] for section in document.sections}


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_leaflet_with_brackets_is_read_in_every_encoding(tmp_path: Path, encoding: str, newline: str) -> None:
    path = written(tmp_path, "a.txt", LEAFLET.replace("\n", newline), encoding)
    assert ChineseLabelReader().recognise(Sample.of(path)) == 0.9
    (record,) = read(path)
    assert bodies(record) == {
        "": "核准日期：2008年3月5日\n修订日期：2021年11月02日\n晨露片说明书\n请仔细阅读说明书并在医师指导下使用",
        "药品名称": "通用名称：晨露片\n商品名称：朝华\n英文名称：Morning Dew Tablets\n汉语拼音：Chenlu Pian",
        "适 应 症": "用于虚构的头晕。",
        "用法用量": "口服。\n儿童：一次半片，详见【注意事项】项下。",
        "注意事项": "孕妇慎用；饮酒者参见【禁忌】。",
        "禁忌": "对本品过敏者禁用。",
        "贮 藏": "密封。",
        "批准文号": "国药准字 H20990001",
        "生产企业": "企业名称：虚构制药有限公司\n生产地址：云上路1号",
    }


def test_names_maker_key_and_date_come_from_their_sections(tmp_path: Path) -> None:
    (record,) = read(written(tmp_path, "a.txt", LEAFLET))
    document = record.document
    assert (document.title, document.key, document.maker) == ("晨露片", "国药准字H20990001", "虚构制药有限公司")
    assert (document.effective, document.lang, document.reader) == ("2021-11-02", "zh", "zh-label/1")
    assert [(name.kind, name.name, name.entity.kind) for name in record.names] == [
        ("generic", "晨露片", EntityKind.PREPARATION),
        ("brand", "朝华", EntityKind.PRODUCT),
        ("english", "Morning Dew Tablets", EntityKind.PREPARATION),
        ("pinyin", "Chenlu Pian", EntityKind.PREPARATION),
    ]
    assert [entity.id for entity in record.about] == ["preparation:晨露片", "product:朝华"]
    assert document.sections[2].code == "34067-9"
    assert document.sections[4].group is SectionGroup.WARNINGS


def test_colon_lines_are_headings_but_words_inside_a_section_are_not(tmp_path: Path) -> None:
    text = "夕照胶囊\n适应症：用于虚构的失眠。\n用法用量：口服。\n儿童：减半。\n成人：一次1粒。\n禁忌：孕妇禁用。\n生产厂家：假想药厂\n"
    path = written(tmp_path, "b.txt", text)
    assert ChineseLabelReader().recognise(Sample.of(path)) == 0.9
    (record,) = read(path)
    assert record.document.title == "夕照胶囊"
    assert record.document.key == "夕照胶囊 · 假想药厂"
    assert bodies(record)["用法用量"] == "口服。\n儿童：减半。\n成人：一次1粒。"


def test_a_file_of_several_labels_is_cut_at_each_name_section(tmp_path: Path) -> None:
    second = LEAFLET.replace("晨露", "暮云").replace("0001", "0002")
    first, other = read(written(tmp_path, "c.txt", LEAFLET + "\n" + second))
    assert [first.document.title, other.document.title] == ["晨露片", "暮云片"]
    assert other.document.key == "国药准字H20990002"
    assert other.document.place.record == "line 23"
    assert "暮云" not in first.document.text
    assert other.document.effective == "2021-11-02"


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n==========\n"])
def test_labels_are_told_apart_by_blank_lines_or_rules(tmp_path: Path, between: str) -> None:
    first = "甲片\n适应症：用于头痛。\n禁忌：尚不明确。\n"
    second = "乙片\n成份：乙。\n适应症：用于牙痛。\n"
    found = read(written(tmp_path, "d.txt", first + between + second))
    assert [record.document.title for record in found] == ["甲片", "乙片"]
    assert bodies(found[1]) == {"成份": "乙。", "适应症": "用于牙痛。"}


def test_a_paragraph_after_a_blank_line_begins_no_label(tmp_path: Path) -> None:
    text = "甲片\n适应症：用于头痛。\n\n也可用于牙痛\n\n禁忌：尚不明确。\n"
    (record,) = read(written(tmp_path, "d.txt", text))
    assert bodies(record)["适应症"] == "用于头痛。\n也可用于牙痛"


def test_html_gives_lines_items_and_rows_with_tags_and_entities_resolved(tmp_path: Path) -> None:
    page = """<html><head><title>页</title><script>【禁忌】假</script></head><body><h1>晨露片说明书</h1>
    <p><b>【适应症】</b>用于头晕&nbsp;&amp;<i>耳鸣</i>，肌酐清除率&lt;30ml/min者
    除外。</p><div>【用法用量】</div><ul><li>成人一次1片</li><li>儿童半片</li></ul>
    <p>【不良反应】</p><table><tr><th>程度</th><th>频率</th></tr><tr><td>轻</td><td>1%</td></tr></table></body></html>"""
    path = written(tmp_path, "e.html", page)
    assert ChineseLabelReader().recognise(Sample.of(path)) == 0.9
    (record,) = read(path)
    assert record.document.title == "晨露片"
    assert bodies(record) == {
        "适应症": "用于头晕 &耳鸣，肌酐清除率<30ml/min者除外。",
        "用法用量": "- 成人一次1片\n- 儿童半片",
        "不良反应": "程度 | 频率\n轻 | 1%",
    }


def test_html_headings_without_brackets_are_seen(tmp_path: Path) -> None:
    page = "<h1>晨露片</h1><h2>适应症</h2><p>用于头晕。</p><h2>用法用量</h2><p>口服。</p>"
    path = written(tmp_path, "f.htm", page)
    assert ChineseLabelReader().recognise(Sample.of(path)) == 0.9
    (record,) = read(path)
    assert bodies(record) == {"适应症": "用于头晕。", "用法用量": "口服。"}


def test_a_label_without_a_name_has_the_files(tmp_path: Path) -> None:
    (record,) = read(written(tmp_path, "无名片.txt", "【适应症】用于头晕。\n【禁忌】尚不明确。\n"))
    assert record.document.title == "无名片"


@pytest.mark.parametrize(
    "text",
    [
        "阿甲\n阿乙\n阿丙\n",
        "头痛\t12\n发热\t7\n",
        "本文讨论适应症的概念，没有标题。\n",
        "Indications: headache\nDosage: one tablet\n",
        "{'【别名】': '甲', '【功能主治】': '清热', '【用法用量】': '口服'}\n",
        '{"docs": ["甲片 适应症\\n用于头晕"]}\n',
        "",
    ],
)
def test_what_is_no_label_is_not_recognised(tmp_path: Path, text: str) -> None:
    assert ChineseLabelReader().recognise(Sample.of(written(tmp_path, "x.txt", text))) == 0.0


def test_an_empty_file_is_reported(tmp_path: Path) -> None:
    (fault,) = ChineseLabelReader().read(written(tmp_path, "x.txt", " \n"), ReadOptions())
    assert isinstance(fault, Unreadable)
    assert str(fault.place) == "x.txt"


def test_a_heading_on_one_line_with_others_is_cut_and_a_reference_is_not() -> None:
    pieces = bracket_sections(["【适应症】用于头晕。【禁忌】中度肝损害者禁用，见【注意事项】。", "详见", "【用法用量】项。"])
    assert [(piece.heading, piece.body) for piece in pieces] == [
        ("适应症", "用于头晕。"),
        ("禁忌", "中度肝损害者禁用，见【注意事项】。\n详见\n【用法用量】项。"),
    ]


def test_an_unknown_heading_in_brackets_is_kept() -> None:
    (piece,) = bracket_sections(["【药品本位码】 86900000000000"])
    assert (piece.heading, piece.body) == ("药品本位码", "86900000000000")


def test_a_bracketed_heading_that_strays_into_colon_lines_is_a_section_too() -> None:
    pieces = colon_sections(["适应证:用于头晕。【禁忌症】过敏者禁用。", "剂型:片剂"])
    assert [(piece.heading, piece.body) for piece in pieces] == [
        ("适应证", "用于头晕。"),
        ("禁忌症", "过敏者禁用。"),
        ("剂型", "片剂"),
    ]
