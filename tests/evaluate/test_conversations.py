"""Conversations made of questions: what their last messages leave out, what is right for them, and how they are measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.cases import ANSWERS, HELPS, Gold, SectionCase
from medrag.evaluate.conversations.dialogues import consultations, go_through, spoken
from medrag.evaluate.conversations.items import Item, Labels, items_of
from medrag.evaluate.conversations.make import Conversation, Kind, Maker, conversations
from medrag.evaluate.conversations.measure import evaluate_conversations
from medrag.evaluate.conversations.people import People, gold_for, people_of
from medrag.evaluate.conversations.phrasings import LANGUAGES, Phrasings
from medrag.evaluate.matching import Pool
from medrag.evaluate.tasks import section_cases
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup
from tests.shelf import shelf

KINDS = "opener pronoun section switch intro ask then later bare also together lead".split()
QUESTIONS = [
    ("1", "布洛芬缓释胶囊孕妇能吃吗", "布洛芬缓释胶囊", "禁忌"),
    ("2", "头痛得厉害，想吃布洛芬缓释胶囊。一天吃几次", "布洛芬缓释胶囊", "用法用量"),
    ("3", "鼻炎丸怎么吃", "鼻炎丸", "用法用量"),
    ("4", "止咳丸和布洛芬缓释胶囊怎么吃", "止咳丸", "用法用量"),
    ("5", "一天吃几次才好", "鼻炎丸", "用法用量"),
    ("6", "华法林钠片是治什么的", "华法林钠片", "适应症"),
]
CASES = [SectionCase(name, text, "short", (Gold(drug=drug, heading=heading),)) for name, text, drug, heading in QUESTIONS]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The shelf."""
    with shelf(tmp_path_factory.mktemp("conversations")) as made:
        yield made


@pytest.fixture(scope="module")
def items(kb: KnowledgeBase) -> list[Item]:
    """The questions that name one medicine."""
    return list(items_of(CASES, kb, Pool(kb)))


@pytest.fixture(scope="module")
def made(kb: KnowledgeBase, items: list[Item]) -> list[Conversation]:
    """All conversations that the questions begin."""
    return list(conversations(Maker(kb, Labels(kb), items, {"zh": Phrasings.load("zh")}), most=100))


def of(made: list[Conversation], kind: Kind, question: str) -> list[Conversation]:
    return [one for one in made if one.kind is kind and one.case.id.startswith(f"{question} ")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_has_frozen_phrasings_and_no_fewer_that_may_be_looked_at(lang: str) -> None:
    dev, frozen = Phrasings.load(lang), Phrasings.load(lang, frozen=True)
    for kind in KINDS:
        open_, put_aside = (sum(len(part._by_kind[kind, about]) for about in part.about(kind)) for part in (dev, frozen))
        assert open_ >= put_aside >= 2, (kind, open_, put_aside)
        assert dev.about(kind) == frozen.about(kind)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_frozen_phrasing_is_among_those_that_may_be_looked_at(lang: str) -> None:
    dev, frozen = Phrasings.load(lang), Phrasings.load(lang, frozen=True)
    for kind in KINDS:
        for about in dev.about(kind):
            said = {row.said for row in dev._by_kind[kind, about]} & {row.said for row in frozen._by_kind[kind, about]}
            assert said <= {""}, (kind, said)  # leaving a name out is said in one way only


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sections_that_phrasings_ask_for_are_known_and_their_questions_name_the_medicine(lang: str) -> None:
    for frozen in (False, True):
        phrasings = Phrasings.load(lang, frozen=frozen)
        for about in phrasings.about("section"):
            assert SectionGroup(about)
            assert all("{X}" in row.whole and "{X}" not in row.said for row in phrasings._by_kind["section", about])


def test_an_unknown_kind_of_phrasing_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="none of the kind 'sung'"):
        Phrasings.load("zh").draw("sung", Random(1))


