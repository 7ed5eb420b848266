"""The text of XML and HTML elements as lines: paragraphs, list items and table rows each end one.

One renderer serves SPL (`paragraph`, `item`, `renderMultiMedia`), XHTML and HTML (`p`, `li`, `img`): their element
names do not clash. White space in the source means nothing; only the elements make lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from medrag.ingest.encodings import decode

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["SUPERSCRIPT", "Markup", "parse_html", "parse_xml", "plain", "tag_of"]

_BLANK = re.compile(r" \s+|[^\S ]\s*")  # all but a single space, of which texts are full
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "html label legend list main nav ol p paragraph pre section table td text th title tr ul".split()
)
_SKIPPED = frozenset(
    "audio button canvas col colgroup embed head iframe img input link meta noscript object observationmedia option renderMultiMedia "
    "script select style svg template textarea video".split()
)
_ITEMS = frozenset({"li", "item"})
# 10<sup>6</sup> must not become 106, nor 0.98<sup>3</sup> 0.983: raised digits behind a digit keep their height.
SUPERSCRIPT = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_MARKS = "*†‡§¶#"  # the FDA stylesheet's order of footnote marks; after the sixth they are doubled
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_ENTITIES = "declares XML entities, which labels do not need: refused (possible entity bomb or external entity)"
_DEEP = "nested deeper than 256 elements"


def tag_of(element: _Element) -> str:
    """The element's name without namespace; empty for comments, instructions and unresolved entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class Markup:
    """A renderer for one text (a section): it numbers the footnotes of that text and puts them after it.

    `skip` says which elements are left out with all they hold.
    """

    def __init__(self, skip: Callable[[_Element], bool] | None = None) -> None:
        self._skip = skip
        self._notes: list[str] = []
        self._marks: dict[str, str] = {}

    def text(self, element: _Element) -> str:
        """The element's text as lines, footnotes last; `ValueError` where it is nested past all reason."""
        pieces: list[str] = []
        try:
            self._inside(element, pieces)
        except RecursionError:
            raise ValueError(_DEEP) from None
        lines = [line.strip() for line in "".join(pieces).split("\n")]
        return "\n".join(line for line in [*lines, *self._notes] if line)

    def _inside(self, element: _Element, out: list[str]) -> None:
        if element.text:
            out.append(_BLANK.sub(" ", element.text))
        for child in element:
            self._child(child, out)
            if child.tail:
                out.append(_BLANK.sub(" ", child.tail))

    def _child(self, child: _Element, out: list[str]) -> None:
        tag = tag_of(child)
        if not tag or tag in _SKIPPED or (self._skip is not None and self._skip(child)):
            return
        if tag == "br":
            out.append("\n")
        elif tag == "table":
            out.append("\n" + self._table(child) + "\n")
        elif tag in _ITEMS:
            out.append("\n" + self._item(child) + "\n")
        elif tag == "dl":
            out.append("\n" + self._definitions(child) + "\n")
        elif tag == "footnote":
            out.append(self._footnote(child))
        elif tag == "footnoteRef":
            out.append(self._marks.get(child.get("IDREF", ""), ""))
        elif tag in _BLOCKS:
            out.append("\n")
            self._inside(child, out)
            out.append("\n")
        elif out and out[-1][-1:].isdigit() and _is_raised(child, tag):
            out.append(" ".join(self._lines(child)).translate(SUPERSCRIPT))
        else:
            self._inside(child, out)

    def _lines(self, element: _Element) -> list[str]:
        pieces: list[str] = []
        self._inside(element, pieces)
        return [line.strip() for line in "".join(pieces).split("\n") if line.strip()]

    def _one_line(self, element: _Element) -> str:
        return " ".join(self._lines(element))

    def _item(self, item: _Element) -> str:
        lines = self._lines(item)
        if not lines:
            return ""
        caption = next((child for child in item if tag_of(child) == "caption"), None)
        mark = self._one_line(caption) if caption is not None else ""
        if mark and lines[0] == mark and len(lines) > 1:  # the printed mark: "1.", "a)", "•"
            lines = lines[1:] if not any(c.isalnum() for c in mark) else [f"{mark} {lines[1]}", *lines[2:]]
        return "\n".join([f"- {lines[0]}", *lines[1:]])

    def _definitions(self, element: _Element) -> str:
        """A dl's lines: each dt together with the dd that follows it (bullets and footnotes are written so)."""
        lines: list[str] = []
        term = ""
        for child in element:
            tag = tag_of(child)
            if not tag or (self._skip is not None and self._skip(child)):
                continue
            if tag == "dt":
                lines += [term] if term else []
                term = self._one_line(child)
            else:
                first, *more = self._lines(child) or [""]
                lines += [f"{term} {first}".strip(), *more]
                term = ""
        return "\n".join([*lines, term] if term else lines)

    def _table(self, table: _Element) -> str:
        """The caption, then the rows with head first and foot last, cells joined by ` | `."""
        order = {"caption": 0, "thead": 1, "tfoot": 3}
        parts = sorted((child for child in table if tag_of(child)), key=lambda child: order.get(tag_of(child), 2))
        lines: list[str] = []
        for part in parts:
            if tag_of(part) == "tr":
                lines += self._row(part)
            elif tag_of(part) in {"thead", "tbody", "tfoot"}:
                for row in part:
                    lines += self._row(row) if tag_of(row) == "tr" else []
            elif tag_of(part) not in _SKIPPED:
                lines += self._lines(part)
        return "\n".join(lines)

    def _row(self, row: _Element) -> list[str]:
        cells = [child for child in row if tag_of(child) in {"td", "th"} and not (self._skip is not None and self._skip(child))]
        if len(cells) == 1:  # a layout table, or a foot: its cell may hold lists and paragraphs
            return self._lines(cells[0])
        texts = [self._one_line(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        return [" | ".join(texts)] if texts else []

    def _footnote(self, note: _Element) -> str:
        at = len(self._marks)
        mark = _MARKS[at % len(_MARKS)] * (at // len(_MARKS) + 1)
        self._marks[note.get("ID", f" {at}")] = mark
        self._notes.append(f"{mark} {self._one_line(note)}")
        return mark


def _is_raised(element: _Element, tag: str) -> bool:
    return tag == "sup" or "Sup" in (element.get("class") or "").split()


def plain(element: _Element | None) -> str:
    """The element's text in one line, images and scripts left out; empty for None."""
    return "" if element is None else " ".join(Markup().text(element).split())


def parse_xml(data: bytes) -> _Element:
    """The root of an XML document; `ValueError` says in one line what is wrong with it and where.

    Nothing is loaded from outside and no entity is ever expanded: documents that declare entities are refused.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML: {_one_reason(str(error))}") from None
    dtd: Any = root.getroottree().docinfo.internalDTD  # the stubs lack iterentities
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise ValueError(_ENTITIES)
    return root


def _one_reason(message: str) -> str:
    if "xcessive depth" in message:
        message = _DEEP + message.partition("option")[2]
    if "ntity amplification" in message or "ntity reference loop" in message:
        message = _ENTITIES
    return " ".join(message.replace(", try XML_PARSE_HUGE", "").split())


def parse_html(data: bytes) -> _Element:
    """The root of an HTML page, read as browsers do; `ValueError` where it is empty or nested past all reason.

    A declared UTF-8 is believed even where single bytes are broken; other pages are decoded by what they look like.
    """
    from lxml import etree

    declared = _DECLARED.search(data[:2048])
    if declared and declared[1].lower() in {b"utf-8", b"utf8"}:
        text = data.decode("utf-8-sig", "replace")
    else:
        text, _ = decode(data)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\0", "")
    root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
    if root is None:
        raise ValueError("an empty page")
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise ValueError(f"not readable HTML: {_DEEP}")
    return root
