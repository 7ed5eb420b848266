"""Linking names: other names of the same drug, traditional characters, pinyin, typing errors, and what is never merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.linking import are_two, substances_of
from medrag.kb.terms.lookalikes import lookalikes
from medrag.kb.terms.shipped import rows_of, shipped_names
from medrag.types import EntityKind
from tests.making import fact_record, label

TITLES = (
    "布洛芬缓释胶囊", "阿莫西林胶囊", "盐酸普萘洛尔片", "奥美拉唑肠溶胶囊", "盐酸二甲双胍片", "氢氯噻嗪片", "对乙酰氨基酚片", "头孢氨苄胶囊", "甲氧那明片",
    "复方甲氧那明胶囊", "止咳丸",
)  # fmt: skip
ENGLISH = ("Hydrochlorothiazide tablets", "Metformin hydrochloride tablets", "Fluoxetine capsules", "Simvastatin tablets")


def shelf_of(folder: Path, *titles: str) -> KnowledgeBase:
    kb = KnowledgeBase.create(folder)
    with kb.write() as writer:
        for at, title in enumerate(titles):
            english = title.isascii()
            sections = {"DOSAGE AND ADMINISTRATION": "Take it."} if english else {"【用法用量】": "口服。"}
            writer.add(label(title, sections, key=f"K{at}", lang="en" if english else "zh"))
        writer.add(fact_record("高血压", "has_symptom", "头晕", key="g1"))
    return kb


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with shelf_of(tmp_path_factory.mktemp("linking") / "kb", *TITLES, *ENGLISH) as made:
        yield made


def near(kb: KnowledgeBase, text: str) -> list[tuple[str, str, str]]:
    taken = [(mention.start, mention.end) for mention in kb.link(text)]
    return [(text[m.start : m.end], m.name, m.via) for m in kb.link_near(text, taken)]


def linked(kb: KnowledgeBase, text: str) -> list[tuple[str, str, str]]:
    return [(text[m.start : m.end], m.name, m.via) for m in kb.link(text)]


def ids(mentions: list[Mention]) -> set[str]:
    return {entity.id for mention in mentions for entity in mention.entities}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("布洛芬一天几次", ("布洛芬", "布洛芬", "exact")),
        ("頭孢氨苄膠囊怎麼吃", ("頭孢氨苄膠囊", "头孢氨苄胶囊", "traditional")),
        ("心得安的用法", ("心得安", "普萘洛尔", "shipped")),
        ("buluofen怎么吃", ("buluofen", "布洛芬", "pinyin")),
        ("bu luo fen 怎么吃", ("bu luo fen", "布洛芬", "pinyin")),
        ("dose of amoxilin", ("amoxilin", "阿莫西林", "pinyin")),
        ("BLF怎么吃", ("BLF", "布洛芬", "initials")),
        ("how to take ibu", None),
    ],
)
def test_a_drug_is_found_by_its_other_names(kb: KnowledgeBase, text: str, found: tuple[str, str, str] | None) -> None:
    assert linked(kb, text) == ([found] if found else [])


def test_a_brand_of_the_shipped_table_means_the_drug_and_stores_nothing(kb: KnowledgeBase) -> None:
    assert "substance:对乙酰氨基酚" in ids(kb.link("how much Tylenol can I take"))
    assert kb.entity("Tylenol") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("奥美拉挫怎么吃", ("奥美拉挫", "奥美拉唑", "shape")),
        ("阿莫西灵胶囊一天几次", ("阿莫西灵胶囊", "阿莫西林胶囊", "sound")),
        ("布落芬的副作用", ("布落芬", "布洛芬", "sound")),
        ("二甲双瓜饭前吃吗", ("二甲双瓜", "二甲双胍", "sound")),
        ("阿西莫林怎么吃", ("阿西莫林", "阿莫西林", "typing")),
        ("奥美唑怎么吃", ("奥美唑", "奥美拉唑", "typing")),
        ("复芳甲氧那明怎么吃", ("复芳甲氧那明", "复方甲氧那明", "sound")),
        ("dose of hydroclorothiazide", ("hydroclorothiazide", "hydrochlorothiazide", "typing")),
        ("metfromin dose", ("metfromin", "metformin", "typing")),
        ("is fluoxitine safe", ("fluoxitine", "fluoxetine", "typing")),
        ("simvastin interactions", ("simvastin", "simvastatin", "typing")),
    ],
)
def test_a_misspelt_name_is_found_and_says_how(kb: KnowledgeBase, text: str, found: tuple[str, str, str]) -> None:
    assert near(kb, text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "布洛芬怎么吃", "有布洛芬过敏史", "我感冒了怎么办", "止渴", "take two tablets with a meal", "methionine", "formation", "hydroxyzine dose",
        "chlorothiazide dose", "", "😀", "'; DROP TABLE names; --", "(((*)))", "a" * 5_000, "布" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_misspelling_is_left_alone(kb: KnowledgeBase, text: str) -> None:
    assert near(kb, text) == []


def test_a_word_of_the_labels_is_spelt_as_it_should_be(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb") as kb:
        with kb.write() as writer:
            writer.add(label("Fluoxetine capsules", {"WARNINGS": "Not to be confused with fluoxatine."}, key="1", lang="en"))
        assert near(kb, "what is fluoxatine") == []
        assert near(kb, "what is fluoxitine") == [("fluoxitine", "fluoxetine", "typing")]


def test_a_word_equally_near_to_two_drugs_keeps_both_and_scores_low(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "kb", "Zolpratine tablets", "Zolprafine tablets") as kb:
        (mention,) = kb.link_near("zolprapine dose")
        assert {entity.name for entity in mention.entities if entity.kind == "substance"} == {"zolpratine", "zolprafine"}
        assert mention.score < 0.5


def test_what_is_nearest_to_a_drug_that_is_not_here_is_taken_for_no_other(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "kb", "Prednisone tablets") as kb:
        assert near(kb, "prednisne dose") == [("prednisne", "prednisone", "typing")]
        assert near(kb, "prednisalone dose") == []


def test_names_of_deleted_labels_are_no_corrections(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "kb", "Fluoxetine capsules", "Simvastatin tablets") as kb:
        with kb.write() as writer:
            writer.delete("K0")
        assert near(kb, "fluoxitine and simvastin") == [("simvastin", "simvastatin", "typing")]


def test_no_name_of_a_look_alike_pair_is_linked_or_normalised_to_the_other(tmp_path: Path) -> None:
    pairs = sorted({tuple(sorted((one, other))) for one, others in lookalikes().items() for other in others})
    assert len(pairs) >= 8
    wrong = []
    for side in (0, 1):  # each half of the pairs is here once, and asked for by the other half
        here = sorted({pair[side] for pair in pairs})
        with shelf_of(tmp_path / f"kb{side}", *here) as kb:
            for pair in pairs:
                asked, other = pair[1 - side], pair[side]
                if fold(asked) in here or same_drug(asked, other):
                    continue
                taken = kb.link(asked)
                found = [*taken, *kb.link_near(asked, [(m.start, m.end) for m in taken])]
                best = kb.normalise(asked, kind="drug", k=1)
                whole = [m for m in found if m.end - m.start == len(asked)]
                if f"substance:{other}" in ids(whole) or (best and best[0].entity.id == f"substance:{other}"):
                    wrong.append((asked, other))
    assert wrong == []


def same_drug(one: str, other: str) -> bool:
    return any(row in rows_of(other) for row in rows_of(one))


def test_the_shipped_tables_can_be_read() -> None:
    assert len(shipped_names()) >= 10
    assert rows_of("inderal")[0].names[0] == "普萘洛尔"
    assert all(rows_of(name) for name in shipped_names())


@pytest.mark.parametrize("name", ["右布洛芬", "复方氨基比林", "valsartan/hydrochlorothiazide"])
def test_a_known_medicine_that_is_not_here_is_not_taken_for_the_one_in_its_name(kb: KnowledgeBase, name: str) -> None:
    assert not any(entity.kind is not EntityKind.DISEASE for mention in kb.link(name) for entity in mention.entities)
    assert kb.normalise(name, kind="drug") == []


def test_no_medicine_of_the_table_that_is_not_here_is_taken_for_another(kb: KnowledgeBase) -> None:
    names = [row.names[0] for name in shipped_names()[::40] for row in rows_of(name)[:1]]
    for name in dict.fromkeys(names):
        for term in kb.normalise(name, kind="drug", k=1):
            assert not substances_of(name).isdisjoint(substances_of(term.entity.name)), (name, term)


def test_a_mixture_is_its_ingredients_in_any_order_and_an_ester_with_a_row_of_its_own_another_medicine() -> None:
    assert substances_of("guaifenesin and codeine phosphate") & substances_of("codeine phosphate and guaifenesin")
    assert substances_of("戊酸雌二醇").isdisjoint(substances_of("雌二醇"))
    assert are_two("那屈肝素", "依诺肝素钠")
    assert not are_two("盐酸普萘洛尔片", "propranolol")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("phluoxetine and sleep", ("phluoxetine", "fluoxetine", "sound")),
        ("metfor after lunch", ("metfor", "metformin", "short")),
        ("simva at night", ("simva", "simvastatin", "short")),
    ],
)
def test_a_latin_name_is_heard_and_shortened(kb: KnowledgeBase, text: str, found: tuple[str, str, str]) -> None:
    assert found in near(kb, text)


def test_a_shortening_of_several_medicines_is_none_of_them(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "kb", "Streptomycin injection", "Streptokinase injection", "Ibuprofen tablets") as kb:
        assert near(kb, "strep throat") == []


def test_a_brand_is_not_shortened_by_a_word_that_begins_it(kb: KnowledgeBase) -> None:
    assert all(via != "short" for _, _, via in near(kb, "nasal drops, a clear head"))
