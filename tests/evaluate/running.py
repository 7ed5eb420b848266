"""A small knowledge base with questions, and a run of them, for the tests of runs and of their reports."""

from __future__ import annotations

import json
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.evaluate.runs.manifest import Manifest, manifest_of
from medrag.evaluate.runs.run import Ran, run
from medrag.evaluate.runs.tasks import run_tasks
from medrag.kb.base import KnowledgeBase
from tests.shelf import shelf

ROWS: list[dict[str, object]] = [
    {
        "id": "a",
        "question": "布洛芬缓释胶囊孕妇能吃吗",
        "kind": "short",
        "gold": [{"drug": "布洛芬缓释胶囊", "section": "禁忌"}],
    },
    {"id": "b", "question": "鼻炎丸治什么", "kind": "short", "gold": [{"drug": "鼻炎丸", "section": "功能主治"}]},
    {"id": "c", "question": "华法林钠片治什么", "kind": "short", "gold": [{"drug": "华法林钠片", "section": "适应症"}]},
    {"id": "d", "question": "鼻炎丸怎么吃", "kind": "short", "gold": [{"drug": "鼻炎丸", "section": "功能主治"}]},
    {"id": "e", "question": "没有的药怎么吃", "kind": "short", "gold": [{"drug": "没有的药", "section": "用法用量"}]},
]
ABSENT: list[dict[str, object]] = [{"id": "x", "question": "瑞舒伐他汀钙片怎么吃", "kind": "absent-drug"}]


def asked(folder: Path) -> Path:
    """The folder, with the knowledge base `shelf.kb` and questions."""
    shelf(folder).close()
    for name, rows in (("zh.jsonl", ROWS), ("absent_zh.jsonl", ABSENT)):
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return folder


def done(folder: Path, kb: KnowledgeBase, out: Path, *, k: int = 10, workers: int = 1, rag: MedRAG | None = None) -> Ran:
    tasks = run_tasks(folder)
    return run(tasks, rag or MedRAG(kb, k=k), out, manifest(folder, kb, k=k), workers=workers)


def manifest(folder: Path, kb: KnowledgeBase, *, k: int = 10) -> Manifest:
    return manifest_of(kb, {task.name: file for task, file in run_tasks(folder)}, {"k": k, "llm": "extractive"})


def own(folder: Path, text: str, name: str = "mine.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name
