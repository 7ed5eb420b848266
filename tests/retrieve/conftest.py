"""The small knowledge bases that these tests ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.kb.base import KnowledgeBase
from tests.dispensary import dispensary
from tests.shelf import shelf


@pytest.fixture(scope="package")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path_factory.mktemp("shelf")) as made:
        yield made


@pytest.fixture(scope="package")
def drugs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with dispensary(tmp_path_factory.mktemp("dispensary")) as made:
        yield made
