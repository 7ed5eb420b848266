"""Answers and evidence as they are shown."""

from __future__ import annotations

import json

import pytest
from markdown_it import MarkdownIt

from medrag.answer.engine import MedRAG
from medrag.answer.show.html import to_html
from medrag.answer.show.text import answer_json, evidence_json, evidence_lines, to_footnotes, to_markdown, to_text
from medrag.kb.base import KnowledgeBase
from medrag.types import Notice, NoticeKind
from tests.answer.writing import written

DOCUMENT_KEYS = {"source", "key", "version", "effective", "title", "maker", "lang", "reader"}
ANSWER_KEYS = (
    "question answer abstained reason confidence citations claims dangling evidence notices safety writing trace"
).split()
SECTION_KEYS = {"index", "code", "group", "heading", "path"}


def test_the_json_of_an_answer_has_the_keys_that_others_build_on(kb: KnowledgeBase) -> None:
    shown = json.loads(json.dumps(answer_json(MedRAG(kb).ask("布洛芬片的适应症")), ensure_ascii=False))
    assert list(shown) == ANSWER_KEYS
    citation = shown["citations"][0]
    assert list(citation) == ["marker", "document", "section", "fact", "start", "end", "quote", "sha256"]
    assert set(citation["document"]) == DOCUMENT_KEYS
    assert set(citation["section"]) == SECTION_KEYS
    assert set(shown["claims"][0]) == {"text", "start", "end", "citations", "verdict", "statement", "reasons", "support"}


def test_the_json_of_evidence_has_the_keys_that_others_build_on(kb: KnowledgeBase) -> None:
    shown = json.loads(json.dumps(evidence_json("布洛芬片", MedRAG(kb).search("布洛芬片", 3))))
    assert list(shown) == ["question", "evidence"]
    first = shown["evidence"][0]
    assert list(first) == ["rank", "score", "found_by", "document", "section", "start", "end", "text", "also"]
    assert set(first["document"]) == DOCUMENT_KEYS and set(first["section"]) == SECTION_KEYS


def test_a_fact_carries_its_ends_and_sources_instead_of_a_section(kb: KnowledgeBase) -> None:
    first = json.loads(json.dumps(evidence_json("q", MedRAG(kb).search("高血压的症状"))))["evidence"][0]
    assert first["fact"] == {"subject": "高血压", "relation": "has_symptom", "object": "头晕"}
    assert first["sources"][0]["quote"] == "高血压 has_symptom 头晕"
    assert "section" not in first


def test_the_terminal_shows_where_each_marker_points(kb: KnowledgeBase) -> None:
    shown = to_text(MedRAG(kb).ask("布洛芬片的适应症")).splitlines()
    assert shown[0] == "布洛芬片【适应症】"
    assert shown[-1].startswith("[1] 布洛芬片 › ")
    assert "labels:Z2" in shown[-1]


def test_markdown_keeps_what_a_label_prints_from_being_markup(kb: KnowledgeBase) -> None:
    shown = to_markdown(MedRAG(kb).ask("碳酸钙片的不良反应"))
    assert "便秘\\[1\\]" in shown


