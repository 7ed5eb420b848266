"""A system over a copy of its knowledge base to which the labels that a task's questions are about were added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from medrag.answer.engine import MedRAG
from medrag.evaluate.runs.tasks import RunTask
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase

__all__ = ["with_own_texts"]


@contextmanager
def with_own_texts(rag: MedRAG, task: RunTask, file: Path) -> Iterator[MedRAG]:
    """The system, over a copy where the task brings texts along; the knowledge base itself is only read."""
    if task.own is None:
        yield rag
        return
    with TemporaryDirectory(prefix="medrag-evaluate-") as folder:
        copied = Path(copytree(rag.kb.path, Path(folder) / rag.kb.path.name))
        build(task.own(file, Path(folder)), copied, source=task.name)
        with KnowledgeBase.open(copied) as kb:
            over = copy(rag)
            over.kb = kb
            yield over
