"""What becomes of a knowledge base when something goes wrong: disks, crashes, damaged files, odd uses."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from medrag.errors import KnowledgeBaseError, LockedError, NotFoundError
from medrag.kb import make, schema, writer
from medrag.kb.base import KnowledgeBase
from medrag.kb.catalogue import CATALOGUE
from medrag.kb.embed import HashedEmbedder
from medrag.kb.generations import WriterLock, generation_path
from medrag.kb.writer import Writer
from tests.making import label

ONE = label("盐酸普萘洛尔片", {"【适应症】": "用于高血压、劳力型心绞痛。"}, key="H1")
TWO = label("非布司他片", {"【适应症】": "适用于痛风患者高尿酸血症的长期治疗。"}, key="H2")


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path / "a.kb") as made:
        with made.write() as w:
            w.add(ONE)
        yield made


def keys(kb: KnowledgeBase) -> list[str]:
    return [document.key for document in kb.documents()]


@pytest.mark.parametrize("error", [OSError(28, "full"), MemoryError(), KeyboardInterrupt(), SystemExit(3), KeyError("x")])
@pytest.mark.parametrize("step", ["clone", "derive_changes", "fsync_tree", "fsync_folder", "set_setting"])
def test_whatever_stops_publishing_leaves_the_last_commit(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(writer, step, fail)
    with pytest.raises(KnowledgeBaseError if isinstance(error, OSError) else type(error)), kb.write() as w:
        w.add(TWO)
    monkeypatch.undo()
    assert (kb.commit, keys(kb), kb.verify()) == (1, ["H1"], [])
    assert [path.name for path in (kb.path / "generations").iterdir()] == ["000001"]
    with kb.write() as w:
        w.add(TWO)
    assert (kb.commit, keys(kb), kb.verify()) == (2, ["H1", "H2"], [])


@pytest.mark.parametrize("error", [OSError(5, "i/o"), KeyboardInterrupt()])
def test_what_fails_after_the_number_moved_takes_nothing_back(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    move = Writer._move_number

    def fail(self: Writer) -> None:
        move(self)
        raise error

    monkeypatch.setattr(Writer, "_move_number", fail)
    with pytest.raises(type(error)), kb.write() as w:
        w.add(TWO)
    monkeypatch.undo()
    with KnowledgeBase.open(kb.path) as again:
        assert (again.commit, keys(again), again.verify()) == (2, ["H1", "H2"], [])


def in_child(work: Callable[[], object]) -> int:
    """Runs in a forked process; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("size", [0, 4_000, 30_000, 120_000, 200_000])
def test_files_that_cannot_grow_leave_the_last_commit(tmp_path: Path, size: int) -> None:
    """A real refusal of the kernel, at whatever write comes first; a full disk fails in the same places."""
    path = tmp_path / "a.kb"
    with KnowledgeBase.create(path) as made, made.write() as w:
        w.add(ONE)
    many = [label(f"药{i}片", {"【适应症】": f"用于高血压{i}、" + "心绞痛哮喘头痛" * 40}, key=f"K{i}") for i in range(40)]

    def write() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(KnowledgeBaseError), KnowledgeBase.open(path) as kb, kb.write() as w:
            w.add_many(many)

    assert in_child(write) == 0
    with KnowledgeBase.open(path) as kb:
        assert (kb.commit, keys(kb), kb.verify()) == (1, ["H1"], [])
        with kb.write() as w:
            w.add_many(many)
        assert (kb.stats().documents, kb.verify()) == (41, [])


@pytest.mark.parametrize("left", [None, 0, 40])
@pytest.mark.parametrize("part", ["words/*.term", "words/meta.json", "words/statistics.npz", "vectors/base.faiss", "vectors/base.npy", "names/base.automaton", "names/base.txt", "manifest.json"])  # fmt: skip
def test_a_damaged_index_is_named_and_reindexing_mends_it(kb: KnowledgeBase, part: str, left: int | None) -> None:
    kb.close()
    (file,) = generation_path(kb.path, 1).glob(part)
    whole = file.read_bytes()
    file.unlink()  # it may be a hard link
    if left is not None:
        file.write_bytes(whole[:left])
    with pytest.raises(KnowledgeBaseError, match="run `medrag reindex`"):
        KnowledgeBase.open(kb.path)
    with KnowledgeBase.open(kb.path, outdated=True) as opened:
        assert any(file.name in line and "medrag reindex" in line for line in opened.verify()) or left is None
        opened.reindex()
        assert (keys(opened), opened.verify()) == (["H1"], [])
        assert opened.search_words("高血压", 1)
    with KnowledgeBase.open(kb.path) as again:
        assert again.verify() == []


def test_indexes_that_were_removed_are_built_anew_from_the_catalogue(kb: KnowledgeBase) -> None:
    kb.close()
    shutil.rmtree(kb.path / "generations")
    with pytest.raises(KnowledgeBaseError, match=r"is gone: run `medrag reindex`"):
        KnowledgeBase.open(kb.path)
    with KnowledgeBase.open(kb.path, outdated=True) as opened:
        opened.reindex()
        assert (keys(opened), opened.verify(), len(opened.search_words("高血压", 1))) == (["H1"], [], 1)


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_a_knowledge_base_whose_making_was_stopped_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    for step in ("derive_all", "fsync_tree"):
        monkeypatch.setattr(make, step, fail)
        with pytest.raises(KnowledgeBaseError if isinstance(error, OSError) else type(error)):
            KnowledgeBase.create(tmp_path / "a.kb")
        monkeypatch.undo()
        with pytest.raises(NotFoundError):
            KnowledgeBase.open(tmp_path / "a.kb")
    (tmp_path / "a.kb" / "generations" / "000000").mkdir(parents=True)  # what kill -9 leaves
    (tmp_path / "a.kb" / "catalogue.new").write_bytes(b"half")
    with KnowledgeBase.create(tmp_path / "a.kb") as made:
        assert made.verify() == []


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / CATALOGUE) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(KnowledgeBaseError, match="not a knowledge base of medrag"):
        KnowledgeBase.open(tmp_path)
    with sqlite3.connect(tmp_path / CATALOGUE) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


