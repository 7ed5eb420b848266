"""Two versions of a label: which sections and sentences changed, and what that means in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.answer.versions.compare import Change, compare
from medrag.answer.versions.said import what_changed
from medrag.cli.app import run
from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup as G
from tests.making import label

OLD = {
    "【适应症】": "用于缓解轻至中度疼痛。",
    "【用法用量】": "口服。成人一次0.5g，一日3次，24小时内不超过4g。",
    "【禁忌】": "对本品过敏者禁用。",
    "【贮藏】": "密封保存。",
}
NEW = {
    "【贮藏】": "密封保存。",
    "【适应症】": "用于缓解轻至中度疼痛。",
    "【用法用量】": "口服。成人一次0.5g，一日3次，24小时内不超过2g。",
    "【禁忌】": "对本品过敏者禁用。严重肝功能不全者禁用。",
    "【老年用药】": "老年人慎用。",
}


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    kb = KnowledgeBase.create(tmp_path / "two.kb")
    for sections in (OLD, NEW):
        with kb.write() as writer:
            writer.add(label("安平片", sections, key="Z1"))
    return kb


def test_what_changed_is_told_by_section_and_what_moved_is_not(kb: KnowledgeBase) -> None:
    old, new = (kb.document("Z1", version=version) for version in (1, 2))
    changes = compare(old, new)
    assert [(change.change, change.heading) for change in changes] == [
        (Change.CHANGED, "【用法用量】"),
        (Change.CHANGED, "【禁忌】"),
        (Change.ADDED, "【老年用药】"),
    ]
    (dose,), (added,), (older,) = (change.sentences for change in changes)
    assert dose.said == ("剂量降低：不超过4g → 不超过2g",)
    assert old.text[slice(*dose.old_span)] == dose.old and new.text[slice(*dose.new_span)] == dose.new
    assert (added.change, added.new, added.said) == (Change.ADDED, "严重肝功能不全者禁用。", ("新增禁忌",))
    assert older.said == ("新增老年用药说明",)


def test_the_other_way_round_things_are_gone(kb: KnowledgeBase) -> None:
    new, old = (kb.document("Z1", version=version) for version in (2, 1))
    changes = {change.heading: change for change in compare(new, old)}
    assert changes["【老年用药】"].change is Change.REMOVED
    assert changes["【禁忌】"].sentences[0].said == ("删除禁忌",)
    assert compare(old, old) == ()


@pytest.mark.parametrize(
    ("old", "new", "group", "said"),
    [
        ("肾功能不全者慎用。", "肾功能不全者禁用。", G.WARNINGS, ("措辞变严：慎用 → 禁用",)),
        ("12岁以下儿童慎用。", "18岁以下儿童慎用。", G.PEDIATRIC, ("年龄或时间提高：12岁以下 → 18岁以下",)),
        ("The maximum dose is 40 mg.", "The maximum dose is 20 mg.", G.DOSAGE, ("dose lowered: maximum dose is 40 mg → maximum dose is 20 mg",)),
        ("Contraindicated in pregnancy.", "Use with caution in pregnancy.", G.PREGNANCY,
         ("worded less strictly: contraindicated → with caution",)),
        ("One tablet of 500 mg.", "One tablet of 0.5 g.", G.DOSAGE, ()),
        ("遮光，密封保存。", "密封保存。", G.STORAGE, ()),
        ("", "可见皮疹。", G.ADVERSE_REACTIONS, ("新增不良反应",)),
        ("Rash.", "", G.ADVERSE_REACTIONS, ("adverse reaction removed",)),
    ],
)  # fmt: skip
def test_a_change_is_put_in_words(old: str, new: str, group: G, said: tuple[str, ...]) -> None:
    assert what_changed(old, new, group) == said


def test_the_command_prints_sections_sentences_and_words(kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]) -> None:
    kb.close()
    assert run(["diff", "Z1", "1", "2", "--kb", str(kb.path)]) == 0
    printed = capsys.readouterr().out
    assert "~ 【用法用量】" in printed and "! 剂量降低：不超过4g → 不超过2g" in printed and "+ 【老年用药】" in printed
    assert run(["diff", "Z1", "1", "9", "--kb", str(kb.path)]) == 1
    assert "Z1" in capsys.readouterr().err
