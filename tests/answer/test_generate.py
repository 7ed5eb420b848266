"""Answers that a model writes: claims checked, faults shown, dropped, revised or withheld, and every failure bounded."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.policy import NoEvidence, Policy
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.llm.work import Finish
from medrag.types import Answer, Question, Turn, Verdict

ASKED = "布洛芬缓释胶囊的禁忌是什么？"
RIGHT = "对本品过敏者禁用[{n}]。孕妇及哺乳期妇女禁用[{n}]。"


def shown(kb: KnowledgeBase, words: str, question: str = ASKED) -> int:
    """The number under which the passage with these words is shown."""
    spy = ScriptedLLM("无。")
    MedRAG(kb, llm=spy).ask(question)
    prompt = "\n".join(message.content for message in spy.calls[0])
    before = prompt[: prompt.index(words)]
    return int(before[before.rindex("[") + 1 : before.rindex("]")])


@pytest.fixture(scope="module")
def n(kb: KnowledgeBase) -> int:
    return shown(kb, "活动性消化道溃疡患者禁用")


def asked(kb: KnowledgeBase, reply: str | Script | list[str], question: str = ASKED, **settings: object) -> Answer:
    return MedRAG(kb, llm=ScriptedLLM(reply), **settings).ask(question)  # type: ignore[arg-type]


def test_a_true_reply_is_supported_and_its_pointers_hold(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, RIGHT.format(n=n))
    assert answer.text == RIGHT.format(n=n)
    assert [claim.verdict for claim in answer.claims] == [Verdict.SUPPORTED, Verdict.SUPPORTED]
    (citation,) = answer.citations
    document = kb.document(citation.document.key, source=citation.document.source)
    assert document.text[citation.start : citation.end] == citation.quote
    for claim in answer.claims:
        assert answer.text[claim.start : claim.end] == claim.text
        words = "".join(document.text[support.start : support.end] for support in claim.support)
        assert "禁用" in words
    assert answer.writing.model == "scripted"
    assert len(answer.writing.prompt_sha256) == 64
    assert not answer.abstained
    assert not answer.notices


def test_what_the_label_does_not_say_is_flagged_with_the_reason(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, f"孕妇及哺乳期妇女可用[{n}]。")
    (claim,) = answer.claims
    assert claim.verdict is Verdict.CONTRADICTED
    assert "禁用" in "".join(claim.reasons)


def test_an_invented_citation_is_kept_and_shown_as_such(kb: KnowledgeBase) -> None:
    answer = asked(kb, "对本品过敏者禁用[99]。")
    (mark,) = answer.dangling
    assert (mark.text, answer.text[mark.start : mark.end]) == ("[99]", "[99]")
    assert answer.claims[0].verdict is not Verdict.SUPPORTED
    assert any("[99]" in notice.text for notice in answer.notices)


def test_a_claim_without_a_citation_is_matched_against_the_evidence(kb: KnowledgeBase) -> None:
    true, false = asked(kb, "孕妇及哺乳期妇女禁用。").claims + asked(kb, "本品可以治疗哮喘。").claims
    assert true.verdict is Verdict.UNCITED
    assert true.support
    assert false.verdict in {Verdict.UNSUPPORTED, Verdict.CONTRADICTED}


def test_drop_leaves_faulty_claims_out_and_says_how_many(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, f"孕妇及哺乳期妇女可用[{n}]。对本品过敏者禁用[{n}]。", policy=Policy.DROP)
    assert answer.text == f"对本品过敏者禁用[{n}]。"
    assert [claim.text for claim in answer.claims] == ["对本品过敏者禁用"] or answer.claims[0].text.startswith("对本品")
    assert any("1" in notice.text for notice in answer.notices)
    assert answer.trace["dropped"][0]["verdict"] == "contradicted"  # type: ignore[index]
    assert answer.text[answer.claims[0].start : answer.claims[0].end] == answer.claims[0].text


def test_an_answer_of_nothing_but_faults_is_withheld_when_they_are_dropped(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, f"孕妇及哺乳期妇女可用[{n}]。", policy=Policy.DROP)
    assert (answer.abstained, answer.reason) == (True, "unsupported-claims")
    assert "可用" not in answer.text
    assert answer.evidence


def test_abstain_withholds_the_whole_answer_for_one_fault(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, f"对本品过敏者禁用[{n}]。孕妇及哺乳期妇女可用[{n}]。", policy=Policy.ABSTAIN)
    assert (answer.abstained, answer.reason, answer.claims) == (True, "unsupported-claims", ())
    assert answer.evidence


def test_revise_asks_once_more_and_shows_the_faults(kb: KnowledgeBase, n: int) -> None:
    llm = ScriptedLLM([f"孕妇及哺乳期妇女可用[{n}]。", f"孕妇及哺乳期妇女禁用[{n}]。", "不应再问"])
    answer = MedRAG(kb, llm=llm, policy="revise").ask(ASKED)
    assert answer.text == f"孕妇及哺乳期妇女禁用[{n}]。"
    assert len(llm.calls) == 2
    assert "可用" in llm.calls[1][-1].content or any("可用" in message.content for message in llm.calls[1])
    assert answer.trace["revised"] is True


def test_a_revision_that_is_worse_is_not_taken(kb: KnowledgeBase, n: int) -> None:
    first = f"对本品过敏者禁用[{n}]。孕妇及哺乳期妇女可用[{n}]。"
    answer = MedRAG(kb, llm=ScriptedLLM([first, f"孕妇可用[{n}]。儿童可用[98]。"]), policy="revise").ask(ASKED)
    assert answer.text == first
    assert [claim.verdict for claim in answer.claims] == [Verdict.SUPPORTED, Verdict.CONTRADICTED]


def test_a_reply_that_says_the_evidence_does_not_answer_is_an_abstention(kb: KnowledgeBase) -> None:
    from medrag.answer.prompt.wording import refusal

    answer = asked(kb, refusal("zh"))
    assert (answer.abstained, answer.reason, answer.citations) == (True, "model-declined", ())


@pytest.mark.parametrize(
    ("script", "finish"),
    [
        (Script(), Finish.EMPTY),
        (Script(error=RuntimeError("显存不足")), Finish.FAILED),
        (Script(["<html><body>502</body></html>"], error=ConnectionError("server died")), Finish.FAILED),
    ],
)
def test_a_model_that_fails_leaves_the_evidence_quoted(kb: KnowledgeBase, script: Script, finish: Finish) -> None:
    answer = asked(kb, script)
    assert answer.writing.finish == finish.value
    assert not answer.abstained
    assert "活动性消化道溃疡患者禁用" in answer.text
    assert answer.notices
    assert all(claim.verdict is Verdict.SUPPORTED for claim in answer.claims)


def test_a_sentence_cut_short_is_left_out(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, Script([f"对本品过敏者禁用[{n}]。", "孕妇及哺乳期妇女可"], finish=Finish.LENGTH))
    assert answer.text == f"对本品过敏者禁用[{n}]。"
    assert any("没有写完" in notice.text for notice in answer.notices)


def test_a_reply_in_the_other_language_is_noticed(kb: KnowledgeBase, n: int) -> None:
    answer = asked(kb, f"Pregnant women must not take it [{n}].")
    assert any("中文" in notice.text for notice in answer.notices)


def test_what_no_document_carries_is_not_put_to_the_model(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM("司美格鲁肽每周一次。")
    answer = MedRAG(kb, llm=llm).ask("司美格鲁肽的用法用量是什么？")
    assert (answer.abstained, llm.calls) == (True, [])


def test_a_fallback_says_first_that_it_is_not_from_the_knowledge_base(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM("司美格鲁肽每周一次[1]。")
    answer = MedRAG(kb, llm=llm, on_no_evidence=NoEvidence.FALLBACK_MARKED).ask("司美格鲁肽的用法用量是什么？")
    assert answer.text.startswith("【以下不是知识库内容】")
    assert answer.reason == "not-from-knowledge-base"
    assert not answer.citations
    assert all(claim.verdict in {Verdict.UNCITED, Verdict.UNSUPPORTED} for claim in answer.claims)
    assert [mark.text for mark in answer.dangling] == ["[1]"]


def test_a_fallback_that_fails_is_an_abstention(kb: KnowledgeBase) -> None:
    answer = asked(kb, Script(), "司美格鲁肽的用法用量是什么？", on_no_evidence=NoEvidence.FALLBACK_MARKED)
    assert answer.abstained
    assert answer.notices


def test_the_stream_is_the_answer_claim_by_claim(kb: KnowledgeBase, n: int) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(RIGHT.format(n=n)))
    events = list(medrag.stream(ASKED))
    assert events[0].evidence
    assert events[-1].answer is not None
    assert "".join(event.text for event in events) == events[-1].answer.text
    assert [event.claim for event in events if event.claim] == list(events[-1].answer.claims)


def test_a_quoted_answer_streams_too(kb: KnowledgeBase) -> None:
    events = list(MedRAG(kb).stream(ASKED))
    answer = events[-1].answer
    assert answer is not None
    assert "".join(event.text for event in events) == answer.text
    assert len([event for event in events if event.claim]) == len(answer.claims) > 1


def test_a_claim_is_shown_before_the_model_has_finished(kb: KnowledgeBase, n: int) -> None:
    cancel = Event()
    medrag = MedRAG(kb, llm=ScriptedLLM(Script([f"对本品过敏者禁用[{n}]。", "孕妇"], hangs=True)))
    stream = medrag.stream(ASKED, cancel=cancel)
    first = next(event for event in stream if event.claim is not None)
    assert first.claim is not None and first.claim.verdict is Verdict.SUPPORTED
    cancel.set()
    answer = [event.answer for event in stream][-1]
    assert answer is not None
    assert answer.writing.finish == "cancelled"
    assert answer.text == f"对本品过敏者禁用[{n}]。"


def test_the_async_forms_give_the_same_answer(kb: KnowledgeBase, n: int) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(RIGHT.format(n=n)))

    async def both() -> tuple[Answer, list[str]]:
        return await medrag.aask(ASKED), [event.text async for event in medrag.astream(ASKED)]

    answer, texts = asyncio.run(both())
    alone = medrag.ask(ASKED)
    assert answer.model_copy(update={"trace": {}}) == alone.model_copy(update={"trace": {}})
    assert "".join(texts) == alone.text


def test_leaving_an_async_stream_stops_the_model(kb: KnowledgeBase, n: int) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(Script([f"对本品过敏者禁用[{n}]。", "孕妇"], hangs=True)))

    async def left() -> str:
        stream = medrag.astream(ASKED)
        async for event in stream:
            if event.claim is not None:
                await stream.aclose()  # type: ignore[attr-defined]
                return event.claim.text
        return ""

    assert asyncio.run(left()).startswith("对本品过敏者禁用")


def test_many_questions_are_answered_in_their_order(kb: KnowledgeBase, n: int) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(RIGHT.format(n=n)))
    questions = [ASKED, Question(text="司美格鲁肽的用法用量是什么？"), ASKED]
    assert [answer.abstained for answer in medrag.ask_many(questions)] == [False, True, False]


def test_history_reaches_the_model_and_the_retrieval(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM("孕妇及哺乳期妇女禁用。")
    history = (Turn(role="user", content="布洛芬缓释胶囊怎么吃？"), Turn(role="assistant", content="口服，一次1粒。"))
    answer = MedRAG(kb, llm=llm).ask("它的禁忌呢？", history)
    said = "\n".join(message.content for message in llm.calls[0])
    assert "怎么吃" in said
    assert "活动性消化道溃疡" in said
    assert answer.claims[0].support
