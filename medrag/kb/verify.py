"""Checking a knowledge base: the catalogue against itself, and every index against the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, or_, select

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema as t
from medrag.kb.catalogue import current, in_batches, visible
from medrag.kb.derive import norms_of
from medrag.kb.folding import fold
from medrag.kb.names import is_indexed
from medrag.kb.rows import passage_id
from medrag.kb.snapshot import Snapshot
from medrag.kb.verify_indexes import deep_faults
from medrag.sections import SectionGroup
from medrag.types import DocumentKind, digest

__all__ = ["REINDEX", "verify"]

SHOWN = 5  # examples named in one line
REINDEX = "run `medrag reindex`"  # how a fault ends that the catalogue mends


def verify(connection: Connection, snapshot: Snapshot, *, deep: bool = False) -> list[str]:
    """What is wrong at the snapshot's commit, a line each; empty where nothing is.

    `deep` also reads all that is in the indexes: the tokens and counts of every passage and its vector, which takes about as
    long as `reindex`.
    """
    problems = [*_database(connection, deep), *_history(connection, snapshot), *snapshot.problems()]
    stored = set()
    shown = set(_ids(connection, snapshot.commit, only_current=True))
    for problem, ids in _versions(connection, snapshot.commit, shown):
        problems += problem
        stored |= ids
    checks = [_words, _vectors, _names] + ([deep_faults] if deep else [])
    for check in checks:
        try:
            problems += check(connection, snapshot, stored)
        except KnowledgeBaseError as error:
            problems.append(str(error))
    return problems


# ------------------------------------------------------------------ the catalogue


def _database(connection: Connection, deep: bool) -> Iterator[str]:
    """What SQLite finds wrong with its file; other databases see to their own."""
    if connection.dialect.name != "sqlite":
        return
    for row in connection.exec_driver_sql(f"PRAGMA {'integrity_check' if deep else 'quick_check'}({SHOWN})"):
        if row[0] != "ok":
            yield f"catalogue: {row[0]}"
    for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(SHOWN):
        yield f"catalogue: a row of {table} belongs to one of {parent} that is not there"


def _history(connection: Connection, snapshot: Snapshot) -> Iterator[str]:
    """Where the commits that added and ended versions contradict each other, or the indexes are of another commit."""
    v = t.versions.c
    commit, known = snapshot.commit, select(t.commits.c.number).where(t.commits.c.number == snapshot.commit)
    if commit and connection.execute(known).first() is None:
        yield f"catalogue: commit {commit} is current, and it is not among the commits"
    backward = select(func.count()).where(v.added <= commit, or_(v.until < v.added, v.deleted < v.added))
    if count := connection.execute(backward).scalar_one():
        yield f"catalogue: {count} versions end before they begin"
    twice = select(v.document_id).where(current()).group_by(v.document_id).having(func.count() > 1)
    if rows := connection.execute(twice, {"commit": commit}).all():
        yield f"catalogue: {len(rows)} documents have two current versions"
    made = snapshot.generation.manifest
    for name, wanted in (("commit", commit), ("embedder", snapshot.embedder.name)):
        if made.get(name, wanted) != wanted:
            yield f"indexes: they are of {name} {made[name]}, the catalogue of {wanted}: {REINDEX}"


def _ids(connection: Connection, commit: int, *, only_current: bool) -> list[int]:
    """The versions that there are at the commit, or the current ones alone."""
    condition = current() if only_current else visible()
    return list(connection.scalars(select(t.versions.c.id).where(condition).order_by(t.versions.c.id), {"commit": commit}))


def _versions(connection: Connection, commit: int, shown: set[int]) -> Iterator[tuple[list[str], set[int]]]:
    """For each portion of versions, old ones too: the faults found, and the ids of the passages of those that are current."""
    for ids in in_batches(_ids(connection, commit, only_current=False)):
        yield _check_versions(connection, ids, shown)


def _check_versions(connection: Connection, ids: Sequence[int], shown: set[int]) -> tuple[list[str], set[int]]:
    problems: list[str] = []
    passages: set[int] = set()
    v = t.versions.c
    columns = (v.id, v.text, v.sha256, v.title, v.kind, v.tags, t.documents.c.source, t.documents.c.key)
    rows = {row.id: row for row in connection.execute(select(*columns).join(t.documents).where(v.id.in_(ids)))}
    for row in rows.values():
        if digest(row.text) != row.sha256:
            problems.append(f"{row.source}/{row.key}: the text is not the one that was stored (its SHA-256 differs)")
        if row.kind not in list(DocumentKind) or not _is_list(row.tags):
            problems.append(f"{row.source}/{row.key}: its kind or its tags cannot be read ({row.kind!r}, {row.tags[:80]!r})")
    bounds = {}
    for section in connection.execute(select(t.sections).where(t.sections.c.version_id.in_(rows))):
        bounds[section.version_id, section.number] = (section.start, section.stop)
        if not 0 <= section.start <= section.stop <= len(rows[section.version_id].text):
            problems.append(f"{rows[section.version_id].key}: section {section.number} lies outside the text")
        if section.grp not in list(SectionGroup) or not _is_list(section.path):
            problems.append(f"{rows[section.version_id].key}: section {section.number} cannot be read ({section.grp!r})")
    for passage in connection.execute(select(t.passages).where(t.passages.c.version_id.in_(rows))):
        row = rows[passage.version_id]
        start, stop = bounds.get((passage.version_id, passage.section), (0, -1))
        if not start <= passage.start < passage.stop <= stop:
            problems.append(f"{row.source}/{row.key}: the passage at {passage.start} lies outside its section")
        if passage.id != passage_id((row.source, row.key, row.title), row.sha256, passage.start, passage.stop):
            problems.append(f"{row.source}/{row.key}: the passage at {passage.start} has another id than its content gives")
        if passage.version_id in shown:
            passages.add(passage.id)
    for fact in connection.execute(select(t.statements).where(t.statements.c.version_id.in_(rows))):
        if not 0 <= fact.start < fact.stop <= len(rows[fact.version_id].text):
            problems.append(
                f"{rows[fact.version_id].key}: the fact of relation {fact.relation!r} at {fact.start} lies outside the text"
            )
    return problems, passages


def _is_list(stored: str) -> bool:
    """Whether a column holds a JSON list."""
    if stored == "[]":
        return True
    try:
        return isinstance(json.loads(stored), list)
    except ValueError:
        return False


# ------------------------------------------------------------------ the indexes


def _words(_: Connection, snapshot: Snapshot, stored: set[int]) -> Iterator[str]:
    yield from _compared("words", snapshot.words.ids(), stored)
    counted = snapshot.words.statistics.passages
    if counted != len(stored):
        yield f"words: the statistics count {counted} passages of {len(stored)}: {REINDEX}"


def _vectors(_: Connection, snapshot: Snapshot, stored: set[int]) -> Iterator[str]:
    yield from _compared("vectors", snapshot.vectors.ids(), stored)


def _compared(name: str, found: set[int], stored: set[int]) -> Iterator[str]:
    if found != stored:
        yield f"{name}: {len(stored - found)} passages are missing and {len(found - stored)} are too many: {REINDEX}"


def _names(connection: Connection, snapshot: Snapshot, _: set[int]) -> Iterator[str]:
    missing: set[str] = set()
    for ids in in_batches(_ids(connection, snapshot.commit, only_current=True)):
        norms = set(norms_of(connection, ids))
        missing.update(n for n in norms if is_indexed(n) and not snapshot.names.knows(n))
        for name, norm in connection.execute(select(t.names.c.name, t.names.c.norm).where(t.names.c.version_id.in_(ids))):
            if fold(name) != norm:
                yield f"catalogue: the name {name!r} stands under {norm!r}, where nobody looks for it"
    if missing:
        yield f"names: {len(missing)} are not found in text ({', '.join(sorted(missing)[:SHOWN])} …): {REINDEX}"
