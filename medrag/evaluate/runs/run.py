"""A run: every question of the tasks asked once, several at a time, each answer kept before the next is scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from medrag.answer.engine import EXTRACTIVE, MedRAG
from medrag.answer.verify.claim import Checker
from medrag.errors import MedRAGError
from medrag.evaluate.matching import Pool
from medrag.evaluate.runs.bench import Bench
from medrag.evaluate.runs.folder import RunFolder, writing
from medrag.evaluate.runs.manifest import Manifest
from medrag.evaluate.runs.own_texts import with_own_texts
from medrag.evaluate.runs.records import Asked, record_of
from medrag.evaluate.runs.table import Table, as_json, table_of
from medrag.evaluate.runs.tasks import Put, RunTask
from medrag.types import Answer

__all__ = ["Ran", "not_the_models", "run"]

AHEAD = 2  # questions that wait for each one under way

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to: its table, and how many questions were there from before and how many were asked now."""

    table: Table
    kept: int
    asked: int


def run(
    tasks: Sequence[tuple[RunTask, Path]],
    rag: MedRAG,
    out: Path,
    manifest: Manifest,
    *,
    workers: int = 1,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Ran:
    """Asks what the folder does not hold yet and gives the table of all of it.

    What a killed run had asked is not asked again, except where there was a fault; the table is the same as that of a
    run that went through. Raises `EvaluationError` for question files that cannot be used and for a folder that is another
    run's, before anything is asked.
    """
    frozen = manifest.frozen
    read = [(task, list(task.read(file, frozen))) for task, file in tasks]  # faults come first
    with writing(out, manifest) as folder:
        todo = {task.name: [put for put in puts if not _done(folder, task, put)] for task, puts in read}
        of, asked = sum(len(puts) for _, puts in read), sum(map(len, todo.values()))
        done = of - asked
        for (task, _), (_, file) in zip(read, tasks, strict=True):
            if not todo[task.name]:
                continue
            with with_own_texts(rag, task, file) as over:
                bench = Bench(over.kb, Pool(over.kb), Checker(over.kb.link), over.entailment)
                for record in _records(task, todo[task.name], over, bench, workers):
                    folder.add(record)
                    done += 1
                    progress(record.task, done, of)
        records = [folder.records[task.name, put.id] for task, puts in read for put in puts]
        table = table_of([(task.name, task.measures) for task, _ in read], records)
        folder.write_table(as_json(table))
    return Ran(table, of - asked, asked)


def _done(folder: RunFolder, task: RunTask, put: Put) -> bool:
    record = folder.records.get((task.name, put.id))
    return record is not None and not record.fault


def _records(task: RunTask, todo: Sequence[Put], rag: MedRAG, bench: Bench, workers: int) -> Iterator[Asked]:
    """The records of the questions as they come; no more are under way than the workers can soon begin."""
    waiting: set[Future[Asked]] = set()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for put in todo:
                waiting.add(pool.submit(_asked, task, put, rag, bench))
                if len(waiting) >= AHEAD * workers:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _asked(task: RunTask, put: Put, rag: MedRAG, bench: Bench) -> Asked:
    asked = Asked(task=task.name, id=put.id, question=put.question.text, groups=put.groups, wanted=put.wanted)
    started = perf_counter()
    try:
        answer = rag.ask(put.question)
    except MedRAGError as error:
        return asked.model_copy(update={"fault": str(error)})
    milliseconds = (perf_counter() - started) * 1000.0
    values = put.score(answer, bench)
    record = record_of(asked, answer, values, milliseconds)
    return record.model_copy(update={"absent": not values, "fault": not_the_models(answer, rag)})


def not_the_models(answer: Answer, rag: MedRAG) -> str:
    """Why the answer is not the model's where a model was to write it: the library then quotes, which is not what is measured."""
    if rag.model is None or not answer.writing.finish or answer.writing.model != EXTRACTIVE:
        return ""
    said = "; ".join(str(notice) for notice in answer.notices)
    return f"the model gave no answer ({answer.writing.finish}): {said}"
