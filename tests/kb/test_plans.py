"""What SQLite does for the queries of a question: it looks rows up, whatever the size of the tables, and reads none through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import create_engine

from medrag.kb import catalogue, facts, passages
from medrag.kb.listing import documents_listed
from medrag.kb.query import Query
from medrag.kb.schema import metadata

READ_THROUGH = re.compile(r"SCAN (?:TABLE )?(?:statements|entities|names|about|versions|documents|passages|sections)\b")


def queries() -> Iterator[tuple[str, Query]]:
    modules: tuple[ModuleType, ...] = (catalogue, facts, passages)
    for module in modules:
        for name, value in vars(module).items():
            for at, query in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(query, Query):
                    yield f"{module.__name__}.{name}[{at}]", query


@pytest.mark.parametrize(("name", "query"), list(queries()))
def test_a_question_reads_no_table_through(name: str, query: Query) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        compiled = query._compile(connection.dialect)
        values = dict.fromkeys(re.findall(r"(?<!:):(\w+)", compiled.sql), "[]") | compiled.fixed | {"most": 1, "commit": 1}
        plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", values).fetchall()  # type: ignore[union-attr]
    engine.dispose()
    assert not [step[3] for step in plan if READ_THROUGH.match(step[3])], name


def test_labels_are_listed_without_a_look_at_the_records_of_a_graph() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    asked: list[str] = []
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(asked.append)
        assert list(documents_listed(connection, 1, kinds=["label"])) == []
        driver.set_trace_callback(None)
        plan = driver.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()
    engine.dispose()
    assert any("USING INDEX versions_read" in step[3] for step in plan)
    assert not [step[3] for step in plan if re.match(r"(SCAN|SEARCH) versions\b.*INDEX versions_(?!read)", step[3])]