def test_only_questions_that_name_the_right_medicine_and_no_other_begin_a_conversation(items: list[Item]) -> None:
    assert [(item.case.id, item.name) for item in items] == [
        ("1", "布洛芬缓释胶囊"),
        ("2", "布洛芬缓释胶囊"),
        ("3", "鼻炎丸"),
        ("6", "华法林钠片"),
    ]
    assert items[1].naming("它") == "头痛得厉害，想吃它。一天吃几次"


def test_the_second_question_asks_for_another_section_of_the_same_label(made: list[Conversation]) -> None:
    for one in of(made, Kind.SECTION, "3"):
        assert one.turns[0] == "鼻炎丸怎么吃" and "鼻炎丸" not in one.turns[1] and "鼻炎丸" in one.case.question
        assert [(gold.drug, gold.heading) for gold in one.case.gold] == [("鼻炎丸", "【功能主治】")]


def test_a_replaced_name_leaves_the_gold_of_the_real_question(made: list[Conversation]) -> None:
    for one in of(made, Kind.PRONOUN, "1"):
        assert "布洛芬缓释胶囊" in one.turns[0] and "布洛芬" not in one.turns[1] and one.turns[1].endswith("孕妇能吃吗")
        assert one.case.question == "布洛芬缓释胶囊孕妇能吃吗" and one.case.gold == CASES[0].gold


def test_another_medicine_is_asked_the_same(made: list[Conversation]) -> None:
    one, *_ = of(made, Kind.SWITCH, "3")
    assert "布洛芬缓释胶囊" in one.turns[1] and one.case.question == "布洛芬缓释胶囊怎么吃"
    assert [(gold.drug, gold.heading) for gold in one.case.gold] == [("布洛芬缓释胶囊", "【用法用量】")]


def test_both_medicines_interactions_are_right_for_a_question_about_both(made: list[Conversation]) -> None:
    one, *_ = of(made, Kind.TOGETHER, "6")
    assert (
        len(one.turns) == 3
        and "华法林" not in one.turns[2]
        and {"华法林钠片", "布洛芬缓释胶囊"} == {g.drug for g in one.case.gold}
    )
    assert all(name in one.case.question for name in ("华法林钠片", "布洛芬缓释胶囊"))


def test_a_long_question_is_cut_behind_the_name(made: list[Conversation]) -> None:
    assert [one.turns for one in of(made, Kind.TOLD, "2")] == [("头痛得厉害，想吃布洛芬缓释胶囊。", "一天吃几次")] or not of(
        made, Kind.TOLD, "2"
    )


def test_a_new_topic_is_a_real_question_about_another_medicine(made: list[Conversation]) -> None:
    for one in of(made, Kind.TOPIC, "3"):
        assert one.before == "鼻炎丸" and "鼻炎丸" not in one.turns[1] and one.turns[1].endswith(one.case.question)


def test_the_same_conversations_are_made_every_time(kb: KnowledgeBase, items: list[Item], made: list[Conversation]) -> None:
    again = list(conversations(Maker(kb, Labels(kb), items, {"zh": Phrasings.load("zh")}), most=100))
    assert again == made and {one.kind for one in made} >= set(Kind) - {Kind.TOLD}
    assert len(list(conversations(Maker(kb, Labels(kb), items, {"zh": Phrasings.load("zh")}), most=1))) <= len(Kind)


def test_what_a_label_says_of_people_is_right_for_them(kb: KnowledgeBase, items: list[Item]) -> None:
    labels = Labels(kb)
    assert people_of(items[0].truth, labels) == [People.PREGNANCY, People.NURSING, People.CHILD]
    assert gold_for(People.CHILD, items[0].truth, labels) == (
        Gold(drug="布洛芬缓释胶囊", heading="【用法用量】", grade=ANSWERS),
    )
    assert gold_for(People.OLD, items[0].truth, labels) == () and HELPS < ANSWERS


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def questions(path: Path) -> Path:
    return written(
        path,
        [
            {"id": name, "question": text, "kind": "short", "gold": [{"drug": drug, "section": heading}]}
            for name, text, drug, heading in QUESTIONS
        ],
    )


