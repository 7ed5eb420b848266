"""A whole registry on this machine: `make bench-registry`, or `python -m tests.benchmarks.registry --folder FOLDER`.

Labels are made by `tests.benchmarks.generator` and read in parts, then a graph of the size of PrimeKG; then it is asked, and
one label changed and deleted. Every step prints one JSON line as soon as it is done, so that a run that is cut short has said
something; `--folder` keeps what was made, and a second run goes on with what is there. Times are of this machine.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from os import getpid
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from tests.benchmarks.corpus import DATA, ROOT, asked, development_questions
from tests.benchmarks.generated_graph import EDGES, NODES, write_graph
from tests.benchmarks.generator import bases_of, labels
from tests.benchmarks.measure import MB, folder_bytes, memory_of, processor_s, timed_calls

__all__ = ["Log", "change_labels", "given", "ingest", "ingest_graph", "main", "measure_questions", "run", "write_parts"]

LABELS, PART = 54_000, 6_000  # 54,000 labels are 3 million passages
QUESTIONS = 200
CHANGES = 5
LOOK_S = 0.5

Say = Callable[[str, dict[str, object]], None]


class Log:
    """Prints a JSON line for every step, and appends it to a file: what was done, its figures, and the most memory so far."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            self.peak = max(self.peak, memory_of(getpid()))

    def close(self) -> None:
        """Ends looking at the memory."""
        self._over.set()
        self._thread.join()
        self._file.close()

    def __call__(self, step: str, figures: dict[str, object]) -> None:
        line = json.dumps({"step": step, **figures, "peak_mb": round(self.peak / MB)}, ensure_ascii=False)
        print(line, flush=True)
        self._file.write(line + "\n")
        self._file.flush()


@contextmanager
def _timed(say: Say, step: str) -> Iterator[dict[str, object]]:
    """Says a step with what the block put into the dictionary, its seconds and processor seconds."""
    figures: dict[str, object] = {}
    began, cpu = time.perf_counter(), processor_s()
    yield figures
    seconds = {"seconds": round(time.perf_counter() - began, 2), "cpu_s": round(processor_s() - cpu, 2)}
    say(step, {**figures, **seconds})


def given(data: Path = DATA) -> list[Path]:
    """The labels that are varied: the measuring data where they are, else the project's own."""
    found = [data / "labels" / name for name in ("en/spl_sections.jsonl", "zh/monographs.json", "zh/pulse_kb_demo.jsonl")]
    return found if all(path.is_file() for path in found) else [ROOT / "kb" / "labels"]


