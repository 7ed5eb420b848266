"""The page for everybody: keyboard, screen reader, phone, dark, both languages; and what it says when something fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from medrag.answer.safety.check import check_medication
from medrag.kb.base import KnowledgeBase
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.server.keys import KeyRing, Role
from medrag.server.settings import ServerSettings
from medrag.types import Patient
from tests.server.browser.browsing import Seen, ask, seen
from tests.server.serving import Serving, assistant_over, scripted, serving

QUESTION = "安眠宁片有哪些不良反应？"
LEAST = 4.5  # contrast of text that WCAG 2 asks for at level AA

# Every control that is shown and has no name; the name is worked out by the browser's own rules.
NAMELESS = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=button]')]
  .filter((one) => one.getClientRects().length)
  .filter((one) => !(one.getAttribute('aria-label') || [...(one.labels || [])].map((l) => l.textContent).join('') || one.textContent).trim())
  .map((one) => one.outerHTML.slice(0, 120))"""
TWICE = """() => [...document.querySelectorAll('[id]')].map((one) => one.id).filter((id, at, all) => all.indexOf(id) !== at)"""
TOO_WIDE = """(width) => [...document.querySelectorAll('body *')].filter((one) => one.getClientRects().length && !one.closest('.unseen, .skip, svg'))
  .filter((one) => one.getBoundingClientRect().right > width + 1).map((one) => one.className || one.tagName)"""
COLOURS = """() => { const held = getComputedStyle(document.documentElement);
  return Object.fromEntries(['paper','surface','sunk','ink','ink-soft','ink-faint','accent','accent-ink','accent-soft','accent-soft-ink','mark',
    'mark-strong','mark-ink','good','warn','warn-soft','bad','bad-soft'].map((name) => [name, held.getPropertyValue('--' + name).trim()])); }"""
# Letters and what they stand on.
PAIRS = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "ink-faint", "accent", "good", "warn", "bad")
        for ground in ("paper", "surface")
    ),
    *((ink, "sunk") for ink in ("ink", "ink-soft", "ink-faint")),
    ("accent-ink", "accent"),
    ("accent-soft-ink", "accent-soft"),
    ("mark-ink", "mark"),
    ("mark-ink", "mark-strong"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("ink", "bad-soft"),
    ("ink", "warn-soft"),
    ("ink", "accent-soft"),
]


def _luminance(colour: str) -> float:
    """Of #rrggbb, as WCAG 2 defines it."""
    text = colour.removeprefix("#")
    parts = [int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_worked_out_rightly() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the grey that just passes


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_in_both_schemes(browser: Browser, reading: Serving, scheme: Any) -> None:
    with seen(browser, reading, color_scheme=scheme, lang="en-US") as found:
        assert found.page.locator("html").get_attribute("data-theme") == scheme
        colours = found.page.evaluate(COLOURS)
        ask(found.page, "What are ibuprofen tablets used for?")
        found.page.locator(".cite").first.click()
        found.shot(f"en-{scheme}")
    weak = [(ink, ground) for ink, ground in PAIRS if _contrast(colours[ink], colours[ground]) < LEAST]
    assert weak == []


def test_every_control_has_a_name_and_every_id_is_one(shown: Seen) -> None:
    page = shown.page
    _check(page)
    ask(page, QUESTION)
    _check(page)
    page.locator(".cite").first.click()
    for view in ("依据", "词条", "检索过程"):
        page.locator("#beside-switch").get_by_role("button", name=view).click()
        expect(page.locator("#beside-body > *").first).to_be_visible()
        _check(page)
    page.locator("#slots").get_by_role("button", name="更正").click()
    _check(page)
    page.keyboard.press("Escape")
    page.click("#tab-library")
    page.locator("button.row").first.click()
    page.get_by_role("button", name="上传文档").click()
    _check(page)


def _check(page: Page) -> None:
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(TWICE) == []


def test_the_keyboard_reaches_all_and_comes_back(shown: Seen) -> None:
    page = shown.page
    page.locator("body").press("Tab")  # the question box has the focus: what follows it is the browser's
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    if not skip.evaluate("(one) => one === document.activeElement"):
        skip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("第一行")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行")
    assert page.input_value("#question") == "第一行\n第二行"
    ask(page, QUESTION)
    mark = page.locator(".cite").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#beside-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#beside")).to_be_hidden()
    expect(mark).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()


def test_a_screen_reader_hears_sentences_and_not_letters(shown: Seen) -> None:
    page = shown.page
    ask(page, QUESTION)
    said = page.locator("#live p").all_text_contents()
    assert "偶见口干、头晕。" in " ".join(said) and "😀罕见皮疹。" in said
    assert all(len(line) > 3 for line in said)
    assert page.locator("#live").get_attribute("aria-live") == "polite"
    assert page.locator(".said .text").first.get_attribute("lang") == "zh-CN"


def test_the_interface_speaks_two_languages(browser: Browser, reading: Serving) -> None:
    with seen(browser, reading, lang="en-GB") as found:
        page = found.page
        assert page.locator("html").get_attribute("lang") == "en"
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
        ask(page, QUESTION)
        page.get_by_role("button", name="切换到中文").click()
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        expect(page.locator(".tally")).to_contain_text("有依据")
        expect(page.locator("#beside-title")).to_have_text("依据")
        page.reload()
        assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_on_a_small_phone_nothing_sticks_out(browser: Browser, reading: Serving, lang: str) -> None:
    with seen(browser, reading, width=360, height=740, lang=lang, has_touch=True, is_mobile=True) as found:
        page = found.page
        assert page.evaluate(TOO_WIDE, 360) == []
        ask(page, QUESTION)
        assert page.evaluate(TOO_WIDE, 360) == []
        page.locator(".cite").first.tap()
        expect(page.locator("#beside-body mark").first).to_be_visible()
        for button in page.locator("#beside-switch button").all():
            button.tap()
            expect(page.locator("#beside-body > *").first).to_be_visible()
            assert page.evaluate(TOO_WIDE, 360) == []
        page.keyboard.press("Escape")
        page.locator("#slots button").first.tap()
        assert page.evaluate(TOO_WIDE, 360) == []


def test_on_a_phone_the_evidence_is_a_sheet(browser: Browser, reading: Serving) -> None:
    with seen(browser, reading, width=390, height=844, has_touch=True, is_mobile=True) as found:
        page = found.page
        found.shot("zh-phone-greeting")
        assert page.evaluate(TOO_WIDE, 390) == []
        ask(page, QUESTION)
        expect(page.locator("#beside")).to_be_hidden()  # it would cover the answer
        found.shot("zh-phone-answer")
        page.locator(".cite").first.tap()
        sheet = page.locator("#beside")
        expect(sheet).to_have_attribute("aria-modal", "true")
        assert page.locator(".talk").evaluate("(one) => one.inert") is True
        found.shot("zh-phone-source")
        assert page.evaluate(TOO_WIDE, 390) == []
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        page.click("#tab-library")
        page.locator("button.row").first.tap()
        expect(page.locator(".shelf")).to_be_hidden()
        assert page.evaluate(TOO_WIDE, 390) == []
        page.locator("#paper").get_by_role("button", name="返回").tap()
        expect(page.locator(".shelf")).to_be_visible()


def test_on_paper_the_references_are_written_out(shown: Seen) -> None:
    page = shown.page
    ask(page, QUESTION)
    expect(page.locator(".refs")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".refs")).to_be_visible()
    expect(page.locator(".refs")).to_contain_text("示例药厂甲")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator("#ask")).to_be_hidden()


