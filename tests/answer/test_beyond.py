"""What no label tells, and what only few do, is not answered with something else that a label says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.abstain import abstain
from medrag.answer.beyond import is_beyond_labels, is_told_by_few
from medrag.answer.outside import other_forms
from medrag.answer.quote.extract import write
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Understanding, understand
from medrag.types import Question
from tests.making import label, stored

LABELS = (
    label("止咳丸", {"【剂型】": "蜜丸：每丸3g；颗粒剂：每袋5g。", "【用法用量】": "一次1丸，一日2次。"}, key="A"),
    label(
        "清嗓糖浆", {"【成份】": "甘草、蔗糖。", "【用法用量】": "一次10毫升，内服。", "【性状】": "棕色颗粒或液体。"}, key="B"
    ),
    label(
        "Ranelixin tablets",
        {"Directions": "One tablet a day.", "Uses": "Relieves cough.", "Inactive ingredients": "corn starch"},
        key="C",
        lang="en",
    ),
    label("维静片", {"【药物相互作用】": "与普萘洛尔合用时减量。"}, key="E"),
    label(
        "Equinorm paste",
        {"Directions": "One syringe. Ask your veterinarian.", "Warnings": "May cause a false positive drug screen."},
        key="D",
        lang="en",
    ),
    label("SOLVADERM- ketonil tablet", {"Directions": "One tablet a day.", "Warnings": "Drowsiness."}, key="S", lang="en"),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with stored(tmp_path_factory.mktemp("beyond") / "labels.kb", LABELS) as made:
        yield made


def understood(text: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=text), kb)


@pytest.mark.parametrize(
    "text",
    [
        "止咳丸吃一个疗程要花几千",
        "止咳丸和另一种咳嗽药哪个好",
        "止咳丸哪个厂家的好",
        "吃止咳丸还能活几年",
        "止咳丸在哪个药店有卖",
        "止咳丸哪家医院能开到",
        "止咳丸是谁发明的",
        "how much do they charge for ranelixin",
        "is ranelixin better than the other syrup",
        "how many years will i live on ranelixin",
        "does my aetna plan cover ranelixin",
        "ranelixin by mail order",
    ],
)
def test_prices_shops_brands_and_outlooks_are_beyond_labels(kb: KnowledgeBase, text: str) -> None:
    found = understood(text, kb)
    assert found.drugs and is_beyond_labels(found)
    assert not write(found, retrieve(text, kb).evidence, kb).citations
    assert abstain(Question(text=text), found, kb).reason == "not-in-labels"


@pytest.mark.parametrize(
    "text",
    [
        "止咳丸多少钱一盒，一次吃几丸",
        "ranelixin price and how many tablets a day",
        "能用止咳丸治咳嗽吗",
        "can i take ranelixin after opening my bowels",
    ],
)
def test_what_labels_tell_beside_them_is_answered(kb: KnowledgeBase, text: str) -> None:
    assert not is_beyond_labels(understood(text, kb))


@pytest.mark.parametrize(
    "text",
    [
        "给我家狗吃止咳丸行吗",
        "止咳丸开了封以后能放多久",
        "how long is ranelixin good after opening",
        "can i give ranelixin to my dog",
        "will ranelixin show up on a drug test",
        "is ranelixin kosher",
    ],
)
def test_a_point_that_none_of_its_labels_speaks_of_is_not_answered(kb: KnowledgeBase, text: str) -> None:
    found = understood(text, kb)
    silent = is_told_by_few(found, kb)
    assert found.drugs and silent is ("kosher" not in text)  # what it is made of is told, and that is what is looked at
    if silent:
        assert abstain(Question(text=text), found, kb).reason == "not-in-labels"


@pytest.mark.parametrize(
    "text",
    [
        "can i give equinorm to my horse",
        "does equinorm show on a drug test",
        "清嗓糖浆是无糖的吗",
        "被狗咬了能吃止咳丸吗",
        "ranelixin after a dog bite",
    ],
)
def test_a_point_that_a_label_speaks_of_is_answered(kb: KnowledgeBase, text: str) -> None:
    assert not is_told_by_few(understood(text, kb), kb)


def test_a_brand_of_which_only_another_form_is_there_is_not_dosed_from_that_one(kb: KnowledgeBase) -> None:
    assert other_forms(understood("how often do i rub on solvaderm cream", kb), kb) == ("SOLVADERM- ketonil tablet",)
    assert not other_forms(understood("how many solvaderm pills do i take", kb), kb)
    assert not other_forms(understood("solvaderm cream side effects", kb), kb)


def test_a_form_that_the_label_lists_is_no_other_form(kb: KnowledgeBase) -> None:
    assert not other_forms(understood("止咳丸大蜜丸一天吃几丸", kb), kb)
    assert not other_forms(understood("止咳颗粒一天几袋", kb), kb)
    described = understood("头孢克肟颗粒一天几次", kb)  # granules are spoken of, and are no form of it
    assert described.unknown or other_forms(described, kb)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("心得安饭前吃吗", "“心得安（普萘洛尔）”"),
        ("心得安片怎么吃", "“心得安片（普萘洛尔）”"),
        ("普萘洛尔怎么吃", "“普萘洛尔”"),
    ],
)
def test_an_old_name_is_refused_with_the_standard_one_beside_it(text: str, said: str, kb: KnowledgeBase) -> None:
    refused = abstain(Question(text=text), understood(text, kb), kb)
    assert refused.reason == "unknown-drug" and said in refused.text
