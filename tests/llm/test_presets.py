"""The table of presets: what is in it, and what a user's own file may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.errors import ModelError
from medrag.llm.messages import EvidenceForm
from medrag.llm.presets import Bos, Part, preset_named, preset_names, read_presets

OWN = """
mine:
  about: a model of our own
  bos: prompt
  user: ["Q: {content}", {token: eos}]
  primer: [{token: 196, as: "<a>"}, {text: "A: ", first: 1}]
  multi_turn: false
  generation: {max_new: 64, temperature: 0}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "own.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_presets_that_come_with_the_package() -> None:
    assert preset_names() == [
        "bentsao-bloom", "bentsao-literature", "bentsao-llama", "chat", "disc-medllm", "healgpt", "normpulse", "pulse-20b",
        "pulse-7b", "qizhen-cama-13b", "qizhen-chatglm-6b", "qizhen-llama-7b",
    ]  # fmt: skip


def test_how_much_each_reads_and_writes() -> None:
    rows = {name: preset_named(name) for name in preset_names() if name != "chat"}
    assert {name: (row.input_limit or (row.context or 0) - int(row.generation["max_new"])) for name, row in rows.items()} == {
        "bentsao-bloom": 1792,
        "bentsao-literature": 1792,
        "bentsao-llama": 1792,
        "disc-medllm": 2048,
        "healgpt": 2048,
        "normpulse": 256,
        "pulse-20b": 1536,
        "pulse-7b": 1536,
        "qizhen-cama-13b": 1536,
        "qizhen-chatglm-6b": 1536,
        "qizhen-llama-7b": 1536,
    }
    for row in rows.values():
        assert (row.input_limit or 0) + int(row.generation["max_new"]) <= (row.context or 0)


def test_what_the_builder_of_a_prompt_is_told() -> None:
    told = {name: (preset_named(name).system_role, preset_named(name).multi_turn) for name in preset_names()}
    assert {name for name, (system, _) in told.items() if system} == {"chat"}
    assert {name for name, (_, several) in told.items() if not several} == {"bentsao-bloom", "bentsao-llama"}
    forms = {name: preset_named(name).evidence_form for name in preset_names()}
    assert {name for name, form in forms.items() if form is EvidenceForm.PULSE} == {"pulse-7b", "pulse-20b", "normpulse"}
    assert {name for name, form in forms.items() if form is EvidenceForm.BENTSAO} == {
        "bentsao-bloom", "bentsao-llama", "bentsao-literature",
    }  # fmt: skip


def test_generation_as_their_authors_had_it() -> None:
    assert dict(preset_named("pulse-7b").generation) == {
        "max_new": 512, "min_new": 1, "do_sample": True, "top_k": 6, "top_p": 0.1, "temperature": 0.7,
    }  # fmt: skip
    assert preset_named("pulse-20b").generation == preset_named("pulse-7b").generation
    assert preset_named("qizhen-cama-13b").generation["num_beams"] == 2
    assert preset_named("qizhen-cama-13b").generation["repetition_penalty"] == 1.3
    assert preset_named("qizhen-llama-7b").generation["num_beams"] == 4
    assert preset_named("bentsao-llama").generation["max_new"] == 256
    assert preset_named("disc-medllm").generation["repetition_penalty"] == 1.1
    assert preset_named("chat").generation["do_sample"] is False


def test_a_preset_of_ones_own(tmp_path: Path) -> None:
    file = written(tmp_path, OWN)
    (mine,) = read_presets(file).values()
    assert preset_named(str(file)) == preset_named(f"{file}#mine") == mine
    assert mine.form is not None
    assert mine.form.bos is Bos.PROMPT
    assert mine.form.user == (Part(text="Q: {content}"), Part(token="eos"))
    assert mine.form.primer == (Part(token=196, as_text="<a>"), Part(text="A: ", first=1))
    assert dict(mine.generation) == {"max_new": 64, "temperature": 0.0}


def test_a_preset_may_be_like_a_shipped_one_or_one_above(tmp_path: Path) -> None:
    text = "a:\n  like: pulse-7b\n  dtype: float16\nb:\n  like: a\n  input_limit: 1000\n"
    rows = read_presets(written(tmp_path, text))
    assert (rows["b"].dtype, rows["b"].input_limit, rows["b"].form) == ("float16", 1000, preset_named("pulse-7b").form)


def test_the_shipped_presets_do_not_change(tmp_path: Path) -> None:
    before = preset_named("pulse-7b")
    read_presets(written(tmp_path, "pulse-7b:\n  like: pulse-7b\n  stop: []\n"))
    assert preset_named("pulse-7b") is before
    with pytest.raises(TypeError):
        before.generation["max_new"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1", "is no YAML"),
        ("- a", "must be a table of presets by name"),
        ("a: text", "must be a table of presets by name"),
        ("a: {like: b}", "a is like 'b', which does not stand above it"),
        ("a: {colour: red}", r"a\.colour: Extra inputs are not permitted"),
        ("a: {user: ['Q']}", r"a\.user: \{content\} must stand in it"),
        ("a: {user: ['{content}'], multi_turn: true}", r"a\.assistant: \{content\} must stand in it"),
        ("a: {user: ['{content}'], bos: often}", "a: 'often' is not a valid Bos"),
        ("a: {evidence_form: tables}", "a: 'tables' is not a valid EvidenceForm"),
        ("a: {user: [{token: eos, first: 1}]}", r"a\.user\.0"),
        ("a: {generation: {max_new: 0}}", r"a\.generation\.max_new: Input should be greater than or equal to 1"),
        ("a: {generation: {topp: 1}}", r"a\.generation\.topp: Extra inputs are not permitted"),
        ("a: {thoughts: [['<think>']]}", r"a\.thoughts: each is a pair"),
        ("a: {context: many}", r"a\.context: Input should be a valid integer"),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        read_presets(written(tmp_path, text))


def test_an_unknown_preset_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no preset 'pulse': there are bentsao-bloom, .*qizhen-llama-7b, or a file"):
        preset_named("pulse")
    with pytest.raises(ModelError, match="cannot be read"):
        preset_named(str(tmp_path / "none.yaml"))
    two = written(tmp_path, "a: {}\nb: {}\n")
    with pytest.raises(ModelError, match="holds the presets a, b: say which"):
        preset_named(str(two))
    with pytest.raises(ModelError, match="holds the presets a, b: say which"):
        preset_named(f"{two}#c")
