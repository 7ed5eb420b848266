"""The audit log: every single change is found, and a person's records go without breaking the chain."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import event

from medrag.answer.audit.chain import FIRST, Kept, digest_of
from medrag.answer.audit.log import AuditLog
from medrag.errors import RecordError
from tests.conftest import ROOT

RECORDS = 6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of six records, of which the third is 小李's."""
    path = tmp_path / "audit.sqlite"
    with AuditLog(path) as log:
        for number in range(1, RECORDS + 1):
            log.append({"said": f"answer {number}"}, person="小李" if number == 3 else "")
    return path


def changed(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def faults(path: Path) -> list[int]:
    with AuditLog(path) as log:
        return [fault.number for fault in log.verify()]


def test_a_log_that_nobody_touched_has_no_fault(path: Path) -> None:
    assert faults(path) == []
    with AuditLog(path) as log:
        assert [record.payload for record in log.records([2])] == [{"person": "", "said": "answer 2"}]


def test_the_digest_is_that_of_lengths_and_texts() -> None:
    assert digest_of(Kept("ab", "药")) == sha256("2:ab3:药".encode()).hexdigest()


TAMPERINGS: dict[str, Callable[[int], tuple[str, ...]]] = {
    "a payload is edited": lambda n: (
        f"UPDATE payloads SET payload = replace(payload, 'answer', 'Answer') WHERE number = {n}",
    ),
    "a salt is edited": lambda n: (f"UPDATE payloads SET salt = '00' WHERE number = {n}",),
    "a person is edited": lambda n: (f"UPDATE payloads SET person = 'somebody' WHERE number = {n}",),
    "a payload is removed": lambda n: (f"DELETE FROM payloads WHERE number = {n}",),
    "a time is edited": lambda n: (f"UPDATE links SET at = '2020-01-01' WHERE number = {n}",),
    "a kind is edited": lambda n: (f"UPDATE links SET kind = 'erasure' WHERE number = {n}",),
    "a digest is edited": lambda n: (f"UPDATE links SET digest = '{FIRST}' WHERE number = {n}",),
    "a record is removed": lambda n: (f"DELETE FROM links WHERE number = {n}", f"DELETE FROM payloads WHERE number = {n}"),
    "a record is moved to the end": lambda n: (
        f"UPDATE links SET number = 99 WHERE number = {n}",
        f"UPDATE payloads SET number = 99 WHERE number = {n}",
    ),
    "two records change places": lambda n: (
        f"UPDATE links SET number = -1 WHERE number = {n}",
        f"UPDATE links SET number = {n} WHERE number = {n % RECORDS + 1}",
        f"UPDATE links SET number = {n % RECORDS + 1} WHERE number = -1",
    ),
    "a payload is put in": lambda n: (f"INSERT INTO payloads VALUES ({n} + 50, '', '', '{{}}')",),
}


@pytest.mark.parametrize("number", range(1, RECORDS + 1))
@pytest.mark.parametrize("how", TAMPERINGS)
def test_every_tampering_with_one_record_is_found(path: Path, how: str, number: int) -> None:
    changed(path, *TAMPERINGS[how](number))
    assert faults(path)


def test_records_made_up_to_fit_the_chain_are_found_by_a_head_kept_elsewhere(path: Path, tmp_path: Path) -> None:
    with AuditLog(path) as log:
        head = log.head()
    other = tmp_path / "forged.sqlite"
    with AuditLog(other) as forged:
        for number in range(RECORDS):
            forged.append({"said": f"something else {number}"})
        assert forged.verify() == []
        assert [fault.number for fault in forged.verify(head=head)] == [RECORDS]


def test_a_persons_records_are_erased_and_the_chain_stays_whole(path: Path) -> None:
    with AuditLog(path) as log:
        assert log.erase(person="小李") == 1
        assert log.verify() == []
        assert [(r.number, r.kind) for r in log.records() if r.payload is None] == [(3, "answer")]
        assert [r.payload for r in log.records() if r.kind == "erasure"] == [{"erased": [3]}]
        assert log.erase(person="小李") == 0
    for file in path.parent.glob("audit.sqlite*"):
        assert b"answer 3" not in file.read_bytes()


def test_a_persons_records_are_found_without_reading_the_others(path: Path) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    with AuditLog(path) as log:
        event.listen(log._engine, "before_cursor_execute", lambda _c, _u, sql, values, *_: asked.append((sql, values)))
        log.erase(person="小李")
    sql, values = next(one for one in asked if one[0].startswith("SELECT payloads"))
    connection = sqlite3.connect(path)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    connection.close()
    assert any("payloads_person (person=?)" in step[-1] for step in plan)


def test_an_erased_record_cannot_be_put_back(path: Path) -> None:
    with AuditLog(path) as log:
        log.erase(person="小李")
    changed(path, "INSERT INTO payloads VALUES (3, '', '00', '{\"said\":\"never\"}')")
    assert set(faults(path)) == {3}


def test_old_records_expire(path: Path) -> None:
    with AuditLog(path) as log:
        assert log.expire(1) == 0
        assert log.erase(before=datetime.now(UTC) + timedelta(days=1)) == RECORDS
        assert log.append({"said": "later"}) == RECORDS + 2
        assert log.verify() == []


def test_two_processes_worth_of_writers_make_one_chain(path: Path) -> None:
    with AuditLog(path) as one, AuditLog(path) as other, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: (one, other)[n % 2].append({"said": str(n)}), range(40)))
        assert one.verify() == [] == other.verify()
        assert one.head()[0] == RECORDS + 40


