"""The tasks of a run: for each its file, its questions, and how an answer to one is scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate import readers
from medrag.evaluate.cases import SectionCase
from medrag.evaluate.citations import by_model, by_rules, citation_quality
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.indications import CRITERIA, Indicated, read_diseases, read_indications, score
from medrag.evaluate.open_questions import read_open
from medrag.evaluate.rows import Shape
from medrag.evaluate.runs.bench import Bench
from medrag.evaluate.runs.own import own_score, read_own, words_score
from medrag.evaluate.scoring import Found, judged
from medrag.retrieve.understand import understand
from medrag.types import Answer, Question

__all__ = ["ANSWERED", "RUN_TASKS", "SUPPORTED", "Put", "RunTask", "measures_of", "run_tasks", "section_put"]

ANSWERED = "answered"  # of questions that have an answer; `refused` of those that have none
SUPPORTED = "supported"  # of the answers given: some citation lies in a section that is right
CITING = ("citation recall", "citation precision")  # by the verifier's rules
BY_MODEL = tuple(f"{name} (model)" for name in CITING)  # by an entailment model
OPEN = (ANSWERED, *CITING, *BY_MODEL, "contains", "word F1")
SECTIONS = ("drug@1", "Success@1", "Success@5", "Success@10", "nDCG@5", "RR", ANSWERED, SUPPORTED, *CITING, *BY_MODEL)


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it is put, its groups and what is wanted for the record, and how its answer is scored.

    Scoring gives the measures, or nothing where what is right is not in the knowledge base.
    """

    id: str
    question: Question
    groups: tuple[str, ...]
    wanted: tuple[str, ...]
    score: Callable[[Answer, Bench], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class RunTask:
    """A task: its file under the folder of measuring data, how its questions are read, and the measures that are shown.

    `own`, where there is one, makes of the file and a folder to write in the file of labels that the questions are about: they are
    asked of a copy of the knowledge base with those.
    """

    name: str
    file: str
    read: Callable[[Path, bool], Sequence[Put]]
    measures: tuple[str, ...]
    own: Callable[[Path, Path], Path] | None = None


class _Absent(Shape):
    id: str = Field(default="", min_length=0)
    question: str = Field(min_length=1)
    kind: str = "absent-drug"
    part: Literal["dev", "frozen"] = "dev"


def _sections(read: Callable[[Path], Sequence[Any]]) -> Callable[[Path, bool], Sequence[Put]]:
    """Questions that sections of labels answer; frozen ones where they are wanted and the file has such."""

    def puts(path: Path, frozen: bool) -> Sequence[Put]:
        cases = [case for case in read(path) if isinstance(case, SectionCase)]
        wanted = frozen and any(case.frozen for case in cases)
        return [section_put(case) for case in cases if case.frozen is wanted]

    return puts


def section_put(case: SectionCase) -> Put:
    """A question that sections of labels answer, scored by what was found and by what was cited."""
    wanted = tuple(f"{gold.drug or gold.set_id} | {gold.heading or f'#{gold.index}'} ({gold.grade})" for gold in case.gold)

    def scored(answer: Answer, bench: Bench) -> Mapping[str, float]:
        one = judged([case], bench.pool, lambda _case: (Found(answer.evidence), 0.0))[0]
        if one.absent:
            return {}
        right = bench.pool.truth(case).sections
        places = [(c.document.source, c.document.key, c.section.index) for c in answer.citations if c.section is not None]
        supported = {} if answer.abstained else {SUPPORTED: float(any(place in right for place in places))}
        return {**one.values, **supported, **_citing(answer, bench)}

    return Put(case.id, Question(text=case.question, id=case.id), (case.kind,), wanted, scored)


def _citing(answer: Answer, bench: Bench) -> dict[str, float]:
    """Whether there is an answer, and the quality of its citations where there are statements."""
    found: dict[str, float] = {ANSWERED: float(not answer.abstained)}
    quality = citation_quality(answer, by_rules(bench.checker))
    if quality.statements:
        found |= zip(CITING, (quality.recall, quality.precision), strict=True)
    if quality.statements and bench.entailment is not None:
        other = citation_quality(answer, by_model(bench.entailment))
        found |= zip(BY_MODEL, (other.recall, other.precision), strict=True)
    return found


def _absent(path: Path, frozen: bool) -> Sequence[Put]:
    rows = once(path, checked_rows(path, _Absent), lambda row: row.id or row.question)
    return [
        Put(row.id or row.question, Question(text=row.question), (row.kind,), ("nothing answers it",), _refused)
        for row in rows
        if (row.part == "frozen") is (frozen and any(one.part == "frozen" for one in rows))
    ]


def _fda(path: Path, frozen: bool) -> Sequence[Put]:
    """FDARxBench: questions that a label's sections answer, and those that are to be refused since it does not."""
    refusals = [
        Put(one.id, Question(text=one.question, id=one.id), ("refusal",), ("nothing in the label answers it",), _refused)
        for one in readers.fdarxbench_refusals(path)
    ]
    return [*_sections(readers.fdarxbench)(path, frozen), *refusals]


def _refused(answer: Answer, _bench: Bench) -> Mapping[str, float]:
    return {"refused": float(answer.abstained)}


def _open(path: Path, _frozen: bool) -> Sequence[Put]:
    """Questions without gold: how many are answered, and how well the answers cite; with a reference answer its words besides."""
    return [
        Put(
            one.id,
            Question(text=one.question),
            (one.group,) if one.group else (),
            (one.reference,) if one.reference else (),
            _open_score(one.reference),
        )
        for one in read_open(path)
    ]


def _open_score(reference: str) -> Callable[[Answer, Bench], Mapping[str, float]]:
    def scored(answer: Answer, bench: Bench) -> Mapping[str, float]:
        by_words = words_score("" if answer.abstained else answer.text, reference) if reference.strip() else {}
        return {**_citing(answer, bench), **by_words}

    return scored


def _knowledge(path: Path, _frozen: bool) -> Sequence[Put]:
    """BenTsao's questions for knowledge tuning: whether each is taken for a known entity and an attribute of it, and answered."""
    wanted = ("an entity and its attribute",)
    return [Put(one.id, Question(text=one.question), (), wanted, _knowledge_score(one.question)) for one in read_open(path)]


def _knowledge_score(question: str) -> Callable[[Answer, Bench], Mapping[str, float]]:
    """What there `acquire_knowledge(entity, attribute)` is called with, here what the question was understood to be about."""

    def scored(answer: Answer, bench: Bench) -> Mapping[str, float]:
        understood = understand(Question(text=question), bench.kb)
        named, asked = bool(understood.entities), bool(understood.groups or understood.relations)
        return {"entity": float(named), "entity and attribute": float(named and asked), **_citing(answer, bench)}

    return scored


def _indications(path: Path, _frozen: bool) -> Sequence[Put]:
    """QiZhen's drugs, each asked of all labels, its own among them. A drug may stand in the file several times."""
    drugs = enumerate(read_indications(path), start=1)
    return [_naming(f"{at} {one.drug}", "drug", one, lambda bench, drug: bool(bench.pool.named(drug))) for at, one in drugs]


def _diseases(path: Path, _frozen: bool) -> Sequence[Put]:
    """QiZhen's diseases, each asked for its treatment, its tests and its symptoms."""
    return [
        _naming(f"{one.drug} {aspect}", aspect, one, lambda bench, disease: bool(bench.kb.entity(disease)))
        for aspect, one in read_diseases(path)
    ]


def _naming(name: str, group: str, one: Indicated, known: Callable[[Bench, str], bool]) -> Put:
    """A question whose answer must name experts' terms, scored by the share of them that it names where its subject is known."""

    def scored(answer: Answer, bench: Bench) -> Mapping[str, float]:
        if not known(bench, one.drug):
            return {}
        said = score([one], ["" if answer.abstained else answer.text]).drugs[0]
        return {name: float(said.meets(share)) for name, share in CRITERIA.items()}

    return Put(name, Question(text=one.question), (group,), one.terms, scored)


def _own(path: Path, frozen: bool) -> Sequence[Put]:
    """A user's own questions, each with sections, an answer or choices."""
    found = []
    for case in read_own(path):
        if isinstance(case, SectionCase):
            if case.frozen is frozen:
                found.append(section_put(case))
        else:
            found.append(Put(case.id, Question(text=case.put, id=case.id), (case.kind,), case.wanted, own_score(case)))
    return found


RUN_TASKS = (
    RunTask("user-questions-zh", "eval/user_questions_zh/dev.jsonl", _sections(readers.user_questions), SECTIONS),
    RunTask("medicineqa", "eval/medicineqa/dev.jsonl", _sections(readers.medicineqa), SECTIONS),
    RunTask("medicationqa-en", "eval/medicationqa_en/dev.jsonl", _sections(readers.medicationqa), SECTIONS),
    RunTask("own-zh", "zh.jsonl", _sections(readers.development), SECTIONS),
    RunTask("own-en", "en.jsonl", _sections(readers.development), SECTIONS),
    RunTask("absent-drug-zh", "eval/absent_drug/dev_zh.jsonl", _absent, ("refused",)),
    RunTask("absent-drug-en", "eval/absent_drug/dev_en.jsonl", _absent, ("refused",)),
    RunTask("absent-zh", "absent_zh.jsonl", _absent, ("refused",)),
    RunTask("absent-en", "absent_en.jsonl", _absent, ("refused",)),
    RunTask("fdarxbench", "eval/fdarxbench/dev.jsonl", _fda, (*SECTIONS, "refused"), readers.fdarxbench_labels),
    RunTask("qizhen", "eval/qizhen/indications.csv", _indications, tuple(CRITERIA), readers.qizhen_labels),
    RunTask("qizhen-diseases", "eval/qizhen/diseases.csv", _diseases, tuple(CRITERIA)),
    RunTask("cmcoqa", "eval/cmcoqa/question.json", _open, OPEN),
    RunTask(
        "knowledge-tuning",
        "eval/bentsao/knowledge_tuning_data_sample.txt",
        _knowledge,
        ("entity", "entity and attribute", *OPEN),
    ),
    RunTask("open", "eval/open/questions.jsonl", _open, OPEN),
)
OWN_MEASURES = (*SECTIONS, "contains", "word F1", "accuracy", "unreadable")


def run_tasks(data: Path, names: Sequence[str] = ()) -> list[tuple[RunTask, Path]]:
    """The tasks whose files are in the folder, all or those named.

    Of one file it is the task that is named, whose form the file has, or else the user's own.
    """
    known = {task.name: task for task in RUN_TASKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise EvaluationError(f"there is no task {unknown[0]!r}: choose among {', '.join(known)}")
    if data.is_file():
        if len(names) > 1:
            raise EvaluationError(f"{data}: one file has the form of one task, found {', '.join(names)}")
        return [(known[names[0]], data)] if names else [(RunTask(data.stem, data.name, _own, OWN_MEASURES), data)]
    chosen = [
        (task, data / task.file) for task in RUN_TASKS if (data / task.file).is_file() and (not names or task.name in names)
    ]
    missing = [name for name in names if name not in {task.name for task, _ in chosen}]
    if missing:
        raise EvaluationError(f"{data}: there is no {known[missing[0]].file} for the task {missing[0]}")
    if not chosen:
        raise EvaluationError(
            f"{data}: wanted a file of questions or a folder with {RUN_TASKS[0].file} or the like, found none"
        )
    return chosen


def measures_of(name: str) -> tuple[str, ...]:
    """The measures that a task's table shows; of a user's own task all that there may be."""
    return next((task.measures for task in RUN_TASKS if task.name == name), OWN_MEASURES)
