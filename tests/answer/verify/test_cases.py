"""Claims about passages in both languages get the verdict that a careful reader gives them."""

from __future__ import annotations

import pytest

from medrag.answer.verify.claim import Checker
from medrag.answer.verify.names import shipped_mentions
from tests.answer.verify.cases import ACROSS, CHINESE, ENGLISH, FLAGGED, SUPPORTED
from tests.answer.verify.passages import PASSAGES


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


@pytest.mark.parametrize(("passage", "claim", "verdict"), (*CHINESE, *ENGLISH, *ACROSS))
def test_a_claim_gets_its_verdict(checker: Checker, passage: str, claim: str, verdict: str) -> None:
    checked = checker.check(claim, [PASSAGES[passage]])
    if verdict == FLAGGED:
        assert checked.verdict != SUPPORTED, checked
    else:
        assert checked.verdict == verdict, checked.reasons
    assert bool(checked.reasons) == (checked.verdict != SUPPORTED)


@pytest.mark.parametrize("passage", sorted(PASSAGES))
def test_every_line_of_a_passage_is_supported_by_it_word_for_word(checker: Checker, passage: str) -> None:
    source = PASSAGES[passage]
    for line in source.text.split("\n"):
        checked = checker.check(line, [source])
        assert checked.verdict == SUPPORTED, (line, checked.reasons)


def test_there_are_enough_cases_in_each_language() -> None:
    assert len(CHINESE) >= 60
    assert len(ENGLISH) >= 60
    for cases in (CHINESE, ENGLISH):
        right = sum(verdict == SUPPORTED for _, _, verdict in cases)
        assert 0.3 < right / len(cases) < 0.6  # neither a checker that flags all nor one that flags nothing passes
