"""A claim that stands word for word in its source is supported: as sentences, or as an item behind its lead."""

from __future__ import annotations

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.names import shipped_mentions
from medrag.types import Verdict

NESTED = "1.慎用：(1)高血压患者；(2)青光眼患者；(3)有胃溃疡病史者。2.禁用：(1)孕妇；(2)对本品过敏者。3.用量：(1)成人：每次2片；(2)儿童：每次半片。"
BULLETED = "Do not use:\n- if the seal is torn\n- after the date on the box\nAsk a doctor before use if you have:\n- a stomach ulcer\n- asthma"
SENTENCES = (
    "- take one tablet after breakfast\n- drink a glass of water with it\n- do not give longer than 10 days (see Warnings)"
)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (NESTED, "慎用：有胃溃疡病史者。"),
        (NESTED, "禁用：对本品过敏者。"),
        (NESTED, "用量：儿童：每次半片。"),
        (BULLETED, "Do not use: after the date on the box"),
        (BULLETED, "Ask a doctor before use if you have: asthma"),
        (SENTENCES, "take one tablet after breakfast\ndrink a glass of water with it"),
        (SENTENCES, "do not give longer than 10 days (see Warnings)"),
    ],
)
def test_an_item_behind_its_lead_is_supported(checker: Checker, text: str, claim: str) -> None:
    checked = checker.check(claim, [Source("[1]", text)])
    assert checked.verdict is Verdict.SUPPORTED, checked.reasons
    assert checked.support


@pytest.mark.parametrize("claim", ["慎用：孕妇。", "慎用：对本品过敏者。", "禁用：青光眼患者；"])
def test_an_item_behind_the_lead_of_another_list_is_not_supported(checker: Checker, claim: str) -> None:
    assert checker.check(claim, [Source("[1]", NESTED)]).verdict is not Verdict.SUPPORTED
