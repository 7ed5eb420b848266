"""Questions whose answers are known, and how often a system's ranking has them: judged by `medrag.evaluate` for every system alike."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from medrag import Evidence, KnowledgeBase, SectionGroup
from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.matching import Pool, Truth
from medrag.evaluate.scoring import Found, judged
from medrag.evaluate.tasks import TASKS
from tests.benchmarks.corpus import ROOT

__all__ = ["Examination", "documents_wanted", "examinations", "hits"]

QUESTIONS = ROOT / "tests" / "data" / "questions"  # the first set, and each later one in a folder of its own
OWN = 60  # labels of each language that are asked for by their title and a heading
WRITTEN = 60  # of the project's own questions of each language
TITLE = 40  # characters of a title that somebody might type
SEED = 6
_DATA_TASKS = {
    "MedicineQA": "medicineqa",
    "users', Chinese": "user-questions-zh",
    "consumers', English": "medicationqa-en",
    "FDA labels": "fdarxbench",
}  # fmt: skip
_FORMS = {
    SectionGroup.INDICATIONS: ("{}的适应症是什么？", "What is {} used for?"),
    SectionGroup.DOSAGE: ("{}的用法用量是什么？", "How is {} dosed?"),
    SectionGroup.CONTRAINDICATIONS: ("{}有哪些禁忌？", "Who must not take {}?"),
    SectionGroup.ADVERSE_REACTIONS: ("{}有哪些不良反应？", "What are the adverse reactions of {}?"),
    SectionGroup.INTERACTIONS: ("{}有哪些药物相互作用？", "What does {} interact with?"),
}


@dataclass(frozen=True, slots=True)
class Examination:
    """Questions of one kind, by the name of its rows in the table."""

    name: str
    cases: tuple[SectionCase, ...]


def examinations(kb: KnowledgeBase, data: Path, *, frozen: bool = False) -> list[Examination]:
    """All kinds of questions that can be asked of the knowledge base; with `frozen`, of the project's own those put aside."""
    found = [Examination("own label", tuple(_own_label(kb)))]
    tasks = {task.name: task for task in TASKS}
    for name, task_name in _DATA_TASKS.items():
        found.append(Examination(name, _read(tasks[task_name], data, frozen=False)))
    for name, task_name in (("written, Chinese", "own-zh"), ("written, English", "own-en")):
        sets = sorted({file.parent for file in QUESTIONS.rglob(tasks[task_name].file)})
        cases = [case for folder in sets for case in _read(tasks[task_name], folder, frozen=frozen)]
        found.append(Examination(name, tuple(random.Random(SEED).sample(cases, min(WRITTEN, len(cases))))))
    pool = Pool(kb)
    there = [Examination(one.name, tuple(case for case in one.cases if pool.truth(case).sections)) for one in found]
    return [one for one in there if one.cases]


def _read(task: object, data: Path, *, frozen: bool) -> tuple[SectionCase, ...]:
    path = data / task.file  # type: ignore[attr-defined]
    cases = task.read(path) if path.is_file() else ()  # type: ignore[attr-defined]
    return tuple(case for case in cases if case.frozen is frozen)


def _own_label(kb: KnowledgeBase) -> list[SectionCase]:
    """One question about a section of each of some labels, by the label's printed title."""
    rng, found = random.Random(SEED), []
    for at, lang in enumerate(("zh", "en")):
        labels = [info for info in kb.documents(kinds=["label"], lang=lang) if 2 <= len(info.title) <= TITLE]
        rng.shuffle(labels)
        cases: list[SectionCase] = []
        for info in labels:
            document = kb.document(info.key, source=info.source)
            sections = [section for section in document.sections if section.group in _FORMS and section.end > section.start]
            if sections and len(cases) < OWN:
                section = rng.choice(sections)
                gold = Gold(set_id=info.key, heading=section.heading, code=section.code, index=section.index)
                question = _FORMS[section.group][at].format(info.title)
                cases.append(SectionCase(f"{lang} {info.source} {info.key}", question, section.group.value, (gold,)))
        found += cases
    return found


def documents_wanted(kb: KnowledgeBase, asked: Sequence[Examination]) -> set[tuple[str, str]]:
    """The documents that hold what is right for any of the questions, so that no system is given a corpus without them."""
    pool = Pool(kb)
    return {place[:2] for one in asked for case in one.cases for place in pool.truth(case).sections}


def hits(kb: KnowledgeBase, one: Examination, pool: Pool, found: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The share of the questions that a system's rankings (passage ids by question) answer, by measure.

    `drug` is whether the first (or one of the first five) passages stands in a label of the right drug, `section`
    whether it stands in a section that answers, both as `medrag evaluate retrieval` has it.
    """
    scored = judged(one.cases, pool, lambda case: (Found(_evidence(kb, found[case.question])), 0.0))
    drugs = [_first_right(kb, pool.truth(case), found[case.question][:5]) for case in one.cases]
    return {
        "drug @1": fmean(at == 0 for at in drugs),
        "drug @5": fmean(at is not None for at in drugs),
        **{f"section @{k}": fmean(case.values[f"Success@{k}"] for case in scored) for k in (1, 5, 10)},
    }


def _first_right(kb: KnowledgeBase, truth: Truth, ids: Sequence[int]) -> int | None:
    evidence = _evidence(kb, ids)
    return next((at for at, one in enumerate(evidence) if Pool.document(one) in truth.documents), None)


def _evidence(kb: KnowledgeBase, ids: Sequence[int]) -> tuple[Evidence, ...]:
    """A ranking as evidence; an id that is no passage keeps its place and is never right."""
    passages = {passage.id: passage for passage in kb.passages(ids)}
    return tuple(
        Evidence.model_construct(rank=rank, score=1.0, found_by=(), passage=passages.get(id_), fact=None)
        for rank, id_ in enumerate(ids, start=1)
    )
