"""Readers of question files: for each format what a row must hold and how it becomes a case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field

from medrag.evaluate.cases import ANSWERS, HELPS, FactCase, Gold, SectionCase, TermCase
from medrag.evaluate.files import checked_rows
from medrag.evaluate.rows import Shape, cases_of, fault, json_rows, text_lines, unique
from medrag.ingest.json_text import Bad
from medrag.ingest.tables import rows
from medrag.kb.folding import fold
from medrag.kb.relations import relation_of

__all__ = [
    "REFUSAL",
    "development",
    "fdarxbench",
    "fdarxbench_labels",
    "fdarxbench_refusals",
    "kgqa",
    "medicationqa",
    "medicineqa",
    "operation_codes",
    "operation_terms",
    "qizhen",
    "qizhen_labels",
    "user_questions",
    "written_terms",
]

REFUSAL = "refusal"  # the task of FDARxBench whose questions the labels do not answer
ONE, SEVERAL = "one term", "several terms"  # kinds of terms
HOPS = {1: "one hop", 2: "two hops"}


class _Gold(Shape):
    drug: str = ""
    section: str = ""
    set_id: str = ""
    section_index: int = Field(default=-1, ge=-1)
    heading: str = ""
    code: str = ""
    grade: int = Field(default=ANSWERS, ge=HELPS, le=ANSWERS)

    def gold(self) -> Gold:
        heading = self.section or self.heading
        return Gold(self.drug, self.set_id, heading, self.code, self.section_index, self.grade)


class _Development(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    kind: Literal["short", "story", "misspelt", "alias", "two", "open", "person", "other"]
    gold: tuple[_Gold, ...] = Field(min_length=1)
    part: Literal["dev", "frozen"] = "dev"


class _UserQuestion(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    answerable: bool
    gold: tuple[_Gold, ...] = ()


class _Evidence(Shape):
    drug: str = Field(min_length=1)
    section: str = Field(min_length=1)


class _MedicineQa(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    evidence: tuple[_Evidence, ...] = Field(min_length=1)


class _MedicationQa(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    focus: str
    gold: tuple[_Gold, ...] = Field(min_length=1)


class _Context(Shape):
    section_title: str
    section_code: str | None = None
    text: str
    has_answer: bool = True


class _Fdarxbench(Shape):
    qid: str | None = None
    task: str
    question: str = Field(min_length=1)
    set_id: str = Field(min_length=1)
    drug_name: str
    citations: tuple[str | None, ...] = ()
    context: tuple[_Context, ...] = ()


class _Kgqa(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    entity: str = Field(min_length=1)
    relation: str = Field(min_length=1)
    hops: Literal[1, 2]
    answers: tuple[str, ...] = Field(min_length=1)


class _Term(Shape):
    id: str = ""
    written: str = Field(validation_alias=AliasChoices("text", "原始词", "mention", "origin"), min_length=1)
    standard: str = Field(validation_alias=AliasChoices("normalized_result", "标准词", "standard", "entailment"), min_length=1)


def development(path: Path) -> list[SectionCase]:
    """The project's own development format, which is the user's too: `medrag evaluate retrieval --help` shows a row."""

    def case(row: _Development, _where: str) -> SectionCase:
        gold = tuple(one.gold() for one in row.gold)
        if any(not (one.drug and one.heading) and not (one.set_id and one.index >= 0) for one in gold):
            raise ValueError("gold: wanted drug and section, or set_id and section_index")
        return SectionCase(row.id, row.question, row.kind, gold, frozen=row.part == "frozen")

    return cases_of(path, _Development, case)


def user_questions(path: Path) -> list[SectionCase]:
    """Real questions about a drug: those that the labels answer, with the sections graded by a reader."""

    def case(row: _UserQuestion, _where: str) -> SectionCase | None:
        gold = tuple(one.gold() for one in row.gold)
        return SectionCase(row.id, row.question, "question", gold) if row.answerable else None

    return cases_of(path, _UserQuestion, case)


def medicineqa(path: Path) -> list[SectionCase]:
    """MedicineQA: questions with the (drug, section) passages that belong to them."""

    def case(row: _MedicineQa, _where: str) -> SectionCase:
        gold = tuple(Gold(drug=one.drug, heading=one.section) for one in row.evidence)
        return SectionCase(row.id, row.question, "question", gold)

    return cases_of(path, _MedicineQa, case)


def medicationqa(path: Path) -> list[SectionCase]:
    """MedicationQA: consumers' questions with the sections of American labels that hold the answer's words."""

    def case(row: _MedicationQa, _where: str) -> SectionCase:
        return SectionCase(row.id, row.question, "question", tuple(one.gold() for one in row.gold), drug=row.focus)

    return cases_of(path, _MedicationQa, case)


def fdarxbench(path: Path) -> list[SectionCase]:
    """FDARxBench without its refusals. A context section answers unless it is marked otherwise and not cited by number."""

    def gold(row: _Fdarxbench) -> Iterator[Gold]:
        cited = {number for number in row.citations if number}
        for one in row.context:
            answers = one.has_answer or one.section_title.split()[0] in cited
            yield Gold(
                set_id=row.set_id,
                heading=one.section_title,
                code=one.section_code or "",
                grade=ANSWERS if answers else HELPS,
            )

    def case(row: _Fdarxbench, where: str) -> SectionCase | None:
        if row.task == REFUSAL:
            return None
        if not row.context:
            raise ValueError("context: no section, and the task is no refusal")
        return SectionCase(row.qid or f"fdarxbench {where}", row.question, row.task, tuple(gold(row)), drug=row.drug_name)

    return cases_of(path, _Fdarxbench, case)


def fdarxbench_refusals(path: Path) -> list[SectionCase]:
    """FDARxBench's refusals: questions about a label that nothing in it answers."""

    def case(row: _Fdarxbench, where: str) -> SectionCase | None:
        return SectionCase(row.qid or f"fdarxbench {where}", row.question, REFUSAL, ()) if row.task == REFUSAL else None

    return cases_of(path, _Fdarxbench, case)


