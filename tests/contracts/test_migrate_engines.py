"""A knowledge base migrated from any engine to any other: the same rows, the same answers, whatever happens on the way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medrag.errors import KnowledgeBaseError
from medrag.kb import copied
from medrag.kb.base import KnowledgeBase
from medrag.kb.migrate import migrate
from tests.contracts.engines import ON_SERVER, Engine, engines, milvus, postgres
from tests.kb.test_migrate import KILLS, PROGRAM, history, meanwhile, rows, same, stop, told, zh

__all__ = ["engines", "milvus", "postgres"]  # fixtures


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("from") / "a.kb"
    history(folder).close()
    return folder


@pytest.mark.parametrize("name", ON_SERVER)
def test_there_and_back_and_written_on_there(engines: Callable[[str], Engine], made: Path, tmp_path: Path, name: str) -> None:
    place = engines(name).place()
    done = migrate(made, place.here)
    assert (done.commit, done.newest, done.agreement) == (3, 3, 1.0)
    assert migrate(made, place.here) == done
    same(made, place.here)
    with KnowledgeBase.open(made) as before, KnowledgeBase.open(place.elsewhere) as after:
        assert told(after) == told(before)
    migrate(place.here, tmp_path / "back.kb")
    same(made, tmp_path / "back.kb")
    for address in (place.here, tmp_path / "back.kb"):
        with KnowledgeBase.open(address) as kb, kb.write() as writer:
            writer.add_many([zh(n, "一日4次") for n in range(20, 40)])
            writer.delete("zh-1")
            writer.purge("zh-2")
    with KnowledgeBase.open(tmp_path / "back.kb") as before, KnowledgeBase.open(place.here) as after:
        assert after.verify() == []
        assert told(after) == told(before)
    with pytest.raises(KnowledgeBaseError, match="no copy of"):
        migrate(made, place.here)


@pytest.mark.parametrize(("one", "other"), [("postgres-pgvector", "postgres-milvus"), ("postgres-milvus", "postgres-faiss")])
def test_from_server_to_server(engines: Callable[[str], Engine], made: Path, one: str, other: str) -> None:
    first, second = engines(one).place(), engines(other).place()
    migrate(made, first.here)
    assert migrate(first.here, second.here).agreement == 1.0
    same(made, second.here)
    with pytest.raises(KnowledgeBaseError, match="is the knowledge base itself"):
        migrate(first.here, first.elsewhere)


@pytest.mark.parametrize(
    ("name", "doing"),
    [
        ("postgres-faiss", "copying passages"),
        ("postgres-pgvector", "indexing"),
        ("postgres-pgvector", "comparing"),
        ("postgres-milvus", "comparing"),
    ],
)
def test_a_copy_that_was_cut_is_none_and_goes_on(
    engines: Callable[[str], Engine], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, doing: str
) -> None:
    monkeypatch.setattr(copied, "BATCH_ROWS", 20)
    place = engines(name).place()
    with pytest.raises(RuntimeError, match="stopped by the test"):
        migrate(made, place.here, progress=meanwhile(doing, stop))
    with pytest.raises(KnowledgeBaseError, match="`medrag migrate` was stopped, call it again"):
        KnowledgeBase.open(place.here)
    with pytest.raises(KnowledgeBaseError, match="holds a knowledge base already"):
        KnowledgeBase.create(place.here)
    history(tmp_path / "other.kb").close()
    with pytest.raises(KnowledgeBaseError, match="unfinished copy of another"):
        migrate(tmp_path / "other.kb", place.here)
    seen: list[str] = []
    migrate(made, place.elsewhere, progress=lambda now, done, _of: seen.append(now))
    assert "copying documents" not in seen
    same(made, place.here)


def test_a_copy_to_a_server_killed_at_any_moment_completes_when_called_again(
    engines: Callable[[str], Engine], made: Path
) -> None:
    rng = random.Random(20261128)
    place = engines("postgres-pgvector").place()
    with KnowledgeBase.open(made) as kb:
        before = rows(kb)
    cuts = 0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(made), place.here], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "go\n"
            time.sleep(rng.uniform(0.1, 2.0))
            child.send_signal(signal.SIGKILL)
        try:
            KnowledgeBase.open(place.here).close()
        except KnowledgeBaseError:
            cuts += 1
            continue
        with KnowledgeBase.open(place.here) as kb:
            assert rows(kb) == before
        place = engines("postgres-pgvector").place()
    migrate(made, place.here)
    same(made, place.here)
    print(f"{KILLS} kills: {cuts} cut, {KILLS - cuts} finished, 0 wrong")
