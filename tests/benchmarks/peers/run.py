"""Side by side with the peers: `make bench-peers`, or `python -m tests.benchmarks.peers.run [PATH…] [--only KEY…] [--frozen]`.

The library ingests label files; each peer is given the passages that came of it, cut already, under their title and heading. All are
asked the same questions and judged by the same rule. Every phase of every system is a process of its own. Embedders: all use this
library's (`static`), for no model's weights can be had here; so the vectors are alike, and only what is done with them differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from medrag import KnowledgeBase
from medrag.evaluate.readers import fdarxbench_labels
from tests.benchmarks.about import about, said
from tests.benchmarks.corpus import DATA, ROOT, Corpus, corpus
from tests.benchmarks.measure import Apart, apart, folder_bytes, times_of
from tests.benchmarks.peers import edges, verdict
from tests.benchmarks.peers.hits import documents_wanted, examinations
from tests.benchmarks.peers.systems import GRAPHS, OURS, PASSAGES, System
from tests.benchmarks.peers.verdict import Ran
from tests.benchmarks.peers.worker import MISSING
from tests.benchmarks.table import Table, save

__all__ = ["side_by_side"]

JSON = ROOT / "build" / "bench" / "peers.json"
VENV = ROOT / ".venv-bench" / "bin" / "python"
LIMIT_S = 1_200  # for a phase of a system
SEED = 7
FDA = "eval/fdarxbench/dev.jsonl"  # questions that bring their labels along


def side_by_side(labels: Corpus, folder: Path, only: Sequence[str] = (), *, frozen: bool = False) -> Iterator[Table]:
    """All tables; `only` are the keys of the peers that are asked, all where there are none."""
    systems = [system for system in PASSAGES if system is OURS or not only or system.key in only]
    (folder / "paths.json").write_text(json.dumps([str(path) for path in _with_fda(labels, folder)]), "utf-8")
    judge = verdict.Judge(folder / OURS.key / "kb")
    results = [ran(OURS, folder, lambda: _prepare(judge, folder, frozen=frozen))]
    results[0] = replace(results[0], items=judge.passages)
    results += [_told(ran(system, folder)) for system in systems[1:]]
    yield from verdict.costs("Passages", "passages", results)
    yield judge.table(results)
    edges.write(DATA, folder)
    graphs = [system for system in GRAPHS if system.wrapper.startswith("with_medrag:") or not only or system.key in only]
    results = [_told(ran(system, folder)) for system in graphs]
    yield from verdict.costs("A graph", "edges", results)
    yield edges.table(folder, results)


def ran(system: System, folder: Path, between: Callable[[], None] = lambda: None) -> Ran:
    """The system built and asked, each in a process of its own; its store is removed but for ours, by which all are judged."""
    store, done = folder / system.key, []
    for phase in ("build", "ask"):
        done.append(_phase(system, phase, folder))
        if done[-1].code:
            shutil.rmtree(store, ignore_errors=True)
            return Ran(system, _why(phase, done[-1]))
        if phase == "build":
            size = folder_bytes(store)
            between()
    if system is not OURS:
        shutil.rmtree(store)
    build, ask = (json.loads(phase.out.splitlines()[-1]) for phase in done)
    return Ran(
        system, items=build["items"], seconds=build["seconds"], cpu_s=build["cpu_s"], build_mb=done[0].peak_mb, bytes=size,
        open_s=ask["open_s"], ask_mb=done[1].peak_mb, times=times_of(ask["walls"], ask["cpu_ms"]), found=ask["found"],
    )  # fmt: skip


def _phase(system: System, phase: str, folder: Path) -> Apart:
    ours = system.wrapper.startswith("with_medrag:")
    python = str(VENV) if VENV.exists() and not ours else sys.executable
    command = [python, "-m", "tests.benchmarks.peers.worker", system.key, phase, str(folder)]
    return apart(command, cwd=ROOT, env={"HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}, limit_s=LIMIT_S)


def _why(phase: str, process: Apart) -> str:
    said_last = next((line for line in reversed(process.err.splitlines()) if line.strip()), "it said nothing")
    if process.code == MISSING:
        return said_last
    if process.code == -9:
        return f"{phase}: killed, or stopped after {process.seconds:,.0f} s"
    return f"{phase} failed: {said_last[:160]}"


def _told(result: Ran) -> Ran:
    print(f"{result.system.name}: {result.fault or 'measured'}", file=sys.stderr, flush=True)
    return result


def _with_fda(labels: Corpus, folder: Path) -> list[Path]:
    """The labels' paths, with the labels that a question set brings along where it is there."""
    return [*labels.paths, *([fdarxbench_labels(DATA / FDA, folder)] if (DATA / FDA).is_file() else [])]


def _prepare(judge: verdict.Judge, folder: Path, *, frozen: bool) -> None:
    """Writes what all are asked, and the passages for the peers: those of the documents that hold answers come first."""
    with KnowledgeBase.open(judge.root) as kb:
        judge.asked = examinations(kb, DATA, frozen=frozen)
        (folder / "questions.json").write_text(json.dumps(judge.questions), "utf-8")
        wanted = documents_wanted(kb, judge.asked)
        infos = list(kb.documents())
        random.Random(SEED).shuffle(infos)
        infos.sort(key=lambda info: (info.source, info.key) not in wanted)
        with (folder / "passages.jsonl").open("w", encoding="utf-8") as file:
            for passage in (passage for info in infos for passage in kb.passages_of(info)):
                judge.passages += 1
                heading = " ".join((*passage.section.path, passage.section.heading))
                file.write(json.dumps([passage.id, f"{passage.document.title} {heading}\n{passage.text}"]) + "\n")


def main() -> None:
    """Measures, prints and keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="labels (default: those that the benchmark finds)")
    parser.add_argument("--only", nargs="+", default=[], metavar="KEY", help="these peers alone")
    parser.add_argument("--frozen", action="store_true", help="of the project's own questions, those put aside for the end")
    parser.add_argument("--json", type=Path, metavar="FILE", default=JSON)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="medrag-peers-"))
    try:
        labels = Corpus(", ".join(map(str, given.paths)), tuple(given.paths)) if given.paths else corpus(folder)
        known = about(labels.name)
        print(said(known), flush=True)
        found = []
        for table in side_by_side(labels, folder, given.only, frozen=given.frozen):
            print(table.markdown(), flush=True)
            found.append(table)
        print(verdict.lost(found))
        save(given.json, found, known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
