"""An answer as a record that stands alone: checked again against a knowledge base, or against files alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.record.check import Lookup, Recheck, check_against_files, check_record
from medrag.answer.record.stored import answer_from_json
from medrag.answer.show.text import answer_json
from medrag.answer.verify.names import shipped_mentions
from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import ScriptedLLM
from medrag.types import Answer, Document, DocumentInfo, Verdict, digest

ASKED = "布洛芬缓释胶囊的禁忌是什么？"


def of(kb: KnowledgeBase) -> Lookup:
    def lookup(info: DocumentInfo) -> list[Document]:
        try:
            return [kb.document(info.key, source=info.source)]
        except NotFoundError:
            return []

    return lookup


def stored(answer: Answer) -> Answer:
    """The answer after a journey through JSON."""
    return answer_from_json(answer_json(answer))


def generated(kb: KnowledgeBase) -> Answer:
    reply = "孕妇及哺乳期妇女禁用[1]。儿童可以随意服用[1]。对本品过敏者禁用。见文献[98]。"
    return stored(MedRAG(kb, llm=ScriptedLLM(reply)).ask(ASKED))


def test_a_quoted_answer_holds_with_and_without_the_knowledge_base(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb).ask(ASKED))
    assert answer.citations
    for names in (kb.link, shipped_mentions):
        report = check_record(answer, of(kb), names)
        assert (report.faults, report.citations, report.claims) == ([], len(answer.citations), len(answer.claims))


def test_a_generated_answer_holds_faults_and_all(kb: KnowledgeBase) -> None:
    answer = generated(kb)
    assert {claim.verdict for claim in answer.claims} > {Verdict.SUPPORTED}
    assert check_record(answer, of(kb), kb.link).faults == []


def test_a_changed_quote_is_found(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb).ask(ASKED))
    first = answer.citations[0]
    changed = first.model_copy(update={"quote": first.quote.replace("禁用", "可用")})
    report = check_record(answer.model_copy(update={"citations": (changed, *answer.citations[1:])}), of(kb), kb.link)
    assert report.faults[0].kind == "hash"


def test_a_moved_span_is_found_with_the_place_where_the_words_stand(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb).ask(ASKED))
    first = answer.citations[0]
    moved = first.model_copy(update={"start": first.start + 1, "end": first.end + 1})
    (fault, *_) = check_record(answer.model_copy(update={"citations": (moved, *answer.citations[1:])}), of(kb), kb.link).faults
    assert fault.kind == "span"
    assert f"{first.start}–{first.end}" in fault.message


def test_another_release_of_the_reader_is_named_as_such(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb).ask(ASKED))

    def reread(info: DocumentInfo) -> list[Document]:
        document = of(kb)(info)[0]
        return [document.model_copy(update={"text": "\n" + document.text, "reader": "test/2"})]

    report = check_record(answer, reread, kb.link)
    assert {fault.kind for fault in report.faults} == {"reader"}
    assert "test/1" in report.faults[0].message and "test/2" in report.faults[0].message


def test_a_missing_document_is_a_fault(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb).ask(ASKED))
    report = check_record(answer, lambda _info: [], kb.link)
    assert {fault.kind for fault in report.faults} == {"document"}


def test_a_changed_verdict_is_found(kb: KnowledgeBase) -> None:
    answer = generated(kb)
    claims = tuple(claim.model_copy(update={"verdict": Verdict.SUPPORTED}) for claim in answer.claims)
    report = check_record(answer.model_copy(update={"claims": claims}), of(kb), kb.link)
    assert "verdict" in {fault.kind for fault in report.faults}


def test_changed_words_of_the_answer_are_found(kb: KnowledgeBase) -> None:
    answer = generated(kb)
    report = check_record(answer.model_copy(update={"text": answer.text.replace("禁用", "可用")}), of(kb), kb.link)
    assert "offsets" in {fault.kind for fault in report.faults}


def recheck(answer: Answer, kb: KnowledgeBase, change: Callable[[dict[str, Any]], object]) -> Recheck:
    """The check of an answer whose JSON was changed."""
    record: Any = json.loads(json.dumps(answer_json(answer)))
    change(record)
    return check_record(answer_from_json(record), of(kb), kb.link)


def set_in(name: str, key: str, value: object) -> Callable[[dict[str, Any]], object]:
    """Sets something that the first citation, or the first piece of evidence, says of its document."""
    return lambda record: record[name][0]["document"].update({key: value})


def rewritten(record: dict[str, Any]) -> None:
    for item in record["evidence"]:
        item.update(text="孕妇可用。", start=0, end=5)


def moved_evidence(record: dict[str, Any]) -> None:
    for item in record["evidence"]:
        item["end"] += 1


def joined(record: dict[str, Any]) -> None:
    """One claim in the place of all, which cites what the first did."""
    first, text = record["claims"][0], record["answer"]
    record["claims"] = [{**first, "text": text, "start": 0, "end": len(text), "statement": ""}]
    record["dangling"] = []


ANY_FORGERY = [
    ("a sentence behind the answer", lambda r: r.update(answer=r["answer"] + "孕妇可以放心服用。"), "words"),
    ("a line behind the answer", lambda r: r.update(answer=r["answer"] + "\n儿童可以随意服用"), "words"),
    ("a remark of its own", lambda r: r.update(answer=r["answer"] + "\n（儿童可以随意服用。）"), "words"),
    ("another drug's heading", lambda r: r.update(answer=r["answer"] + "\n人人可服片【适应症】"), "words"),
    ("no claims", lambda r: r.update(claims=[]), "words"),
    ("nothing but an answer", lambda r: r.update(answer="x", citations=[], claims=[], evidence=[], dangling=[]), "words"),
    ("an abstention that claims", lambda r: r.update(abstained=True), "words"),
    ("evidence of other words", rewritten, "span"),
    ("evidence of another span", moved_evidence, "span"),
    ("a citation of another title", set_in("citations", "title", "布洛芬颗粒"), "details"),
    ("a citation of another maker", set_in("citations", "maker", "别的药厂"), "details"),
    ("a citation of another date", set_in("citations", "effective", "2030-01-01"), "details"),
    ("a citation of another version", set_in("citations", "version", 7), "details"),
    ("evidence of another title", set_in("evidence", "title", "布洛芬颗粒"), "details"),
    ("a citation under another heading", lambda r: r["citations"][0]["section"].update(heading="适应症"), "details"),
    ("two citations of one marker", lambda r: r["citations"].append(r["citations"][0]), "marker"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind"), [row[1:] for row in ANY_FORGERY], ids=[row[0] for row in ANY_FORGERY])
def test_a_forged_record_is_found(kb: KnowledgeBase, change: Callable[[dict[str, Any]], object], kind: str) -> None:
    for answer in (stored(MedRAG(kb).ask(ASKED)), generated(kb)):
        assert recheck(answer, kb, lambda _record: None).ok
        assert kind in {fault.kind for fault in recheck(answer, kb, change).faults}


GENERATED_FORGERY = [
    ("what was checked is not what is said", lambda r: r["claims"][1].update(statement="孕妇及哺乳期妇女禁用。", verdict="supported"), "statement"),
    ("a mark cites something else", lambda r: r["claims"][0].update(citations=[]), "marker"),
    ("an invented mark is kept quiet", lambda r: r.update(dangling=[]), "marker"),
    ("an entailment model is said to have settled it", lambda r: (r["writing"].update(entailment="any"), r["claims"][1].update(verdict="contradicted")), "verdict"),
    ("nobody wrote it", lambda r: r["writing"].update(model="extractive"), "verdict"),
    ("one claim is all of it", joined, "statement"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind"), [row[1:] for row in GENERATED_FORGERY], ids=[row[0] for row in GENERATED_FORGERY])
def test_a_forged_record_of_a_models_words_is_found(
    kb: KnowledgeBase, change: Callable[[dict[str, Any]], object], kind: str
) -> None:
    assert kind in {fault.kind for fault in recheck(generated(kb), kb, change).faults}


def test_an_uncited_claim_is_no_quotation(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb, llm=ScriptedLLM("对本品过敏者禁用。")).ask(ASKED))
    assert answer.claims[0].citations == ()
    faults = recheck(
        answer, kb, lambda r: (r["writing"].update(model="extractive"), r["claims"][0].update(verdict="supported"))
    )
    assert "verdict" in {fault.kind for fault in faults.faults}


def test_what_only_an_entailment_model_can_have_settled_is_noted(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb, llm=ScriptedLLM("孕妇及哺乳期妇女禁用，这在临床中早已成为共识[1]。")).ask(ASKED))
    assert answer.claims[0].verdict in {Verdict.PARTIAL, Verdict.UNSUPPORTED}

    def settled(record: dict[str, Any]) -> None:
        record["claims"][0].update(verdict="supported", reasons=[])

    assert {fault.kind for fault in recheck(answer, kb, settled).faults} == {"verdict"}
    how = answer.writing.model_copy(update={"entailment": "any"})
    report = recheck(answer.model_copy(update={"writing": how}), kb, settled)
    assert (report.faults, [note.kind for note in report.notes]) == ([], ["verdict"])


@pytest.mark.parametrize(
    "question",
    ["阿普斯特片的适应症", "今天天气怎么样？", "高血压的症状", "头痛吃什么药", "布洛芬和华法林能一起吃吗", "布洛芬片和阿司匹林的区别",
     "What is ibuprofen used for?", "Is apremilast safe?", "碳酸钙片的不良反应", "布洛芬缓释胶囊孕妇能吃吗", "布洛分片的适应症"],
)  # fmt: skip
def test_what_the_library_says_itself_is_known_for_its_own(kb: KnowledgeBase, question: str) -> None:
    report = recheck(MedRAG(kb).ask(question), kb, lambda _record: None)
    assert (report.faults, report.notes) == ([], [])


def test_an_abstention_that_says_anything_else_is_found(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("阿普斯特片的适应症")
    assert answer.abstained
    report = recheck(answer, kb, lambda r: r.update(answer="阿普斯特片可以放心服用。"))
    assert {fault.kind for fault in report.faults} == {"words"}


def test_a_name_of_a_fact_that_no_row_holds_is_found(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("高血压的症状")
    assert any(citation.fact for citation in answer.citations)

    def renamed(record: dict[str, Any]) -> None:
        record["answer"] = record["answer"].replace("头晕", "失明")
        for claim in record["claims"]:
            claim["text"] = claim["text"].replace("头晕", "失明")

    assert "verdict" in {fault.kind for fault in recheck(answer, kb, renamed).faults}


def test_against_files_other_names_give_notes_and_other_numbers_faults(kb: KnowledgeBase) -> None:
    answer = stored(MedRAG(kb, llm=ScriptedLLM("孕妇及哺乳期妇女禁用[1]。孕妇可用[1]。")).ask(ASKED))

    def in_files(info: DocumentInfo) -> list[Document]:
        cited = {citation.document.key for citation in answer.citations}
        return [one.model_copy(update={"source": "", "version": 0}) for one in of(kb)(info) if info.key in cited]

    report = check_against_files(answer, in_files, shipped_mentions)
    assert report.faults == []
    assert "document" in {note.kind for note in report.notes}, "evidence whose files were not named"
    claims = tuple(claim.model_copy(update={"verdict": Verdict.SUPPORTED}) for claim in answer.claims)
    report = check_against_files(answer.model_copy(update={"claims": claims}), in_files, shipped_mentions)
    assert [fault.kind for fault in report.faults] == ["verdict"]
    weaker = tuple(claim.model_copy(update={"verdict": Verdict.PARTIAL}) for claim in answer.claims)
    report = check_against_files(answer.model_copy(update={"claims": weaker}), in_files, shipped_mentions)
    assert report.faults == [] and "verdict" in {note.kind for note in report.notes}


def test_a_quote_rewritten_with_its_hash_is_found(kb: KnowledgeBase) -> None:
    def rewritten(record: dict[str, Any]) -> None:
        cited = record["citations"][0]
        cited["quote"] = cited["quote"].replace("禁用", "可用")
        cited["sha256"] = digest(cited["quote"])

    assert "span" in {fault.kind for fault in recheck(generated(kb), kb, rewritten).faults}
