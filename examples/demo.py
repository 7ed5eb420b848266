"""What `make demo` runs: builds a knowledge base from kb/ and answers five questions, showing citations and times."""

import sys
from pathlib import Path
from shutil import rmtree
from time import perf_counter

from medrag import KnowledgeBase, MedRAG, build
from medrag.answer.show.text import to_text

ROOT = Path(__file__).resolve().parent.parent
KB = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo.kb"
QUESTIONS = (
    ("a Chinese label", "阿司匹林肠溶片的禁忌是什么？"),
    ("an English label", "What are the contraindications of simvastatin?"),
    ("the graph", "痛风有哪些症状，应该挂什么科？"),
    ("two drugs", "华法林和布洛芬可以一起吃吗？"),
    ("what is not there", "司美格鲁肽的用法用量是什么？"),
)


def main() -> None:
    """Builds, asks and prints."""
    started = perf_counter()
    if len(sys.argv) == 1:
        rmtree(KB, ignore_errors=True)  # the last demo's
    kb = KnowledgeBase.create(KB)
    report = build(ROOT / "kb", kb, source="starter")
    stats = kb.stats()
    print(
        f"Read {report.read:,} records from {len(report.files):,} files in kb/ (new: {report.added:,}, unchanged: "
        f"{report.unchanged:,}, failed: {report.failed:,}):\n{stats.documents:,} documents, {stats.passages:,} passages, "
        f"{stats.facts:,} facts, {stats.names:,} names in {perf_counter() - started:.1f} s."
    )
    medrag = MedRAG(kb)
    for topic, question in QUESTIONS:
        started = perf_counter()
        answer = medrag.ask(question)
        milliseconds = (perf_counter() - started) * 1000
        print(f"\n{'─' * 78}\n{question}   ({topic})\n\n{to_text(answer)}\n({milliseconds:.0f} ms)")
    kb.close()
    print(f"\nGo on with: .venv/bin/medrag ask '孕妇能用布洛芬吗？' --kb {KB}")


if __name__ == "__main__":
    main()
