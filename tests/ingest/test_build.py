"""A run over files: what is wrong with one of them, or given oddly, costs the others nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.ingest import build as module
from medrag.ingest import registry
from medrag.ingest.build import build
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.base import KnowledgeBase
from medrag.kb.rows import Outcome
from medrag.kb.writer import Writer
from medrag.types import Document, Place


class Lines:
    """A reader of `key text` lines, some of which it chokes on."""

    name = "lines"
    version = 1

    def recognise(self, sample: Sample) -> float:
        return 1.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            key, _, text = line.partition(" ")
            if text == "choke":
                raise ZeroDivisionError("the reader is wrong")
            place = Place(file=path.name, record=str(number))
            yield ReadRecord(
                Document(source="", key=key.replace("^", "\0"), title=key, text=text, place=place, reader="lines/1")
            )


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find", lambda path, options: Lines())


def write(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_a_reader_that_gives_up_keeps_what_it_had_read_and_the_other_files(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.txt", "1 one", "2 choke", "3 three")
    write(tmp_path / "in" / "b.txt", "4 four")
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        report = build(tmp_path / "in", kb)
        assert (report.added, report.failed) == (2, 1)
        assert "the lines reader gave up: ZeroDivisionError" in report.files[0].problems[0].reason
        assert [d.key for d in kb.documents()] == ["1", "4"]


def test_a_record_that_cannot_be_stored_is_reported_and_the_rest_goes_in(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "1 one", "2^ two", "3 three")
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        report = build(file, kb)
        assert (report.read, report.added, report.failed) == (2, 2, 1)
        (problem,) = report.files[0].problems
        assert (problem.place.record, "characters that no text may have" in problem.reason) == ("2", True)
        assert kb.verify() == []


def test_a_fault_of_the_store_is_not_blamed_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Writer, batch: object, *, checked: bool = False) -> list[Outcome]:
        raise ValueError("a fault of ours")

    file = write(tmp_path / "a.txt", "1 one")
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        monkeypatch.setattr(Writer, "add_many", fail)
        with pytest.raises(ValueError, match="a fault of ours"):
            build(file, kb)


def test_each_file_is_read_once_however_often_it_is_given(tmp_path: Path) -> None:
    file = write(tmp_path / "in" / "deep" / "a.txt", "1 one", "2 two")
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        report = build([tmp_path / "in", file, tmp_path / "in" / "deep", tmp_path / "in"], kb)
        assert (len(report.files), report.read, report.added, report.unchanged) == (1, 2, 2, 0)


def test_a_file_that_is_not_there_or_vanishes_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, here = write(tmp_path / "gone.txt", "1 one"), write(tmp_path / "here.txt", "2 two")
    os.symlink(tmp_path / "nowhere", tmp_path / "link.txt")
    find = registry.find

    def vanish(path: Path, options: ReadOptions) -> object:
        gone.unlink(missing_ok=True)
        return find(path, options)

    monkeypatch.setattr(registry, "find", vanish)
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        report = build([gone, tmp_path / "link.txt", tmp_path / "never.txt", here], kb)
        assert (report.added, report.failed, report.ok) == (1, 3, False)
        assert [d.key for d in kb.documents()] == ["2"]


def test_what_was_published_on_the_way_stays_when_the_run_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_RECORDS", 2)
    monkeypatch.setattr(module, "CHECKPOINT_CHARS", 12)
    file = write(tmp_path / "a.txt", *(f"{n} text {n}" for n in range(20)))
    read = Lines.read

    def stopped(self: Lines, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        for number, record in enumerate(read(self, path, options)):
            if number == 11:
                raise KeyboardInterrupt
            yield record

    monkeypatch.setattr(Lines, "read", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(file, tmp_path / "kb")
    monkeypatch.setattr(Lines, "read", read)
    with KnowledgeBase.open(tmp_path / "kb") as kb:
        assert (kb.stats().documents, kb.verify()) == (10, [])
        report = build(file, kb)
        assert (report.added, report.unchanged, kb.stats().documents, kb.verify()) == (10, 10, 20, [])