@pytest.mark.parametrize("name", ["with space", "药品.kb", "a?b=c&mode=ro", "100%20", "file:x", "a#b;c'd\"e"])
def test_any_name_of_a_folder_will_do_and_a_copy_opens(tmp_path: Path, name: str) -> None:
    with KnowledgeBase.create(tmp_path / name) as made, made.write() as w:
        w.add(ONE)
    assert {path.name for path in tmp_path.iterdir()} == {name}
    shutil.copytree(tmp_path / name, tmp_path / "copy")
    shutil.rmtree(tmp_path / name)
    with KnowledgeBase.open(tmp_path / "copy") as copy:
        with copy.write() as w:
            w.add(TWO)
        assert (keys(copy), copy.verify()) == (["H1", "H2"], [])


def test_a_step_of_migration_that_fails_changes_nothing(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    kb.close()

    def half(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE commits ADD COLUMN author TEXT")
        raise RuntimeError("stop")

    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, half])
    with pytest.raises(RuntimeError):
        KnowledgeBase.open(kb.path)
    monkeypatch.undo()
    with sqlite3.connect(kb.path / CATALOGUE) as connection:
        assert "author" not in [row[1] for row in connection.execute("PRAGMA table_info(commits)")]
    with KnowledgeBase.open(kb.path) as again:
        assert again.verify() == []


def test_a_writer_that_is_closed_writes_no_more(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(TWO)
    for late in (lambda: w.add(ONE), lambda: w.delete("H1"), lambda: w.purge("H1")):
        with pytest.raises(KnowledgeBaseError, match="this writer is closed"):
            late()
    assert kb.verify() == []


def test_a_writer_that_was_opened_before_another_reindexed_writes_for_the_new_embedder(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as other:
        other.reindex(HashedEmbedder(64))
    with kb.write() as w:
        w.add(TWO)
    assert (kb.embedder.name, keys(kb), kb.verify()) == ("hashed:64", ["H1", "H2"], [])


def test_an_embedder_of_ones_own_stays_the_one_that_is_used(kb: KnowledgeBase) -> None:
    class Mine(HashedEmbedder):
        name = "mine:1"

    mine = Mine(32)
    kb.reindex(mine)
    assert kb.embedder is mine
    with kb.write() as w:
        w.add(TWO)
    assert (len(kb.search_vectors("痛风", 1)), kb.verify()) == (1, [])


def test_what_is_purged_and_added_again_in_one_commit_is_there(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.purge("H1")
        w.purge("H1")
        w.add(ONE)
    assert (keys(kb), len(kb.search_words("高血压", 3)), kb.verify()) == (["H1"], 1, [])
    with kb.write() as w:
        w.purge("H1")
    assert (keys(kb), kb.versions("H1"), kb.verify()) == ([], [], [])


def test_a_purge_that_died_before_erasing_is_finished_by_the_next_writer(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(self: Writer, commit: int) -> None:
        if commit == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "_erase", die)
    with pytest.raises(KeyboardInterrupt), kb.write() as w:
        w.purge("H1")
    monkeypatch.undo()
    kb.close()  # it still read the commit before, whose names say what was purged
    with KnowledgeBase.open(kb.path) as again:
        assert (keys(again), again.verify()) == ([], [])
        with again.write() as w:
            w.add(TWO)
        assert again.verify() == []
    for path in kb.path.rglob("*"):
        assert not path.is_file() or "劳力型心绞痛".encode() not in path.read_bytes(), path


def test_deleting_what_is_not_there_makes_no_commit(kb: KnowledgeBase) -> None:
    with kb.write() as w, pytest.raises(NotFoundError):
        w.delete("none")
    assert kb.commit == 1


def test_a_key_in_two_sources_must_be_told_apart(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(label("别药", {"【适应症】": "用于痛风。"}, key="H1", source="b"))
    with kb.write() as w:
        with pytest.raises(NotFoundError, match=r"in several sources \(b, labels\)"):
            w.delete("H1")
        assert w.delete("H1", source="b") == 1
    assert ([(d.source, d.key) for d in kb.documents()], kb.verify()) == ([("labels", "H1")], [])


def test_a_forked_process_reads_and_does_not_keep_the_writer_out(kb: KnowledgeBase) -> None:
    assert keys(kb) == ["H1"]  # so that there is a connection to inherit
    with kb.write() as w:
        w.add(TWO)
        ready, done = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(ready, 1)  # holds what it inherited until the parent is through
            try:
                os._exit(0 if len(kb.search_words("高血压", 3)) == 1 and keys(kb) == ["H1"] else 1)
            except BaseException:
                os._exit(2)
    with kb.write() as w:
        w.delete("H2")
    os.write(done, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(ready)
    os.close(done)
    assert (keys(kb), kb.verify()) == (["H1"], [])


def test_making_one_twice_at_once_makes_it_once(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    with pytest.raises(LockedError):
        KnowledgeBase.create(tmp_path)
    lock.release()
    KnowledgeBase.create(tmp_path).close()
