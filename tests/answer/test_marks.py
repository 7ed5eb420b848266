"""Citation marks: every form, exact places, and what only looks like one."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medrag.answer.reply.marks import MarkForm, marker_style, parse_marks

F = MarkForm


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("头痛[1]。", [("[1]", (1,), F.SQUARE)]),
        ("头痛[ 1 ]。", [("[ 1 ]", (1,), F.SQUARE)]),
        ("头痛[1,2]。", [("[1,2]", (1, 2), F.SQUARE)]),
        ("头痛[1，3、4]。", [("[1，3、4]", (1, 3, 4), F.SQUARE)]),
        ("头痛[1][2]。", [("[1]", (1,), F.SQUARE), ("[2]", (2,), F.SQUARE)]),
        ("头痛[1-3]。", [("[1-3]", (1, 2, 3), F.SQUARE)]),
        ("头痛[1, 3–5]。", [("[1, 3–5]", (1, 3, 4, 5), F.SQUARE)]),
        ("头痛[2]-[4]。", [("[2]-[4]", (2, 3, 4), F.SQUARE)]),
        ("[[1]] 头痛", [("[[1]]", (1,), F.SQUARE)]),
        ("头痛\\[1\\]", [("\\[1\\]", (1,), F.SQUARE)]),
        ("头痛［１］", [("［１］", (1,), F.SQUARE)]),
        ("头痛[１２]", [("[１２]", (12,), F.SQUARE)]),
        ("头痛[0]和[99]", [("[0]", (0,), F.SQUARE), ("[99]", (99,), F.SQUARE)]),
        ("头痛[^1^]。", [("[^1^]", (1,), F.CARET)]),
        ("头痛[^2]。", [("[^2]", (2,), F.CARET)]),
        ("头痛[^1^,^2^]。", [("[^1^,^2^]", (1, 2), F.CARET)]),
        ("头痛[No.1]", [("[No.1]", (1,), F.NUMBERED)]),
        ("头痛[No. 1, No. 2]", [("[No. 1, No. 2]", (1, 2), F.NUMBERED)]),
        ("头痛[1]小时候", [("[1]", (1,), F.SQUARE)]),
        ("头痛[Nos. 1, 2]", [("[Nos. 1, 2]", (1, 2), F.NUMBERED)]),
        ("头痛[No.1-No.3]", [("[No.1-No.3]", (1, 2, 3), F.NUMBERED)]),
        ("头痛【文档2】", [("【文档2】", (2,), F.NUMBERED)]),
        ("pain [Source 1; Source 3]", [("[Source 1; Source 3]", (1, 3), F.NUMBERED)]),
        ("pain [citation:4]", [("[citation:4]", (4,), F.NUMBERED)]),
        ("头痛【1】", [("【1】", (1,), F.LENTICULAR)]),
        ("头痛【3†来源】", [("【3†来源】", (3,), F.LENTICULAR)]),
        ("头痛〔1〕〔2〕", [("〔1〕", (1,), F.TORTOISE), ("〔2〕", (2,), F.TORTOISE)]),
        ("头痛⟦3⟧", [("⟦3⟧", (3,), F.WHITE)]),
        ("头痛⟦#3⟧", [("⟦#3⟧", (3,), F.HASHED)]),
        ("头痛¹，恶心²³。", [("¹", (1,), F.RAISED), ("²³", (23,), F.RAISED)]),
        ("aspirin tablets¹⁻³ help", [("¹⁻³", (1, 2, 3), F.RAISED)]),
        ("头痛<sup>1,2</sup>", [("<sup>1,2</sup>", (1, 2), F.RAISED)]),
        ("根据文档1，可用", [("文档1", (1,), F.PROSE)]),
        ("如文献 2 所述", [("文献 2", (2,), F.PROSE)]),
        ("文档1、2和3表明", [("文档1、2和3", (1, 2, 3), F.PROSE)]),
        ("文档1和文档2表明", [("文档1和文档2", (1, 2), F.PROSE)]),
        ("资料一指出", [("资料一", (1,), F.PROSE)]),
        ("第2份资料指出", [("第2份资料", (2,), F.PROSE)]),
        ("文档（3）指出", [("文档（3）", (3,), F.PROSE)]),
        ("文档[1]表明", [("[1]", (1,), F.SQUARE)]),
        ("According to document 2, it", [("document 2", (2,), F.PROSE)]),
        ("Source 3 says", [("Source 3", (3,), F.PROSE)]),
        ("Documents 1, 2 and 4 say", [("Documents 1, 2 and 4", (1, 2, 4), F.PROSE)]),
        ("as in source 1 and 2", [("source 1 and 2", (1, 2), F.PROSE)]),
        ("it may help (see [2]).", [("[2]", (2,), F.SQUARE)]),
        ("𠀀病[1]可用", [("[1]", (1,), F.SQUARE)]),
    ],
)
def test_every_form_is_read(text: str, marks: list[tuple[str, tuple[int, ...], MarkForm]]) -> None:
    found = parse_marks(text)
    assert [(mark.text, mark.numbers, mark.form) for mark in found] == marks
    assert all(text[mark.start : mark.end] == mark.text for mark in found)


@pytest.mark.parametrize(
    "text",
    [
        "见第[1.2]节", "剂量[0.5-1]", "指南[2020]", "[5 mg]", "[5mg]", "每次[5] mg", "每次[10]毫克", "[12]岁以下", "服药[2]小时后", "占[2]%", "浓度[mg/L]", "[a]", "[text](http://a.cn)",
        "[1](https://a.cn/b)", "[2](#ref-2)", "[1](www.a.cn)", "1. 头痛\n2. 恶心", "（1）头痛", "(2) nausea", "2020年", "10 mg [n=30]",
        "[10-60]", "[3-1]", "95% CI [1, 3]", "置信区间[2,5]", "f([1, 2])", "x = [1, 2]", "噻吩并thieno[3,2]-c", "[1,000]", "[12:30]", "[1/2]",
        "doc[-2:]", "[/1]", "面积m²，体积cm³", "10⁹/L", "Ca²⁺", "s⁻¹", "¹³¹I治疗", "kg/m<sup>2</sup>", "χ²检验",
        "文献2020年发表", "文献3篇", "资料一般不提", "文件5份", "证据1级", "根据文档", "documents\n2. next", "source 5 mg daily",
        "level of evidence 1", "evidence 12 patients had", "resource 3", "dosage 1",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_mark_is_none(text: str) -> None:
    assert parse_marks(text) == []


def test_amounts_end_a_list_of_source_numbers() -> None:
    assert [mark.text for mark in parse_marks("根据文档1、2型糖尿病患者慎用")] == ["文档1"]
    assert [mark.text for mark in parse_marks("根据文档1与5%葡萄糖注射液")] == ["文档1"]
    assert [mark.text for mark in parse_marks("According to document 1, 2 tablets")] == ["document 1"]


def test_brackets_that_the_evidence_has_itself_are_text_to_a_writer_of_other_markers() -> None:
    text = "头痛[1]，恶心〔2〕，皮疹⟦3⟧，发热⟦#4⟧，咳嗽[^5^]，文档6"
    read = {
        style: [n for mark in parse_marks(text, style=style) for n in mark.numbers]
        for style in ("[{}]", "〔{}〕", "⟦{}⟧", "⟦#{}⟧")
    }
    assert read == {"[{}]": [1, 2, 3, 4, 5, 6], "〔{}〕": [2, 3, 4, 5, 6], "⟦{}⟧": [3, 4, 5, 6], "⟦#{}⟧": [4, 5, 6]}


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        ([], "[{}]"),
        (["1. 头痛 [a] [5 mg]"], "[{}]"),
        (["头痛[1]"], "〔{}〕"),
        (["头痛［１］"], "〔{}〕"),
        (["头痛[1,2]"], "〔{}〕"),
        (["头痛[1]", "恶心〔2〕"], "⟦{}⟧"),
        (["头痛[1]恶心〔2〕⟦3⟧"], "⟦#{}⟧"),
    ],
)
def test_the_style_is_the_first_that_the_texts_do_not_use(texts: list[str], style: str) -> None:
    assert marker_style(texts) == style


@given(st.text(alphabet="[]［］【】〔〕⟦⟧^#No.文档 0123456789,、-–和source¹²m()\n", max_size=80))
def test_marks_are_where_they_say_and_never_overlap(text: str) -> None:
    marks = parse_marks(text)
    assert all(text[mark.start : mark.end] == mark.text and mark.numbers for mark in marks)
    assert all(before.end <= after.start for before, after in pairwise(marks))


STORED = "eval/pulse/answers/medicineqa_answers.jsonl"
BARE = re.compile(r"\[(\d{1,2})\]")


def stored_answers(shared: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (shared / STORED).read_text(encoding="utf-8").splitlines()]


def out_of_range(numbers: list[int], count: object) -> bool:
    return any(number == 0 or number > int(str(count)) for number in numbers)


def test_the_stored_answers_are_out_of_range_exactly_where_they_are_known_to_be(shared: Path) -> None:
    expected = json.loads((shared / "eval/pulse/answers/expected.json").read_text(encoding="utf-8"))["per_model"]
    seen: dict[str, Counter[str]] = {model: Counter() for model in expected}
    for row in stored_answers(shared):
        text = str(row["answer"])
        marks = [mark for mark in parse_marks(text) if BARE.search(mark.text)]
        numbers = [number for mark in marks for number in mark.numbers]
        assert numbers == [int(number) for number in BARE.findall(text)]
        found = seen[str(row["model"])]
        found["answers"] += 1
        found["with_mark"] += bool(numbers)
        found["out_of_range"] += out_of_range(numbers, row["evidence_count"])
        found["with_zero"] += 0 in numbers
    assert {model: dict(counts) for model, counts in seen.items()} == expected


def test_other_forms_in_the_stored_answers_are_marks_too_and_one_answer_invents_them(shared: Path) -> None:
    forms: Counter[str] = Counter()
    inventing: Counter[str] = Counter()
    for row in stored_answers(shared):
        others = [mark for mark in parse_marks(str(row["answer"])) if not BARE.search(mark.text)]
        forms.update(mark.form.value for mark in others)
        inventing[str(row["model"])] += out_of_range([n for mark in others for n in mark.numbers], row["evidence_count"])
    # Read one by one: 182 of the form [^1^], 16 [No.1], 9 文档1 in lists of sources, 2 【1】. The answer is a list of fifteen
    # items, each marked with its own number [No.2] … [No.15] though one document was given.
    assert forms == {"caret": 182, "numbered": 16, "prose": 9, "lenticular": 2}
    assert {model: count for model, count in inventing.items() if count} == {"GPT-4": 1}
