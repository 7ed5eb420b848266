"""Answers and evidence as they are shown."""

from __future__ import annotations

import json

from medrag.answer.engine import MedRAG
from medrag.answer.render import answer_json, evidence_json, evidence_lines, to_markdown, to_text
from medrag.kb.base import KnowledgeBase

DOCUMENT_KEYS = {"source", "key", "version", "effective", "title", "maker", "lang"}
SECTION_KEYS = {"index", "code", "group", "heading", "path"}


def test_the_json_of_an_answer_has_the_keys_that_others_build_on(kb: KnowledgeBase) -> None:
    shown = json.loads(json.dumps(answer_json(MedRAG(kb).ask("布洛芬片的适应症")), ensure_ascii=False))
    assert list(shown) == ["question", "answer", "abstained", "reason", "citations", "claims", "evidence", "notices", "trace"]
    citation = shown["citations"][0]
    assert list(citation) == ["marker", "document", "section", "fact", "start", "end", "quote", "sha256"]
    assert set(citation["document"]) == DOCUMENT_KEYS
    assert set(citation["section"]) == SECTION_KEYS
    assert set(shown["claims"][0]) == {"text", "start", "end", "citations", "verdict"}


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
