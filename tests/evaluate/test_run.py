"""Evaluating as one run: figures of sections and facts, ablations, what is left out, and the command."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medrag.cli import main
from medrag.evaluate.cases import FactCase, Gold, PairCase, SectionCase
from medrag.evaluate.facts import score_facts
from medrag.evaluate.matching import Pool
from medrag.evaluate.names import name_cases, pair_cases, score_pairs
from medrag.evaluate.run import ALL, Outcome, evaluate
from medrag.evaluate.scoring import Found, Scored, bm25, finder, score_sections
from medrag.kb.base import KnowledgeBase
from medrag.kb.relations import inverse_of
from medrag.types import Evidence, Fact
from tests.making import label
from tests.shelf import shelf

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "1",
        "question": "布洛芬缓释胶囊孕妇能吃吗",
        "kind": "person",
        "gold": [{"drug": "布洛芬缓释胶囊", "section": "禁忌"}],
    },
    {
        "id": "2",
        "question": "布洛芬缓释胶囊一天吃几次",
        "kind": "short",
        "gold": [{"drug": "布洛芬缓释胶囊", "section": "用法用量"}],
    },
    {"id": "3", "question": "鼻炎丸治什么", "kind": "short", "gold": [{"drug": "鼻炎丸", "section": "功能主治"}]},
    {"id": "4", "question": "布洛芬片治什么病", "kind": "short", "gold": [{"drug": "布洛芬片", "section": "用法用量"}]},
    {"id": "5", "question": "没有这种药的片怎么吃", "kind": "other", "gold": [{"drug": "不在之药片", "section": "用法用量"}]},
    {
        "id": "6",
        "question": "止咳丸怎么吃",
        "kind": "short",
        "gold": [{"drug": "止咳丸", "section": "用法用量"}],
        "part": "frozen",
    },
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the knowledge base `shelf.kb` and the questions `zh.jsonl`."""
    folder = tmp_path_factory.mktemp("evaluate")
    shelf(folder).close()
    text = "".join(json.dumps(question, ensure_ascii=False) + "\n" for question in QUESTIONS)
    (folder / "zh.jsonl").write_text(text, encoding="utf-8")
    return folder


def outcome(folder: Path, **options: Any) -> Outcome:
    (found,) = evaluate(folder, kb=folder / "shelf.kb", **options)
    return found


def figures(found: Outcome, group: str = ALL) -> dict[str, tuple[float, int]]:
    return {line.measure: (line.estimate.total, line.estimate.n) for line in found.lines if line.group == group}


def section_case(question: str, drug: str, heading: str) -> SectionCase:
    return SectionCase("q", question, "short", (Gold(drug=drug, heading=heading),))


def test_questions_are_counted_by_drug_and_section(folder: Path) -> None:
    found = figures(outcome(folder))
    assert found["drug@1"] == (4.0, 4)
    assert found["Success@1"] == (3.0, 4)  # the gold of question 4 is wrong on purpose
    assert set(found) == {"drug@1", "Success@1", "Success@5", "sections@5", "nDCG@5", "RR"}


def test_groups_are_shown_where_they_have_three_questions(folder: Path) -> None:
    found = outcome(folder)
    assert {line.group for line in found.lines} == {ALL, "short"}
    assert figures(found, "short")["Success@1"] == (2.0, 3)


def test_questions_whose_gold_is_not_there_are_left_out_and_said(folder: Path) -> None:
    found = outcome(folder)
    assert found.absent == 1
    assert [one.id for one in found.scored if one.absent] == ["5"]


def test_the_frozen_part_is_asked_only_when_it_is_asked_for(folder: Path) -> None:
    assert {one.id for one in outcome(folder).scored} == {"1", "2", "3", "4", "5"}
    assert [one.id for one in outcome(folder, frozen=True).scored] == ["6"]


def test_the_same_run_twice_gives_the_same_figures(folder: Path) -> None:
    assert outcome(folder, ablate=True).lines == outcome(folder).lines


def test_ablations_compare_each_channel_with_all_of_them(folder: Path) -> None:
    found = outcome(folder, ablate=True).ablations
    systems = list(dict.fromkeys(one.system for one in found))
    assert systems[-1] == "plain BM25"
    assert {"only words", "without label"} <= set(systems)
    assert {one.difference.n for one in found} == {4}


def test_plain_bm25_understands_nothing(folder: Path) -> None:
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        found = bm25("布洛芬的禁忌", kb)
        assert found.understanding is None
        ids = [evidence.passage.id for evidence in found.evidence if evidence.passage is not None]
        assert ids == [ref for ref, _ in kb.search_words("布洛芬的禁忌", 10)]
        assert bm25("zzzz", kb).evidence == ()


