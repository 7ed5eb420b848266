"""General records, each row a document: columns that are section headings, question–answer sheets, or a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft, heading_word, iso_date, name_kind
from medrag.ingest.readers.fields import column_word, first_records, records, scalar_text
from medrag.ingest.readers.headings import CLINICAL
from medrag.ingest.readers.mapping import ColumnMap, entity, value_of
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.sections import SectionCode, SectionGroup, classify_heading
from medrag.types import DocumentKind, Place

__all__ = ["ColumnsReader"]

PEEKED = 200  # records in which a mapped key must be seen: in JSON it need not stand in the first

_NAME = (
    "药品名称 通用名称 通用名 药名 药品 药物名称 药物 品名 名称 商品名称 商品名 疾病名称 疾病 病名 drugname drug medicine medicinename genericname name title "
    "brandname"
).split()
_KEY = "setid splsetid 批准文号".split()
_MAKER = "maker manufacturer labeler 生产企业 生产厂家 厂家".split()
_EFFECTIVE = "effective effectivedate effectivetime 修订日期 核准日期".split()
_QUESTION, _ANSWER = "question 问题 提问".split(), "answer 回答 答案 答复".split()
_BESIDE_ANSWER = frozenset(
    "id no 序号 编号 source 来源 title 标题 category 类别 分类 department 科室 url link 链接 lang date 日期".split()
)
_BESIDE_NAME = frozenset({SectionGroup.NAMES, SectionGroup.SOURCE})  # a table of names has these too
# Columns of graph files: their readers know better what such a row says.
_GRAPH = frozenset(
    "中心词 spolist predicate relation 关系 head tail subject object sourceid targetid metaedge symptom acompany complication recommanddrug curedepartment".split()
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_ILLNESS = frozenset(
    {SectionGroup.SYMPTOMS, SectionGroup.CAUSES, SectionGroup.DIAGNOSIS, SectionGroup.TREATMENT, SectionGroup.PREVENTION}
)


class ColumnsReader:
    """A spreadsheet of labels with the headings as columns; with a mapping, any table or JSON records at all."""

    name = "columns"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.7 for a name column and two section columns of a label (0.6: one and nothing else), 0.5 for questions and answers, else 0."""
        found = [_flat(record) for record in first_records(sample)]
        if not found:
            return 0.0
        if _question_columns(found[0]) is not None:
            return 0.5
        columns = _section_columns(found[0])
        told = [name for name, code in columns.items() if code.group not in _BESIDE_NAME]
        if {column_word(str(name)) for name in found[0]} & _GRAPH or not _name_column(found[0]) or not told:
            return 0.0
        if all(isinstance(row.get(name), (list, dict)) for row in found for name in told):
            return 0.0
        groups = {columns[name].group for name in told}
        if len(told) == 1:
            others = {column_word(str(name)) for name in found[0]} - {column_word(told[0]), *_NAME, *_KEY, *_MAKER, *_EFFECTIVE}
            return 0.6 if groups & CLINICAL and others <= _BESIDE_ANSWER else 0.0
        return 0.7 if groups & CLINICAL else 0.5 if len(groups & _ILLNESS) > 1 and _is_prose(found, told) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document a record, in file order; with `options.mapping` as that says, else by the columns' own headings."""
        mapping = ColumnMap.of(options.mapping) if options.mapping else None
        found = records(path)
        if mapping is not None:
            peeked = list(islice(found, PEEKED))
            mapping.check((record for _, record in peeked if isinstance(record, dict)), path.name)
            found = chain(peeked, found)
        for where, record in found:
            place = Place(file=path.name, record=where)
            if isinstance(record, Bad):
                yield Unreadable(place, record.reason)
            elif not isinstance(record, dict):
                yield Unreadable(place, "not an object with named fields")
            elif mapping is not None:
                yield self._mapped(record, mapping, place, options)
            else:
                yield self._by_headings(_flat(record), place, options)

    def _by_headings(self, record: dict[str, Any], place: Place, options: ReadOptions) -> ReadRecord | Unreadable:
        asked = _question_columns(record)
        if asked is not None:
            return self._answered(record, asked, place, options)
        name = _name_column(record)
        title = _cell(record, name)
        if not title:
            return Unreadable(place, f"no name (columns: {', '.join(map(str, record))})")
        draft = Draft(title, place, self._id(), lang=options.lang)
        draft.key, draft.maker = _cell(record, _first(record, _KEY)), _cell(record, _first(record, _MAKER))
        draft.effective = iso_date(_cell(record, _first(record, _EFFECTIVE)))
        sections = _section_columns(record)
        if {code.group for code in sections.values()} & _ILLNESS and not {code.group for code in sections.values()} & CLINICAL:
            draft.subject = entity(title, "disease")
        for column, code in sections.items():
            text = cell_text(scalar_text(record[column])).strip()
            if column != name and text:
                draft.add(_printed(column), text, code=code.code)
        draft.unmapped = [str(column) for column in record if column not in sections and column != name]
        return draft.record()

    def _answered(
        self, record: dict[str, Any], columns: tuple[str, str], place: Place, options: ReadOptions
    ) -> ReadRecord | Unreadable:
        question, answer = (cell_text(_cell(record, column)) for column in columns)
        if not question or not answer:
            return Unreadable(place, f"no {columns[0] if not question else columns[1]}")
        draft = Draft(question, place, self._id(), lang=options.lang, kind=DocumentKind.FILE)
        record_made = _with_answer(draft, answer, columns[1])
        return ReadRecord(record_made.document)  # a question is no drug: it names nothing

    def _mapped(
        self, record: dict[str, Any], mapping: ColumnMap, place: Place, options: ReadOptions
    ) -> ReadRecord | Unreadable:
        title = cell_text(_cell(record, mapping.title or (mapping.facts[0].subject if mapping.facts else "")))
        if not title:
            return Unreadable(place, f"the column {mapping.title or mapping.facts[0].subject!r} is empty")
        draft = Draft(title, place, self._id(), source=mapping.source, lang=mapping.lang or options.lang)
        draft.key, draft.maker = _cell(record, mapping.key), _cell(record, mapping.maker)
        draft.effective = iso_date(_cell(record, mapping.effective))
        kind = mapping.title_kind or (mapping.facts[0].subject_kind if mapping.facts and not mapping.sections else "drug")
        draft.subject = entity(title, kind)
        index: dict[str, int] = {}
        for column, section in (mapping.sections or {}).items():
            text = cell_text(scalar_text(value_of(record, column))).strip()
            if text:
                index[column] = draft.add(section.heading, text, code=section.code)
        for column, name in (mapping.names or {}).items():
            draft.names.extend((name, text) for text in _names(record, column))
        self._add_facts(draft, record, mapping, index)
        return draft.record()

    def _add_facts(self, draft: Draft, record: dict[str, Any], mapping: ColumnMap, index: dict[str, int]) -> None:
        """The facts of a record; without sections the record itself, cell by cell, is the text that states them."""
        if not mapping.sections:
            draft.kind = DocumentKind.RECORD
            cells = ((column, scalar_text(value)) for column, value in record.items() if column not in mapping.ignore)
            draft.row = "\n".join(f"{column}: {cell_text(text).strip()}" for column, text in cells if text.strip())
        for columns in mapping.facts:
            found = columns.facts(record, -1)
            if found and mapping.sections:
                if columns.object not in index:
                    body = cell_text(scalar_text(value_of(record, columns.object)))
                    index[columns.object] = draft.add(columns.relation or columns.object, body)
                found = columns.facts(record, index[columns.object])
            draft.facts.extend(found)

    def _id(self) -> str:
        return f"{self.name}/{self.version}"


