"""The sizing table, worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.sizing import Measured, grown, table

ONE = Measured("folder", 100_000, disk=300.0, server_disk=50.0, memory=600.0, bare=200.0, ms=5.0, cpu_ms=4.0, migrate_s=60.0)


def test_disk_grows_with_passages_and_memory_above_what_a_program_takes_anyhow() -> None:
    assert ONE.at(100_000) == pytest.approx((600.0, 0.3, 0.05))
    assert ONE.at(1_000_000) == pytest.approx((200.0 + 4_000.0, 3.0, 0.5))


def test_the_table_has_a_row_for_each_size_and_place_and_says_where_it_was_measured() -> None:
    found = table([ONE], sizes=(100_000, 200_000))
    assert found.rows == [
        (100_000, "folder", 600.0, 0.3, 0.05, 0.04, "100,000"),
        (200_000, "folder", 1_000.0, 0.6, 0.1, 0.04, "100,000"),
    ]


def test_steps_of_the_growth_curve_are_measured_places_too(tmp_path: Path) -> None:
    row = {"passages": 10_000, "disk mb": 40, "peak mb": 300, "search p50 ms": 2.0, "search cpu ms": 1.5}
    (tmp_path / "growth.json").write_text(json.dumps({"rows": [row]}), "utf-8")
    (step,) = grown(tmp_path / "growth.json", 200.0)
    assert (step.passages, step.disk, step.memory, step.cpu_ms) == (10_000, 40, 300, 1.5)
    assert list(grown(tmp_path / "none.json", 200.0)) == []
