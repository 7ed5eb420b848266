"""Changing: how long one label takes to be changed or deleted, until it is found, or no longer found, by a search."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from medrag import KnowledgeBase, MedRAG, build
from tests.benchmarks.table import Column, Table

__all__ = ["changing"]

ROUNDS = 7
NAME = "旋平安宁片"  # no medicine is called so
SOURCE, KEY = "bench", "国药准字H00000000"


def changing(root: Path, folder: Path) -> Table:
    """The median seconds of one label added, changed and deleted, in a copy of the knowledge base."""
    table = Table(
        "One label",
        (Column("change"), Column("n"), Column("median ms"), Column("slowest ms"), Column("until found ms")),
        note="The median from the file to the published commit, and to a search that finds the new words (or none of them) in the "
        "same process: written, indexed and opened anew.",
    )
    copy = folder / "changing.kb"
    shutil.copytree(root, copy)
    steps: dict[str, list[tuple[float, float]]] = {"added": [], "changed": [], "deleted": []}
    with KnowledgeBase.open(copy) as kb:
        rag = MedRAG(kb)
        for number in range(ROUNDS):
            steps["added"].append(_timed(lambda number=number: _write(kb, folder, number), rag, f"第{number}号"))
            steps["changed"].append(_timed(lambda number=number: _write(kb, folder, 100 + number), rag, f"第{100 + number}号"))
            steps["deleted"].append(_timed(lambda: _delete(kb), rag, ""))
    shutil.rmtree(copy)
    for step, times in steps.items():
        published = [one for one, _ in times]
        table.rows.append(
            (step, len(times), statistics.median(published), max(published), statistics.median(all_ for _, all_ in times))
        )
    return table


def _timed(change: Callable[[], None], rag: MedRAG, found: str) -> tuple[float, float]:
    """Milliseconds until the change is published, and until a search says so."""
    began = time.perf_counter()
    change()
    published = time.perf_counter()
    texts = [evidence.text for evidence in rag.search(f"{NAME}的用法用量") if evidence.passage]
    shown = time.perf_counter()
    if (found not in texts[0]) if found else any("号处方" in text for text in texts):
        raise SystemExit(f"the change was not seen: wanted {found or 'nothing'}, found {texts[:1]}")
    return (published - began) * 1000, (shown - began) * 1000


def _write(kb: KnowledgeBase, folder: Path, number: int) -> None:
    label = {"docs": [f"{NAME} 批准文号\n{KEY}", f"{NAME} 用法用量\n口服。第{number}号处方：一次{number % 9 + 1}片，一日3次。"]}
    path = folder / "one.jsonl"
    path.write_text(json.dumps(label, ensure_ascii=False) + "\n", "utf-8")
    build([path], kb, source=SOURCE)


def _delete(kb: KnowledgeBase) -> None:
    with kb.write() as writer:
        writer.delete(KEY, source=SOURCE)
