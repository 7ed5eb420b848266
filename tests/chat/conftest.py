"""Fixtures of the tests of conversations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.engine import MedRAG
from medrag.chat.reading import Reader
from medrag.kb.base import KnowledgeBase
from tests.chat.pharmacy import pharmacy


@pytest.fixture(scope="session")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with pharmacy(tmp_path_factory.mktemp("chat")) as made:
        yield made


@pytest.fixture(scope="session")
def reader(kb: KnowledgeBase) -> Reader:
    return Reader(kb)


@pytest.fixture(scope="session")
def medrag(kb: KnowledgeBase) -> MedRAG:
    return MedRAG(kb)
