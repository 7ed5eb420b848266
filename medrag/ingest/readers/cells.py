"""The text of cells, strings and pages that may hold HTML: tags and entities resolved, blocks as lines."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from medrag.ingest.readers.markup import Markup, parse_html, tag_of

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["cell_text", "html_text"]

_TAG = re.compile(
    r"</?(?:p|br|div|span|b|strong|i|em|u|sub|sup|font|li|ul|ol|dl|dt|dd|table|tbody|tr|td|th|h[1-6]|a|pre|html|body|section)(?:\s[^<>]*|/)?>",
    re.I,
)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_BREAK_IN_HAN = re.compile(r"(?<=[一-鿿，。；：、])[ \t]*\r?\n\s*(?=[一-鿿])")  # a blank there would stand inside a word
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]{0,400}(?:\[[^\]]{0,100000}\]\s*)?>", re.I)  # its entities are nobody's words
_PREFORMATTED = re.compile(r"<pre\b[^>]*>.*?</pre>", re.I | re.S)


def cell_text(text: str) -> str:
    """The text of a table cell or JSON string that may hold HTML or only entities; plain text comes back unchanged."""
    if _TAG.search(text):
        return html_text(text)
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text


def _is_beside(element: _Element) -> bool:
    """Whether an element of a page stands beside its text."""
    return tag_of(element) in {"nav", "footer"}


def html_text(markup: str) -> str:
    """The text of an HTML page or fragment, one line for each block, list items with `- `, cells joined by ` | `.

    What is nested past all reason loses its tags and keeps its text.
    """
    if not _TAG.search(markup):
        return html.unescape(markup)
    source = _PREFORMATTED.sub(lambda found: found.group().replace("\n", "<br>"), _DOCTYPE.sub("", markup, count=1))
    try:
        return Markup(_is_beside).text(parse_html(_BREAK_IN_HAN.sub("", source).encode("utf-8", "replace")))
    except ValueError:
        return html.unescape(re.sub(r"<[^<>]*>", "\n", markup))
