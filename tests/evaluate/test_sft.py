"""Instruction data: questions by template, answers in the sources' own words, each line with what it was taken from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.evaluate.conversations.phrasings import LANGUAGES, Phrasings
from medrag.evaluate.sft.form import Form
from medrag.evaluate.sft.make import LONGEST, Example, Made, _templates, examples
from medrag.evaluate.sft.write import row_of, write_examples
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.types import digest
from tests.making import label
from tests.shelf import shelf


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The shelf."""
    with shelf(tmp_path_factory.mktemp("sft")) as made:
        yield made


@pytest.fixture(scope="module")
def made(kb: KnowledgeBase) -> list[Example]:
    """All examples."""
    return list(examples(kb, distractors=2))


def of(made: list[Example], title: str, about: str) -> Example:
    return next(one for one in made if one.about == about and one.evidence[0].document.title == title)


def test_every_answer_is_what_its_citations_say(kb: KnowledgeBase, made: list[Example]) -> None:
    for one in made:
        for cited in one.evidence:
            document = kb.document(cited.document.key, source=cited.document.source)
            assert document.text[cited.start : cited.end] == cited.text
        markers = {cited.marker for cited in one.evidence if cited.cited}
        for line in one.answer.splitlines():
            marked = re.fullmatch(r"(.+)\[(\d+)\]", line)
            assert marked and marked[2] in markers
            source = next(cited for cited in one.evidence if cited.marker == marked[2])
            assert one.kind == "fact" or marked[1] in source.text


def test_a_section_becomes_a_question_about_its_medicine(made: list[Example]) -> None:
    one = of(made, "布洛芬缓释胶囊", "contraindications")
    assert "布洛芬缓释胶囊" in one.question and one.answer.startswith("1.对本品过敏者禁用。[") and one.lang == "zh"
    english = of(made, "Ibuprofen tablets", "dosage")
    assert english.lang == "en" and "Ibuprofen tablets" in english.question and "1,200 mg" in english.answer


def test_other_sections_are_shown_beside_the_right_one_and_not_cited(made: list[Example]) -> None:
    one = of(made, "布洛芬缓释胶囊", "dosage")
    assert len(one.evidence) == 3 and sum(cited.cited for cited in one.evidence) == 1
    assert {cited.marker for cited in one.evidence} == {"1", "2", "3"}


def test_a_relation_becomes_one_answer_that_lists_every_name(made: list[Example]) -> None:
    one = next(one for one in made if one.about == "has_symptom")
    assert "高血压" in one.question and "头晕" in one.answer and "头痛" in one.answer
    assert len(one.evidence) == 2  # a row each


def test_what_cannot_be_cited_plainly_or_shown_whole_is_left_out_and_counted(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "odd.kb") as kb:
        with kb.write() as writer:
            writer.add(
                label(
                    "碳酸钙片",
                    {"【不良反应】": "嗳气、便秘[1]。参见文献[2]。", "【适应症】": "用于补钙，每日一片即可。"},
                    key="1",
                )
            )
            writer.add(label("长长片", {"【用法用量】": "口服，一次一片。" * LONGEST}, key="2"))
            writer.add(label("重复片", {"【适应症】": "用于补钙，每日一片即可。"}, key="3"))
            writer.add(label("Pastillas", {"INDICATIONS": "Para el dolor de cabeza."}, key="4", lang="es"))
        counts = Made()
        found = list(examples(kb, made=counts))
    assert [one.evidence[0].document.title for one in found] == ["碳酸钙片"] and counts.made == 1
    assert sorted(counts.left_out) == [
        "a section of more than 2,000 characters",
        "a section with citation marks of its own",
        "the same question or answer as another",
    ]


def test_a_label_that_names_no_medicine_is_asked_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(
        "{'【功能主治】': '清热解毒，用于咽喉肿痛。'}\n{'【药名】': '甲乙片', '【功能主治】': '用于咳嗽痰多，气喘。'}\n",
        "utf-8",
    )
    build(tmp_path / "notes.txt", tmp_path / "notes.kb")
    counts = Made()
    with KnowledgeBase.open(tmp_path / "notes.kb") as kb:
        found = list(examples(kb, made=counts))
    assert [one.evidence[0].document.title for one in found] == ["甲乙片"]
    assert counts.left_out["a label without the name of a medicine"] == 1


def test_the_same_seed_gives_the_same_examples_and_another_seed_others(kb: KnowledgeBase, made: list[Example]) -> None:
    assert list(examples(kb, distractors=2)) == made
    others = list(examples(kb, seed=2, distractors=2))
    assert [one.question for one in others] != [one.question for one in made]
    assert {one.lang for one in examples(kb, lang="en")} == {"en"}


def test_no_question_is_one_that_conversations_are_measured_with() -> None:
    def bare(text: str) -> str:
        return re.sub(r"\W", "", text).lower()

    asked = {bare(question) for questions in _templates().values() for question in questions}
    measured = {
        bare(text)
        for lang in LANGUAGES
        for frozen in (False, True)
        for rows in Phrasings.load(lang, frozen=frozen)._by_kind.values()
        for row in rows
        for text in (row.said, row.whole)
        if text
    }
    assert not asked & measured


def test_both_forms_say_the_same(made: list[Example]) -> None:
    one = of(made, "布洛芬缓释胶囊", "dosage")
    alpaca, chat = row_of(one, Form.ALPACA, evidence=True), row_of(one, Form.MESSAGES, evidence=True)
    assert chat["messages"][0]["content"] == f"{alpaca['input']}\n\n{alpaca['instruction']}"
    assert chat["messages"][1] == {"role": "assistant", "content": alpaca["output"]}
    assert row_of(one, Form.ALPACA, evidence=False)["input"] == ""
    (citation,) = alpaca["provenance"]["citations"]
    cited = next(cited for cited in one.evidence if cited.cited)
    assert citation["sha256"] == digest(cited.text) and citation["marker"] == cited.marker


def test_a_file_is_written_whole_or_not_at_all(made: list[Example], tmp_path: Path) -> None:
    def broken() -> Iterator[Example]:
        yield made[0]
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_examples(broken(), tmp_path / "out.jsonl", Form.ALPACA)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_file(kb: KnowledgeBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sft.jsonl"
    assert main(["export", "sft", "--kb", str(kb.path), "--out", str(out), "--lang", "zh", "--most", "5"]) == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == 5 and set(rows[0]) == {"instruction", "input", "output", "provenance"}
    assert "5 examples" in capsys.readouterr().out
    assert main(["export", "sft", "--kb", str(kb.path), "--out", str(out), "--lang", "fr"]) == 2
    assert main(["export", "sft", "--kb", str(kb.path), "--out", str(out), "--distractors", "2"]) == 2
