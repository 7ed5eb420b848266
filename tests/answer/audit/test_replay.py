"""Logged answers made again: in this process and another, with a model and without, and what differs when something does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from medrag.answer.audit.impact import impact
from medrag.answer.audit.log import AuditLog
from medrag.answer.audit.replay import Outcome, replay
from medrag.answer.engine import MedRAG
from medrag.cli.app import run
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import ScriptedLLM
from medrag.types import Question, Turn
from tests.conftest import ROOT
from tests.making import label
from tests.shelf import shelf

QUESTIONS = (
    "布洛芬缓释胶囊的禁忌",
    "华法林和布洛芬能一起吃吗",
    "鼻炎丸怎么吃",
    "Can I take ibuprofen with warfarin?",
    "司美格鲁肽的用法",
)
REPLY = "孕妇及哺乳期妇女禁用[1]。"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path / "shelf.kb") as kb:
        yield kb


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    with AuditLog(tmp_path / "audit.sqlite", level="full") as log:
        yield log


def test_quoted_answers_are_made_again_word_for_word(kb: KnowledgeBase, log: AuditLog) -> None:
    medrag = MedRAG(kb, audit=log)
    for question in QUESTIONS:
        medrag.ask(question)
    done = [replay(record, medrag) for record in log.records()]
    assert [(d.retrieval, d.reply, d.notes) for d in done] == [(Outcome.SAME, Outcome.SAME, [])] * len(QUESTIONS)
    assert log.head()[0] == len(QUESTIONS)  # making again is not logged


def test_a_models_prompt_is_built_again_byte_for_byte_from_the_log(kb: KnowledgeBase, log: AuditLog) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(REPLY), audit=log)
    medrag.ask(Question(text="有什么禁忌", history=(Turn(role="user", content="布洛芬缓释胶囊治什么"),)))
    with kb.write() as writer:  # at another commit the prompt is still that of the versions cited
        writer.add(label("布洛芬缓释胶囊", {"【禁忌】": "1.对本品过敏者禁用。"}, key="Z1"))
    (done,) = (replay(record, MedRAG(kb, llm=ScriptedLLM(REPLY))) for record in log.records())
    assert done.prompt is Outcome.SAME
    assert done.retrieval is Outcome.NOT_COMPARED and "commit" in done.notes[0]


def test_other_settings_and_other_evidence_are_reported(kb: KnowledgeBase, log: AuditLog) -> None:
    MedRAG(kb, audit=log).ask(QUESTIONS[0])
    (record,) = log.records()
    assert "k was 10 and is 3" in replay(record, MedRAG(kb, k=3)).notes[0]
    payload = dict(record.payload or {})
    payload["evidence"] = payload["evidence"][1:]
    done = replay(type(record)(record.number, record.at, record.kind, payload), MedRAG(kb))
    assert done.retrieval is Outcome.DIFFERS and not done.ok


def test_metadata_hold_no_word_of_question_or_answer(kb: KnowledgeBase, tmp_path: Path) -> None:
    with AuditLog(tmp_path / "meta.sqlite") as log:
        answer = MedRAG(kb, audit=log).ask("布洛芬缓释胶囊的禁忌")
        (record,) = log.records()
        written = str(record.payload)
        assert "布洛芬缓释胶囊的禁忌" not in written and answer.citations[0].quote not in written
        assert "not in the log" in replay(record, MedRAG(kb)).notes[0]


def test_answers_are_made_again_in_another_process_and_hash_seed(kb: KnowledgeBase, log: AuditLog, tmp_path: Path) -> None:
    medrag = MedRAG(kb, audit=log)
    for question in QUESTIONS:
        medrag.ask(question)
    for seed in ("1", "77"):
        done = subprocess.run(
            [sys.executable, "-m", "medrag", "replay", str(log.path), "--kb", str(kb.path)],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert (
            done.stdout
            == f"prompt not compared: {len(QUESTIONS)}, reply same: {len(QUESTIONS)}, retrieval same: {len(QUESTIONS)}\n"
        )


def test_impact_names_the_answers_whose_words_changed_and_no_other(kb: KnowledgeBase, log: AuditLog) -> None:
    medrag = MedRAG(kb, audit=log)
    for question in ("布洛芬缓释胶囊的禁忌", "布洛芬缓释胶囊的贮藏条件", "鼻炎丸怎么吃", "止咳丸治什么"):
        medrag.ask(question)
    assert list(impact(log.records(), kb)) == []
    with kb.write() as writer:  # the contraindications change, the storage moves only
        changed = {"【贮藏】": "遮光，密封保存。", "【禁忌】": "1.对本品过敏者禁用。\n2.孕妇禁用。"}
        writer.add(label("布洛芬缓释胶囊", changed, key="Z1"))
        writer.delete("Z6")
    affected = list(impact(log.records(), kb))
    assert {one.number for one in affected} == {1, 4}
    assert {one.reason for one in affected if one.number == 4} == {"the document was deleted"}
    assert list(impact(log.records(), kb, since=kb.commit)) == []


def test_the_commands_verify_show_and_erase(
    kb: KnowledgeBase, log: AuditLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "asked.sqlite"
    assert run(["ask", QUESTIONS[0], "--kb", str(kb.path), "--audit", str(file), "--audit-level", "full"]) == 0
    capsys.readouterr()
    assert run(["audit", "verify", str(file)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1 record, 0 faults; head 1:")
    assert run(["audit", "verify", str(file), "--head", printed.split()[-1]]) == 0
    assert run(["audit", "show", str(file)]) == 0
    assert QUESTIONS[0] in capsys.readouterr().out
    assert run(["impact", "0", "--audit", str(file), "--kb", str(kb.path)]) == 0
    assert "0 answers" in capsys.readouterr().out
    assert run(["audit", "erase", str(file), "--older-than", "0"]) == 0
    assert run(["audit", "show", str(file)]) == 0
    assert QUESTIONS[0] not in capsys.readouterr().out
    assert run(["audit", "erase", str(file)]) == 2
    assert run(["audit", "verify", str(tmp_path / "none.sqlite")]) == 1
    assert "no audit log" in capsys.readouterr().err


HEADINGS = ("【适应症】", "【用法用量】", "【禁忌】", "【贮藏】")
NAMES = ("安平片", "宁康片", "舒泰片", "和胃片")


def body(heading: str, random: Random) -> str:
    amount = random.randrange(1, 90)
    return {
        "【适应症】": f"用于{amount}级高血压。",
        "【用法用量】": f"口服，一次{amount}mg，一日2次。",
        "【禁忌】": f"{amount}岁以下儿童禁用。孕妇禁用。",
        "【贮藏】": f"在{amount}℃以下密封保存。",
    }[heading]


@pytest.mark.parametrize("seed", range(2))
def test_impact_is_what_comparing_every_quote_by_brute_force_finds(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    texts = {name: {heading: body(heading, random) for heading in HEADINGS} for name in NAMES}
    with KnowledgeBase.create(tmp_path / "kb") as kb, AuditLog(tmp_path / "log", level="metadata") as log:
        with kb.write() as writer:
            for name in NAMES:
                writer.add(label(name, texts[name], key=name))
        medrag = MedRAG(kb, audit=log)
        answers = [medrag.ask(f"{name}的{heading.strip('【】')}") for name in NAMES for heading in HEADINGS]
        assert sum(bool(answer.citations) for answer in answers) > len(answers) / 2
        for _ in range(3):
            with kb.write() as writer:
                for name in random.sample(list(texts), min(2, len(texts))):
                    for heading in random.sample(HEADINGS, random.randrange(3)):
                        texts[name][heading] = body(heading, random)
                    order = random.sample(HEADINGS, len(HEADINGS))  # what only moves is not changed
                    writer.add(label(name, {heading: texts[name][heading] for heading in order}, key=name))
            if random.random() < 0.4:
                gone = random.choice(list(texts))
                with kb.write() as writer:
                    (writer.purge if random.random() < 0.5 else writer.delete)(gone)
                del texts[gone]
            wanted = {
                (number, citation.marker)
                for number, answer in enumerate(answers, 1)
                for citation in answer.citations
                if citation.quote
                not in texts.get(citation.document.key, {}).get(citation.section.heading if citation.section else "", "")
            }
            assert {(one.number, one.marker) for one in impact(log.records(), kb)} == wanted


def test_a_log_replayed_with_another_knowledge_base_says_so(kb: KnowledgeBase, log: AuditLog, tmp_path: Path) -> None:
    MedRAG(kb, llm=ScriptedLLM(REPLY), audit=log).ask("布洛芬缓释胶囊有什么禁忌")
    with KnowledgeBase.create(tmp_path / "other.kb") as other:
        with other.write() as writer:
            writer.add(label("布洛芬缓释胶囊", {"【禁忌】": "孕妇禁用。"}, key="Z1"))
        (done,) = (replay(record, MedRAG(other, llm=ScriptedLLM(REPLY))) for record in log.records())
        assert done.prompt is Outcome.NOT_COMPARED or not done.ok
        assert done.notes


def test_wild_arguments_of_the_commands_end_in_one_line(
    log: AuditLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.append({"said": "something"})
    for arguments in (
        ["verify", str(log.path), "--head", "²:x"],
        ["erase", str(log.path), "--person", ""],
        ["erase", str(log.path), "--older-than", "1e12"],
        ["erase", str(log.path), "--older-than", "nan"],
        ["show", str(tmp_path)],
    ):
        assert run(["audit", *arguments]) in {1, 2}
        assert "Traceback" not in capsys.readouterr().err
    assert log.head()[0] == 1
