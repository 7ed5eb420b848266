"""The command line for names: `ingest --names` and `normalise`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.cli import main


def test_a_table_of_names_is_ingested_and_normalised_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, kb = tmp_path / "names.csv", str(tmp_path / "kb")
    table.write_text("name,alias,kind\n胃灵宝片,老胃药、胃宝,药品\n", "utf-8")
    assert main(["ingest", "--names", str(table), "--kb", kb]) == 0
    assert "name-tables" in capsys.readouterr().out
    assert main(["normalise", "老胃药", "--kind", "drug", "--kb", kb, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["terms"][0] == {
        "entity": "preparation:胃灵宝片", "kind": "preparation", "term": "胃灵宝片", "name": "老胃药", "score": 1.0, "via": "exact",
    }  # fmt: skip
    assert main(["normalise", "老胃药", "--kb", kb]) == 0
    assert "胃灵宝片  1.000  exact" in capsys.readouterr().out
    assert main(["normalise", "xyz", "--kind", "disease", "--kb", kb]) == 0
    assert "nothing in the knowledge base is named like 'xyz'" in capsys.readouterr().out


def test_a_table_that_holds_no_names_says_which_columns_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "sales.csv"
    table.write_text("year,amount\n2020,5\n2021,6\n2022,7\n", "utf-8")
    assert main(["ingest", "--names", str(table), "--kb", str(tmp_path / "kb")]) == 1
    out = capsys.readouterr().out
    assert "no table of names (columns: year, amount)" in out
    assert "`name`" in out and "别名" in out and "`code`" in out


def test_ingest_without_anything_to_read_is_not_called_rightly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", "--kb", str(tmp_path / "kb")]) == 2
    assert "nothing to read" in capsys.readouterr().err
