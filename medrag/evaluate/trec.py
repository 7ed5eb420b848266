"""Rankings and what is right for them in TREC's form, measured by ir_measures: any other tool can measure them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medrag.evaluate.metrics import ir_measures

__all__ = ["MEASURES", "Rankings", "measure", "write_trec"]

# The measures as MedicineQA's paper names them, and as ir_measures does.
MEASURES = {
    "HR@1": "Success@1",
    "HR@3": "Success@3",
    "HR@5": "Success@5",
    "HR@10": "Success@10",
    "MRR": "RR",
    "nDCG@10": "nDCG@10",
}


@dataclass(frozen=True, slots=True)
class Rankings:
    """For each question the names found, best first and each once, and the grades (1 or more) of those that are right."""

    found: Mapping[str, Sequence[str]]
    right: Mapping[str, Mapping[str, int]]


def measure(rankings: Rankings) -> dict[str, dict[str, float]]:
    """Each measure of each question: `result["MRR"]["q1"]`; 0 where nothing was found."""
    ir = ir_measures()
    qrels = [ir.Qrel(query, name, grade) for query, names in rankings.right.items() for name, grade in names.items()]
    run = [
        ir.ScoredDoc(query, name, -float(rank))
        for query, names in rankings.found.items()
        for rank, name in enumerate(names, start=1)
    ]
    values = {name: dict.fromkeys(rankings.right, 0.0) for name in MEASURES}
    if run and qrels:
        shown = {ir.parse_measure(theirs): name for name, theirs in MEASURES.items()}
        for metric in ir.iter_calc(list(shown), qrels, run):
            values[shown[metric.measure]][metric.query_id] = metric.value
    return values


def write_trec(rankings: Rankings, folder: Path, level: str, tag: str) -> None:
    """Writes `LEVEL.qrels` (query 0 name grade) and `LEVEL.run` (query Q0 name rank score tag) into a folder."""
    qrels = [f"{_one(q)} 0 {_one(name)} {grade}" for q, names in rankings.right.items() for name, grade in names.items()]
    run = [
        f"{_one(q)} Q0 {_one(name)} {rank} {1.0 / rank:.6f} {_one(tag)}"
        for q, names in rankings.found.items()
        for rank, name in enumerate(names, start=1)
    ]
    for suffix, lines in (("qrels", qrels), ("run", run)):
        (folder / f"{level}.{suffix}").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _one(name: str) -> str:
    """A name without blanks, which part the columns."""
    return "_".join(name.split()) or "_"