def test_only_the_first_five_pieces_of_evidence_count_in_five(folder: Path) -> None:
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        passages = [p for info in kb.documents(source="labels") if info.key == "Z4" for p in kb.passages_of(info)]
        dosage = [p for p in passages if p.section.heading == "【用法用量】"]
        other = [p for p in passages if p.section.heading == "【适应症】"]
        assert len(dosage) >= 5
        evidence = [
            Evidence(rank=rank, score=0.5, found_by=("words",), passage=passage)
            for rank, passage in enumerate([*dosage[:5], *other], start=1)
        ]
        case = section_case("奥美拉唑肠溶胶囊治什么", "奥美拉唑肠溶胶囊", "适应症")
        (scored,) = score_sections([case], kb, lambda _question, _kb: Found(tuple(evidence)), Pool(kb))
    assert scored.values["Success@5"] == 0.0
    assert scored.values["Success@10"] == 1.0
    assert scored.values["sections@5"] == 1.0  # it is the second section
    assert scored.values["own@1"] == 1.0


def facts_scored(folder: Path, question: str, entity: str, relations: tuple[str, ...], *answers: str) -> Scored:
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        case = FactCase("k", question, "one hop", entity, relations, frozenset(answers))
        (scored,) = score_facts([case], kb, finder())
        return scored


def test_facts_are_exactly_right_where_all_and_no_others_are_found(folder: Path) -> None:
    scored = facts_scored(folder, "高血压有哪些症状", "高血压", ("has_symptom",), "头晕")
    assert scored.values == {"exact": 1.0, "F1": 1.0}  # the file names one of two symptoms, the graph has both


def test_facts_of_another_entity_are_not_exactly_right(folder: Path) -> None:
    scored = facts_scored(folder, "高血压有哪些症状", "脑卒中", ("cure_rate",), "30%")
    assert scored.values["exact"] == 0.0


def test_facts_at_the_end_of_two_hops_are_found(folder: Path) -> None:
    scored = facts_scored(folder, "高血压的并发症的治愈率是多少", "高血压", ("complication", "cure_rate"), "30%")
    assert scored.values["exact"] == 1.0


def test_a_graph_question_whose_answer_is_not_in_the_graph_is_left_out(folder: Path) -> None:
    assert facts_scored(folder, "高血压有哪些症状", "高血压", ("has_symptom",), "发热").absent


def test_a_relation_read_from_its_other_end_counts(folder: Path) -> None:
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        (fact,) = [fact for fact in kb.facts("高血压") if fact.relation == "treated_with"]
        turned = Fact(subject=fact.object, relation=inverse_of("treated_with"), object=fact.subject)
        found = Found(
            (Evidence(rank=1, score=1.0, found_by=("graph",), fact=turned),), finder()("高血压吃什么药", kb).understanding
        )
        case = FactCase("k", "高血压吃什么药", "one hop", "高血压", ("treated_with",), frozenset({"卡托普利片"}))
        (scored,) = score_facts([case], kb, lambda _question, _kb: found)
    assert scored.values["exact"] == 1.0


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    assert main(["evaluate", "retrieval", *(str(argument) for argument in arguments)]) == code
    caught = capsys.readouterr()
    return caught.err if code else caught.out


def test_the_command_prints_a_table_with_counts_and_intervals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, folder, "--kb", folder / "shelf.kb", "--ablate").splitlines()
    assert printed[0].split() == ["task", "group", "measure", "n", "value", "95", "%", "interval"]
    assert printed[1].split()[:6] == ["own-zh", "all", "drug@1", "4", "1.000", "(4/4)"]
    assert any(line.split()[:4] == ["own-zh", "plain", "BM25", "Success@1"] for line in printed)
    assert printed[-1] == "own-zh: 4 questions; 1 question left out: their gold is not in the knowledge base"


def test_the_command_prints_the_same_twice_and_its_times_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert main(["evaluate", "retrieval", str(folder), "--kb", str(folder / "shelf.kb"), "--ablate"]) == 0
        said.append(capsys.readouterr())
    assert said[0].out == said[1].out
    assert " ms" not in said[0].out
    assert "own-zh: p50 " in said[0].err


def test_the_command_prints_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (task,) = json.loads(run(capsys, folder / "zh.jsonl", "--kb", folder / "shelf.kb", "--json"))
    assert (task["task"], task["asked"], task["absent"]) == ("zh", 4, 1)
    assert task["figures"][0] == {"group": "all", "measure": "drug@1", "n": 4, "value": 1.0, "low": 1.0, "high": 1.0}
    assert set(task["milliseconds"]) == {"p50", "p95"}


