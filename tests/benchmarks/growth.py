"""How cost grows with size: `make bench-growth`, or `python -m tests.benchmarks.growth [--passages 10000,100000,…]`.

One knowledge base of generated labels (`tests.benchmarks.generator`) is made larger step by step, and at
the last step gets a graph too; at each step it is opened, asked, changed, and its memory and disk are taken.
The table ends with the exponent that fits best (a question's time as passages to that power); curves are drawn as SVG
beside the JSON. Nothing is asserted: times are of this machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from medrag.kb.base import KnowledgeBase
from tests.benchmarks import registry
from tests.benchmarks.corpus import ROOT
from tests.benchmarks.measure import MB, folder_bytes

__all__ = ["drawn", "exponent", "grow", "main"]

STEPS = (10_000, 100_000, 300_000, 1_000_000)
EDGES = 1_000_000
PASSAGES_OF_LABEL = 54  # of generated labels, on the average
WIDTH, HEIGHT, MARGIN = 640, 400, 60
COLOURS = ("#1b6ca8", "#c44536", "#2e7d32", "#7b4fa3", "#8a6d00", "#555555")


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of size that cost grows with: the slope of a line through the logarithms, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def grow(folder: Path, steps: Sequence[int], edges: int, questions: int) -> list[dict[str, object]]:
    """The figures at each number of passages; every step goes on with the knowledge base of the last."""
    log = registry.Log(folder / "growth-steps.jsonl")
    root, rows = folder / "growth.kb", []
    part = max(steps[0] // PASSAGES_OF_LABEL, 20)
    try:
        parts = iter(
            registry.write_parts(registry.given(), steps[-1] * 3 // 2 // PASSAGES_OF_LABEL, folder / "labels", part=part)
        )
        for at, wanted in zip(count(), steps):
            _until(root, wanted, parts, log)
            if edges and at == len(steps) - 1:
                registry.ingest_graph(root, folder / "graph", edges, log)
            rows.append(_measured(root, folder, log, questions))
    finally:
        log.close()
    return rows


def _until(root: Path, wanted: int, parts: Iterator[Path], log: registry.Log) -> None:
    """Reads parts until there are so many passages."""
    while not root.exists() or _passages(root) < wanted:
        path = next(parts, None)
        if path is None:
            return
        registry.ingest(root, [path], log)


def _passages(root: Path) -> int:
    with KnowledgeBase.open(root) as kb:
        return kb.stats().passages


def _measured(root: Path, folder: Path, log: registry.Log, questions: int) -> dict[str, object]:
    """One row of the table."""
    said: dict[str, dict[str, object]] = {}

    def say(step: str, figures: dict[str, object]) -> None:
        said[step] = figures
        log(step, figures)

    registry.measure_questions(root, say, count=questions)
    registry.change_labels(root, folder, say, changes=3)
    row: dict[str, object] = {"passages": said["stats"]["passages"], "facts": said["stats"]["facts"]}
    for kind in ("search", "ask"):
        times = said[f"{kind}, made questions"]
        row |= {f"{kind} {name} ms": times[name] for name in ("p50", "p95", "p99", "cpu")}
    row |= {
        "open s": said["open and first question"]["seconds"],
        "update s": said["update one label, searchable"]["seconds"],
        "delete s": said["delete one label"]["seconds"],
        "peak mb": round(log.peak / MB),
        "disk mb": round(folder_bytes(root) / MB),
    }
    return row


def drawn(rows: Sequence[dict[str, object]], names: Sequence[str]) -> str:
    """An SVG of some columns over passages, both axes logarithmic."""
    sizes = [float(str(row["passages"])) for row in rows]
    costs = {name: [max(float(str(row[name])), 1e-3) for row in rows] for name in names}
    low, high = (f(value for values in costs.values() for value in values) for f in (min, max))

    def at(size: float, cost: float) -> tuple[float, float]:
        across = (np.log(size) - np.log(sizes[0])) / max(np.log(sizes[-1]) - np.log(sizes[0]), 1e-9)
        up = (np.log(cost) - np.log(low)) / max(np.log(high) - np.log(low), 1e-9)
        return MARGIN + across * (WIDTH - 4 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">'
    ]
    for size in sizes:
        x, y = at(size, low)
        shapes.append(f'<text x="{x:.0f}" y="{y + 24:.0f}" text-anchor="middle">{size:,.0f}</text>')
    for (name, values), colour in zip(costs.items(), COLOURS, strict=False):
        points = [at(size, cost) for size, cost in zip(sizes, values, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        shapes.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        shapes += [
            f'<text x="{x:.0f}" y="{y - 6:.0f}" fill="{colour}">{v:.3g}</text>'
            for (x, y), v in zip(points, values, strict=True)
        ]
        x, y = points[-1]
        shapes.append(f'<text x="{x + 30:.0f}" y="{y + 4:.0f}" fill="{colour}">{name}, n^{exponent(sizes, values):.2f}</text>')
    return "\n".join([*shapes, f'<text x="{WIDTH / 2 - MARGIN:.0f}" y="{HEIGHT - 12}">passages</text>', "</svg>", ""])


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", default=",".join(map(str, STEPS)), metavar="N,N,…")
    parser.add_argument("--edges", type=int, default=EDGES)
    parser.add_argument("--questions", type=int, default=registry.QUESTIONS)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "growth")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    rows = grow(arguments.folder, [int(n) for n in arguments.passages.split(",")], arguments.edges, arguments.questions)
    out = arguments.folder.with_suffix(".json")
    measures = [name for name in rows[0] if name not in ("passages", "facts")]
    sizes = [float(str(row["passages"])) for row in rows]
    fitted = (
        {m: round(exponent(sizes, [max(float(str(row[m])), 1e-3) for row in rows]), 2) for m in measures}
        if len(rows) > 1
        else {}
    )
    out.write_text(json.dumps({"rows": rows, "exponents": fitted}, indent=1) + "\n", "utf-8")
    arguments.folder.with_suffix(".svg").write_text(
        drawn(rows, ["search p50 ms", "search p95 ms", "ask p50 ms", "update s"]), "utf-8"
    )
    for name in ("passages", "facts", *measures):
        print(
            f"{name:16}", *(f"{float(str(row[name])):>12,.2f}" for row in rows), f"  n^{fitted[name]}" if name in fitted else ""
        )
    shutil.rmtree(arguments.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
