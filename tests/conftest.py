"""Fixtures that many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# `make test` tries the same inputs every time, so that whoever changed nothing sees nothing new; `make fuzz-properties` tries others.
settings.register_profile("same", derandomize=True)
settings.register_profile("others", derandomize=False)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real labels, graphs and questions beside the project; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the measuring data are not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def starter() -> Path:
    """The starter knowledge base's sources."""
    return ROOT / "kb"
