"""Readers of question files: the shapes that they read, and what they say of files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate import readers
from medrag.evaluate.cases import FactCase, Gold, SectionCase, TermCase
from medrag.evaluate.tasks import TASKS, tasks_of
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase

Row = dict[str, object]
DEVELOPMENT: Row = {
    "id": "a-1",
    "question": "示例洛尔饭前吃吗",
    "kind": "short",
    "gold": [{"drug": "示例洛尔片", "section": "用法用量", "grade": 2}],
    "note": "nothing",
}


def written(folder: Path, *rows: object, name: str = "questions.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_development_questions_name_their_gold_by_drug_or_by_set_id(tmp_path: Path) -> None:
    english = {
        "id": "e-1",
        "question": "with food?",
        "kind": "other",
        "gold": [{"set_id": "one", "section_index": 3, "heading": "2.2 Food", "grade": 1}],
        "part": "frozen",
    }
    assert readers.development(written(tmp_path, DEVELOPMENT, english)) == [
        SectionCase("a-1", "示例洛尔饭前吃吗", "short", (Gold(drug="示例洛尔片", heading="用法用量"),)),
        SectionCase("e-1", "with food?", "other", (Gold(set_id="one", index=3, heading="2.2 Food", grade=1),), frozen=True),
    ]


def test_of_users_questions_those_are_read_that_the_labels_answer(tmp_path: Path) -> None:
    gold = [{"drug": "示例洛尔", "section": "适应证", "grade": 2, "in_monographs": True}]
    path = written(
        tmp_path,
        {"id": "u-1", "question": "治什么", "gold": gold, "answerable": True},
        {"id": "u-2", "question": "治什么", "gold": gold, "answerable": False},
    )
    assert [case.id for case in readers.user_questions(path)] == ["u-1"]


def test_medicineqa_gold_is_its_evidence(tmp_path: Path) -> None:
    evidence = [{"drug": "示例洛尔片", "section": "不良反应", "text": "头晕。"}]
    (case,) = readers.medicineqa(written(tmp_path, {"id": "m-1", "question": "?", "evidence": evidence}))
    assert case.gold == (Gold(drug="示例洛尔片", heading="不良反应"),)


def test_medicationqa_tells_the_drug_beside_the_gold(tmp_path: Path) -> None:
    gold = [{"set_id": "one", "section_index": 0, "code": "34067-9", "heading": "USES", "overlap": 1.0}]
    (case,) = readers.medicationqa(written(tmp_path, {"id": "q", "question": "?", "focus": "Examplex", "gold": gold}))
    assert (case.drug, case.gold) == ("Examplex", (Gold(set_id="one", index=0, code="34067-9", heading="USES"),))


def fdarxbench_row(**more: object) -> Row:
    context = [
        {"section_title": "WARNING: A", "section_code": "34066-1", "text": "A is dangerous.", "has_answer": True},
        {"section_title": "5.1 A", "section_code": "42229-5", "text": "A was seen.", "has_answer": False},
        {"section_title": "5.2 B", "section_code": None, "text": "B was seen.", "has_answer": False},
    ]
    row = {"qid": "x", "task": "factual", "question": "?", "set_id": "one", "drug_name": "Examplex", "citations": ["5.1"]}
    return {**row, "context": context, **more}


def test_fdarxbench_gold_is_what_is_marked_or_cited_and_refusals_are_left_out(tmp_path: Path) -> None:
    refusal = fdarxbench_row(qid="y", task="refusal", context=[], citations=[])
    (case,) = readers.fdarxbench(written(tmp_path, fdarxbench_row(), refusal))
    assert [(gold.heading, gold.grade) for gold in case.gold] == [("WARNING: A", 2), ("5.1 A", 2), ("5.2 B", 1)]


def test_fdarxbench_brings_its_labels_along_each_section_once(tmp_path: Path) -> None:
    file = readers.fdarxbench_labels(written(tmp_path, fdarxbench_row(), fdarxbench_row(qid="y")), tmp_path)
    build(file, tmp_path / "x.kb")
    with KnowledgeBase.open(tmp_path / "x.kb") as kb:
        document = kb.document("one")
        assert document.title == "Examplex"
        assert [section.heading for section in document.sections] == ["WARNING: A", "5.1 A", "5.2 B"]


def test_graph_questions_go_one_hop_or_two(tmp_path: Path) -> None:
    one = {"id": "k-1", "question": "?", "entity": "示例病", "relation": "可能症状", "hops": 1, "answers": ["头痛"]}
    two = {"id": "k-2", "question": "?", "entity": "示例病", "relation": "并发症→治愈率", "hops": 2, "answers": ["90%", "30%"]}
    assert readers.kgqa(written(tmp_path, one, two)) == [
        FactCase("k-1", "?", "one hop", "示例病", ("has_symptom",), frozenset({"头痛"})),
        FactCase("k-2", "?", "two hops", "示例病", ("complication", "cure_rate"), frozenset({"90%", "30%"})),
    ]


def test_qizhen_asks_for_each_drugs_own_label(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(
        '药品,药品适应症,医学专家标注的适应病症,instruction\n示例洛尔片,"<p>用于\n示例病</p>",示例病,示例洛尔片治什么\n样本片,用于样本炎,样本炎,\n',
        encoding="utf-8",
    )
    cases = readers.qizhen(path)
    assert [(case.question, case.gold[0].drug) for case in cases] == [
        ("示例洛尔片治什么", "示例洛尔片"),
        ("样本片的适应症", "样本片"),
    ]


def test_operation_terms_may_mean_several_standard_terms(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("原始词\t标准词\n甲切除\t甲切除术\n甲乙切除\t甲切除术##乙切除术\n", encoding="utf-8")
    assert readers.operation_terms(path) == [
        TermCase("line 2", "甲切除", "one term", frozenset({"甲切除术"})),
        TermCase("line 3", "甲乙切除", "several terms", frozenset({"甲切除术", "乙切除术"})),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**DEVELOPMENT, "question": ""}, "question: "),
        ({name: value for name, value in DEVELOPMENT.items() if name != "question"}, "question: field required"),
        ({**DEVELOPMENT, "kind": "long"}, "kind: "),
        ({**DEVELOPMENT, "gold": []}, "gold: "),
        ({**DEVELOPMENT, "gold": [{"drug": "示例洛尔片", "section": "用法用量", "grade": 3}]}, "gold.0.grade: "),
        ({**DEVELOPMENT, "gold": [{"section": "用法用量"}]}, "wanted drug and section, or set_id and section_index"),
        ({**DEVELOPMENT, "gold": [{"drug": "示例洛尔片"}]}, "wanted drug and section, or set_id and section_index"),
        ({**DEVELOPMENT, "part": "third"}, "part: "),
        (["not", "an", "object"], "wanted an object"),
        (DEVELOPMENT, "the id 'a-1' stands in the file a second time"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_file_and_line(tmp_path: Path, row: object, said: str) -> None:
    path = written(tmp_path, DEVELOPMENT, row)
    with pytest.raises(EvaluationError) as caught:
        readers.development(path)
    assert str(caught.value).startswith(f"{path} (line 2): ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("\n{broken\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"\(line 2\): not valid JSON"):
        readers.development(path)


def test_relations_must_be_as_many_as_hops(tmp_path: Path) -> None:
    row = {"id": "k", "question": "?", "entity": "示例病", "relation": "可能症状", "hops": 2, "answers": ["头痛"]}
    with pytest.raises(EvaluationError, match="wanted 2 of them"):
        readers.kgqa(written(tmp_path, row))


def test_terms_of_chip_cdn_and_yidu_are_read_and_ranked_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "codes.csv").write_text("疾病编码,疾病名称\nK25,胃溃疡\nJ18,肺炎\n", "utf-8")
    build(tmp_path / "codes.csv", tmp_path / "codes.kb")
    (tmp_path / "cdn.json").write_text(
        json.dumps(
            [{"text": "胃部溃疡", "normalized_result": "胃溃疡"}, {"text": "肺炎", "normalized_result": "肺炎##胃溃疡"}]
        ),
        "utf-8",
    )
    (tmp_path / "yidu.csv").write_text("原始词,标准词\n别的,没有的病\n肺炎,肺炎\n", "utf-8")
    assert [(one.kind, len(one.standard)) for one in readers.written_terms(tmp_path / "cdn.json")] == [
        ("one term", 1),
        ("several terms", 2),
    ]
    call = ["evaluate", "terms", str(tmp_path / "yidu.csv"), "--kb", str(tmp_path / "codes.kb")]
    assert main([*call, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["terms"], found["absent"], found["figures"]["Success@1"]["value"]) == (2, 1, 1.0)
    assert main([*call, "--kind", "drug"]) == 1 and "wanted disease or operation" in capsys.readouterr().err
    (tmp_path / "bad.csv").write_text("原始词,标准词\n别的,##\n", "utf-8")
    with pytest.raises(EvaluationError, match=r"line 2\): there is no standard term in '##'"):
        readers.written_terms(tmp_path / "bad.csv")


def test_one_file_is_read_in_the_form_of_the_task_that_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, fdarxbench_row())
    ((task, path),) = tasks_of(file, ["fdarxbench"])
    assert task.name == "fdarxbench" and path == file
    with pytest.raises(EvaluationError, match="one file has the form of one task"):
        tasks_of(file, ["look-alikes"])


def test_a_term_without_its_standard_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("原始词\t标准词\n甲切除\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"\(line 2\): wanted a term"):
        readers.operation_terms(path)


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No such file"):
        readers.development(tmp_path / "none.jsonl")


def test_an_unknown_task_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="choose among user-questions-zh, medicineqa"):
        tasks_of(tmp_path, ["nothing"])
    with pytest.raises(EvaluationError, match=r"there is no .*medicineqa"):
        tasks_of(tmp_path, ["medicineqa"])
    with pytest.raises(EvaluationError, match="found none"):
        tasks_of(tmp_path)


def test_the_shared_question_files_are_read_whole(shared: Path) -> None:
    counts = {task.name: len(task.read(file)) for task, file in tasks_of(shared) if task.read}
    assert counts == {
        "user-questions-zh": 13,
        "medicineqa": 32,
        "medicationqa-en": 25,
        "fdarxbench": 30,
        "qizhen": 24,
        "kgqa-zh": 17,
        "operation-terms": 3953,
    }


def test_task_names_are_told_apart() -> None:
    assert len({task.name for task in TASKS}) == len(TASKS)
