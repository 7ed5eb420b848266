"""Speed and size of ingesting and asking: `make bench`, or `python -m tests.benchmarks.bench [--json FILE] [PATH…]`.

Without paths it measures on the labels beside the project where they are, else on labels that it makes. Times are
of this machine; nothing is asserted.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from tests.conftest import SHARED

QUESTIONS = 200
MADE_LABELS = 2_000
WORDS = ("dose daily patients should tablets treatment renal hepatic impairment avoid reduce monitor serum levels adverse reactions "
         "nausea headache rash increase risk bleeding concomitant use with inhibitors therapy clinical studies children adults").split()  # fmt: skip


def made_labels(folder: Path) -> list[Path]:
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
        for number in range(MADE_LABELS):
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


def timed(ask: object, questions: list[str]) -> dict[str, float]:
    times = []
    for question in questions:
        began = time.perf_counter()
        ask(question)  # type: ignore[operator]  # any of the callables below
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


def measure(paths: list[Path], folder: Path) -> dict[str, object]:
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


def main() -> None:
    arguments = sys.argv[1:]
    out = None
    if "--json" in arguments:
        at = arguments.index("--json")
        out = Path(arguments[at + 1])
        del arguments[at : at + 2]
    folder = Path(tempfile.mkdtemp(prefix="medrag-bench-"))
    try:
        given = [Path(a) for a in arguments] or ([SHARED / "labels"] if SHARED.is_dir() else made_labels(folder))
        figures = measure(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        shown = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else value
        print(f"{name:26} {shown}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