def test_conversations_are_measured_beside_the_full_question(kb: KnowledgeBase, tmp_path: Path) -> None:
    report = evaluate_conversations(questions(tmp_path / "own.jsonl"), kb, most=3)
    figures = {(one.group, one.measure): one for one in report.figures()}
    whole = figures["all", "drug@1"]
    assert (report.questions, report.used) == (6, 4)
    assert whole.whole.n == len(report.ended) and whole.difference.value == pytest.approx(
        whole.talked.value - whole.whole.value
    )
    replaced = figures[Kind.PRONOUN.value, "drug@1"]
    assert replaced.whole.value == 1.0 and replaced.last.value < 1.0


def test_a_file_whose_questions_name_nothing_is_an_error(kb: KnowledgeBase, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "1", "question": "一天几次", "kind": "short", "gold": [{"drug": "鼻炎丸", "section": "用法用量"}]}
    ]
    with pytest.raises(EvaluationError, match="no question names one medicine"):
        evaluate_conversations(written(tmp_path / "own.jsonl", rows), kb)


def test_dialogues_are_read_as_turns(tmp_path: Path) -> None:
    folder = tmp_path / "eval" / "multiturn"
    folder.mkdir(parents=True)
    asked = [
        {"instruction": "一天吃几次", "history": [["布洛芬缓释胶囊怎么样", "也可以用鼻炎丸"]]},
        {"instruct": "鼻炎丸治什么"},
    ]
    (folder / "cmtmedqa_dev.json").write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
    said = [("医生", "你好"), ("患者", "孩子咳嗽"), ("患者", "三天了"), ("医生", "吃止咳丸"), ("患者", "一天几次")]
    row: dict[str, object] = {"dialogue-content": [{"speaker": who, "sentence": what} for who, what in said]}
    written(folder / "cmdd_50.jsonl", [row])
    assert [len(turns) for turns in consultations(folder / "cmtmedqa_dev.json")] == [3, 1]
    (turns,) = spoken(folder / "cmdd_50.jsonl")
    assert [(turn.role, turn.content) for turn in turns] == [
        ("assistant", "你好"),
        ("user", "孩子咳嗽，三天了"),
        ("assistant", "吃止咳丸"),
        ("user", "一天几次"),
    ]
    with shelf(tmp_path) as kb:
        first, second = go_through(tmp_path, kb, lambda _doing, _done, _of: None)
    assert (first.name, first.dialogues, first.messages, first.failed) == ("cmtmedqa_dev", 2, 3, 0)
    assert (second.messages, second.failed, second.from_assistant) == (2, 0, 0) and first.kept == first.named


def test_the_command_prints_figures_and_writes_what_was_missed(
    kb: KnowledgeBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, errors = questions(tmp_path / "own.jsonl"), tmp_path / "missed.jsonl"
    call = ["evaluate", "conversations", str(file), "--kb", str(kb.path), "--most", "1", "--errors", str(errors)]
    assert main(call) == 0
    out = capsys.readouterr().out
    assert "drug and section" in out and "carried on: 0 of" in out and "4 of 6 questions" in out
    assert all({"turns", "in full", "standalone"} <= set(json.loads(line)) for line in errors.read_text("utf-8").splitlines())
    assert main([*call, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["questions"] == 6


def test_real_questions_make_at_least_two_hundred_conversations(shared: Path, tmp_path: Path) -> None:
    labels = [shared / "labels" / "zh" / name for name in ("monographs.json", "medicineqa_sections.jsonl")]
    assert build(labels, tmp_path / "zh.kb").failed == 0
    with KnowledgeBase.open(tmp_path / "zh.kb") as kb:
        cases = section_cases(shared)
        items = list(items_of(cases, kb, Pool(kb)))
        for frozen in (False, True):
            phrasings = {"zh": Phrasings.load("zh", frozen=frozen)}
            made = list(conversations(Maker(kb, Labels(kb), items, phrasings), most=100))
            assert len(made) >= 200 and {one.kind for one in made} == set(Kind)
