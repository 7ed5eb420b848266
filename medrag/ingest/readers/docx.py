"""Word files: heading styles are sections; paragraphs, list items and tables in the order in which they stand."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.errors import IngestError, MissingExtraError
from medrag.ingest.archives import check_archive
from medrag.ingest.readers.blocks import Block, file_record
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.types import Place

__all__ = ["DocxReader"]

_HEADING = re.compile(r"^(?:heading|标题|überschrift|titre|título)\s*(\d)$", re.I)
_TITLE = re.compile(r"^(?:title|标题|titel)$", re.I)
_LIST = re.compile(r"^list\b|列表", re.I)
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)


class DocxReader:
    """Word's .docx; the older .doc is another format and is not read."""

    name = "docx"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """Sure of a zip with Word's main part."""
        return 0.95 if "word/document.xml" in sample.members else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for the file."""
        try:
            from docx import Document
        except ImportError:
            raise MissingExtraError("python-docx", "documents") from None
        place = Place(file=path.name)
        try:
            _check(path)
            word = Document(str(path))
            blocks = _blocks(word)
            title = _title(word)
        except IngestError as error:
            yield Unreadable(place, str(error))
            return
        except Exception as error:  # python-docx raises whatever its zip and XML readers raise
            yield Unreadable(
                place, f"not a readable Word file: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            )
            return
        if not any(block.heading or block.body.strip() for block in blocks):
            yield Unreadable(place, "a Word file without text")
            return
        yield file_record(path, f"{self.name}/{self.version}", title, blocks, options)


def _check(path: Path) -> None:
    """Raises `IngestError` for a bomb, and for a part that declares entities, which Word never writes."""
    check_archive(path)
    with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as part:
        if _DECLARATION.search(part.read(4096)):
            raise IngestError(f"{path.name}: word/document.xml declares XML entities: refused")


def _title(word: Any) -> str:
    """The paragraph in style Title, else the title in the file's properties."""
    styled = (item.text.strip() for item in word.paragraphs if item.style is not None and _TITLE.match(item.style.name or ""))
    return next((text for text in styled if text), "") or (word.core_properties.title or "").strip()


def _blocks(word: Any) -> list[Block]:
    blocks = [Block()]
    for item in word.iter_inner_content():
        if hasattr(item, "rows"):
            blocks[-1].lines += _rows(item)
            continue
        style = (item.style.name or "") if item.style is not None else ""
        text = item.text.strip()
        heading = _HEADING.match(style)
        if not text or _TITLE.match(style):
            continue
        if heading:
            blocks.append(Block(int(heading[1]), " ".join(text.split())))
        else:
            blocks[-1].lines.append(f"- {text}" if _is_item(item, style) else text)
    return blocks


def _is_item(paragraph: Any, style: str) -> bool:
    properties = paragraph._p.pPr  # the public interface does not tell a numbered paragraph
    return bool(_LIST.search(style)) or (properties is not None and properties.numPr is not None)


def _rows(table: Any) -> list[str]:
    """The rows, cells joined by ` | `; a cell merged over several columns stands once."""
    lines = []
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            if cell._tc is not last:
                cells.append(" ".join(cell.text.split()))
            last = cell._tc
        if any(cells):
            lines.append(" | ".join(cells))
    return lines
