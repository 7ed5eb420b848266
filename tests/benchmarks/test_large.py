"""The large form of the benchmark, made small: it is built, asked and varied as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.kb.base import KnowledgeBase
from tests.benchmarks import bench
from tests.benchmarks.large import grown, write_graph


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return bench.made_labels(tmp_path_factory.mktemp("labels"), labels=20)


def test_a_small_form_of_the_large_benchmark_is_built_and_asked(
    labels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "development_questions", lambda: ["what is drug3 used for?", "how much drug5 daily?", "头痛"])
    bench.build_large(labels, tmp_path / "large.kb", passages=600, facts=500)
    figures = bench.measure_large(tmp_path / "large.kb")
    assert figures["passages"] == pytest.approx(600, abs=60)  # the last label is whole
    assert figures["facts"] == pytest.approx(500, abs=60)
    assert figures["questions"] == 2
    assert {"question_ms", "understand_ms", "words_ms", "label_ms", "vectors_ms", "graph_ms", "rank_ms"} <= figures.keys()


def test_copies_name_other_drugs_and_keep_every_span_where_it_was(labels: list[Path]) -> None:
    originals = list(grown(labels, 10**6, copies=2))
    first, copy = originals[0], originals[len(originals) // 2]
    assert first.document.title == "Drug0 tablets"
    assert copy.document.title != first.document.title
    assert len(copy.document.text) == len(first.document.text)
    assert copy.document.text != first.document.text
    assert [(p.start, p.end) for p in copy.passages] == [(p.start, p.end) for p in first.passages]
    assert copy.document.key != first.document.key


def test_the_graph_has_as_many_different_facts_as_asked_for(tmp_path: Path) -> None:
    write_graph(tmp_path / "facts.csv", [f"drug{number}" for number in range(100)], 2_000)
    rows = (tmp_path / "facts.csv").read_text("utf-8").splitlines()[1:]
    assert len(rows) == len(set(rows)) == 2_000


def test_the_same_seed_grows_the_same_knowledge_base(labels: list[Path], tmp_path: Path) -> None:
    for name in ("one.kb", "other.kb"):
        bench.build_large(labels, tmp_path / name, passages=200, facts=100)
    one, other = (KnowledgeBase.open(tmp_path / name) for name in ("one.kb", "other.kb"))
    assert [d.key for d in one.documents()] == [d.key for d in other.documents()]
    one.close()
    other.close()
