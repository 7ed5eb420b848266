"""A small file of every format, from which hostile ones are made; most are those that the readers' own tests read."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.ingest.readers.reading import zip_bytes
from tests.ingest.readers.spl_xml import spl
from tests.ingest.readers.test_code_lists import TREE
from tests.ingest.readers.test_columns import TABLE as COLUMNS
from tests.ingest.readers.test_disease_table import TABLE as DISEASES
from tests.ingest.readers.test_files import PROSE
from tests.ingest.readers.test_fsh import _leaflet
from tests.ingest.readers.test_kg_objects import OBJECT
from tests.ingest.readers.test_literal import FORMULA, HERB, NAMED
from tests.ingest.readers.test_monographs import STRINGS
from tests.ingest.readers.test_node_edge import EDGES, NODES
from tests.ingest.readers.test_openfda import RECORD as OPENFDA
from tests.ingest.readers.test_pdf import LABEL as PDF_LINES
from tests.ingest.readers.test_pdf import lines, pdf
from tests.ingest.readers.test_pulse import LINES as PULSE
from tests.ingest.readers.test_qizhen import TABLE as QIZHEN
from tests.ingest.readers.test_section_lists import LABEL as SECTION_LIST
from tests.ingest.readers.test_section_rows import ROWS
from tests.ingest.readers.test_spl_html import PAGE
from tests.ingest.readers.test_spo import RECORD as SPO
from tests.ingest.readers.test_triples import PRIMEKG
from tests.ingest.readers.test_zh_label import LEAFLET
from tests.ingest.readers.test_zhongxinci import LINES as ZHONGXINCI

__all__ = ["SEEDS", "Seeds"]


@dataclass(frozen=True, slots=True)
class Seeds:
    """Files of one format, by name; `reader` reads them, `mapping` says how its columns are read."""

    reader: str
    files: dict[str, bytes]
    mapping: dict[str, object] = field(default_factory=dict)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _json_lines(values: list[Any]) -> bytes:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()


def _workbook(rows: list[list[Any]]) -> bytes:
    from openpyxl import Workbook

    book, stream = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(stream)
    return stream.getvalue()


def _docx() -> bytes:
    from docx import Document

    document, stream = Document(), io.BytesIO()
    document.add_heading("ZEMOX tablets", 1)
    document.add_paragraph("Take one tablet daily.")
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "Clearance", "5 mg"
    document.save(stream)
    return stream.getvalue()


def _pdf() -> bytes:
    with TemporaryDirectory() as folder:
        return pdf(Path(folder) / "a.pdf", lines(PDF_LINES), lines(["2 DOSAGE", "Take one."])).read_bytes()


HTML = b"<html><head><title>Zemox</title></head><body><h1>Zemox</h1><p>One <b>tablet</b>.<ul><li>a<li>b</ul><table><tr><td>1</table>"
MARKDOWN = b"# Zemox\n\n## Dosage\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n> quote [link](x) <b>html</b>\n"
TRIPLES = "head,relation,tail\n晨咳,症状,咳嗽\n晨咳,别名,早咳\n"
NAMES = "通用名,英文名,商品名,别名\n晨露,examplin,晨露通,朝露；露\n暮云,,,\n"
CODES = "疾病诊断编码,疾病诊断名称\nA00.000,晨咳\nA00.001,暮热\n"
MADE: dict[str, Callable[[], Seeds]] = {
    "spl": lambda: Seeds("spl", {"a.xml": spl(), "a.zip": zip_bytes({"a/label.xml": spl(), "b.zip": zip_bytes({"c.xml": spl()})})}),
    "spl-html": lambda: Seeds("spl-html", {"a.html": PAGE.encode()}),
    "openfda": lambda: Seeds("openfda", {"a.json": _json({"meta": {}, "results": [OPENFDA, OPENFDA]}), "a.json.zip": zip_bytes({"a.json": _json({"results": [OPENFDA]})})}),
    "fsh": lambda: Seeds("fsh", {"a.fsh": _leaflet().encode()}),
    "pulse-docs": lambda: Seeds("pulse-docs", {"kb.jsonl": _json_lines(PULSE)}),
    "qizhen-csv": lambda: Seeds("qizhen-csv", {"q.csv": QIZHEN.encode(), "g.csv": QIZHEN.encode("gb18030")}),
    "monographs": lambda: Seeds("monographs", {"a.json": _json(STRINGS)}),
    "section-lists": lambda: Seeds("section-lists", {"a.jsonl": _json_lines([SECTION_LIST] * 2), "a.json": _json([SECTION_LIST])}),
    "section-rows": lambda: Seeds("section-rows", {"a.json": _json(ROWS), "a.jsonl": _json_lines(ROWS), "a.xlsx": _workbook([list(ROWS[0]), *(list(row.values()) for row in ROWS)])}),
    "literal-lines": lambda: Seeds("literal-lines", {"herbs.txt": "\n".join([HERB, FORMULA, NAMED]).encode()}),
    "zhongxinci": lambda: Seeds("zhongxinci", {"a.jsonl": ZHONGXINCI.encode()}),
    "spo": lambda: Seeds("spo", {"a.json": _json([SPO, SPO]), "a.jsonl": _json_lines([SPO, SPO])}),
    "kg-objects": lambda: Seeds("kg-objects", {"a.json": _json_lines([OBJECT, OBJECT]), "b.json": _json([OBJECT])}),
    "disease-table": lambda: Seeds("disease-table", {"d.csv": DISEASES.encode(), "g.csv": DISEASES.encode("gb18030")}),
    "nodes": lambda: Seeds("nodes", {"nodes.tsv": NODES.encode()}),
    "edges": lambda: Seeds("edges", {"edges.tsv": EDGES.encode(), "nodes.tsv": NODES.encode()}),
    "triples": lambda: Seeds("triples", {"a.csv": TRIPLES.encode(), "kg.csv": (PRIMEKG + "a,b,1,2,drug,x,S,3,4,disease,y,S\n").encode()}),
    "code-lists": lambda: Seeds("code-lists", {"tree.json": TREE.encode(), "a.csv": CODES.encode(), "a.xlsx": _workbook([line.split(",") for line in CODES.split()])}),
    "name-tables": lambda: Seeds("name-tables", {"n.csv": NAMES.encode(), "n.json": _json([{"chinese": "晨露", "english": "Dew", "category": "x"}])}),
    "name-groups": lambda: Seeds("name-groups", {"g.json": _json({"晨咳": ["早咳", "晨嗽"], "暮热": ["晚热"]})}),
    "name-lists": lambda: Seeds("name-lists", {"kg_disease.txt": "\n".join(f"病{n}" for n in range(40)).encode(), "w.txt": "发热\t120\n咳嗽\t7\n".encode()}),
    "zh-label": lambda: Seeds("zh-label", {"a.txt": LEAFLET.encode(), "g.txt": LEAFLET.encode("gb18030"), "u.txt": LEAFLET.encode("utf-16")}),
    "columns": lambda: Seeds("columns", {"t.csv": COLUMNS.encode(), "t.xlsx": _workbook([line.split(",") for line in COLUMNS.split("\n")])}),
    "mapped": lambda: Seeds("columns", {"t.csv": COLUMNS.encode(), "t.tsv": COLUMNS.replace(",", "\t").encode()}, {"title": "药品名称", "sections": {"适应症": "34067-9", "用法用量": "34068-7"}, "names": {"别名": "alias"}}),
    "html": lambda: Seeds("html", {"a.html": HTML}),
    "markdown": lambda: Seeds("markdown", {"a.md": MARKDOWN}),
    "docx": lambda: Seeds("docx", {"a.docx": _docx()}),
    "pdf": lambda: Seeds("pdf", {"a.pdf": _pdf()}),
    "text": lambda: Seeds("text", {"a.txt": PROSE.encode(), "u.txt": PROSE.encode("utf-16"), "z.gz": gzip.compress(PROSE.encode())}),
}  # fmt: skip
SEEDS = tuple(MADE)


def seeds(name: str) -> Seeds:
    """The files of a format."""
    return MADE[name]()
