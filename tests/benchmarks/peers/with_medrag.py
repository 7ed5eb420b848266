"""This library in the same harness: label files in, the passages of its evidence out; edges in, the ends of facts out."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from medrag import Evidence, Fact, KnowledgeBase, MedRAG, build
from tests.benchmarks.peers.systems import Hit, Item

NOWHERE = -1  # a fact that no passage says: it takes its place in the ranking and is never right


class Labels:
    """The whole library on label files, whose paths lie beside the store (`paths.json`)."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        build([Path(path) for path in json.loads((store.parent / "paths.json").read_text("utf-8"))], store / "kb")

    def open(self, store: Path) -> None:
        self._kb = KnowledgeBase.open(store / "kb")
        self._rag = MedRAG(self._kb)

    def search(self, question: str, k: int) -> list[Hit]:
        return [self._place(evidence) for evidence in self._rag.search(question, k)]

    def _place(self, evidence: Evidence) -> int:
        """The passage, or the one in which the first source of a fact lies."""
        if evidence.passage is not None:
            return evidence.passage.id
        source = evidence.fact.sources[0] if evidence.fact and evidence.fact.sources else None
        found = self._kb.passages_at([(source.document, source.start)]) if source else []
        return found[0].id if found else NOWHERE


class Graph:
    """All channels on a table of edges."""

    def build(self, items: Sequence[Item], store: Path) -> None:
        table = store / "edges.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["head", "relation", "tail"])
            writer.writerows(items)
        build([table], store / "kb")
        table.unlink()

    def open(self, store: Path) -> None:
        self._kb = KnowledgeBase.open(store / "kb")
        self._rag = MedRAG(self._kb)

    def search(self, question: str, k: int) -> list[Hit]:
        return [_ends(evidence.fact) for evidence in self._rag.search(question, k) if evidence.fact is not None]


class Facts(Graph):
    """The facts about a name, looked up by key."""

    def search(self, question: str, k: int) -> list[Hit]:
        return [_ends(fact) for fact in self._kb.facts(question, limit=k)]


def _ends(fact: Fact) -> tuple[str, str]:
    return fact.subject.name, fact.object.name
