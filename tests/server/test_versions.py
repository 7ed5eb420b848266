"""Comparing two versions: by hand, and that the pieces make up both texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medrag.server.versions import Change, Comparison, compared
from medrag.types import Document
from tests.making import label


def document(**sections: str) -> Document:
    return label("宁神素片", sections, key="N1").document


def changes(found: Comparison) -> list[tuple[str, str]]:
    return [(section.heading, section.change.value) for section in found.sections]


def test_the_same_document_has_no_changes() -> None:
    one = document(适应症="用于失眠。", 禁忌="孕妇禁用。")
    found = compared(one, one)
    assert found.changed == 0
    assert changes(found) == [("适应症", "same"), ("禁忌", "same")]


def test_a_changed_sentence_is_shown_between_those_that_stayed() -> None:
    found = compared(document(用法用量="口服。每晚一次。饭后服。"), document(用法用量="口服。每晚两次。饭后服。"))
    (section,) = found.sections
    assert [(piece.change.value, piece.text) for piece in section.pieces] == [
        ("same", "口服。"),
        ("removed", "每晚一次。"),
        ("added", "每晚两次。"),
        ("same", "饭后服。"),
    ]


def test_a_section_says_in_words_what_a_reader_must_know() -> None:
    found = compared(document(用法用量="一日不超过4g。", 规格="2g。"), document(用法用量="一日不超过2g。", 规格="3片。"))
    assert [section.said for section in found.sections] == [("剂量降低：不超过4g → 不超过2g",), ()]


def test_sections_come_go_and_move() -> None:
    found = compared(document(适应症="甲。", 禁忌="乙。", 贮藏="丙。"), document(禁忌="乙。", 适应症="丁。", 规格="戊。"))
    assert sorted(changes(found)) == sorted([("适应症", "changed"), ("禁忌", "same"), ("贮藏", "removed"), ("规格", "added")])
    assert found.changed == 3


def test_headings_that_repeat_are_paired_in_order() -> None:
    one = label("甲片", {"【禁忌】": "一。", "【禁忌】 ": "二。"}, key="N1").document
    other = label("甲片", {"【禁忌】": "一。", "【禁忌】 ": "三。"}, key="N1").document
    assert [section.change.value for section in compared(one, other).sections] == ["same", "changed"]


BODIES = st.lists(st.sampled_from(["口服。", "每晚一次。\n", "Take one. ", "孕妇禁用", "\n", "1.5 mg."]), max_size=8).map(
    "".join
)


@given(
    st.dictionaries(st.sampled_from("甲乙丙丁"), BODIES, max_size=4),
    st.dictionaries(st.sampled_from("甲乙丙丁"), BODIES, max_size=4),
)
def test_the_pieces_make_up_both_texts(before: dict[str, str], after: dict[str, str]) -> None:
    old, new = document(**before), document(**after)
    found = compared(old, new)
    for side, gone in ((old, Change.ADDED), (new, Change.REMOVED)):
        bodies = sorted(side.text[section.start : section.end] for section in side.sections)
        made = ["".join(p.text for p in s.pieces if p.change is not gone) for s in found.sections if s.change is not gone]
        assert sorted(made) == bodies
