"""How fast and how large: `make bench`, or `python -m tests.benchmarks.bench [--kb FOLDER] [--json FILE]`.

Tables as markdown on the way, the same as JSON at the end. Measured on the labels that `tests/benchmarks/corpus.py` finds, or on a
knowledge base that is there. Where the peers are installed (`make bench-peers` installs them), they are measured too, on Chinese labels
alone (all labels: `make bench-peers`). Times are of this machine; nothing is asserted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from medrag import KnowledgeBase
from tests.benchmarks import asking, changing, growth, ingest, parts
from tests.benchmarks.about import about, said
from tests.benchmarks.corpus import ROOT, Corpus, asked, corpus, development_questions
from tests.benchmarks.peers import run, verdict
from tests.benchmarks.table import Column, Table, save

JSON = ROOT / "build" / "bench" / "bench.json"
QUESTIONS = 1_600  # made: a quarter asked one after the other, the rest from threads
PEOPLE = 400
STEPS = (3_000, 12_000)  # passages: as far as growth is seen in a minute; `make bench-growth` goes to a million


def measured(labels: Corpus, folder: Path, root: Path | None = None) -> Iterator[Table]:
    """Every table, one after the other; a knowledge base that is given is not made and not changed."""
    if root is None:
        root = folder / "bench.kb"
        yield from ingest.tables(ingest.measured(labels, root))
    with KnowledgeBase.open(root) as kb:
        made, people = asked(kb, QUESTIONS), development_questions()
        single, together = made[: len(made) // 4], made[len(made) // 4 :]
        yield asking.single(kb, (("made from titles", single), ("as people write", people[:PEOPLE])))
        yield asking.at_once(kb, together)
        yield parts.linking(kb, single)
        yield parts.nearest(kb)
        yield parts.checking(kb, people)
    yield asking.opening(root, made[0])
    yield asking.whole_process(root, made[0])
    yield changing.changing(root, folder)


def growing(folder: Path, steps: tuple[int, ...] = STEPS, questions: int = 100) -> Table:
    """What is asked, changed and kept at each of a few small sizes, and the power of size that each cost grows with."""
    place = folder / "growth"
    place.mkdir()
    with redirect_stdout(sys.stderr):  # it tells every step, which is no part of a table
        rows = growth.grow(place, steps, 0, questions)
    sizes = [float(str(row["passages"])) for row in rows]
    table = Table(
        "Growth, small",
        (
            Column("what"),
            *(Column(f"{size:,.0f} passages", 2) for size in sizes),
            Column("grows with passages to the power", 2),
        ),
    )
    for name in rows[0]:
        costs = [float(str(row[name])) for row in rows]
        power = growth.exponent(sizes, costs) if min(costs) > 0 and name != "passages" else None
        table.rows.append((name, *costs, power))
    return table


def beside_peers(labels: Corpus, folder: Path) -> list[Table]:
    """The tables beside the peers, where those are installed: on the first of the corpus's folders, so that it is soon done."""
    if not run.VENV.exists():
        print("The peers are not installed: `make bench-peers` installs them and measures both side by side.")
        return []
    place = folder / "peers"
    place.mkdir()
    some = Corpus(f"{labels.name}: {labels.paths[0].name} alone", labels.paths[:1])
    print(f"## Beside its peers, on {some.name}\n", flush=True)
    found = []
    for table in run.side_by_side(some, place):
        print(table.markdown(), flush=True)
        found.append(table)
    print(verdict.lost(found))
    return found


def main() -> None:
    """Measures, prints and keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, metavar="FOLDER", help="a knowledge base that is there (it is not changed)")
    parser.add_argument("--json", type=Path, metavar="FILE", default=JSON)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="medrag-bench-"))
    try:
        labels = corpus(folder)
        known = about(str(given.kb or labels.name))
        print(said(known), flush=True)
        found = []
        for table in measured(labels, folder, given.kb):
            print(table.markdown(), flush=True)
            found.append(table)
        found.append(growing(folder))
        print(found[-1].markdown(), flush=True)
        found += beside_peers(labels, folder)
        save(given.json, found, known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
