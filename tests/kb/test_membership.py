"""Which classes a medicine belongs to, and that the tables behind it hold together."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.errors import IngestError
from medrag.kb.terms.classes import drug_classes
from medrag.kb.terms.conditions import condition_names, conditions_of, wider
from medrag.kb.terms.foods import food_named
from medrag.kb.terms.herbs import herb_rules
from medrag.kb.terms.membership import class_spellings, memberships, read_classes
from medrag.kb.terms.tables import table

FIRST = {one.zh[0] for one in drug_classes()}


@pytest.mark.parametrize("name", ["class_tree.tsv", "class_stems.tsv", "cross_allergies.tsv"])
def test_every_class_that_a_table_names_exists(name: str) -> None:
    named = {row[0] for row in table(name)}
    if name == "class_tree.tsv":
        named |= {wide for row in table(name) for wide in row[1].split("|")}
    if name == "cross_allergies.tsv":
        named |= {row[1] for row in table(name)}
    assert named - FIRST == set()


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["华法林", "warfarin"], {"抗凝药", "香豆素类抗凝药", "维生素K拮抗药"}),
        (["依那普利"], {"血管紧张素转换酶抑制药", "抗高血压药"}),
        (["enalapril"], {"血管紧张素转换酶抑制药", "抗高血压药"}),
        (["左氧氟沙星"], {"氟喹诺酮类", "抗生素"}),
        (["cefixime"], {"头孢菌素类抗生素", "β-内酰胺类抗生素", "抗生素"}),
    ],
)
def test_a_medicine_belongs_to_its_class_and_to_what_that_belongs_to(names: list[str], classes: set[str]) -> None:
    assert classes <= {one.zh[0] for one in memberships(names)}


@pytest.mark.parametrize(
    ("name", "other"), [("aripiprazole", "质子泵抑制药"), ("clonidine", "H2受体拮抗药"), ("阿立哌唑", "质子泵抑制药")]
)
def test_what_only_ends_alike_does_not(name: str, other: str) -> None:
    assert other not in {one.zh[0] for one in memberships([name])}


def test_own_classes_come_first_and_are_found_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("我的类|我的药类\tmy class\t甲药/drug a|drug b\n", "utf-8")
    (own,) = read_classes(path)
    assert memberships(["drug b"], [own])[0] == own
    assert {"我的类", "my class", "my classes", "my classs"} & set(class_spellings(own)) >= {"我的类", "my class"}


def test_a_table_of_classes_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="cannot be read"):
        read_classes(tmp_path / "none.tsv")


def test_wider_conditions_are_known_and_nothing_is_wider_than_itself() -> None:
    (stroke,) = conditions_of("中风")
    assert [one.zh[0] for one in wider(stroke)] == ["心血管疾病"]
    assert {"高血压", "hypertension"} <= condition_names()
    firsts = {row[0].split("|")[0] for row in table("conditions.tsv")}
    assert {
        name for row in table("conditions.tsv") for name in (row[2].split("|") if len(row) > 2 and row[2] else [])
    } - firsts == set()


def test_the_classical_rules_are_all_there() -> None:
    assert {rule.name for rule in herb_rules()} == {"十八反", "十九畏"}
    assert any("甘草" in rule.one and "甘遂" in rule.other for rule in herb_rules())
    assert food_named("beer") == food_named("酒")
