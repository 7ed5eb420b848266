from __future__ import annotations

from pathlib import Path

import pytest

from medrag.ingest.readers.literal import MAX_LITERAL_CHARS, LiteralLinesReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

HERB = "{'【别名】': '朝露草(《虚书》)，露草', '【汉语拼音】': 'zhaolu', '【功能主治】': '清热。\\n用于头晕。', '【炮制】': 'null', '【贮藏】': None}"
FORMULA = "{'所属分类：': '虚构剂', '功效主治：': '用于咳嗽，\\d为噪声。', '组成：': ['甲1两', '乙2两']}"
NAMED = "{'方剂名：': '晨露汤', '方剂用法：': '水煎服。'}"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "herbs.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[ReadRecord | Unreadable]:
    return list(LiteralLinesReader().read(path, ReadOptions()))


def bodies(record: ReadRecord | Unreadable) -> list[tuple[str, str]]:
    assert isinstance(record, ReadRecord)
    document = record.document
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


def test_each_line_is_a_document_and_absent_values_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, HERB, "", FORMULA)
    assert LiteralLinesReader().recognise(Sample.of(path)) == 0.9
    herb, formula = read(path)
    assert bodies(herb) == [("别名", "朝露草(《虚书》)，露草"), ("汉语拼音", "zhaolu"), ("功能主治", "清热。\n用于头晕。")]
    assert bodies(formula) == [("所属分类", "虚构剂"), ("功效主治", "用于咳嗽，\\d为噪声。"), ("组成", "甲1两\n乙2两")]


def test_a_record_without_name_has_its_first_alias_or_none_at_all(tmp_path: Path) -> None:
    herb, formula, named = read(write(tmp_path, HERB, FORMULA, NAMED))
    assert isinstance(herb, ReadRecord)
    assert (herb.document.title, [entity.id for entity in herb.about]) == ("朝露草", ["substance:朝露草"])
    assert [(name.kind, name.name) for name in herb.names] == [("alias", "朝露草"), ("alias", "露草"), ("pinyin", "zhaolu")]
    assert isinstance(formula, ReadRecord)
    assert (formula.document.title, formula.about) == ("herbs line 2", ())
    assert not formula.document.text.startswith("herbs")
    assert isinstance(named, ReadRecord)
    assert named.document.title == "晨露汤"


@pytest.mark.parametrize(
    "line",
    [
        "{'a': __import__('os').getcwd()}",
        "{'a': 1, 'b':",
        "['a']",
        "{'a': " + "[" * 5000 + "]" * 5000 + "}",
        "{'a': " + "-" * 60_000 + "1}",
        "{'a': '" + "x" * MAX_LITERAL_CHARS + "'}",
        "{'a': 'null'}",
        "{'a': " + "9" * 10_000 + "}",
        "{'a': {[]: 1}}",
    ],
)
def test_a_line_that_is_no_harmless_dict_is_reported_and_the_others_are_read(tmp_path: Path, line: str) -> None:
    fault, good = read(write(tmp_path, line, NAMED))
    assert isinstance(fault, Unreadable)
    assert fault.place.record == "line 1"
    assert len(fault.reason) < 200
    assert isinstance(good, ReadRecord)


@pytest.mark.parametrize("line", ['{"别名": "甲", "功能主治": "清热"}', "甲草", "[1, 2]", "{1: 'a'}", "{'a'}"])
def test_other_lines_are_not_recognised(tmp_path: Path, line: str) -> None:
    assert LiteralLinesReader().recognise(Sample.of(write(tmp_path, line))) == 0.0


def test_every_herb_and_formula_is_read(shared: Path) -> None:
    found = read(shared / "labels/zh/herbs_sample.txt")
    assert len(found) == 300
    assert all(isinstance(record, ReadRecord) for record in found)
