"""The page's files without a browser: how they are served, and what their text may hold."""

from __future__ import annotations

import re

import pytest

from medrag.server.pages import page_files
from tests.server.serving import Serving

MAX_LINES = 400
FILES = {name: file.body.decode("utf-8") for name, file in page_files().items()}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}
# What would let text become markup or code, or leave something behind without being asked.
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|document\.cookie|indexedDB"
)
OUTSIDE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)


def test_the_page_has_its_parts() -> None:
    assert {"index.html", "icon.svg", "js/main.js", "css/base.css"} <= set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_short_and_asks_nothing_elsewhere(name: str) -> None:
    assert len(FILES[name].splitlines()) <= MAX_LINES
    assert OUTSIDE.findall(FILES[name]) == []


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_puts_in_text_alone(name: str) -> None:
    assert UNSAFE.findall(SCRIPTS[name]) == []


def test_what_a_script_imports_is_there() -> None:
    wanted = {found for text in SCRIPTS.values() for found in re.findall(r'from "/page/([^"]+)"', text)}
    assert wanted <= set(SCRIPTS)
    assert set(SCRIPTS) - wanted == {"js/main.js", "js/first.js"}  # which the page names itself
    for name in re.findall(r'(?:src|href)="/page/([^"]+)"', FILES["index.html"]):
        assert name in FILES


def _table(lang: str) -> dict[str, str]:
    """The words of a language by their keys."""
    pairs = re.findall(r'(?:"([\w.>\- ]+)"|(\w+)): "((?:[^"\\]|\\.)*)"', SCRIPTS[f"js/words.{lang}.js"])
    return {quoted or bare: words for quoted, bare, words in pairs}


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    zh, en = _table("zh"), _table("en")
    assert set(zh) == set(en)
    assert len(zh) > 200
    differ = {key for key in zh if set(re.findall(r"\{\w+\}", zh[key])) != set(re.findall(r"\{\w+\}", en[key]))}
    assert differ == set()


def test_every_word_that_is_asked_for_is_there() -> None:
    words = _table("en")
    asked = {key for text in SCRIPTS.values() for key in re.findall(r'\bsay\("([^"]+)"', text)}
    asked |= set(re.findall(r'data-(?:say|label|hint)="([^"]+)"', FILES["index.html"]))
    assert len(asked) > 100
    assert {key for key in asked if key not in words} == set()


def test_nothing_stands_inline_in_the_page() -> None:
    html = FILES["index.html"]
    assert re.findall(r"\son\w+=|\sstyle=|<style", html) == []
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_the_page_is_sent_under_a_strict_policy(live: Serving) -> None:
    page = live.client.get("/")
    assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy and "*" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    script = live.client.get("/page/js/main.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["content-security-policy"] == policy


def test_a_file_that_has_not_changed_is_not_sent_again(live: Serving) -> None:
    first = live.client.get("/page/css/base.css")
    again = live.client.get("/page/css/base.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert live.client.head("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/page/none.js", "/page/", "/page/../pages.py", "/page/%2e%2e/pages.py", "/page/..%2fpages.py"]
)
def test_no_other_file_is_sent(live: Serving, path: str) -> None:
    sent = live.client.get(path)
    assert sent.status_code == 404
    assert "pages.py" not in sent.json()["error"]["message"]
