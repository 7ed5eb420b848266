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
    (
        "Do not take more than 6 tablets in 24 hours.",
        "Six pills a day is the most you may take.",
        "Eight pills a day is the most you may take.",
    ),
    (
        "The unopened vials should be stored in a refrigerator.",
        "Keep vials that have not been opened in the fridge.",
        "Keep vials that have not been opened in the freezer.",
    ),
    (
        "Monitor patients for at least 30 minutes after the infusion.",
        "Watch people for half an hour or more after the infusion.",
        "Watch people for half an hour at most after the infusion.",
    ),
    (
        "About 25% of patients had a mild headache.",
        "About one in four patients had a mild headache.",
        "About one in three patients had a mild headache.",
    ),
    (
        "Do not swallow the lozenge whole: chew it.",
        "Chew the lozenge: do not gulp it down in one piece.",
        "Swallow the lozenge in one piece: do not chew it.",
    ),
    (
        "A dose of 2 mcg/kg is infused over 10 minutes.",
        "A dose of 2 micrograms per kilogram is infused over ten minutes.",
        "A dose of 3 micrograms per kilogram is infused over ten minutes.",
    ),
    (
        "It is not known whether this drug is excreted in human milk.",
        "Nobody knows if it gets into a nursing mother's milk.",
        "It gets into a nursing mother's milk.",
    ),
    ("口服，一次3粒，一日2次。", "一天两回，一回三粒。", "一天三回，一回三粒。"),
    ("过敏时可见皮疹、发热。", "过敏时会有皮疹和发热。", "过敏时只会有皮疹。"),
    (
        "Rash may occur during treatment.",
        "A rash can occur during the treatment.",
        "A rash can occur only during the treatment.",
    ),
    (
        "与其他血管扩张剂合用，会增加低血压危险。",
        "跟别的扩血管药一块儿用，血压更容易掉下来。",
        "跟别的扩血管药一块儿用，血压更容易升高。",
    ),
    (
        "因局部刺激性强，不宜皮下注射或肌内注射。",
        "这药对局部刺激大，别打皮下针，也别打肌肉针。",
        "这药对局部刺激大，只能打肌肉针。",
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
