"""How well answers are withheld where the knowledge base does not answer, and given where it does.

Two kinds of questions are mixed: such as sections of labels answer (the gold sections of the retrieval tasks), and such as
nothing answers: about a medicine that is not there, a section or a fact that its label lacks, a name that only looks like
one that is there, a class of medicines, or something outside medicine.

An answer is **unsupported** where no span that it cites lies in a gold section of the question (by the rule of
`medrag.evaluate.matching`); an answer to a question that nothing answers is unsupported, whatever it cites. The **risk** at
a threshold is the share of unsupported ones among the answers given, to questions of both kinds; the **coverage** is the
share of the answerable questions that are answered; a **false refusal** is an answerable question that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medrag.answer.confidence import Confidence, Features, confidence, default_model, features
from medrag.answer.quote.extract import write
from medrag.answer.quote.listing import completed
from medrag.errors import EvaluationError
from medrag.evaluate.cases import SectionCase
from medrag.evaluate.matching import Pool
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.readers import REFUSAL, fdarxbench_refusals
from medrag.evaluate.rows import Shape, json_rows
from medrag.evaluate.tasks import Task, tasks_of
from medrag.evaluate.texts import texts
from medrag.kb.base import KnowledgeBase
from medrag.kb.terms import name_variants
from medrag.retrieve.rank import retrieve
from medrag.types import Citation

__all__ = ["ALL", "Line", "Point", "Question", "Report", "asked", "auroc", "report"]

ALL = "all"
ABSENT = ("absent_zh.jsonl", "absent_en.jsonl", "eval/absent_drug/dev_zh.jsonl", "eval/absent_drug/dev_en.jsonl")
COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
RESAMPLES = 500
SEED = 42

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked: `supported` says whether what would be answered is, and is false where nothing answers.

    `group` is the task it is of, or what is absent; `quoted` are the first sections that would be cited; `about` is the
    first medicine that is named, "" where none is.
    """

    id: str
    text: str
    group: str
    answerable: bool
    supported: bool
    features: Features
    quoted: tuple[str, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over the questions of a group at the default threshold."""

    measure: str
    group: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of the threshold at which a share of the answerable questions is answered, or as many as can be."""

    lang: str
    wanted: float
    threshold: float
    coverage: float
    risk: float
    refused: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, the risk and coverage of several thresholds, and each question with its score, in the order asked."""

    lines: tuple[Line, ...]
    points: tuple[Point, ...]
    scored: tuple[tuple[Question, float], ...]
    threshold: float


class _Absent(Shape):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    kind: Literal["absent-drug", "absent-section", "look-alike", "class-or-herb", "absent-point", "outside"] = "absent-drug"
    part: Literal["dev", "frozen"] = "dev"


def asked(
    data: Sequence[Path],
    *,
    kb: Path,
    frozen: bool = False,
    progress: Progress = lambda _doing, _done, _of: None,
) -> list[Question]:
    """Every question of the data folders, asked of the knowledge base; questions whose gold it does not hold are left out.

    `frozen` asks the questions that were put aside for the end, otherwise those are left out. Raises `EvaluationError`
    for files that cannot be used and where there are no questions of one kind.
    """
    found: list[Question] = []
    for folder in data:
        found += _of_folder(folder, kb, frozen, progress)
    for answerable in (True, False):
        if not any(question.answerable is answerable for question in found):
            kind = "that labels answer" if answerable else "that nothing answers (absent_zh.jsonl, absent_en.jsonl)"
            raise EvaluationError(f"{', '.join(map(str, data))}: wanted questions {kind}, found none")
    return found


def _of_folder(folder: Path, kb: Path, frozen: bool, progress: Progress) -> Iterator[Question]:
    tasks = [(task, file) for task, file in _section_tasks(folder) if not frozen or task.file in {"zh.jsonl", "en.jsonl"}]
    with texts(folder, kb, progress) as of:
        for task, file in tasks:
            base = of.of(task, file)
            pool = Pool(base)
            cases = [case for case in (task.read(file) if task.read else ()) if isinstance(case, SectionCase)]
            for at, case in enumerate(cases):
                progress(task.name, at, len(cases))
                if case.frozen is frozen and (question := _answerable(case, task.name, base, pool)) is not None:
                    yield question
            if task.name == "fdarxbench":
                yield from (_absent(row.id, row.question, REFUSAL, base) for row in fdarxbench_refusals(file))
    with KnowledgeBase.open(kb) as base:
        for name in ABSENT:
            rows = [row for _, row in json_rows(folder / name, _Absent)] if (folder / name).is_file() else []
            for at, row in enumerate(rows):
                progress(name, at, len(rows))
                if (row.part == "frozen") is frozen:
                    yield _absent(row.id, row.question, row.kind, base)


def _section_tasks(folder: Path) -> list[tuple[Task, Path]]:
    """The tasks of a folder whose questions sections of labels answer; none where it has only absent ones."""
    try:
        return [
            (task, file)
            for task, file in tasks_of(folder)
            if task.read is not None and "Success@1" in task.measures and task.channels
        ]
    except EvaluationError:
        if any((folder / name).is_file() for name in ABSENT):
            return []
        raise


def _answerable(case: SectionCase, group: str, kb: KnowledgeBase, pool: Pool) -> Question | None:
    right = pool.truth(case).sections
    if not right:
        return None
    found, citations, about = _answered(case.question, kb)
    supported = any(c.section is not None and (c.document.source, c.document.key, c.section.index) in right for c in citations)
    return Question(case.id, case.question, group, True, supported, found, _shown(citations), about)


def _absent(name: str, text: str, group: str, kb: KnowledgeBase) -> Question:
    found, citations, about = _answered(text, kb)
    return Question(name or text, text, group, False, False, found, _shown(citations), about)


def _answered(text: str, kb: KnowledgeBase) -> tuple[Features, Sequence[Citation], str]:
    """What the score is worked out from, what the extractive answer would cite, and the first medicine that is named."""
    found = retrieve(text, kb)
    evidence = completed(found.understanding, found.evidence, kb)
    draft = write(found.understanding, evidence, kb)
    about = next((name_variants(drug.name)[-1] for drug in found.understanding.drugs), "")
    return features(found.understanding, evidence, kb, draft=draft), draft.citations, about


def _shown(citations: Sequence[Citation]) -> tuple[str, ...]:
    sections = (f"{c.document.title} › {c.section.heading if c.section else 'fact'}" for c in citations)
    return tuple(dict.fromkeys(sections))[:4]


def report(questions: Sequence[Question], model: Confidence | None = None, threshold: float | None = None) -> Report:
    """The figures of a model (default: the package's own) at a threshold (default: the model's)."""
    model = model or default_model()
    cut = model.threshold if threshold is None else threshold
    scored = [(question, confidence(question.features, model)) for question in questions]
    langs = [lang for lang in ("zh", "en") if any(q.features.lang == lang for q in questions)]
    lines: list[Line] = []
    points: list[Point] = []
    for lang in (ALL, *langs):
        own = [(q, score) for q, score in scored if lang in {ALL, q.features.lang}]
        lines += _lines(own, lang, cut)
        points += _points(own, lang)
    for group in dict.fromkeys(q.group for q in questions):
        own = [(q, score) for q, score in scored if q.group == group]
        measure = "false refusals" if own[0][0].answerable else "refused"
        lines.append(Line(measure, group, estimate([float(not _given(q, s, cut)) for q, s in own])))
    return Report(tuple(lines), tuple(points), tuple(scored), cut)


def _given(question: Question, score: float, threshold: float) -> bool:
    return question.features.quoted and score >= threshold


def _lines(scored: Sequence[tuple[Question, float]], lang: str, cut: float) -> Iterator[Line]:
    answerable = [(q, s) for q, s in scored if q.answerable]
    absent = [(q, s) for q, s in scored if not q.answerable]
    given = [q for q, s in scored if _given(q, s, cut)]
    yield Line("refused", lang, estimate([float(not _given(q, s, cut)) for q, s in absent]))
    yield Line("false refusals", lang, estimate([float(not _given(q, s, cut)) for q, s in answerable]))
    yield Line("unsupported answers", lang, estimate([float(not q.supported) for q in given]))
    if answerable and absent:
        yield Line("AUROC", lang, _auroc_estimate([s for _, s in answerable], [s for _, s in absent]))


def _points(scored: Sequence[tuple[Question, float]], lang: str) -> Iterator[Point]:
    """For each coverage wanted the highest threshold that gives it, or that gives as much as can be had."""
    own = sorted((s for q, s in scored if q.answerable and q.features.quoted), reverse=True)
    whole = sum(q.answerable for q, _ in scored)
    absent = [(q, s) for q, s in scored if not q.answerable]
    for wanted in COVERAGES if own else ():
        threshold = own[min(len(own), max(1, round(wanted * whole))) - 1]
        given = [q for q, s in scored if _given(q, s, threshold)]
        yield Point(
            lang,
            wanted,
            threshold,
            sum(q.answerable for q in given) / whole,
            sum(not q.supported for q in given) / len(given),
            sum(not _given(q, s, threshold) for q, s in absent) / len(absent) if absent else 0.0,
        )


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The probability that one of the first scores is above one of the second, ties counting half.

    Source: Hanley, McNeil, *The Meaning and Use of the Area under a ROC Curve*, Radiology 1982.
    """
    first, second = np.sort(np.asarray(higher, np.float64)), np.sort(np.asarray(lower, np.float64))
    below: NDArray[np.int64] = np.searchsorted(second, first, side="left")
    upto: NDArray[np.int64] = np.searchsorted(second, first, side="right")
    return float((below + upto).sum() / (2.0 * first.size * second.size))


def _auroc_estimate(higher: Sequence[float], lower: Sequence[float]) -> Estimate:
    """The area with the interval of resamples of the questions of both kinds."""
    generator = np.random.default_rng(SEED)
    first, second = np.asarray(higher), np.asarray(lower)
    drawn = [
        auroc(generator.choice(first, first.size).tolist(), generator.choice(second, second.size).tolist())
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    size = first.size + second.size
    value = auroc(higher, lower)
    return Estimate(int(size), value, float(low), float(high), value * size)
