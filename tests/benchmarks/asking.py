"""Asking: opening a knowledge base, `search` and `ask` alone and from many threads, and `medrag ask` as a whole process."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from medrag import KnowledgeBase, MedRAG
from tests.benchmarks.corpus import ROOT
from tests.benchmarks.measure import apart, timed_calls
from tests.benchmarks.table import Column, Table

__all__ = ["at_once", "opening", "single", "whole_process"]

THREADS = (1, 2, 4, 8, 16)
WARM_OPENS = 20
WARM = 5  # questions before the clock starts
PROCESSES = 5  # of which the median counts


def opening(root: Path, question: str) -> Table:
    """How long until a knowledge base is open and has found something: in a new process, and again in this one."""
    table = Table(
        "Opening",
        (Column("what"), Column("open ms", 1), Column("first search ms", 1), Column("peak MB")),
        note="Cold: a new process, its imports not counted (the files are in the system's cache, as they are after an ingest). "
        "Warm: again in the same process.",
    )
    code = (
        "import sys, time; from medrag import KnowledgeBase, MedRAG; began = time.perf_counter(); kb = KnowledgeBase.open(sys.argv[1]); "
        "opened = time.perf_counter(); MedRAG(kb).search(sys.argv[2]); print(opened - began, time.perf_counter() - opened)"
    )
    cold = [apart([sys.executable, "-c", code, str(root), question], cwd=ROOT).ok() for _ in range(PROCESSES)]
    seconds = np.median([[float(word) for word in ran.out.split()] for ran in cold], axis=0) * 1000
    table.rows.append(("cold", float(seconds[0]), float(seconds[1]), statistics.median(ran.peak_mb for ran in cold)))
    opened, searched = [], []
    for _ in range(WARM_OPENS):
        began = time.perf_counter()
        with KnowledgeBase.open(root) as kb:
            opened.append(time.perf_counter() - began)
            MedRAG(kb).search(question)
            searched.append(time.perf_counter() - began - opened[-1])
    table.rows.append(("warm", statistics.median(opened) * 1000, statistics.median(searched) * 1000, None))
    return table


def whole_process(root: Path, question: str) -> Table:
    """`medrag ask` from the shell's return to its own, the median of some."""
    table = Table(
        "`medrag ask` as a whole process",
        (Column("runs"), Column("median s", 2), Column("shortest s", 2), Column("processor s", 2), Column("peak MB")),
    )
    command = [sys.executable, "-m", "medrag", "ask", question, "--kb", str(root)]
    runs = [apart(command, cwd=ROOT).ok() for _ in range(PROCESSES)]
    seconds, peaks = [ran.seconds for ran in runs], [ran.peak_mb for ran in runs]
    cpu = statistics.median(ran.cpu_s for ran in runs)
    table.rows.append((len(runs), statistics.median(seconds), min(seconds), cpu, max(peaks)))
    return table


def single(kb: KnowledgeBase, sets: Sequence[tuple[str, Sequence[str]]]) -> Table:
    """The milliseconds of one question after the other, by what they are: half are searched for, half asked."""
    table = Table(
        "One question after the other",
        (
            Column("call"), Column("questions"), Column("n"), Column("p50 ms", 1), Column("p95 ms", 1), Column("p99 ms", 1),
            Column("processor ms", 1),
        ),
        note="All four channels, ten pieces of evidence; each question is asked once, so none is answered from memory.",
    )  # fmt: skip
    for name, questions in sets:
        for at, (call, ask) in enumerate(_calls(kb).items()):
            for question in questions[:WARM]:
                ask(question)
            times = timed_calls(ask, questions[WARM + at :: len(_calls(kb))])
            table.rows.append((call, name, times.calls, times.p50, times.p95, times.p99, times.cpu))
    return table


def _calls(kb: KnowledgeBase) -> dict[str, Callable[[str], object]]:
    rag = MedRAG(kb)
    return {"search": rag.search, "ask": rag.ask}


def at_once(kb: KnowledgeBase, questions: Sequence[str]) -> Table:
    """Questions a second and the slowest twentieth, from so many threads of one process; each row asks others of the questions."""
    table = Table(
        "Threads of one process",
        (
            Column("call"), Column("threads"), Column("questions/s", 1), Column("p50 ms", 1), Column("p95 ms", 1),
            Column("processors busy", 2), Column("processor ms", 1),
        ),
        note="Processors busy is processor time by the clock: where it stays near 1 though there are more threads, Python's global lock "
        "lets one of them run at a time, and only what runs outside Python (tantivy, FAISS, numpy, SQLite) overlaps. More than "
        "one question at a time then wants processes: `medrag serve --workers` has one a processor.",
    )  # fmt: skip
    rows = [(call, ask, threads) for call, ask in _calls(kb).items() for threads in THREADS]
    for at, (call, ask, threads) in enumerate(rows):
        table.rows.append((call, threads, *_from_threads(ask, questions[at :: len(rows)], threads)))
    return table


def _from_threads(ask: Callable[[str], object], questions: Sequence[str], threads: int) -> tuple[float, ...]:
    def one(question: str) -> float:
        began = time.perf_counter()
        ask(question)
        return (time.perf_counter() - began) * 1000

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        walls = list(pool.map(one, questions))
    seconds, busy = time.perf_counter() - began, time.process_time() - cpu
    p50, p95 = (float(value) for value in np.percentile(walls, [50, 95]))
    return len(walls) / seconds, p50, p95, busy / seconds, busy * 1000 / len(walls)
