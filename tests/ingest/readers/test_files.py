"""Tests of the readers of plain files: text, Markdown, HTML and Word."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from medrag.ingest.readers.docx import DocxReader
from medrag.ingest.readers.files import HtmlReader, MarkdownReader, TextReader
from medrag.ingest.sample import Sample
from medrag.types import DocumentKind
from tests.ingest.readers.reading import read, sections

PROSE = "Zemoxine and sleep\n\nZemoxine is a made-up drug that helps nobody. It was written for a test, and so were its effects on sleep.\n"


def test_prose_is_one_document_with_a_short_first_line_as_title(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text(PROSE)
    assert TextReader().recognise(Sample.of(path)) == 0.2
    (record,), _ = read(TextReader(), path)
    assert (record.document.title, record.document.kind) == ("Zemoxine and sleep", DocumentKind.FILE)
    assert len(sections(record)) == 1 and not record.about


@pytest.mark.parametrize(
    "text", ["Zemox\nAspirin\nIbuprofen\n" * 50, "a\t12\nb\t7\nc\t1\n", '{"a": 1}', "甲\n乙病\n丙综合征\n", ""]
)
def test_a_list_of_names_a_table_or_data_is_no_prose(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.txt"
    path.write_text(text)
    assert TextReader().recognise(Sample.of(path)) == 0


def test_markdown_headings_are_sections_with_paths(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text(
        "---\ntitle: Sleep guide\ndate: 2024-05-06\n---\nLead **bold** [link](http://x).\n\n# One\n\ntext\n\n## Two\n* item\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n# not a heading\n```\n\nThree\n=====\nend\n"
    )
    (record,), _ = read(MarkdownReader(), path)
    assert [(heading, text) for _, heading, text in sections(record)] == [
        ("", "Lead bold link."),
        ("One", "text"),
        ("Two", "- item\na | b\n1 | 2\n# not a heading"),
        ("Three", "end"),
    ]
    assert [one.path for one in record.document.sections] == [(), (), ("One",), ()]
    assert (record.document.title, record.document.effective) == ("Sleep guide", "2024-05-06")


def test_a_file_with_the_headings_of_a_label_is_a_label(tmp_path: Path) -> None:
    path = tmp_path / "zemox.md"
    path.write_text(
        "# Zemox (zemoxine)\n\n## Indications and usage\nFever.\n\n## Contraindications\nNone.\n\n## Dosage and administration\nOne.\n"
    )
    (record,), _ = read(MarkdownReader(), path)
    assert record.document.kind is DocumentKind.LABEL
    assert [code for code, _, _ in sections(record)][1:] == ["34067-9", "34070-3", "34068-7"]
    assert {one.name for one in record.about} == {"zemoxine", "Zemox"}


def test_a_chinese_file_with_bracketed_headings_is_a_label(tmp_path: Path) -> None:
    path = tmp_path / "label.md"
    path.write_text(
        "# 泽莫辛片说明书\n\n【药品名称】\n通用名称：泽莫辛片\n【适应症】用于发热。\n【禁忌】对本品过敏者禁用。\n【用法用量】口服，一次1片。\n"
    )
    (record,), _ = read(MarkdownReader(), path)
    assert (record.document.title, record.document.kind, record.document.lang) == ("泽莫辛片", DocumentKind.LABEL, "zh")
    assert ("34070-3", "禁忌", "对本品过敏者禁用。") in sections(record)


def test_html_headings_are_sections_and_scripts_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<!DOCTYPE html><html><head><title>Zemox page</title><script>x()</script></head><body><nav>menu</nav><p>lead</p>"
        "<h1>One</h1><div><p>a<br>b</p><h3>Deep</h3>c</div><table><tr><td><h2>cell</h2></td><td>2</td></tr></table></body></html>"
    )
    assert HtmlReader().recognise(Sample.of(path)) == 0.4
    (record,), _ = read(HtmlReader(), path)
    assert [(heading, text) for _, heading, text in sections(record)] == [
        ("", "lead"),
        ("One", "a\nb"),
        ("Deep", "c\ncell | 2"),
    ]
    assert record.document.title == "Zemox page"


def test_word_files_keep_paragraphs_items_and_tables_in_order(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("Zemox guide", style="Title")
    word.add_heading("One", level=1)
    word.add_paragraph("first")
    table = word.add_table(rows=2, cols=2)
    for at, text in enumerate(("a", "b", "c", "d")):
        table.cell(at // 2, at % 2).text = text
    word.add_paragraph("an item", style="List Bullet")
    word.add_heading("Two", level=2)
    word.add_paragraph("last")
    path = tmp_path / "guide.bin"
    word.save(str(path))
    assert DocxReader().recognise(Sample.of(path)) > 0.9
    (record,), _ = read(DocxReader(), path)
    assert record.document.title == "Zemox guide"
    assert [(heading, text) for _, heading, text in sections(record)] == [
        ("One", "first\na | b\nc | d\n- an item"),
        ("Two", "last"),
    ]
    assert record.document.sections[1].path == ("One",)
