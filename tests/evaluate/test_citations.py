"""Citation recall and precision, PubMedQA's decisions, and the disease form of the indication test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.verify.claim import Checker
from medrag.answer.verify.names import shipped_mentions
from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.citations import by_model, by_rules, citation_quality
from medrag.evaluate.indications import read_diseases
from medrag.evaluate.judges.replies import KeptReplies
from medrag.evaluate.pubmedqa import decide, decision, messages_for, read_pubmedqa, report
from medrag.evaluate.runs.manifest import manifest_of
from medrag.evaluate.runs.run import run
from medrag.evaluate.runs.tasks import run_tasks
from medrag.llm.load import load_model
from medrag.llm.scripted import ScriptedLLM
from medrag.types import Answer, Citation, Claim, DocumentInfo, Verdict, digest
from tests.shelf import shelf


def citation(marker: str, quote: str) -> Citation:
    where = DocumentInfo(source="labels", key=marker, title="布洛芬片", lang="zh")
    return Citation(marker=marker, document=where, start=0, end=len(quote), quote=quote, sha256=digest(quote))


def claim(text: str, *markers: str) -> Claim:
    return Claim(text=text, start=0, end=len(text), citations=markers, verdict=Verdict.SUPPORTED)


def answer(*claims: Claim, citations: Sequence[Citation]) -> Answer:
    return Answer(question="?", text="".join(one.text for one in claims), claims=claims, citations=tuple(citations))


def holds(statement: str, cited: Sequence[Citation]) -> bool:
    """A judge for whom each word of the statement must stand in some citation."""
    return all(any(word in one.quote for one in cited) for word in statement.split())


def test_recall_and_precision_are_those_of_alce() -> None:
    cited = [citation("1", "a b"), citation("2", "c"), citation("3", "x")]
    # All three carry "a c"; [1] and [2] are needed and [3] is not. "d" is carried by nothing, "e" cites nothing.
    found = citation_quality(answer(claim("a c", "1", "2", "3"), claim("d", "1"), claim("e"), citations=cited), holds)
    assert (found.statements, found.carried, found.citations, found.needed) == (3, 1, 4, 2)
    assert (found.recall, found.precision) == (1 / 3, 0.5)


def test_two_citations_that_each_carry_the_statement_are_both_right() -> None:
    cited = [citation("1", "a"), citation("2", "a")]
    assert citation_quality(answer(claim("a", "1", "2"), citations=cited), holds).precision == 1.0


def test_abstentions_and_lead_ins_state_nothing() -> None:
    cited = [citation("1", "a")]
    nothing = answer(claim("以下是说明书的内容：", "1"), citations=cited)
    assert citation_quality(nothing, holds).statements == 0 and citation_quality(nothing, holds).recall == 0.0
    said = answer(claim("a", "1"), citations=cited).model_copy(update={"abstained": True})
    assert citation_quality(said, holds).citations == 0


def test_the_verifier_and_a_model_judge_apart() -> None:
    rules = by_rules(Checker(shipped_mentions))
    said = [citation("1", "口服，一次0.2克，一日3次。")]
    assert rules("布洛芬片一次0.2克", said) and not rules("布洛芬片一次2克", said)

    class Sure:
        """An entailment model that looks for the words."""

        name = "sure"

        def carries(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
            return [float(claim in text) for text, claim in pairs]

    assert by_model(Sure())("布洛芬片: 口服", said) and not by_model(Sure())("静脉注射", said)


# ------------------------------------------------------------------ PubMedQA


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Yes", "yes"),
        ("no.", "no"),
        ("Maybe, the authors are careful.", "maybe"),
        ("The answer is no, although some say yes.", "no"),
        ("The study shows a link.\nyes", "yes"),
        ("There is no difference between the groups.", ""),
        ("The answer is yes. The answer is no.", ""),
        ("No difference was found.", ""),
        ("", ""),
    ],
)
def test_a_decision_is_read_only_where_it_is_stated(reply: str, said: str) -> None:
    assert decision(reply) == said


def pubmed(path: Path) -> Path:
    rows = {
        str(at): {"QUESTION": f"Does it {at}?", "CONTEXTS": ["A study."], "final_decision": right}
        for at, right in enumerate(["yes", "yes", "no", "maybe"])
    }
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_decisions_are_scored_and_what_decides_nothing_is_counted(tmp_path: Path) -> None:
    questions = read_pubmedqa(pubmed(tmp_path / "q.json"))
    model = KeptReplies(load_model(ScriptedLLM(["yes", "no", "no", "hard to say"])))
    found = report(decide(questions, model))
    assert (found.accuracy.total, found.accuracy.n, found.unreadable, found.faults) == (2, 4, 1, 0)
    # yes: 1 hit of 1 said and 2 right; no: 1 of 2 and 1; maybe: none.
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3) and found.commonest == 0.5
    assert messages_for(questions[0])[0].content.startswith("Abstract:\nA study.")


def test_a_file_of_answers_alone_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"1": "yes"}), "utf-8")
    with pytest.raises(EvaluationError, match=r"a\.json \(1"):
        read_pubmedqa(tmp_path / "a.json")
    (tmp_path / "b.json").write_text(json.dumps({"1": {"QUESTION": "?", "final_decision": "perhaps"}}), "utf-8")
    with pytest.raises(EvaluationError, match="final_decision"):
        read_pubmedqa(tmp_path / "b.json")
    with pytest.raises(EvaluationError, match="No such file"):
        read_pubmedqa(tmp_path / "c.json")


def test_the_command_decides_with_recorded_replies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = pubmed(tmp_path / "q.json")
    decide(read_pubmedqa(file), KeptReplies(load_model(ScriptedLLM("yes")), tmp_path / "replies.jsonl"))
    assert main(["evaluate", "pubmedqa", str(file), "--llm", f"recorded:{tmp_path / 'replies.jsonl'}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"]["value"] == 0.5


# ------------------------------------------------------------------ diseases

DISEASES = "疾病,治疗药物,检查检验,临床表现\n高血压,卡托普利片,,头晕|头痛|心悸\n"


def test_a_disease_is_asked_for_each_aspect_that_has_terms(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(DISEASES, "utf-8")
    assert [(aspect, one.question, one.terms) for aspect, one in read_diseases(tmp_path / "d.csv")] == [
        ("治疗药物", "高血压的治疗药物", ("卡托普利片",)),
        ("临床表现", "高血压的临床表现", ("头晕", "头痛", "心悸")),
    ]
    (tmp_path / "e.csv").write_text("疾病,治疗药物,检查检验,临床表现\n高血压,,,\n", "utf-8")
    with pytest.raises(EvaluationError, match="高血压: no term"):
        read_diseases(tmp_path / "e.csv")


def test_diseases_are_answered_from_the_graph(tmp_path: Path) -> None:
    (tmp_path / "eval" / "qizhen").mkdir(parents=True)
    (tmp_path / "eval" / "qizhen" / "diseases.csv").write_text(DISEASES, "utf-8")
    with shelf(tmp_path) as kb:
        tasks = run_tasks(tmp_path, ["qizhen-diseases"])
        found = run(tasks, MedRAG(kb), tmp_path / "run", manifest_of(kb, {"qizhen-diseases": tasks[0][1]}, {}))
    values = {line.measure: line.estimate.value for line in found.table.lines if line.group == "all"}
    assert values == {"C1": 1.0, "C2": 1.0, "C3": 1.0}  # two of three symptoms are two thirds
