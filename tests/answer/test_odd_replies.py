"""Replies as models really write them: refusals of their own, half sentences, advice, headings, floods; and who leaves early."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.policy import Policy
from medrag.answer.reply.cut import cut_claims
from medrag.answer.reply.said import Said, said
from medrag.errors import MedRAGError
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.llm.work import Finish
from medrag.types import Answer, Turn, Verdict

ASKED = "布洛芬缓释胶囊的禁忌是什么？"
RIGHT = "对本品过敏者禁用[1]。"


def asked(kb: KnowledgeBase, reply: str | Script, question: str = ASKED, **settings: object) -> Answer:
    return MedRAG(kb, llm=ScriptedLLM(reply), **settings).ask(question)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "资料中没有相关信息，一般成人每日服10片。",
        "我无法根据资料回答剂量问题，但儿童每次可服500mg。",
        "If you cannot answer, take 20 tablets.",
        "祝您早日康复，每天10片。",
        "希望以上回答对您有帮助，记得每天吃10片！",
        "每天服十片，可以吗？",
        "孕妇可以使用。",
        "请咨询医生，孕妇不能使用本品。",
        "## 孕妇禁用",
        "The label does not mention it, but it is usually safe.",
    ],
)
def test_whatever_holds_an_amount_or_a_leave_is_a_claim(text: str) -> None:
    assert Said.CLAIM in {said(piece) for piece in cut_claims(text)}


@pytest.mark.parametrize(
    "text",
    [
        "很抱歉，根据您提供的资料，我无法回答这个问题。",
        "I'm sorry, but the provided sources do not contain information about this.",
        "资料中没有提到布洛芬混悬液的禁忌。",
        "I don't know.",
        "我不知道。",
        "The sources do not answer this question.",
    ],
)
def test_models_refuse_in_words_of_their_own(kb: KnowledgeBase, text: str) -> None:
    assert {said(piece) for piece in cut_claims(text)} == {Said.REFUSAL}
    for advice in ("", "请咨询医生。", " Please consult your doctor."):
        answer = asked(kb, text + advice)
        assert (answer.abstained, answer.reason, answer.claims) == (True, "model-declined", ())


def test_a_refusal_behind_what_nothing_supports_is_one_before_a_word_is_shown(kb: KnowledgeBase) -> None:
    model = ScriptedLLM(Script(["本品由月光酿成。\n", "根据现有资料无法回答"]))
    *words, last = MedRAG(kb, llm=model).stream(ASKED)
    assert last.answer is not None and last.answer.reason == "model-declined"
    assert "".join(event.text for event in words) == last.answer.text
    assert "月光" not in last.answer.text


@pytest.mark.parametrize(
    "text", ["## 禁忌", "**用法用量**", "建议您咨询医生或药师。", "Please ask your pharmacist.", "您好！", "根据说明书："]
)
def test_headings_greetings_and_advice_claim_nothing(text: str) -> None:
    assert {said(piece) for piece in cut_claims(text)} <= {Said.REMARK}


@pytest.mark.parametrize("policy", list(Policy))
def test_a_dose_behind_a_refusal_is_checked(kb: KnowledgeBase, policy: Policy) -> None:
    answer = asked(kb, RIGHT + "资料中没有相关信息，一般成人每日服10片[1]。", policy=policy)
    if policy in {Policy.FLAG, Policy.REVISE}:
        assert answer.claims[-1].verdict in {Verdict.UNSUPPORTED, Verdict.CONTRADICTED}
    else:
        assert "10片" not in answer.text


@pytest.mark.parametrize("half", ["按体重一次0.", "Take 1.", "24小时内不超过4", "不超过4."])
def test_half_a_dose_is_never_shown(kb: KnowledgeBase, half: str) -> None:
    answer = asked(kb, Script([RIGHT, half], finish=Finish.LENGTH))
    assert answer.text == RIGHT
    assert any("已略去" in notice.text for notice in answer.notices)


def test_nothing_is_said_to_be_left_out_where_nothing_is(kb: KnowledgeBase) -> None:
    answer = asked(kb, Script([RIGHT], finish=Finish.LENGTH))
    assert answer.text == RIGHT
    assert not any("已略去" in notice.text for notice in answer.notices)


def test_a_heading_alone_is_no_answer_when_the_rest_is_dropped(kb: KnowledgeBase) -> None:
    answer = asked(kb, "## 禁忌\n孕妇可服10片[1]。", policy=Policy.DROP)
    assert (answer.abstained, answer.reason) == (True, "unsupported-claims")
    assert answer.trace["withheld"][0]["verdict"] in {"contradicted", "unsupported"}  # type: ignore[index]


def test_a_reply_that_states_nothing_is_replaced_by_the_evidence(kb: KnowledgeBase) -> None:
    answer = asked(kb, "好的。")
    assert "活动性消化道溃疡患者禁用" in answer.text
    assert not any("stop" in notice.text for notice in answer.notices)


def test_a_model_that_reads_too_little_leaves_the_evidence(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb, llm=ScriptedLLM(RIGHT, context_window=200, num_output=120)).ask(ASKED)
    assert "活动性消化道溃疡患者禁用" in answer.text
    assert answer.notices


def test_a_revision_that_declines_is_taken_where_the_first_reply_was_nothing_but_faults(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM(["孕妇可服10片[1]。", "资料中没有这个问题的答案。"])
    answer = MedRAG(kb, llm=llm, policy="revise").ask(ASKED)
    assert (answer.abstained, answer.reason) == (True, "model-declined")


def test_a_flood_of_claims_ends(kb: KnowledgeBase) -> None:
    answer = asked(kb, Script(["".join(f"第{n}类患者禁用。\n" for n in range(1500))]))
    assert len(answer.claims) <= 300
    assert answer.writing.finish in {"too-long", "repeated"}
    assert answer.notices


@pytest.mark.parametrize("reply", ["资料中没有这个问题的答案。", "", "司美"])
def test_the_stream_of_a_fallback_is_its_answer_too(kb: KnowledgeBase, reply: str) -> None:
    script = Script([reply], error=RuntimeError("died") if reply == "司美" else None)
    medrag = MedRAG(kb, llm=ScriptedLLM(script), on_no_evidence="fallback_marked")
    events = list(medrag.stream("司美格鲁肽的用法用量是什么？"))
    answer = events[-1].answer
    assert answer is not None and answer.abstained
    assert "".join(event.text for event in events) == answer.text
    assert "引用原文" not in "".join(map(str, answer.notices))


def test_a_fallback_knows_what_was_spoken_of(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM("每周一次。")
    history = (Turn(role="user", content="司美格鲁肽是什么药？"), Turn(role="assistant", content="知识库中没有。"))
    MedRAG(kb, llm=llm, on_no_evidence="fallback_marked").ask("司美格鲁肽的用法用量呢？", history)
    assert [message.content for message in llm.calls[0]][:1] == ["司美格鲁肽是什么药？"]


def test_a_question_that_cannot_be_asked_does_not_stop_the_others(kb: KnowledgeBase) -> None:
    for medrag in (MedRAG(kb), MedRAG(kb, llm=ScriptedLLM(RIGHT))):
        answers = list(medrag.ask_many([ASKED, " ", ASKED]))
        assert [answer.reason for answer in answers] == ["", "cannot-be-asked", ""]


def test_many_questions_are_not_read_far_ahead(kb: KnowledgeBase) -> None:
    read = 0

    def questions() -> object:
        nonlocal read
        for _ in range(40):
            read += 1
            yield ASKED

    answers = MedRAG(kb, llm=ScriptedLLM(RIGHT)).ask_many(questions(), workers=2)  # type: ignore[arg-type]
    next(answers)
    assert read <= 5
    answers.close()  # type: ignore[attr-defined]


def writing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("medrag-")]


def left_of(before: list[threading.Thread], tries: int = 200) -> list[str]:
    """The threads that write and did not before (tests of other files may have left some), looked at until there are none."""
    left: list[str] = []
    for _ in range(tries):
        left = [thread.name for thread in writing() if thread not in before]
        if not left:
            return []
        time.sleep(0.05)
    return left


def test_leaving_a_stream_stops_the_model(kb: KnowledgeBase) -> None:
    before = writing()
    endless = Script([RIGHT, "孕妇"], hangs=True)
    for event in MedRAG(kb, llm=ScriptedLLM(endless)).stream(ASKED):
        if event.claim is not None:
            break
    assert left_of(before) == []


def test_cancelling_a_task_stops_the_model(kb: KnowledgeBase) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(MedRAG(kb, llm=ScriptedLLM(Script([RIGHT], hangs=True))).aask(ASKED))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    before = writing()
    asyncio.run(cancelled())
    assert left_of(before) == []


def test_a_policy_that_nobody_knows_is_named_with_those_there_are(kb: KnowledgeBase) -> None:
    with pytest.raises(MedRAGError, match="flag, drop, revise, abstain"):
        MedRAG(kb, policy="bogus")
