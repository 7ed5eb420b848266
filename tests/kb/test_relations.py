from __future__ import annotations

import pytest

from medrag.kb.relations import RELATIONS, inverse_of, label, relation_between, relation_of
from medrag.types import EntityKind


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("相关症状", "has_symptom"),
        ("临床表现", "has_symptom"),
        ("就诊科室", "department"),
        ("acompany", "complication"),
        ("CtD", "indication"),
        ("treats", "indication"),
        ("side_effect", "adverse_reaction"),
        ("Side Effect", "adverse_reaction"),
        ("disease_phenotype_positive", "has_symptom"),
        ("禁止合用", "not_combined_with"),
        ("同义词", "alias"),
        ("相关（导致）", "related_disease"),
        ("相关(导致)", "related_disease"),
    ],
)
def test_a_printed_relation_has_one_canonical_name(printed: str, name: str) -> None:
    assert relation_of(printed).name == name
    assert relation_of(printed).known


def test_an_unknown_relation_is_kept_as_printed() -> None:
    relation = relation_of("蓝色关系")
    assert (relation.name, relation.known, relation.subject, relation.object) == (
        "蓝色关系",
        False,
        EntityKind.THING,
        EntityKind.THING,
    )


def test_every_relation_is_known_by_its_own_name_and_labels() -> None:
    for row in RELATIONS:
        for printed in (row.name, row.zh, row.en):
            assert relation_of(printed).known, printed
        assert relation_of(row.name).name == row.name


def test_no_printed_name_means_two_relations() -> None:
    from medrag.kb.relations import _printed_key

    seen: dict[str, str] = {}
    for row in RELATIONS:
        for printed in row.printed:
            assert seen.setdefault(_printed_key(printed), row.name) == row.name, printed


def test_inverses_point_at_each_other() -> None:
    assert inverse_of("treated_with") == "indication"
    assert inverse_of("has_symptom") == ""
    for row in RELATIONS:
        if inverse_of(row.name):
            assert inverse_of(inverse_of(row.name)) == row.name


def test_a_drug_causing_a_symptom_has_an_adverse_reaction() -> None:
    assert relation_between("causes", EntityKind.PREPARATION, EntityKind.SYMPTOM).name == "adverse_reaction"
    assert relation_between("causes", EntityKind.THING, EntityKind.DISEASE).name == "causes"


def test_labels_are_in_the_language_asked_for() -> None:
    assert (label("has_symptom", "zh"), label("has_symptom", "en"), label("never heard", "zh")) == (
        "症状",
        "symptom",
        "never heard",
    )
    assert label("indication", "zh") == "适应症"
