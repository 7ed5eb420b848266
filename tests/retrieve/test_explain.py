"""Why a question finds what it finds."""

from __future__ import annotations

import numpy as np
import pytest

from medrag.answer.engine import MedRAG
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population
from medrag.retrieve.explain import Explanation, explain
from medrag.retrieve.features import FEATURES
from medrag.retrieve.profile import default_profile
from medrag.retrieve.rank import retrieve
from medrag.sections import SectionGroup as G


def test_a_corrected_name_says_what_it_was_taken_for_and_how(kb: KnowledgeBase) -> None:
    (name,) = explain("奥美拉挫怎么吃", kb).names
    assert (name.written, name.read, name.via, name.role) == ("奥美拉挫", "奥美拉唑", "shape", "medicine")
    assert 0.5 <= name.score < 1.0
    assert [document.title for document in name.documents] == ["奥美拉唑肠溶胶囊"]


def test_names_are_told_by_what_they_are(kb: KnowledgeBase) -> None:
    assert {name.written: name.role for name in explain("高血压能吃布洛芬片吗", kb).names} == {
        "高血压": "condition",
        "布洛芬片": "medicine",
    }
    assert explain("阿普斯特片怎么吃", kb).unknown == ("阿普斯特片",)


def test_patient_sections_and_channels_are_told(kb: KnowledgeBase) -> None:
    found = explain("3岁孩子布洛芬片怎么吃", kb)
    assert (found.patients, found.ages) == ((Population.CHILD,), (3.0,))
    assert found.asked[0].group is G.DOSAGE and found.asked[0].words == ("怎么吃",)
    odds = [section.probability for section in found.sections]
    assert len(odds) == 5 and odds == sorted(odds, reverse=True) and sum(odds) <= 1.0
    assert {channel.name for channel in found.channels} == {
        name for name in ("label", "words", "vectors", "graph") if default_profile().asks(name)
    }


@pytest.mark.parametrize(
    "question", ["布洛芬缓释胶囊的禁忌", "鼻炎吃什么药", "布洛芬和华法林能一起吃吗", "高血压有哪些症状", "哈哈哈"]
)
def test_the_evidence_is_the_one_that_is_retrieved(question: str, kb: KnowledgeBase) -> None:
    plain, told = retrieve(question, kb, k=5).evidence, explain(question, kb, k=5).evidence
    assert [(i.rank, i.score, i.found_by, i.text) for i in plain] == [(r.rank, r.score, r.found_by, r.text) for r in told]
    for reason in told:
        raised = [feature.raised for feature in reason.features]
        assert raised == sorted(raised, reverse=True) and all(r > 0 for r in raised) and len(raised) <= 3
        assert not raised or "label" in reason.found_by


def test_the_features_that_counted_are_those_of_the_ranker(kb: KnowledgeBase) -> None:
    profile = default_profile()
    best = explain("布洛芬缓释胶囊的禁忌", kb, k=3).evidence[0]
    assert best.group is G.CONTRAINDICATIONS and best.features
    weights = profile.ranker.scores(np.eye(len(FEATURES)), "zh")
    assert all(abs(weights[FEATURES.index(feature.name)]) > 0 for feature in best.features)


def test_an_explanation_goes_through_json_and_back(kb: KnowledgeBase) -> None:
    found = MedRAG(kb).explain("孕妇能吃布洛芬缓释胶囊吗", k=4)
    assert len(found.evidence) <= 4
    assert Explanation.model_validate_json(found.model_dump_json()) == found
