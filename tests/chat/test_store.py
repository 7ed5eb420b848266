"""Sessions that are kept: whose they are, how long, and that what is deleted is gone."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.chat.exchange import Exchange
from medrag.chat.slots import Memory, Person, Slots
from medrag.chat.store import SECONDS_A_DAY, SessionStore
from medrag.errors import SessionError, SessionNotFoundError
from medrag.types import Answer, Patient

SECRET = "我怀孕五个月了能吃虚构甲药吗"


def exchange(text: str) -> Exchange:
    return Exchange(
        text=text, standalone=text, by="as-is", slots=Slots(drugs=(text,)), answer=Answer(question=text, text=f"答：{text}")
    )


def memory(text: str) -> Memory:
    others = {Person.CHILD: Patient(age=3)}
    return Memory(
        slots=Slots(drugs=(text,), others=others, patient=Patient(pregnant=True)), standalone=text, told={"self.age": text}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    with SessionStore(path) as opened:
        yield opened


def test_what_is_kept_is_what_is_read(store: SessionStore, path: Path) -> None:
    store.append("s1", exchange("一"), memory("一"), owner="anna")
    store.append("s1", exchange("二"), memory("二"), owner="anna")
    with SessionStore(str(path)) as again:
        assert again.load("s1", owner="anna") == memory("二")
        assert again.exchanges("s1", owner="anna") == (exchange("一"), exchange("二"))
        assert again.ids(owner="anna") == ("s1",)
        assert again.ids(owner="bob") == ()


def test_another_owners_session_is_not_there(store: SessionStore) -> None:
    store.append("s1", exchange("一"), memory("一"), owner="anna")
    for read in (store.load, store.exchanges, store.delete):
        with pytest.raises(SessionNotFoundError, match="there is no session 's1'"):
            read("s1", owner="bob")
    with pytest.raises(SessionNotFoundError):
        store.append("s1", exchange("二"), memory("二"), owner="bob")
    store.clear("s1", owner="bob")
    assert store.exchanges("s1", owner="anna") == (exchange("一"),)


def test_what_is_deleted_stands_nowhere_in_the_files(store: SessionStore, path: Path) -> None:
    store.append("s1", exchange(SECRET), memory(SECRET))
    store.append("s2", exchange("另一个"), memory("另一个"))
    assert SECRET.encode() in _bytes(path)
    store.delete("s1")
    assert SECRET.encode() not in _bytes(path)
    assert "另一个".encode() in _bytes(path)


def test_what_is_cleared_or_has_expired_stands_nowhere_in_the_files(path: Path) -> None:
    with SessionStore(path, days=1) as store:
        store.append("s1", exchange(SECRET), memory(SECRET))
        store.clear("s1")
        assert SECRET.encode() not in _bytes(path)
        assert store.load("s1") == Memory()
        store.append("s1", exchange(SECRET), memory(SECRET))
        _age(path, days=2)
        assert store.expire() == 1
        assert SECRET.encode() not in _bytes(path)


def test_a_session_that_nobody_spoke_in_for_days_is_not_found(path: Path) -> None:
    with SessionStore(path, days=30) as store:
        store.append("old", exchange("一"), memory("一"))
        store.append("new", exchange("二"), memory("二"))
        _age(path, days=31, session="old")
        with pytest.raises(SessionNotFoundError):
            store.load("old")
        assert store.ids() == ("new",)
        assert store.load("new") == memory("二")
        assert store.expire() == 1
        assert store.expire() == 0


def test_a_damaged_session_is_one_clear_error_and_others_are_read(store: SessionStore, path: Path) -> None:
    for session in ("bad", "torn", "good"):
        store.append(session, exchange("一"), memory("一"))
    with sqlite3.connect(path) as file:
        file.execute("UPDATE sessions SET memory = '{\"slots\": 7}' WHERE id = 'bad'")
        file.execute("UPDATE exchanges SET record = substr(record, 1, 40) WHERE session_id = 'torn'")
    file.close()
    with pytest.raises(SessionError, match=r"session 'bad' in .* is damaged") as caught:
        store.load("bad")
    assert not isinstance(caught.value, SessionNotFoundError)
    with pytest.raises(SessionError, match=r"session 'torn' in .* is damaged"):
        store.exchanges("torn")
    assert store.exchanges("good") == (exchange("一"),)
    store.delete("bad")
    assert set(store.ids()) == {"torn", "good"}


def test_a_file_that_is_no_store_is_one_clear_error(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("这不是数据库" * 200)
    with pytest.raises(SessionError, match=r"letter\.txt cannot be opened"):
        SessionStore(other)
    with pytest.raises(SessionError, match="cannot be opened"):
        SessionStore(tmp_path / "no" / "such" / "folder.sqlite")
    with pytest.raises(SessionError, match="no database URL"):
        SessionStore("postgres ql://x")
    with pytest.raises(SessionError, match="a path"):
        SessionStore(":memory:")
    with pytest.raises(SessionError, match="days"):
        SessionStore(tmp_path / "s.sqlite", days=0)


def test_a_url_is_taken_as_a_path_is(path: Path) -> None:
    with SessionStore(f"sqlite:///{path}") as store:
        store.append("s1", exchange("一"), memory("一"))
    with SessionStore(path) as again:
        assert again.load("s1") == memory("一")


def test_only_its_owner_may_read_the_file(store: SessionStore, path: Path) -> None:
    store.append("s1", exchange("一"), memory("一"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_threads_may_share_a_store(store: SessionStore) -> None:
    def speak(name: str) -> None:
        for number in range(10):
            store.append(name, exchange(f"{name}{number}"), memory(name))
            store.append("shared", exchange(f"{name}{number}"), memory(name))

    threads = [threading.Thread(target=speak, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(store.exchanges(f"t{n}")) for n in range(4)] == [10] * 4
    shared = [one.text for one in store.exchanges("shared")]
    assert len(shared) == 40
    assert [text for text in shared if text.startswith("t1")] == [f"t1{n}" for n in range(10)]


def _speak(path: str, name: str) -> None:
    with SessionStore(path) as store:
        for number in range(15):
            store.append("shared", exchange(f"{name}{number}"), memory(name))


def test_processes_may_share_a_store(path: Path) -> None:
    started = multiprocessing.get_context("spawn")
    processes = [started.Process(target=_speak, args=(str(path), name)) for name in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with SessionStore(path) as store:
        assert len(store.exchanges("shared")) == 30


def test_an_id_that_is_too_long_is_not_kept(store: SessionStore) -> None:
    with pytest.raises(SessionError, match="characters"):
        store.append("x" * 1_000, exchange("一"), memory("一"))
    with pytest.raises(SessionError, match="characters"):
        store.append("", exchange("一"), memory("一"))


def _bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def _age(path: Path, *, days: float, session: str = "s1") -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE sessions SET touched = ? WHERE id = ?", (time.time() - days * SECONDS_A_DAY, session))
    file.close()
