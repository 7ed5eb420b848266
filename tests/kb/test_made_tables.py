"""The tables that are made of others: made again they are what ships, and where their sources changed they are not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.kb import linking
from medrag.kb.terms import made, tables
from medrag.kb.terms.tables import made_near


def shipped(name: str) -> str:
    return (Path(tables.__file__).parent / name).read_text("utf-8")


def test_the_tables_of_characters_are_those_of_their_sources() -> None:
    assert made.syllables() == shipped("syllables.tsv")
    assert made.simplified() == shipped("simplified.tsv")


def test_the_index_of_shipped_names_is_what_is_made_of_them(tmp_path: Path) -> None:
    folder = made_near()
    assert folder is not None, "a table changed: run `python -m medrag.kb.terms.made`"
    made.write(tmp_path)
    again = {file.name: file.read_bytes() for file in (tmp_path / tables.NEAR).iterdir()}
    assert len(again) == 5
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == again, "run `python -m medrag.kb.terms.made`"


def test_an_index_of_other_tables_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped_one = list(linking._shipped_near().find(["easpirin"]))
    assert shipped_one
    monkeypatch.setattr(tables, "digest_of", lambda: "of other tables")
    assert made_near() is None
    assert list(linking._shipped_near.__wrapped__().find(["easpirin"])) == shipped_one
