"""PDF files, drug labels above all: text page by page, headings where a line is numbered or a known one in capitals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.errors import MissingExtraError
from medrag.ingest.readers.blocks import Block, file_record
from medrag.ingest.readers.pdf_headings import Outline, is_heading
from medrag.ingest.readers.pdf_text import Line, page_lines
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.types import Place

__all__ = ["PdfReader"]

MAX_PDF_BYTES = 256 * 2**20  # its pictures and fonts are most of it
MAX_TITLE_CHARS = 120
_MARGIN_LINES = 3  # at the top and at the bottom of a page, where running heads and page numbers stand
_MIN_PAGES_FOR_HEADS = 3
_HEAD_SHARE = 0.6  # of the pages must carry the same line
_BULLET = re.compile(r"^(?:[•■◆▪●○◦·–—*]|-\s|\(?\d{1,2}[.)）、]\s|\(?[a-z]\)\s|[（(][一二三四五六七八九十\d]+[)）])")
_ENDS = re.compile(r"[.!?:;。！？：；]['\")\]”’）]*$")
_HAN = re.compile(r"[一-鿿]")
_SPACED = re.compile(r"[【［〔](?:[一-鿿](?: \| )?){2,12}[】］〕]")
_REVISED = re.compile(r"\bRevised:?\s*(\d{1,2})/((?:19|20)\d{2})\b")


class PdfReader:
    """PDF files with text in them; pages that are images need OCR, which is not done here."""

    name = "pdf"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """Sure of PDF's magic number."""
        return 0.95 if b"%PDF-" in sample.head[:1024] else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for the file."""
        try:
            import pypdfium2
        except ImportError:
            raise MissingExtraError("pypdfium2", "documents") from None
        place = Place(file=path.name)
        if path.stat().st_size > MAX_PDF_BYTES:
            yield Unreadable(place, f"larger than {MAX_PDF_BYTES:,} bytes: split the file")
            return
        try:
            pdf = pypdfium2.PdfDocument(path.read_bytes())
        except pypdfium2.PdfiumError as error:
            yield Unreadable(place, _why(str(error)))
            return
        try:
            yield from self._document(pdf, path, options)
        finally:
            pdf.close()

    def _document(self, pdf: Any, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        pages: list[list[Line]] = []
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                pages.append([_unspaced(line) for line in page_lines(page)])
                page.close()
            except Exception as error:  # pdfium's binding raises PdfiumError and, for broken boxes, ValueError
                pages.append([])
                yield Unreadable(Place(file=path.name, record=f"page {number + 1}"), f"cannot be read: {error}")
        empty = sum(not lines for lines in pages)
        if empty == len(pages):
            yield Unreadable(Place(file=path.name), "no text on any page: a scanned PDF needs OCR, which is not done here")
            return
        text, record = self._record(pdf, _without_running_heads(pages), path, options)
        revised = _REVISED.search(text)
        if revised and not record.document.effective:
            effective = f"{revised[2]}-{int(revised[1]):02d}" if 1 <= int(revised[1]) <= 12 else revised[2]
            record = _replaced(record, effective=effective)
        yield _replaced(record, place=Place(file=path.name, record=f"pages 1-{len(pages)}"))

    def _record(self, pdf: Any, pages: list[list[Line]], path: Path, options: ReadOptions) -> tuple[str, ReadRecord]:
        paragraphs = _paragraphs([line for lines in pages for line in lines])
        outline = Outline(paragraphs)
        title = pdf.get_metadata_dict().get("Title", "").strip()
        if (
            not title
            or title.lower().endswith((".doc", ".docx", ".pdf", ".indd", ".fm"))
            or title.lower().startswith("microsoft word")
        ):
            title = next(
                (text for text in paragraphs[:1] if len(text) <= MAX_TITLE_CHARS and not re.search(r" \| |[.;:,]$", text)), ""
            )
        blocks: list[Block] = outline.blocks()
        return "\n".join(paragraphs), file_record(path, f"{self.name}/{self.version}", title, blocks, options)


def _unspaced(line: Line) -> Line:
    """The line; a heading that is printed spaced out, 【用  法  用  量】, looks like cells and is none."""
    line.text = _SPACED.sub(lambda found: found.group().replace(" | ", ""), line.text)
    return line


def _replaced(record: ReadRecord, **changes: object) -> ReadRecord:
    document = record.document.model_copy(update=changes)
    return ReadRecord(document, record.names, record.statements, record.about, record.unmapped)


def _why(message: str) -> str:
    if "password" in message.lower():
        return "encrypted: it opens only with a password; remove it first"
    return f"not a readable PDF: {message.strip()}"


def _without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without the lines that most of them repeat at their top or bottom (numbers in them may differ)."""
    if len(pages) < _MIN_PAGES_FOR_HEADS:
        return pages
    seen = Counter(key for lines in pages for key in {_head_key(line) for line in _margins(lines)})
    common = {key for key, count in seen.items() if count >= _HEAD_SHARE * len(pages)}
    kept = []
    for lines in pages:
        margin = {id(line) for line in _margins(lines)}
        kept.append([line for line in lines if id(line) not in margin or _head_key(line) not in common])
    return kept


