"""Speed and size of ingesting and asking: `make bench`, or `python -m tests.benchmarks.bench [--json FILE] [PATH…]`.

Without paths it measures on the labels beside the project where they are, else on labels that it makes. With
`--passages N --facts M` (`make bench-large`) it asks a knowledge base of so many, grown out of the labels; `--kb FOLDER`
keeps that, or asks the one that is there. Times are of this machine; nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.types import DocumentKind
from tests.benchmarks.large import grown, write_graph
from tests.conftest import ROOT, SHARED

QUESTIONS = 200
BATCH = 1_000  # labels written at a time
Figures = dict[str, object]
MADE_LABELS = 2_000
WORDS = ("dose daily patients should tablets treatment renal hepatic impairment avoid reduce monitor serum levels adverse reactions "
         "nausea headache rash increase risk bleeding concomitant use with inhibitors therapy clinical studies children adults").split()  # fmt: skip


def made_labels(folder: Path, labels: int = MADE_LABELS) -> list[Path]:
    """Labels of random sentences in the shape of real ones, where there are none to measure on."""
    rng = random.Random(1)
    path = folder / "made.jsonl"
    headings = [
        ("34067-9", "INDICATIONS"),
        ("34068-7", "DOSAGE"),
        ("34070-3", "CONTRAINDICATIONS"),
        ("34084-4", "ADVERSE REACTIONS"),
    ]
    with path.open("w", encoding="utf-8") as file:
        for number in range(labels):
            sections = [
                {
                    "code": code,
                    "heading": heading,
                    "depth": 0,
                    "text": " ".join(sentence(rng) for _ in range(rng.randint(3, 80))),
                }
                for code, heading in headings
            ]
            record = {
                "set_id": f"set-{number}",
                "title": f"Drug{number} tablets",
                "generic": f"drug{number}",
                "brand": "",
                "effective": "20240101",
            }
            file.write(json.dumps({**record, "sections": sections}) + "\n")
    return [path]


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(6, 20))).capitalize() + f" {rng.randint(1, 999)} mg."


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(milliseconds, n=100)
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2)}


def timed(ask: Callable[[str], object], questions: list[str]) -> dict[str, float]:
    times = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - began) * 1000)
    return percentiles(times)


def questions_of(kb: KnowledgeBase) -> list[str]:
    """Questions about drugs that are there, in both languages, by a fixed seed."""
    rng = random.Random(2)
    titles = sorted({(d.title, d.lang) for d in kb.documents(kinds=["label"])})
    zh = ["{}的适应症是什么？", "{}一天吃几次？", "{}有什么副作用？", "孕妇能吃{}吗？"]
    en = [
        "What is {} used for?",
        "How much {} should I take?",
        "What are the side effects of {}?",
        "Can I take {} with alcohol?",
    ]
    return [rng.choice(zh if lang == "zh" else en).format(title) for title, lang in rng.choices(titles, k=QUESTIONS)]


def development_questions() -> list[str]:
    """The project's own questions, else the development parts of others beside it; none where neither is there."""
    own = sorted((ROOT / "tests" / "data" / "questions").glob("*.jsonl"))
    found = own or sorted((SHARED / "eval").glob("*/dev*.jsonl"))
    asked = [json.loads(line).get("question", "") for path in found for line in path.open(encoding="utf-8")]
    return [question for question in asked if isinstance(question, str) and question]


def measure(paths: list[Path], folder: Path) -> Figures:
    """Ingests the paths into a new knowledge base, asks it questions, and returns the figures."""
    kb = KnowledgeBase.create(folder / "bench.kb")
    began, cpu = time.perf_counter(), time.process_time()
    report = build(list(paths), kb)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    stats = kb.stats()
    characters = 0
    sizes: list[int] = []
    for info in kb.documents():
        characters += len(kb.document(info.key, source=info.source).text.encode())
        sizes += [len(passage.text) for passage in kb.passages_of(info)]
    questions = questions_of(kb)
    rag = MedRAG(kb)
    for question in questions[:5]:
        rag.ask(question)
    return {
        "labels": stats.documents,
        "passages": stats.passages,
        "facts": stats.facts,
        "failed": report.failed,
        "ingest_s": round(seconds, 1),
        "labels_per_s": round(stats.documents / seconds),
        "mb_per_s": round(characters / seconds / 1e6, 2),
        "passages_per_s": round(stats.passages / seconds),
        "passages_per_s_per_core": round(stats.passages / cpu_seconds),
        "median_passage_chars": statistics.median(sizes),
        "text_mb": round(characters / 1e6, 1),
        "disk_mb": round(stats.bytes / 1e6, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "search_ms": timed(lambda q: retrieve(q, kb), questions),
        "ask_ms": timed(rag.ask, questions),
    }


def build_large(paths: list[Path], root: Path, passages: int, facts: int) -> Figures:
    """Grows a knowledge base of so many passages and facts out of the labels, and says how long that took."""
    kb = KnowledgeBase.create(root)
    began = time.perf_counter()
    with kb.write() as writer:
        batch = []
        for prepared in grown(paths, passages):
            batch.append(prepared)
            if len(batch) == BATCH:
                writer.add_many(batch)
                batch.clear()
        writer.add_many(batch)
    labels_s = time.perf_counter() - began
    drugs = sorted({document.title for document in kb.documents(kinds=[DocumentKind.LABEL.value])})
    table = root.with_name(f"{root.name}.facts.csv")
    write_graph(table, drugs, facts)
    began = time.perf_counter()
    build([table], kb)
    table.unlink()
    kb.close()
    return {"labels_s": round(labels_s, 1), "facts_s": round(time.perf_counter() - began, 1)}


def measure_large(root: Path) -> Figures:
    """Asks a knowledge base the development questions, each once, and returns the times of every step."""
    began = time.perf_counter()
    kb = KnowledgeBase.open(root)
    questions = development_questions() or questions_of(kb)
    random.Random(3).shuffle(questions)
    retrieve(questions[0], kb)  # opens the indexes
    opened = time.perf_counter() - began
    steps: dict[str, list[float]] = defaultdict(list)
    for question in questions[1:]:
        wall, cpu = time.perf_counter(), time.thread_time()
        found = retrieve(question, kb)
        steps["question_ms"].append((time.perf_counter() - wall) * 1000)
        steps["question_cpu_ms"].append((time.thread_time() - cpu) * 1000)
        for step, milliseconds in found.trace.milliseconds.items():
            steps[f"{step}_ms"].append(milliseconds)
    stats = kb.stats()
    kb.close()
    return {
        "passages": stats.passages,
        "facts": stats.facts,
        "disk_mb": round(stats.bytes / 1e6, 1),
        "questions": len(questions) - 1,
        "open_s": round(opened, 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **{step: percentiles(times) for step, times in steps.items()},
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--passages", type=int, default=0, metavar="N")
    parser.add_argument("--facts", type=int, default=0, metavar="M")
    parser.add_argument("--kb", type=Path, metavar="FOLDER", help="the large knowledge base, to keep")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    folder = Path(tempfile.mkdtemp(prefix="medrag-bench-"))
    try:
        given = asked.paths or ([SHARED / "labels"] if SHARED.is_dir() else made_labels(folder))
        figures: Figures = {}
        if asked.kb or asked.passages or asked.facts:
            root = asked.kb or folder / "large.kb"
            if not root.exists():
                figures |= build_large(given, root, asked.passages, asked.facts)
            figures |= measure_large(root)
        else:
            figures = measure(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        shown = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else value
        print(f"{name:26} {shown}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
