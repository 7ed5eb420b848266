"""MedicineQA: both forms of dialogues, rankings by medicine and by section, search calls, and TREC's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.medicineqa import evaluate_medicineqa, parse_prompt, read_medicineqa
from medrag.evaluate.trec import Rankings, measure, write_trec
from medrag.llm.load import load_model
from medrag.llm.scripted import ScriptedLLM
from medrag.types import Turn
from tests.shelf import shelf

PROMPT = """目标：
根据用户问题回复合适的内容。

文档：
[1]甲药片
不良反应:1 头痛[2]少见。
2 恶心。

[2]乙药丸
适应症:用于咳嗽。

聊天记录:
用户：甲药片怎么样
Helper：还可以
用户：有什么副作用？
"""


def test_a_prompt_holds_the_dialogue_and_its_evidence() -> None:
    question, history, evidence = parse_prompt(PROMPT)
    assert question == "有什么副作用？"
    assert history == (Turn(role="user", content="甲药片怎么样"), Turn(role="assistant", content="还可以"))
    assert evidence == (("甲药片", "不良反应", "1 头痛[2]少见。\n2 恶心。"), ("乙药丸", "适应症", "用于咳嗽。"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("怎么吃", "wanted a list of drug and section, or a prompt"),
        ("文档：\n[1]甲\n适应症:x\n聊天记录:\n用户：问\nHelper：答", "does not end with the user"),
        ("文档：None\n聊天记录:\n用户：问", "no document"),
        ("文档：\n[1]甲\n没有栏目\n聊天记录:\n用户：问", "wanted a drug's name and a line"),
    ],
)
def test_a_row_without_evidence_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rag.jsonl").write_text(json.dumps({"question": text}) + "\n", "utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_medicineqa(tmp_path / "rag.jsonl")


def test_measures_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    rankings = Rankings({"q1": ["b", "a"], "q2": []}, {"q1": {"a": 1}, "q2": {"c d": 2}})
    values = measure(rankings)
    assert values["HR@1"] == {"q1": 0.0, "q2": 0.0} and values["HR@3"]["q1"] == 1.0 and values["MRR"]["q1"] == 0.5
    assert values["nDCG@10"]["q1"] == pytest.approx(0.6309, abs=1e-4)
    write_trec(rankings, tmp_path, "document", "my system")
    assert (tmp_path / "document.run").read_text("utf-8").splitlines()[1] == "q1 Q0 a 2 0.500000 my_system"
    assert (tmp_path / "document.qrels").read_text("utf-8") == "q1 0 a 1\nq2 0 c_d 2\n"


def rows(path: Path) -> Path:
    told = [
        {
            "id": "1",
            "question": "有什么禁忌",
            "history": [{"role": "user", "content": "布洛芬缓释胶囊"}, {"role": "assistant", "content": "华法林钠片也行"}],
            "evidence": [{"drug": "布洛芬缓释胶囊", "section": "禁忌"}],
        },
        {"id": "2", "question": "鼻炎丸治什么", "evidence": [{"drug": "鼻炎丸", "section": "功能主治"}]},
        {"id": "3", "question": "没有的药治什么", "evidence": [{"drug": "没有的药", "section": "适应症"}]},
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told), "utf-8")
    return path


def test_dialogues_are_put_with_their_history_and_search_calls_are_counted(tmp_path: Path) -> None:
    dialogues = read_medicineqa(rows(tmp_path / "dev.jsonl"))
    calls = ['{"drug": ["布洛芬缓释胶囊"], "ask": "禁忌"}', "我来回答", "{}"]
    with shelf(tmp_path) as kb:
        report = evaluate_medicineqa(dialogues, kb, out=tmp_path)
        model = load_model(
            ScriptedLLM(lambda messages: calls[("鼻炎丸" in messages[-1].content) + 2 * ("没有的药" in messages[-1].content)])
        )
        asked = evaluate_medicineqa(dialogues, kb, model=model)
    assert (report.dialogues, report.absent, report.calls) == (3, 1, None)
    assert report.figures["document"]["HR@1"].value == report.figures["attribute"]["HR@1"].value == 1.0
    assert asked.calls is not None and asked.calls.total == 2 and asked.calls.n == 3
    assert (tmp_path / "attribute.run").read_text("utf-8").startswith("1 Q0 ")


def test_the_command_asks_the_dialogues_own_evidence_where_no_knowledge_base_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rag.jsonl").write_text(json.dumps({"question": PROMPT}, ensure_ascii=False) + "\n", "utf-8")
    assert main(["evaluate", "medicineqa", str(tmp_path / "rag.jsonl"), "--out", str(tmp_path / "trec"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dialogues"], found["absent"]) == (1, 0) and found["figures"]["document"]["HR@10"]["value"] == 1.0
    assert len(list((tmp_path / "trec").iterdir())) == 4


def test_nothing_is_measured_where_nothing_that_is_right_is_there(tmp_path: Path) -> None:
    dialogues = read_medicineqa(rows(tmp_path / "dev.jsonl"))[2:]
    with shelf(tmp_path) as kb, pytest.raises(EvaluationError, match="leave --kb out"):
        evaluate_medicineqa(dialogues, kb)
