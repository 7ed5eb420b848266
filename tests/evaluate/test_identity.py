"""Which labels an evaluation takes to be of the same drug."""

from __future__ import annotations

import pytest

from medrag.evaluate.identity import brands, identity_of, same_brand


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("盐酸普萘洛尔片", "普萘洛尔"),
        ("环孢素软胶囊", "环孢素口服溶液"),
        ("板蓝根颗粒(无糖型)", "板蓝根颗粒"),
        ("NORVASC - amlodipine besylate tablet", "AMLODIPINE BESYLATE- amlodipine besylate tablet, film coated"),
        ("SUPERPILL- warfarin sodium injection, powder, lyophilized, for solution", "warfarin"),
        (
            "Cold Days (Diphenhydramine HCl, Phenylephrine HCl)",
            "NIGHT - phenylephrine hcl and diphenhydramine hydrochloride syrup",
        ),
    ],
)
def test_salt_form_and_maker_make_no_other_drug(one: str, other: str) -> None:
    assert identity_of(one) == identity_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("阿司匹林", "阿司匹林赖氨酸盐"),
        ("头孢氨苄胶囊", "头孢拉定胶囊"),
        ("甘草片", "复方甘草片"),
        ("SIMVASTATIN- simvastatin tablet", "VYTORIN- ezetimibe and simvastatin tablet"),
        ("A - hydroxyzine tablet", "B - hydralazine tablet"),
    ],
)
def test_different_drugs_stay_two(one: str, other: str) -> None:
    assert identity_of(one) != identity_of(other)


def test_a_title_that_is_only_a_brand_means_what_other_titles_say_of_it() -> None:
    known = brands(["AFINITOR- everolimus tablet", "TWICE - aspirin tablet", "TWICE - ibuprofen tablet"])
    assert identity_of("Afinitor", known) == identity_of("EVEROLIMUS- everolimus tablet")
    assert identity_of("Twice", known) == frozenset({"twice"})


def test_a_brand_is_known_at_the_beginning_of_a_title_only() -> None:
    assert same_brand("Coreg", "COREG - carvedilol tablet, film coated")
    assert not same_brand("Core", "COREG - carvedilol tablet, film coated")
    assert not same_brand("", "")
