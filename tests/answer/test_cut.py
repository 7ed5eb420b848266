"""Replies cut into claims: which words, which marks, and the same however the reply arrives."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medrag.answer.reply.cut import ClaimCutter, Piece, cut_claims
from medrag.answer.reply.cut_units import LONGEST_UNIT, UnitKind
from medrag.answer.reply.marks import parse_marks


def cut(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The words and numbers of the pieces of a reply."""
    return [(piece.text, piece.numbers) for piece in cut_claims(text)]


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("本品用于退热[1]。孕妇禁用[2]。", [("本品用于退热。", (1,)), ("孕妇禁用。", (2,))]),
        ("本品用于退热。[1]孕妇禁用。[2]", [("本品用于退热。", (1,)), ("孕妇禁用。", (2,))]),
        ("本品用于退热。[1][2] 孕妇禁用。", [("本品用于退热。", (1, 2)), ("孕妇禁用。", ())]),
        ("本品用于退热。[1]、[3]\n孕妇禁用。", [("本品用于退热。", (1, 3)), ("孕妇禁用。", ())]),
        ("本品用于退热。（参考[1]）孕妇禁用。", [("本品用于退热。", (1,)), ("孕妇禁用。", ())]),
        ("本品用于退热。¹ 孕妇禁用。²", [("本品用于退热。", (1,)), ("孕妇禁用。", (2,))]),
        ("本品用于退热。【1】孕妇禁用。［2］", [("本品用于退热。", (1,)), ("孕妇禁用。", (2,))]),
        ("**本品用于退热。**[1]\n孕妇禁用。", [("本品用于退热。", (1,)), ("孕妇禁用。", ())]),
        ("本品用于退热。\n[1]\n孕妇禁用。", [("本品用于退热。", (1,)), ("孕妇禁用。", ())]),
        ("本品用于退热。\n\n[^1^][^2^]", [("本品用于退热。", (1, 2))]),
        ("Take one tablet [1]. Avoid alcohol.[2] Keep cool.", [
            ("Take one tablet.", (1,)), ("Avoid alcohol.", (2,)), ("Keep cool.", ())]),
        ("Take 0.5 g twice a day, e.g. at 8 a.m. and 8 p.m. [1] Dr. Lee agrees [2].", [
            ("Take 0.5 g twice a day, e.g. at 8 a.m. and 8 p.m.", (1,)), ("Dr. Lee agrees.", (2,))]),
    ],
)  # fmt: skip
def test_marks_behind_a_stop_belong_to_the_sentence_before(reply: str, pieces: list[tuple[str, tuple[int, ...]]]) -> None:
    assert cut(reply) == pieces


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("根据文档1，本品用于退热。", [("本品用于退热。", (1,))]),
        ("根据您提供的文档[1]中的信息，本品用于退热。", [("本品用于退热。", (1,))]),
        ("如文献2所述，孕妇禁用。", [("孕妇禁用。", (2,))]),
        ("文档[1]和[3]指出，孕妇禁用。", [("孕妇禁用。", (1, 3))]),
        ("文档1、2表明孕妇禁用。", [("孕妇禁用。", (1, 2))]),
        ("According to document 2, avoid alcohol.", [("avoid alcohol.", (2,))]),
        ("Source 3 says that children must not take it.", [("children must not take it.", (3,))]),
        ("根据体重[1]，一次10 mg。", [("根据体重，一次10 mg。", (1,))]),
        ("根据文献[1]中提到的不良反应，停药。", [("根据文献中提到的不良反应，停药。", (1,))]),
        ("**中性粒细胞**低于1.5*10^9/L时*停药*[1]。", [("中性粒细胞低于1.5*10^9/L时停药。", (1,))]),
        ("在孕妇中[1]禁用。", [("在孕妇中禁用。", (1,))]),
        ("Avoid alcohol (see [2]).", [("Avoid alcohol.", (2,))]),
        ("[1] 本品用于退热。\n[2] 孕妇禁用。", [("本品用于退热。", (1,)), ("孕妇禁用。", (2,))]),
        ("本品用于退热。\n[2] 孕妇禁用。", [("本品用于退热。", ()), ("孕妇禁用。", (2,))]),
    ],
)  # fmt: skip
def test_marks_that_begin_a_sentence_belong_to_it_and_leave_its_words(
    reply: str, pieces: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert cut(reply) == pieces


@pytest.mark.parametrize(
    "reply",
    [
        "以上信息来源于文档[1]。",
        "以上内容均来自[1]和[3]。",
        "[^1^]: 文档[1]",
        "[1]",
        "（参考文档2）",
        "请注意，这些信息是基于我所学习的文档[1]。",
        "参考文档：[1]",
    ],
)
def test_a_line_that_only_cites_has_marks_and_no_words(reply: str) -> None:
    (piece,) = cut_claims(reply)
    assert piece.text == ""
    assert piece.marks


def test_a_mark_for_a_whole_paragraph_does_not_reach_back_over_its_sentences() -> None:
    assert cut("本品用于退热。孕妇禁用。\n以上信息来源于文档[1]。")[:2] == [("本品用于退热。", ()), ("孕妇禁用。", ())]


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("成人一次1片[1]；儿童一次半片[2]。", [("成人一次1片", (1,)), ("儿童一次半片。", (2,))]),
        ("成人一次1片[1]；儿童一次半片。", [("成人一次1片", (1,)), ("儿童一次半片。", ())]),
        ("成人一次1片；儿童一次半片[1]。", [("成人一次1片；儿童一次半片。", (1,))]),
        ("甲药可缓解轻度头痛[1]，乙药可治疗中度胃痛[2]。", [("甲药可缓解轻度头痛", (1,)), ("乙药可治疗中度胃痛。", (2,))]),
        ("It treats mild pain in adults [1], and it lowers high fever in children [2].", [
            ("It treats mild pain in adults", (1,)), ("and it lowers high fever in children.", (2,))]),
        # What follows the last mark would be left without one, or a clause says too little: the marks hold for the whole.
        ("甲药缓释片[1]，用于轻中度头痛。", [("甲药缓释片，用于轻中度头痛。", (1,))]),
        ("常见头痛[1]，恶心[2]，皮疹[3]。", [("常见头痛，恶心，皮疹。", (1, 2, 3))]),
        ("甲药（成人一次1片[1]；儿童一次半片[2]）用于退热。", [("甲药（成人一次1片；儿童一次半片）用于退热。", (1, 2))]),
    ],
)  # fmt: skip
def test_a_sentence_falls_into_clauses_only_where_each_has_its_marks(
    reply: str, pieces: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert cut(reply) == pieces


def test_items_without_marks_have_those_of_the_line_that_leads_them_in() -> None:
    pieces = cut_claims("不良反应如下[1]：\n- 头痛\n- 恶心[2]\n  - 多见于儿童\n\n请遵医嘱。")
    assert [(p.text, p.numbers, p.kind) for p in pieces[1:]] == [
        ("头痛", (1,), UnitKind.ITEM),
        ("恶心", (2,), UnitKind.ITEM),
        ("多见于儿童", (1,), UnitKind.ITEM),
        ("请遵医嘱。", (), UnitKind.SENTENCE),
    ]
    assert {p.lead for p in pieces[1:4]} == {"不良反应如下："}
    assert pieces[1].statement == "不良反应如下：头痛"
    assert pieces[-1].statement == "请遵医嘱。"
    assert cut_claims("Common effects:\n* headache\n")[1].statement == "Common effects: headache"


def test_an_item_that_leads_in_deeper_ones_gives_them_its_marks_until_the_list_goes_back() -> None:
    pieces = cut_claims("用法：\n1. 成人[1]：\n   - 一次2片\n   - 一日2次\n2. 儿童：\n   - 一次1片\n")
    assert [(p.text, p.numbers, p.lead) for p in pieces] == [
        ("用法：", (), ""),
        ("成人：", (1,), "用法："),
        ("一次2片", (1,), "成人："),
        ("一日2次", (1,), "成人："),
        ("儿童：", (), "用法："),
        ("一次1片", (), "儿童："),
    ]


def test_a_table_falls_into_rows_that_know_its_first_row() -> None:
    reply = "| 年龄 | 用量 |\n|---|:--|\n| 成人 | **2片** [1] |\n| 儿童 | 1片 |\n"
    assert [(p.text, p.numbers, p.kind, p.lead) for p in cut_claims(reply)] == [
        ("年龄 | 用量", (), UnitKind.HEADING, ""),
        ("成人 | 2片", (1,), UnitKind.ROW, "年龄 | 用量"),
        ("儿童 | 1片", (), UnitKind.ROW, "年龄 | 用量"),
    ]


def test_markup_is_no_claim_and_what_stands_in_a_fence_is_one() -> None:
    reply = "## 用法\n\n---\n**用量**\n```text\n一次1片[1]\n```\n> 饭后服用[2]\n\n***\n"
    assert [(p.text, p.numbers, p.kind) for p in cut_claims(reply)] == [
        ("用法", (), UnitKind.HEADING),
        ("用量", (), UnitKind.HEADING),
        ("一次1片", (1,), UnitKind.SENTENCE),
        ("饭后服用", (2,), UnitKind.SENTENCE),
    ]


def test_numbers_of_a_list_are_no_words_of_its_items() -> None:
    reply = "1. 头痛[1]\n2、恶心\n(3) 皮疹\n（4）发热。5岁以下禁用\n①咳嗽\n2.5 mg 一次"
    assert [p.text for p in cut_claims(reply)] == ["头痛", "恶心", "皮疹", "发热。", "5岁以下禁用", "咳嗽", "2.5 mg 一次"]


def test_numbers_of_a_list_within_a_line_are_no_words_either_but_amounts_are() -> None:
    reply = "孕妇禁用[1]；2.儿童慎用[1]；3、老人减量。（4）2.5 mg 一次。每日最多：4. 不得超过。"
    assert [p.text for p in cut_claims(reply)] == [
        "孕妇禁用；",
        "儿童慎用；",
        "老人减量。",
        "2.5 mg 一次。",
        "每日最多：4.",
        "不得超过。",
    ]


def test_a_wrapped_line_is_one_sentence() -> None:
    reply = "The tablets must be swallowed whole with a glass of\nwater and must not be chewed [1].\nStore below 25 °C.\n"
    assert [p.numbers for p in cut_claims(reply)] == [(1,), ()]


def test_a_link_and_a_dose_behind_a_sentence_are_no_marks_of_it() -> None:
    assert cut("用法见说明书。[1](https://example.org/a) 孕妇禁用。")[0] == ("用法见说明书。", ())
    assert cut("Give one dose. [5] mg is enough.")[0] == ("Give one dose.", ())


def test_spans_are_exact() -> None:
    reply = "  - 𠀀病可用[1]。[2]\n\n**孕妇**禁用（见[3]）！\n"
    pieces = cut_claims(reply)
    assert [reply[p.start : p.end] for p in pieces] == ["𠀀病可用[1]。", "**孕妇**禁用（见[3]）！"]
    assert reply[pieces[0].start : pieces[0].stop] == "𠀀病可用[1]。[2]"
    for piece in pieces:
        assert all(reply[mark.start : mark.end] == mark.text for mark in piece.marks)


def test_a_reply_that_never_stops_is_cut_all_the_same() -> None:
    pieces = cut_claims("嗯" * (3 * LONGEST_UNIT + 7))
    assert [p.end - p.start for p in pieces] == [LONGEST_UNIT] * 3 + [7]


def streamed(reply: str, places: list[int], style: str = "[{}]") -> list[Piece]:
    cutter = ClaimCutter(style=style)
    pieces: list[Piece] = []
    ends = [*sorted(place % (len(reply) + 1) for place in places), len(reply)]
    for start, end in pairwise([0, *ends]):
        pieces += cutter.feed(reply[start:end])
    return [*pieces, *cutter.finish()]


PARTS = st.sampled_from(
    "头痛 恶心 成人一次1片 孕妇禁用 根据文档1， 文献2 如下： 以上 e.g. Dr. 0.5 1. 2、 (1) （2） ① a.m. Take one tablet the water mg mg/L "
    "[1] [2] [1,2] [1-3] [^1^] [^2] [No.1] 【1】 ［１］ 〔1〕 ⟦#1⟧ [ ] [[1]] \\[1\\] [1](http://a.cn) [1](b) [5] <sup>1</sup> ² ³ m² "
    '（参考[1]） (see [2]) ( ) （ ） ； ; ， , 、 。 ！ ? . ... : ： - * ** _ ` ``` | |--|--| --- # ## > ” " 和 与 % ° U A 7'.split()
)
REPLIES = st.lists(st.one_of(PARTS, st.sampled_from([" ", "\n", "\n\n", "  ", "\t"])), max_size=40).map("".join)


@settings(max_examples=300, deadline=None)
@given(REPLIES, st.lists(st.integers(0, 400), max_size=12), st.sampled_from(["[{}]", "〔{}〕", "⟦{}⟧"]))
def test_a_stream_is_cut_as_the_whole_however_it_is_split(reply: str, places: list[int], style: str) -> None:
    assert streamed(reply, places, style) == cut_claims(reply, style=style)


@settings(max_examples=20000, deadline=None)
@given(REPLIES)
@example("头痛\n[1]；[1]")
@example("头痛\n[1]\n%")
@example("头痛...[1](\n#")
@example("头痛 1.\t-候")
def test_a_stream_of_single_characters_is_cut_as_the_whole(reply: str) -> None:
    assert streamed(reply, list(range(len(reply)))) == cut_claims(reply)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="头 a1.[]^()（）。；\n*|-²文档", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_a_stream_of_any_characters_is_cut_as_the_whole(reply: str, places: list[int]) -> None:
    assert streamed(reply, places) == cut_claims(reply)


@settings(max_examples=300, deadline=None)
@given(REPLIES)
def test_no_letter_of_a_reply_is_lost_and_no_two_pieces_overlap(reply: str) -> None:
    pieces = cut_claims(reply)
    spans = [(p.start, p.end, p.stop) for p in pieces]
    assert all(start < end <= stop for start, end, stop in spans)
    assert all(before[2] <= after[0] for before, after in pairwise(spans))
    covered = {at for start, _, stop in spans for at in range(start, stop)}
    assert not [at for at, one in enumerate(reply) if "\u4e00" <= one <= "\u9fff" and at not in covered]


@pytest.mark.parametrize(
    ("reply", "known_after"),
    [
        ("本品用于退热。孕妇禁用。", "本品用于退热。孕"),
        ("本品用于退热[1]。孕妇禁用。", "本品用于退热[1]。孕"),
        ("本品用于退热。[1]孕妇禁用。", "本品用于退热。[1]孕"),
        ("本品用于退热。\n孕妇禁用。", "本品用于退热。\n孕"),
        ("- 头痛[1]\n- 恶心", "- 头痛[1]\n-"),
        ("Avoid alcohol. Keep cool.", "Avoid alcohol. K"),
        ("Avoid alcohol.[1] The tablets", "Avoid alcohol.[1] The "),  # [1] The is no unit
    ],
)
def test_a_claim_is_given_out_as_soon_as_its_end_is_certain(reply: str, known_after: str) -> None:
    cutter = ClaimCutter()
    seen = ""
    for character in reply:
        seen += character
        if cutter.feed(character):
            break
    assert seen == known_after


def test_the_marks_of_the_pieces_are_those_of_the_whole_reply() -> None:
    reply = "根据文档1，可用[2]。\n- 头痛[^3^]；恶心[4]。[5]\n[6]\n| 甲 | 乙[7] |\n"
    found = [mark for piece in cut_claims(reply) for mark in piece.marks]
    assert found == parse_marks(reply)


def test_a_flood_of_anything_is_cut_in_little_time() -> None:
    for part in ("[1" + " " * 50_000, "." * 20_000, "a. " * 10_000, "；1" * 10_000, "[No." * 10_000, "文档1、" + " " * 50_000):
        started = perf_counter()
        cut_claims(part)
        parse_marks(part)
        assert perf_counter() - started < 20  # what tries every split of the blanks takes minutes