def fdarxbench_labels(path: Path, folder: Path) -> Path:
    """A file in the folder with the labels that FDARxBench brings along: their context sections, each once.

    Its form is that of labels as lists of sections, which `medrag ingest` reads.
    """
    labels: dict[str, dict[str, Any]] = {}
    for _, row in json_rows(path, _Fdarxbench):
        label = labels.setdefault(row.set_id, {"set_id": row.set_id, "title": row.drug_name, "sections": []})
        for one in row.context:
            section = {"code": one.section_code or "", "heading": one.section_title, "text": one.text, "depth": 0}
            if section not in label["sections"]:
                label["sections"].append(section)
    written = folder / "fdarxbench.jsonl"
    written.write_text("".join(json.dumps(label) + "\n" for label in labels.values() if label["sections"]), "utf-8")
    return written


def kgqa(path: Path) -> list[FactCase]:
    """Questions to the disease graph over one relation or two."""

    def case(row: _Kgqa, _where: str) -> FactCase:
        relations = tuple(relation_of(name).name for name in row.relation.split("→"))
        if len(relations) != row.hops:
            raise ValueError(f"relation: wanted {row.hops} of them, joined by →, found {row.relation!r}")
        answers = frozenset(fold(answer) for answer in row.answers)
        return FactCase(row.id, row.question, HOPS[row.hops], row.entity, relations, answers)

    return cases_of(path, _Kgqa, case)


def qizhen(path: Path) -> list[SectionCase]:
    """QiZhen's drugs, each asked for its indications; right is the drug's own text."""

    def cases() -> Iterator[tuple[str, SectionCase]]:
        for row in rows(path):
            if isinstance(row, Bad):
                raise fault(path, row.record, row.reason)
            drug = row.cells.get("药品", "").strip()
            if not drug:
                raise fault(path, row.record, "wanted a drug in the column 药品, found none")
            question = row.cells.get("instruction", "").strip() or f"{drug}的适应症"
            yield row.record, SectionCase(drug, question, "question", (Gold(drug=drug, heading="适应症"),), drug=drug)

    return unique(path, cases())


def qizhen_labels(path: Path, _folder: Path) -> Path:
    """The file itself: `medrag ingest` reads the drugs' texts from it and leaves out what is measured by."""
    return path


def operation_terms(path: Path) -> list[TermCase]:
    """Operation terms as they are written and the standard terms they mean: two columns under a header, `##` between terms."""

    def cases() -> Iterator[tuple[str, TermCase]]:
        for where, line in text_lines(path):
            written, _, standard = line.partition("\t")
            terms = frozenset(fold(term) for term in standard.split("##") if term.strip())
            if not written.strip() or not terms:
                raise fault(path, where, f"wanted a term, a tab and its standard term, found {line[:80]!r}")
            yield where, TermCase(where, written.strip(), ONE if len(terms) == 1 else SEVERAL, terms)

    return unique(path, islice(cases(), 1, None))


def written_terms(path: Path) -> list[TermCase]:
    """Terms as CHIP-CDN (text, normalized_result) and Yidu-N7K (原始词, 标准词) have them, `##` between standard terms."""

    def cases() -> Iterator[tuple[str, TermCase]]:
        for where, row in checked_rows(path, _Term):
            terms = frozenset(fold(term) for term in row.standard.split("##") if term.strip())
            if not terms:
                raise fault(path, where, f"there is no standard term in {row.standard!r}")
            yield where, TermCase(row.id or where, row.written.strip(), ONE if len(terms) == 1 else SEVERAL, terms)

    return unique(path, cases())


def operation_codes(path: Path, folder: Path) -> Path:
    """A file in the folder with the codes that stand beside the terms, under the header that such lists lack here."""
    codes = path.with_name("surgery_codes.txt")
    written = folder / "operation_codes.tsv"
    with written.open("w", encoding="utf-8") as out:
        out.write("手术编码\t手术名称\n")
        for where, line in text_lines(codes):
            code, _, name = line.partition("\t")
            if not name.strip():
                raise fault(codes, where, f"wanted a code, a tab and a term, found {line[:80]!r}")
            out.write(f"{code.strip()}\t{name.strip()}\n")
    return written
