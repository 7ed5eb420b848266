from __future__ import annotations

import pytest

from medrag.ingest.kinds import entity, global_code, kind_in_name, kind_of
from medrag.types import EntityKind


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("DB00945", "DB00945"),
        ("Compound::DB00945", "DB00945"),
        ("Disease::DOID:363", "DOID:363"),
        ("C0033487", "C0033487"),
        ("17", ""),
        ("D001", ""),
        ("node_5", ""),
    ],
)
def test_only_identifiers_that_mean_the_same_everywhere_are_codes(identifier: str, code: str) -> None:
    assert global_code(identifier) == code


def test_kinds_are_known_in_both_languages_and_by_file_names() -> None:
    assert kind_of("疾病") is kind_of("Disease") is kind_of("diseases") is EntityKind.DISEASE
    assert kind_of("effect/phenotype") is EntityKind.SYMPTOM
    assert kind_of("其他") is None
    assert kind_in_name("kg_symptom") is EntityKind.SYMPTOM
    assert kind_in_name("icd9cm3_tree") is EntityKind.OPERATION
    assert kind_in_name("thuocl_medical") is None


def test_a_drug_without_a_code_is_a_substance_or_a_preparation() -> None:
    assert entity(EntityKind.SUBSTANCE, "普萘洛尔").kind is EntityKind.SUBSTANCE
    assert entity(EntityKind.SUBSTANCE, "盐酸普萘洛尔片").kind is EntityKind.PREPARATION
    assert entity(EntityKind.SUBSTANCE, "warfarin sodium", "DB00682").id == "substance:DB00682"
