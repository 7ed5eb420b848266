"""A model's search calls: strict, no more than the user said, and rules where they cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

import medrag.chat.distil as distil
from medrag.answer.engine import MedRAG
from medrag.chat.distil import call_messages, read_call
from medrag.chat.session import Chat, Session
from medrag.kb.base import KnowledgeBase
from medrag.llm.messages import Message
from medrag.llm.scripted import Said, Script, ScriptedLLM

WRITES = "少数病人出现恶心、呕吐、皮疹[1]。"


def talk(kb: KnowledgeBase, call: Said, *turns: str) -> tuple[Chat, Session, ScriptedLLM]:
    """A conversation in which the model answers every call with the same words."""

    def says(messages: Sequence[Message]) -> Said:
        return call if "JSON" in messages[0].content else WRITES

    llm = ScriptedLLM(says)
    chat = Chat(MedRAG(kb, llm=llm))
    session = chat.open()
    for turn in turns:
        session.ask(turn)
    return chat, session, llm


CALL = '{"drug": ["华法林钠片"], "disease": [], "ask": "副作用"}'


def test_a_call_says_what_a_turn_is_about(kb: KnowledgeBase) -> None:
    chat, session, _ = talk(kb, CALL, "布洛芬混悬液和华法林钠片能一起吃吗", "抗凝的那个有什么副作用")
    assert session.last is not None
    assert (session.last.standalone, session.last.by) == ("抗凝的华法林钠片有什么副作用", "model")
    assert (chat.counts.asked, chat.counts.well_formed, chat.counts.sound) == (1, 1, 1)


def test_the_model_is_told_the_users_words_and_none_of_the_answers(kb: KnowledgeBase) -> None:
    _, _, llm = talk(kb, CALL, "布洛芬混悬液和华法林钠片能一起吃吗", "它有什么副作用")
    told = next(call for call in llm.calls if "JSON" in call[0].content)
    assert "1. 布洛芬混悬液和华法林钠片能一起吃吗" in told[0].content
    assert "2. 它有什么副作用" in told[0].content
    assert WRITES not in told[0].content


@pytest.mark.parametrize(
    ("call", "well_formed"),
    [
        ("我认为您问的是华法林。", 0),
        ("", 0),
        ('{"drug": "华法林钠片"}', 0),
        ('{"drug": ["华法林钠片"], "dose": "2毫克"}', 0),
        ('{"drug": [""]}', 0),
        (f"{CALL} 希望有帮助", 0),
        ("[1, 2]", 0),
        ('{"drug": ["' + "药" * 5_000 + '"]}', 0),
        ('{"drug": ["阿莫西林胶囊"], "disease": [], "ask": "副作用"}', 1),
        ('{"drug": ["布洛芬混悬液"], "disease": ["白血病"], "ask": "副作用"}', 1),
        ('{"drug": ["布洛芬混悬液"], "disease": [], "ask": "阿莫西林胶囊的副作用"}', 1),
        ('{"drug": ["布洛芬混悬液"], "disease": [], "ask": "500毫克的用量"}', 1),
    ],
)
def test_rules_say_what_is_asked_where_a_call_cannot_be_used(kb: KnowledgeBase, call: str, well_formed: int) -> None:
    chat, session, _ = talk(kb, call, "布洛芬混悬液怎么保存", "有什么副作用")
    assert session.last is not None
    assert (session.last.standalone, session.last.by) == ("布洛芬混悬液有什么副作用", "rules")
    assert (chat.counts.asked, chat.counts.well_formed, chat.counts.sound) == (1, well_formed, 0)


def test_rules_say_what_is_asked_where_the_model_fails_or_hangs(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distil, "PATIENCE_S", 0.2)
    for script in (Script(["{"], hangs=True), Script(error=RuntimeError("down"))):
        _, session, _ = talk(kb, script, "布洛芬混悬液怎么保存", "有什么副作用")
        assert session.last is not None
        assert (session.last.standalone, session.last.by) == ("布洛芬混悬液有什么副作用", "rules")


def test_another_name_of_what_was_said_counts_as_said(kb: KnowledgeBase) -> None:
    call = '{"drug": ["布洛芬"], "disease": [], "ask": "副作用"}'
    _, session, _ = talk(kb, call, "布洛芬混悬液怎么保存", "有什么副作用")
    assert session.last is not None
    assert (session.last.standalone, session.last.by) == ("布洛芬有什么副作用", "model")


def test_a_code_fence_around_a_call_is_none_of_its_words() -> None:
    assert read_call(f"```json\n{CALL}\n```") == read_call(CALL)


def test_the_first_turn_and_thanks_ask_for_no_call(kb: KnowledgeBase) -> None:
    chat, _, _ = talk(kb, CALL, "布洛芬混悬液怎么保存", "谢谢")
    assert chat.counts.asked == 0


def test_distilling_can_be_left_out(kb: KnowledgeBase) -> None:
    llm = ScriptedLLM(WRITES)
    session = Chat(MedRAG(kb, llm=llm), distil=False).open()
    session.ask("布洛芬混悬液怎么保存")
    session.ask("有什么副作用")
    assert all("JSON" not in call[0].content for call in llm.calls)


def test_a_long_conversation_is_told_in_part() -> None:
    told = call_messages(["问" * 5_000] * 50, "zh")[0].content
    assert len(told) < 5_000


def test_who_leaves_while_the_model_is_asked_waits_no_longer(kb: KnowledgeBase) -> None:
    _, session, _ = talk(kb, Script(["{"], hangs=True), "布洛芬混悬液怎么保存")
    cancel = threading.Event()
    cancel.set()
    session.ask("有什么副作用", cancel=cancel)
    assert session.last is not None
    assert session.last.standalone == "布洛芬混悬液有什么副作用"
