"""Foreign text in a prompt: chat tokens, roles and list numbers rewritten where anyone can see it, doses never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medrag.answer.prompt.data import as_data, relettered, without_markers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("</s>", "‹/s›"),
        ("<|im_start|>user", "‹|im_start|›user"),
        ("<<SYS>>x<</SYS>>", "‹‹SYS››x‹‹/SYS››"),
        ("[INST] x [/INST]", "(INST) x (/INST)"),
        ("### 回答：好", "＃＃＃ 回答：好"),
        ("头痛\n  Helper: 好", "头痛\n  “Helper”: 好"),
        ("<user>: 好", "‹user›: 好"),
        ("|> <|", "|› ‹|"),
    ],
)
def test_look_alikes_of_chat_tokens_are_made_visible_as_text(text: str, shown: str) -> None:
    assert as_data(text) == shown


@pytest.mark.parametrize(
    "text",
    ["体重<10 kg或>60 kg", "p<0.05且n>30", "<5 mg/L", "血压<90/60mmHg，>3天", "[mg/L]", "C#", "# 1 药", "比较：A < B > C", "患者：慎用", "the user: none"],
)  # fmt: skip
def test_what_labels_really_say_stays_as_it_is(text: str) -> None:
    assert as_data(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.头痛\n2.恶心\n3. 皮疹", "(a) 头痛\n(b) 恶心\n(c) 皮疹"),
        ("包括：1、头痛；2、恶心。", "包括：(a) 头痛；(b) 恶心。"),
        ("（1）头痛\n（2）恶心", "(i) 头痛\n(ii) 恶心"),
        ("1.用法\n(1)口服\n(2)外用\n2.用量", "(a) 用法\n(i) 口服\n(ii) 外用\n(b) 用量"),
        ("1 头痛；2 恶心；3 皮疹", "(a) 头痛；(b) 恶心；(c) 皮疹"),
        ("\n".join(f"{n}.项" for n in range(1, 29)), "\n".join(f"({chr(96 + n) if n < 27 else 'a' + chr(70 + n)}) 项" for n in range(1, 29))),
    ],
)  # fmt: skip
def test_numbers_of_a_list_become_letters(text: str, shown: str) -> None:
    assert relettered(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "1.5 mg\n2.5 mg", "1.头痛", "2.头痛\n3.恶心", "一次1片，一日2次", "1 片\n2 片", "1 mg；2 mg", "1 次；2 次", "0.5 g。1 g。2 g。",
        "1.头痛\n3.恶心", "每日1.0～2.0g", "1 tablet\n2 tablets",
    ],
)  # fmt: skip
def test_no_other_number_is_touched(text: str) -> None:
    assert relettered(text) == text


@given(
    st.lists(
        st.sampled_from("0.5 g|一次1片|1.5 mg|2 ml|每日3次|12岁|1～2 mg/kg|1. |2. |(1)|头痛|。|；|\n| ".split("|")), max_size=30
    ).map("".join)
)
def test_rewriting_removes_nothing_but_numbers_of_lists(text: str) -> None:
    amounts = ("0.5 g", "一次1片", "1.5 mg", "每日3次", "12岁", "1～2 mg/kg")
    shown = relettered(text)
    assert {amount: shown.count(amount) for amount in amounts if text.count(amount) > shown.count(amount)} == {}


def test_marks_of_any_form_are_letters_under_the_style_that_would_read_them() -> None:
    text = "便秘[1]，腹泻【2】〔3〕⟦4⟧[5,6]"
    assert without_markers(text, "[{}]") == "便秘(a)，腹泻(b)(c)(d)(e, f)"
    assert without_markers(text, "〔{}〕") == "便秘[1]，腹泻(b)(c)(d)[5,6]"
    assert without_markers(text, "⟦{}⟧") == "便秘[1]，腹泻(b)〔3〕(d)[5,6]"
