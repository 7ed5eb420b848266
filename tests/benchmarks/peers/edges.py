"""A graph for every system: edges out of a table of diseases (else of the starter knowledge base), and names that are asked for."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from medrag.ingest import registry
from medrag.ingest.records import ReadOptions, ReadRecord
from medrag.ingest.registry import NotDocument
from tests.benchmarks.corpus import ROOT
from tests.benchmarks.peers.verdict import Ran
from tests.benchmarks.table import Column, Table

__all__ = ["table", "write"]

MOST = 20_000
ENTITIES = 50
SEED = 8
TABLE = "graphs/disease.csv"


def write(data: Path, folder: Path, most: int = MOST) -> None:
    """Writes the edges, each once, and some of the names that they go out from."""
    path = data / TABLE if (data / TABLE).is_file() else ROOT / "kb" / "graph"
    edges = list(islice(_edges(path), most))
    (folder / "edges.jsonl").write_text("".join(json.dumps(edge) + "\n" for edge in edges), "utf-8")
    heads = list(dict.fromkeys(head for head, _, _ in edges))
    (folder / "entities.json").write_text(json.dumps(random.Random(SEED).sample(heads, min(ENTITIES, len(heads)))), "utf-8")


def _edges(path: Path) -> Iterator[tuple[str, str, str]]:
    """What the library's readers state of the files, each edge once."""
    options, seen = ReadOptions(), set()
    for file in registry.sources([path]):
        reader = registry.find(file, options)
        for record in () if isinstance(reader, NotDocument) else reader.read(file, options):
            for one in record.statements if isinstance(record, ReadRecord) else ():
                edge = (one.subject.name, one.relation, one.object.name)
                if edge not in seen and edge[0] != edge[2]:
                    seen.add(edge)
                    yield edge


def table(folder: Path, results: Sequence[Ran]) -> Table:
    """How often what is found for a name are edges of it."""
    names: list[str] = json.loads((folder / "entities.json").read_text("utf-8"))
    edges = [json.loads(line) for line in (folder / "edges.jsonl").read_text("utf-8").splitlines()]
    ends = {frozenset((head, tail)) for head, _, tail in edges}
    found = Table(
        "A graph: edges of the name asked for",
        (Column("system"), Column("names"), Column("first is one", 2, "high"), Column("of ten, mean", 1, "high")),
    )
    for one in results:
        if one.times is not None:
            right = [
                [name in hit and frozenset(hit) in ends for hit in map(tuple, hits)]  # type: ignore[arg-type]
                for name, hits in zip(names, one.found, strict=True)
            ]
            first = sum(bool(row and row[0]) for row in right) / len(right)
            found.rows.append((one.system.name, len(names), first, sum(map(sum, right)) / len(right)))
    return found
