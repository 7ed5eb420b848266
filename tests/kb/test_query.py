"""Queries that the driver runs itself give what SQLAlchemy gives, and texts are kept up to a limit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, bindparam, create_engine, select

from medrag.kb import schema
from medrag.kb.catalogue import among
from medrag.kb.passages import Texts
from medrag.kb.query import Query

_things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("kind", Text), Column("name", Text))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        _things.create(connection)
        rows = [(1, "a", "one"), (2, "b", "two"), (3, "a", "three"), (4, "c", "four")]
        connection.execute(_things.insert(), [{"id": i, "kind": kind, "name": name} for i, kind, name in rows])
        yield connection
    engine.dispose()


def test_a_query_takes_lists_single_values_and_those_that_it_was_made_with(connection: Connection) -> None:
    statement = select(_things.c.id, _things.c.name.label("called")).where(
        among(_things.c.id), _things.c.kind.in_(["a", "b"]), _things.c.name != bindparam("own")
    )
    values = {"values": [1, 2, 4], "own": "two"}
    rows = Query(statement).rows(connection, **values)
    assert [(row.id, row.called) for row in rows] == [(1, "one")]
    assert [tuple(row) for row in rows] == [tuple(row) for row in connection.execute(statement, values)]


def test_a_query_sees_what_its_own_transaction_wrote(connection: Connection) -> None:
    connection.execute(_things.insert(), {"id": 5, "kind": "a", "name": "five"})
    assert len(Query(select(_things.c.id)).rows(connection)) == 5


def test_texts_are_read_once_and_those_read_longest_ago_are_let_go() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {schema.versions.name} (id INTEGER PRIMARY KEY, text TEXT)")
        connection.exec_driver_sql("INSERT INTO versions VALUES (1, 'aaaa'), (2, 'bbbb'), (3, 'cccc')")
        texts = Texts(most=9)
        assert texts.of(connection, [1, 2]) == {1: "aaaa", 2: "bbbb"}
        connection.exec_driver_sql("UPDATE versions SET text = 'new'")  # which a version's never is: it shows what is read
        assert texts.of(connection, [1]) == {1: "aaaa"}
        assert texts.of(connection, [3]) == {3: "new"}  # 11 characters: 2 goes, 1 was read after it
        connection.exec_driver_sql("UPDATE versions SET text = 'newer'")
        assert texts.of(connection, [1, 2]) == {1: "aaaa", 2: "newer"}
    engine.dispose()
