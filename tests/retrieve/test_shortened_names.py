"""Names that a question shortens are found, and names that only end as a known one does are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from medrag.answer.abstain import abstain
from medrag.answer.beyond import is_beyond_labels
from medrag.answer.outside import other_forms
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.understand import Understanding, understand
from medrag.types import Question
from tests.making import label, stored

LABELS = (
    label(
        "BRAMBLE FOOT HEALTHY FUNGUS SPRAY - tolnaftate spray",
        {"Directions": "Spray twice daily for four weeks.", "Uses": "Treats athlete's foot."},
        key="A",
        lang="en",
    ),
    label("BRAMBLE TOOTHGEL- benzocaine gel", {"Directions": "Apply to the gum."}, key="B", lang="en"),
    label("QUELLADRY MOUTH MOIST- glycerin spray", {"Directions": "Spray into the mouth."}, key="C", lang="en"),
    label("Ranelixin tablets", {"Directions": "One tablet a day.", "Warnings": "May cause drowsiness."}, key="D", lang="en"),
    label("止咳丸", {"【用法用量】": "一次6丸，一日2次。"}, key="E"),
    label("百合固金丸", {"【用法用量】": "一次8丸，一日3次。"}, key="F"),
    label("雄诺龙", {"【用法用量】": "口服：一次2mg。"}, key="H"),
    label("五子衍宗口服液", {"【禁忌】": "糖尿病患者忌服。", "【用法用量】": "一次1支。"}, key="G"),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with stored(tmp_path_factory.mktemp("names") / "labels.kb", LABELS) as made:
        yield made


def understood(text: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=text), kb)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("bramble foot how many weeks", "BRAMBLE FOOT"),
        ("does bramble foot fungus spray sting", "BRAMBLE FOOT"),
        ("quelladry how often", "QUELLADRY"),
    ],
)
def test_the_first_words_of_a_brand_name_its_label(kb: KnowledgeBase, text: str, title: str) -> None:
    found = understood(text, kb)
    assert [drug.documents[0].title.startswith(title) for drug in found.drugs] == [True]


@pytest.mark.parametrize("text", ["a spray for the mouth", "bramble foot toothgel how often"])
def test_words_that_other_labels_have_name_none(kb: KnowledgeBase, text: str) -> None:
    assert not [drug for drug in understood(text, kb).drugs if drug.documents[0].title.startswith("BRAMBLE FOOT")]


def test_a_longer_patent_name_is_not_the_short_one_that_it_ends_in(kb: KnowledgeBase) -> None:
    found = understood("百合止咳丸一次几丸", kb)
    assert found.unknown == ("百合止咳丸",) and not found.drugs
    said = abstain(Question(text="百合止咳丸一次几丸"), found, kb)
    assert said.reason == "unknown-drug" and "百合固金丸" in said.text
    assert understood("我想吃止咳丸一次几丸", kb).drugs


def test_a_substance_that_derives_from_another_is_not_that_one(kb: KnowledgeBase) -> None:
    found = understood("美雄诺龙一天吃多少", kb)
    assert found.unknown == ("美雄诺龙",) and not found.drugs
    assert understood("每天服用雄诺龙多少", kb).drugs
    assert understood("欧美雄诺龙剂量一样吗", kb).drugs


def test_a_patent_medicine_of_another_form_is_not_answered_for(kb: KnowledgeBase) -> None:
    assert other_forms(understood("五子衍宗丸的禁忌", kb), kb) == ("五子衍宗口服液",)
    assert not other_forms(understood("五子衍宗口服液的禁忌", kb), kb)


@pytest.mark.parametrize(
    "text",
    ["how much does ranelixin cost", "ranelixin price", "does insurance cover ranelixin", "止咳丸多少钱一盒", "止咳丸能报销吗"],
)
def test_prices_are_nothing_that_labels_tell(kb: KnowledgeBase, text: str) -> None:
    found = understood(text, kb)
    assert found.drugs and is_beyond_labels(found)
    assert abstain(Question(text=text), found, kb).reason == "not-in-labels"


@pytest.mark.parametrize("text", ["how much ranelixin do i take", "ranelixin side effects and price", "止咳丸一天吃多少"])
def test_doses_beside_prices_are(kb: KnowledgeBase, text: str) -> None:
    assert not is_beyond_labels(understood(text, kb))


def test_an_unknown_latin_name_is_refused_with_the_name_that_looks_alike(kb: KnowledgeBase) -> None:
    text = "ranelifexin side effects"
    found = understood(text, kb)
    asked = replace(found, drugs=(), unknown=("ranelifexin",))
    assert "Ranelixin" in abstain(Question(text=text), asked, kb).text
