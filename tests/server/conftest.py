"""Fixtures of the server's tests: one small knowledge base, and one server over it for tests that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.server.settings import ServerSettings
from tests.server.serving import Serving, assistant_over, serving
from tests.shelf import shelf


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base that nobody changes."""
    with shelf(tmp_path_factory.mktemp("served")) as kb:
        return kb.path


@pytest.fixture(scope="session")
def live(shelf_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server over it without keys; sessions and feedback are kept."""
    folder = tmp_path_factory.mktemp("kept")
    settings = ServerSettings(sessions=folder / "sessions.sqlite", feedback=folder / "feedback.sqlite")
    with serving(assistant_over(shelf_folder), settings=settings) as running:
        yield running
