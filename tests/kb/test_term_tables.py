"""The tables of names that ship with the package: their form, and that they contradict neither themselves nor each other."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations

import pytest

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table
from medrag.kb.traditional import simplified

COLUMNS = 8  # Chinese generic, INN, other English, Chinese aliases, Chinese brands, English brands, abbreviations, ATC
# Names that really mean different medicines: 息斯敏 was astemizole until it was withdrawn, and is loratadine since.
AMBIGUOUS = {"息斯敏"}
# Official Chinese names are printed with 噁 (磺胺甲噁唑), which the converter to simplified characters replaces.
KEPT = {"噁"}
_ATC = re.compile(r"[A-Z]\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?")
_HAN = re.compile(r"[㐀-鿿]")


def _drugs() -> list[list[list[str]]]:
    return [[[name for name in cell.split("|") if name] for cell in row] for row in table("drugs.tsv")]


def _owners() -> dict[str, set[int]]:
    owners: dict[str, set[int]] = defaultdict(set)
    for number, row in enumerate(_drugs()):
        for name in (name for cell in row[:-1] for name in cell):
            owners[fold(name)].add(number)
    return owners


def test_every_drug_has_eight_cells_a_name_and_no_blank_items() -> None:
    for cells in table("drugs.tsv"):
        assert len(cells) == COLUMNS, cells
        assert cells[0] or cells[1], cells
        items = [item for cell in cells if cell for item in cell.split("|")]
        assert all(item and item == item.strip() for item in items), cells


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(table("drugs.tsv")) >= 2000
    languages = [row[2] for row in table("lookalikes.tsv")]
    assert languages.count("zh") >= 110
    assert languages.count("en") >= 150
    assert len(table("shapes.tsv")) >= 150


def test_no_name_stands_twice_in_a_row_or_in_two_rows_unless_it_is_ambiguous() -> None:
    for row in _drugs():
        names = [fold(name) for cell in row[:-1] for name in cell]
        assert len(names) == len(set(names)), row
    shared = {name for name, rows in _owners().items() if len(rows) > 1}
    assert shared == AMBIGUOUS


def test_atc_codes_are_well_formed_and_single() -> None:
    for row in _drugs():
        assert len(row[-1]) <= 1, row
        assert all(_ATC.fullmatch(code) for code in row[-1]), row


def test_chinese_columns_hold_chinese_and_english_ones_none() -> None:
    for row in _drugs():
        assert all(_HAN.search(name) for name in row[0]), row
        assert not any(_HAN.search(name) for name in (*row[1], *row[2], *row[5])), row


def test_no_name_is_a_word_that_people_write_for_other_things() -> None:
    everyday = {"met", "same", "van", "net", "cam", "dec", "mph", "thyroid", "uk", "uti", "gm", "cap", "tab", "iv", "po"}
    assert not everyday & _owners().keys()
    assert not {"安宁", "安卓", "妥善", "天可", "管通"} & _owners().keys()


def test_pairs_of_lookalikes_are_two_different_names_in_a_known_language_and_stand_once() -> None:
    seen = set()
    for one, other, language in table("lookalikes.tsv"):
        assert fold(one) != fold(other)
        assert language in ("en", "zh")
        pair = frozenset((fold(one), fold(other)))
        assert pair not in seen, pair
        seen.add(pair)
        if language == "en":
            assert one == one.lower() and other == other.lower() and not _HAN.search(one + other)


def test_no_pair_of_lookalikes_is_one_medicine_in_the_table_of_drugs() -> None:
    owners = _owners()
    merged = [(one, other) for one, other, _ in table("lookalikes.tsv") if owners[fold(one)] & owners[fold(other)]]
    assert merged == []


def test_no_character_looks_like_those_of_two_groups() -> None:
    groups = [row[0] for row in table("shapes.tsv")]
    assert all(
        len(group) >= 2 and len(group) == len(set(group)) and len(row) == 1
        for group, row in zip(groups, table("shapes.tsv"), strict=True)
    )
    assert [pair for pair in combinations(groups, 2) if set(pair[0]) & set(pair[1])] == []


@pytest.mark.parametrize("name", ["drugs.tsv", "lookalikes.tsv", "shapes.tsv"])
def test_a_table_is_sorted_and_in_simplified_characters(name: str) -> None:
    rows = table(name)
    keys = {
        "drugs.tsv": [(row[0] or row[1]).split("|")[0] for row in rows],
        "lookalikes.tsv": [f"{row[-1]}\t{row[0]}\t{row[1 % len(row)]}" for row in rows],
        "shapes.tsv": [row[0] for row in rows],
    }[name]
    assert keys == sorted(keys)
    text = "".join(cell for row in rows for cell in row)
    assert {a for a, b in zip(text, simplified(text), strict=True) if a != b} <= KEPT


@pytest.mark.parametrize(
    ("alias", "generic"),
    [
        ("心得安", "普萘洛尔"),
        ("Tylenol", "对乙酰氨基酚"),
        ("albuterol", "沙丁胺醇"),
        ("新康泰克", "复方盐酸伪麻黄碱"),
        ("MTX", "甲氨蝶呤"),
    ],
)
def test_what_people_say_is_the_generic_that_the_label_prints(alias: str, generic: str) -> None:
    owners = _owners()
    assert owners[fold(alias)] == owners[fold(generic)] != set()
