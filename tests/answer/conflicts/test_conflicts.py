"""Conflicts between labels of one medicine: what is one, what is none, and where it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.answer.conflicts.find import conflicts_between
from medrag.answer.conflicts.positions import Topic
from medrag.answer.conflicts.report import all_conflicts, conflicts_of
from medrag.answer.engine import MedRAG
from medrag.cli.app import run
from medrag.kb.base import KnowledgeBase
from medrag.types import Document, NoticeKind
from tests.making import label

BASE = {
    "【适应症】": "用于高血压。",
    "【规格】": "每片20mg。",
    "【用法用量】": "口服。成人一次20mg，一日2次。每日最大剂量为80mg。",
    "【禁忌】": "1.对本品过敏者禁用。\n2.严重肝功能不全者禁用。",
    "【孕妇及哺乳期妇女用药】": "孕妇禁用。哺乳期妇女慎用。",
    "【儿童用药】": "12岁以下儿童不推荐使用。",
}


def labels(**changed: str) -> tuple[Document, Document]:
    """The base label, and another maker's with some sections in other words."""
    other = {**BASE, **{f"【{heading}】": body for heading, body in changed.items()}}
    return label("安平片", BASE, key="A", maker="甲药业").document, label("安平片", other, key="B", maker="乙药业").document


@pytest.mark.parametrize(
    ("changed", "topic"),
    [
        ({"用法用量": "口服。成人一次40mg，一日2次。每日最大剂量为80mg。"}, Topic.DOSE),
        ({"用法用量": "口服。成人一次20mg，一日3次。每日最大剂量为80mg。"}, Topic.DOSE),
        ({"用法用量": "口服。成人一次20mg，一日2次。24小时内不得超过120mg。"}, Topic.MAXIMUM),
        ({"禁忌": "对本品过敏者禁用。严重肝功能不全者慎用。"}, Topic.CONTRAINDICATION),
        ({"孕妇及哺乳期妇女用药": "妊娠期妇女应慎用本品。哺乳期妇女慎用。"}, Topic.PREGNANCY),
        ({"儿童用药": "6岁以下小儿禁用。"}, Topic.AGE),
        ({"儿童用药": "18岁以下儿童不推荐使用。"}, Topic.AGE),
        ({"孕妇及哺乳期妇女用药": "1.孕妇可以使用。哺乳期妇女慎用。"}, Topic.PREGNANCY),
    ],
)
def test_a_contradiction_is_found_with_the_words_of_both(changed: dict[str, str], topic: Topic) -> None:
    one, other = labels(**changed)
    (conflict,) = conflicts_between(one, other)
    assert conflict.topic is topic and conflict.said
    for document, source in ((one, conflict.one), (other, conflict.other)):
        assert document.text[source.start : source.end] == source.quote
        assert source.document.maker == document.maker


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"用法用量": "口服，成人每次0.02g，每天两次。每日最大剂量为80mg。"},
        {"禁忌": "严重肝功能不全者不得使用。对本品过敏者禁用。活动性出血者禁用。"},
        {"孕妇及哺乳期妇女用药": "妊娠期妇女禁用。"},
        {"儿童用药": "12岁以下儿童不建议使用。"},
        {"孕妇及哺乳期妇女用药": "孕妇仅在医师权衡利弊后可使用，否则禁用。哺乳期妇女慎用。"},
        {"规格": "每片10mg。", "用法用量": "口服。成人一次2片（20mg），一日2次。每日最大剂量为80mg。"},
    ],
)
def test_other_words_more_words_and_other_strengths_are_no_contradiction(changed: dict[str, str]) -> None:
    assert conflicts_between(*labels(**changed)) == []


def test_a_short_sentence_in_which_only_the_number_differs_contradicts() -> None:
    def one(pieces: str, key: str) -> Document:
        return label("安平片", {"【规格】": "每片20mg。", "【用法用量】": f"口服，一次{pieces}片，一日2次。"}, key=key).document

    assert [conflict.topic for conflict in conflicts_between(one("4", "A"), one("12", "B"))] == [Topic.DOSE]


@pytest.mark.parametrize(
    ("words", "disagree"),
    [
        ("孕妇可以使用。", True),
        ("孕妇是否可以使用尚不明确。", False),
        ("孕妇在医师指导下可使用。", True),
        ("孕妇可使用，但须权衡利弊。", False),
        ("孕妇不可使用。", False),
    ],
)
def test_leave_to_take_it_contradicts_a_ban_and_what_is_not_known_does_not(words: str, disagree: bool) -> None:
    assert bool(conflicts_between(*labels(孕妇及哺乳期妇女用药=words + "哺乳期妇女慎用。"))) is disagree


def test_pieces_of_one_strength_contradict_and_of_two_do_not() -> None:
    def one(pieces: str, strength: str, key: str) -> Document:
        sections = {"【规格】": f"每片{strength}。", "【用法用量】": f"口服，成人一次{pieces}片，一日两次，饭后服用。"}
        return label("安平片", sections, key=key).document

    assert conflicts_between(one("1", "20mg", "A"), one("2", "10mg", "B")) == []
    assert len(conflicts_between(one("1", "20mg", "A"), one("2", "20mg", "B"))) == 1


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    other = {**BASE, "【禁忌】": "1.对本品过敏者禁用。\n2.严重肝功能不全者慎用。"}
    kb = KnowledgeBase.create(tmp_path / "two.kb")
    with kb.write() as writer:
        writer.add(label("安平片", BASE, key="A", maker="甲药业"))
        writer.add(label("安平片", other, key="B", maker="乙药业"))
        writer.add(label("安平胶囊", {**BASE, "【禁忌】": "尚不明确。"}, key="C"))
    return kb


def test_an_answer_says_that_labels_disagree_on_what_is_asked_and_only_then(kb: KnowledgeBase) -> None:
    medrag = MedRAG(kb)
    (notice,) = (n for n in medrag.ask("安平片有什么禁忌？").notices if n.kind is NoticeKind.CONFLICT)
    assert "甲药业" in notice.text and "乙药业" in notice.text and "慎用" in notice.text
    assert not [n for n in medrag.ask("安平片怎么吃？").notices if n.kind is NoticeKind.CONFLICT]


def test_the_report_and_the_command_name_both_places(kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]) -> None:
    assert [name for name, _ in all_conflicts(kb)] == ["安平片"] == [name for name, _ in conflicts_of("安平片", kb)]
    kb.close()
    for arguments in (["conflicts"], ["conflicts", "安平片"]):
        assert run([*arguments, "--kb", str(kb.path)]) == 0
        printed = capsys.readouterr().out
        assert "labels:A · 甲药业" in printed and "“2.严重肝功能不全者慎用。”" in printed and printed.endswith("1 conflict\n")