def test_missed_questions_are_written_with_what_was_found(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, "--kb", folder / "shelf.kb", "--errors", tmp_path / "missed.jsonl")
    missed = [json.loads(line) for line in (tmp_path / "missed.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in missed] == ["4", "5"]
    assert missed[0]["asked"] == "布洛芬片治什么病"
    assert missed[0]["gold"] == ["布洛芬片 | 用法用量 (2)"]
    assert missed[0]["found"][0].startswith("布洛芬片 | 【适应症】 | ")
    assert missed[1]["missed"] == "gold is not in the knowledge base"


def test_a_profile_is_taken_from_a_file(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "p.json"
    profile.write_text('{"weights": {"words": 1.0}}', encoding="utf-8")
    run(capsys, folder, "--kb", folder / "shelf.kb", "--profile", profile)
    profile.write_text('{"weights": "heavy"}', encoding="utf-8")
    assert "p.json: weights: " in run(capsys, folder, "--kb", folder / "shelf.kb", "--profile", profile, code=1)


def test_a_bad_question_file_is_one_line_with_file_and_row(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "1"}\n', encoding="utf-8")
    said = run(capsys, bad, "--kb", folder / "shelf.kb", code=1)
    assert said == f"medrag: {bad} (line 1): question: field required\n"


def test_without_a_knowledge_base_one_is_made_of_the_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels" / "zh"
    labels.mkdir(parents=True)
    (labels / "a.txt").write_text("示例洛尔片\n【适应症】用于示例病。\n【用法用量】一次5mg。\n", encoding="utf-8")
    questions = tmp_path / "eval" / "medicineqa"
    questions.mkdir(parents=True)
    row = {"id": "1", "question": "示例洛尔片怎么吃", "evidence": [{"drug": "示例洛尔片", "section": "用法用量", "text": "-"}]}
    (questions / "dev.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (task,) = json.loads(run(capsys, tmp_path, "--task", "medicineqa", "--json"))
    assert task["figures"][1]["value"] == 1.0


def test_without_labels_a_knowledge_base_is_wanted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give one with --kb FOLDER" in run(capsys, folder, code=1)


def test_labels_that_belong_to_the_questions_are_added_to_a_copy(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "eval" / "qizhen"
    questions.mkdir(parents=True)
    header = "药品,药品适应症,医学专家标注的适应病症,instruction\n"
    (questions / "indications.csv").write_text(f"{header}示例洛尔片,<p>用于示例病。</p>,示例病,\n", encoding="utf-8")
    (task,) = json.loads(run(capsys, tmp_path, "--kb", folder / "shelf.kb", "--json"))
    assert task["figures"][0] == {"group": "all", "measure": "own@1", "n": 1, "value": 1.0, "low": 1.0, "high": 1.0}
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        assert kb.commit == 1
        assert kb.entity("示例洛尔片") == []


def test_names_are_asked_as_people_write_them(folder: Path) -> None:
    (found,) = evaluate(folder, kb=folder / "shelf.kb", names=["name-variants"])
    assert {"no form", "pinyin"} <= {group for one in found.scored for group in one.groups}
    assert figures(found)["drug@1"][1] == len(found.scored)
    (again,) = evaluate(folder, kb=folder / "shelf.kb", names=["name-variants"])
    assert [one.id for one in again.scored] == [one.id for one in found.scored]


def test_so_many_variants_of_each_kind_are_drawn(folder: Path) -> None:
    with KnowledgeBase.open(folder / "shelf.kb") as kb:
        all_, some = name_cases(kb), name_cases(kb, per_kind=2)
        counts = Counter(case.kind for case in some)
        assert set(counts) == {case.kind for case in all_}
        assert max(counts.values()) == 2
        assert {case.id for case in some} <= {case.id for case in all_}


def test_names_that_look_alike_are_kept_apart(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "pair.kb") as kb:
        with kb.write() as writer:
            writer.add_many([label(name, {"【适应症】": "用于示例病。"}) for name in ("头孢氨苄胶囊", "头孢拉定胶囊")])
        one, absent = score_pairs(
            [PairCase("1", "头孢氨苄", "pair", "头孢拉定"), PairCase("2", "示例甲", "pair", "示例乙")], kb
        )
        assert (one.values["apart"], one.absent) == (1.0, False)
        assert absent.absent
        (merged,) = score_pairs([PairCase("3", "头孢氨苄", "pair", "头孢氨苄")], kb)
        assert merged.values["apart"] == 0.0
        assert merged.found[0] == "头孢氨苄 links to 头孢氨苄 as 头孢氨苄"
        assert len(pair_cases(kb)) >= 200


def test_terms_are_judged_by_the_first_that_are_ranked(tmp_path: Path) -> None:
    codes = "00.1\t示例切除术\n00.2\t示例缝合术\n00.3\t样本切除术\n"
    folder = tmp_path / "eval" / "term_norm"
    folder.mkdir(parents=True)
    (folder / "surgery_codes.txt").write_text(codes, encoding="utf-8")
    pairs = "示例切除术\t示例切除术\n示例缝合\t示例缝合术\n示例切除\t不在其中术\n"
    (folder / "surgery_train.tsv").write_text(f"原始词\t标准词\n{pairs}", encoding="utf-8")
    (found,) = evaluate(tmp_path)
    assert figures(found)["Success@1"] == (2.0, 2)
    assert figures(found)["all"] == (2.0, 2)
    assert found.absent == 1


def test_graph_questions_are_asked_of_the_graph_beside_them(shared: Path) -> None:
    (found,) = evaluate(shared, names=["kgqa-zh"])
    assert found.absent == 0
    assert figures(found)["exact"][1] == 17
