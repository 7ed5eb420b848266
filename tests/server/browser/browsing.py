"""The browser that Debian packages, driven without a screen, over a server on loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from medrag.kb.base import KnowledgeBase
from tests.conftest import ROOT
from tests.making import label
from tests.server.serving import Serving
from tests.shelf import shelf

expect.set_options(timeout=15_000)  # a machine at work on other things is slow, not wrong

__all__ = ["Seen", "ask", "browser_of", "cabinet", "highlighted", "seen"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = ("CI", "MEDRAG_BROWSER")  # where one of these is set, a missing browser is a failure
WAITS_MS = 15_000

# What the browser is shown; 𠮷 and 😀 count as one character here and as two in JavaScript.
SEDATIVE = {
    "【适应症】": "用于失眠，见《𠮷方》😀。",
    "【用法用量】": "口服。成人一次1片，一日1次，睡前服。",
    "【不良反应】": "偶见口干、头晕。😀罕见皮疹。",
    "【禁忌】": "对本品过敏者禁用。\n孕妇禁用。",
    "【药物相互作用】": "与酒精同用时镇静作用增强。",
    "【贮藏】": "密封保存。",
}
CHANGED = {**SEDATIVE, "【用法用量】": "口服。成人一次2片，一日1次，睡前服。"}
HOSTILE = '<img src=x onerror="document.title=1">'


def _chromium() -> str:
    """The browser's path; skips where there is none, fails where there must be one."""
    path = os.environ.get("MEDRAG_CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is not None:
        return path
    reason = "no Chromium here: tests/server/browser/install.sh installs Debian's, MEDRAG_CHROMIUM names another"
    if any(os.environ.get(name) for name in REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def browser_of() -> Iterator[Browser]:
    """The browser. It runs an event loop of this thread, so it is closed before the tests of another module begin."""
    path = _chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


def cabinet(folder: Path) -> Path:
    """A knowledge base with a label of two versions, one that tries to be markup, and those of the small shelf."""
    with shelf(folder) as kb:
        _fill(kb)
        return kb.path


def _fill(kb: KnowledgeBase) -> None:
    sedative: dict[str, Any] = {"key": "V1", "maker": "示例药厂甲"}
    with kb.write() as writer:
        writer.add_many(
            [
                label("安眠宁片", SEDATIVE, effective="2023-01-01", **sedative),
                label("毒舌素片", {"【不良反应】": f"恶心。{HOSTILE}呕吐。"}, key="V2"),
                label(f"无名片{HOSTILE}", {"【适应症】": "用于试验。"}, key="V3"),
            ]
        )
    with kb.write() as writer:
        writer.add_many([label("安眠宁片", CHANGED, effective="2025-06-01", **sedative)])


@dataclass
class Seen:
    """A page that is open, and all that it asked for and complained of."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shot(self, name: str) -> None:
        """A picture of what is shown, for a person to look at."""
        folder = Path(os.environ.get("MEDRAG_SCREENSHOTS") or ROOT / "build" / "screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")

    def outside(self) -> list[str]:
        """What was asked of another place than the server."""
        home = urlsplit(self.url).netloc
        return [url for url in self.asked if urlsplit(url).netloc != home]


@contextmanager
def seen(
    browser: Browser, serving: Serving, *, width: int = 1280, height: int = 860, lang: str = "zh-CN", **more: Any
) -> Iterator[Seen]:
    """The page in a window of its own, ready to be asked."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=lang, reduced_motion="reduce", **more)
    context.set_default_timeout(WAITS_MS)
    page = context.new_page()
    found = Seen(page, serving.url)
    context.on("request", lambda request: found.asked.append(request.url))
    page.on("console", lambda message: found.complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    try:
        page.goto(serving.url)
        expect(page.locator(".greet .title, dialog")).not_to_have_count(0)
        yield found
    finally:
        context.close()


def ask(page: Page, question: str) -> None:
    """Types a question, sends it, and waits for the whole answer."""
    turns = page.locator(".turn").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    expect(page.locator(".turn").last.locator(".acts")).to_be_visible()


def highlighted(page: Page) -> str:
    """The words that are marked in the source beside the answer."""
    expect(page.locator("#beside-body mark").first).to_be_visible()
    return "".join(page.locator("#beside-body mark").all_text_contents())
