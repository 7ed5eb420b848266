"""Answers as HTML: claims with verdicts, marks as links, everything escaped."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from medrag.answer.engine import MedRAG
from medrag.answer.show.html import to_html
from medrag.kb.base import KnowledgeBase
from medrag.types import Claim, Notice, NoticeKind, Verdict
from tests.answer.writing import cited, written

VOID = {"br"}


class Reader(HTMLParser):
    """Reads a fragment: its text, whether its tags close in order, its ids and where its links point."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(fragment: str) -> Reader:
    found = Reader(fragment)
    assert found.open == []
    return found


def test_claims_carry_their_verdicts_and_marks_link_to_what_they_cite() -> None:
    shown = to_html(written())
    assert (
        '<span class="claim contradicted">安平片成人一日3次<sup><a href="#medrag-1">[1]</a></sup>。</span>'
        '<small class="remark">(与资料不符：资料写“一日2次”，回答写“一日3次”)</small>'
        '<span class="claim supported">孕妇禁用<sup><a href="#medrag-2">[2]</a></sup>。</span>'
    ) in shown
    assert '<sup class="dangling" title="没有对应的资料"><del>[9]</del></sup>' in shown
    assert '<li id="medrag-2" value="2">[2] 安平片 · 东方药厂 (2021-03-04) › 禁忌' in shown
    assert "<li>请遵医嘱。</li>" in shown
    found = read(shown)
    assert {link.removeprefix("#") for link in found.links} == set(found.ids)


def test_several_answers_stand_on_one_page() -> None:
    first, second = read(to_html(written(), prefix="a1")), read(to_html(written(), prefix="a2"))
    assert not set(first.ids) & set(second.ids)


def test_a_quoted_answer_links_its_marks(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("布洛芬缓释胶囊的禁忌是什么？")
    found = read(to_html(answer))
    assert len(found.ids) == len(answer.citations) > 0
    assert {link.removeprefix("#") for link in found.links} == set(found.ids)
    assert all(claim.text in found.text for claim in answer.claims)
    assert "remark" not in to_html(answer)


def test_an_abstention_is_marked_as_one(kb: KnowledgeBase) -> None:
    shown = to_html(MedRAG(kb).ask("阿普斯特片的适应症"))
    assert shown.startswith('<div class="medrag-answer abstained"')
    assert "<ol" not in shown


@given(st.text(alphabet="<>&\"'/=[]1 a药。\n", max_size=40), st.text(alphabet="<>&\"'a药[1]", max_size=20))
def test_nothing_that_is_quoted_or_written_becomes_markup(text: str, name: str) -> None:
    document = cited("[1]", "x", 0, 4).document.model_copy(update={"title": name, "maker": name})
    citation = cited("[1]", name, 0, 4).model_copy(update={"document": document, "quote": text})
    claims = (
        (Claim(text=text, start=0, end=len(text), citations=(), verdict=Verdict.UNSUPPORTED, reasons=(name,)),) if text else ()
    )
    answer = written(text=text, claims=claims, dangling=(), citations=[citation])
    found = read(to_html(answer.model_copy(update={"notices": (Notice(kind=NoticeKind.MODEL, text=name),)}), prefix='x"y'))
    assert found.tags <= {"div", "p", "span", "small", "sup", "a", "ol", "li", "blockquote", "ul", "br", "del"}
    assert name in found.text and "".join(text.split()) in "".join(found.text.split())