def _margins(lines: list[Line]) -> list[Line]:
    by_height = sorted(lines, key=lambda line: -line.top)
    count = min(_MARGIN_LINES, max(1, len(lines) // 4))  # a short page is not all margin
    return by_height[:count] + by_height[-count:]


def _head_key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _paragraphs(lines: list[Line]) -> list[str]:
    """The lines joined into paragraphs: a line goes on where the next one's first word had no room left on it."""
    words = Counter(word for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.casefold()))
    paragraphs: list[str] = []
    last: Line | None = None
    for line in lines:
        if last is not None and _goes_on(last, line):
            paragraphs[-1] = _joined(paragraphs[-1], line.text, last.hyphen, words)
        else:
            paragraphs.append(line.text)
        last = line
    return paragraphs


def _goes_on(last: Line, line: Line) -> bool:
    if last.hyphen:
        return True
    if " | " in last.text or " | " in line.text or _BULLET.match(line.text) or is_heading(line.text):
        return False
    below = last.bottom - line.top
    new_column = below < -2 * line.height
    if not new_column and below > 0.8 * line.height:
        return False
    if is_heading(last.text) and (_ENDS.search(last.text) or new_column):
        return False
    per_char = (last.right - last.left) / max(len(last.text), 1)
    first = 1 if _HAN.match(line.text) else len(line.text.split(maxsplit=1)[0])
    full = last.right + per_char * (first + 1) > last.edge - per_char
    return full and not (new_column and _ENDS.search(last.text))


def _joined(before: str, after: str, hyphen: bool, words: Counter[str]) -> str:
    """The two joined as one text; a hyphen at the line's end stays where the word is written with it elsewhere.

    Where neither form occurs again, it stays between two words that occur by themselves.
    """
    if re.search(r"[^\W\d_]-$", before) and re.match(r"[^\W\d_]", after):  # a hyphen that pdfium did not see as one
        before, hyphen = before[:-1], True
    if not hyphen:
        han = bool(_HAN.match(before[-1:])) and bool(_HAN.match(after[:1]))
        return before + ("" if han else " ") + after
    left, right = re.search(r"[^\W\d_]*$", before), re.match(r"[^\W\d_]*", after)
    first, second = (left[0] if left else "").casefold(), (right[0] if right else "").casefold()
    if not first or not second:
        return f"{before}-{after}"
    together, apart = words[first + second], words[f"{first}-{second}"]
    keep = apart >= together if apart or together else words[first] > 1 and words[second] > 1
    return f"{before}-{after}" if keep or after[:1].isupper() else before + after
