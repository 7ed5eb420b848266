"""What only a server brings: other machines, lost connections, who is at work, readers that sleep, and passwords never shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from medrag.errors import KnowledgeBaseError, LockedError, NotFoundError
from medrag.kb.address import address_of
from medrag.kb.base import KnowledgeBase
from medrag.kb.engines.pins import EXPIRES_S
from medrag.kb.repair import repair
from tests.contracts.engines import ON_SERVER, Engine, engines, found, keys, milvus, postgres, written_when_free
from tests.making import label
from tests.postgres_server import Server
from tests.shelf import LABELS

__all__ = ["engines", "milvus", "postgres"]  # fixtures


@pytest.fixture(scope="module", params=ON_SERVER)
def on_server(request: pytest.FixtureRequest, engines: Callable[[str], Engine]) -> Engine:
    return engines(request.param)


def test_another_machine_derives_each_commit_from_the_last_it_has(on_server: Engine) -> None:
    place = on_server.place()
    with KnowledgeBase.create(place.here) as kb, KnowledgeBase.open(place.elsewhere) as other:
        for number in range(4):
            with kb.write() as writer:
                writer.add_many(LABELS[2 * number : 2 * number + 2])
                if number:
                    writer.delete(LABELS[2 * number - 1].document.key)
            if number % 2:
                assert other.refresh()
                assert (found(other), other.verify()) == (found(kb), [])
        generations = sorted(path.name for path in (other.path / "generations").iterdir())
        assert generations == [f"{kb.commit:06d}"]
        kb.reindex()
        assert other.refresh()
        assert (found(other), other.verify()) == (found(kb), [])


def test_creating_and_opening_say_what_is_in_the_way(on_server: Engine) -> None:
    place = on_server.place()
    with pytest.raises(NotFoundError, match="there is no knowledge base at postgresql"):
        KnowledgeBase.open(place.here)
    KnowledgeBase.create(place.here).close()
    with pytest.raises(KnowledgeBaseError, match="holds a knowledge base already"):
        KnowledgeBase.create(place.here)


def test_a_second_writer_is_told_who_is_at_work(on_server: Engine) -> None:
    place = on_server.place()
    with KnowledgeBase.create(place.here) as kb, KnowledgeBase.open(place.elsewhere) as other:
        with (
            kb.write(),
            pytest.raises(LockedError, match=rf"another writer is at work \(medrag .*:{os.getpid()}"),
            other.write(),
        ):
            pass
        with other.write() as writer:
            writer.add(LABELS[0])


def test_a_lost_connection_is_one_line_and_the_next_question_is_answered(on_server: Engine) -> None:
    place = on_server.place()
    with KnowledgeBase.create(place.here) as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        end_connections(on_server)
        for _ in range(2):
            try:
                keys(kb)
            except KnowledgeBaseError as error:
                assert "\n" not in str(error)
                assert "Traceback" not in str(error)
        assert "Z1" in keys(kb)
        assert kb.search_words("布洛芬", 3)
        with pytest.raises(KnowledgeBaseError), kb.write() as writer:
            writer.add(label("丢片", {"【禁忌】": "丢了。"}, key="lost"))
            end_connections(on_server)
            writer.add(label("丢片", {"【禁忌】": "丢了。"}, key="lost2"))
        end_connections(on_server)
        with KnowledgeBase.open(place.elsewhere) as other, written_when_free(other) as writer:
            writer.add(label("后片", {"【禁忌】": "后来的。"}, key="after"))
        with KnowledgeBase.open(place.here) as again:
            assert "lost" not in keys(again)
            assert ("after" in keys(again), again.verify()) == (True, [])


def end_connections(engine: Engine) -> None:
    assert engine.server is not None
    with engine.server.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'medrag%' AND pid <> pg_backend_pid()"
        )


def test_readers_hold_no_transaction_open(on_server: Engine) -> None:
    place = on_server.place()
    with KnowledgeBase.create(place.here) as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        listed = kb.documents()
        next(listed)
        kb.restricted({"x"}).search_vectors("布洛芬", 3)
        kb.as_of("2020").facts("高血压")
        assert on_server.server is not None
        with on_server.server.connect() as connection:
            open_ = connection.execute(
                "SELECT application_name, state FROM pg_stat_activity WHERE application_name LIKE 'medrag%' AND state <> 'idle'"
            ).fetchall()
        assert open_ == []
        listed.close()


def test_a_reader_that_slept_is_told_so_once_what_it_reads_is_swept(engines: Callable[[str], Engine]) -> None:
    engine = engines("postgres-pgvector")
    place = engine.place()
    with KnowledgeBase.create(place.here) as kb:
        with kb.write() as writer:
            writer.add_many(LABELS)
        with KnowledgeBase.open(place.elsewhere) as sleeper:
            before = sleeper.search_vectors("布洛芬", 3)
            with kb.write() as writer:
                writer.delete("Z1")
            assert sleeper.search_vectors("布洛芬", 3) == before
            assert engine.server is not None
            with engine.server.connect() as connection:  # as if a quarter of an hour went by
                schema = kb.address.schema
                connection.execute(f'UPDATE "{schema}".pins SET at = at - make_interval(secs => {EXPIRES_S})')
            with kb.write() as writer:
                writer.delete("Z2")
            assert sleeper._snapshot.pin is not None
            sleeper._snapshot.pin._renewed = 0.0
            with pytest.raises(KnowledgeBaseError, match=r"kept no longer.*refresh"):
                sleeper.search_vectors("布洛芬", 3)
            assert sleeper.refresh()
            assert sleeper.search_vectors("布洛芬", 3) == kb.search_vectors("布洛芬", 3)


def test_an_address_that_keeps_vectors_elsewhere_misses_none_and_says_where_it_would(postgres: Server, tmp_path: Path) -> None:
    if not postgres.has_pgvector:
        pytest.skip("this PostgreSQL has no pgvector")
    inside = postgres.url("vectors_moved", cache=str(tmp_path / "cache"))
    beside = f"{inside}&vectors=faiss"
    with KnowledgeBase.create(inside) as kb:
        with kb.write() as writer:
            writer.add_many(LABELS[:-1])
        with KnowledgeBase.open(beside) as other:
            assert other.search_vectors("布洛芬", 5) == kb.search_vectors("布洛芬", 5) != []
            assert other.verify() == []
            with other.write() as writer:
                writer.add(LABELS[-1])
            wanted = other.search_vectors("warfarin bleeding", 5)
            assert other.verify() == []
        assert kb.refresh()
        with pytest.raises(KnowledgeBaseError, match="is not there: run `medrag reindex`"):
            kb.search_vectors("warfarin bleeding", 5)
    assert repair(inside).left == ()
    with KnowledgeBase.open(inside) as kb:
        assert (kb.search_vectors("warfarin bleeding", 5), kb.verify()) == (wanted, [])


@pytest.mark.parametrize("who", ["me:s3cret", "me:s3/cret", "me:s3@cret", ":s3cret"])
def test_no_password_of_milvus_is_shown(who: str) -> None:
    address = f"postgresql+psycopg://me@127.0.0.1:9/labels?milvus={quote(f'http://{who}@127.0.0.1:1', safe='')}"
    shown = str(address_of(address))
    assert "cret" not in unquote(unquote(shown)) and "127.0.0.1:1" in unquote(shown)


def test_a_server_that_is_down_is_one_line_without_the_password() -> None:
    with pytest.raises(KnowledgeBaseError) as failed:
        KnowledgeBase.open("postgresql+psycopg://me:s3cret@127.0.0.1:9/labels?schema=labels&connect_timeout=2")
    assert "cannot be reached" in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert "\n" not in str(failed.value)
