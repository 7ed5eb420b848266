"""Backups: made while others write and read, checked when restored, whole or not at all."""

from __future__ import annotations

import json
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import KnowledgeBaseError, LockedError, NotFoundError
from medrag.kb import backup as module
from medrag.kb.backup import MANIFEST, backup, restore_backup
from medrag.kb.base import KnowledgeBase
from medrag.kb.generations import WriterLock
from tests.contracts.test_readers_beside_a_writer import answers, edition
from tests.shelf import shelf

NAMES = ("b", "b.tar", "b.tar.gz")


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path) as made:
        yield made


def told(kb: KnowledgeBase) -> object:
    """What a knowledge base answers, to be compared."""
    asked = ("布洛芬", "胃溃疡", "warfarin bleeding", "高血压")
    found = [(kb.search_words(text, 10), kb.search_vectors(text, 10), [m.name for m in kb.link(text)]) for text in asked]
    return found, [kb.document(one.key, source=one.source).text for one in kb.documents()], kb.stats().facts


@pytest.mark.parametrize("name", NAMES)
def test_what_is_restored_answers_the_same(kb: KnowledgeBase, tmp_path: Path, name: str) -> None:
    made = backup(kb.path, tmp_path / name)
    assert (made.commit, made.indexes) == (kb.commit, True)
    assert restore_backup(tmp_path / name, tmp_path / "again.kb") == made
    with KnowledgeBase.open(tmp_path / "again.kb") as again:
        assert (again.commit, again.verify(deep=True), told(again)) == (kb.commit, [], told(kb))
        with again.write() as w:
            w.delete("Z1")
    assert len(kb.search_words("布洛芬缓释胶囊", 99)) > 1, "the two share files"
    assert kb.verify() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["shelf.kb", name, "again.kb"])


def test_a_backup_of_the_catalogue_alone_gets_its_indexes_anew(kb: KnowledgeBase, tmp_path: Path) -> None:
    whole, alone = backup(kb.path, tmp_path / "whole"), backup(kb.path, tmp_path / "alone", indexes=False)
    assert (alone.indexes, alone.files) == (False, 1) and alone.bytes < whole.bytes
    (tmp_path / "again.kb").mkdir()
    restore_backup(tmp_path / "alone", tmp_path / "again.kb")
    with KnowledgeBase.open(tmp_path / "again.kb") as again:
        assert (again.verify(deep=True), told(again)) == ([], told(kb))


