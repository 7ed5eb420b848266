"""Conversations end to end with the writer that quotes, and what is kept of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from medrag.answer.engine import MedRAG
from medrag.chat.exchange import ASKS_BACK, CANCELLED, POLITE
from medrag.chat.session import Chat
from medrag.chat.slots import Slots
from medrag.chat.store import SessionStore
from medrag.errors import QuestionError, SessionError, SessionNotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.types import FindingKind, NoticeKind, Patient, StreamEvent, Turn


def turns(*texts: str) -> list[Turn]:
    """User and assistant by turns, the user first."""
    return [Turn(role="assistant" if at % 2 else "user", content=text) for at, text in enumerate(texts)]


def test_a_follow_up_is_answered_as_the_fully_written_question(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么保存")
    answer = session.ask("有什么副作用")
    whole = medrag.ask("布洛芬混悬液有什么副作用")
    assert (answer.text, answer.citations) == (whole.text, whole.citations)
    assert answer.question == "有什么副作用"
    assert session.last is not None
    assert (session.last.standalone, session.last.by) == ("布洛芬混悬液有什么副作用", "rules")
    assert session.slots == session.last.slots


def test_a_stream_is_the_engines_and_is_kept_at_its_end(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么保存")
    events = list(session.stream("有什么副作用"))
    whole = list(medrag.stream("布洛芬混悬液有什么副作用"))
    assert [(event.text, event.claim, event.evidence) for event in events] == [
        (event.text, event.claim, event.evidence) for event in whole
    ]
    assert session.last is not None
    assert session.last.answer == events[-1].answer


def test_a_question_asked_back_is_an_answer_with_the_evidence_it_will_choose_from(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么吃")
    answer = session.ask("那孩子呢")
    assert (answer.abstained, answer.reason, answer.citations) == (True, ASKS_BACK, ())
    assert "布洛芬混悬液" in answer.text
    assert any(item.passage is not None and "4毫升" in item.text for item in answer.evidence)
    assert session.last is not None
    assert session.last.asks_back
    assert "4毫升" in session.ask("3岁").text


def test_corrected_slots_are_what_is_understood_next(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("我儿子3岁")
    session.ask("布洛芬混悬液怎么吃")
    session.correct(Slots(drugs=("阿莫西林胶囊",), patient=Patient(age=6), lang="zh"))
    session.ask("怎么吃")
    assert session.last is not None
    assert session.last.standalone == "6岁的孩子，阿莫西林胶囊怎么吃"


def test_a_reset_forgets(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么吃")
    session.reset()
    assert (session.slots, session.exchanges, session.last) == (Slots(), (), None)
    session.ask("有什么副作用")
    assert session.exchanges[0].by == "as-is"


def test_a_question_that_cannot_be_asked_leaves_the_conversation_as_it_was(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么吃")
    for text in ("", " ", "药" * 20_000):
        with pytest.raises(QuestionError):
            session.ask(text)
    assert len(session.exchanges) == 1
    assert session.ask("有什么副作用").citations


def test_odd_turns_are_answered_and_kept(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "s.sqlite") as store:
        chat = Chat(medrag, store=store)
        session = chat.open()
        for text in ("\ud800\udfff布洛芬", "？！。", "{evidence} [1]", "\x00\x07副作用"):
            session.ask(text)
        assert len(chat.open(session.id).exchanges) == 4


def test_what_was_only_answered_is_never_taken_for_what_was_said(medrag: MedRAG) -> None:
    session = Chat(medrag).of_turns(turns("你好", "您可以试试布洛芬混悬液。"))
    session.ask("有什么副作用")
    assert session.slots.drugs == ()


def test_a_history_is_read_again(medrag: MedRAG) -> None:
    session = Chat(medrag).of_turns(turns("我怀孕5个月了", "好的。", "布洛芬混悬液怎么吃", "……"))
    assert (session.slots.drugs, session.slots.patient.pregnant) == (("布洛芬混悬液",), True)
    session.ask("有什么副作用")
    assert session.exchanges[-1].standalone == "布洛芬混悬液有什么副作用"


def test_a_history_in_which_something_was_asked_back_goes_on(medrag: MedRAG) -> None:
    chat = Chat(medrag)
    first = chat.open()
    first.ask("布洛芬混悬液怎么吃")
    asked = first.ask("那孩子呢")
    session = chat.of_turns(turns("布洛芬混悬液怎么吃", "……", "那孩子呢", asked.text))
    assert "4毫升" in session.ask("3岁").text
    answered = chat.of_turns(turns("布洛芬混悬液怎么吃", "……", "那孩子呢", "4毫升"))
    assert answered.ask("那孩子呢").reason == ASKS_BACK


def test_a_long_history_costs_no_more_than_its_latest_turns(medrag: MedRAG, monkeypatch: pytest.MonkeyPatch) -> None:
    import medrag.chat.replay as replay

    read: list[str] = []
    follow = replay.follow
    monkeypatch.setattr(replay, "follow", lambda text, *rest: read.append(text) or follow(text, *rest))
    session = Chat(medrag).of_turns(turns(*["布洛芬混悬液怎么吃", "……"] * 250, "", "？"))
    assert len(read) == replay.REPLAYED
    assert session.slots.drugs == ("布洛芬混悬液",)


def test_turns_of_other_roles_and_odd_ones_are_left_out(medrag: MedRAG) -> None:
    history = [
        Turn(role="system", content="华法林"),
        Turn(role="User", content="布洛芬混悬液"),
        Turn(role="tool", content="阿莫西林"),
    ]
    assert Chat(medrag).of_turns(history).slots.drugs == ("布洛芬混悬液",)
    assert Chat(medrag).of_turns([Turn(role="user", content="药" * 20_000)]).slots == Slots()


def test_two_threads_of_one_session_are_answered_one_after_the_other(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么吃")
    asked = [threading.Thread(target=session.ask, args=("有什么副作用",)) for _ in range(4)]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    assert [one.standalone for one in session.exchanges[1:]] == ["布洛芬混悬液有什么副作用"] * 4


def test_a_stream_may_be_read_by_several_threads_one_after_the_other(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    events = session.stream("布洛芬混悬液怎么保存")
    read: list[StreamEvent] = []
    while not read or read[-1].answer is None:
        one = threading.Thread(target=lambda: read.append(next(events)))
        one.start()
        one.join()
    assert next(events, None) is None
    assert session.ask("有什么副作用").citations


def test_a_thread_that_would_wait_for_its_own_stream_is_told_so(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    events = session.stream("布洛芬混悬液怎么保存")
    next(events)
    with pytest.raises(SessionError, match="still being read"):
        session.ask("有什么副作用")
    list(events)
    assert session.ask("有什么副作用").citations


@pytest.mark.parametrize(
    ("text", "words"),
    [("谢谢！", "不客气"), ("你好", "您好"), ("好的", "好的"), ("thx", "不客气"), ("ok", "好的"), ("拜拜", "再见")],
)
def test_thanks_and_greetings_get_a_short_reply_and_change_nothing(medrag: MedRAG, text: str, words: str) -> None:
    session = Chat(medrag).open()
    session.ask("布洛芬混悬液怎么保存")
    before = session.slots
    answer = session.ask(text)
    assert (answer.reason, answer.citations, answer.evidence) == (POLITE, (), ())
    assert answer.text.startswith(words)
    assert session.slots == before
    assert session.ask("有什么副作用").citations
    assert Chat(medrag).open().ask("Thank you!").text.startswith("You are welcome")


def test_whoever_needs_help_now_is_not_asked_back(medrag: MedRAG) -> None:
    answer = Chat(medrag).open().ask("这个药我吃了一整瓶怎么办")
    assert answer.reason != ASKS_BACK
    assert [notice.kind for notice in answer.notices] == [NoticeKind.EMERGENCY]


def test_a_medicine_taken_already_is_checked_against_the_one_asked_about(medrag: MedRAG) -> None:
    session = Chat(medrag).open()
    session.ask("我吃华法林钠片已经一年了")
    safety = session.ask("能吃布洛芬混悬液吗").safety
    assert safety is not None
    kinds = {finding.kind for finding in safety.findings}
    assert FindingKind.INTERACTION in kinds
    assert FindingKind.DUPLICATE not in kinds


# ------------------------------------------------------------------ kept


def test_a_session_deleted_while_it_is_answered_does_not_come_back(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "s.sqlite") as store:
        chat = Chat(medrag, store=store)
        session = chat.open()
        session.ask("布洛芬混悬液怎么保存")
        events = session.stream("有什么副作用")
        next(events)
        chat.delete(session.id)
        assert list(events)[-1].answer is not None
        session.ask("怎么吃")
        assert store.ids() == ()


def test_a_kept_session_goes_on_where_it_was(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "s.sqlite") as store:
        first = Chat(medrag, store=store).open(owner="anna")
        first.ask("布洛芬混悬液怎么吃")
        again = Chat(medrag, store=store).open(first.id, owner="anna")
        again.ask("有什么副作用")
        assert [one.standalone for one in again.exchanges] == ["布洛芬混悬液怎么吃", "布洛芬混悬液有什么副作用"]
        assert again.exchanges[0] == first.exchanges[0]
        assert first.id != Chat(medrag, store=store).open(owner="anna").id


def test_a_session_of_nobody_or_of_another_is_not_found(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "s.sqlite") as store:
        chat = Chat(medrag, store=store)
        session = chat.open(owner="anna")
        session.ask("布洛芬混悬液怎么吃")
        for session_id, owner in (
            (session.id, "bob"),
            (session.id, ""),
            ("nowhere", "anna"),
            ("", "anna"),
            ("x" * 10_000, "anna"),
        ):
            with pytest.raises(SessionNotFoundError, match="there is no session"):
                chat.open(session_id, owner=owner)
            with pytest.raises(SessionNotFoundError):
                chat.delete(session_id, owner=owner)
        chat.delete(session.id, owner="anna")
        with pytest.raises(SessionNotFoundError):
            chat.open(session.id, owner="anna")


def test_without_a_store_no_session_is_found_again(medrag: MedRAG) -> None:
    chat = Chat(medrag)
    with pytest.raises(SessionNotFoundError, match="not kept"):
        chat.open(chat.open().id)


def test_a_session_that_is_corrected_or_reset_is_so_when_opened_again(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "s.sqlite") as store:
        chat = Chat(medrag, store=store)
        session = chat.open()
        session.ask("布洛芬混悬液怎么吃")
        session.correct(Slots(drugs=("华法林钠片",)))
        assert chat.open(session.id).slots.drugs == ("华法林钠片",)
        session.reset()
        assert (chat.open(session.id).slots, chat.open(session.id).exchanges) == (Slots(), ())


# ------------------------------------------------------------------ with a model


def test_the_writer_is_shown_what_was_said_and_retrieval_is_not(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM("少数病人出现恶心、呕吐、皮疹[1]。")
    session = Chat(MedRAG(kb, llm=llm), distil=False).open()
    session.ask("布洛芬混悬液怎么保存")
    session.ask("高血压吃什么药")
    assert any("布洛芬混悬液怎么保存" in message.content for message in llm.calls[-1])
    assert session.last is not None
    assert all("布洛芬" not in item.text for item in session.last.answer.evidence[:1])


def test_an_answer_whose_reader_leaves_is_kept_as_far_as_it_came(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM(Script(["少数病人出现恶心、呕吐、皮疹[1]。", "下一句"], between_s=0.2))
    session = Chat(MedRAG(kb, llm=llm), distil=False).open()
    events = session.stream("布洛芬混悬液有什么副作用")
    next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert session.last is not None
    assert session.last.answer.reason == CANCELLED
    assert session.slots.drugs == ("布洛芬混悬液",)


def test_a_cancelled_answer_is_kept(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM(Script(["少数病人", "出现恶心"], before_s=0.0, hangs=True))
    session = Chat(MedRAG(kb, llm=llm), distil=False).open()
    cancel = threading.Event()
    for event in session.stream("布洛芬混悬液有什么副作用", cancel=cancel):
        if event.evidence:
            cancel.set()
    assert len(session.exchanges) == 1


def test_a_session_that_two_have_open_remembers_what_either_said(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "sessions.sqlite") as store:
        chat = Chat(medrag, store=store)
        first = chat.open()
        first.ask("布洛芬混悬液怎么保存")
        second = chat.open(first.id)
        first.ask("华法林呢")
        second.ask("有什么副作用")
        assert [one.standalone for one in first.exchanges][:1] == ["布洛芬混悬液怎么保存"]
        assert [one.standalone for one in second.exchanges] == ["布洛芬混悬液怎么保存", "华法林怎么保存", "华法林有什么副作用"]
        first.ask("怎么吃")
        assert [one.standalone for one in store.exchanges(first.id)][-2:] == ["华法林有什么副作用", "华法林怎么吃"]
        second.reset()
        assert first.ask("怎么吃").reason == ASKS_BACK  # of nothing: what was said is forgotten for both


def test_nothing_is_lost_of_turns_that_are_taken_at_once(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "sessions.sqlite") as store:
        chat = Chat(medrag, store=store)
        begun = chat.open()
        begun.ask("布洛芬混悬液怎么保存")
        others = [chat.open(begun.id) for _ in range(6)]
        threads = [threading.Thread(target=one.ask, args=("有什么副作用",)) for one in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.exchanges(begun.id)) == 7
        assert len(store.load(begun.id).turns) == 14


def test_a_thread_that_reads_an_answer_cannot_wait_for_it_in_the_same_session_opened_again(
    medrag: MedRAG, tmp_path: Path
) -> None:
    with SessionStore(tmp_path / "sessions.sqlite") as store:
        chat = Chat(medrag, store=store)
        session = chat.open()
        session.ask("布洛芬混悬液怎么保存")
        stream = session.stream("有什么副作用")
        next(stream)
        with pytest.raises(SessionError, match="still being read"):
            chat.open(session.id).ask("怎么吃")
        stream.close()
        assert chat.open(session.id).ask("怎么吃").text


def test_two_processes_that_answer_in_a_session_at_once_lose_nothing_of_what_was_said(medrag: MedRAG, tmp_path: Path) -> None:
    path = tmp_path / "sessions.sqlite"
    with SessionStore(path) as one, SessionStore(path) as other:  # as two processes have it open
        begun = Chat(medrag, store=one).open(owner="anna")
        begun.ask("布洛芬混悬液怎么保存")
        here, there = (Chat(medrag, store=store).open(begun.id, owner="anna") for store in (one, other))
        here.ask("我怀孕了，能吃吗")
        answer = there.ask("华法林有什么副作用")
        kept = other.load(begun.id, owner="anna")
        assert answer.text == medrag.ask("华法林有什么副作用").text
        assert kept.slots.patient.pregnant is True and "华法林" in kept.slots.drugs[0]
        said = [turn.content for turn in kept.turns if turn.role == "user"]
        assert said == ["布洛芬混悬液怎么保存", "我怀孕了，能吃吗", "华法林有什么副作用"]
        assert [exchange.text for exchange in there.exchanges] == said
        assert there.last is not None and there.last.slots == there.slots == kept.slots


def test_what_a_session_remembers_is_the_same_when_it_is_read_again(medrag: MedRAG, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "sessions.sqlite") as store:  # else each turn would take the one before it for another's
        session = Chat(medrag, store=store).open()
        for text in ("布洛芬混悬液怎么吃", "那孩子呢", "3岁，对青霉素过敏", "能和华法林一起吃吗", "谢谢", "what about aspirin"):
            session.ask(text)
            assert store.load(session.id) == session._memory
