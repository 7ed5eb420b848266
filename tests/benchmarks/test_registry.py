"""The generated registry: made as it should be, alike each time, read without a fault, and measured at every step."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tests.benchmarks import growth, registry
from tests.benchmarks.corpus import ROOT
from tests.benchmarks.generated_graph import write_graph
from tests.benchmarks.generator import Base, bases_of, labels


@pytest.fixture(scope="module")
def bases() -> list[Base]:
    return bases_of([ROOT / "kb" / "labels"])


def test_the_same_seed_makes_the_same_labels_and_fewer_are_the_beginning_of_more(bases: list[Base]) -> None:
    more = list(labels(bases, 120))
    assert list(labels(bases, 60)) == more[:60]
    assert list(labels(bases, 60, seed=2)) != more[:60]


def test_labels_vary_what_was_given_in_both_languages(bases: list[Base]) -> None:
    made = list(labels(bases, 400))
    english = [record for lang, record in made if lang == "en"]
    chinese = [record for lang, record in made if lang == "zh"]
    assert len(english) > len(chinese) > 40
    given = {base.title for base in bases}
    titles = {str(record["title"]) for record in english}
    assert titles & given
    assert titles - given  # made-up drugs
    assert len({record["set_id"] for record in english}) > 0.85 * len(english)  # the others are newer versions
    assert len({record["set_id"] for record in english}) < len(english)
    texts = Counter(section["text"] for record in english for section in record["sections"])  # type: ignore[attr-defined]
    assert sum(count for count in texts.values() if count > 1) > 0.5 * texts.total()  # copies, as repackagers make them
    assert all(any("生产企业" in entry for entry in record["docs"]) for record in chinese)  # type: ignore[attr-defined]


def test_the_graph_has_many_kinds_no_edge_twice_and_few_things_in_many_edges(tmp_path: Path) -> None:
    nodes, edges = write_graph(tmp_path, ["aspirin", "ibuprofen"], nodes=2_000, edges=6_000)
    names = [line.split("\t") for line in nodes.read_text("utf-8").splitlines()[1:]]
    rows = edges.read_text("utf-8").splitlines()[1:]
    assert len(rows) == len(set(rows)) == pytest.approx(6_000, rel=0.02)
    assert len(names) == len({one for one, _, _ in names}) == pytest.approx(2_000, rel=0.02)
    assert {"aspirin", "ibuprofen"} <= {name for _, name, _ in names}
    assert len({kind for *_, kind in names}) == 10
    known = {one for one, _, _ in names}
    degree = Counter(end for row in rows for end in row.split("\t")[::2])
    assert set(degree) <= known
    assert sum(count for _, count in degree.most_common(20)) > 0.1 * 2 * len(rows)


def test_a_small_registry_is_made_read_asked_and_changed(tmp_path: Path) -> None:
    said: list[tuple[str, dict[str, object]]] = []
    registry.run(tmp_path, lambda step, figures: said.append((step, figures)), count=60, edges=300, part=40, questions=8)
    steps = dict(said)
    assert [step for step, _ in said if step.startswith("ingest ")] == ["ingest 1/2", "ingest 2/2", "ingest graph"]
    assert all(figures["failed"] == 0 for step, figures in said if step.startswith("ingest "))
    assert steps["stats"]["documents"] == pytest.approx(60, abs=8)
    assert int(str(steps["stats"]["facts"])) > 250
    assert steps["search, made questions"]["calls"] == 4
    assert steps["update one label, searchable"]["found"] is True
    assert [step for step, _ in said].count("delete one label") == registry.CHANGES


def test_steps_are_written_down_as_lines_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = registry.Log(tmp_path / "steps.jsonl")
    log("one", {"figure": 1})
    log.close()
    line = json.loads((tmp_path / "steps.jsonl").read_text("utf-8"))
    assert line == json.loads(capsys.readouterr().out)
    assert (line["step"], line["figure"]) == ("one", 1)


def test_an_exponent_is_the_slope_of_the_logarithms() -> None:
    assert growth.exponent([10, 100, 1_000], [5, 10, 20]) == pytest.approx(0.30103, abs=1e-4)


def test_curves_are_drawn_with_their_exponents() -> None:
    rows: list[dict[str, object]] = [{"passages": 10, "a": 1.0, "b": 4.0}, {"passages": 1_000, "a": 10.0, "b": 4.0}]
    svg = growth.drawn(rows, ["a", "b"])
    assert svg.count("<polyline") == 2
    assert "a, n^0.50" in svg
    assert "b, n^0.00" in svg or "b, n^-0.00" in svg


def test_the_first_labels_come_without_reading_on(bases: list[Base]) -> None:
    assert len(list(islice(labels(bases, 10**9), 5))) == 5
