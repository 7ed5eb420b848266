"""The browser, one for each module, and servers over a knowledge base that tests read and one that they change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from medrag.server.settings import ServerSettings
from tests.server.browser.browsing import Seen, browser_of, cabinet, seen
from tests.server.serving import Serving, assistant_over, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of() as found:
        yield found


@pytest.fixture(scope="session")
def cabinet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cabinet(tmp_path_factory.mktemp("cabinet"))


@pytest.fixture(scope="session")
def reading(cabinet_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server whose knowledge base no test changes."""
    kept = tmp_path_factory.mktemp("kept")
    settings = ServerSettings(sessions=kept / "sessions.sqlite", feedback=kept / "feedback.sqlite")
    with serving(assistant_over(cabinet_folder), settings=settings) as running:
        yield running


@pytest.fixture
def writing(cabinet_folder: Path, tmp_path: Path) -> Iterator[Serving]:
    """A server over a copy that a test may change."""
    copy = shutil.copytree(cabinet_folder, tmp_path / "copy.kb")
    with serving(assistant_over(copy), settings=ServerSettings(sessions=tmp_path / "sessions.sqlite")) as running:
        yield running


@pytest.fixture
def shown(browser: Browser, reading: Serving) -> Iterator[Seen]:
    """The page in Chinese on a wide screen."""
    with seen(browser, reading) as found:
        yield found