def test_backups_made_while_a_writer_publishes_are_each_of_one_commit(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        with kb.write() as w:
            w.add_many(edition("0"))
        over, published = threading.Event(), 0

        def publish() -> None:
            nonlocal published
            with KnowledgeBase.open(tmp_path / "a.kb") as other:
                while not over.is_set():
                    published += 1
                    with other.write() as w:
                        w.add_many(edition(str(published)))

        writer = threading.Thread(target=publish)
        writer.start()
        try:
            commits: set[int] = set()
            for n in range(100):  # few are enough, unless one of the two threads gets little of the machine
                commits.add(backup(tmp_path / "a.kb", tmp_path / f"b{n}").commit)
                if n >= 5 and len(commits) > 1:
                    break
        finally:
            over.set()
            writer.join()
    assert published > 1 and len(commits) > 1
    for n in range(6):
        restored = restore_backup(tmp_path / f"b{n}", tmp_path / f"{n}.kb")
        with KnowledgeBase.open(tmp_path / f"{n}.kb") as again:
            assert (again.commit, again.verify(), answers(again)) == (restored.commit, [], {str(restored.commit - 1)})


@pytest.mark.parametrize("name", NAMES)
def test_every_damaged_byte_is_found_and_nothing_is_restored(kb: KnowledgeBase, tmp_path: Path, name: str) -> None:
    backup(kb.path, tmp_path / name)
    files = [tmp_path / name] if (tmp_path / name).is_file() else [p for p in (tmp_path / name).rglob("*") if p.is_file()]
    for file in files:
        whole = file.read_bytes()
        cut = whole[:-5] if file.suffix not in (".tar", ".gz") else whole[: len(whole) // 3]  # an archive ends in padding
        for damaged in (whole[: len(whole) // 2], cut, whole[: len(whole) // 2] + b"?" + whole[len(whole) // 2 + 1 :]):
            if damaged == whole:
                continue
            file.write_bytes(damaged)
            with pytest.raises(KnowledgeBaseError, match=r"damaged|no backup") as told_:
                restore_backup(tmp_path / name, tmp_path / "again.kb")
            assert "\n" not in str(told_.value)
            assert not (tmp_path / "again.kb").exists() and not list(tmp_path.glob(".again*"))
        file.write_bytes(whole)
    restore_backup(tmp_path / name, tmp_path / "again.kb")


def test_a_missing_file_is_named(kb: KnowledgeBase, tmp_path: Path) -> None:
    backup(kb.path, tmp_path / "b")
    (tmp_path / "b" / "generation" / "vectors" / "base.faiss").unlink()
    with pytest.raises(KnowledgeBaseError, match=r"generation/vectors/base.faiss is missing: restore another backup"):
        restore_backup(tmp_path / "b", tmp_path / "again.kb")


def test_nothing_is_written_over(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(KnowledgeBaseError, match="exists: choose another name"):
        backup(kb.path, tmp_path / "b")
    backup(kb.path, tmp_path / "b.tar")
    with pytest.raises(KnowledgeBaseError, match="exists and is not empty"):
        restore_backup(tmp_path / "b.tar", kb.path)
    assert kb.verify() == []
    with pytest.raises(NotFoundError, match="no knowledge base at"):
        backup(tmp_path / "none.kb", tmp_path / "c")
    with pytest.raises(KnowledgeBaseError, match="no such backup"):
        restore_backup(tmp_path / "none.tar", tmp_path / "again.kb")
    with pytest.raises(KnowledgeBaseError, match="no backup of a knowledge base"):
        restore_backup(kb.path, tmp_path / "again.kb")


@pytest.mark.parametrize("target", ["postgresql+psycopg://u@127.0.0.1/d?schema=s"])
def test_a_database_is_sent_to_migrate(kb: KnowledgeBase, tmp_path: Path, target: str) -> None:
    with pytest.raises(KnowledgeBaseError, match="medrag migrate"):
        backup(target, tmp_path / "b")


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "s3"])
def test_no_url_becomes_a_folder_with_a_password_in_its_name(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    backup(kb.path, tmp_path / "b")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for command in (["restore", "b"], ["backup", str(kb.path)]):
        assert main([*command, f"{scheme}://u:hush@127.0.0.1/d"]) != 0
    assert sorted(tmp_path.iterdir()) == before
    assert "hush" not in "".join(capsys.readouterr())


def test_an_archive_of_a_kind_that_is_not_made_is_refused(kb: KnowledgeBase, tmp_path: Path) -> None:
    for name in ("b.zip", "b.tar.xz", "b.gz"):
        with pytest.raises(KnowledgeBaseError, match=r"a folder, or one file that ends in \.tar"):
            backup(kb.path, tmp_path / name)
        assert not (tmp_path / name).exists()


def test_a_manifest_that_leads_elsewhere_writes_nothing_there(kb: KnowledgeBase, tmp_path: Path) -> None:
    backup(kb.path, tmp_path / "b")
    manifest = tmp_path / "b" / MANIFEST
    said = json.loads(manifest.read_text())
    for name in ("../escaped", "generation/../../../escaped", "/tmp/escaped", "generation/", "other"):
        manifest.write_text(json.dumps({**said, "files": {**said["files"], name: [1, "x"]}}))
        with pytest.raises(KnowledgeBaseError, match="names what is of no backup"):
            restore_backup(tmp_path / "b", tmp_path / "again.kb")
    manifest.write_text(json.dumps({**said, "format": 9}))
    with pytest.raises(KnowledgeBaseError, match="update medrag"):
        restore_backup(tmp_path / "b", tmp_path / "again.kb")
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        member = tarfile.TarInfo("../escaped")
        archive.addfile(member)
    with pytest.raises(KnowledgeBaseError, match="no backup"):
        restore_backup(tmp_path / "evil.tar", tmp_path / "again.kb")
    assert not list(tmp_path.rglob("escaped"))


def test_two_at_once_make_it_once(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / ".b.backing-up").mkdir()
    lock = WriterLock(tmp_path / ".b.backing-up")
    with pytest.raises(LockedError, match="another process is making the same"):
        backup(kb.path, tmp_path / "b")
    lock.release()
    backup(kb.path, tmp_path / "b")


def test_a_disk_that_is_full_leaves_nothing(kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "copy_hashed", full)
    with pytest.raises(KnowledgeBaseError, match="nothing is left of it"):
        backup(kb.path, tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shelf.kb"]


def test_what_was_written_and_not_published_is_not_in_the_restored_one(kb: KnowledgeBase, tmp_path: Path) -> None:
    with kb.write() as w:
        w.add_many(edition("unpublished"))
        backup(kb.path, tmp_path / "b")
    restore_backup(tmp_path / "b", tmp_path / "again.kb")
    with KnowledgeBase.open(tmp_path / "again.kb") as again:
        assert (again.commit, again.verify()) == (1, [])
        assert again.search_words("版本", 9) == []
        with again.write() as w:
            w.delete("Z1")
        assert again.verify() == []
    with sqlite3.connect(tmp_path / "again.kb" / "catalogue.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM versions WHERE text LIKE '%unpublished%'").fetchone() == (0,)


def test_the_commands_say_what_they_did(kb: KnowledgeBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(kb.path), str(tmp_path / "b.tar")]) == 0
    assert "commit 1 of" in capsys.readouterr().out
    assert main(["restore", str(tmp_path / "b.tar"), str(tmp_path / "again.kb"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["commit"] == 1
    assert main(["restore", str(tmp_path / "b.tar"), str(tmp_path / "again.kb")]) == 1
    assert "exists and is not empty" in capsys.readouterr().err