def write_parts(paths: list[Path], count: int, folder: Path, *, part: int = PART) -> list[Path]:
    """So many labels in folders of `part` labels each, a file a language."""
    made = labels(bases_of(paths), count)
    parts = []
    for number in range((count + part - 1) // part):
        parts.append(folder / f"part-{number:03}")
        parts[-1].mkdir(parents=True, exist_ok=True)
        with (
            (parts[-1] / "en.jsonl").open("w", encoding="utf-8") as en,
            (parts[-1] / "zh.jsonl").open("w", encoding="utf-8") as zh,
        ):
            for lang, record in islice(made, part):
                (zh if lang == "zh" else en).write(json.dumps(record, ensure_ascii=False) + "\n")
    return [path for path in parts if any(file.stat().st_size for file in path.iterdir())]


def run(folder: Path, say: Say, *, count: int, edges: int, part: int = PART, questions: int = QUESTIONS) -> None:
    """Makes the registry in the folder, unless it is there, and measures it."""
    root = folder / "registry.kb"
    if not root.exists():
        with _timed(say, "generate") as figures:
            parts = write_parts(given(), count, folder / "labels", part=part)
            figures |= {"labels": count, "parts": len(parts), "text_mb": round(folder_bytes(folder / "labels") / MB, 1)}
        ingest(root, parts, say)
        if edges:
            ingest_graph(root, folder / "graph", edges, say)
        shutil.rmtree(folder / "labels")
        shutil.rmtree(folder / "graph", ignore_errors=True)
    say("disk", _disk(root))
    measure_questions(root, say, count=questions)
    change_labels(root, folder, say)
    measure_graph(root, say)


def ingest(root: Path, parts: list[Path], say: Say) -> None:
    """Reads the parts one after the other, and says what became of each."""
    began = time.perf_counter()
    for number, path in enumerate(parts):
        with _timed(say, f"ingest {number + 1}/{len(parts)}") as figures:
            report = build([path], root)
            with KnowledgeBase.open(root) as kb:
                passages = kb.stats().passages
            total = time.perf_counter() - began
            figures |= {
                "documents": report.added, "failed": report.failed, "passages": passages, "total_s": round(total, 1),
                "passages_per_s": round(passages / total), "disk_mb": round(folder_bytes(root) / MB, 1),
            }  # fmt: skip


def ingest_graph(root: Path, folder: Path, edges: int, say: Say) -> None:
    """Makes a graph of so many edges about the drugs of the labels, and reads it."""
    with KnowledgeBase.open(root) as kb:
        titles = (info.title for info in kb.documents(kinds=["label"], lang="en"))
        drugs = sorted({title.partition(" - ")[0].partition("- ")[0].lower() for title in titles})
    with _timed(say, "generate graph") as figures:
        paths = write_graph(folder, drugs, nodes=max(NODES * edges // EDGES, 1_000), edges=edges)
        figures |= {"bytes_mb": round(sum(path.stat().st_size for path in paths) / MB, 1)}
    with _timed(say, "ingest graph") as figures:
        report = build(list(paths), root, source="graph")
        figures |= {"records": report.added, "failed": report.failed, "disk_mb": round(folder_bytes(root) / MB, 1)}


def _disk(root: Path) -> dict[str, object]:
    newest = max((root / "generations").iterdir())
    sizes = {path.name: round(folder_bytes(path) / MB, 1) for path in sorted(newest.iterdir()) if path.is_dir()}
    return {
        "catalogue_mb": round((root / "catalogue.sqlite").stat().st_size / MB, 1),
        **{f"{k}_mb": v for k, v in sizes.items()},
    }


def measure_questions(root: Path, say: Say, *, count: int = QUESTIONS) -> None:
    """Opens the knowledge base, asks it questions about what is there and those of the project, and says the times."""
    with _timed(say, "open and first question") as figures:
        kb = KnowledgeBase.open(root)
        rag = MedRAG(kb)
        retrieve("What is isoniazid used for?", kb)
    with _timed(say, "stats") as figures:
        stats = kb.stats()
        figures |= {"documents": stats.documents, "passages": stats.passages, "facts": stats.facts, "entities": stats.entities}
    for name, questions in (("made", asked(kb, count)), ("development", development_questions()[:count])):
        half = len(questions) // 2
        say(f"search, {name} questions", asdict(timed_calls(lambda q: retrieve(q, kb), questions[:half])))
        say(f"ask, {name} questions", asdict(timed_calls(rag.ask, questions[half:])))
    say("folding", _folding(kb, asked(kb, 50)))
    kb.close()


def _folding(kb: KnowledgeBase, questions: list[str]) -> dict[str, object]:
    """How many of the first ten are there, how many of these say what one before them says, and how many others are named."""
    shown = repeated = also = 0
    for question in questions:
        found = [e for e in retrieve(question, kb).evidence if e.passage is not None]
        texts = [e.passage.text for e in found if e.passage is not None]
        shown, repeated = shown + len(texts), repeated + len(texts) - len(set(texts))
        also += sum(len(e.also) for e in found)
    return {"questions": len(questions), "evidence": shown, "repeated": repeated, "folded": also}


def change_labels(root: Path, folder: Path, say: Say, *, changes: int = CHANGES) -> None:
    """Changes and deletes labels, one a commit, and says how long each took until it was found."""
    kb = KnowledgeBase.open(root)
    rng = random.Random(4)
    keys = list(kb.documents(kinds=["label"], lang="en", limit=2_000))
    for number, info in enumerate(rng.sample(keys, min(changes, len(keys)))):
        document = kb.document(info.key, source=info.source)
        sections = [
            {"code": s.code, "heading": s.heading, "depth": len(s.path), "text": document.text[s.start : s.end]}
            for s in document.sections
        ]
        word = f"zyxomarker{number}"
        sections.append({"code": "42229-5", "heading": "CHANGED", "depth": 0, "text": f"The {word} was added to this label."})
        path = folder / f"changed-{number}.jsonl"
        record = {
            "set_id": info.key,
            "title": info.title,
            "brand": f"Newname{number}ol",
            "effective": "2031-01-01",
            "sections": sections,
        }
        path.write_text(json.dumps(record) + "\n", "utf-8")
        with _timed(say, "update one label, searchable") as figures:
            build([path], kb, source=info.source)
            figures |= {
                "found": bool(kb.search_words(word, 1)),
                "passages": len(kb.passages_of(kb.document(info.key, source=info.source))),
            }
        path.unlink()
        with _timed(say, "delete one label"), kb.write() as writer:
            writer.delete(info.key, source=info.source)
    kb.close()


def measure_graph(root: Path, say: Say) -> None:
    """The times of what walks over the whole graph, and of things that stand in thousands of facts."""
    with KnowledgeBase.open(root) as kb:
        ids = [fact.subject.id for fact in kb.facts("acute liver cyst", limit=1)] or [e.id for e in kb.entity("aspirin")]
        for step in ("PageRank, cold", "PageRank, warm"):
            with _timed(say, step):
                kb.related(ids, 20)
        for limit in (20, 200):
            with _timed(say, f"facts of a thing, {limit}") as figures:
                figures["facts"] = len(kb.facts_of(ids, limit=limit))


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "registry")
    parser.add_argument("--labels", type=int, default=LABELS)
    parser.add_argument("--edges", type=int, default=EDGES)
    parser.add_argument("--part", type=int, default=PART)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench" / "registry.jsonl")
    arguments = parser.parse_args()
    log = Log(arguments.json)
    try:
        run(
            arguments.folder,
            log,
            count=arguments.labels,
            edges=arguments.edges,
            part=arguments.part,
            questions=arguments.questions,
        )
    finally:
        log.close()


if __name__ == "__main__":
    sys.exit(main())
