"""One process that watches file operations, for all tests that need it, and the folder that they begin with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.fileops.operations import prepare
from tests.contracts.fileops.watch import Watched, watched


@pytest.fixture(scope="session")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, Path]]:
    """The process, and a folder with all that the operations need, at edition 1."""
    with watched(tmp_path_factory.mktemp("watch")) as made:
        prepare(made.root)
        pristine = made.root.parent / "pristine"
        shutil.move(made.root, pristine)
        yield made, pristine


@pytest.fixture
def watch(watching: tuple[Watched, Path]) -> Watched:
    """The process, its folder made anew."""
    made, pristine = watching
    made.begin(pristine)
    return made
