"""Edges of graphs written a thousand at a time: the same rows as one by one, and what is known already."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.edges import Edge, Edges, faulty, prepared_of
from medrag.kb.prepared import EntityRef, Statement
from medrag.kb.rows import Outcome
from medrag.types import EntityKind

TABLES = "documents versions entities spellings names statements about".split()
ADDED, UPDATED, UNCHANGED = Outcome.ADDED, Outcome.UPDATED, Outcome.UNCHANGED

TABLET = EntityRef(EntityKind.PREPARATION, "Testolol 片")
TESTOLOL = EntityRef(EntityKind.SUBSTANCE, "testolol")
CODED = EntityRef(EntityKind.DISEASE, "Made-up Fever", "DOID:99")


def edge(number: int, said: tuple[EntityRef, str, EntityRef] | None, *, text: str = "", key: str = "") -> Edge:
    text = text or f"head: 头{number}\ntail: \U0001f48a “{number}”"
    return Edge(f"line {number}", key or f"key {number}", f"title {number}", "zh", text, said)


def edges() -> Edges:
    drug = edge(1, (TABLET, "indication", CODED))
    drug.lineage = (Statement(TABLET, "form_of", TESTOLOL, 0, 4),)
    rows = [
        drug,
        edge(2, (CODED, "alias", EntityRef(EntityKind.DISEASE, "made-up fever"))),
        edge(3, (CODED, "alias", EntityRef(EntityKind.DISEASE, "编造热"))),
        edge(4, None),
        edge(5, (EntityRef(EntityKind.THING, "Ⅱ期"), "causes", EntityRef(EntityKind.THING, "x" * 100))),
        edge(6, (TABLET, "indication", CODED)),
    ]
    return Edges("made.csv", "triples/1", rows, "mine", ("a", "院内"))


def rows_of(kb: Path) -> dict[str, list[tuple[Any, ...]]]:
    with sqlite3.connect(kb / "catalogue.sqlite") as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def written(kb: Path, *batches: Edges) -> list[list[Outcome]]:
    with KnowledgeBase.create(kb) as base, base.write() as writer:
        return [writer.add_edges(batch) for batch in batches]


def one_by_one(kb: Path, batches: Sequence[Edges]) -> list[list[Outcome]]:
    with KnowledgeBase.create(kb) as base, base.write() as writer:
        return [writer.add_many([prepared_of(batch, one) for one in batch.rows]) for batch in batches]


def repeated() -> list[Edges]:
    first, again = edges(), edges()
    again.rows[:] = [edge(7, (TESTOLOL, "causes", CODED)), edge(7, (TESTOLOL, "causes", CODED)), edge(8, None)]
    return [first, again]


def known() -> list[Edges]:
    return [edges(), edges()]


def changed() -> list[Edges]:
    first, then = edges(), edges()
    then.rows[:] = [edge(9, (TABLET, "causes", CODED)), edge(1, (TABLET, "caution", CODED), text="another text")]
    return [first, then]


def twice_unlike() -> list[Edges]:
    first = edges()
    first.rows.append(edge(5, (TABLET, "caution", CODED), text="another text"))
    return [first]


@pytest.mark.parametrize("batches", [repeated, known, changed, twice_unlike], ids=lambda make: make.__name__)
def test_edges_become_the_rows_that_they_become_one_by_one(tmp_path: Path, batches: Any) -> None:
    assert written(tmp_path / "a", *batches()) == one_by_one(tmp_path / "b", batches())
    found = rows_of(tmp_path / "a")
    assert found == rows_of(tmp_path / "b")
    assert len(found["statements"]) >= 4
    assert {name for _, name, _ in found["spellings"]} >= {"Testolol 片", "Made-up Fever", "Ⅱ期"}


def test_what_became_of_each_edge_is_said_in_order(tmp_path: Path) -> None:
    assert written(tmp_path / "a", *repeated()) == [[ADDED] * 6, [ADDED, UNCHANGED, ADDED]]
    assert written(tmp_path / "b", *known()) == [[ADDED] * 6, [UNCHANGED] * 6]
    assert written(tmp_path / "c", *changed()) == [[ADDED] * 6, [ADDED, UPDATED]]


def test_entities_of_a_batch_that_failed_are_not_taken_for_there(tmp_path: Path) -> None:
    broken = edges()
    broken.rows[-1].states = (TABLET, None, CODED)  # type: ignore[assignment]  # which the catalogue refuses
    with KnowledgeBase.create(tmp_path / "kb") as kb, kb.write() as writer:
        with pytest.raises(Exception, match="NOT NULL"):
            writer.add_edges(broken)
        writer.add_edges(edges())
    whole = written(tmp_path / "other", edges())
    assert whole == [[ADDED] * 6]
    assert rows_of(tmp_path / "kb") == rows_of(tmp_path / "other")


def test_an_edge_with_what_no_text_may_hold_is_told_apart() -> None:
    some = edges()
    assert list(faulty(some)) == []
    some.rows[2].key = "half \ud800"
    some.rows[4].text = "nul \0"
    assert [(one.record, "no text may have" in fault) for one, fault in faulty(some)] == [("line 3", True), ("line 5", True)]
