"""Whatever a model says: offsets hold, every citation was shown to it, what is streamed is the answer, nothing is lost unsaid."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medrag.answer.engine import MedRAG
from medrag.answer.policy import Policy
from medrag.answer.record.check import check_against_files, check_record
from medrag.answer.record.stored import answer_from_json
from medrag.answer.show.html import to_html
from medrag.answer.show.text import answer_json, to_footnotes, to_markdown, to_text
from medrag.answer.verify.names import shipped_mentions
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.types import Answer, Document, DocumentInfo

QUESTIONS = (
    "布洛芬缓释胶囊的禁忌是什么？",
    "What are ibuprofen tablets for?",
    "高血压有什么症状？",
    "布洛芬和华法林能一起吃吗",
)
WORDS = (
    "孕妇及哺乳期妇女禁用", "孕妇可用", "一次1粒，一日2次", "每日 3 次", "Do not exceed 1,200 mg", "ibuprofen", "头痛", "布洛芬缓释胶囊", "。", "；", "，", "\n", "\n\n",
    "- ", "1. ", "**", "| a | b |\n|---|---|\n", "```\n", "：", " ", "[1]", "[2,3]", "[^1^]", "【1】", "［１］", "[99]", "[0]", "根据文档1，", "（见[1]）", "[1.2]",
    "Helper:", "</s>", "{x}", "😀", "𠀀", "e\u0301", "\u200b", "\r\n", "根据现有资料无法回答", ".", "!", "According to document 2, ",
)  # fmt: skip
replies = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=25)


def holds(answer: Answer, kb: KnowledgeBase) -> None:
    shown = {(item.passage.document.key, item.passage.start, item.passage.end) for item in answer.evidence if item.passage}
    rows = {source.document.key for item in answer.evidence if item.fact for source in item.fact.sources}
    for citation in answer.citations:
        document = kb.document(citation.document.key, source=citation.document.source)
        assert document.text[citation.start : citation.end] == citation.quote
        if answer.writing.model == "scripted" and not answer.notices:
            inside = any(key == citation.document.key and a <= citation.start < citation.end <= b for key, a, b in shown)
            assert inside or citation.document.key in rows
    markers = {citation.marker for citation in answer.citations}
    for claim in answer.claims:
        assert answer.text[claim.start : claim.end] == claim.text
        assert set(claim.citations) <= markers
        assert {support.marker for support in claim.support} <= markers
    for mark in answer.dangling:
        assert answer.text[mark.start : mark.end] == mark.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=replies, question=st.sampled_from(QUESTIONS), policy=st.sampled_from(list(Policy)))
def test_any_reply_gives_a_whole_answer(kb: KnowledgeBase, pieces: list[str], question: str, policy: Policy) -> None:
    medrag = MedRAG(kb, llm=ScriptedLLM(Script(pieces)), policy=policy)
    events = list(medrag.stream(question))
    answer = events[-1].answer
    assert answer is not None
    assert "".join(event.text for event in events) == answer.text
    holds(answer, kb)

    def lookup(info: DocumentInfo) -> list[Document]:
        return [kb.document(info.key, source=info.source)]

    def in_files(info: DocumentInfo) -> list[Document]:
        return [one.model_copy(update={"source": "", "version": 0}) for one in lookup(info)]

    read = answer_from_json(answer_json(answer))
    checked = check_record(read, lookup, kb.link)
    assert checked.faults == []
    assert policy is Policy.DROP or checked.notes == []
    again = check_against_files(read, in_files, shipped_mentions)
    assert again.faults == []
    assert {note.kind for note in again.notes} <= {"verdict", "words"}
    for shown in (to_text(answer), to_markdown(answer), to_footnotes(answer), to_html(answer)):
        assert shown


@pytest.mark.parametrize("size", [10_000_000])
def test_a_reply_of_ten_megabytes_ends_at_the_limit(kb: KnowledgeBase, size: int) -> None:
    endless = Script(f"第{number}个患者禁用。" for number in range(size // 8))
    answer = MedRAG(kb, llm=ScriptedLLM(endless)).ask(QUESTIONS[0])
    assert answer.writing.finish in {"too-long", "repeated"}
    assert len(answer.text) < 100_000
    assert answer.evidence
    assert answer.notices
