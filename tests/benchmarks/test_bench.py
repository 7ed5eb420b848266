"""The benchmark itself, small: it makes its corpus, measures every part, and judges a ranking as it should."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from medrag import KnowledgeBase, SectionGroup
from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.matching import Pool
from tests.benchmarks import asking, bench, changing, parts
from tests.benchmarks.corpus import ROOT, Corpus, corpus
from tests.benchmarks.measure import apart
from tests.benchmarks.peers import edges, run, verdict
from tests.benchmarks.peers.hits import Examination, hits
from tests.benchmarks.peers.systems import GRAPHS, System
from tests.benchmarks.peers.verdict import Ran
from tests.benchmarks.table import Column, Table, save
from tests.shelf import shelf

LABELS = 12


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return shelf(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is measured as few times as can be."""
    for module, name, value in (
        (asking, "PROCESSES", 1), (asking, "WARM_OPENS", 1), (asking, "THREADS", (1, 2)), (asking, "WARM", 1),
        (changing, "ROUNDS", 1), (parts, "CLAIMS", 5), (parts, "STREAMS", 1), (parts, "PIECE_S", 0.0), (parts, "LINKED_MB", 0.01),
        (parts, "NEAREST", 2), (bench, "QUESTIONS", 16), (bench, "PEOPLE", 4),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("labels")
    return corpus(folder, data=folder / "nowhere", labels=LABELS)


def test_labels_are_made_where_none_are_beside_the_project(labels: Corpus) -> None:
    assert sum(len(path.read_text("utf-8").splitlines()) for path in labels.paths) == LABELS


def test_the_data_folder_is_measured_on_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "labels" / "zh").mkdir(parents=True)
    assert corpus(tmp_path, data=tmp_path).paths == (tmp_path / "labels" / "zh",)


@pytest.mark.usefixtures("once")
def test_every_part_is_measured(labels: Corpus, tmp_path: Path) -> None:
    tables = {table.title: table for table in bench.measured(labels, tmp_path)}
    (size,) = tables["Ingest"].records()
    assert size["labels"] == LABELS
    assert tables["On disk"].records()[-1]["what"] == "all"
    for table in tables.values():
        assert table.rows, table.title
        figures = [value for row in table.rows for value in row if isinstance(value, float)]
        assert all(figure >= 0 for figure in figures), table.title


def test_a_process_is_told_with_its_memory_and_how_it_ended() -> None:
    ran = apart(
        [sys.executable, "-c", "import time; held = bytearray(80_000_000); time.sleep(0.5); print(len(held))"], cwd=ROOT
    )
    assert (ran.code, ran.out.strip()) == (0, "80000000")
    assert 80 < ran.peak_mb < 400
    assert apart([sys.executable, "-c", "raise SystemExit(7)"], cwd=ROOT).code == 7
    assert apart([sys.executable, "-c", "import time; time.sleep(60)"], cwd=ROOT, limit_s=0.1).code == -9


def test_the_memory_of_children_counts() -> None:
    child = "import time; held = bytearray(90_000_000); time.sleep(1)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert apart([sys.executable, "-c", code], cwd=ROOT).peak_mb > 90


def test_the_best_figure_is_marked_and_what_reads_alike_ties(tmp_path: Path) -> None:
    table = Table("T", (Column("who"), Column("ms", 1, "low"), Column("n")), [("a", 1.04, 9), ("b", 1.01, 3), ("c", 2.0, 1)])
    assert table.markdown().splitlines()[-3:] == ["| a | **1.0** | 9 |", "| b | **1.0** | 3 |", "| c | 2.0 | 1 |"]
    across = Table("U", (Column("what"), Column("x", 2, "high"), Column("y", 2, "high")), [("hits", 0.5, 0.75)], across=True)
    assert across.markdown().splitlines()[-1] == "| hits | 0.50 | **0.75** |"
    save(tmp_path / "t.json", [table], {"day": "today"})
    assert json.loads((tmp_path / "t.json").read_text("utf-8"))["T"][2] == {"who": "c", "ms": 2.0, "n": 1}


def test_where_a_peer_does_better_is_said() -> None:
    costs = Table(
        "Costs", (Column("system"), Column("ms", 1, "low"), Column("MB", 0, "low")), [("medrag", 2.0, 5), ("peer", 1.0, 9)]
    )
    quality = Table(
        "Hits", (Column("q"), Column("medrag", 2, "high"), Column("peer", 2, "high")), [("t", 0.9, 0.5)], across=True
    )
    said = verdict.lost([costs, quality])
    assert "- Costs: ms (peer 1.0, medrag 2.0) (2 figures)" in said
    assert "- Hits: nowhere (1 figures)" in said


def test_a_ranking_is_judged_by_the_passages_sections(kb: KnowledgeBase) -> None:
    label = next(info for info in kb.documents(kinds=["label"]) if info.title == "布洛芬缓释胶囊")
    other = next(info for info in kb.documents(kinds=["label"]) if info.title == "鼻炎丸")
    passages = {passage.section.group: passage.id for passage in kb.passages_of(label)}
    wrong = kb.passages_of(other)[0].id
    case = SectionCase(
        "1", "布洛芬缓释胶囊怎么保存", "t", (Gold(drug="布洛芬缓释胶囊", heading="贮藏"),), drug="布洛芬缓释胶囊"
    )
    asked, pool = Examination("t", (case,)), Pool(kb)

    def rates(*ids: int) -> dict[str, float]:
        return hits(kb, asked, pool, {case.question: ids})

    right = rates(passages[SectionGroup.STORAGE], wrong)
    assert (right["drug @1"], right["section @1"]) == (1.0, 1.0)
    late = rates(-1, wrong, passages[SectionGroup.DOSAGE], passages[SectionGroup.STORAGE])
    assert (late["drug @1"], late["drug @5"], late["section @1"], late["section @5"]) == (0.0, 1.0, 0.0, 1.0)
    assert set(rates(wrong).values()) == {0.0}
    assert set(rates().values()) == {0.0}


def test_our_side_runs_as_a_peer_does(tmp_path: Path) -> None:
    edges.write(tmp_path / "nowhere", tmp_path, most=60)
    by_key = run.ran(next(system for system in GRAPHS if system.key == "medrag-facts"), tmp_path)
    assert not by_key.fault
    assert by_key.items == 60
    assert not (tmp_path / "medrag-facts").exists()
    (found,) = edges.table(tmp_path, [by_key]).records()
    assert found["first is one"] == 1.0


def test_a_peer_that_is_not_there_or_fails_is_a_line_and_no_figure(tmp_path: Path) -> None:
    process = apart([sys.executable, "-m", "tests.benchmarks.peers.worker", "no-such", "build", str(tmp_path)], cwd=ROOT)
    assert process.code
    system = System("x", "X", "with_medrag:Labels")
    assert run.ran(system, tmp_path).fault.startswith("build failed:")
    costs, ratios = verdict.costs("P", "passages", [Ran(system, "X is not installed")])
    assert costs.rows[0][:3] == ("X", "X is not installed", None)
    assert not ratios.rows
