"""Checking a knowledge base: the catalogue against itself, and every index against the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema as t
from medrag.kb.catalogue import current, in_batches
from medrag.kb.derive import norms_of
from medrag.kb.names import is_indexed
from medrag.kb.rows import passage_id
from medrag.kb.snapshot import Snapshot
from medrag.types import digest

__all__ = ["verify"]

SHOWN = 5  # examples named in one line


def verify(connection: Connection, snapshot: Snapshot) -> list[str]:
    """What is wrong at the snapshot's commit, a line each; empty where nothing is."""
    problems = [*_database(connection), *snapshot.problems()]
    stored = set()
    for problem, ids in _versions(connection, snapshot.commit):
        problems += problem
        stored |= ids
    for check in (_words, _vectors, _names):
        try:
            problems += check(connection, snapshot, stored)
        except KnowledgeBaseError as error:
            problems.append(str(error))
    return problems


def _database(connection: Connection) -> Iterator[str]:
    for row in connection.exec_driver_sql("PRAGMA quick_check(5)"):
        if row[0] != "ok":
            yield f"catalogue: {row[0]}"


def _words(_: Connection, snapshot: Snapshot, stored: set[int]) -> Iterator[str]:
    yield from _compared("words", snapshot.words.ids(), stored)
    counted = snapshot.words.statistics.passages
    if counted != len(stored):
        yield f"words: the statistics count {counted} passages of {len(stored)}: run `medrag reindex`"


def _vectors(_: Connection, snapshot: Snapshot, stored: set[int]) -> Iterator[str]:
    yield from _compared("vectors", snapshot.vectors.ids(), stored)


def _compared(name: str, found: set[int], stored: set[int]) -> Iterator[str]:
    if found != stored:
        yield f"{name}: {len(stored - found)} passages are missing and {len(found - stored)} are too many: run `medrag reindex`"


def _versions(connection: Connection, commit: int) -> Iterator[tuple[list[str], set[int]]]:
    """For each portion of current versions: the faults found, and the ids of their passages."""
    for ids in in_batches(_current_ids(connection, commit)):
        yield _check_versions(connection, ids)


def _current_ids(connection: Connection, commit: int) -> list[int]:
    return list(connection.scalars(select(t.versions.c.id).where(current()).order_by(t.versions.c.id), {"commit": commit}))


def _check_versions(connection: Connection, ids: Sequence[int]) -> tuple[list[str], set[int]]:
    problems: list[str] = []
    passages: set[int] = set()
    v = t.versions.c
    query = (
        select(v.id, v.text, v.sha256, v.title, t.documents.c.source, t.documents.c.key).join(t.documents).where(v.id.in_(ids))
    )
    rows = {row.id: row for row in connection.execute(query)}
    for row in rows.values():
        if digest(row.text) != row.sha256:
            problems.append(f"{row.source}/{row.key}: the text is not the one that was stored (its SHA-256 differs)")
    bounds = {}
    for section in connection.execute(select(t.sections).where(t.sections.c.version_id.in_(rows))):
        bounds[section.version_id, section.number] = (section.start, section.stop)
        if not 0 <= section.start <= section.stop <= len(rows[section.version_id].text):
            problems.append(f"{rows[section.version_id].key}: section {section.number} lies outside the text")
    for passage in connection.execute(select(t.passages).where(t.passages.c.version_id.in_(rows))):
        row = rows[passage.version_id]
        start, stop = bounds.get((passage.version_id, passage.section), (0, -1))
        if not start <= passage.start < passage.stop <= stop:
            problems.append(f"{row.source}/{row.key}: the passage at {passage.start} lies outside its section")
        if passage.id != passage_id((row.source, row.key, row.title), row.sha256, passage.start, passage.stop):
            problems.append(f"{row.source}/{row.key}: the passage at {passage.start} has another id than its content gives")
        passages.add(passage.id)
    for fact in connection.execute(select(t.statements).where(t.statements.c.version_id.in_(rows))):
        if not 0 <= fact.start < fact.stop <= len(rows[fact.version_id].text):
            problems.append(
                f"{rows[fact.version_id].key}: the fact of relation {fact.relation!r} at {fact.start} lies outside the text"
            )
    return problems, passages


def _names(connection: Connection, snapshot: Snapshot, _: set[int]) -> Iterator[str]:
    missing: set[str] = set()
    for ids in in_batches(_current_ids(connection, snapshot.commit)):
        norms = set(norms_of(connection, ids))
        missing.update(n for n in norms if is_indexed(n) and not snapshot.names.knows(n))
    if missing:
        yield f"names: {len(missing)} are not found in text ({', '.join(sorted(missing)[:SHOWN])} …): run `medrag reindex`"
