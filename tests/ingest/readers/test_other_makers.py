"""Files as other makers export them: which reader they get without options, and what it makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.errors import IngestError, UnknownFormatError
from medrag.ingest.readers.name_lists import NameListReader
from medrag.ingest.records import Reader, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.registry import NotDocument, find
from medrag.ingest.sample import Sample
from tests.ingest.readers.reading import read, spans_are_exact

SECTIONS = [
    ("成份", "主要成份为示例碱。"),
    ("适应症", "用于缓解头痛。"),
    ("规格", "0.3g"),
    ("用法用量", "口服，一次1片。"),
    ("不良反应", "偶见恶心。"),
    ("禁忌", "对本品过敏者禁用。"),
    ("孕妇及哺乳期妇女用药", "慎用。"),
    ("贮藏", "密封保存。"),
    ("批准文号", "国药准字H20990001"),
]


def joined(pattern: str, between: str = "\n") -> str:
    return between.join(pattern.format(h=heading, t=text, n=n) for n, (heading, text) in enumerate(SECTIONS, start=1))


def page(body: str) -> str:
    return f"<html><body><nav>首页</nav><p>示例片说明书</p>{body}<footer>示例网</footer></body></html>"


LABELS = {
    "spaced.txt": "示例片\n" + "\n".join(f"【{' '.join(heading)}】\n{text}" for heading, text in SECTIONS),
    "full-width.txt": "示例片\n" + joined("［{h}］{t}"),
    "tortoise-shells.txt": "示例片\n" + joined("〔{h}〕{t}"),
    "angles.txt": "示例片\n" + joined("《{h}》{t}"),
    "one-line.txt": "【药品名称】示例片" + joined("【{h}】{t}", ""),
    "one-line-colons.txt": "药品名称：示例片 " + joined("{h}：{t}", " "),
    "bare.txt": "示例片说明书\n\n" + joined("{h}\n{t}", "\n\n"),
    "numbered.txt": "示例片说明书\n" + joined("{n}. {h}\n{t}"),
    "after-a-blank.txt": "示例片说明书\n" + joined("{h} {t}"),
    "no-suffix": "示例片\n" + joined("【{h}】{t}"),
    "wrong.docx": "示例片\n" + joined("【{h}】{t}"),
    "rows.html": page("<table>" + joined("<tr><td>{h}：</td><td>{t}</td></tr>") + "</table>"),
    "definitions.html": page("<dl>" + joined("<dt>{h}</dt><dd>{t}</dd>") + "</dl>"),
    "labels.html": page("<ul>" + joined("<li><label>{h}</label><span>{t}</span></li>") + "</ul>"),
    "headings.html": page(joined("<h3>{h}</h3><p>{t}</p>")),
    "page-as.txt": page(joined("<p>【{h}】{t}</p>")),
    "headings.md": "# 示例片说明书\n\n" + joined("## {h}\n\n{t}"),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_has_its_sections_whatever_marks_them(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(LABELS[name], encoding="utf-8")
    (record,) = taken(path)
    document = record.document
    found = {one.code: document.text[one.start : one.end] for one in document.sections}
    assert document.title == "示例片"
    assert document.key == "国药准字H20990001"
    assert {code: found.get(code) for code in ("34067-9", "34068-7", "34084-4", "34070-3", "43678-2", "42228-7")} == {
        "34067-9": "用于缓解头痛。",
        "34068-7": "口服，一次1片。",
        "34084-4": "偶见恶心。",
        "34070-3": "对本品过敏者禁用。",
        "43678-2": "0.3g",
        "42228-7": "慎用。",
    }


def test_traditional_headings_are_known_and_kept_as_printed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("示例膠囊\n【適應症】頭痛。\n【用法用量】口服。\n【不良反應】噁心。\n【儲存】密封。\n", encoding="utf-8")
    (record,) = taken(path)
    assert [(one.code, one.heading) for one in record.document.sections[:3]] == [
        ("34067-9", "適應症"),
        ("34068-7", "用法用量"),
        ("34084-4", "不良反應"),
    ]


RECORDS: dict[str, tuple[str, object, str, list[str]]] = {
    "records by name": (
        "a.json",
        {"甲片": {"适应症": "甲病", "禁忌": "无"}, "乙片": {"适应症": "乙病"}},
        "columns",
        ["甲片", "乙片"],
    ),
    "texts by name": (
        "a.json",
        {"甲片": "【适应症】甲病。\n【用法用量】口服", "乙片": "【适应症】乙病。\n【用法用量】口服"},
        "monographs",
        ["甲片", "乙片"],
    ),
    "a list far inside": (
        "a.json",
        {"code": 0, "data": {"total": 1, "list": [{"药品名称": "甲片", "适应症": "甲病", "禁忌": "无"}]}},
        "columns",
        ["甲片"],
    ),
    "sections in an object": (
        "a.json",
        [{"name": "甲片", "info": {"适应症": "甲病", "禁忌": "无"}, "manufacturer": {"name": "甲厂"}}],
        "columns",
        ["甲片"],
    ),
    "humps and lists": (
        "a.json",
        [{"drugName": "Examplin", "indicationsAndUsage": "For samplitis.", "sideEffects": ["headache", "nausea"]}],
        "columns",
        ["Examplin"],
    ),
    "one section a drug": ("a.json", [{"药品名称": "甲片", "适应症": "甲病"}], "columns", ["甲片"]),
    "lists of English strings": (
        "a.json",
        ["Examplin\nIndications: For samplitis.\nDosage: 5 mg.", "Samplex\nIndications: Pain.\nDosage: 1 g."],
        "monographs",
        ["Examplin", "Samplex"],
    ),
    "docs on many lines": ("a.json", {"docs": ["甲 片 适应症\n甲病", "甲 片 禁忌症\n无"]}, "pulse-docs", ["甲 片"]),
    "relations by name": (
        "a.json",
        {"甲病": {"相关症状": ["头痛"]}, "乙病": {"相关症状": ["发热"]}},
        "zhongxinci",
        ["甲病", "乙病"],
    ),
    "names with lists": (
        "a.json",
        [{"name": "甲药", "alias": ["甲", "甲甲"]}, {"name": "乙药", "alias": ["乙"]}],
        "name-tables",
        ["甲药", "乙药"],
    ),
    "other names to names": ("a.json", {"旧甲": "甲药", "旧乙": "乙药"}, "name-groups", ["甲药", "乙药"]),
    "a list of names": ("names.json", ["甲药", "乙药", "丙药"], "name-lists", ["names lines 1-3"]),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_found_wherever_a_json_file_keeps_them(tmp_path: Path, kind: str) -> None:
    name, value, reader, titles = RECORDS[kind]
    path = tmp_path / name
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    assert found_reader(path).name == reader
    assert [record.document.title for record in taken(path)] == titles


@pytest.mark.parametrize("first", ['{"drug": "open', "# written by hand", '{"drug"'])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_broken_first_line_hides_nothing(tmp_path: Path, name: str, first: str) -> None:
    rows = [{"drug": f"示例{one}片", "section": "适应症", "text": "头痛"} for one in "甲乙丙"]
    path = tmp_path / name
    path.write_text("\n".join([first, *(json.dumps(row, ensure_ascii=False) for row in rows)]), encoding="utf-8")
    records, faults = read(found_reader(path), path)
    assert ([one.document.title for one in records], [one.place.record for one in faults]) == (
        ["示例甲片", "示例乙片", "示例丙片"],
        ["line 1"],
    )


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("疾病,症状\n甲病,头痛\n", ("disease:甲病", "has_symptom", "symptom:头痛")),
        ("drug,disease\nExamplin,samplitis\n", ("substance:examplin", "associated_with", "disease:samplitis")),
        (
            "drug_1,drug_2,interaction\nExamplin,Samplex,more bleeding\n",
            ("substance:examplin", "interacts_with", "substance:samplex"),
        ),
    ],
)
def test_columns_called_after_kinds_of_things_state_facts(tmp_path: Path, text: str, fact: tuple[str, str, str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    (record,) = taken(path)
    assert [(one.subject.id, one.relation, one.object.id) for one in record.statements] == [fact]


def test_two_interactions_of_the_same_drugs_are_two_records(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("drug1,drug2,event\nExamplin,Samplex,more bleeding\nExamplin,Samplex,less sleep\n", encoding="utf-8")
    assert len({record.document.key for record in taken(path)}) == 2


def test_neo4j_s_import_headers_are_nodes_and_edges(tmp_path: Path) -> None:
    (tmp_path / "diseases.csv").write_text("diseaseId:ID(Disease),name:string,:LABEL\nd1,甲病,Disease\n", encoding="utf-8")
    (tmp_path / "symptoms.csv").write_text("symptomId:ID(Symptom),name:string,:LABEL\ns1,头痛,Symptom\n", encoding="utf-8")
    edges = tmp_path / "edges.csv"
    edges.write_text(":START_ID(Disease),:END_ID(Symptom),:TYPE\nd1,s1,has_symptom\n", encoding="utf-8")
    (record,) = taken(edges)
    assert [(one.subject.name, one.relation, one.object.name) for one in record.statements] == [("甲病", "has_symptom", "头痛")]


@pytest.mark.parametrize(
    "text",
    [
        "甲药\t旧甲,甲甲\n乙药\t旧乙\n丙药\t旧丙\n",
        "甲药|旧甲|甲甲\n乙药|旧乙\n丙药|旧丙\n",
        "甲药 旧甲 甲甲\n乙药 旧乙\n丙药 旧丙\n",
    ],
)
def test_synonyms_on_a_line_name_the_first_of_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "synonyms.txt"
    path.write_text(text, encoding="utf-8")
    assert isinstance(found_reader(path), NameListReader)
    (record,) = taken(path)
    assert [(one.entity.name, one.name) for one in record.names if one.kind == "alias"] == [
        ("甲药", "旧甲"),
        ("甲药", "甲甲"),
        ("乙药", "旧乙"),
        ("丙药", "旧丙"),
    ]


def test_triples_behind_tabs_are_no_synonyms(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("甲病\t临床表现\t头痛\n乙病\t临床表现\t发热\n乙病\t所属科室\t内科\n", encoding="utf-8")
    assert NameListReader().recognise(Sample.of(path)) == 0.0
    assert found_reader(path).name == "triples"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"\xef\xbb\xbf", "the file is empty"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .docx"),
        ("a.gz", b"\x1f\x8b\x08" + bytes(60), "unpack it first"),
        ("a.csv", "药品名称,适应症,用法用量\n".encode(), "no rows"),
        ("a.json", b"[]", "without any record"),
        ("a.txt", bytes(range(256)) * 20, "binary data"),
        ("a.xlsx", b"PK\x03\x04" + bytes(200), "not a readable zip archive"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises((IngestError, UnknownFormatError), match=words):
        find(path, ReadOptions())


def found_reader(path: Path) -> Reader:
    reader = find(path, ReadOptions())
    assert not isinstance(reader, NotDocument)
    return reader


def taken(path: Path) -> list[ReadRecord]:
    """The records that the reader found for the file makes of it, every one whole."""
    records = []
    for item in found_reader(path).read(path, ReadOptions()):
        assert not isinstance(item, Unreadable), item.reason
        spans_are_exact(item)
        records.append(item)
    return records
