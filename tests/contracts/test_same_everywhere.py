"""The same knowledge base, question and settings give the same evidence, prompt and answer, in any process and hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medrag.ingest.build import build
from tests.conftest import ROOT

QUESTIONS = (
    "阿司匹林肠溶片的禁忌是什么？",
    "华法林和布洛芬可以一起吃吗？",
    "高血压吃什么药？",
    "孕妇能吃左氧氟沙星吗",
    "奥美拉挫饭前吃吗",
    "What is omeprazole used for?",
    "List the adverse reactions of ibuprofen",
    "司美格鲁肽的用法用量是什么？",
)
ASK = """
import json, sys
from medrag.answer.engine import MedRAG
from medrag.answer.show.text import answer_json
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import ScriptedLLM

with KnowledgeBase.open(sys.argv[1]) as kb:
    for question in json.loads(sys.argv[2]):
        llm = ScriptedLLM("本品孕妇禁用[1]。 It is taken once daily [2].")
        medrag = MedRAG(kb, llm=llm)
        answers = [medrag.ask(question), MedRAG(kb).ask(question)]
        said = [[str(m.role), m.content] for call in llm.calls for m in call]
        for answer in answers:
            shown = answer_json(answer.model_copy(update={"trace": {}}))
            print(json.dumps([shown, said], ensure_ascii=True, sort_keys=True))
"""


def asked(kb: Path, seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(kb), json.dumps(QUESTIONS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def made(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("same") / "starter.kb"
    build(starter, folder)
    return folder


def test_evidence_prompts_and_answers_are_the_same_in_any_process(made: Path) -> None:
    first = asked(made, "0")
    assert len(first) == 2 * len(QUESTIONS)
    assert sum('"prompt_sha256": ""' not in line for line in first) >= len(QUESTIONS) - 2  # most were put to the model
    assert asked(made, "0") == first
    assert asked(made, "4711") == first
