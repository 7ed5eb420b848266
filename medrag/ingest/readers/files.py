"""Plain files as documents: text, Markdown and HTML pages, their headings as sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.encodings import MAX_TEXT_BYTES, read_text
from medrag.ingest.readers.blocks import Block, file_record
from medrag.ingest.readers.headings import heads
from medrag.ingest.readers.latin_headings import latin_sections
from medrag.ingest.readers.markup import Markup, parse_html, plain, tag_of
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.types import Place

__all__ = ["HtmlReader", "MarkdownReader", "TextReader"]

MAX_TITLE_CHARS = 100
_OTHER_SYNTAX = re.compile(r"\s*(?:[{\[<]|%PDF-|PK\x03|--|CREATE TABLE|INSERT INTO)", re.I)
_OTHER_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".md", ".markdown", ".jsonl", ".ndjson", ".json", ".fsh"})
_SENTENCE_END = re.compile(r"[.!?;:。！？；：…][\"'”’)）\]]*\s*$")
_SENTENCE = re.compile(r"[.!?]['\")\]]*\s|[.!?]\s*$|[。！？；]")
_LONG_LINE = 60  # characters: a line of prose, wherever it was wrapped; a Han character says as much as two
_HAN = re.compile(r"[一-鿿]")
_PROSE_SHARE = 0.5

_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S.{0,500})$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{3,})\s*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_TABLE_RULE = re.compile(r"\s*+\|?\s*+:?-{2,}+:?\s*+(?:\|\s*+:?-{2,}+:?\s*+)*+\|?\s*+$")
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]\([^)\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\([^)\n]{0,2000}\)")
_EMPHASIS = re.compile(r"(\*\*|__|``?)(?=\S)([^\n]*?\S)\1")
_LIST_MARK = re.compile(r"^(\s*)[*+]\s+")

_HEADING_TAGS = {f"h{level}": level for level in range(1, 7)}
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_HTML_TAGS = re.compile(r"</(?:p|div|h[1-6]|ul|ol|table|body|article|section)>", re.I)
_MARK = "\ue000"  # private use: stands around headings while a page is rendered, and is taken out of its text first


class TextReader:
    """Prose as one document, an English label with its sections; lists of names, tables and data are none."""

    name = "text"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.6 for an English label's headings, 0.2, so that any reader that knows better wins, for mostly sentences; else 0."""
        if not sample.text or _OTHER_SYNTAX.match(sample.text) or sample.suffix in _OTHER_SUFFIXES:
            return 0.0
        if len(heads(piece for piece in latin_sections(sample.text.splitlines()) if piece.body.strip())) > 1:
            return 0.6
        return 0.2 if sample.suffix in {".txt", ".text", ""} and _is_prose(sample.text) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for the file; its title is a short first line, else the file's name."""
        lines = read_text(path).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        filled = [line for line in lines if line.strip()]
        if not filled:
            yield Unreadable(Place(file=path.name), "no text")
            return
        first = filled[0].strip()
        title = first if len(filled) > 1 and len(first) <= MAX_TITLE_CHARS and not _SENTENCE_END.search(first) else ""
        rest = lines[lines.index(filled[0]) + 1 :] if title else lines
        pieces = latin_sections(rest)
        blocks = [Block(lines=rest)]
        if len(heads(pieces)) > 1:
            blocks = [Block(2 if piece.heading else 0, piece.heading, piece.lines) for piece in pieces]
        yield file_record(path, f"{self.name}/{self.version}", title, blocks, options)


def _is_prose(text: str) -> bool:
    """Whether at least half of the lines, counted by their length, are sentences or wrapped lines of some."""
    lines = [line.strip() for line in text.splitlines()[:400] if line.strip()]
    tabs = [line.count("\t") for line in lines]
    if len(lines) > 2 and min(tabs) == max(tabs) > 0:
        return False  # a table
    prose = sum(len(line) for line in lines if _is_sentence(line))
    return prose >= _PROSE_SHARE * sum(len(line) for line in lines) and _SENTENCE.search(text) is not None


def _is_sentence(line: str) -> bool:
    width = len(line) + len(_HAN.findall(line))
    return width >= _LONG_LINE or (width >= 20 and _SENTENCE_END.search(line) is not None)


