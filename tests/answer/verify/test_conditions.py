"""Claims that drop a condition, or exchange what acts and what is acted on, are found; what says the same is not flagged."""

from __future__ import annotations

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.names import shipped_mentions
from medrag.types import Verdict

UNLESS = "Do not take more than 3 tablets in 24 hours, unless directed by a doctor."
GUIDED = "儿童、老人应在医师指导下服用。"
EXCEPT = "Treatment is taken for life, except in cases of passing weakness of the gland."
TOGETHER = "与单胺氧化酶抑制药合用可出现心动过速，应避免同用。"
SOME = "Of the patients, 90% reported pain in two or more of the five joints."
LEVEL = "Giving ketoconazole with loratadine increased the plasma concentrations of loratadine."
LATTER = "与氯霉素合用，可延长后者的半衰期。"
PASSIVE = "本品可被酸、碱及重金属盐类破坏。"
LISTED = "Studies were done in rats and mice at doses of 500 mg/kg/day and 250 mg/kg/day."
TAPER = "The dose may be reduced to 0.25% every other day or 0.05% every day after the first period."


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


def verdict(checker: Checker, text: str, claim: str, title: str = "") -> Verdict:
    return checker.check(claim, [Source("[1]", text, title=title)]).verdict


@pytest.mark.parametrize(
    ("text", "claim", "title"),
    [
        (UNLESS, "Never take more than 3 tablets in 24 hours, even if directed by a doctor.", ""),
        (GUIDED, "儿童、老人可以自行服用。", ""),
        (EXCEPT, "Treatment is taken for life in all cases of weakness of the gland.", ""),
        (TOGETHER, "可以和单胺氧化酶抑制药同用，不会出现心动过速。", ""),
        (SOME, "90% of the patients reported pain in all of the five joints.", ""),
        (LEVEL, "Giving loratadine with ketoconazole increased the plasma concentrations of ketoconazole.", ""),
        (LATTER, "氯霉素会延长华法林的半衰期。", "华法林"),
        (PASSIVE, "华法林会破坏酸、碱及重金属盐类。", "华法林"),
        (LISTED, "Studies were done at 250 mg/kg/day in rats and 500 mg/kg/day in mice.", ""),
        (TAPER, "The dose may be reduced to 0.25% every day or 0.05% every other day after the first period.", ""),
    ],
)
def test_what_is_dropped_or_exchanged_is_found(checker: Checker, text: str, claim: str, title: str) -> None:
    assert verdict(checker, text, claim, title) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("text", "claim", "title"),
    [
        (UNLESS, "Take no more than 3 tablets in 24 hours unless a doctor directs it.", ""),
        (GUIDED, "儿童和老人要在医生指导下服用。", ""),
        (TOGETHER, "应避免与单胺氧化酶抑制药同用，因可出现心动过速。", ""),
        (LEVEL, "Ketoconazole increased the plasma concentrations of loratadine.", ""),
        (LATTER, "华法林与氯霉素合用，会延长氯霉素的半衰期。", "华法林"),
        (PASSIVE, "酸、碱及重金属盐类会破坏华法林。", "华法林"),
        (LISTED, "Studies were done at 500 mg/kg/day in rats and 250 mg/kg/day in mice.", ""),
        ("2.12岁以下儿童不宜服用。", "12岁以下的儿童不宜服用。", ""),
        ("剂量不应超过一日5mg。", "一日最多5mg。", ""),
        ("小儿一次服成人的1/2量。", "小儿一次服成人的一半。", ""),
        ("一岁至三岁一次10g，三岁以上及成人一次15g；一日3次。", "1到3岁一次10克，一天3次。", ""),
        ("The trough rose to 25±7 mg/L.", "The trough rose to about 25 mg/L.", ""),
    ],
)
def test_what_says_the_same_is_supported(checker: Checker, text: str, claim: str, title: str) -> None:
    assert verdict(checker, text, claim, title) is Verdict.SUPPORTED
