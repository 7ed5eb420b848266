"""Quantities that changed places are found, and clauses that changed places with them are not."""

from __future__ import annotations

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.names import shipped_mentions
from medrag.types import Verdict

ENGLISH = "Peak level and total exposure were lowered by 12% and 31%, respectively, when the tablet was chewed."
CHINESE = "服用后血药浓度和尿量分别升高15%和40%，停药后恢复。"
GROUPS = "Adults take 20 mg in the evening; children take 5 mg in the morning."


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (ENGLISH, "Peak level and total exposure were lowered by 31% and 12%, respectively, when the tablet was chewed."),
        (CHINESE, "服用后血药浓度和尿量分别升高40%和15%。"),
        (GROUPS, "Adults take 5 mg in the evening; children take 20 mg in the morning."),
    ],
)
def test_exchanged_quantities_are_contradicted(checker: Checker, text: str, claim: str) -> None:
    assert checker.check(claim, [Source("[1]", text)]).verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (ENGLISH, "When the tablet was chewed, peak level and total exposure were lowered by 12% and 31%, respectively."),
        (CHINESE, "服用后血药浓度和尿量分别升高15%和40%。"),
        (GROUPS, "Children take 5 mg in the morning; adults take 20 mg in the evening."),
    ],
)
def test_clauses_may_change_places_with_their_quantities(checker: Checker, text: str, claim: str) -> None:
    checked = checker.check(claim, [Source("[1]", text)])
    assert checked.verdict is Verdict.SUPPORTED, checked.reasons
