"""Misspelt words of a question."""

from __future__ import annotations

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.spelling import mended


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("does it cause hyptotension", "does it cause hypotension"),
        ("dizzyness and constipaton", "dizziness and constipation"),
        ("it is quizzaciously odd", "it is quizzaciously odd"),  # no word of the table is one error away
        ("hypotension", "hypotension"),
        ("short wrds stay", "short wrds stay"),
        ("he swears by it", "he swears by it"),  # no passage has it, and it is no sweats
    ],
)
def test_a_word_that_no_passage_has_is_read_as_the_known_one_beside_it(asked: str, read: str, drugs: KnowledgeBase) -> None:
    assert mended(asked, drugs) == read
