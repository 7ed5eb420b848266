"""What a person would say of a label in other words is not called false; what says otherwise in such words is."""

from __future__ import annotations

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.names import shipped_mentions
from medrag.answer.verify.reading import EVERYDAY, newness, read
from medrag.types import Verdict

PAIRS = [
    ("本品不适用于风寒感冒者。", "风寒感冒的人不适合用这个药。", "风寒感冒的人可以用这个药。"),
    ("偶见食欲缺乏、便溏及呼吸困难。", "偶尔会胃口差、拉肚子、喘不过气。", "偶尔会胃口差、便秘、喘不过气。"),
    ("孕妇及哺乳期妇女可安全服用本品。", "怀孕和喂奶的妇女可以服用本品。", "怀孕和喂奶的妇女禁用本品。"),
    ("口服，成人一次2片，儿童酌减。", "成人每次吃2片，儿童要酌情减量。", "成人每次吃4片，儿童要酌情减量。"),
    ("一次l袋，一日2次。", "每次1袋，每天2次。", "每次3袋，每天2次。"),
    ("请将本品放在儿童不能接触的地方。", "要放在孩子拿不到的地方。", "请将本品放在儿童能接触的地方。"),
    (
        "This solution is contraindicated in patients with hypernatremia.",
        "People with high sodium must not use this solution.",
        "People with low sodium must not use this solution.",
    ),
    (
        "Discontinue the infusion immediately if dyspnea occurs.",
        "Stop the infusion at once if there is trouble breathing.",
        "Continue the infusion if there is trouble breathing.",
    ),
    (
        "Care must be taken to prevent ingestion of the cream by young children.",
        "Take care so that a young child does not swallow the cream.",
        "No care is needed when young children swallow the cream.",
    ),
    (
        "Adults and children 6 years and over: apply not more than every 4 hours.",
        "From the age of 6 years, apply it no more often than every 4 hours.",
        "From the age of 3 years, apply it no more often than every 4 hours.",
    ),
    (
        "Take up to three times daily in mild disease.",
        "In mild disease take it three times a day at most.",
        "In mild disease take it five times a day at most.",
    ),
    (
        "The effect was similar to that of the older tablets.",
        "The effect was much the same as that of the older tablets.",
        "The effect was quite unlike that of the older tablets.",
    ),
]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


@pytest.mark.parametrize(("text", "right"), [(text, right) for text, right, _ in PAIRS])
def test_other_words_for_the_same_are_not_contradicted(checker: Checker, text: str, right: str) -> None:
    checked = checker.check(right, [Source("[1]", text)])
    assert checked.verdict is Verdict.SUPPORTED, checked.reasons


@pytest.mark.parametrize(("text", "wrong"), [(text, wrong) for text, _, wrong in PAIRS])
def test_other_words_for_something_else_are_flagged(checker: Checker, text: str, wrong: str) -> None:
    assert checker.check(wrong, [Source("[1]", text)]).verdict is not Verdict.SUPPORTED


def test_everyday_words_weigh_less_than_others() -> None:
    plain, strange = read("although cachexia", []).tokens[-2:]
    assert plain.weight < strange.weight
    plain, strange = read("arranged lutetium", []).tokens
    assert plain.weight == pytest.approx(EVERYDAY * strange.weight)


def test_a_strange_word_counts_less_where_it_is_new_than_a_medical_one() -> None:
    strange, medical = read("lutetium gallstones", []).tokens
    assert newness(strange) < strange.weight
    assert newness(medical) == medical.weight
