"""JSON as other makers write it: streamed record by record, and a broken record costs only itself."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest

from medrag.ingest import json_text
from medrag.ingest.json_text import Bad, items, leading_keys, load_json, members


def values(text: str, prefix: str = "item") -> list[Any]:
    return ["bad" if isinstance(value, Bad) else value for _, value in items(io.StringIO(text), prefix)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[{"a": 1}, {"b": oops}, {"c": 3}]', [{"a": 1}, "bad", {"c": 3}]),
        ('[{"a": 1}, {"b": "open", {"c": 3}, {"d": 4}]', [{"a": 1}, "bad", {"c": 3}, {"d": 4}]),
        ('[\n {"a": 1},\n {"b": "open},\n {"c": 3}\n]', [{"a": 1}, "bad", {"c": 3}]),
        ('[{"a": 1}, {"b": 2}, {"c"', [{"a": 1}, {"b": 2}, "bad"]),
        ('[{"a": 1}, ' + "[" * 5000 + "]" * 5000 + ', {"b": 2}]', [{"a": 1}, "bad", {"b": 2}]),
        ('[{"a": ' + "9" * 6000 + '}, {"b": 2}]', ["bad", {"b": 2}]),
        ('[{"a": 1},, {"b": 2} {"c": 3},]', [{"a": 1}, {"b": 2}, {"c": 3}]),
        ('[{"a": "one\ntwo\tthree"}]', [{"a": "one\ntwo\tthree"}]),
        ('[{"a": "\\ud83d!"}, {"\\udc00": 1}]', [{"a": "\ufffd!"}, {"\ufffd": 1}]),
        ('[-Infinity, {"a": 1}]', [float("-inf"), {"a": 1}]),
        ("[", ["bad"]),
        ("", ["bad"]),
        ("[]", []),
    ],
)
def test_a_broken_record_costs_only_itself(text: str, found: list[Any]) -> None:
    assert values(text) == found


def test_what_is_wrong_is_said_with_its_pointer() -> None:
    text = '{"meta": {"x": "]}"}, "results": [{"a": 1}, {"b": oops}, {"c": 3}]}'
    found = list(items(io.StringIO(text), "results.item"))
    assert found[1] == ("/results/1", Bad("/results/1", "not valid JSON: Expecting value"))
    (_, fault), *_ = items(io.StringIO('{"meta": 1}'), "results.item")
    assert fault.reason == "not valid JSON from here on: there is no key 'results'"
    cut = list(items(io.StringIO('[1, {"a": "b')))
    assert cut[1][1].reason == "not valid JSON from here on: the file ends in the middle of it"


def test_values_are_the_same_wherever_the_stream_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)

    def value(depth: int = 0) -> Any:
        if depth > 3 or chance.random() < 0.4:
            return chance.choice([1, -2.5e10, True, None, 'a"\\b[{', "示例😀", "]},", "\\"])
        if chance.random() < 0.5:
            return [value(depth + 1) for _ in range(chance.randint(0, 4))]
        return {f'{number}"]': value(depth + 1) for number in range(chance.randint(0, 4))}

    for chunk in (1, 2, 7, 64):
        monkeypatch.setattr(json_text, "_CHUNK", chunk)
        for _ in range(60):
            wanted = [value() for _ in range(4)]
            ascii_only = chance.random() < 0.5
            assert values(json.dumps(wanted, ensure_ascii=ascii_only, indent=chance.choice([None, 1]))) == wanted
            assert values(json.dumps({"meta": value(), "results": wanted}), "results.item") == wanted
            assert values("\n".join(json.dumps(one) for one in wanted), "") == wanted


def test_a_value_longer_than_a_record_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_RECORD_CHARS", 1000)
    monkeypatch.setattr(json_text, "_CHUNK", 100)
    assert values('[{"a": 1}, {"b": "' + 'x\\"' * 5000 + '"}, {"c": 3}]') == [{"a": 1}, "bad", {"c": 3}]


def test_the_members_of_an_object_are_streamed_too() -> None:
    found = list(members(io.StringIO('{"a": {"x": 1}, "b": oops, "c": 3}')))
    assert [(key, isinstance(value, Bad)) for key, value in found] == [("a", False), ("b", True), ("c", False)]


def test_a_line_that_is_nested_too_deep_is_a_fault_and_no_recursion() -> None:
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        load_json("[" * 900 + "]" * 900)
    with pytest.raises(ValueError, match=r"Expecting value \(character 2\)"):
        load_json("[oops]")


def test_the_keys_of_an_object_that_is_cut_off_are_seen() -> None:
    assert {key: value for key, (value, _) in leading_keys('{"a": [1, 2], "b": {"c": "cut').items()} == {"a": [1, 2], "b": None}
