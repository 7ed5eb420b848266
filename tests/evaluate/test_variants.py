"""Variants of the names of labels: made from them, and found again."""

from __future__ import annotations

from pathlib import Path
from random import Random

from medrag.evaluate.variants import measure, misspelt, variants
from tests.shelf import shelf


def test_variants_are_made_of_labels_and_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        made = variants(kb, seed=1)
        assert made == variants(kb, seed=1)
        by_text = {variant.text: variant for variant in made}
        assert by_text["buluofen"].right == {("labels", "Z1"), ("labels", "Z2")}
        assert by_text["速消灵"].kind == "brand"
        assert {"no form", "no salt", "pinyin", "one typing error", "brand"} <= {variant.kind for variant in made}


def test_the_right_drug_is_counted(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        counts = {count.kind: count for count in measure(kb, variants(kb))}
        assert counts["brand"].right == counts["brand"].asked == 1
        assert counts["pinyin"].right == counts["pinyin"].asked > 3


def test_a_typing_error_changes_one_place() -> None:
    wrong = misspelt("奥美拉唑", Random(3))
    assert len(wrong) == 4 and sum(a != b for a, b in zip(wrong, "奥美拉唑", strict=True)) == 1
    assert abs(len(misspelt("simvastatin", Random(3))) - 11) <= 1
    assert misspelt("维C", Random(3)) == ""