def test_the_policy_keeps_markup_and_scripts_out(shown: Seen, reading: Serving) -> None:
    policy = reading.client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    refused = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'put in'; } catch (error) { return error.name; } }"
    assert shown.page.evaluate(refused) == "TypeError"


def _failing(status: int, code: str, headers: dict[str, str] | None = None) -> Any:
    def fulfil(route: Route) -> None:
        body = {"error": {"message": "no", "type": "x", "param": None, "code": code}}
        route.fulfill(status=status, json=body, headers=headers or {})

    return fulfil


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (lambda route: route.abort(), "连接不上服务器"),
        (_failing(429, "rate_limit_exceeded", {"Retry-After": "7"}), "请过 7 秒再试"),
        (_failing(503, "model_unavailable"), "模型暂时没有响应"),
        (_failing(500, "internal_error"), "服务器出了问题"),
    ],
)
def test_what_fails_is_said_and_the_question_is_kept(shown: Seen, reply: Any, words: str) -> None:
    page = shown.page
    page.route("**/v1/ask", reply)
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    expect(page.locator("#trouble")).to_contain_text(words)
    assert page.input_value("#question") == QUESTION
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator(".turn .acts")).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.fixture
def slow(cabinet_folder: Path) -> Iterator[Serving]:
    """A server whose model says one sentence, and then nothing more for long."""
    llm = ScriptedLLM(Script(pieces=["对本品过敏者禁用[1]。", "孕妇", "禁用[1]。"], between_s=30.0))
    with serving(scripted(cabinet_folder, llm)) as running:
        yield running