def test_a_file_that_is_no_log_is_said_so_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are notes and no log " * 200)
    with pytest.raises(RecordError, match=r"notes\.txt.*audit log"):
        AuditLog(file)


COLUMNS = {
    "links": ("number", "at", "kind", "digest", "previous", "hash"),
    "payloads": ("number", "person", "salt", "payload"),
    "head": ("number", "hash"),
}
VALUES = ("'7'", "x'00ff'", "-3", "4611686018427387904", "'erasure'")


@pytest.mark.parametrize("table", COLUMNS)
def test_whatever_is_written_into_a_column_is_found_and_nothing_breaks(path: Path, table: str) -> None:
    """Every column of a record in the middle, and of the erasure at the end, set to text, bytes and numbers."""
    with AuditLog(path) as log:
        log.erase(person="小李")
    whole = path.read_bytes()
    for column, number, value in product(COLUMNS[table], (2, RECORDS + 1), VALUES):
        path.write_bytes(whole)
        connection = sqlite3.connect(path)
        before = connection.execute(f"SELECT * FROM {table}").fetchall()
        with connection, suppress(sqlite3.IntegrityError):  # a key that SQLite itself refuses
            where = "TRUE" if table == "head" else f"number = {number}"
            connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}")
        same = before == connection.execute(f"SELECT * FROM {table}").fetchall()
        connection.close()
        says_nothing = table == "payloads" and column == "person" and number > RECORDS  # whose an erasure is
        with AuditLog.reading(path) as log:
            assert bool(log.verify()) is not (same or says_nothing), (column, number, value)


def test_a_second_end_and_none_are_found(path: Path) -> None:
    changed(path, f"INSERT INTO head VALUES (2, '{FIRST}')")
    assert faults(path)
    changed(path, "DELETE FROM head")
    assert faults(path)


def test_a_changed_record_is_not_read_as_if_it_were_whole(path: Path) -> None:
    changed(path, "UPDATE payloads SET payload = '{}' WHERE number = 2")
    with AuditLog.reading(path) as log:
        assert [record.number for record in log.records([1, 3])] == [1, 3]
        with pytest.raises(RecordError, match="record 2"):
            list(log.records())


def test_a_log_is_read_without_a_touch_and_where_nobody_may_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    monkeypatch.setattr("medrag.answer.audit.log.os.access", lambda *_: False)
    with AuditLog.reading(path) as log:
        assert log.verify() == [] and log.head()[0] == RECORDS == len(list(log.records()))
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"notes and no log " * 300])
def test_reading_another_file_says_so_and_leaves_it_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.sqlite"
    file.write_bytes(content)
    with pytest.raises(RecordError, match=r"other\.sqlite.*audit log"):
        AuditLog.reading(file)
    assert file.read_bytes() == content and [f.name for f in tmp_path.iterdir()] == ["other.sqlite"]


def test_what_people_asked_is_readable_by_its_owner_alone(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_erasing_says_so_where_a_reader_keeps_the_words_alive(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medrag.answer.audit.log.BUSY_SECONDS", 0.05)
    with AuditLog(path) as log, AuditLog.reading(path) as other:
        reading = other.records()
        next(reading)
        with pytest.raises(RecordError, match="erase once more"):
            log.erase(person="小李")
        reading.close()
        assert log.erase(person="小李") == 0
        assert log.verify() == []
    for file in path.parent.glob("audit.sqlite*"):
        assert b"answer 3" not in file.read_bytes()


def test_nobodys_records_are_not_erased_by_mistake_and_a_wild_age_is_said_so(path: Path) -> None:
    with AuditLog(path) as log:
        with pytest.raises(ValueError, match="by mistake"):
            log.erase(person="")
        for days in (1e12, float("nan"), float("inf")):
            with pytest.raises(RecordError, match="days"):
                log.expire(days)


FULL_DISK = """
import resource, sys
from medrag.answer.audit.log import AuditLog
from medrag.errors import RecordError
with AuditLog(sys.argv[1]) as log:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    kept = log.head()[0]
    try:
        for _ in range(500):
            kept = log.append({"said": "x" * 5_000})
    except RecordError as error:
        print("nothing was written" in str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(log.head()[0] == kept, log.verify() == [], log.append({"said": "again"}) == kept + 1)
"""


def test_a_full_disk_loses_no_record_that_was_kept(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("True\nTrue True True\n", "")
