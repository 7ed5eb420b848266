from __future__ import annotations

import pytest

from medrag.ingest.readers.record import is_cut, json_fields, language, one_line, row_fields, says_nothing, split_list


def test_a_row_is_one_line_for_each_filled_cell_with_true_spans() -> None:
    text, fields = row_fields({"name": "晨咳", "empty": " ", "症状": " 咳  嗽\r\n胸闷\x00 "})
    assert text == "name: 晨咳\n症状: 咳 嗽 胸闷"
    assert [text[f.start : f.end] for f in fields] == ["name: 晨咳", "症状: 咳 嗽 胸闷"]


def test_the_members_of_an_object_have_true_spans() -> None:
    text = '{"a": ["x", "}\\""] , "b" : {"c": 1},"d":null}'
    fields = json_fields(text)
    assert [(f.name, f.value) for f in fields] == [("a", ["x", '}"']), ("b", {"c": 1}), ("d", None)]
    assert [text[f.start : f.end] for f in fields] == ['"a": ["x", "}\\""]', '"b" : {"c": 1}', '"d":null']


@pytest.mark.parametrize("text", ["[1]", '{"a": }', '{"a"', '{"a": ' + "[" * 100_000])
def test_what_is_no_object_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a JSON object|Expecting|delimiter|nested"):
        json_fields(text)


def test_commas_inside_brackets_separate_nothing() -> None:
    assert split_list("甲（乙,丙），丁、戊 ") == ["甲（乙,丙）", "丁", "戊"]


def test_cut_and_empty_values_are_told() -> None:
    assert is_cut("枸橼酸某...")
    assert is_cut("枸橼酸某…")
    assert not is_cut("pH4.5")
    for value in ("暂无相关资料", "N/A", "无", "-", "用什么药？"):
        assert says_nothing(value), value
    for value in ("无传染性", "咳嗽", "0.5%"):
        assert not says_nothing(value), value


def test_half_surrogates_and_controls_do_not_survive() -> None:
    assert one_line("a\ud800b\x07 c") == "a\ufffdb c"


def test_language_goes_by_the_share_of_han_characters() -> None:
    assert (language("name: fever"), language("product_name: 某某片"), language("ß" * 50 + "片")) == ("en", "zh", "en")
