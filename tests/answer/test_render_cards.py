"""Answers in QiZhen's form: raised links on names, the list below, and cards."""

from __future__ import annotations

from medrag.answer.engine import MedRAG
from medrag.answer.show.cards import named_in, qizhen_html
from medrag.kb.base import KnowledgeBase
from tests.answer.test_render_html import read
from tests.answer.writing import written

TEXT = "布洛芬片可用于类风湿关节炎；高血压患者慎用布洛芬片[1]。"


def test_each_name_is_linked_where_it_stands_first(kb: KnowledgeBase) -> None:
    answer = written(text=TEXT, claims=(), dangling=())
    named = named_in(answer, kb)
    assert [(one.entity.name, one.start) for one in named][:1] == [("布洛芬片", 0)]
    assert len({one.entity.id for one in named}) == len(named)
    shown = qizhen_html(answer, kb)
    assert shown.count('<a href="#qizhen-entity-1">[1]</a></sup>') == 1
    assert '布洛芬片<sup class="entity"><a href="#qizhen-entity-1">[1]</a></sup>可用于' in shown
    assert '慎用布洛芬片<sup><a href="#qizhen-1">[1]</a></sup>。' in shown


def test_the_link_stands_behind_the_dosage_form(kb: KnowledgeBase) -> None:
    shown = qizhen_html(written(text="华法林胶囊与布洛芬同用。", claims=(), dangling=()), kb)
    assert '华法林胶囊<sup class="entity">' in shown


def test_another_name_is_listed_with_the_entitys_own(kb: KnowledgeBase) -> None:
    answer = written(text="速消灵可用于感染。", claims=(), dangling=())
    (one,) = [named for named in named_in(answer, kb) if named.start == 0]
    assert f"[1] 速消灵{'' if one.entity.name == '速消灵' else f' ({one.entity.name})'}</a>" in qizhen_html(answer, kb)


def test_the_names_are_listed_below_and_each_has_a_card(kb: KnowledgeBase) -> None:
    answer = written(text=TEXT, claims=(), dangling=())
    shown = qizhen_html(answer, kb)
    for number, one in enumerate(named_in(answer, kb), start=1):
        assert f'<li><a href="#qizhen-entity-{number}">[{number}] {one.entity.name}</a></li>' in shown
        assert f'<aside class="card" id="qizhen-entity-{number}"><h4>{one.entity.name}</h4>' in shown
    assert "了解更多" in shown
    found = read(shown)
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_a_card_says_what_is_known(kb: KnowledgeBase) -> None:
    shown = qizhen_html(written(text="高血压应定期复查。", claims=(), dangling=()), kb)
    assert "<dt>类型</dt><dd>疾病</dd>" in shown
    assert "<dt>症状</dt><dd>头晕" in shown


def test_a_real_answer_can_be_shown_so(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("布洛芬缓释胶囊的禁忌是什么？")
    found = read(qizhen_html(answer, kb))
    assert all(claim.text in found.text.replace("[1]", "") or claim.text in answer.text for claim in answer.claims)
    assert any(identifier.startswith("qizhen-entity-") for identifier in found.ids)


def test_an_answer_without_names_has_no_list(kb: KnowledgeBase) -> None:
    shown = qizhen_html(written(text="请遵医嘱<b>。", claims=(), dangling=()), kb)
    assert "了解更多" not in shown and "<b>" not in shown
