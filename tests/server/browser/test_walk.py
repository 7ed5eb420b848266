"""The page walked in a real browser: a question, its sources, what follows, and the documents behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.server.browser.browsing import HOSTILE, Seen, ask, highlighted, seen
from tests.server.serving import Serving

EFFECTS = "安眠宁片有哪些不良反应？"
UPLOADED = "【药品名称】\n通用名称：清凉素片\n【适应症】\n用于中暑引起的头痛。\n【用法用量】\n口服。成人一次3片，一日2次。\n"


@pytest.fixture
def quiet(shown: Seen) -> Iterator[Seen]:
    """The page, which in the end must have asked nothing elsewhere and complained of nothing."""
    yield shown
    assert shown.outside() == []
    assert shown.complaints == []


def test_a_citation_opens_the_label_at_the_very_words(quiet: Seen, reading: Serving) -> None:
    page = quiet.page
    quiet.shot("zh-greeting")
    ask(page, EFFECTS)
    citation: dict[str, Any] = reading.ask(EFFECTS)["citations"][0]
    assert "😀" in citation["quote"]  # so that a count of UTF-16 units would mark other words
    page.locator(".said .cite").first.click()
    assert highlighted(page) == citation["quote"]
    head = page.locator("#beside-body .paper-head")
    for words in ("安眠宁片", "不良反应", "示例药厂甲", "第 2 版", "2025-06-01"):
        expect(head).to_contain_text(words)
    expect(page.locator("#beside-title")).to_be_focused()
    quiet.shot("zh-source")


def test_resting_on_a_mark_shows_its_words(quiet: Seen) -> None:
    page = quiet.page
    ask(page, EFFECTS)
    page.locator(".said .cite").first.hover()
    expect(page.locator(".tip")).to_contain_text("偶见口干、头晕")
    page.mouse.move(2, 2)
    expect(page.locator(".tip")).to_have_count(0)


def test_each_claim_shows_its_verdict_and_says_why(quiet: Seen) -> None:
    page = quiet.page
    ask(page, EFFECTS)
    first = page.locator(".said [data-claim='0']")  # it stands in pieces: its end stays with its verdict
    verdicts = page.locator(".said .verdict")
    expect(verdicts).to_have_count(2)
    assert verdicts.first.get_attribute("aria-label") == "核对结果：有依据"
    verdicts.first.click()
    card = page.get_by_role("dialog", name="有依据")
    expect(card).to_contain_text("这句话与所引原文相符")
    expect(card.locator("blockquote")).to_have_text("".join(first.all_text_contents()))
    expect(first.first).to_have_class("claim supported shown")
    quiet.shot("zh-verdict")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(verdicts.first).to_be_focused()


def test_a_follow_up_is_read_with_what_went_before(quiet: Seen) -> None:
    page = quiet.page
    ask(page, "安眠宁片治什么病？")
    ask(page, "有什么副作用")
    last = page.locator(".turn").last
    expect(last.locator(".standalone")).to_contain_text("安眠宁")
    expect(last.locator(".said")).to_contain_text("偶见口干、头晕")
    expect(page.locator("#slots .chip").first).to_contain_text("安眠宁")
    quiet.shot("zh-follow-up")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)  # the tab keeps them, the server its session
    ask(page, "怎么保存")
    expect(page.locator(".turn").last.locator(".said")).to_contain_text("密封保存")


def test_what_the_conversation_assumes_can_be_corrected(quiet: Seen) -> None:
    page = quiet.page
    ask(page, "我孩子3岁，安眠宁片能吃吗？")
    expect(page.locator("#slots .person").first).to_have_text("3 岁")
    page.locator("#slots").get_by_role("button", name="更正").click()
    page.get_by_label("年龄（岁）").fill("70")
    page.get_by_label("过敏").fill("青霉素，磺胺")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)
    assert page.locator("#slots .person").all_text_contents()[0] == "70 岁"
    expect(page.locator("#slots")).to_contain_text("对磺胺过敏")


def test_the_card_the_graph_and_the_search_are_shown(quiet: Seen) -> None:
    page = quiet.page
    ask(page, "高血压有哪些症状？")
    switch = page.locator("#beside-switch")
    switch.get_by_role("button", name="词条").click()
    expect(page.locator("#card-title")).to_have_text("高血压")
    graph = page.locator("#graph svg")
    expect(graph.get_by_role("button", name="头晕")).to_be_visible()
    quiet.shot("zh-entity")
    graph.get_by_role("button", name="脑卒中").press("Enter")
    expect(page.locator("#card-title")).to_have_text("脑卒中")
    switch.get_by_role("button", name="检索过程").click()
    expect(page.locator("#beside-body")).to_contain_text("怎样理解这个问题")
    expect(page.locator("#beside-body .channels li")).to_have_count(4)
    quiet.shot("zh-search")


def test_a_label_is_uploaded_asked_about_deleted_and_no_more_answered(
    browser: Browser, writing: Serving, tmp_path: Path
) -> None:
    file = tmp_path / "清凉素片.txt"
    file.write_text(UPLOADED, encoding="utf-8")
    with seen(browser, writing) as found:
        page = found.page
        ask(page, "清凉素片怎么吃？")
        expect(page.locator(".turn").last.locator(".label")).to_contain_text("资料不足")
        page.click("#tab-library")
        page.get_by_role("button", name="上传文档").click()
        page.set_input_files("#files", file)
        page.locator("dialog").get_by_role("button", name="上传", exact=True).click()
        expect(page.locator(".jobs .good")).to_contain_text("新增 1")
        found.shot("zh-upload")
        page.locator("dialog").get_by_role("button", name="关闭").click()
        page.click("#tab-talk")
        ask(page, "清凉素片怎么吃？")
        expect(page.locator(".turn").last.locator(".said")).to_contain_text("成人一次3片")
        page.click("#tab-library")
        page.fill("#find", "清凉素片")
        page.locator("button.row", has_text="清凉素片").click()
        expect(page.locator("#paper")).to_contain_text("用于中暑引起的头痛")
        page.locator("#paper").get_by_role("button", name="删除这份文档").click()
        page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
        expect(page.locator("#documents")).to_contain_text("没有符合的文档")
        page.click("#tab-talk")
        page.locator(".turn").nth(1).locator(".cite").first.click()
        expect(page.locator("#beside-body")).to_contain_text("已不在知识库中")  # the words cited are still shown
        ask(page, "清凉素片怎么吃？")
        expect(page.locator(".turn").last.locator(".label")).to_contain_text("资料不足")
        assert page.locator(".turn").last.locator(".cite").count() == 0
        assert found.outside() == []


def test_versions_stand_side_by_side_with_the_changed_dose_marked(quiet: Seen) -> None:
    page = quiet.page
    page.click("#tab-library")
    page.fill("#find", "安眠宁")
    page.locator("button.row", has_text="安眠宁片").click()
    page.locator("#paper").get_by_role("button", name="版本对照").click()
    expect(page.locator(".compare del")).to_have_text("1片")
    expect(page.locator(".compare ins")).to_have_text("2片")
    quiet.shot("zh-versions")


def test_the_text_of_all_documents_is_searched(quiet: Seen) -> None:
    page = quiet.page
    page.click("#tab-library")
    page.get_by_label("查找方式").select_option("passages")
    page.fill("#find", "布洛芬可增强抗凝作用")
    row = page.locator("button.row", has_text="布洛芬可增强本品的抗凝作用").first
    row.click()
    expect(page.locator("#paper mark").first).to_contain_text("布洛芬可增强本品的抗凝作用")
    quiet.shot("zh-library")


def test_a_label_that_looks_like_markup_stays_text(quiet: Seen) -> None:
    page = quiet.page
    ask(page, "毒舌素片有什么不良反应？")
    expect(page.locator(".turn .said")).to_contain_text(HOSTILE)
    page.locator(".said .cite").first.click()
    expect(page.locator("#beside-body .reading")).to_contain_text(HOSTILE)
    page.click("#tab-library")
    page.fill("#find", "无名")
    expect(page.locator("button.row").first).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.title() != "1"


def test_an_answer_is_copied_with_its_references(browser: Browser, reading: Serving) -> None:
    with seen(browser, reading, permissions=["clipboard-read", "clipboard-write"]) as found:
        ask(found.page, EFFECTS)
        found.page.get_by_role("button", name="复制（含出处）").click()
        expect(found.page.locator(".toast")).to_have_text("已复制，含出处。")
        text = found.page.evaluate("navigator.clipboard.readText()")
    assert "“偶见口干、头晕。😀罕见皮疹。” — 安眠宁片 · 示例药厂甲 · 第 2 版 · 2025-06-01 › 【不良反应】" in text


def test_feedback_arrives_with_its_note(quiet: Seen, reading: Serving) -> None:
    page = quiet.page
    ask(page, EFFECTS)
    page.get_by_role("button", name="没有帮助").click()
    page.locator(".note textarea").fill("少了一条")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".toast")).to_have_text("谢谢，已记录。")
    kept = reading.client.get("/v1/feedback").json()["items"][0]
    assert (kept["rating"], kept["note"], kept["record"]["question"]) == ("down", "少了一条", EFFECTS)


def test_a_conversation_is_deleted_on_the_server_too(quiet: Seen, reading: Serving) -> None:
    page = quiet.page
    ask(page, EFFECTS)
    session = page.evaluate("sessionStorage.getItem('medrag.session')")
    assert reading.client.get(f"/v1/sessions/{session}").status_code == 200
    page.get_by_role("button", name="删除这段对话").click()
    page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.locator(".greet")).to_be_visible()
    assert reading.client.get(f"/v1/sessions/{session}").status_code == 404
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