def _with_answer(draft: Draft, answer: str, column: str) -> ReadRecord:
    draft.add("回答" if heading_word(column) in {"回答", "答案", "答复"} or draft.lang == "zh" else "Answer", answer)
    return draft.record()


def _names(record: Mapping[str, Any], column: str) -> list[str]:
    from medrag.ingest.readers.draft import split_names

    return split_names(cell_text(scalar_text(value_of(record, column))))


def _cell(record: Mapping[str, Any], column: str) -> str:
    return scalar_text(value_of(record, column)).strip()


def _first(record: Mapping[str, Any], words: list[str]) -> str:
    by_word = {column_word(str(name)): str(name) for name in record}
    return next((by_word[word] for word in words if word in by_word), "")


def _name_column(record: Mapping[str, Any]) -> str:
    return _first(record, _NAME)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the sections that an object in it holds by their headings in that object's place, and a maker's name in the maker's."""
    flat: dict[str, Any] = {}
    for column, value in record.items():
        if isinstance(value, dict) and any(code.group not in _BESIDE_NAME for code in _section_columns(value).values()):
            flat.update(value)
        else:
            flat[column] = value["name"] if isinstance(value, dict) and isinstance(value.get("name"), str) else value
    return flat


def _printed(column: str) -> str:
    """The heading that a column's name is: sideEffects and side_effects are side effects."""
    return _HUMP.sub(" ", str(column)).replace("_", " ")


def _section_columns(record: Mapping[str, Any]) -> dict[str, SectionCode]:
    """The columns that are headings of the section table, with what they mean."""
    known = {str(column): classify_heading(_printed(column)) or classify_heading(str(column)) for column in record}
    names = {column for column in known if name_kind(column) in {"generic", "brand"} and known[column] is None}
    return {column: code for column, code in known.items() if code is not None and column not in names}


def _question_columns(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The question's and the answer's columns where nothing stands beside them that makes the file a test."""
    question, answer = _first(record, _QUESTION), _first(record, _ANSWER)
    if not question or not answer or not isinstance(record[question], str) or not isinstance(record[answer], str):
        return None
    others = {column_word(str(name)) for name in record} - {column_word(question), column_word(answer)}
    return (question, answer) if others <= _BESIDE_ANSWER else None


def _is_prose(found: list[dict[str, Any]], columns: list[str]) -> bool:
    """Whether the cells are sentences rather than lists of names, which are for the graph readers."""
    cells = [text for row in found for name in columns if (text := scalar_text(row.get(name)).strip())]
    return bool(cells) and sum("。" in text or ". " in text for text in cells) * 2 > len(cells)
