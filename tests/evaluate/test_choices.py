"""Multiple choice by retrieval alone: the readers of each format, what supports an option, and what a tie is worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.choices import choose, sit_exams
from medrag.evaluate.exams import EXAMS, Choice, exams_of, read_exam
from medrag.evaluate.judges.replies import KeptReplies
from medrag.evaluate.sitting import exam_messages, sit_with_model
from medrag.kb.base import KnowledgeBase
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.scripted import Script, ScriptedLLM
from tests.making import label
from tests.shelf import shelf


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exams") / "labels.kb"
    with KnowledgeBase.create(folder) as kb, kb.write() as writer:
        writer.add(label("示例洛尔片", {"不良反应": "可见心动过缓、乏力。", "禁忌": "支气管哮喘患者禁用。"}))
        writer.add(label("样本西林胶囊", {"不良反应": "可见皮疹、腹泻。", "禁忌": "青霉素过敏者禁用。"}))
    return folder


def test_the_option_that_the_label_holds_is_chosen(path: Path) -> None:
    options = {"A": "皮疹", "B": "心动过缓", "C": "耳鸣"}
    with KnowledgeBase.open(path) as kb:
        chosen = choose(Choice("1", "示例洛尔片的不良反应是", options, "B"), kb)
        assert (chosen.best, chosen.value) == ("B", 1.0)
        assert choose(Choice("1", "示例洛尔片的不良反应是", options, "A"), kb).value == 0.0


def test_a_question_for_what_is_not_so_wants_the_least_supported(path: Path) -> None:
    with KnowledgeBase.open(path) as kb:
        one = Choice("1", "示例洛尔片的不良反应不包括", {"A": "乏力", "B": "心动过缓", "C": "耳鸣"}, "C")
        assert choose(one, kb).best == "C"


def test_options_that_nothing_tells_apart_are_worth_a_guess(path: Path) -> None:
    with KnowledgeBase.open(path) as kb:
        chosen = choose(
            Choice("1", "示例洛尔片的不良反应是", {"A": "耳鸣", "B": "复视", "C": "嗅觉减退", "D": "失语"}, "D"), kb
        )
        assert (chosen.best, chosen.value) == ("ABCD", 0.25)


def table(path: Path, text: str) -> Path:
    path.write_text("Question,Options,Answer\n" + text, "utf-8")
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


LETTERED = {"question": "q", "options": {"A": "x", "B": "y"}, "answer_idx": "B"}
MEDMCQA = {"id": "m", "question": "q", "opa": "x", "opb": "y", "opc": "z", "opd": "w", "cop": 3}


def test_each_format_becomes_the_same_question(tmp_path: Path) -> None:
    (one,) = read_exam(table(tmp_path / "a.csv", '问题,"A 甲\n在后\nB 乙\nC. 丙",AC\n'))
    assert (one.question, dict(one.options), one.right) == ("问题", {"A": "甲 在后", "B": "乙", "C": "丙"}, "AC")
    assert read_exam(lines(tmp_path / "a.jsonl", LETTERED))[0] == Choice("line 1", "q", {"A": "x", "B": "y"}, "B")
    assert read_exam(lines(tmp_path / "b.jsonl", MEDMCQA))[0] == Choice("m", "q", {"A": "x", "B": "y", "C": "z", "D": "w"}, "C")


MLEC = {"qid": "7", "qtype": "A1型题", "qtext": "q", "qimage": "", "options": {"A": "x", "B": "y"}, "answer": "A"}
CMB: dict[str, Any] = {
    "id": "11",
    "exam_type": "药师考试",
    "exam_class": "执业药师",
    "exam_subject": "药理",
    "question_type": "多项选择题",
    "question": "q",
    "option": {"A": "x", "B": "y", "C": ""},
}


def test_the_forms_of_chinas_exams_are_read_with_their_classes_and_the_key_beside_them(tmp_path: Path) -> None:
    mlec = tmp_path / "mlec.json"
    mlec.write_text(json.dumps([MLEC]), "utf-8")
    assert read_exam(mlec) == [Choice("7", "q", {"A": "x", "B": "y"}, "A", "A1型题")]
    cmb, key = lines(tmp_path / "cmb.jsonl", CMB), lines(tmp_path / "key.jsonl", {"id": 11, "answer": "AB"})
    assert read_exam(cmb, key=key) == [Choice("11", "q", {"A": "x", "B": "y"}, "AB", "执业药师")]
    with pytest.raises(EvaluationError, match=r"line 1\): there is no answer to 11: name the file of answers with --key"):
        read_exam(cmb)
    with pytest.raises(EvaluationError, match=r"the answer 'AC' is not among the options AB"):
        read_exam(lines(tmp_path / "d.jsonl", {**CMB, "answer": "AC"}))


def test_mirages_sets_are_an_exam_each_and_an_id_twice_is_no_quiet_loss(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.json"
    row = {"question": "q", "options": {"A": "yes", "B": "no", "C": "maybe"}, "answer": "C"}
    file.write_text(json.dumps({"medqa": {"0001": row, "0002": {**row, "answer": "A"}}, "pubmedqa": {"1": row}}), "utf-8")
    exams = exams_of(file)
    assert {name: [one.right for one in read] for name, read in exams.items()} == {"medqa": ["C", "A"], "pubmedqa": ["C"]}
    file.write_text('{"medqa": {"1": {}, "1": {}}}', "utf-8")
    with pytest.raises(EvaluationError, match="the key '1' stands twice"):
        exams_of(file)
    file.write_text(json.dumps({"medqa": {"1": {**row, "answer": "D"}}}), "utf-8")
    with pytest.raises(EvaluationError, match=r"medqa, 1\): the answer 'D' is not among the options ABC"):
        exams_of(file)


def test_an_exam_of_ones_own_may_have_a_column_a_letter_a_list_or_the_answer_in_words(tmp_path: Path) -> None:
    (tmp_path / "neep.csv").write_bytes("题目,A,B,C,答案\n问,甲,乙,,乙\n".encode("gb18030"))
    assert read_exam(tmp_path / "neep.csv") == [Choice("line 2", "问", {"A": "甲", "B": "乙"}, "B")]
    listed = lines(tmp_path / "mmlu.jsonl", {"question": "q", "choices": ["x", "y"], "answer": 1, "subject": "anatomy"})
    assert read_exam(listed) == [Choice("line 1", "q", {"A": "x", "B": "y"}, "B", "anatomy")]


def test_classes_count_the_same_and_several_letters_must_be_exactly_those(tmp_path: Path) -> None:
    options = {"A": "甲", "B": "乙", "C": "丙"}
    exam = [
        Choice("1", "一", options, "AB", "x"),
        Choice("2", "二", options, "A", "x"),
        Choice("3", "三", options, "A", "y"),
    ]
    examples = [Choice("e", "例", options, "C")]
    llm = ScriptedLLM(lambda messages: "A、B" if "多项选择题" in messages[-1].content else "A")
    with shelf(tmp_path) as kb:
        sat = sit_with_model("exam", exam, kb, KeptReplies(load_model(llm)), shots=1, examples=examples)
        with pytest.raises(EvaluationError, match="wanted 2 worked examples, there are 1"):
            sit_with_model("exam", exam, kb, KeptReplies(load_model(llm)), shots=2, examples=examples)
        sit_with_model("exam", exam[2:], kb, KeptReplies(load_model(other := ScriptedLLM("B"))), by_question_alone=True)
    assert sat.closed.n == 3 and sat.closed.value == 1.0 and sat.classes == {"x": (1.0, 1.0, 2), "y": (1.0, 1.0, 1)}
    assert all([m.content for m in call if m.role is Role.ASSISTANT] == ["C"] for call in llm.calls)
    assert "丙" in other.calls[1][-1].content and sat.macro == (1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('问题,"A 甲\nB 乙",C\n', r"line 2\): the answer 'C' is not among the options AB"),
        ('问题,"A 甲\nB 乙",b\n', r"line 2\): the answer 'b'"),
        ('问题,"A 甲\nA 乙",A\n', r"line 2\): Options: the letter A comes twice"),
        ("问题,甲乙丙,A\n", r"line 2\): Options: wanted a letter and a text"),
        ('问题,"A 甲\nB 乙",\n', r"line 2\): Answer"),
        ("问题,A 甲,A\n", r"line 2\): wanted two options or more, found 1"),
    ],
)
def test_rows_of_a_table_that_cannot_be_used_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        read_exam(table(tmp_path / "a.csv", text))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**LETTERED, "answer_idx": "C"}, r"line 2\): the answer 'C'"),
        ({**LETTERED, "options": {"A": "x", "B": " "}}, r"line 2\): an option without a letter"),
        ({**LETTERED, "options": {"A": "x", "甲": "y"}}, r"line 2\): an option without a letter"),
        ({"question": "q", "answer_idx": "A"}, r"line 2\): options: field required"),
    ],
)
def test_lines_that_cannot_be_used_are_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        read_exam(lines(tmp_path / "a.jsonl", LETTERED, row))


def test_an_id_that_comes_twice_and_a_number_that_is_no_option_are_errors(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"line 2\): the id 'm' stands in the file a second time"):
        read_exam(lines(tmp_path / "a.jsonl", MEDMCQA, MEDMCQA))
    with pytest.raises(EvaluationError, match=r"line 1\): cop"):
        read_exam(lines(tmp_path / "b.jsonl", {**MEDMCQA, "cop": 5}))


def test_several_right_letters_are_left_out_and_counted(tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(
        tmp_path / "a.csv", '示例洛尔片的不良反应是,"A 皮疹\nB 心动过缓",B\n示例洛尔片的不良反应有,"A 乏力\nB 心动过缓",AB\n'
    )
    with KnowledgeBase.open(path) as kb:
        (exam,) = sit_exams(file, kb)
    assert (exam.accuracy.n, exam.accuracy.value, exam.chance, exam.several) == (1, 1.0, 0.5, 1)
    assert main(["evaluate", "exams", str(file), "--kb", str(path), "--json"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)
    assert (printed["accuracy"], printed["several_right"]) == (1.0, 1)


def test_a_folder_without_exams_is_an_error(tmp_path: Path, path: Path) -> None:
    with KnowledgeBase.open(path) as kb, pytest.raises(EvaluationError, match="or the like, found none"):
        sit_exams(tmp_path, kb)


def test_all_exams_beside_the_project_are_read_in_the_counts_that_they_hold(shared: Path) -> None:
    counts = [len(read_exam(shared / "eval/exams" / name)) for name in EXAMS]
    assert counts == [183, 122, 66, 423, 133]


def test_a_model_sits_an_exam_from_memory_and_shown_evidence(tmp_path: Path) -> None:
    """It knows nothing and reads: right where the evidence names the option."""

    def reads(messages: Sequence[Message]) -> str:
        text = messages[-1].content
        return "B" if "鼻塞" in text.split("单项选择题")[0] else "不知道"

    questions = [
        Choice(str(at), "鼻炎丸治什么", {"A": "骨折", "B": "鼻炎引起的鼻塞、流涕"}, right) for at, right in enumerate("BB")
    ]
    with shelf(tmp_path) as kb:
        sat = sit_with_model("exam", questions, kb, KeptReplies(load_model(ScriptedLLM(reads))), shots=1)
        down = sit_with_model("exam", questions, kb, KeptReplies(load_model(ScriptedLLM(Script(error=RuntimeError("down"))))))
    assert (sat.closed.value, sat.shown.value, sat.difference.value) == (0.0, 1.0, 1.0) and sat.shown.n == 1
    assert sat.unreadable == (1, 0) and sat.faults == (0, 0)
    assert down.faults == (2, 2) and down.shown.n == 0
    messages = exam_messages(questions[1], questions[:1], ["资料"])
    assert [message.role for message in messages] == [Role.USER, Role.ASSISTANT, Role.USER] and messages[1].content == "B"