class MarkdownReader:
    """Markdown: # headings and underlined ones are sections; emphasis and links are read as their text."""

    name = "markdown"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.6 by the suffix, 0.3 for text with several # headings, else 0."""
        if not sample.text or sample.members:
            return 0.0
        if sample.suffix in {".md", ".markdown", ".mdown", ".rmd", ".qmd"}:
            return 0.6
        headings = sum(_ATX.match(line) is not None for line in sample.text.splitlines())
        return 0.3 if sample.suffix in {".txt", ".text", ""} and headings >= 2 and not _OTHER_SYNTAX.match(sample.text) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for the file."""
        lines = read_text(path).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        matter, lines = _front_matter(lines)
        blocks = _markdown_blocks(lines)
        if not any(block.heading or block.body.strip() for block in blocks):
            yield Unreadable(Place(file=path.name), "no text")
            return
        tops = [block.heading for block in blocks if block.level == 1]
        title = matter.get("title", "") or (tops[0] if len(tops) == 1 else "")
        yield file_record(path, f"{self.name}/{self.version}", title, blocks, options, date=matter.get("date", ""))


def _front_matter(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """The `key: value` lines between `---` at the top of a Markdown file, and the lines after them."""
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:60]]:
        return {}, lines
    end = [line.strip() for line in lines].index("---", 1)
    pairs = (line.partition(":") for line in lines[1:end] if ":" in line)
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}, lines[end + 1 :]


def _markdown_blocks(lines: list[str]) -> list[Block]:
    blocks = [Block()]
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        elif fence:
            blocks[-1].lines.append(line)
        elif atx := _ATX.match(line):
            blocks.append(Block(len(atx[1]), _inline(atx[2].rstrip().rstrip("#").rstrip())))
        elif (
            (under := _SETEXT.match(line))
            and blocks[-1].lines
            and blocks[-1].lines[-1].strip()
            and "|" not in blocks[-1].lines[-1]
        ):
            blocks.append(Block(1 if under[1][0] == "=" else 2, blocks[-1].lines.pop()))
        elif not _TABLE_RULE.match(line):
            blocks[-1].lines.append(_markdown_line(line))
    return blocks


def _markdown_line(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 1:
        return " | ".join(_inline(cell.strip()) for cell in stripped[1:-1].split("|"))
    return _inline(_LIST_MARK.sub(r"\1- ", line))


def _inline(text: str) -> str:
    if not any(mark in text for mark in "*_`["):
        return text
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    return _EMPHASIS.sub(r"\2", text)


class HtmlReader:
    """HTML pages: h1–h6 are sections, scripts, forms and navigation are left out."""

    name = "html"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.4 for a page of HTML, whatever its suffix; labels in HTML have readers of their own."""
        if not sample.text.lstrip().startswith("<"):
            return 0.0
        if _HTML_START.match(sample.text[:4000]):
            return 0.4
        return 0.3 if sample.suffix in {".html", ".htm", ".xhtml"} and _HTML_TAGS.search(sample.text) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for the page."""
        place = Place(file=path.name)
        if path.stat().st_size > MAX_TEXT_BYTES:
            yield Unreadable(place, f"larger than {MAX_TEXT_BYTES:,} bytes: no single page is")
            return
        try:
            root = parse_html(path.read_bytes().replace(_MARK.encode(), b""))
            title = plain(next(root.iter("title"), None)) or plain(next(root.iter("h1"), None))
            blocks = _html_blocks(Markup(lambda element: tag_of(element) in {"nav", "title"}), root)
        except ValueError as error:
            yield Unreadable(place, str(error))
            return
        if any(block.heading or block.body.strip() for block in blocks):
            yield file_record(path, f"{self.name}/{self.version}", title, blocks, options)
        else:
            yield Unreadable(place, "a page without text")


def _html_blocks(markup: Markup, root: object) -> list[Block]:
    from lxml.etree import _Element

    if not isinstance(root, _Element):
        return []
    for element in list(root.iter(*_HEADING_TAGS)):
        heading, tail = plain(element), element.tail
        element.clear()
        element.tail = tail
        element.text = f"{_MARK}{_HEADING_TAGS[tag_of(element)]}{heading}{_MARK}" if heading else None
    blocks = [Block()]
    for line in markup.text(root).split("\n"):
        if line.startswith(_MARK) and line.endswith(_MARK):
            blocks.append(Block(int(line[1]), line[2:-1]))
        else:  # a heading inside a table's row is a cell
            blocks[-1].lines.append(re.sub(f"{_MARK}\\d?", "", line))
    return blocks
