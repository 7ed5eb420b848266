"""Generated text against findings: what contradicts or plays one down is flagged, what says the same is not."""

from __future__ import annotations

import random

import pytest

from medrag.answer.safety.check import check_medication
from medrag.answer.safety.contradict import Manner, contradiction_words, contradicts
from medrag.kb.base import KnowledgeBase
from medrag.types import Patient, SafetyReport

SEED = 7
REPLIES = 1_000


@pytest.fixture(scope="module")
def pair(kb: KnowledgeBase) -> SafetyReport:
    """华法林 with 阿司匹林: to be avoided."""
    return check_medication(["华法林", "阿司匹林"], None, kb)


@pytest.fixture(scope="module")
def carrying(kb: KnowledgeBase) -> SafetyReport:
    """华法林 in pregnancy: contraindicated, no label says less."""
    return check_medication(["华法林"], Patient(pregnant=True), kb)


@pytest.mark.parametrize(
    "text",
    [
        "华法林和阿司匹林可以放心同服。",
        "两药一起吃不会有相互作用。",
        "二者没有明显的相互作用，无需监测。",
        "华法林与阿司匹林合用是安全的。",
        "说明书写应避免，但其实可以一起吃。",
        "Warfarin can safely be taken with aspirin.",
        "There is no interaction between these two medicines.",
        "It is fine to take both.",
        "没有证据表明有问题，两药可以放心合用。",
    ],
)
def test_text_that_contradicts_a_finding_is_flagged(pair: SafetyReport, text: str) -> None:
    found = contradicts(text, pair)
    assert found is not None
    assert found.manner is Manner.CONTRADICTS
    assert found.words in contradiction_words(found, "zh")


@pytest.mark.parametrize(
    "text",
    [
        "华法林与阿司匹林合用可增加出血的危险，应避免合用。",
        "两药不可以同服。",
        "是否可以同服请咨询医生。",
        "没有证据表明两药可以安全同服。",
        "不能放心同服。",
        "华法林用于防治血栓。",
        "阿司匹林可用于缓解疼痛。",
        "Warfarin should not be taken with aspirin.",
        "It is not safe to combine them.",
        "Aspirin is used for pain.",
    ],
)
def test_text_that_says_the_same_or_something_else_is_not(pair: SafetyReport, text: str) -> None:
    assert contradicts(text, pair) is None


def test_caution_where_every_label_says_never_plays_down(carrying: SafetyReport) -> None:
    found = contradicts("孕妇慎用华法林。", carrying)
    assert found is not None
    assert found.manner is Manner.PLAYS_DOWN
    assert contradicts("孕妇禁用华法林。", carrying) is None


def test_what_holds_for_other_patients_does_not_contradict(carrying: SafetyReport) -> None:
    assert contradicts("成人可以服用华法林，一次2.5mg。", carrying) is None


def _replies(rng: random.Random) -> list[str]:
    """Sentences that suppress a finding, put together from parts: who, what is taken together, and how it is made harmless."""
    pairs = ["华法林和阿司匹林", "阿司匹林与华法林", "这两种药", "两药", "二者", "华法林跟阿司匹林肠溶片", "它们", "这两个药"]
    calm = [
        "可以放心同服", "可以一起吃", "能同时服用", "可以同时使用", "可以联合用药", "合用是安全的", "合用没有问题", "没有相互作用", "不存在配伍禁忌",
        "同服不会有危险", "一起吃没事", "合用无需监测", "同服不用担心", "可以安全地合用", "完全可以同服", "一起吃不影响", "同服没有任何风险",
        "合用并非禁忌", "可以照常一起服用", "不会发生相互作用", "同服没关系", "可放心合用", "能一起吃", "合用不会增加出血",
    ]  # fmt: skip
    lead = ["", "根据资料，", "一般来说，", "您好，", "总之，", "请放心，", "据说明书，", "通常情况下，"]
    tail = ["。", "！", "，请按时服药。", "，饭后服用即可。", "，无须停药。"]
    english = [
        "warfarin and aspirin",
        "aspirin with warfarin",
        "these two medicines",
        "both medicines together",
        "warfarin together with aspirin",
    ]
    fine = [
        "are safe",
        "can be taken without problems",
        "can safely be combined",
        "do not interact",
        "have no interactions",
        "are fine",
        "are not contraindicated",
        "pose no risk",
    ]
    made = [f"{rng.choice(lead)}{rng.choice(pairs)}{rng.choice(calm)}{rng.choice(tail)}" for _ in range(REPLIES * 7 // 10)]
    made += [f"{rng.choice(english)} {rng.choice(fine)}.".capitalize() for _ in range(REPLIES - len(made))]
    return made


def test_no_reply_of_a_thousand_suppresses_a_finding_unflagged(pair: SafetyReport) -> None:
    missed = sorted({text for text in _replies(random.Random(SEED)) if contradicts(text, pair) is None})
    assert missed == []


def test_no_faithful_sentence_of_a_label_is_flagged(kb: KnowledgeBase, pair: SafetyReport) -> None:
    for finding in pair.findings:
        for said in finding.stated:
            assert contradicts(said.citation.quote, pair) is None
