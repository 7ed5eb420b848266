"""The small pharmacy that the tests of the medication check share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.kb.base import KnowledgeBase
from tests.answer.safety.pharmacy import pharmacy


@pytest.fixture(scope="session")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The pharmacy's knowledge base."""
    with pharmacy(tmp_path_factory.mktemp("pharmacy")) as base:
        yield base