def test_an_answer_is_stopped_while_it_is_written(browser: Browser, slow: Serving) -> None:
    with seen(browser, slow) as found:
        page = found.page
        page.fill("#question", "安眠宁片的禁忌是什么？")
        page.press("#question", "Enter")
        expect(page.locator("#stop")).to_be_visible()
        expect(page.locator(".waiting")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#stop")).to_be_hidden()
        expect(page.locator("#send")).to_be_visible()
        assert page.input_value("#question") == "安眠宁片的禁忌是什么？"


def test_a_claim_that_the_label_contradicts_is_seen_at_once(browser: Browser, cabinet_folder: Path) -> None:
    llm = ScriptedLLM("成人一次5片，一日1次[1]。孕妇禁用[99]。")
    with serving(scripted(cabinet_folder, llm)) as running, seen(browser, running) as found:
        page = found.page
        ask(page, "安眠宁片的用法用量是什么？")
        wrong = page.locator(".claim.contradicted, .claim.unsupported").first
        expect(wrong).to_contain_text("5片")
        page.locator(".verdict.contradicted-ink, .verdict.unsupported-ink").first.click()
        expect(page.locator(".pop .reasons li").first).to_contain_text("5片")
        assert "核对结果：与资料不符" in page.locator("#live p").all_text_contents()
        expect(page.locator(".cite.dangling")).to_have_attribute("title", "此编号没有对应的资料")
        found.shot("zh-contradicted")


def test_what_labels_say_against_it_stands_over_the_answer(shown: Seen, cabinet_folder: Path) -> None:
    with KnowledgeBase.open(cabinet_folder) as kb:
        report = check_medication(["安眠宁片"], Patient(pregnant=True), kb, lang="zh")
    assert [finding.severity.value for finding in report.findings][:1] == ["contraindicated"]

    def checked(route: Route) -> None:
        """The answer with the report of the check in it, as the server sends one that has made it."""
        response = route.fetch()
        head, found, record = response.text().partition("event: answer\ndata: ")
        assert found
        answer = {**json.loads(record), "safety": report.model_dump(mode="json")}
        route.fulfill(response=response, body=f"{head}{found}{json.dumps(answer)}\n\n")

    page = shown.page
    page.route("**/v1/ask", checked)
    ask(page, QUESTION)
    expect(page.locator(".warned")).to_contain_text("禁用 安眠宁片")
    assert any(said.startswith("用药安全核对：禁用 安眠宁片") for said in page.locator("#live p").all_text_contents())
    block = page.get_by_role("region", name="用药安全核对")
    expect(block).to_contain_text("孕妇禁用。")
    page.locator(".warned").get_by_role("button").click()
    expect(block).to_be_focused()
    shown.shot("zh-safety")
    block.get_by_role("button", name="安眠宁片").first.click()
    expect(page.locator("#beside-body mark").first).to_have_text("孕妇禁用。")


def test_care_with_a_combination_stands_over_the_answer_too(shown: Seen, cabinet_folder: Path) -> None:
    with KnowledgeBase.open(cabinet_folder) as kb:
        report = check_medication(["安眠宁片"], Patient(age=82), kb, lang="zh")
        careful = {
            "kind": "interaction",
            "severity": "caution",
            "medicines": ["安眠宁片", "华法林钠片"],
            "about": "",
            "stated": [],
        }

    def checked(route: Route) -> None:
        response = route.fetch()
        head, _, record = response.text().partition("event: answer\ndata: ")
        answer = {**json.loads(record), "safety": {**report.model_dump(mode="json"), "findings": [careful]}}
        route.fulfill(response=response, body=f"{head}event: answer\ndata: {json.dumps(answer)}\n\n")

    page = shown.page
    page.route("**/v1/ask", checked)
    ask(page, QUESTION)
    expect(page.locator(".warned.careful")).to_contain_text("用药安全核对：慎用 安眠宁片 + 华法林钠片")


def test_one_chooses_whom_one_asks(browser: Browser, cabinet_folder: Path) -> None:
    ward = assistant_over(cabinet_folder, "ward", greeting="这里是病区药房。", disclaimer="病区专用。")
    asked: list[str] = []
    with serving(assistant_over(cabinet_folder, "first"), ward) as running, seen(browser, running) as found:
        page = found.page
        page.on("request", lambda request: asked.append(request.post_data or "") if request.url.endswith("/v1/ask") else None)
        page.get_by_label("助手").select_option("ward")
        expect(page.locator(".greet")).to_contain_text("这里是病区药房。")
        expect(page.locator("#disclaimer")).to_have_text("病区专用。")
        ask(page, QUESTION)
        assert json.loads(asked[0])["model"] == "ward"


def test_a_server_with_keys_is_asked_for_one(browser: Browser, cabinet_folder: Path, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    _, token = ring.add("ward", [Role.ASK])
    with (
        serving(assistant_over(cabinet_folder), settings=ServerSettings(keys=ring.path)) as running,
        seen(browser, running) as found,
    ):
        page = found.page
        box = page.locator("dialog").get_by_label("访问密钥")
        box.fill("mrk-wrong")
        page.get_by_role("button", name="使用").click()
        expect(page.locator("dialog .wrong").filter(has_text="服务器不接受这个密钥")).to_be_visible()
        box.fill(token)
        page.get_by_role("button", name="使用").click()
        expect(page.locator("dialog")).to_have_count(0)
        ask(page, QUESTION)
        assert page.evaluate("localStorage.getItem('medrag.key')") is None
        assert page.evaluate("sessionStorage.getItem('medrag.key')") == token
        page.click("#tab-library")
        page.locator("button.row").first.click()
        page.get_by_role("button", name="删除这份文档").click()
        page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
        expect(page.locator("dialog .wrong")).to_have_text("这个密钥没有权限做这件事。")
