"""Tables of (drug, section, text) rows, as csv, tsv, xlsx, JSON list or JSON lines: one document a drug."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import clean
from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft, iso_date
from medrag.ingest.readers.fields import column_word, first_records, records, scalar_text
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.folding import fold
from medrag.sections import classify_heading
from medrag.types import Place

__all__ = ["SectionRowsReader"]

_DRUG = "drug drugname medicine medicinename 药品 药名 药品名称 药物 药物名称 通用名称 通用名 label labelname name title product labelid".split()
_SECTION = "section sectionname sectiontitle sectionheading heading 栏目 栏目名称 属性 章节 说明书栏目".split()
_TEXT = "text sectiontext sectioncontent content body 内容 正文 文本 栏目内容".split()
_KEY = "setid splsetid 批准文号 labelid".split()
_MAKER = "maker manufacturer 生产企业 生产厂家 厂家 上市许可持有人".split()
_EFFECTIVE = "effective effectivedate effectivetime 修订日期 核准日期".split()
_SOURCE = "source 来源 资料来源 出处".split()
_OTHER_FORMATS = frozenset({"question", "问题", "answer", "predicate", "spolist", "gold", "history"})
_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.?\s+")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column holds what; an empty name where the table has no such column."""

    drug: str
    section: str
    text: str
    key: str
    maker: str
    effective: str
    source: str


class SectionRowsReader:
    """All rows of one drug make one document. Other columns (gold annotations among them) are never stored."""

    name = "section-rows"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.9 where the three columns are there and a section is known by its heading, 0.5 where none is, else 0."""
        first = first_records(sample)
        columns = _columns(first[0]) if first else None
        if columns is None:
            return 0.0
        known = [classify_heading(scalar_text(row.get(columns.section))) is not None for row in first]
        short = all(len(scalar_text(row.get(columns.section))) <= 80 for row in first)
        return 0.9 if any(known) else 0.5 if short else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The documents in order of their first rows; rows that cannot be read are reported before them."""
        drafts: dict[tuple[str, str, str], Draft] = {}
        seen: set[tuple[int, str, str]] = set()
        rows: Counter[int] = Counter()
        columns: _Columns | None = None
        for where, row in records(path):
            place = Place(file=path.name, record=where)
            columns = columns or (_columns(row) if isinstance(row, dict) else None)
            fault = _fault(row, columns)
            if fault or columns is None or not isinstance(row, dict):
                yield Unreadable(place, fault)
                continue
            draft = self._draft(row, columns, place, drafts, options)
            rows[id(draft)] += 1
            heading = scalar_text(row.get(columns.section)).strip()
            body = _without_heading(cell_text(scalar_text(row.get(columns.text))), heading)
            if (id(draft), heading, body) not in seen:
                seen.add((id(draft), heading, body))
                draft.add(heading, body)
        for draft in drafts.values():
            yield replace(draft.record(), rows=rows[id(draft)])

    def _draft(
        self,
        row: dict[str, Any],
        columns: _Columns,
        place: Place,
        drafts: dict[tuple[str, str, str], Draft],
        options: ReadOptions,
    ) -> Draft:
        """The document that the row belongs to: one for each drug, maker and key."""
        drug, maker, key = (scalar_text(row.get(name)).strip() for name in (columns.drug, columns.maker, columns.key))
        draft = drafts.get((drug, maker, key))
        if draft is None:
            effective = iso_date(scalar_text(row.get(columns.effective)))
            reader = f"{self.name}/{self.version}"
            draft = Draft(drug, place, reader, key=key, maker=maker, effective=effective, lang=options.lang)
            drafts[drug, maker, key] = draft
            source = scalar_text(row.get(columns.source)).strip()
            if source:
                draft.add("资料来源" if re.search("[一-鿿]", columns.source + source) else "Source", source)
        return draft


def _columns(row: Mapping[str, Any]) -> _Columns | None:
    """The table's columns, or None where it is not of this form."""
    by_word = {column_word(str(name)): str(name) for name in row}

    def first(words: list[str]) -> str:
        return next((by_word[word] for word in words if word in by_word), "")

    drug, section, text = first(_DRUG), first(_SECTION), first(_TEXT)
    if not (drug and section and text) or by_word.keys() & _OTHER_FORMATS:
        return None
    key = first(_KEY)
    return _Columns(drug, section, text, key if key != drug else "", first(_MAKER), first(_EFFECTIVE), first(_SOURCE))


def _fault(row: object, columns: _Columns | None) -> str:
    """Why the row cannot be read; empty where it can."""
    if isinstance(row, Bad):
        return row.reason
    if not isinstance(row, dict):
        return "not an object with a drug, a section and a text"
    if columns is None:
        return f"no columns for drug, section and text among {', '.join(map(str, row))}"
    nested = isinstance(row.get(columns.drug), (dict, list))
    missing = [
        name
        for name in (columns.drug, columns.text)
        if not scalar_text(row.get(name)).strip() or (nested and name == columns.drug)
    ]
    return f"no {' and no '.join(missing)}" if missing else ""


def _without_heading(text: str, heading: str) -> str:
    """The text without its own heading at the beginning: `不良反应:…`, or a first line `6 ADVERSE REACTIONS`."""
    if not heading:
        return text
    text = clean(text)
    bare = _NUMBER.sub("", text, count=1)
    first, _, rest = bare.partition("\n")
    if fold(first).rstrip(" :") == fold(heading):
        return rest
    for colon in (":", "："):
        lead, found, rest = text.partition(colon)
        if found and fold(lead.strip(" 【】[]")) == fold(heading):
            return rest
    return re.sub(rf"^[【\[［]\s*{re.escape(heading)}\s*[】\]］]\s*[:：]?", "", text)
