"""Ingest: how fast labels become a knowledge base, in a process of its own, and what it takes in memory and on disk.

`python -m tests.benchmarks.ingest FOLDER PATH…` makes one and writes one line of JSON; `measured` runs that.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from medrag import KnowledgeBase, build
from tests.benchmarks.corpus import ROOT, Corpus
from tests.benchmarks.measure import MB, Apart, apart, folder_bytes, processor_s
from tests.benchmarks.table import Column, Table

__all__ = ["Ingested", "measured", "tables"]


@dataclass(frozen=True, slots=True)
class Ingested:
    """A knowledge base that was made: what it holds, and what making it took.

    `seconds` and `cpu_s` are of `build` alone, with all its processes; `peak_mb` is of the whole process and its children.
    """

    root: Path
    labels: int
    passages: int
    facts: int
    text_bytes: int
    seconds: float
    cpu_s: float
    peak_mb: float
    bytes: int


def measured(corpus: Corpus, root: Path) -> Ingested:
    """The corpus as a knowledge base at `root`, made anew by a process of its own."""
    ran = apart([sys.executable, "-m", "tests.benchmarks.ingest", str(root), *map(str, corpus.paths)], cwd=ROOT).ok()
    return _ingested(root, ran)


def _ingested(root: Path, ran: Apart) -> Ingested:
    took = json.loads(ran.out.splitlines()[-1])
    with KnowledgeBase.open(root) as kb:
        stats = kb.stats()
        text = sum(len(kb.document(info.key, source=info.source).text.encode()) for info in kb.documents())
    return Ingested(
        root=root, labels=stats.labels, passages=stats.passages, facts=stats.facts, text_bytes=text,
        seconds=took["seconds"], cpu_s=took["cpu_s"], peak_mb=ran.peak_mb, bytes=folder_bytes(root),
    )  # fmt: skip


def tables(made: Ingested) -> list[Table]:
    """The rates of the ingest, and the size of each index."""
    size = Table(
        "Ingest",
        (
            Column("labels"), Column("passages"), Column("facts"), Column("text MB", 1), Column("s", 1), Column("processor s", 1),
            Column("labels/s"), Column("passages/s"), Column("passages per processor s"), Column("text MB/s", 2), Column("peak MB"),
        ),
        note="From files to a published commit: read, cut, named, facts read off, words, vectors and graph. Processor seconds "
        "and peak memory are of all its processes together; the text is counted as UTF-8.",
    )  # fmt: skip
    size.rows.append(
        (
            made.labels, made.passages, made.facts, made.text_bytes / MB, made.seconds, made.cpu_s, made.labels / made.seconds,
            made.passages / made.seconds, made.passages / made.cpu_s, made.text_bytes / made.seconds / MB, made.peak_mb,
        )
    )  # fmt: skip
    return [size, _disk(made)]


def _disk(made: Ingested) -> Table:
    disk = Table("On disk", (Column("what"), Column("MB", 1), Column("bytes per passage")))
    generation = max((made.root / "generations").iterdir())
    catalogue = made.bytes - folder_bytes(generation)
    parts = [(part.name, folder_bytes(part)) for part in sorted(generation.iterdir())]
    for name, size in (("catalogue, with all text", catalogue), *parts, ("all", made.bytes)):
        disk.rows.append((name, size / MB, size / made.passages))
    return disk


def main() -> None:
    """Ingests what is named on the command line and says how long `build` took."""
    root, *paths = map(Path, sys.argv[1:])
    began, before = time.perf_counter(), processor_s()
    build(list(paths), root)
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu_s": processor_s() - before}))


if __name__ == "__main__":
    main()