def test_an_abstention_shows_no_citations(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("阿普斯特片的适应症")
    assert to_text(answer) == answer.text
    assert answer_json(answer)["citations"] == []


def test_evidence_shows_rank_score_and_place(kb: KnowledgeBase) -> None:
    lines = evidence_lines(MedRAG(kb).search("布洛芬片的适应症", 1))
    assert lines[0].startswith(" 1. ") and "布洛芬片" in lines[0]


def test_the_terminal_shows_what_checking_found_and_marks_that_stand_for_nothing() -> None:
    shown = to_text(written()).splitlines()
    assert shown[0] == "安平片成人一日3次[1]。孕妇禁用[2]。儿童可用[9]。"
    assert shown[2:] == [
        "[1] 安平片 · 东方药厂 (2021-03-04) › 用法用量 (labels:A1, 5–17)",
        "[2] 安平片 · 东方药厂 (2021-03-04) › 禁忌 (labels:A1, 23–28)",
        "[9] ✗ 没有对应的资料",
        "? “安平片成人一日3次[1]。” 与资料不符：资料写“一日2次”，回答写“一日3次”",
        "? “儿童可用[9]。” 资料中没有",
        "! 请遵医嘱。",
    ]


def test_markdown_shows_them_too() -> None:
    shown = to_markdown(written())
    assert "> \\[9\\] ✗ 没有对应的资料" in shown
    assert "**与资料不符：资料写“一日2次”，回答写“一日3次”**" in shown


def test_footnotes_stand_where_the_marks_stood_and_invented_ones_are_struck_out() -> None:
    lines = to_footnotes(written()).splitlines()
    assert lines[0] == "安平片成人一日3次[^1]。孕妇禁用[^2]。儿童可用~~\\[9\\]~~。  "
    assert "[^2]: 安平片 · 东方药厂 (2021-03-04) › 禁忌 (labels:A1, 23–28): “孕妇禁用。”" in lines


def test_a_mark_that_stands_for_some_of_its_numbers_keeps_both_sides() -> None:
    text = "孕妇禁用[2,9]。"
    answer = written(text=text, claims=(), dangling=((4, 9),))
    assert to_footnotes(answer).splitlines()[0] == "孕妇禁用[^2]~~\\[2,9\\]~~。  "


def test_footnotes_of_a_quoted_answer_leave_marks_in_the_quotation_alone(kb: KnowledgeBase) -> None:
    shown = to_footnotes(MedRAG(kb).ask("碳酸钙片的不良反应"))
    assert "便秘\\[1\\]" in shown and "[^1]: " in shown
    assert "〔" not in shown


def test_a_quoted_answer_is_shown_without_remarks(kb: KnowledgeBase) -> None:
    for question in ("布洛芬片的适应症", "高血压的症状"):
        assert "\n? " not in to_text(MedRAG(kb).ask(question))


def test_the_json_says_all_that_was_found() -> None:
    shown = json.loads(json.dumps(answer_json(written())))
    assert shown["dangling"] == [{"text": "[9]", "start": 25, "end": 28}]
    assert shown["claims"][0]["reasons"] == ["资料写“一日2次”，回答写“一日3次”"]
    assert shown["claims"][1]["support"] == [{"marker": "[2]", "start": 23, "end": 28}]
    assert shown["writing"]["model"] == "scripted"
    assert shown["citations"][0]["document"]["reader"] == "jsonl/3"


@pytest.mark.parametrize("line", [
    "-----", "=====", "===", "- 皮疹", "+ 皮疹", "* 皮疹", "1. 皮疹", "2) 皮疹", "1.", "    每日3次", "\t每日3次", "  - 皮疹", "# 皮疹", "> 皮疹", "| a | b |\n|---|---|",
    "```", "~~~", "***", "___", "[7]: http://example.org", "<b>皮疹</b>", "&lt;b&gt;", "![x](y)", "[x](y)",
])  # fmt: skip
def test_no_line_of_an_answer_becomes_markup(line: str) -> None:
    answer = written(text=f"孕妇禁用。\n{line}\n\n{line}\n完。", claims=(), dangling=())
    for show in (to_markdown, to_footnotes):
        tokens = MarkdownIt().enable("table").parse(show(answer))
        text = tokens[: next(at for at, token in enumerate(tokens) if token.type == "blockquote_open" or "[^" in token.content)]
        assert {token.type for token in text} == {"paragraph_open", "inline", "paragraph_close"}
        inner = [one for token in text for one in token.children or ()]
        assert {one.type for one in inner} <= {"text", "text_special", "hardbreak", "softbreak"}
        said = "".join(one.content for one in inner if one.type.startswith("text")).replace("\xa0", "")
        assert "".join(said.split()) == "".join(answer.text.split())


def test_a_mark_that_begins_a_line_is_no_footnotes_text() -> None:
    answer = written(text="[2]: 孕妇禁用。", claims=(), dangling=())
    assert to_footnotes(answer).splitlines()[0] == "[^2]\\: 孕妇禁用。  "


def test_what_is_urgent_stands_before_the_answer_and_is_said_once() -> None:
    urgent = Notice(kind=NoticeKind.EMERGENCY, text="请立即拨打120。")
    answer = written().model_copy(update={"notices": (urgent,)})
    for shown in (to_text(answer), to_markdown(answer), to_footnotes(answer), to_html(answer)):
        assert shown.count("拨打120") == 1
        assert shown.index("拨打120") < shown.index("成人一日3次")
