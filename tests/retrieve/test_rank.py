"""Ranked evidence: what comes first, what never comes before, and that any input is safe."""

from __future__ import annotations

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve.rank import retrieve
from medrag.sections import SectionGroup as G
from medrag.types import Evidence

QUESTIONS = (
    "布洛芬缓释胶囊的禁忌",
    "布洛芬怎么吃",
    "高血压的症状",
    "鼻炎吃什么药",
    "布洛芬和华法林能一起吃吗",
    "ibuprofen dose",
    "头痛",
)


def title(item: Evidence) -> str:
    return item.passage.document.title if item.passage is not None else ""


def test_the_section_asked_for_of_the_drug_asked_about_comes_first(kb: KnowledgeBase) -> None:
    first = retrieve("布洛芬缓释胶囊的用法用量", kb).evidence[0]
    assert first.passage is not None
    assert (title(first), first.passage.section.group) == ("布洛芬缓释胶囊", G.DOSAGE)
    assert "label" in first.found_by


def test_a_drug_that_was_not_asked_about_never_stands_before_one_that_was(kb: KnowledgeBase) -> None:
    titles = [title(item) for item in retrieve("布洛芬治头痛吗", kb).evidence if item.passage is not None]
    about = ["布洛芬" in name for name in titles]
    assert about == sorted(about, reverse=True)


def test_scores_lie_in_zero_to_one_and_never_rise(kb: KnowledgeBase) -> None:
    for question in QUESTIONS:
        evidence = retrieve(question, kb).evidence
        scores = [item.score for item in evidence]
        assert scores == sorted(scores, reverse=True)
        assert all(0.0 <= score <= 1.0 for score in scores)
        assert [item.rank for item in evidence] == list(range(1, len(evidence) + 1))


def test_the_same_question_finds_the_same(kb: KnowledgeBase) -> None:
    for question in QUESTIONS:
        assert retrieve(question, kb).evidence == retrieve(question, kb).evidence


def test_k_limits_the_evidence(kb: KnowledgeBase) -> None:
    assert len(retrieve("布洛芬", kb, k=3).evidence) == 3
    assert retrieve("布洛芬", kb, k=0).evidence == ()


def test_filters_hold_for_every_channel(kb: KnowledgeBase) -> None:
    only = Filters(langs=frozenset({"en"}))
    evidence = retrieve("ibuprofen 布洛芬 dose", kb, only=only).evidence
    assert evidence
    assert all(item.passage is not None and item.passage.document.lang == "en" for item in evidence)
    assert not [
        item for item in retrieve("高血压的症状", kb, only=Filters(sources=frozenset({"labels"}))).evidence if item.fact
    ]


def test_neighbours_follow_on_request(kb: KnowledgeBase) -> None:
    plain = {item.passage.id for item in retrieve("奥美拉唑肠溶胶囊", kb, k=50).evidence if item.passage is not None}
    found = retrieve("奥美拉唑肠溶胶囊 第30种情况", kb, k=50, neighbours=True).evidence
    ids = [item.passage.id for item in found if item.passage is not None]
    assert len(ids) == len(set(ids))
    assert plain <= set(ids) or any("neighbour" in item.found_by for item in found)


def test_facts_of_the_relation_asked_for_come_first(kb: KnowledgeBase) -> None:
    evidence = retrieve("高血压的症状有哪些", kb).evidence
    assert [item.fact.object.name for item in evidence[:2] if item.fact is not None] == ["头晕", "头痛"]


@pytest.mark.parametrize(
    "text",
    [
        "药",
        "?",
        "💊💊💊",
        "a",
        "' OR 1=1; DROP TABLE documents; --",
        'title:"x" AND NOT (y OR z)^2~3 [a TO b] *',
        "(((((",
        ".*+?[](){}|\\",
        "\ud800 布洛芬",
        "布洛芬" * 1000,
        "\u202e布洛芬\u200b",
        "ibuprofen\x00dose",
        "%_%' LIKE",
        "{0}{context}",
        "和" * 5000,
    ],
)
def test_any_input_is_safe(text: str, kb: KnowledgeBase) -> None:
    assert len(retrieve(text, kb).evidence) <= 10
