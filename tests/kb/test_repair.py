"""`verify` finds what is wrong, `verify --repair` mends what the catalogue gives, and says what it cannot."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from medrag.cli import main
from medrag.errors import KnowledgeBaseError, LockedError
from medrag.kb.base import KnowledgeBase
from medrag.kb.generations import WriterLock, generation_path
from medrag.kb.repair import repair
from tests.shelf import shelf

Damage = Callable[[Path], object]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    shelf(tmp_path).close()
    yield tmp_path / "shelf.kb"


def sql(*statements: str) -> Damage:
    def run(path: Path) -> None:
        with closing(sqlite3.connect(path / "catalogue.sqlite")) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0, statement
            connection.commit()

    return run


# What cannot be derived from anything, and the words that say so.
LOST: dict[str, tuple[Damage, str]] = {
    "text": (sql("UPDATE versions SET text = replace(text, '华法林', '阿司匹') WHERE title = '布洛芬缓释胶囊'"), "labels/Z1: the text is not the one"),
    "passage": (sql("UPDATE passages SET stop = stop + 1 WHERE rowid IS NULL OR start = (SELECT min(start) FROM passages)"), "another id than its content"),
    "section": (sql("UPDATE sections SET stop = 99999 WHERE number = 1 AND version_id = 1"), "section 1 lies outside the text"),
    "group": (sql("UPDATE sections SET grp = 'nonsense' WHERE number = 1 AND version_id = 1"), "section 1 cannot be read"),
    "tags": (sql("UPDATE versions SET tags = '[' WHERE id = 1"), "its tags cannot be read"),
    "fact": (sql("UPDATE statements SET stop = 99999 WHERE relation = 'cure_rate'"), "the fact of relation 'cure_rate' at 0 lies outside"),
    "name": (sql("UPDATE OR REPLACE names SET norm = 'elsewhere' WHERE name = '速消灵'"), "'速消灵' stands under 'elsewhere'"),
    "orphan": (sql("PRAGMA foreign_keys=OFF", "DELETE FROM documents WHERE key = 'Z5'"), "belongs to one of documents that is not there"),
    "twice": (sql("INSERT INTO versions SELECT 999, document_id, 2, revision, effective, title, maker, kind, lang, tags, reader, file, record, sha256, fingerprint, added, until, deleted, text FROM versions WHERE id = 1"), "1 documents have two current versions"),
    "backward": (sql("UPDATE versions SET added = 1, until = 0 WHERE id = 1"), "1 versions end before they begin"),
    "commit": (sql("DELETE FROM commits"), "commit 1 is current, and it is not among the commits"),
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in LOST if kind != "passage"])
def test_what_is_damaged_in_the_catalogue_is_named_and_not_made_up(path: Path, kind: str) -> None:
    damage, words = LOST[kind]
    damage(path)
    with KnowledgeBase.open(path) as kb:
        assert any(words in fault for fault in kb.verify()), kb.verify()
    mended = repair(path)
    assert any(words in fault and "restore a backup" in fault for fault in mended.left), mended


def test_a_passage_that_was_moved_is_found(path: Path) -> None:
    sql(
        "UPDATE passages SET stop = stop - 1 WHERE version_id = 1 AND start = (SELECT min(start) FROM passages WHERE version_id = 1)"
    )(path)
    with KnowledgeBase.open(path) as kb:
        assert any("another id than its content gives" in fault for fault in kb.verify())


def test_indexes_are_built_anew_and_every_fault_that_is_gone_is_told(path: Path) -> None:
    file = generation_path(path, 1) / "vectors" / "base.faiss"
    file.write_bytes(file.read_bytes()[:100])
    mended = repair(path)
    assert mended.left == () and mended.commit == 2
    assert any("base.faiss: 100 bytes instead of" in line for line in mended.done)
    with KnowledgeBase.open(path) as kb:
        assert kb.verify(deep=True) == []
    again = repair(path, deep=True)
    assert (again.done, again.left, again.commit) == ((), (), 2)


def exchange_vectors(path: Path) -> None:
    """Two passages get each other's vectors: all sizes and all ids stay as they were."""
    file = generation_path(path, 1) / "vectors" / "base.npy"
    ids = np.load(file)
    file.unlink()
    np.save(file, ids[::-1].copy())


