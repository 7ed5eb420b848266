"""The retrieval tasks: for each its data file, its reader, the texts it is asked of, and the measures that are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from medrag.errors import EvaluationError
from medrag.evaluate import readers
from medrag.evaluate.cases import Case, SectionCase
from medrag.evaluate.facts import score_facts
from medrag.evaluate.matching import Pool
from medrag.evaluate.names import name_cases, pair_cases, score_names, score_pairs
from medrag.evaluate.scoring import Finder, Scored, score_sections
from medrag.evaluate.terms import score_terms
from medrag.kb.base import KnowledgeBase

__all__ = ["TASKS", "Against", "Judge", "Task", "section_cases", "tasks_of"]

Judge = Callable[[Finder], list[Scored]]  # asks a system all questions of a task
Scorer = Callable[[Sequence[Any], KnowledgeBase], Judge]  # of the cases that the task's reader makes


class Against(StrEnum):
    """The texts that a task's questions are asked of."""

    LABELS = "labels"  # the knowledge base given, else all labels beside the questions
    GRAPH = "graph"  # the knowledge base given if it holds facts of a graph, else the disease graph beside the questions
    OWN = "its own"  # what the task's file brings along, and nothing else


def _sections(cases: Sequence[Any], kb: KnowledgeBase) -> Judge:
    pool = Pool(kb)
    return lambda find: score_sections(cases, kb, find, pool)


def _facts(cases: Sequence[Any], kb: KnowledgeBase) -> Judge:
    return lambda find: score_facts(cases, kb, find)


def _names(cases: Sequence[Any], kb: KnowledgeBase) -> Judge:
    pool = Pool(kb)
    return lambda find: score_names(cases, kb, find, pool)


def _terms(cases: Sequence[Any], kb: KnowledgeBase) -> Judge:
    return lambda _find: score_terms(cases, kb)


def _pairs(cases: Sequence[Any], kb: KnowledgeBase) -> Judge:
    return lambda _find: score_pairs(cases, kb)


@dataclass(frozen=True, slots=True)
class Task:
    """One evaluation: where its cases come from, how they are judged, what they are asked of, and the measures shown.

    `read` makes the cases from `file` under the data folder, or `made` makes them from the knowledge base. `own`, where
    there is one, makes of the file and a folder to write in the file of texts that belong to the questions; they are added
    to a copy of those that are asked, or alone are asked (`Against.OWN`). `channels` says whether it is worth knowing
    what each channel adds.
    """

    name: str
    measures: tuple[str, ...]
    score: Scorer = _sections
    file: str = ""
    read: Callable[[Path], Sequence[Case]] | None = None
    made: Callable[[KnowledgeBase], Sequence[Case]] | None = None
    against: Against = Against.LABELS
    own: Callable[[Path, Path], Path] | None = None
    channels: bool = True


_SECTION = ("drug@1", "Success@1", "Success@5", "sections@5", "nDCG@5", "RR")

TASKS = (
    Task("user-questions-zh", _SECTION, file="eval/user_questions_zh/dev.jsonl", read=readers.user_questions),
    Task("medicineqa", _SECTION, file="eval/medicineqa/dev.jsonl", read=readers.medicineqa),
    Task("medicationqa-en", (*_SECTION, "Success@10"), file="eval/medicationqa_en/dev.jsonl", read=readers.medicationqa),
    Task(
        "fdarxbench",
        _SECTION,
        file="eval/fdarxbench/dev.jsonl",
        read=readers.fdarxbench,
        own=readers.fdarxbench_labels,
    ),
    Task(
        "qizhen",
        ("own@1", "Success@1"),
        file="eval/qizhen/indications.csv",
        read=readers.qizhen,
        own=readers.qizhen_labels,
    ),
    Task("kgqa-zh", ("exact", "F1"), _facts, file="eval/kgqa_zh/dev.jsonl", read=readers.kgqa, against=Against.GRAPH),
    Task(
        "operation-terms",
        ("Success@1", "Success@5", "RR", "all"),
        _terms,
        file="eval/term_norm/surgery_train.tsv",
        read=readers.operation_terms,
        against=Against.OWN,
        own=readers.operation_codes,
        channels=False,
    ),
    Task("name-variants", ("drug@1",), _names, made=name_cases, channels=False),
    Task("look-alikes", ("apart",), _pairs, made=pair_cases, channels=False),
    Task("own-zh", _SECTION, file="zh.jsonl", read=readers.development),
    Task("own-en", _SECTION, file="en.jsonl", read=readers.development),
)


def tasks_of(data: Path, names: Sequence[str] = ()) -> list[tuple[Task, Path]]:
    """The tasks whose files are in the folder, all or those named, with their files.

    Of one file it is the task that is named, whose form the file has, or else questions of one's own. Tasks that are made from a knowledge base are among them where labels are in the folder, or where they are named.
    """
    known = {task.name: task for task in TASKS}
    if data.is_file() and not names:
        return [(Task(data.stem, _SECTION, file=data.name, read=readers.development), data)]
    for name in names:
        if name not in known:
            raise EvaluationError(f"there is no task {name!r}: choose among {', '.join(known)}")
        if data.is_file() and (known[name].read is None or len(names) > 1):
            raise EvaluationError(f"{data}: one file has the form of one task, found {', '.join(names)}")
        if data.is_file():
            return [(known[name], data)]
        if known[name].read and not (data / known[name].file).is_file():
            raise EvaluationError(f"{data}: there is no {known[name].file} for the task {name}")
    with_labels = (data / "labels").is_dir()
    there = [task for task in TASKS if ((data / task.file).is_file() if task.read else with_labels or task.name in names)]
    chosen = [(task, data / task.file) for task in there if not names or task.name in names]
    if not chosen:
        raise EvaluationError(f"{data}: wanted a file of questions or a folder with {TASKS[0].file} or the like, found none")
    return chosen


def section_cases(data: Path, *, frozen: bool = False) -> list[SectionCase]:
    """The questions of a file or folder that sections of labels answer, without those that are frozen.

    With `frozen`, of files that have such those alone. Tasks that bring texts of their own are left out: what answers
    them is not in the knowledge base.
    """
    found: list[SectionCase] = []
    for task, file in tasks_of(data):
        if task.read is not None and task.score is _sections and task.own is None:
            cases = [case for case in task.read(file) if isinstance(case, SectionCase)]
            wanted = frozen and any(case.frozen for case in cases)
            found += [case for case in cases if case.frozen is wanted]
    return found
