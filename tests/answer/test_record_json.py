"""An answer read back from its JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.record.stored import answer_from_json
from medrag.answer.show.text import answer_json
from medrag.errors import RecordError
from medrag.kb.base import KnowledgeBase
from medrag.llm.load import load_model
from medrag.llm.scripted import ScriptedLLM
from medrag.types import Answer, Verdict
from tests.answer.writing import LABEL, written


def through_json(answer: Answer) -> tuple[Any, Answer]:
    shown = json.loads(json.dumps(answer_json(answer), ensure_ascii=False))
    return shown, answer_from_json(shown)


def test_what_is_read_back_is_written_the_same_again() -> None:
    shown, read = through_json(written())
    assert json.loads(json.dumps(answer_json(read))) == shown


@pytest.mark.parametrize(
    "question", ["布洛芬缓释胶囊的禁忌是什么？", "高血压的症状", "What is ibuprofen used for?", "阿普斯特片的适应症"]
)
def test_answers_of_every_kind_come_back_whole(kb: KnowledgeBase, question: str) -> None:
    answer = MedRAG(kb).ask(question)
    shown, read = through_json(answer)
    assert json.loads(json.dumps(answer_json(read))) == shown
    assert (read.text, read.claims, read.dangling, read.writing) == (
        answer.text,
        answer.claims,
        answer.dangling,
        answer.writing,
    )
    for kept, first in zip(read.citations, answer.citations, strict=True):
        assert (kept.start, kept.end, kept.quote, kept.sha256) == (first.start, first.end, first.quote, first.sha256)
        assert kept.document.reader == first.document.reader != ""
        assert (kept.fact is None) == (first.fact is None)


def test_an_answer_whose_prompt_had_no_room_for_all_is_json_too(kb: KnowledgeBase) -> None:
    model = load_model(ScriptedLLM("孕妇及哺乳期妇女禁用[1]。"), input_limit=700)
    shown, _ = through_json(MedRAG(kb, llm=model).ask("布洛芬缓释胶囊的禁忌是什么？"))
    assert shown["trace"]["prompt"]["left_out"]


def test_all_that_checking_needs_comes_back() -> None:
    _, read = through_json(written())
    first = written()
    assert (read.claims, read.dangling, read.writing, read.confidence) == (
        first.claims,
        first.dangling,
        first.writing,
        first.confidence,
    )
    assert LABEL[read.citations[1].start : read.citations[1].end] == read.citations[1].quote
    assert read.claims[0].verdict is Verdict.CONTRADICTED


def test_a_record_of_an_earlier_release_is_read_without_what_it_lacks() -> None:
    shown, _ = through_json(written())
    for name in ("confidence", "dangling", "writing"):
        del shown[name]
    for claim in shown["claims"]:
        del claim["reasons"], claim["support"]
    shown["later"] = {"unknown": 1}
    shown["citations"][0]["document"]["later"] = 1
    read = answer_from_json(shown)
    assert read.writing.model == "extractive" and read.dangling == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("answer"), "no answer: wanted an object with `answer` and `citations`"),
        (lambda r: r["citations"][1].pop("quote"), r"citations\[1\]: quote: Field required"),
        (lambda r: r["citations"][0].pop("document"), r"citations\[0\]: document is missing"),
        (lambda r: r["citations"][0].update(start="a"), r"citations\[0\]: start and end must be whole numbers, not 'a' and 17"),
        (lambda r: r["claims"][2].update(verdict="fine"), r"claims\[2\]: verdict: Input should be"),
        (lambda r: r["claims"].append(3), r"claims\[3\]: wanted an object, not int"),
        (lambda r: r.update(claims="x"), "claims: wanted a list, not str"),
        (lambda r: r.update(writing=[]), "writing: wanted an object, not list"),
        (lambda r: r.update(confidence=7), "the record: confidence: Input should be less than or equal to 1"),
        (lambda r: r["dangling"][0].update(start=None), r"dangling\[0\]: start: Input should be a valid integer"),
    ],
)
def test_what_is_no_record_is_an_error_that_names_the_place(change: Any, message: str) -> None:
    shown, _ = through_json(written())
    change(shown)
    with pytest.raises(RecordError, match=message):
        answer_from_json(shown)


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_anything_else_is_an_error(value: object) -> None:
    with pytest.raises(RecordError, match="wanted an object"):
        answer_from_json(value)