def miscount(path: Path) -> None:
    """A token is said to stand in another number of passages; the file keeps its size."""
    file = generation_path(path, 1) / "words" / "statistics.npz"
    with np.load(file) as stored:
        kept = dict(stored)
    kept["counts"] = kept["counts"][::-1].copy()
    size = file.stat().st_size
    file.unlink()
    np.savez(file, **kept)
    assert file.stat().st_size == size


@pytest.mark.parametrize(("damage", "words"), [(exchange_vectors, "other vectors than their text"), (miscount, "the statistics are not those")])  # fmt: skip
def test_what_no_size_and_no_id_shows_is_found_by_looking_deep(path: Path, damage: Damage, words: str) -> None:
    damage(path)
    with KnowledgeBase.open(path) as kb:
        assert kb.verify() == []
        assert any(words in fault for fault in kb.verify(deep=True))
    mended = repair(path, deep=True)
    assert (mended.left, mended.commit) == ((), 2)
    with KnowledgeBase.open(path) as kb:
        assert kb.verify(deep=True) == []


def test_what_dead_writers_left_is_removed_and_named(path: Path) -> None:
    (path / "generations" / "000007.building" / "words").mkdir(parents=True)
    (path / "generations" / "000005").mkdir()
    (path / "catalogue.new").write_bytes(b"half")
    (path / "dated" / ".making-x").mkdir(parents=True)
    mended = repair(path)
    assert mended.left == ()
    left = ("catalogue.new", "dated/.making-x", "generations/000005", "generations/000007.building")
    assert [line.rpartition(" ")[2] for line in mended.done] == list(left)
    assert not any((path / name).exists() for name in left)
    assert repair(path).done == ()


def test_indexes_that_are_gone_are_built_anew(path: Path) -> None:
    shutil.rmtree(path / "generations")
    assert repair(path).left == ()
    with KnowledgeBase.open(path) as kb:
        assert kb.verify(deep=True) == [] and kb.search_words("布洛芬", 1)


def test_a_catalogue_that_cannot_be_read_says_what_to_do(path: Path) -> None:
    file = path / "catalogue.sqlite"
    whole = file.read_bytes()
    for damaged in (b"nothing", whole[:5_000], whole[:4096] + b"\0" * 40_000 + whole[44_096:]):
        file.write_bytes(damaged)
        with pytest.raises(KnowledgeBaseError, match=r"the catalogue is damaged .*medrag restore BACKUP KB") as told:
            repair(path)
        assert "\n" not in str(told.value)
    file.write_bytes(whole)
    assert repair(path).left == ()


def test_the_catalogues_own_indexes_are_mended(path: Path) -> None:
    sql("CREATE TABLE copy AS SELECT sql FROM sqlite_master WHERE name = 'versions_added'")(path)
    with closing(sqlite3.connect(path / "catalogue.sqlite")) as connection:
        connection.execute("DROP TABLE copy")
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'versions_added'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (path / "catalogue.sqlite").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x0a\x00\x00\x00\x00" + (size % 65536).to_bytes(2, "big") + b"\0")  # a page of an index with no entries
    with KnowledgeBase.open(path) as kb:
        assert any("versions_added" in fault for fault in kb.verify(deep=True))
    mended = repair(path)
    assert any("versions_added" in line for line in mended.done) and mended.left == ()


def test_nothing_is_mended_beside_a_writer(path: Path) -> None:
    lock = WriterLock(path)
    with pytest.raises(LockedError, match="another writer is at work"):
        repair(path)
    lock.release()


def test_the_command_prints_what_it_did_and_its_exit_code_says_whether_all_is_well(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (generation_path(path, 1) / "words" / "statistics.npz").unlink()
    assert main(["verify", "--kb", str(path)]) == 1
    assert "statistics.npz: the file is missing" in capsys.readouterr().out
    assert main(["verify", "--kb", str(path), "--repair", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] and said["commit"] == 2 and said["repaired"]
    assert main(["verify", "--kb", str(path), "--deep"]) == 0
    LOST["text"][0](path)
    assert main(["verify", "--kb", str(path), "--repair"]) == 1
    assert "restore a backup" in capsys.readouterr().out
