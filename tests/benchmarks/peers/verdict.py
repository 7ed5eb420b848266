"""What came of the systems, side by side: costs, how many times better this library does, hit rates, and where a peer does better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medrag import KnowledgeBase
from medrag.evaluate.matching import Pool
from tests.benchmarks.measure import MB, Times
from tests.benchmarks.peers.hits import Examination, hits
from tests.benchmarks.peers.systems import System
from tests.benchmarks.table import Cell, Column, Table

__all__ = ["Judge", "Ran", "costs", "lost"]

OURS = "medrag"  # how the names of this library's own rows begin


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a system: why it did not run to its end (`fault`), or what building and asking it took.

    `found` is the ranking for each question in the order asked.
    """

    system: System
    fault: str = ""
    items: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    build_mb: float = 0.0
    bytes: int = 0
    open_s: float = 0.0
    ask_mb: float = 0.0
    times: Times | None = None
    found: Sequence[Sequence[object]] = ()


def costs(what: str, items: str, results: Sequence[Ran]) -> Iterator[Table]:
    """What each system takes, and the same in ratios to the first of them."""
    table = Table(
        f"{what}: what it takes",
        (
            Column("system"), Column(items), Column("build s", 1, "low"), Column("processor s", 1, "low"),
            Column(f"{items}/s", 0, "high"), Column(f"{items} per processor s", 0, "high"), Column("peak MB, build", 0, "low"),
            Column("disk MB", 1, "low"), Column("open s", 2, "low"), Column("peak MB, asked", 0, "low"),
            Column("p50 ms", 1, "low"), Column("p95 ms", 1, "low"), Column("processor ms", 1, "low"),
        ),
        note="Peak memory is of the whole process (and its children), imports included. Where a system was given fewer "
        f"{items}, its figures are for so many.",
    )  # fmt: skip
    for one in results:
        if one.times is None:
            table.rows.append((one.system.name, one.fault, *[None] * (len(table.columns) - 2)))
        else:
            table.rows.append((one.system.name, *_figures(one, one.times)))
    yield table
    yield _ratios(f"{what}: how many times better {results[0].system.name} does (below 1: the peer does better)", results)


def _figures(one: Ran, times: Times) -> tuple[Cell, ...]:
    return (
        one.items, one.seconds, one.cpu_s, one.items / one.seconds, one.items / one.cpu_s, one.build_mb, one.bytes / MB, one.open_s,
        one.ask_mb, times.p50, times.p95, times.cpu,
    )  # fmt: skip


def _ratios(title: str, results: Sequence[Ran]) -> Table:
    table = Table(
        title,
        (
            Column("peer"), Column("built/s", 2), Column("built per processor s", 2), Column("peak memory, build", 2),
            Column("disk an item", 2), Column("p50", 2), Column("p95", 2), Column("processor time a question", 2),
        ),
    )  # fmt: skip
    ours = results[0]
    for one in results[1:]:
        if one.times is not None and ours.times is not None:
            built = (ours.items / ours.seconds) / (one.items / one.seconds), (ours.items / ours.cpu_s) / (one.items / one.cpu_s)
            disk = (one.bytes / one.items) / (ours.bytes / ours.items)
            asked = one.times.p50 / ours.times.p50, one.times.p95 / ours.times.p95, one.times.cpu / ours.times.cpu
            table.rows.append((one.system.name, *built, one.build_mb / ours.build_mb, disk, *asked))
    return table


MEASURES = {
    "own label": ("drug @1", "drug @5", "section @1", "section @5"),
    "MedicineQA": ("section @1", "section @5"),
    "users', Chinese": ("drug @1", "section @1", "section @5"),
    "consumers', English": ("drug @1", "section @1", "section @5", "section @10"),
    "FDA labels": ("section @1", "section @5"),
    "written, Chinese": ("drug @1", "section @1", "section @5"),
    "written, English": ("drug @1", "section @1", "section @5"),
}


@dataclass(slots=True)
class Judge:
    """Judges all rankings by one knowledge base: what was asked of it, and how many passages it has."""

    root: Path
    asked: list[Examination] = field(default_factory=list)
    passages: int = 0

    @property
    def questions(self) -> list[str]:
        """Every question once, in the order asked."""
        return list(dict.fromkeys(case.question for one in self.asked for case in one.cases))

    def table(self, results: Sequence[Ran]) -> Table:
        """The hit rates of every system that ran, one measure a row."""
        there = [one for one in results if one.times is not None]
        table = Table(
            "Hit rates",
            (Column("questions"), Column("n"), *(Column(one.system.name, 2, "high") for one in there)),
            note="Drug: the first passage (or one of five) is of a label of the right drug. Section: it stands in a section that answers, "
            "as `medrag evaluate retrieval` judges it. Peers with fewer passages have all those that answer among them, and fewer others.",
            across=True,
        )
        with KnowledgeBase.open(self.root) as kb:
            pool, questions = Pool(kb), self.questions
            found = [dict(zip(questions, one.found, strict=True)) for one in there]
            for one in self.asked:
                rates = [hits(kb, one, pool, rankings) for rankings in found]
                for measure in MEASURES[one.name]:
                    table.rows.append((f"{one.name}: {measure}", str(len(one.cases)), *(rate[measure] for rate in rates)))
        return table


def lost(tables: Sequence[Table]) -> str:
    """Where a peer does better than this library, one line a table; the first row (or column) of figures is ours."""
    lines = ["### Where a peer does better", ""]
    for table in tables:
        cells, beaten = _compared(table)
        if cells:
            lines.append(f"- {table.title}: {', '.join(beaten) or 'nowhere'} ({cells} figures)")
    return "\n".join(lines) + "\n"


def _compared(table: Table) -> tuple[int, list[str]]:
    """How many figures are compared, and those in which a peer is ahead as printed, with the best of them."""
    cells, beaten = 0, []
    if table.across:
        names = [column.name for column in table.columns]
        start = next((at for at, column in enumerate(table.columns) if column.better), len(names))
        series = [(str(row[0]), table.columns[start], list(zip(names[start:], row[start:], strict=True))) for row in table.rows]
    else:
        series = [
            (column.name, column, [(str(row[0]), row[at]) for row in table.rows])
            for at, column in enumerate(table.columns)
            if column.better
        ]
    for name, column, values in series:
        best = column.best([value for _, value in values])
        cells += bool(best)
        winners = [who for who, value in values if column.shown(value) == best]
        if best and not any(who.startswith(OURS) for who in winners):
            beaten.append(f"{name} ({winners[0]} {best}, medrag {column.shown(values[0][1])})")
    return cells, beaten
