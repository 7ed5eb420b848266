"""Within a block a thread reads through one connection; other threads, and blocks of other knowledge bases, have their own."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event

from medrag.errors import KnowledgeBaseError
from medrag.kb.memory import holding
from medrag.types import DocumentInfo
from tests.shelf import shelf


def test_all_reading_in_a_block_takes_one_connection_from_the_pool(tmp_path: Path) -> None:
    taken = []
    with shelf(tmp_path / "shelf.kb") as kb:
        event.listen(kb._engine, "checkout", lambda *_: taken.append(1))
        with holding(kb), holding(kb):
            assert list(kb.documents())
            assert kb.stats().documents
        assert len(taken) == 1
        assert kb.stats().documents
        assert len(taken) == 2


def test_another_thread_has_its_own_connection(tmp_path: Path) -> None:
    seen: list[DocumentInfo] = []
    with shelf(tmp_path / "shelf.kb") as kb, holding(kb), kb._reading() as mine:
        thread = Thread(target=lambda: seen.extend(kb.documents()))
        thread.start()
        thread.join()
        with kb._reading() as again:
            assert again is mine
        assert seen == list(kb.documents())


def test_an_error_of_the_database_is_explained_inside_a_block_too(tmp_path: Path) -> None:
    explained = pytest.raises(KnowledgeBaseError, match="cannot be read")
    with shelf(tmp_path / "shelf.kb") as kb, holding(kb), explained, kb._reading():
        raise sqlite3.DatabaseError("broken")


def test_after_an_error_nothing_is_held_any_more(tmp_path: Path) -> None:
    with shelf(tmp_path / "shelf.kb") as kb:
        with pytest.raises(ValueError, match="given up"), holding(kb), kb._reading() as held:
            raise ValueError("given up")
        with kb._reading() as fresh:
            assert fresh is not held
