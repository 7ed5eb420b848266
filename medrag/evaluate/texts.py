"""The knowledge bases that tasks are asked of: the one given, or temporary ones made of the texts beside the questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from medrag.errors import EvaluationError
from medrag.evaluate.tasks import Against, Task
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.kb.derive import Progress

__all__ = ["Texts", "texts"]

LABELS = ("labels/zh", "labels/en")
GRAPH = "graphs/disease.csv"


class Texts:
    """Opens for each task the knowledge base that its questions are asked of; `texts` makes one and cleans up after it."""

    def __init__(self, data: Path, given: Path | None, folder: Path, stack: ExitStack, progress: Progress) -> None:
        self._data = data
        self._given = given
        self._folder = folder
        self._stack = stack
        self._progress = progress
        self._open: dict[str, KnowledgeBase] = {}

    def of(self, task: Task, file: Path) -> KnowledgeBase:
        """The knowledge base for a task; the one that was given is only read, a copy is made where texts are added."""
        if task.own is not None and task.against is Against.OWN:
            return self._built(task.name, [task.own(file, self._folder)])
        if task.own is not None:
            return self._with_own(task, task.own(file, self._folder))
        if task.against is Against.GRAPH and not (self._given and self._labels().stats().records):
            return self._built("graph", [self._data / GRAPH])
        return self._labels()

    def _labels(self) -> KnowledgeBase:
        if self._given is None:
            return self._built("labels", [self._data / folder for folder in LABELS])
        return self._opened("given", self._given)

    def _built(self, name: str, paths: list[Path]) -> KnowledgeBase:
        if name not in self._open:
            there = [path for path in paths if path.exists()]
            if not there:
                raise EvaluationError(f"{paths[0]}: there is nothing to make a knowledge base of: give one with --kb FOLDER")
            build(there, self._folder / name, progress=self._progress)
        return self._opened(name, self._folder / name)

    def _with_own(self, task: Task, file: Path) -> KnowledgeBase:
        if task.name not in self._open:
            path = self._folder / task.name
            copytree(self._labels().path, path)
            build(file, path, source=task.name, progress=self._progress)
        return self._opened(task.name, self._folder / task.name)

    def _opened(self, name: str, path: Path) -> KnowledgeBase:
        if name not in self._open:
            self._open[name] = self._stack.enter_context(KnowledgeBase.open(path))
        return self._open[name]


@contextmanager
def texts(data: Path, given: Path | None, progress: Progress) -> Iterator[Texts]:
    """The knowledge bases for the tasks of a data folder, with the one given, if any; temporary ones go at the end."""
    with TemporaryDirectory(prefix="medrag-evaluate-") as folder, ExitStack() as stack:
        yield Texts(data, given, Path(folder), stack, progress)
